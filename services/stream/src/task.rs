//! One partition's fold with its overlay: applies a record under a savepoint, so that a record that fails (an error,
//! a panic, an output too large) is undone alone and rejected, by a rule that gives the same answer at every replay.
//!
//! Knows no log and no disk: the worker and the test driver run the same code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::fold::{CODE_OUTPUT_TOO_LARGE, CODE_PANICKED, Fold, FoldError, Progress, Rejection};
use crate::log::Record;
use crate::outbox::{OUTPUT_BYTES_MAX, Outbox};
use crate::overlay::Overlay;
use crate::state::{StateError, StateRead};
use crate::view::View;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Done,
    Rejected(Rejection),
    /// The partition must not go on; nothing of the record was kept.
    Stopped {
        reason: String,
    },
}

pub(crate) struct Task {
    fold: Box<dyn Fold>,
    overlay: Overlay,
}

/// The fold must not be called again for this partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) reason: String,
}

enum Failure {
    Reject(Rejection),
    Stop(Stop),
}

impl Task {
    pub(crate) fn new(fold: Box<dyn Fold>) -> Self {
        Self { fold, overlay: Overlay::default() }
    }

    pub(crate) fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// The overlay is written: what it held is in the base state.
    pub(crate) fn written(&mut self) {
        self.overlay.clear();
    }

    /// The overlay is given up: state is what was last written.
    pub(crate) fn drop_changes(&mut self) {
        self.overlay.clear();
        self.fold.reset();
    }

    /// Applies one record. An error means that the state could not be read: everything since the last commit must be dropped.
    pub(crate) fn apply(
        &mut self,
        base: &dyn StateRead,
        record: &Record,
        out: &mut Outbox,
    ) -> Result<Applied, StateError> {
        let rejection = match self.attempt(base, out, |fold, view, out| fold.apply(view, record, out))? {
            Ok(()) => return Ok(Applied::Done),
            Err(Failure::Reject(rejection)) => rejection,
            Err(Failure::Stop(stop)) => {
                return Ok(Applied::Stopped { reason: stop.reason });
            }
        };
        let rejected = self.attempt(base, out, |fold, view, out| {
            fold.reject(view, record, &rejection, out);
            Ok(())
        })?;
        Ok(match rejected {
            Ok(()) => Applied::Rejected(rejection),
            Err(Failure::Reject(again)) => Applied::Stopped {
                reason: format!(
                    "the record was refused ({}) and so was its rejection: {}",
                    rejection.code, again.reason
                ),
            },
            Err(Failure::Stop(stop)) => Applied::Stopped { reason: stop.reason },
        })
    }

    pub(crate) fn mark(
        &mut self,
        base: &dyn StateRead,
        progress: &Progress,
        out: &mut Outbox,
    ) -> Result<Result<(), Stop>, StateError> {
        self.observe(base, out, "mark", |fold, view, out| fold.mark(view, progress, out))
    }

    pub(crate) fn tick(
        &mut self,
        base: &dyn StateRead,
        partition: i32,
        now_ms: i64,
        out: &mut Outbox,
    ) -> Result<Result<(), Stop>, StateError> {
        self.observe(base, out, "tick", |fold, view, out| fold.tick(view, partition, now_ms, out))
    }

    fn observe(
        &mut self,
        base: &dyn StateRead,
        out: &mut Outbox,
        what: &str,
        call: impl FnOnce(&mut dyn Fold, &View<'_>, &mut Outbox),
    ) -> Result<Result<(), Stop>, StateError> {
        Ok(
            match self.attempt(base, out, |fold, view, out| {
                call(fold, view, out);
                Ok(())
            })? {
                Ok(()) => Ok(()),
                Err(Failure::Reject(rejection)) => {
                    Err(Stop { reason: format!("the fold's {what} failed: {}", rejection.reason) })
                }
                Err(Failure::Stop(stop)) => Err(stop),
            },
        )
    }

    fn attempt(
        &mut self,
        base: &dyn StateRead,
        out: &mut Outbox,
        call: impl FnOnce(&mut dyn Fold, &mut View<'_>, &mut Outbox) -> Result<(), FoldError>,
    ) -> Result<Result<(), Failure>, StateError> {
        let savepoint = self.overlay.savepoint();
        let sent = out.mark();
        let mut view = View::new(base, &mut self.overlay);
        let fold = self.fold.as_mut();
        // Unwind safety: what the call leaves half-done (overlay, outbox, the fold's memory) is undone below.
        let result = catch_unwind(AssertUnwindSafe(|| call(fold, &mut view, out)));
        if let Some(fault) = view.take_fault() {
            return Err(fault);
        }
        let failure = match result {
            Ok(Ok(())) => match out.too_large() {
                None => {
                    view.overlay().settle();
                    return Ok(Ok(()));
                }
                Some(size) => Failure::Reject(Rejection {
                    code: CODE_OUTPUT_TOO_LARGE,
                    reason: format!("an output has {size} bytes; at most {OUTPUT_BYTES_MAX} are sent"),
                }),
            },
            Ok(Err(FoldError::Skip { code, reason })) => Failure::Reject(Rejection { code, reason }),
            Ok(Err(FoldError::Stop { reason })) => Failure::Stop(Stop { reason }),
            Ok(Err(FoldError::State(error))) => return Err(error),
            Err(_) => Failure::Reject(Rejection { code: CODE_PANICKED, reason: "the fold panicked".to_owned() }),
        };
        view.overlay().roll_back(savepoint);
        out.roll_back(sent);
        self.fold.reset();
        Ok(Err(failure))
    }
}
