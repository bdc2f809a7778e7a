//! Folding without a group and without outputs: into a state of the caller's own, for whoever wants to know what a log comes to
//! without taking part in it.
//!
//! The same [`Task`] and store as a worker's, so that a record is applied, refused or undone in the same way. Nothing is sent: what
//! the fold puts out is handed to the caller.

use std::path::Path;

use crate::fold::Fold;
use crate::log::{Outgoing, Record};
use crate::outbox::Outbox;
use crate::state::{Position, StateError, StateRead};
use crate::store::{Identity, InOrder, Memory, Store, StoreError};
use crate::task::{Applied, Task};

/// Bytes of changes that are held before they are written.
const COMMIT_BYTES: usize = 32 << 20;

#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The fold does what stops a partition: every worker stops here too.
    #[error("the log cannot be folded past offset {offset}: {reason}")]
    Stopped { offset: i64, reason: String },
}

/// A state that records are folded into.
pub struct Offline {
    store: Store,
    task: Task,
    position: Position,
}

impl Offline {
    /// Opens the state in `dir` where it stands, a checkpoint that was brought there; an empty one where there is none. The
    /// folder belongs to the caller alone.
    pub fn open(dir: &Path, identity: &Identity, memory: &Memory, fold: Box<dyn Fold>) -> Result<Self, OfflineError> {
        let store = Store::open(dir, identity, memory)?;
        let position = store.position()?;
        Ok(Self { store, task: Task::new(fold), position })
    }

    /// How far the log was folded.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Folds one record; gives what the fold puts out.
    pub fn fold(&mut self, record: &Record) -> Result<Vec<Outgoing>, OfflineError> {
        let mut out = Outbox::default();
        match self.task.apply(&self.store, record, &mut out)? {
            Applied::Done | Applied::Rejected(_) => {}
            Applied::Stopped { reason } => return Err(OfflineError::Stopped { offset: record.offset, reason }),
        }
        self.position = Position { next_offset: record.offset + 1, last_append_ms: Some(record.timestamp_ms) };
        if self.task.overlay().bytes() >= COMMIT_BYTES {
            self.commit()?;
        }
        Ok(out.take())
    }

    /// Passes over offsets that hold no record: markers, and what was aborted.
    pub fn skip_to(&mut self, next_offset: i64) {
        self.position.next_offset = self.position.next_offset.max(next_offset);
    }

    /// Writes what was folded.
    pub fn commit(&mut self) -> Result<(), OfflineError> {
        self.store.commit(self.task.overlay(), self.position)?;
        self.task.written();
        Ok(())
    }

    /// The state as it was written last.
    pub fn state(&self) -> &dyn StateRead {
        &self.store
    }

    /// The same for whoever goes through it in the order of its keys.
    pub fn in_order(&self) -> InOrder<'_> {
        self.store.in_order()
    }
}
