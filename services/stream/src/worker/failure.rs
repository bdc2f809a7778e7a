//! Failures sorted by what must be done about them, and how long to wait before.

use std::time::{Duration, Instant};

use crate::log::{LogError, TopicPartition};
use crate::observer::Cause;
use crate::probe::{Step, Verdict};
use crate::runtime::Context;
use crate::state::StateError;

/// How far back a worker goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// New producer; every partition is opened and folded again from its state.
    Refold,
    /// New consumer too.
    Rejoin,
    /// A test ended the worker.
    Die,
}

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) way: Way,
    pub(super) cause: Cause,
    pub(super) reason: String,
    /// The partition at fault, if one is: it waits longer than the others.
    pub(super) blame: Option<TopicPartition>,
    /// Its state is damaged: it is set aside before it is opened again.
    pub(super) damaged: bool,
}

impl Failure {
    pub(super) fn new(way: Way, cause: Cause, reason: impl Into<String>) -> Self {
        Self { way, cause, reason: reason.into(), blame: None, damaged: false }
    }

    pub(super) fn state(of: &TopicPartition, error: &StateError) -> Self {
        let damaged = matches!(error, StateError::Damaged { .. });
        let blame = Some(of.clone());
        Self { way: Way::Refold, cause: Cause::State, reason: error.to_string(), blame, damaged }
    }

    pub(super) fn blaming(mut self, of: &TopicPartition) -> Self {
        if self.cause == Cause::Refused {
            self.blame = Some(of.clone());
        }
        self
    }

    /// Ends the worker if a test wants it to.
    pub(super) fn probe(context: &Context, slot: usize, step: Step) -> Result<(), Self> {
        match context.probe(slot, step) {
            Verdict::GoOn | Verdict::DiskFull => Ok(()),
            Verdict::Kill => Err(Self::new(Way::Die, Cause::Client, "a probe ended the worker")),
        }
    }

    /// The same before a partition's state is written.
    pub(super) fn probe_write(context: &Context, slot: usize, step: Step, of: &TopicPartition) -> Result<(), Self> {
        match context.probe(slot, step) {
            Verdict::GoOn => Ok(()),
            Verdict::Kill => Err(Self::new(Way::Die, Cause::Client, "a probe ended the worker")),
            Verdict::DiskFull => Err(Self::state(of, &StateError::Io { reason: "a probe filled the disk".to_owned() })),
        }
    }

    /// A failure of a producer's call.
    pub(super) fn producer(error: &LogError) -> Self {
        let reason = error.to_string();
        match error {
            LogError::Retry { .. } | LogError::QueueFull { .. } => Self::new(Way::Refold, Cause::TimedOut, reason),
            LogError::Abort { .. } => Self::new(Way::Refold, Cause::Aborted, reason),
            LogError::Refused { .. } => Self::new(Way::Refold, Cause::Refused, reason),
            LogError::Fenced { .. } => Self::new(Way::Rejoin, Cause::Fenced, reason),
            LogError::Fatal { .. } => Self::new(Way::Rejoin, Cause::Client, reason),
        }
    }

    /// A failure of a consumer's call, or of the log itself: nothing the consumer says is relied on any more.
    pub(super) fn consumer(error: &LogError) -> Self {
        let fenced = matches!(error, LogError::Fenced { .. });
        let cause = if fenced { Cause::Fenced } else { Cause::Client };
        Self::new(Way::Rejoin, cause, error.to_string())
    }
}

/// Delays that double from 10 ms to 5 s, without jitter: a run repeats exactly, and slots differ anyway.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) const FIRST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_secs(5);

    pub(super) fn next(&mut self) -> Duration {
        let delay = Self::FIRST.saturating_mul(1 << self.failures.min(12)).min(Self::LONGEST);
        self.failures += 1;
        delay
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Two live instances of one name fence each other. Each that is fenced time and again stays away longer before it takes
/// over, so that the other gets something done meanwhile; chance keeps them from coming back in step.
#[derive(Debug, Default)]
pub(super) struct Rivalry {
    times: u32,
    last: Option<Instant>,
}

impl Rivalry {
    /// One takeover is a restart, or a worker that stood still.
    const TAKEOVERS: u32 = 1;
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(10);
    /// Longer than two that stay away as long as they can take to meet again.
    const MEMORY: Duration = Duration::from_secs(60);

    /// Fenced. Returns how often within the memory, and how long to stay away if that is too often; `chance` is of 1,000.
    pub(super) fn fenced(&mut self, now: Instant, chance: u32) -> (u32, Option<Duration>) {
        let again = self.last.is_some_and(|last| now.saturating_duration_since(last) <= Self::MEMORY);
        self.times = if again { self.times + 1 } else { 1 };
        self.last = Some(now);
        let delay = self.times.checked_sub(Self::TAKEOVERS + 1).map(|doublings| {
            let delay = Self::FIRST.saturating_mul(1 << doublings.min(12)).min(Self::LONGEST);
            delay / 2 + delay * chance.min(1_000) / 1_000
        });
        (self.times, delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_fenced_again_and_again_stays_away_longer_and_longer() {
        let mut rivalry = Rivalry::default();
        let mut now = Instant::now();
        let mut fenced = |after: u64, chance| {
            now += Duration::from_secs(after);
            rivalry.fenced(now, chance).1.map(|delay| delay.as_millis())
        };
        assert_eq!(fenced(0, 500), None, "somebody took over once");
        assert_eq!([fenced(1, 500), fenced(1, 500), fenced(1, 500)], [Some(500), Some(1_000), Some(2_000)]);
        assert_eq!(
            [fenced(1, 0), fenced(1, 1_000)],
            [Some(2_000), Some(12_000)],
            "half as long, or half as long again"
        );
        assert_eq!(fenced(59, 500), Some(10_000));
        assert_eq!(fenced(61, 500), None, "that was long ago");
    }

    #[test]
    fn delays_double_up_to_a_bound_and_start_over_after_success() {
        let mut backoff = Backoff::default();
        let delays: Vec<_> = (0..12).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(delays[..4], [10, 20, 40, 80]);
        assert_eq!(delays[9..], [5_000, 5_000, 5_000]);
        backoff.reset();
        assert_eq!(backoff.next(), Duration::from_millis(10));
    }
}
