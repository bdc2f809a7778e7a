//! Test support: runs a [`Fold`] over records without a log.
//!
//! The same [`Task`] as in the worker, over a map in memory or a RocksDB in a directory of the caller's. Records in,
//! outputs out, and the state as rows, so that two runs can be compared byte by byte.

use std::ops::Bound;
use std::path::Path;

use crate::fold::{Fold, Progress};
use crate::log::{Outgoing, Record};
use crate::memory_state::MemoryState;
use crate::outbox::Outbox;
use crate::state::{Position, Row, StateError, StateRead};
use crate::store::{Identity, Memory, Store, StoreError};
use crate::task::{Applied, Task};

/// The driver failed, or the fold did what stops a partition.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the fold stopped the partition at offset {offset}: {reason}")]
    Stopped { offset: i64, reason: String },
}

enum Base {
    Memory(MemoryState),
    Disk(Box<Store>),
}

pub struct TestDriver {
    base: Base,
    task: Task,
    position: Position,
    rejected: u64,
}

impl TestDriver {
    pub fn in_memory(fold: Box<dyn Fold>) -> Self {
        Self {
            base: Base::Memory(MemoryState::default()),
            task: Task::new(fold),
            position: Position::default(),
            rejected: 0,
        }
    }

    /// Over a RocksDB in `dir`: opened where it stands if it exists, as after a restart.
    pub fn on_disk(dir: &Path, fold: Box<dyn Fold>) -> Result<Self, DriverError> {
        Self::on_disk_with(dir, fold, 16 << 20)
    }

    /// The same with so many bytes for memtables and block cache.
    pub fn on_disk_with(dir: &Path, fold: Box<dyn Fold>, memory_bytes: usize) -> Result<Self, DriverError> {
        let identity = Identity { topic_id: "test-driver".to_owned(), partition: 0, partitions: 1, rows: 0 };
        let store = Store::open(dir, &identity, &Memory::new(memory_bytes))?;
        let position = store.position()?;
        Ok(Self { base: Base::Disk(Box::new(store)), task: Task::new(fold), position, rejected: 0 })
    }

    /// Folds the records as one transaction and commits. Returns the outputs in order, marks not among them.
    pub fn apply(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Vec<Outgoing>, DriverError> {
        let mut out = Outbox::default();
        self.fold(records, &mut out)?;
        Ok(out.take())
    }

    fn fold(&mut self, records: impl IntoIterator<Item = Record>, out: &mut Outbox) -> Result<(), DriverError> {
        for record in records {
            match self.task.apply(self.base.read(), &record, out)? {
                Applied::Done => {}
                Applied::Rejected(_) => self.rejected += 1,
                Applied::Stopped { reason } => {
                    return Err(DriverError::Stopped { offset: record.offset, reason });
                }
            }
            self.position = Position { next_offset: record.offset + 1, last_append_ms: Some(record.timestamp_ms) };
        }
        match &mut self.base {
            Base::Memory(state) => state.commit(self.task.overlay()),
            Base::Disk(store) => store.commit(self.task.overlay(), self.position)?,
        }
        self.task.written();
        Ok(())
    }

    /// What the fold sends when it is told the time.
    pub fn tick(&mut self, partition: i32, now_ms: i64) -> Result<Vec<Outgoing>, DriverError> {
        let mut out = Outbox::default();
        let ticked = self.task.tick(self.base.read(), partition, now_ms, &mut out)?;
        ticked.map_err(|stop| self.stopped(stop.reason))?;
        Ok(out.take())
    }

    /// What the fold sends as its progress mark.
    pub fn mark(&mut self, progress: &Progress) -> Result<Vec<Outgoing>, DriverError> {
        let mut out = Outbox::default();
        let marked = self.task.mark(self.base.read(), progress, &mut out)?;
        marked.map_err(|stop| self.stopped(stop.reason))?;
        Ok(out.take())
    }

    /// Every row of the committed state, in key order.
    pub fn state(&self) -> Result<Vec<Row>, DriverError> {
        Ok(self.base.read().scan((Bound::Unbounded, Bound::Unbounded), usize::MAX)?)
    }

    pub fn read(&self) -> &dyn StateRead {
        self.base.read()
    }

    pub fn position(&self) -> Position {
        self.position
    }

    /// How many records the fold refused.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    fn stopped(&self, reason: String) -> DriverError {
        DriverError::Stopped { offset: self.position.next_offset, reason }
    }
}

impl Base {
    fn read(&self) -> &dyn StateRead {
        match self {
            Self::Memory(state) => state,
            Self::Disk(store) => store.as_ref(),
        }
    }
}
