//! Where partitions end, asked for beside the workers: one thread of the runtime asks the log in turn, so that no worker
//! waits for an answer, and none takes an old fetch for the present end.
//!
//! An answer says: at this moment of the clock the partition ended there. A worker that has read so far has folded everything
//! that was appended before that moment, and may say so. If the log does not answer, nobody is told anything new, and what was
//! said grows old: that is how readers learn of it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::log::TopicPartition;
use crate::runtime::Context;
use crate::time::{Time, Waited};

/// How long one answer is waited for: the others wait as long.
const ANSWER: Duration = Duration::from_secs(1);
/// Longest time until a partition whose end could not be learned is asked for again.
const AGAIN_MAX: Duration = Duration::from_secs(5);

/// Where a partition ended, records of open transactions included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) offset: i64,
    /// Just before the question was sent.
    pub(crate) asked: Instant,
    /// The worker's clock at the same moment.
    pub(crate) asked_at_ms: i64,
}

struct Watched {
    due: Instant,
    last: Option<End>,
    /// Questions in a row without an answer.
    unanswered: u32,
}

#[derive(Default)]
struct Watching {
    partitions: BTreeMap<TopicPartition, Watched>,
    closed: bool,
    /// Counts what the asking thread must not sleep through.
    changes: u64,
}

#[derive(Default)]
pub(crate) struct Ends {
    watching: Mutex<Watching>,
    changed: Condvar,
}

impl Ends {
    fn lock(&self) -> MutexGuard<'_, Watching> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for this partition from here on, at once to begin with. What was known of it is forgotten.
    pub(crate) fn watch(&self, of: &TopicPartition, now: Instant) {
        let watched = Watched { due: now, last: None, unanswered: 0 };
        let mut watching = self.lock();
        watching.partitions.insert(of.clone(), watched);
        watching.changes += 1;
        self.changed.notify_all();
    }

    pub(crate) fn unwatch(&self, of: &TopicPartition) {
        self.lock().partitions.remove(of);
    }

    pub(crate) fn last(&self, of: &TopicPartition) -> Option<End> {
        self.lock().partitions.get(of)?.last
    }

    pub(crate) fn close(&self) {
        let mut watching = self.lock();
        watching.closed = true;
        watching.changes += 1;
        self.changed.notify_all();
    }

    /// Waits for the next partition to ask for; `None` when closed.
    fn next(&self, time: &dyn Time, interval: Duration) -> Option<TopicPartition> {
        let mut watching = self.lock();
        loop {
            if watching.closed {
                return None;
            }
            let now = time.now();
            let first = watching.partitions.iter_mut().min_by_key(|(_, watched)| watched.due);
            let wait = match first {
                Some((of, watched)) if watched.due <= now => {
                    watched.due = now + interval;
                    return Some(of.clone());
                }
                Some((_, watched)) => watched.due - now,
                None => interval,
            };
            let seen = watching.changes;
            drop(watching);
            let waited = time.waited(wait);
            watching = self.lock();
            if waited == Waited::No {
                let asleep = self.changed.wait_timeout_while(watching, wait, |watching| watching.changes == seen);
                watching = asleep.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// The thread: asks until closed.
    pub(crate) fn run(&self, context: &Context) {
        let settings = &context.settings;
        let interval = settings.mark_interval.min(settings.tick_interval) / 2;
        while let Some(of) = self.next(context.time(), interval) {
            let (asked, asked_at_ms) = (context.time().now(), context.now_ms());
            let answer = context.parts.log.end(&of, ANSWER);
            let now = context.time().now();
            if let Some(watched) = self.lock().partitions.get_mut(&of) {
                match &answer {
                    Ok(offset) => {
                        watched.last = Some(End { offset: *offset, asked, asked_at_ms });
                        watched.unanswered = 0;
                    }
                    // One whose broker is away must not keep the others waiting time and again.
                    Err(_) => {
                        watched.due = now + interval.saturating_mul(1 << watched.unanswered.min(8)).min(AGAIN_MAX);
                        watched.unanswered += 1;
                    }
                }
            }
            if let Err(error) = answer {
                tracing::debug!(partition = %of, %error, "the partition's end is not known");
            }
        }
    }
}
