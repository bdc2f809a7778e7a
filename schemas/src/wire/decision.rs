//! `standing.decisions`: every answer given.

use std::borrow::Cow;

use domain::ids::{ConsumerId, MatterId, MeasureId};
use domain::verdict::Decision as Verdict;
use serde::{Deserialize, Serialize};

use super::parts::{Millis, Version, choice, each, name, subject};
use crate::error::{AtField, Invalid};
use crate::record::{self, Act, DecisionRecord};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision<'a> {
    decision_id: Cow<'a, str>,
    at: Millis,
    act: Cow<'a, str>,
    consumer: Cow<'a, str>,
    matter: Cow<'a, str>,
    subject: Cow<'a, str>,
    #[serde(default)]
    decision: Option<Cow<'a, str>>,
    #[serde(default)]
    reason: Option<Cow<'a, str>>,
    #[serde(default)]
    flags: Vec<Shown<'a>>,
    #[serde(default)]
    staleness_ms: Option<i64>,
    #[serde(default)]
    catalogue: Option<Cow<'a, str>>,
    #[serde(default)]
    case: Option<Cow<'a, str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shown<'a> {
    measure: Cow<'a, str>,
    version: Version,
}

impl<'a> From<&'a DecisionRecord> for Decision<'a> {
    fn from(record: &'a DecisionRecord) -> Self {
        let shown =
            |shown: &'a record::Shown| Shown { measure: shown.measure.as_str().into(), version: shown.version.into() };
        Self {
            decision_id: record.decision_id.as_str().into(),
            at: record.at.into(),
            act: record.act.as_str().into(),
            consumer: record.consumer.as_str().into(),
            matter: record.matter.as_str().into(),
            subject: record.subject.as_str().into(),
            decision: record.decision.map(|d| d.as_str().into()),
            reason: record.reason.as_ref().map(|r| r.as_str().into()),
            flags: record.flags.iter().map(shown).collect(),
            staleness_ms: record.staleness_ms,
            catalogue: record.catalogue.as_ref().map(|c| c.as_str().into()),
            case: record.case.as_ref().map(|c| c.as_str().into()),
        }
    }
}

impl TryFrom<Decision<'_>> for DecisionRecord {
    type Error = Invalid;

    fn try_from(wire: Decision<'_>) -> Result<Self, Invalid> {
        let flags = each(wire.flags, |wire| {
            Ok(record::Shown {
                measure: name(wire.measure, MeasureId::new).at("measure")?,
                version: wire.version.try_into().at("version")?,
            })
        });
        let decision = |d: Cow<'_, str>| choice(&d, &Verdict::ALL, Verdict::as_str);
        Ok(Self {
            decision_id: wire.decision_id.into_owned(),
            at: wire.at.into(),
            act: choice(&wire.act, &Act::ALL, Act::as_str).at("act")?,
            consumer: name(wire.consumer, ConsumerId::new).at("consumer")?,
            matter: name(wire.matter, MatterId::new).at("matter")?,
            subject: subject(&wire.subject)?,
            decision: wire.decision.map(decision).transpose().at("decision")?,
            reason: wire.reason.map(Cow::into_owned),
            flags: flags.at("flags")?,
            staleness_ms: wire.staleness_ms,
            catalogue: wire.catalogue.map(Cow::into_owned),
            case: wire.case.map(Cow::into_owned),
        })
    }
}
