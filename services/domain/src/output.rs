//! What the fold tells the world. Each output carries its origin as its version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Article, Effect, Remedies, Title};
use crate::event::{Continue, Document, EventType, RecordRef};
use crate::flag::{FlagChange, Served, Version};
use crate::ids::{DepartmentId, ItemId, MeasureId, RatingId};
use crate::subject::SubjectKey;
use crate::time::Intervals;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Flag(FlagChange),
    Profile(ProfileChange),
    Notice(NoticeChange),
    Reject(Reject),
    /// For the partition's own log, in the same transaction.
    Continue(Continue),
}

/// A subject's summary; its size is bounded by the number of item classes, measures and ratings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Records standing, by class of item.
    pub counts: BTreeMap<String, u32>,
    pub measures: BTreeMap<MeasureId, ProfileMeasure>,
    pub ratings: BTreeMap<RatingId, ProfileRating>,
    pub life: Life,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileMeasure {
    pub effect: Effect,
    pub intervals: Intervals,
    pub grounds_total: u32,
    /// Records whose notice is not served yet.
    pub pending_total: u32,
}

/// How a subject is rated at present. A bad band is not published before its subject was told of it (深圳条例 39): until then neither
/// the band stands here nor the points that would give it away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRating {
    pub band: Option<String>,
    pub points: Option<i64>,
    pub dimensions: BTreeMap<String, i64>,
    /// The subject is in a band that is not published yet.
    pub held_back: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Life {
    pub registered: bool,
    pub ended: bool,
    pub erased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChange {
    pub subject: SubjectKey,
    /// `None` removes the key.
    pub profile: Option<Profile>,
    pub version: Version,
}

/// What must be served on a subject, with the repair notice in the same envelope (两书同达, 国办发〔2025〕22号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub document: Document,
    pub measures: Vec<NoticeMeasure>,
    pub status: NoticeStatus,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeMeasure {
    pub measure: MeasureId,
    pub title: Title,
    pub basis: Vec<Article>,
    pub remedies: Remedies,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeStatus {
    ToServe,
    Served(Served),
    /// Nothing is to be served any more: the record was withdrawn, corrected or repaired before.
    Void,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeChange {
    pub subject: SubjectKey,
    pub record: RecordRef,
    pub notice: Notice,
    pub version: Version,
}

/// An event the fold refused. Nothing of its payload stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    pub code: String,
    pub field: Option<String>,
    pub message: String,
    pub source: Option<DepartmentId>,
    pub event_type: Option<EventType>,
    pub item: Option<ItemId>,
    pub version: Version,
}

/// What became of an event, for the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Changed,
    /// The same fact again.
    Repeat,
    /// An older revision than the one held.
    Older,
    Refused,
    /// A control record.
    Control,
}
