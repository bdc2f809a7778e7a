//! `standing.notices`: what must be served on whom.

use std::borrow::Cow;

use domain::catalogue;
use domain::ids::MeasureId;
use domain::output::{self, NoticeChange, NoticeMeasure, NoticeStatus};
use serde::{Deserialize, Serialize};

use super::letter::Letter;
use super::parts::{
    Article, Document, HumanReview, RecordRef, Remedies, Served, Title, Version, each, effect, name, subject,
};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice<'a> {
    subject: Cow<'a, str>,
    record: RecordRef<'a>,
    version: Version,
    document: Document<'a>,
    #[serde(default)]
    measures: Vec<Measure<'a>>,
    status: Cow<'a, str>,
    #[serde(default)]
    served: Option<Served<'a>>,
    #[serde(default)]
    letter: Option<Letter<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Measure<'a> {
    measure: Cow<'a, str>,
    title: Title<'a>,
    #[serde(default)]
    basis: Vec<Article<'a>>,
    remedies: Remedies<'a>,
    #[serde(default)]
    effect: Option<Cow<'a, str>>,
    #[serde(default)]
    human_review: Option<HumanReview<'a>>,
}

const TO_SERVE: &str = "to_serve";
const SERVED: &str = "served";
const VOID: &str = "void";

impl<'a> From<&'a NoticeChange> for Notice<'a> {
    fn from(change: &'a NoticeChange) -> Self {
        let measure = |measure: &'a NoticeMeasure| Measure {
            measure: measure.measure.as_str().into(),
            title: (&measure.title).into(),
            basis: measure.basis.iter().map(Article::from).collect(),
            remedies: (&measure.remedies).into(),
            effect: measure.effect.map(|effect| effect.as_str().into()),
            human_review: measure.human_review.as_ref().map(HumanReview::from),
        };
        let (status, served) = match &change.notice.status {
            NoticeStatus::ToServe => (TO_SERVE, None),
            NoticeStatus::Served(served) => (SERVED, Some(served.into())),
            NoticeStatus::Void => (VOID, None),
        };
        Self {
            subject: change.subject.as_str().into(),
            record: (&change.record).into(),
            version: change.version.into(),
            document: (&change.notice.document).into(),
            measures: change.notice.measures.iter().map(measure).collect(),
            status: status.into(),
            served,
            letter: change.notice.letter.as_ref().map(Letter::from),
        }
    }
}

impl TryFrom<Notice<'_>> for NoticeChange {
    type Error = Invalid;

    fn try_from(wire: Notice<'_>) -> Result<Self, Invalid> {
        let status = match (&*wire.status, wire.served) {
            (TO_SERVE, None) => NoticeStatus::ToServe,
            (SERVED, Some(served)) => NoticeStatus::Served(served.try_into().at("served")?),
            (VOID, None) => NoticeStatus::Void,
            (TO_SERVE | SERVED | VOID, _) => {
                return Err(Invalid::new("is given if and only if the notice was served").at("served"));
            }
            _ => {
                return Err(
                    Invalid::newer("is no status this program knows; run a version at least as new").at("status")
                );
            }
        };
        let measures = each(wire.measures, |wire| {
            Ok(NoticeMeasure {
                measure: name(wire.measure, MeasureId::new).at("measure")?,
                title: wire.title.into(),
                basis: each(wire.basis, catalogue::Article::try_from).at("basis")?,
                remedies: wire.remedies.into(),
                effect: wire.effect.map(|text| effect(&text)).transpose()?,
                human_review: wire.human_review.map(TryInto::try_into).transpose().at("human_review")?,
            })
        });
        let notice = output::Notice {
            document: wire.document.try_into().at("document")?,
            measures: measures.at("measures")?,
            status,
            letter: wire.letter.map(TryInto::try_into).transpose().at("letter")?,
        };
        Ok(Self {
            subject: subject(&wire.subject)?,
            record: wire.record.try_into().at("record")?,
            notice,
            version: wire.version.try_into().at("version")?,
        })
    }
}
