//! Flags: what the register tells approval systems, each with the grounds it rests on.
//!
//! One flag per subject and measure, many grounds. [`Flag::intervals`] is the merged union of all its grounds and alone
//! decides: a reader holds the flag in force at an instant iff it lies in one of them (and in none of
//! [`Flag::excepted`] for the matter asked about). A [`Ground`] cannot be built without the parts R1 to R3 and R6 name.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Article, CatalogueDigest, Effect, HumanReview, Measure, Polarity, Remedies, Title, Trigger};
use crate::event::{Document, RecordRef};
use crate::ids::{MatterId, MatterPattern, MeasureId, RecordId};
use crate::rating::RatingGround;
use crate::subject::{SubjectKey, SubjectKind};
use crate::time::{Interval, Intervals};

/// Grounds shown in a flag; all of them count in its intervals. Keeps a flag's size bounded (design, "A flag").
pub const GROUNDS_SHOWN_MAX: usize = 8;

/// Where an output comes from: the record being folded, and which of its outputs. Orders the values of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    pub partition: i32,
    pub offset: i64,
    pub index: u32,
}

/// `partition:offset:index`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.partition, self.offset, self.index)
    }
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let version = Self {
            partition: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
            index: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(version)
    }
}

/// When a ground ends (R3). There is no third way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum End {
    /// Its last day.
    On(#[serde(with = "crate::compact::day")] Date),
    /// When a condition is met that a law names.
    Condition { text: String, law: Article },
}

/// A notice that was served (R2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Served {
    pub notice_id: RecordId,
    #[serde(with = "crate::compact::day")]
    pub served_on: Date,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroundStatus {
    InForce,
    /// An objection is open: annotated, not suspended.
    Objection,
    /// A review or litigation is open: annotated, not suspended.
    Review,
}

impl GroundStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Objection => "objection",
            Self::Review => "review",
        }
    }
}

/// A permission: one matter, for a time, of the one record it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    pub permission_id: RecordId,
    pub matter: MatterId,
    pub by: String,
    pub from: Date,
    pub until: Date,
}

/// One record's reason for a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    record: RecordRef,
    measure_version: u32,
    document: Document,
    basis: Vec<Article>,
    #[serde(with = "crate::compact::day")]
    since: Date,
    end: End,
    served: Option<Served>,
    status: GroundStatus,
    exceptions: Vec<Exception>,
}

/// Why a record gives no ground for a measure. Each is a red line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGround {
    #[error("the measure names no article of law")]
    NoBasis,
    #[error("the measure is not lawful for this kind of subject")]
    UnlawfulTarget,
    #[error("the document has no number or no issuer")]
    NoDocument,
    #[error("no notice was served")]
    NoNotice,
    #[error("a restriction of a person has no route to human review")]
    NoHumanReview,
    #[error("it ends before it begins")]
    Empty,
}

/// What a ground is built from.
pub struct GroundParts<'a> {
    pub record: RecordRef,
    pub target: SubjectKind,
    pub polarity: Polarity,
    pub measure: &'a Measure,
    pub trigger: &'a Trigger,
    pub document: Document,
    pub valid_from: Option<Date>,
    pub end: End,
    pub served: Option<Served>,
    pub status: GroundStatus,
    pub exceptions: Vec<Exception>,
}

/// Whether a measure waits for its notice: restrictions always, supervision where it rests on an adverse document.
pub fn needs_notice(effect: Effect, polarity: Polarity) -> bool {
    match effect {
        Effect::Restrict => true,
        Effect::Supervise => polarity == Polarity::Adverse,
        Effect::Facilitate => false,
    }
}

/// The parts of a ground as they were published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedGround {
    pub record: RecordRef,
    pub measure_version: u32,
    pub document: Document,
    pub basis: Vec<Article>,
    pub since: Date,
    pub end: End,
    pub served: Option<Served>,
    pub status: GroundStatus,
    pub exceptions: Vec<Exception>,
}

impl Ground {
    /// A ground read back from where it was published. What every ground has is asked of it again; what its measure demanded
    /// was asked when it was built.
    pub fn published(parts: PublishedGround) -> Result<Self, NoGround> {
        let PublishedGround { record, measure_version, document, basis, since, end, served, status, exceptions } =
            parts;
        let ground = Self { record, measure_version, document, basis, since, end, served, status, exceptions };
        if ground.basis.is_empty() {
            return Err(NoGround::NoBasis);
        }
        if ground.document.number.trim().is_empty() || ground.document.issuer.trim().is_empty() {
            return Err(NoGround::NoDocument);
        }
        Interval::of_days(ground.since, ground.until()).map(|_| ground).ok_or(NoGround::Empty)
    }

    /// In force from 00:00 of the latest of {document effective, `valid.from`, notice served}.
    pub fn new(parts: GroundParts<'_>) -> Result<Self, NoGround> {
        let GroundParts {
            record,
            target,
            polarity,
            measure,
            trigger,
            document,
            valid_from,
            end,
            served,
            status,
            exceptions,
        } = parts;
        let mut basis: Vec<Article> = trigger.basis.clone();
        basis.extend(measure.basis.iter().filter(|a| !trigger.basis.contains(a)).cloned());
        if measure.basis.is_empty() || trigger.basis.is_empty() {
            return Err(NoGround::NoBasis);
        }
        if !measure.targets.contains(&target) {
            return Err(NoGround::UnlawfulTarget);
        }
        if document.number.trim().is_empty() || document.issuer.trim().is_empty() {
            return Err(NoGround::NoDocument);
        }
        if target == SubjectKind::Person && measure.effect == Effect::Restrict && measure.human_review.is_none() {
            return Err(NoGround::NoHumanReview);
        }
        let noticed = needs_notice(measure.effect, polarity);
        if noticed && served.is_none() {
            return Err(NoGround::NoNotice);
        }
        let served = served.filter(|_| noticed);
        let since = document
            .effective_on
            .max(valid_from.unwrap_or(Date::MIN))
            .max(served.as_ref().map_or(Date::MIN, |s| s.served_on));
        let ground =
            Self { record, measure_version: measure.version, document, basis, since, end, served, status, exceptions };
        if Interval::of_days(ground.since, ground.until()).is_none() {
            return Err(NoGround::Empty);
        }
        Ok(ground)
    }

    pub fn record(&self) -> &RecordRef {
        &self.record
    }

    pub fn measure_version(&self) -> u32 {
        self.measure_version
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn basis(&self) -> &[Article] {
        &self.basis
    }

    /// First day in force.
    pub fn since(&self) -> Date {
        self.since
    }

    /// Last day in force; `None` when it ends on a condition.
    pub fn until(&self) -> Option<Date> {
        match &self.end {
            End::On(day) => Some(*day),
            End::Condition { .. } => None,
        }
    }

    pub fn end(&self) -> &End {
        &self.end
    }

    pub fn served(&self) -> Option<&Served> {
        self.served.as_ref()
    }

    pub fn status(&self) -> GroundStatus {
        self.status
    }

    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The same ground with those of its exceptions that are kept.
    pub fn excepted_only(&self, keep: impl Fn(&Exception) -> bool) -> Self {
        let exceptions = self.exceptions.iter().filter(|e| keep(e)).cloned().collect();
        Self { exceptions, ..self.clone() }
    }

    pub fn interval(&self) -> Interval {
        Interval::of_days(self.since, self.until()).expect("checked when the ground was built")
    }

    /// The instants at which this ground restricts nothing in a matter.
    pub fn excepted_for(&self, matter: &MatterId) -> Intervals {
        let of_matter = self.exceptions.iter().filter(|e| &e.matter == matter);
        of_matter.filter_map(|e| Interval::of_days(e.from, Some(e.until))).collect()
    }
}

/// A flag as it is published under the key `subject|measure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    pub effect: Effect,
    pub title: Title,
    pub matters: Vec<MatterPattern>,
    /// Complete: readers decide by it alone. Of a facilitation less the subject's restrictions.
    pub intervals: Intervals,
    /// Per matter, the instants at which every ground in force is excepted.
    pub excepted: BTreeMap<MatterId, Intervals>,
    /// At most [`GROUNDS_SHOWN_MAX`]: those in force first, latest end first, then coming ones.
    pub grounds: Vec<Ground>,
    pub grounds_total: u32,
    /// The reason for a flag that follows from a rating: such a flag has no grounds, and never restricts.
    pub rating: Option<Box<RatingGround>>,
    pub remedies: Remedies,
    pub human_review: Option<HumanReview>,
    pub catalogue: CatalogueDigest,
}

/// What a reader decides by and shows, borrowed from however it keeps a flag.
#[derive(Clone, Copy, Debug)]
pub struct FlagRef<'a> {
    pub effect: Effect,
    pub title: &'a Title,
    pub matters: &'a [MatterPattern],
    pub intervals: &'a Intervals,
    pub excepted: &'a BTreeMap<MatterId, Intervals>,
    pub grounds: &'a [Ground],
    pub grounds_total: u32,
    pub rating: Option<&'a RatingGround>,
    pub remedies: &'a Remedies,
    pub human_review: Option<&'a HumanReview>,
}

impl Flag {
    pub fn by_ref(&self) -> FlagRef<'_> {
        FlagRef {
            effect: self.effect,
            title: &self.title,
            matters: &self.matters,
            intervals: &self.intervals,
            excepted: &self.excepted,
            grounds: &self.grounds,
            grounds_total: self.grounds_total,
            rating: self.rating.as_deref(),
            remedies: &self.remedies,
            human_review: self.human_review.as_ref(),
        }
    }
}

impl FlagRef<'_> {
    pub fn concerns(&self, matter: &MatterId) -> bool {
        self.matters.iter().any(|pattern| pattern.matches(matter))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiftReason {
    /// Its last ground came to its end.
    Expired,
    /// Its last ground was taken away: withdrawn, corrected, repaired, revoked, delisted.
    Removed,
    /// The catalogue or the fold changed.
    Rules,
    /// The subject was erased.
    Erased,
}

impl LiftReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Removed => "removed",
            Self::Rules => "rules",
            Self::Erased => "erased",
        }
    }
}

/// A lift is a value, so that a reader who missed it learns of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    pub ended_at: crate::time::Instant,
    pub reason: LiftReason,
    /// What was lifted, so that it still reaches the topics of its domains.
    pub effect: Effect,
    pub matters: Vec<MatterPattern>,
}

/// What is written under a flag's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlagValue {
    Set(Flag),
    Lifted(Lift),
    /// Removes the key 400 days after the lift.
    Tombstone,
}

/// A change of one flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagChange {
    pub subject: SubjectKey,
    pub measure: MeasureId,
    pub value: FlagValue,
    pub version: Version,
}
