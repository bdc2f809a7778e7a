//! The clock: milliseconds since the epoch, from the system or from an instant that somebody set.
//!
//! Whatever needs the present takes a [`Clock`], so that the playground can begin on any day and be moved forward.
//! A settable clock runs on by itself, in step with the machine's monotonic clock, and never goes backward.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A cheap handle; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Settable(Arc<Mutex<Anchor>>),
}

/// The settable clock showed `at_ms` at the instant `since`, and has run on from there.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    at_ms: i64,
    since: Instant,
}

impl Anchor {
    fn now_ms(&self) -> i64 {
        self.at_ms.saturating_add(millis(self.since.elapsed().as_millis()))
    }
}

/// Why a clock was not moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("this clock is the system's and cannot be set")]
    NotSettable,
    #[error("the clock only moves forward: it shows {now_ms} ms, not before {to_ms} ms")]
    Backward { now_ms: i64, to_ms: i64 },
}

impl Error {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSettable => "clock.not-settable",
            Self::Backward { .. } => "clock.backward",
        }
    }
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `at_ms` and runs on from there.
    pub fn settable(at_ms: i64) -> Self {
        Self(Source::Settable(Arc::new(Mutex::new(Anchor { at_ms, since: Instant::now() }))))
    }

    /// Milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => system_ms(),
            Source::Settable(anchor) => anchor.lock().unwrap_or_else(PoisonError::into_inner).now_ms(),
        }
    }

    /// Moves a settable clock, and every clone of it, forward to `to_ms`; gives the time it shows afterwards.
    pub fn advance_to(&self, to_ms: i64) -> Result<i64, Error> {
        match &self.0 {
            Source::System => Err(Error::NotSettable),
            Source::Settable(anchor) => {
                let mut anchor = anchor.lock().unwrap_or_else(PoisonError::into_inner);
                let now_ms = anchor.now_ms();
                if to_ms < now_ms {
                    return Err(Error::Backward { now_ms, to_ms });
                }
                *anchor = Anchor { at_ms: to_ms, since: Instant::now() };
                Ok(to_ms)
            }
        }
    }

    pub fn is_settable(&self) -> bool {
        match &self.0 {
            Source::System => false,
            Source::Settable(_) => true,
        }
    }
}

fn system_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after.as_millis()),
        Err(before) => -millis(before.duration().as_millis()),
    }
}

fn millis(value: u128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
