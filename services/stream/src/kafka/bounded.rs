//! A call of the client that may never return, and what waits for it no longer than it says.
//!
//! librdkafka 2.12.1 gives a request to a group's coordinator a time to be over by (`creq_ts_timeout`) and never looks at it: when the
//! connection to the coordinator goes at the wrong moment, `rd_kafka_send_offsets_to_transaction` waits for ever, and
//! `rd_kafka_abort_transaction` was seen to as well. A worker that stood in one of them held its partitions' states until the process
//! was ended, and the worker that the group had given them to, after `max.poll.interval.ms`, waited for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Calls of this process that were left behind and have not returned since.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Whether it may be that the call still goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// After the time it was given, it may return later, or never.
    StillGoesOn,
    /// It could not be begun: there was no thread for it. Or it panicked.
    Ended,
}

/// Calls on a thread of its own, and waits for it at most so long. What never returns keeps its thread, and what it holds, until the
/// process ends; a warning says how many do.
pub(super) fn within<R: Send + 'static>(
    most: Duration,
    call: impl FnOnce() -> R + Send + 'static,
) -> Result<R, Unfinished> {
    // Handed over from hand to hand: what was sent has been received, and nobody is gone before the count below has gone up.
    let (done, outcome) = mpsc::sync_channel(0);
    let call = move || {
        if done.send(call()).is_err() {
            let left = LEFT.fetch_sub(1, Ordering::Relaxed) - 1;
            tracing::info!(left, "a call of the client that was left behind has returned");
        }
    };
    std::thread::Builder::new().name("kafka-call".to_owned()).spawn(call).map_err(|_| Unfinished::Ended)?;
    match outcome.recv_timeout(most) {
        Ok(returned) => Ok(returned),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Unfinished::Ended),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            let left = LEFT.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(
                left,
                "a call of the client does not return and is left behind; its memory is kept until it does"
            );
            Err(Unfinished::StillGoesOn)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_returns_is_handed_on_and_one_that_does_not_is_left_behind() {
        let long = Duration::from_secs(60);
        assert_eq!(within(long, || 7), Ok(7));
        let (never, blocked) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(20), move || blocked.recv().is_ok()), Err(Unfinished::StillGoesOn));
        drop(never);
        assert_eq!(within(long, || -> u8 { std::panic::panic_any("as a test") }), Err(Unfinished::Ended));
    }
}
