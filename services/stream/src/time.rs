//! The time that workers wait and measure by, injected so that a simulation can run it.
//!
//! Not the clock of marks and ticks ([`crate::settings::Clock`], milliseconds of the calendar, which may jump): this one
//! never goes back. Production uses [`RealTime`] and nothing else.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
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

    /// A number below 1,000 that no other process has: it spreads what several do at the same time.
    fn chance(&self) -> u32 {
        let random = RandomState::new().hash_one(0);
        u32::try_from(random % 1_000).unwrap_or_default()
    }

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

/// Starts a thread of a runtime. Every one is started so: a simulation must know of it.
pub(crate) fn spawn(
    time: &Arc<dyn Time>,
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let its = Arc::clone(time);
    let thread = std::thread::Builder::new().name(name.clone()).spawn(move || {
        its.begins();
        work();
    })?;
    time.started(&name);
    Ok(thread)
}
