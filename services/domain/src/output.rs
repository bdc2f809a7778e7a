//! What the fold tells the world. Each output carries its origin as its version.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Article, CatalogueDigest, Effect, HumanReview, Recourse, Remedies, Route, Title};
use crate::event::{Continue, Document, EventType, RecordRef};
use crate::flag::{End, FlagChange, Served, Version};
use crate::ids::{DepartmentId, FieldName, ItemId, MeasureId, RatingId};
use crate::subject::SubjectKey;
use crate::time::{Instant, Interval, Intervals, Term};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Flag(FlagChange),
    Profile(ProfileChange),
    Notice(NoticeChange),
    /// What flags rested on was corrected: for whoever decided on them.
    Fall(Fall),
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
    /// What else it says; absent where nothing is to be served any more.
    pub letter: Option<Letter>,
}

/// What a notice must say beside its measures: facts, basis, conditions of delisting, remedies and their deadlines (深圳条例 69, 74;
/// 国办发〔2020〕49号; 国办发〔2025〕22号), by the entries in force on the document's date. Of the subject it knows the key alone: whom
/// it is addressed to is the department's to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Which says what departments and laws are called.
    pub catalogue: CatalogueDigest,
    /// Of the item.
    pub title: Title,
    pub facts: Vec<Fact>,
    /// Why it is recorded.
    pub basis: Vec<Article>,
    /// The first day on which a repair may be applied for.
    pub repairable_from: Option<Date>,
    pub end: Option<End>,
    /// Who decides on the repair: who decided on the document (谁认定谁修复).
    pub decides: DepartmentId,
    /// Where the repair may be applied for.
    pub receives: Vec<DepartmentId>,
    pub recourses: Vec<NoticeRecourse>,
}

/// A field of the record, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: FieldName,
    pub title: Option<Title>,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecourse {
    pub route: Route,
    /// From the day the notice was received.
    pub within: Option<Term>,
    pub to: Title,
    pub basis: Vec<Article>,
}

impl From<&Recourse> for NoticeRecourse {
    fn from(recourse: &Recourse) -> Self {
        Self { route: recourse.route, within: recourse.within, to: recourse.to.clone(), basis: recourse.basis.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeMeasure {
    pub measure: MeasureId,
    pub title: Title,
    pub basis: Vec<Article>,
    pub remedies: Remedies,
    /// Known of every notice that has a letter.
    pub effect: Option<Effect>,
    /// Of a person's restriction (R6).
    pub human_review: Option<HumanReview>,
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

/// What happened to a record that flags rest on, or rested on. That a ground came to its end is none of these, nor is a change of
/// the rules, nor an erasure: what was decided on it was decided rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// A later revision says something else: `record.corrected`, or another `record.upserted` that changes a ground.
    Corrected,
    Withdrawn,
    /// Revoked on review.
    Revoked,
    /// Taken off by an objection.
    Delisted,
    Repaired,
}

impl Happened {
    pub const ALL: [Self; 5] = [Self::Corrected, Self::Withdrawn, Self::Revoked, Self::Delisted, Self::Repaired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::Delisted => "delisted",
            Self::Repaired => "repaired",
        }
    }
}

/// What is left of a record's ground for one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// The ground is gone, or rests while a procedure is open.
    Nothing,
    /// Another ground: another document, other days.
    Changed,
    /// The same ground: what was corrected does not bear on it.
    Same,
}

impl Left {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Changed, Self::Same];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// A record was corrected that flags rest on, or rested on (R10). It names every value of a flag that this record was a ground of, or
/// counted points for, shown or not: those whose offset lies in one of the spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fall {
    pub subject: SubjectKey,
    pub record: RecordRef,
    /// As it was before.
    pub document: Document,
    pub happened: Happened,
    /// The partition's time.
    pub at: Instant,
    /// In order of the measures.
    pub measures: Vec<FallMeasure>,
    pub version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallMeasure {
    pub measure: MeasureId,
    pub left: Left,
    pub spans: Vec<Span>,
}

/// A flag rested on the record in its values of the offsets `from..until`, at the instants of `interval`. A flag that rests on it when it
/// falls has a new value with the fall, so no value stands for decisions from before and from after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub interval: Interval,
    pub from: i64,
    pub until: i64,
}

impl Fall {
    /// Whether a decision of this instant rested on the record, given the version of the flag it rested on.
    pub fn concerns(&self, measure: &MeasureId, shown: Version, decided_at: Instant) -> bool {
        let fallen = self.measures.iter().find(|fallen| fallen.measure == *measure);
        shown.partition == self.version.partition
            && fallen.is_some_and(|fallen| fallen.concerns(shown.offset, decided_at))
    }
}

impl FallMeasure {
    /// [`Fall::concerns`], for who knows the measure and the partition.
    pub fn concerns(&self, shown_offset: i64, decided_at: Instant) -> bool {
        self.spans.iter().any(|span| span.holds(shown_offset, decided_at))
    }
}

impl Span {
    fn holds(&self, offset: i64, decided_at: Instant) -> bool {
        (self.from..self.until).contains(&offset) && self.interval.contains(decided_at)
    }
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
