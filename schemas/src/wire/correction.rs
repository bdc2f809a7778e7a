//! `standing.corrections`: decisions that rested on what was corrected.

use std::borrow::Cow;

use domain::ids::{ConsumerId, MatterId, MeasureId};
use domain::output::{Happened, Left};
use serde::{Deserialize, Serialize};

use super::parts::{Document, Millis, RecordRef, Version, choice, name};
use crate::error::{AtField, Invalid};
use crate::record;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Correction<'a> {
    decision_id: Cow<'a, str>,
    consumer: Cow<'a, str>,
    matter: Cow<'a, str>,
    subject: Cow<'a, str>,
    measure: Cow<'a, str>,
    shown: Version,
    fell: Version,
    at: Millis,
    reason: Cow<'a, str>,
    #[serde(default)]
    case: Option<Cow<'a, str>>,
    #[serde(default)]
    left: Option<Cow<'a, str>>,
    #[serde(default)]
    decided_at: Option<Millis>,
    #[serde(default)]
    record: Option<RecordRef<'a>>,
    #[serde(default)]
    document: Option<Document<'a>>,
}

impl<'a> From<&'a record::Correction> for Correction<'a> {
    fn from(correction: &'a record::Correction) -> Self {
        Self {
            decision_id: correction.decision_id.as_str().into(),
            consumer: correction.consumer.as_str().into(),
            matter: correction.matter.as_str().into(),
            subject: correction.subject.as_str().into(),
            measure: correction.measure.as_str().into(),
            shown: correction.shown.into(),
            fell: correction.fell.into(),
            at: correction.at.into(),
            reason: correction.happened.as_str().into(),
            case: correction.case.as_ref().map(|c| c.as_str().into()),
            left: correction.left.map(|left| left.as_str().into()),
            decided_at: correction.decided_at.map(Millis::from),
            record: correction.record.as_ref().map(RecordRef::from),
            document: correction.document.as_ref().map(Document::from),
        }
    }
}

impl TryFrom<Correction<'_>> for record::Correction {
    type Error = Invalid;

    fn try_from(wire: Correction<'_>) -> Result<Self, Invalid> {
        let left = |left: Cow<'_, str>| choice(&left, &Left::ALL, Left::as_str);
        Ok(Self {
            decision_id: wire.decision_id.into_owned(),
            consumer: name(wire.consumer, ConsumerId::new).at("consumer")?,
            matter: name(wire.matter, MatterId::new).at("matter")?,
            subject: wire.subject.into_owned(),
            measure: name(wire.measure, MeasureId::new).at("measure")?,
            shown: wire.shown.try_into().at("shown")?,
            fell: wire.fell.try_into().at("fell")?,
            at: wire.at.into(),
            happened: choice(&wire.reason, &Happened::ALL, Happened::as_str).at("reason")?,
            case: wire.case.map(Cow::into_owned),
            left: wire.left.map(left).transpose().at("left")?,
            decided_at: wire.decided_at.map(Into::into),
            record: wire.record.map(TryInto::try_into).transpose().at("record")?,
            document: wire.document.map(TryInto::try_into).transpose().at("document")?,
        })
    }
}
