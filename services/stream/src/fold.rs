//! What the domain implements: a deterministic fold of one partition's records into its state.
//!
//! The runtime calls one [`Fold`] per partition, in offset order, and may call it again for the same records: after a
//! crash or an abort they are folded anew from the last state written. So the same state and the same record must
//! always give the same changes and the same outputs: no clock, no randomness, nothing from outside the [`View`].

use crate::log::{Record, Topic};
use crate::outbox::Outbox;
use crate::state::StateError;
use crate::view::View;

/// One partition's fold. It may cache decoded rows of the state, and forgets them on [`Fold::reset`].
pub trait Fold: Send {
    /// Applies one record of the log, in offset order. Deterministic; touches state only through `view`. After an
    /// error or a panic its changes and outputs are undone.
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError>;

    /// The record could not be applied: what to append to the dead-letter topic. Deterministic. Its record counts as
    /// folded. A panic here stops the partition.
    fn reject(&mut self, view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox);

    /// Says how far the partition is: called for every partition that a transaction contains, just before it commits,
    /// and every `mark_interval` when idle (empty partitions too). Replays nothing: its outputs are not part of the fold.
    fn mark(&mut self, view: &View<'_>, progress: &Progress, out: &mut Outbox);

    /// Called for a caught-up partition at most once per `tick_interval` with the worker's clock. May emit records to its own
    /// partition (the only way that a clock enters the log), and must not change state.
    fn tick(&mut self, view: &View<'_>, partition: i32, now_ms: i64, out: &mut Outbox);

    /// What the fold remembers of the state is no longer true (changes were undone): forget it.
    fn reset(&mut self) {}
}

/// Why a record was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The record is at fault: it is rejected and folding goes on with the next.
    #[error("{code}: {reason}")]
    Skip { code: &'static str, reason: String },
    /// Going on would be wrong (an unknown version of the fold): the partition stops with an alarm, the others go on.
    #[error("the partition must stop: {reason}")]
    Stop { reason: String },
    /// The state could not be read: the transaction is dropped and the state opened anew.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Why a record goes to the dead-letter topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub code: &'static str,
    pub reason: String,
}

/// The fold panicked on a record. The panic's text may quote the record, so the rejection does not carry it.
pub const CODE_PANICKED: &str = "fold.panicked";

/// One output of the record is larger than [`crate::outbox::OUTPUT_BYTES_MAX`].
pub const CODE_OUTPUT_TOO_LARGE: &str = "output.too-large";

/// How far a partition is, for [`Fold::mark`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub topic: Topic,
    pub partition: i32,
    /// The offset after the last record folded.
    pub next_offset: i64,
    /// Timestamp of the last record folded; `None` before the first.
    pub last_append_ms: Option<i64>,
    /// The worker's clock when it last stood at the partition's end: everything appended before is folded. `None` if it
    /// has not since it was assigned.
    pub caught_up_at_ms: Option<i64>,
    /// The worker's clock.
    pub now_ms: i64,
}

impl Progress {
    /// See [`current_as_of_ms`].
    pub fn current_as_of_ms(&self) -> Option<i64> {
        current_as_of_ms(self.caught_up_at_ms, self.last_append_ms, self.now_ms)
    }
}

/// So far the broker's clock and the worker's may be apart.
const APART_MS: i64 = 5_000;

/// The moment as of which a state is the fold of everything appended, by the worker's clock. Whoever has something to do all the
/// time never stands at the end of the partition, and is as current as the last record folded; but an append time from further
/// ahead is of a wrong clock and says nothing.
pub fn current_as_of_ms(caught_up_at_ms: Option<i64>, last_append_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    let folded = last_append_ms.filter(|at| at.saturating_sub(now_ms) <= APART_MS).map(|at| at.min(now_ms));
    caught_up_at_ms.max(folded)
}
