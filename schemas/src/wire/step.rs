//! Steps in the life of a record, and permissions.

use std::borrow::Cow;

use domain::event::{
    Change, Commitment, EventType, FiledBy, Handling, Objection, ObjectionEffect, ObjectionOutcome, RecordRef, Review,
    ReviewKind, ReviewOutcome,
};
use domain::ids::{MatterId, RecordId};
use serde::{Deserialize, Serialize};

use super::event::{missing, needed_day, step_id};
use super::parts::{Day, choice, name};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step<'a> {
    #[serde(default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    on: Option<Day>,
    #[serde(default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    outcome: Option<Cow<'a, str>>,
    #[serde(default)]
    effect: Option<Cow<'a, str>>,
    #[serde(default)]
    grounds: Option<Cow<'a, str>>,
    #[serde(default)]
    reason: Option<Cow<'a, str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Permission<'a> {
    id: Cow<'a, str>,
    #[serde(default)]
    matter: Option<Cow<'a, str>>,
    #[serde(default)]
    from: Option<Day>,
    #[serde(default)]
    until: Option<Day>,
    #[serde(default)]
    by: Option<Cow<'a, str>>,
}

const OBJECTION_OUTCOMES: [ObjectionOutcome; 3] =
    [ObjectionOutcome::Upheld, ObjectionOutcome::Partly, ObjectionOutcome::Rejected];
const OBJECTION_EFFECTS: [ObjectionEffect; 4] = [
    ObjectionEffect::Corrected,
    ObjectionEffect::Supplemented,
    ObjectionEffect::Undisclosed,
    ObjectionEffect::Delisted,
];
const FILED_BY: [FiledBy; 2] = [FiledBy::Subject, FiledBy::ExOfficio];
const REVIEW_KINDS: [ReviewKind; 2] = [ReviewKind::Review, ReviewKind::Litigation];
const REVIEW_OUTCOMES: [ReviewOutcome; 2] = [ReviewOutcome::Revoked, ReviewOutcome::Upheld];

fn objection_outcome(outcome: ObjectionOutcome) -> &'static str {
    match outcome {
        ObjectionOutcome::Upheld => "upheld",
        ObjectionOutcome::Partly => "partly",
        ObjectionOutcome::Rejected => "rejected",
    }
}

fn objection_effect(effect: ObjectionEffect) -> &'static str {
    match effect {
        ObjectionEffect::Corrected => "corrected",
        ObjectionEffect::Supplemented => "supplemented",
        ObjectionEffect::Undisclosed => "undisclosed",
        ObjectionEffect::Delisted => "delisted",
    }
}

fn filed_by(by: FiledBy) -> &'static str {
    match by {
        FiledBy::Subject => "subject",
        FiledBy::ExOfficio => "ex-officio",
    }
}

fn review_kind(kind: ReviewKind) -> &'static str {
    match kind {
        ReviewKind::Review => "review",
        ReviewKind::Litigation => "litigation",
    }
}

fn review_outcome(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Revoked => "revoked",
        ReviewOutcome::Upheld => "upheld",
    }
}

fn text(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|t| t.as_str().into())
}

impl<'a> Step<'a> {
    /// The step of a change that is one.
    pub(super) fn of(change: &'a Change) -> Option<Self> {
        let step = |id: &'a RecordId, on: jiff::civil::Date| Self {
            id: Some(id.as_str().into()),
            on: Some(on.into()),
            ..Self::default()
        };
        match change {
            Change::Withdrawn { reason, .. } => {
                reason.as_ref().map(|reason| Self { reason: text(Some(reason)), ..Self::default() })
            }
            Change::NoticeServed { notice_id, served_on, .. } => Some(step(notice_id, *served_on)),
            Change::Objection { objection_id, objection, .. } => Some(match objection {
                Objection::Filed { grounds, filed_on, by } => Self {
                    grounds: text(Some(grounds)),
                    kind: (*by != FiledBy::default()).then(|| filed_by(*by).into()),
                    ..step(objection_id, *filed_on)
                },
                Objection::Resolved { outcome, effect, resolved_on, reason } => Self {
                    outcome: Some(objection_outcome(*outcome).into()),
                    effect: effect.map(|e| objection_effect(e).into()),
                    reason: text(reason.as_ref()),
                    ..step(objection_id, *resolved_on)
                },
            }),
            Change::Handled { id, on, note, .. } => Some(Self { reason: text(note.as_ref()), ..step(id, *on) }),
            Change::Review { review_id, review, .. } => Some(match review {
                Review::Opened { kind, opened_on } => {
                    Self { kind: Some(review_kind(*kind).into()), ..step(review_id, *opened_on) }
                }
                Review::Closed { outcome, closed_on, reason } => Self {
                    outcome: Some(review_outcome(*outcome).into()),
                    reason: text(reason.as_ref()),
                    ..step(review_id, *closed_on)
                },
            }),
            Change::RepairApplied { repair_id, applied_on, .. } => Some(step(repair_id, *applied_on)),
            Change::RepairDecided { repair_id, decided_on, reason, .. } => {
                Some(Self { reason: text(reason.as_ref()), ..step(repair_id, *decided_on) })
            }
            Change::Commitment { on, .. } | Change::SubjectOpted { on, .. } => {
                Some(Self { on: Some((*on).into()), ..Self::default() })
            }
            Change::Recorded { .. }
            | Change::PermissionGranted { .. }
            | Change::PermissionEnded { .. }
            | Change::SubjectRegistered
            | Change::SubjectEnded
            | Change::SubjectErased => None,
        }
    }

    /// The day of a step that has nothing else.
    pub(super) fn day(self) -> Result<jiff::civil::Date, Invalid> {
        needed_day(self.on, "on")
    }

    pub(super) fn into_reason(self) -> Option<String> {
        self.reason.map(Cow::into_owned)
    }

    /// The change this step is, of a record, by the event's type.
    pub(super) fn change(self, event_type: EventType, record: RecordRef) -> Result<Change, Invalid> {
        let on = needed_day(self.on, "on")?;
        let reason = self.reason.map(Cow::into_owned);
        let id = self.id;
        let change = match event_type {
            EventType::NoticeServed => Change::NoticeServed { record, notice_id: step_id(id)?, served_on: on },
            EventType::ObjectionFiled => {
                let grounds = self.grounds.ok_or_else(|| missing("grounds"))?.into_owned();
                let by = match self.kind {
                    Some(kind) => choice(&kind, &FILED_BY, filed_by).at("kind")?,
                    None => FiledBy::default(),
                };
                let objection = Objection::Filed { grounds, filed_on: on, by };
                Change::Objection { record, objection_id: step_id(id)?, objection }
            }
            EventType::ObjectionResolved => {
                let outcome = needed_choice(self.outcome, &OBJECTION_OUTCOMES, objection_outcome, "outcome")?;
                let effect = match self.effect {
                    Some(effect) => Some(choice(&effect, &OBJECTION_EFFECTS, objection_effect).at("effect")?),
                    None => None,
                };
                let objection = Objection::Resolved { outcome, effect, resolved_on: on, reason };
                Change::Objection { record, objection_id: step_id(id)?, objection }
            }
            EventType::ReviewOpened => {
                let kind = needed_choice(self.kind, &REVIEW_KINDS, review_kind, "kind")?;
                Change::Review { record, review_id: step_id(id)?, review: Review::Opened { kind, opened_on: on } }
            }
            EventType::ReviewClosed => {
                let outcome = needed_choice(self.outcome, &REVIEW_OUTCOMES, review_outcome, "outcome")?;
                let review = Review::Closed { outcome, closed_on: on, reason };
                Change::Review { record, review_id: step_id(id)?, review }
            }
            EventType::ObjectionForwarded => handled(record, id, Handling::ObjectionForwarded, on, reason)?,
            EventType::ObjectionExtended => handled(record, id, Handling::ObjectionExtended, on, reason)?,
            EventType::RepairIncomplete => handled(record, id, Handling::RepairIncomplete, on, reason)?,
            EventType::RepairCompleted => handled(record, id, Handling::RepairCompleted, on, reason)?,
            EventType::RepairExtended => handled(record, id, Handling::RepairExtended, on, reason)?,
            EventType::RepairApplied => Change::RepairApplied { record, repair_id: step_id(id)?, applied_on: on },
            EventType::RepairGranted | EventType::RepairRefused => {
                let granted = event_type == EventType::RepairGranted;
                Change::RepairDecided { record, repair_id: step_id(id)?, granted, decided_on: on, reason }
            }
            EventType::CommitmentKept => Change::Commitment { record, commitment: Commitment::Kept, on },
            EventType::CommitmentBroken => Change::Commitment { record, commitment: Commitment::Broken, on },
            EventType::RecordUpserted
            | EventType::RecordCorrected
            | EventType::RecordWithdrawn
            | EventType::PermissionGranted
            | EventType::PermissionEnded
            | EventType::SubjectRegistered
            | EventType::SubjectEnded
            | EventType::SubjectErased
            | EventType::SubjectOptedOut
            | EventType::SubjectOptedIn => return Err(Invalid::new("does not belong to an event of this type")),
        };
        Ok(change)
    }
}

fn handled(
    record: RecordRef,
    id: Option<Cow<'_, str>>,
    handling: Handling,
    on: jiff::civil::Date,
    note: Option<String>,
) -> Result<Change, Invalid> {
    Ok(Change::Handled { record, id: step_id(id)?, handling, on, note })
}

fn needed_choice<T: Copy>(
    text: Option<Cow<'_, str>>,
    all: &[T],
    as_str: fn(T) -> &'static str,
    field: &str,
) -> Result<T, Invalid> {
    choice(&text.ok_or_else(|| missing(field))?, all, as_str).at(field)
}

impl<'a> Permission<'a> {
    /// The permission of a change that grants or ends one.
    pub(super) fn of(change: &'a Change) -> Option<Self> {
        match change {
            Change::PermissionGranted { permission_id, matter, from, until, by, .. } => Some(Self {
                id: permission_id.as_str().into(),
                matter: Some(matter.as_str().into()),
                from: Some((*from).into()),
                until: Some((*until).into()),
                by: Some(by.as_str().into()),
            }),
            Change::PermissionEnded { permission_id, .. } => {
                Some(Self { id: permission_id.as_str().into(), matter: None, from: None, until: None, by: None })
            }
            Change::Recorded { .. }
            | Change::Withdrawn { .. }
            | Change::NoticeServed { .. }
            | Change::Objection { .. }
            | Change::Handled { .. }
            | Change::Review { .. }
            | Change::RepairApplied { .. }
            | Change::RepairDecided { .. }
            | Change::Commitment { .. }
            | Change::SubjectRegistered
            | Change::SubjectEnded
            | Change::SubjectErased
            | Change::SubjectOpted { .. } => None,
        }
    }

    pub(super) fn change(self, event_type: EventType, record: RecordRef) -> Result<Change, Invalid> {
        let permission_id = step_id(Some(self.id))?;
        if event_type == EventType::PermissionEnded {
            return Ok(Change::PermissionEnded { record, permission_id });
        }
        Ok(Change::PermissionGranted {
            record,
            permission_id,
            matter: name(self.matter.ok_or_else(|| missing("matter"))?, MatterId::new).at("matter")?,
            from: needed_day(self.from, "from")?,
            until: needed_day(self.until, "until")?,
            by: self.by.ok_or_else(|| missing("by"))?.into_owned(),
        })
    }
}
