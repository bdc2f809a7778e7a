//! What a runtime is doing, for readiness, metrics and lookups: one board that workers write and everybody reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::log::TopicPartition;
use crate::store::Store;

/// What a partition is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its state cannot be opened, or its outputs are refused, for now: tried again by itself.
    Waiting {
        reason: String,
    },
    /// Its state is brought back from a checkpoint.
    Restoring,
    /// Folding quietly up to what was committed before.
    Replaying {
        until: i64,
    },
    Live,
    /// Must not go on, and does not by itself: somebody has to look.
    Stopped {
        reason: String,
    },
}

impl Phase {
    pub const NAMES: [&'static str; 5] = ["waiting", "restoring", "replaying", "live", "stopped"];

    /// A label value.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Restoring => "restoring",
            Self::Replaying { .. } => "replaying",
            Self::Live => "live",
            Self::Stopped { .. } => "stopped",
        }
    }
}

/// A partition that a worker of this runtime owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionStatus {
    pub of: TopicPartition,
    pub slot: usize,
    pub phase: Phase,
    /// The offset after the last record whose outputs are committed and whose state is written.
    pub next_offset: i64,
    /// The end of the partition as last seen, if it was.
    pub end_offset: Option<i64>,
    /// Timestamp of the last record written.
    pub last_append_ms: Option<i64>,
    /// The worker's clock when it last stood at the partition's end.
    pub caught_up_at_ms: Option<i64>,
}

impl PartitionStatus {
    /// See [`crate::fold::current_as_of_ms`].
    pub fn current_as_of_ms(&self, now_ms: i64) -> Option<i64> {
        crate::fold::current_as_of_ms(self.caught_up_at_ms, self.last_append_ms, now_ms)
    }

    /// Offsets to go, transaction markers included; 0 when it stands at the end. Not known before the end was seen: a lag that
    /// nobody knows is not none.
    pub fn lag(&self) -> Option<i64> {
        self.end_offset.map(|end| (end - self.next_offset).max(0))
    }
}

/// What a worker is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerState {
    Starting,
    Running,
    /// Something failed; it goes on by itself.
    Recovering {
        reason: String,
    },
    /// Its thread is over.
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerStatus {
    pub slot: usize,
    pub state: WorkerState,
}

/// Everything at one moment, partitions in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub workers: Vec<WorkerStatus>,
    pub partitions: Vec<PartitionStatus>,
}

impl Status {
    /// Every worker runs and every partition assigned is live: what this instance owns can be relied on.
    pub fn is_ready(&self) -> bool {
        self.problems().is_empty()
    }

    /// What keeps it from being ready, for `/readyz` and the log.
    pub fn problems(&self) -> Vec<String> {
        let workers = self.workers.iter().filter_map(|worker| match &worker.state {
            WorkerState::Running => None,
            WorkerState::Starting => Some(format!("worker {} is starting", worker.slot)),
            WorkerState::Recovering { reason } => Some(format!("worker {} is recovering: {reason}", worker.slot)),
            WorkerState::Ended => Some(format!("worker {} has ended", worker.slot)),
        });
        let partitions = self.partitions.iter().filter_map(|partition| {
            let of = &partition.of;
            match &partition.phase {
                Phase::Live => None,
                Phase::Replaying { until } => {
                    Some(format!("{of} is replaying, at {} of {until}", partition.next_offset))
                }
                Phase::Restoring => Some(format!("{of} is restoring its state from a checkpoint")),
                Phase::Waiting { reason } => Some(format!("{of} is waiting: {reason}")),
                Phase::Stopped { reason } => Some(format!("{of} is stopped: {reason}")),
            }
        });
        workers.chain(partitions).collect()
    }

    pub fn partition(&self, of: &TopicPartition) -> Option<&PartitionStatus> {
        self.partitions.iter().find(|partition| partition.of == *of)
    }
}

struct Entry {
    status: PartitionStatus,
    store: Option<Arc<Store>>,
}

#[derive(Default)]
struct Posted {
    workers: BTreeMap<usize, WorkerState>,
    partitions: BTreeMap<TopicPartition, Entry>,
}

/// The board.
#[derive(Default)]
pub(crate) struct Board {
    posted: Mutex<Posted>,
    changed: Condvar,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Posted> {
        // Every change is a single assignment, so a panicking writer leaves nothing half-done.
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn worker(&self, slot: usize, state: WorkerState) {
        self.lock().workers.insert(slot, state);
        self.changed.notify_all();
    }

    pub(crate) fn partition(&self, status: PartitionStatus, store: Option<&Arc<Store>>) {
        let of = status.of.clone();
        self.lock().partitions.insert(of, Entry { status, store: store.cloned() });
        self.changed.notify_all();
    }

    /// Takes a partition off, unless another worker has put it up meanwhile.
    pub(crate) fn remove(&self, of: &TopicPartition, slot: usize) {
        let mut posted = self.lock();
        if posted.partitions.get(of).is_some_and(|entry| entry.status.slot == slot) {
            posted.partitions.remove(of);
        }
        drop(posted);
        self.changed.notify_all();
    }

    /// Takes off everything of a worker.
    pub(crate) fn clear(&self, slot: usize) {
        self.lock().partitions.retain(|_, entry| entry.status.slot != slot);
        self.changed.notify_all();
    }

    pub(crate) fn status(&self) -> Status {
        let posted = self.lock();
        Self::collect(&posted)
    }

    fn collect(posted: &Posted) -> Status {
        Status {
            workers: posted
                .workers
                .iter()
                .map(|(slot, state)| WorkerStatus { slot: *slot, state: state.clone() })
                .collect(),
            partitions: posted.partitions.values().map(|entry| entry.status.clone()).collect(),
        }
    }

    /// The store of a partition that may be read, or what it is doing instead (`None`: it is not here).
    pub(crate) fn store(&self, of: &TopicPartition) -> Result<Arc<Store>, Option<Phase>> {
        let posted = self.lock();
        let entry = posted.partitions.get(of).ok_or(None)?;
        match (&entry.status.phase, &entry.store) {
            (Phase::Live, Some(store)) => Ok(store.clone()),
            (phase, _) => Err(Some(phase.clone())),
        }
    }

    /// Waits until the status is as wished; `false` when the time is over first.
    pub(crate) fn wait(&self, most: Duration, mut wished: impl FnMut(&Status) -> bool) -> bool {
        let deadline = Instant::now() + most;
        let mut posted = self.lock();
        loop {
            if wished(&Self::collect(&posted)) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            posted = self.changed.wait_timeout(posted, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
