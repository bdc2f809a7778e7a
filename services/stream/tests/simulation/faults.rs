//! Which troubles a run has and how often: each seed has some of them, so that every combination comes up.

use stream::log::LogError;

use crate::dice::Dice;

/// One in so many; 0 is never.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Calls and probes at which the process is killed.
    pub(crate) kill: u64,
    /// Calls that are answered with an error, before or after they took place.
    pub(crate) error: u64,
    /// Commits whose request arrives later, beside the repeated one.
    pub(crate) late_commit: u64,
    /// Commits that take seconds, for which the client sends a second request that arrives later still.
    pub(crate) slow_commit: u64,
    /// Commits that the client sends again at once, on another connection; what it sent first arrives later.
    pub(crate) repeated_commit: u64,
    /// Calls at which a worker stands still, up to much longer than its session lasts.
    pub(crate) stall: u64,
    /// Writes of the state that a full disk refuses, while it is full.
    pub(crate) disk_full: u64,
    /// Rests during which the log answers nobody, while it is out of reach.
    pub(crate) outage: u64,
    /// Stops of a process that is not to come back.
    pub(crate) leave: u64,
    /// Seeks after which a client hands out records again that it had handed out before.
    pub(crate) handed_out_again: u64,

    /// Milliseconds between two checkpoints; 0 is a runtime without them.
    pub(crate) checkpoints: u64,
    /// Requests to the object store that are answered with an error: before or after they took place, or they do so later.
    pub(crate) store_error: u64,
    pub(crate) store_slow: u64,
    /// Rests during which the object store refuses everybody, or says nothing.
    pub(crate) store_outage: u64,
    pub(crate) store_dead: u64,

    // Of what happens between the workers, so many parts of a hundred.
    pub(crate) expire: u64,
    pub(crate) start: u64,
    pub(crate) stop: u64,
    pub(crate) crash: u64,
    pub(crate) disk: u64,
    pub(crate) clock: u64,
    pub(crate) forget_offsets: u64,
    pub(crate) reset_offsets: u64,
    /// What lies in the object store is damaged, lost or put elsewhere.
    pub(crate) depot: u64,
    /// A process loses its state.
    pub(crate) disk_lost: u64,

    // Of a hundred records, so many.
    pub(crate) failing: u64,
    pub(crate) silent: u64,
    pub(crate) timers: u64,
}

impl Faults {
    /// Some of everything.
    pub(crate) fn of(seed: u64) -> Self {
        let dice = Dice::new(seed, 2);
        let sometimes = |often: &[u64]| if dice.roll(2) == 0 { 0 } else { *dice.choose(often) };
        Self {
            kill: sometimes(&[100, 300, 1_000]),
            error: sometimes(&[20, 60, 200]),
            late_commit: sometimes(&[3, 10, 30]),
            stall: sometimes(&[100, 300, 1_000]),
            disk_full: sometimes(&[2, 5, 20]),
            outage: sometimes(&[5, 20]),
            handed_out_again: sometimes(&[1, 3]),
            expire: sometimes(&[3, 10, 30]),
            start: *dice.choose(&[10, 20, 40]),
            stop: sometimes(&[3, 10, 20]),
            crash: sometimes(&[3, 10, 20]),
            disk: sometimes(&[5, 15]),
            clock: sometimes(&[5, 15]),
            forget_offsets: sometimes(&[2, 8]),
            reset_offsets: sometimes(&[1, 4]),
            failing: sometimes(&[3, 10]),
            silent: sometimes(&[10, 40]),
            timers: sometimes(&[5, 15]),
            checkpoints: sometimes(&[50, 150, 400]),
            store_error: sometimes(&[5, 20, 60]),
            store_slow: sometimes(&[5, 20]),
            store_outage: sometimes(&[5, 20]),
            store_dead: sometimes(&[10, 30]),
            depot: sometimes(&[5, 15]),
            disk_lost: sometimes(&[5, 15]),
            leave: sometimes(&[1, 2]),
            slow_commit: sometimes(&[5, 20]),
            repeated_commit: sometimes(&[5, 20]),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Retry,
    Abort,
    Refused,
    Fenced,
    Fatal,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Retry, Self::Abort, Self::Refused, Self::Fenced, Self::Fatal];

    pub(crate) fn error(self, what: &'static str) -> LogError {
        let reason = "the simulation says so".to_owned();
        match self {
            Self::Retry => LogError::Retry { what, reason },
            Self::Abort => LogError::Abort { what, reason },
            Self::Refused => LogError::Refused { what, reason },
            Self::Fenced => LogError::Fenced { what, reason },
            Self::Fatal => LogError::Fatal { what, reason },
        }
    }
}

/// Whether the call takes place although it is answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}
