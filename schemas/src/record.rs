//! Records of the topics that the domain has no type of its own for.

use domain::catalogue::CatalogueDigest;
use domain::event::{Document, EventType, RecordRef};
use domain::flag::{FlagChange, FlagValue, Version};
use domain::ids::{ConsumerId, DepartmentId, ItemId, MatterId, MeasureId};
use domain::output::{Fall, Happened, Left, Reject};
use domain::subject::SubjectKey;
use domain::time::Instant;
use domain::verdict::Decision;

/// One record of `standing.flags`, or of a domain's topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagEntry {
    Flag(Box<PublishedFlag>),
    Mark(Mark),
}

/// A change of one flag under whatever stands for its subject: a subject key in `standing.flags`, a pseudonym of the domain
/// in its own topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFlag {
    pub subject: String,
    pub measure: MeasureId,
    pub value: FlagValue,
    pub version: Version,
}

impl PublishedFlag {
    /// As the fold wrote it; `None` where the subject is a domain's pseudonym.
    pub fn into_change(self) -> Option<FlagChange> {
        let subject = SubjectKey::parse(&self.subject).ok()?;
        Some(FlagChange { subject, measure: self.measure, value: self.value, version: self.version })
    }
}

/// How far a partition is. In every transaction of the profile worker, and every second when idle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Offset of `standing.events` after the last record folded.
    pub events_offset: i64,
    /// The partition's time.
    pub time: Instant,
    /// The worker's clock when it last stood at the partition's end, else the append time of the last record folded.
    pub current_as_of: Instant,
    pub catalogue: Option<CatalogueDigest>,
    /// Every subject was evaluated under that catalogue and fold.
    pub swept: bool,
    /// The version of the fold in force.
    pub fold: Option<u32>,
    /// The newest version of the fold that the partition's owner has.
    pub fold_known: Option<u32>,
}

/// Who refused a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Intake,
    Fold,
    /// The record could not be read at all.
    Runtime,
}

impl Stage {
    pub const ALL: [Self; 3] = [Self::Intake, Self::Fold, Self::Runtime];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Fold => "fold",
            Self::Runtime => "runtime",
        }
    }
}

/// A record by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// One record of `standing.rejects`. Nothing of the payload but names of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub stage: Stage,
    pub code: String,
    /// Path within the event.
    pub field: Option<String>,
    pub message: String,
    pub source: Option<DepartmentId>,
    pub event_type: Option<EventType>,
    pub item: Option<ItemId>,
    pub at: Option<Instant>,
    /// Where the refused record came by Kafka.
    pub place: Option<Place>,
    /// Line of the request, from 1, where it came by HTTP.
    pub line: Option<u64>,
    /// SHA-256 of the payload, lower-case hex.
    pub digest: Option<String>,
    /// Length of the payload.
    pub bytes: Option<u64>,
    /// Which output of the record at `place`, where the fold refused it.
    pub index: Option<u32>,
}

impl Rejection {
    /// A record that no fold could read, or that one failed on: of its payload nothing is known but the length.
    pub fn of_runtime(code: &str, message: &str, place: Place, bytes: Option<u64>) -> Self {
        Self {
            stage: Stage::Runtime,
            code: code.to_owned(),
            field: None,
            message: message.to_owned(),
            source: None,
            event_type: None,
            item: None,
            at: None,
            place: Some(place),
            line: None,
            digest: None,
            bytes,
            index: Some(0),
        }
    }

    /// What the fold refused, of a record of the topic `events`.
    pub fn of_fold(reject: &Reject, events: &str) -> Self {
        let Version { partition, offset, index } = reject.version;
        Self {
            stage: Stage::Fold,
            code: reject.code.clone(),
            field: reject.field.clone(),
            message: reject.message.clone(),
            source: reject.source.clone(),
            event_type: reject.event_type,
            item: reject.item.clone(),
            at: None,
            place: Some(Place { topic: events.to_owned(), partition, offset }),
            line: None,
            digest: None,
            bytes: None,
            index: Some(index),
        }
    }
}

/// What a consumer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Check,
    Lookup,
    /// The pseudonym of a natural person in a domain.
    Pseudonym,
    /// Flags of natural persons as they change, by `GET /v1/watch`.
    Watch,
}

impl Act {
    pub const ALL: [Self; 4] = [Self::Check, Self::Lookup, Self::Pseudonym, Self::Watch];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Lookup => "lookup",
            Self::Pseudonym => "pseudonym",
            Self::Watch => "watch",
        }
    }
}

/// A flag an answer rested on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub measure: MeasureId,
    pub version: Version,
}

/// One record of `standing.decisions`: an answer given (R12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    pub decision_id: String,
    pub at: Instant,
    pub act: Act,
    pub consumer: ConsumerId,
    pub matter: MatterId,
    pub subject: SubjectKey,
    /// Of a check.
    pub decision: Option<Decision>,
    /// Of `unknown`.
    pub reason: Option<String>,
    pub flags: Vec<Shown>,
    pub staleness_ms: Option<i64>,
    pub catalogue: Option<CatalogueDigest>,
    /// The applicant's file number, logged only.
    pub case: Option<String>,
}

/// One record of `standing.reliance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelianceEntry {
    Relied(Relied),
    Fall(Box<Fall>),
    GoOn(GoOn),
}

/// A decision and the flags it rested on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relied {
    pub decision_id: String,
    pub at: Instant,
    pub consumer: ConsumerId,
    pub matter: MatterId,
    pub subject: SubjectKey,
    pub flags: Vec<Shown>,
    pub case: Option<String>,
}

/// A correction concerned more decisions than are told at once. It goes on after this decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoOn {
    pub subject: SubjectKey,
    pub measure: MeasureId,
    /// The version of the fall.
    pub fell: Version,
    /// The flag's version that the last decision told rested on.
    pub shown: Version,
    pub decision_id: String,
}

/// One record of `standing.corrections`: a decision that rested on a flag whose ground was corrected (R10). `decision_id`,
/// `measure` and `fell` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub decision_id: String,
    pub consumer: ConsumerId,
    pub matter: MatterId,
    /// A subject key; of a natural person the pseudonym of the matter's domain.
    pub subject: String,
    pub measure: MeasureId,
    /// The version of the flag the decision rested on.
    pub shown: Version,
    /// The version of the fall.
    pub fell: Version,
    /// When the register learned of it.
    pub at: Instant,
    pub happened: Happened,
    pub case: Option<String>,
    pub left: Option<Left>,
    pub decided_at: Option<Instant>,
    /// `None` of a natural person.
    pub record: Option<RecordRef>,
    /// As it was before.
    pub document: Option<Document>,
}
