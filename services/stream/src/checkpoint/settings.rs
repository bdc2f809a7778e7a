//! What an operator tunes of checkpoints.

use std::time::Duration;

/// How often a live partition is copied, and how many copies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointSettings {
    /// Time between two checkpoints of a partition that moves ...
    pub interval: Duration,
    /// ... or so many offsets, whichever is over first.
    pub records_max: u64,
    /// Checkpoints kept of each partition.
    pub keep: usize,
}

impl Default for CheckpointSettings {
    /// Two minutes of records at full speed are folded again in a few minutes at the worst; a rebuild of the whole log is
    /// copied every two million records on its way.
    fn default() -> Self {
        Self { interval: Duration::from_secs(120), records_max: 2_000_000, keep: 3 }
    }
}
