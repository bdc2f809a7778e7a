//! What a runtime tells about itself as it happens, for metrics. States and lags are in [`crate::status`] instead.
//! Called from worker threads: implementations count and return.

use std::time::Duration;

use crate::log::TopicPartition;
use crate::status::Phase;

/// Every method does nothing unless implemented.
pub trait Observer: Send + Sync {
    /// A transaction was committed and written.
    fn committed(&self, _commit: &Commit) {}
    /// A transaction, or what led to it, was given up; everything since the last commit is folded again.
    fn gave_up(&self, _cause: Cause) {}
    /// Records were folded live.
    fn folded(&self, _of: &TopicPartition, _records: u64) {}
    /// Records were folded quietly: their outputs had been committed before.
    fn replayed(&self, _of: &TopicPartition, _records: u64) {}
    /// A record was refused, live.
    fn rejected(&self, _of: &TopicPartition, _code: &'static str) {}
    fn rebalanced(&self, _change: Rebalance, _partitions: usize) {}
    fn phase(&self, _of: &TopicPartition, _phase: &Phase) {}
    /// A checkpoint that was due.
    fn checkpointed(&self, _of: &TopicPartition, _outcome: &Checkpointed) {}
    /// A partition without state of its own looked for a checkpoint.
    fn restoration(&self, _of: &TopicPartition, _outcome: &Restoration) {}
    /// Bytes that a worker's overlays hold, before each commit.
    fn overlay(&self, _bytes: usize) {}
}

/// Observes nothing.
pub struct NoObserver;

impl Observer for NoObserver {}

/// One committed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub partitions: usize,
    pub records: u64,
    pub outputs: u64,
    /// From the first record folded to the end of the write.
    pub open: Duration,
    /// The commit alone: offsets, markers, and the write of the state.
    pub commit: Duration,
}

/// Why work was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The transaction had to be aborted.
    Aborted,
    /// Another producer or a newer generation took over.
    Fenced,
    /// The same, again and again: another instance of this name is alive.
    Rival,
    /// A call's outcome was unknown for a while, or took suspiciously long.
    TimedOut,
    /// An output or an offset was refused.
    Refused,
    /// A client failed for good.
    Client,
    /// The state could not be read or written.
    State,
    /// Partitions were taken away without being asked back.
    Lost,
    /// Partitions of the group were nobody's: the worker left the group, and joins anew.
    Unowned,
    /// The worker panicked.
    Panicked,
}

impl Cause {
    pub const ALL: [Self; 10] = [
        Self::Aborted,
        Self::Fenced,
        Self::Rival,
        Self::TimedOut,
        Self::Refused,
        Self::Client,
        Self::State,
        Self::Lost,
        Self::Unowned,
        Self::Panicked,
    ];

    /// A label value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Fenced => "fenced",
            Self::Rival => "rival",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
            Self::Client => "client",
            Self::State => "state",
            Self::Lost => "lost",
            Self::Unowned => "unowned",
            Self::Panicked => "panicked",
        }
    }
}

/// What became of a checkpoint that was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpointed {
    /// The store has it, with so many new files and bytes.
    Made {
        offset: i64,
        files: usize,
        bytes: u64,
        took: Duration,
    },
    /// The store had one of the same position.
    Current,
    /// The one before was still under way.
    Skipped,
    Failed,
}

impl Checkpointed {
    pub const NAMES: [&'static str; 4] = ["made", "current", "skipped", "failed"];

    /// A label value.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Made { .. } => "made",
            Self::Current => "current",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// What became of a restore, or of one checkpoint on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restoration {
    /// The state is back as of this offset; the log's tail follows.
    Restored { offset: i64, bytes: u64, took: Duration },
    /// A checkpoint could not be used; the one before is tried.
    PassedOver,
    /// No checkpoint could be used: the log is folded from its start.
    Absent,
    /// The partition went away meanwhile.
    Dropped,
}

impl Restoration {
    pub const NAMES: [&'static str; 4] = ["restored", "passed_over", "absent", "dropped"];

    /// A label value.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Restored { .. } => "restored",
            Self::PassedOver => "passed_over",
            Self::Absent => "absent",
            Self::Dropped => "dropped",
        }
    }
}

/// What the group did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebalance {
    Assigned,
    Revoked,
    Lost,
}

impl Rebalance {
    /// A label value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Revoked => "revoked",
            Self::Lost => "lost",
        }
    }
}
