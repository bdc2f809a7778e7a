//! `standing.events`: subject events and control records in one schema.

use std::borrow::Cow;

use domain::event::{self, Change, Content as DomainContent, EventType};
use domain::ids::{DepartmentId, RecordId};
use domain::time::Instant;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::parts::{Day, Millis, RecordRef, choice, count, name, subject};
use super::step::{Permission, Step};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body<'a> {
    written_at: Millis,
    content: Content<'a>,
}

// The order of the variants is that of the union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Content<'a> {
    Event(Box<Event<'a>>),
    Control(Control<'a>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Event<'a> {
    source: Cow<'a, str>,
    event_id: Cow<'a, str>,
    subject: Cow<'a, str>,
    #[serde(rename = "type")]
    event_type: Cow<'a, str>,
    #[serde(default)]
    occurred_at: Option<Millis>,
    #[serde(default)]
    record: Option<RecordRef<'a>>,
    #[serde(default)]
    revision: Option<i64>,
    #[serde(default)]
    facts: Option<Facts<'a>>,
    #[serde(default)]
    step: Option<Step<'a>>,
    #[serde(default)]
    permission: Option<Permission<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Control<'a> {
    kind: Cow<'a, str>,
    #[serde(default)]
    catalogue: Option<Cow<'a, str>>,
    #[serde(default)]
    fold: Option<i64>,
    #[serde(default, rename = "continue")]
    work: Option<Continue<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Continue<'a> {
    kind: Cow<'a, str>,
    cause: i64,
    #[serde(with = "apache_avro::serde::bytes")]
    cursor: Vec<u8>,
}

impl<'a> From<&'a event::Body> for Body<'a> {
    fn from(body: &'a event::Body) -> Self {
        let content = match &body.content {
            DomainContent::Event(event) => Content::Event(Box::new(event.into())),
            DomainContent::Control(control) => Content::Control(control.into()),
        };
        Self { written_at: body.written_at.into(), content }
    }
}

impl TryFrom<Body<'_>> for event::Body {
    type Error = Invalid;

    fn try_from(wire: Body<'_>) -> Result<Self, Invalid> {
        let content = match wire.content {
            Content::Event(event) => DomainContent::Event((*event).try_into()?),
            Content::Control(control) => DomainContent::Control(control.try_into()?),
        };
        Ok(Self { written_at: wire.written_at.into(), content })
    }
}

impl<'a> From<&'a event::Event> for Event<'a> {
    fn from(event: &'a event::Event) -> Self {
        let change = &event.change;
        let (revision, facts) = match change {
            Change::Recorded { revision, document, fields, valid, adult_at_issue, .. } => {
                (Some(i64::from(*revision)), Some(Facts::new(document, fields, *valid, *adult_at_issue)))
            }
            Change::Withdrawn { revision, .. } => (Some(i64::from(*revision)), None),
            Change::NoticeServed { .. }
            | Change::Objection { .. }
            | Change::Handled { .. }
            | Change::Review { .. }
            | Change::RepairApplied { .. }
            | Change::RepairDecided { .. }
            | Change::Commitment { .. }
            | Change::PermissionGranted { .. }
            | Change::PermissionEnded { .. }
            | Change::SubjectRegistered
            | Change::SubjectEnded
            | Change::SubjectErased
            | Change::SubjectOpted { .. } => (None, None),
        };
        Self {
            source: event.source.as_str().into(),
            event_id: event.event_id.as_str().into(),
            subject: event.subject.as_str().into(),
            event_type: change.event_type().as_str().into(),
            occurred_at: event.occurred_at.map(Millis::from),
            record: change.record().map(RecordRef::from),
            revision,
            facts,
            step: Step::of(change),
            permission: Permission::of(change),
        }
    }
}

/// Which parts an event of a type has.
struct Shape {
    record: bool,
    revision: bool,
    facts: bool,
    /// `None`: it may.
    step: Option<bool>,
    permission: bool,
}

impl Shape {
    fn of(event_type: EventType) -> Self {
        let about_record = Self { record: true, revision: false, facts: false, step: Some(false), permission: false };
        match event_type {
            EventType::RecordUpserted | EventType::RecordCorrected => {
                Self { revision: true, facts: true, ..about_record }
            }
            EventType::RecordWithdrawn => Self { revision: true, step: None, ..about_record },
            EventType::NoticeServed
            | EventType::ObjectionFiled
            | EventType::ObjectionForwarded
            | EventType::ObjectionExtended
            | EventType::ObjectionResolved
            | EventType::ReviewOpened
            | EventType::ReviewClosed
            | EventType::RepairApplied
            | EventType::RepairIncomplete
            | EventType::RepairCompleted
            | EventType::RepairExtended
            | EventType::RepairGranted
            | EventType::RepairRefused
            | EventType::CommitmentKept
            | EventType::CommitmentBroken => Self { step: Some(true), ..about_record },
            EventType::PermissionGranted | EventType::PermissionEnded => Self { permission: true, ..about_record },
            EventType::SubjectRegistered | EventType::SubjectEnded | EventType::SubjectErased => {
                Self { record: false, ..about_record }
            }
            EventType::SubjectOptedOut | EventType::SubjectOptedIn => {
                Self { record: false, step: Some(true), ..about_record }
            }
        }
    }

    fn check(&self, wire: &Event<'_>) -> Result<(), Invalid> {
        let parts = [
            ("record", wire.record.is_some(), Some(self.record)),
            ("revision", wire.revision.is_some(), Some(self.revision)),
            ("facts", wire.facts.is_some(), Some(self.facts)),
            ("step", wire.step.is_some(), self.step),
            ("permission", wire.permission.is_some(), Some(self.permission)),
        ];
        for (part, has, should) in parts {
            match (has, should) {
                (false, Some(true)) => return Err(missing(part)),
                (true, Some(false)) => return Err(Invalid::new("does not belong to an event of this type").at(part)),
                (_, None) | (true, Some(true)) | (false, Some(false)) => {}
            }
        }
        Ok(())
    }
}

pub(super) fn missing(part: &str) -> Invalid {
    Invalid::new("is missing in an event of this type").at(part)
}

impl TryFrom<Event<'_>> for event::Event {
    type Error = Invalid;

    fn try_from(wire: Event<'_>) -> Result<Self, Invalid> {
        let event_type = choice(&wire.event_type, &EventType::ALL, EventType::as_str).at("type")?;
        Shape::of(event_type).check(&wire)?;
        Ok(Self {
            source: name(wire.source, DepartmentId::new).at("source")?,
            event_id: wire.event_id.into_owned(),
            subject: subject(&wire.subject)?,
            occurred_at: wire.occurred_at.map(Instant::from),
            change: change(event_type, wire.record, wire.revision, wire.facts, wire.step, wire.permission)?,
        })
    }
}

fn change(
    event_type: EventType,
    record: Option<RecordRef<'_>>,
    revision: Option<i64>,
    facts: Option<Facts<'_>>,
    step: Option<Step<'_>>,
    permission: Option<Permission<'_>>,
) -> Result<Change, Invalid> {
    let record = match record {
        Some(record) => record.try_into().at("record")?,
        None => return about_subject(event_type, step),
    };
    let revision = match revision {
        Some(revision) => Some(count(revision).at("revision")?),
        None => None,
    };
    if let Some(facts) = facts {
        let revision = revision.ok_or_else(|| missing("revision"))?;
        return facts.recorded(event_type, record, revision).at("facts");
    }
    if let Some(permission) = permission {
        return permission.change(event_type, record).at("permission");
    }
    if let Some(revision) = revision {
        return Ok(Change::Withdrawn { record, revision, reason: step.and_then(Step::into_reason) });
    }
    step.ok_or_else(|| missing("step"))?.change(event_type, record).at("step")
}

fn about_subject(event_type: EventType, step: Option<Step<'_>>) -> Result<Change, Invalid> {
    match event_type {
        EventType::SubjectOptedOut | EventType::SubjectOptedIn => {
            let on = step.ok_or_else(|| missing("step"))?.day().at("step")?;
            Ok(Change::SubjectOpted { out: event_type == EventType::SubjectOptedOut, on })
        }
        EventType::SubjectRegistered => Ok(Change::SubjectRegistered),
        EventType::SubjectEnded => Ok(Change::SubjectEnded),
        EventType::SubjectErased => Ok(Change::SubjectErased),
        EventType::RecordUpserted
        | EventType::RecordCorrected
        | EventType::RecordWithdrawn
        | EventType::NoticeServed
        | EventType::ObjectionFiled
        | EventType::ObjectionForwarded
        | EventType::ObjectionExtended
        | EventType::ObjectionResolved
        | EventType::ReviewOpened
        | EventType::ReviewClosed
        | EventType::RepairApplied
        | EventType::RepairIncomplete
        | EventType::RepairCompleted
        | EventType::RepairExtended
        | EventType::RepairGranted
        | EventType::RepairRefused
        | EventType::CommitmentKept
        | EventType::CommitmentBroken
        | EventType::PermissionGranted
        | EventType::PermissionEnded => Err(missing("record")),
    }
}

const TIME_ADVANCED: &str = "time_advanced";
const CATALOGUE_ACTIVATED: &str = "catalogue_activated";
const FOLD_ACTIVATED: &str = "fold_activated";
const CONTINUE: &str = "continue";

impl<'a> From<&'a event::Control> for Control<'a> {
    fn from(control: &'a event::Control) -> Self {
        let of = |kind: &'static str| Self { kind: kind.into(), catalogue: None, fold: None, work: None };
        match control {
            event::Control::TimeAdvanced => of(TIME_ADVANCED),
            event::Control::CatalogueActivated { digest } => {
                Self { catalogue: Some(digest.as_str().into()), ..of(CATALOGUE_ACTIVATED) }
            }
            event::Control::FoldActivated { version } => Self { fold: Some(i64::from(*version)), ..of(FOLD_ACTIVATED) },
            event::Control::Continue(work) => Self { work: Some(work.into()), ..of(CONTINUE) },
        }
    }
}

impl TryFrom<Control<'_>> for event::Control {
    type Error = Invalid;

    fn try_from(wire: Control<'_>) -> Result<Self, Invalid> {
        match &*wire.kind {
            TIME_ADVANCED => Ok(Self::TimeAdvanced),
            CATALOGUE_ACTIVATED => {
                let digest = wire.catalogue.ok_or_else(|| missing("catalogue"))?;
                Ok(Self::CatalogueActivated { digest: digest.into_owned() })
            }
            FOLD_ACTIVATED => {
                let version = wire.fold.ok_or_else(|| missing("fold"))?;
                Ok(Self::FoldActivated { version: count(version).at("fold")? })
            }
            CONTINUE => {
                let work = wire.work.ok_or_else(|| missing("continue"))?;
                Ok(Self::Continue(work.try_into().at("continue")?))
            }
            _ => {
                Err(Invalid::newer("is no control record this program knows; run a version at least as new").at("kind"))
            }
        }
    }
}

const CONTINUE_KINDS: [event::ContinueKind; 2] = [event::ContinueKind::Timers, event::ContinueKind::Sweep];

fn continue_kind(kind: event::ContinueKind) -> &'static str {
    match kind {
        event::ContinueKind::Timers => "timers",
        event::ContinueKind::Sweep => "sweep",
    }
}

impl From<&event::Continue> for Continue<'_> {
    fn from(work: &event::Continue) -> Self {
        Self { kind: continue_kind(work.kind).into(), cause: work.cause, cursor: work.cursor.clone() }
    }
}

impl TryFrom<Continue<'_>> for event::Continue {
    type Error = Invalid;

    fn try_from(wire: Continue<'_>) -> Result<Self, Invalid> {
        let kind = choice(&wire.kind, &CONTINUE_KINDS, continue_kind).at("kind")?;
        Ok(Self { kind, cause: wire.cause, cursor: wire.cursor })
    }
}

/// The id of a step or a permission.
pub(super) fn step_id(id: Option<Cow<'_, str>>) -> Result<RecordId, Invalid> {
    name(id.ok_or_else(|| missing("id"))?, RecordId::new).at("id")
}

/// A day that an event of this type cannot do without.
pub(super) fn needed_day(day: Option<Day>, field: &str) -> Result<jiff::civil::Date, Invalid> {
    day.ok_or_else(|| missing(field))?.try_into().at(field)
}
