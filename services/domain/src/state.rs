//! The rows that are not a record's or a ground's: the head of a subject, and the partition's own row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{CatalogueDigest, Effect, ItemClass};
use crate::flag::Version;
use crate::ids::{MatterId, MatterPattern, MeasureId};
use crate::output::Life;
use crate::time::{Instant, Intervals};

/// The partition's own row, written with every record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionRow {
    /// The greatest min(append time, `written_at`) so far.
    pub time: Instant,
    /// The fold in force; `None` before the first `FoldActivated`.
    pub fold: Option<u32>,
    /// The catalogue in force; `None` before the first `CatalogueActivated`.
    pub catalogue: Option<CatalogueDigest>,
    /// Offset of the newest activation.
    pub activation: Option<i64>,
    /// A sweep after that activation is not through yet.
    pub sweeping: bool,
    /// A `Continue` of timers is outstanding.
    pub timers_outstanding: bool,
    /// No timer of the partition is due before this: until then nobody looks for one.
    pub timers_from: Instant,
}

/// Head of a subject. Its size is bounded by the number of measures, classes and intervals, not by that of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRow {
    /// The rules it was last evaluated under.
    pub catalogue: CatalogueDigest,
    pub fold: u32,
    pub life: Life,
    /// Records standing, by class.
    pub counts: BTreeMap<ItemClass, u32>,
    pub measures: BTreeMap<MeasureId, MeasureRow>,
    /// Digest of the profile last published.
    pub profile: Option<[u8; 16]>,
}

impl SubjectRow {
    /// The union of the subject's restrictions, coming ones included, exceptions disregarded: what a facilitation is less.
    pub fn restrictions(&self) -> Intervals {
        let restricting = self.measures.values().filter(|row| row.effect == Effect::Restrict);
        restricting.fold(Intervals::default(), |sum, row| sum.union(&row.union))
    }
}

/// What is known of one measure of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureRow {
    pub effect: Effect,
    /// Union of the intervals of all grounds in the state.
    pub union: Intervals,
    pub grounds: u32,
    /// Grounds with a permission.
    pub with_exceptions: u32,
    pub excepted: BTreeMap<MatterId, Intervals>,
    /// Records that wait for their notice or are suspended.
    pub pending: u32,
    pub published: Published,
}

impl MeasureRow {
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            union: Intervals::default(),
            grounds: 0,
            with_exceptions: 0,
            excepted: BTreeMap::new(),
            pending: 0,
            published: Published::Never,
        }
    }

    /// Nothing to remember any more.
    pub fn is_blank(&self) -> bool {
        self.grounds == 0 && self.pending == 0 && self.published == Published::Never
    }
}

/// What stands under the flag's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Published {
    Never,
    Set { digest: [u8; 16], matters: Vec<MatterPattern>, version: Version },
    Lifted { tombstone_due: Instant, version: Version },
}
