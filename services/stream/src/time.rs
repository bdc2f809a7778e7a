//! The time that workers wait and measure by, injected so that a simulation can run it.
//!
//! Not the clock of marks and ticks ([`crate::settings::Clock`], milliseconds of the calendar, which may jump): this one
//! never goes back. Production uses [`RealTime`] and nothing else.

use std::time::{Duration, Instant};

/// Every method is that of the real time unless implemented.
pub trait Time: Send + Sync {
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Asked before a thread of the runtime waits for at most so long: a simulation waits in its place, and says so.
    /// What would have ended the wait early is looked at afterwards all the same.
    fn waited(&self, _most: Duration) -> Waited {
        Waited::No
    }

    /// A thread of the runtime begins, and has done nothing yet: a simulation has it wait for its turn.
    fn begins(&self) {}

    /// The calling thread has started the thread of this name: a simulation waits until that one waits.
    fn started(&self, _thread: &str) {}

    fn since(&self, then: Instant) -> Duration {
        self.now().saturating_duration_since(then)
    }
}

/// Whether the wait is over already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Nothing was done: the thread waits as it is used to.
    No,
    Already,
}

/// The machine's own monotonic time.
pub struct RealTime;

impl Time for RealTime {}
