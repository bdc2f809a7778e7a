//! A subject event as intake writes it: checked, canonical, without anything that identifies a natural person.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, ItemId, MatterId, RecordId};
use crate::subject::SubjectKey;
use crate::time::Instant;
use crate::value::Fields;

/// The types of the outside, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventType {
    #[serde(rename = "record.upserted")]
    RecordUpserted,
    #[serde(rename = "record.corrected")]
    RecordCorrected,
    #[serde(rename = "record.withdrawn")]
    RecordWithdrawn,
    #[serde(rename = "notice.served")]
    NoticeServed,
    #[serde(rename = "objection.filed")]
    ObjectionFiled,
    #[serde(rename = "objection.resolved")]
    ObjectionResolved,
    #[serde(rename = "review.opened")]
    ReviewOpened,
    #[serde(rename = "review.closed")]
    ReviewClosed,
    #[serde(rename = "repair.applied")]
    RepairApplied,
    #[serde(rename = "repair.granted")]
    RepairGranted,
    #[serde(rename = "repair.refused")]
    RepairRefused,
    #[serde(rename = "commitment.kept")]
    CommitmentKept,
    #[serde(rename = "commitment.broken")]
    CommitmentBroken,
    #[serde(rename = "permission.granted")]
    PermissionGranted,
    #[serde(rename = "permission.ended")]
    PermissionEnded,
    #[serde(rename = "subject.registered")]
    SubjectRegistered,
    #[serde(rename = "subject.ended")]
    SubjectEnded,
    #[serde(rename = "subject.erased")]
    SubjectErased,
}

impl EventType {
    pub const ALL: [Self; 18] = [
        Self::RecordUpserted,
        Self::RecordCorrected,
        Self::RecordWithdrawn,
        Self::NoticeServed,
        Self::ObjectionFiled,
        Self::ObjectionResolved,
        Self::ReviewOpened,
        Self::ReviewClosed,
        Self::RepairApplied,
        Self::RepairGranted,
        Self::RepairRefused,
        Self::CommitmentKept,
        Self::CommitmentBroken,
        Self::PermissionGranted,
        Self::PermissionEnded,
        Self::SubjectRegistered,
        Self::SubjectEnded,
        Self::SubjectErased,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordUpserted => "record.upserted",
            Self::RecordCorrected => "record.corrected",
            Self::RecordWithdrawn => "record.withdrawn",
            Self::NoticeServed => "notice.served",
            Self::ObjectionFiled => "objection.filed",
            Self::ObjectionResolved => "objection.resolved",
            Self::ReviewOpened => "review.opened",
            Self::ReviewClosed => "review.closed",
            Self::RepairApplied => "repair.applied",
            Self::RepairGranted => "repair.granted",
            Self::RepairRefused => "repair.refused",
            Self::CommitmentKept => "commitment.kept",
            Self::CommitmentBroken => "commitment.broken",
            Self::PermissionGranted => "permission.granted",
            Self::PermissionEnded => "permission.ended",
            Self::SubjectRegistered => "subject.registered",
            Self::SubjectEnded => "subject.ended",
            Self::SubjectErased => "subject.erased",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == name)
    }

    /// Types that carry a whole record, and so a document and a revision.
    pub fn carries_record(self) -> bool {
        matches!(self, Self::RecordUpserted | Self::RecordCorrected)
    }

    /// Types by which a publisher decides what was filed or applied for.
    pub fn is_decision(self) -> bool {
        matches!(self, Self::ObjectionResolved | Self::ReviewClosed | Self::RepairGranted | Self::RepairRefused)
    }

    /// Types that are about the subject itself and name no record.
    pub fn is_about_subject(self) -> bool {
        matches!(self, Self::SubjectRegistered | Self::SubjectEnded | Self::SubjectErased)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One record of `standing.events` after decoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The producer's clock at sending.
    pub written_at: Instant,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    Event(Event),
    Control(super::Control),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub source: DepartmentId,
    /// The department's own id, for receipts and tracing; the fold ignores it.
    pub event_id: String,
    pub subject: SubjectKey,
    pub occurred_at: Option<Instant>,
    pub change: Change,
}

/// The key of a record within its subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    pub publisher: DepartmentId,
    pub item: ItemId,
    pub record_id: RecordId,
}

/// A document in effect: number, issuer and date, without which nothing may follow (R1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Document {
    pub number: String,
    pub kind: String,
    pub issuer: String,
    #[serde(with = "crate::compact::day")]
    pub issued_on: Date,
    #[serde(with = "crate::compact::day")]
    pub effective_on: Date,
}

/// The days a record is valid, both inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Validity {
    #[serde(default, with = "crate::compact::day_if_any")]
    pub from: Option<Date>,
    #[serde(default, with = "crate::compact::day_if_any")]
    pub until: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// `record.upserted` and `record.corrected`: the whole record.
    Recorded {
        event_type: EventType,
        record: RecordRef,
        revision: u32,
        document: Document,
        fields: Fields,
        valid: Validity,
        /// Of a natural person, vouched by intake from the identifier: of age on the day the document was issued.
        adult_at_issue: Option<bool>,
    },
    Withdrawn {
        record: RecordRef,
        revision: u32,
        reason: Option<String>,
    },
    NoticeServed {
        record: RecordRef,
        notice_id: RecordId,
        served_on: Date,
    },
    Objection {
        record: RecordRef,
        objection_id: RecordId,
        objection: Objection,
    },
    Review {
        record: RecordRef,
        review_id: RecordId,
        review: Review,
    },
    RepairApplied {
        record: RecordRef,
        repair_id: RecordId,
        applied_on: Date,
    },
    RepairDecided {
        record: RecordRef,
        repair_id: RecordId,
        granted: bool,
        decided_on: Date,
        reason: Option<String>,
    },
    Commitment {
        record: RecordRef,
        commitment: Commitment,
        on: Date,
    },
    PermissionGranted {
        record: RecordRef,
        permission_id: RecordId,
        matter: MatterId,
        from: Date,
        until: Date,
        by: String,
    },
    PermissionEnded {
        record: RecordRef,
        permission_id: RecordId,
    },
    SubjectRegistered,
    SubjectEnded,
    SubjectErased,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Objection {
    Filed { grounds: String, filed_on: Date },
    Resolved { outcome: ObjectionOutcome, effect: Option<ObjectionEffect>, resolved_on: Date, reason: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionOutcome {
    Rejected,
    Partly,
    Upheld,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionEffect {
    Corrected,
    Supplemented,
    Undisclosed,
    Delisted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Review {
    Opened { kind: ReviewKind, opened_on: Date },
    Closed { outcome: ReviewOutcome, closed_on: Date },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    Review,
    Litigation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    Upheld,
    Revoked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commitment {
    Kept,
    Broken,
}

impl Change {
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Recorded { event_type, .. } => *event_type,
            Self::Withdrawn { .. } => EventType::RecordWithdrawn,
            Self::NoticeServed { .. } => EventType::NoticeServed,
            Self::Objection { objection: Objection::Filed { .. }, .. } => EventType::ObjectionFiled,
            Self::Objection { objection: Objection::Resolved { .. }, .. } => EventType::ObjectionResolved,
            Self::Review { review: Review::Opened { .. }, .. } => EventType::ReviewOpened,
            Self::Review { review: Review::Closed { .. }, .. } => EventType::ReviewClosed,
            Self::RepairApplied { .. } => EventType::RepairApplied,
            Self::RepairDecided { granted: true, .. } => EventType::RepairGranted,
            Self::RepairDecided { granted: false, .. } => EventType::RepairRefused,
            Self::Commitment { commitment: Commitment::Kept, .. } => EventType::CommitmentKept,
            Self::Commitment { commitment: Commitment::Broken, .. } => EventType::CommitmentBroken,
            Self::PermissionGranted { .. } => EventType::PermissionGranted,
            Self::PermissionEnded { .. } => EventType::PermissionEnded,
            Self::SubjectRegistered => EventType::SubjectRegistered,
            Self::SubjectEnded => EventType::SubjectEnded,
            Self::SubjectErased => EventType::SubjectErased,
        }
    }

    /// The record it is about; absent for events about the subject itself.
    pub fn record(&self) -> Option<&RecordRef> {
        match self {
            Self::Recorded { record, .. }
            | Self::Withdrawn { record, .. }
            | Self::NoticeServed { record, .. }
            | Self::Objection { record, .. }
            | Self::Review { record, .. }
            | Self::RepairApplied { record, .. }
            | Self::RepairDecided { record, .. }
            | Self::Commitment { record, .. }
            | Self::PermissionGranted { record, .. }
            | Self::PermissionEnded { record, .. } => Some(record),
            Self::SubjectRegistered | Self::SubjectEnded | Self::SubjectErased => None,
        }
    }
}
