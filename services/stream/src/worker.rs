//! A worker: one thread, one group consumer, one transactional producer, and the partitions the group gave it.
//!
//! The loop: poll; fold into overlays; hand outputs to one transaction, with the offset of every partition whose
//! outputs or mark it contains; commit; write one batch per partition. Outputs are visible exactly when the state that
//! follows from them will be: the state is written after the commit, and what a crash leaves unwritten is folded again
//! quietly, up to the committed offset, before anything new is sent.
//!
//! Every failure takes the same way out, whatever went wrong: drop the overlays, take a new producer (which aborts or
//! completes what the old one left), open the state at its own position, fold quietly up to the committed offset, go
//! on. If the client itself is in doubt, the consumer is replaced too ([`Way::Rejoin`]).
//!
//! A worker never polls from a callback, never holds more than its settings allow, never ends by itself, and never
//! serves state it did not fold.

mod commit;
mod failure;
mod open;
mod partition;
mod rebalance;
mod restore;
mod session;
mod start;
mod transaction;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::observer::Cause;
use crate::probe::Protection;
use crate::runtime::Context;
use crate::status::WorkerState;
use failure::{Backoff, Failure, Rivalry, Way};
use session::Session;

/// Why a session is over.
enum End {
    Stopped,
    Failed(Failure),
}

/// The worker's thread: sessions, one after the other, until it is told to stop.
pub(crate) fn run(context: &Context, slot: usize) {
    let (mut backoff, mut rivalry) = (Backoff::default(), Rivalry::default());
    let mut left = false;
    while !context.stop.is_raised() {
        // Unwind safety: the session is dropped; the next one starts from what is committed.
        let end = catch_unwind(AssertUnwindSafe(|| Session::open(context, slot, &mut backoff)?.run()));
        // Whatever the session left on the board is no longer folded by anybody here.
        context.board.clear(slot);
        let failure = match end {
            Ok(Ok(())) => {
                left = true;
                break;
            }
            Ok(Err(End::Stopped)) => break,
            Ok(Err(End::Failed(failure))) => failure,
            Err(_) => Failure::new(Way::Rejoin, Cause::Panicked, "the worker panicked"),
        };
        if failure.way == Way::Die {
            break;
        }
        left = failure.cause == Cause::Unowned;
        let (failure, delay) = stay_away(context, slot, failure, &mut rivalry, &mut backoff);
        context.parts.observer.gave_up(failure.cause);
        context.board.worker(slot, WorkerState::Recovering { reason: failure.reason });
        if context.wait_for_stop(delay) {
            break;
        }
    }
    if context.stop.is_for_good() && !left {
        tracing::warn!(slot, "ended without leaving the group: its partitions go to others when its session is over");
    }
    context.board.worker(slot, WorkerState::Ended);
}

/// How long the worker waits before it starts anew, and why.
fn stay_away(
    context: &Context,
    slot: usize,
    failure: Failure,
    rivalry: &mut Rivalry,
    backoff: &mut Backoff,
) -> (Failure, Duration) {
    if failure.cause == Cause::Fenced && context.keeps(Protection::RivalsYield) {
        let (times, delay) = rivalry.fenced(context.time().now(), context.time().chance());
        if let Some(delay) = delay {
            let app = &context.settings.app;
            let reason = format!(
                "fenced {times} times in a minute: another instance named {app} is alive, or this one stands still for \
                 longer than a transaction may last; give every instance a name of its own ({})",
                failure.reason
            );
            tracing::error!(slot, app, times, ?delay, %reason, "worker makes way");
            return (Failure::new(failure.way, Cause::Rival, reason), delay);
        }
    }
    if failure.cause == Cause::Unowned {
        tracing::warn!(slot, reason = %failure.reason, "worker joins anew");
        return (failure, Duration::ZERO);
    }
    let delay = backoff.next();
    tracing::error!(slot, cause = failure.cause.name(), reason = %failure.reason, ?delay, "worker starts anew");
    (failure, delay)
}
