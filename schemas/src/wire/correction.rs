//! `standing.corrections`: decisions whose ground fell away.

use std::borrow::Cow;

use domain::flag::LiftReason;
use domain::ids::{ConsumerId, MatterId, MeasureId};
use serde::{Deserialize, Serialize};

use super::parts::{Millis, Version, choice, name, subject};
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
            reason: correction.reason.as_str().into(),
            case: correction.case.as_ref().map(|c| c.as_str().into()),
        }
    }
}

impl TryFrom<Correction<'_>> for record::Correction {
    type Error = Invalid;

    fn try_from(wire: Correction<'_>) -> Result<Self, Invalid> {
        const REASONS: [LiftReason; 4] =
            [LiftReason::Expired, LiftReason::Removed, LiftReason::Rules, LiftReason::Erased];
        Ok(Self {
            decision_id: wire.decision_id.into_owned(),
            consumer: name(wire.consumer, ConsumerId::new).at("consumer")?,
            matter: name(wire.matter, MatterId::new).at("matter")?,
            subject: subject(&wire.subject)?,
            measure: name(wire.measure, MeasureId::new).at("measure")?,
            shown: wire.shown.try_into().at("shown")?,
            fell: wire.fell.try_into().at("fell")?,
            at: wire.at.into(),
            reason: choice(&wire.reason, &REASONS, LiftReason::as_str).at("reason")?,
            case: wire.case.map(Cow::into_owned),
        })
    }
}
