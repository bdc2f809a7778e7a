//! Follows partitions from their beginning, outside any group, and hands each record to one callback on one thread: what keeps
//! an in-memory view of a compacted topic.
//!
//! A failure drops the reader and goes on from the positions reached. Nothing is buffered between the log and the callback,
//! so a slow callback slows the reading and memory stays bounded.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::log::{Isolation, Log, LogError, Reader, Record, Start, TopicPartition};

/// Records handed over between two looks at the stop flag.
const BATCH: usize = 1_000;
const POLL: Duration = Duration::from_millis(50);
const BACK_OFF: Duration = Duration::from_millis(200);

/// A running follower; stops when dropped.
pub struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    failures: AtomicU64,
    caught_up: Mutex<bool>,
    changed: Condvar,
}

impl Follower {
    /// Starts a thread of this name. It is caught up once it has handed over everything that stood in the partitions when it
    /// started, as far as the isolation lets a reader see.
    pub fn start(
        name: &str,
        log: Arc<dyn Log>,
        partitions: Vec<TopicPartition>,
        isolation: Isolation,
        on_record: impl FnMut(Record) + Send + 'static,
    ) -> Result<Self, LogError> {
        let shared = Arc::new(Shared::default());
        let mut task = Task {
            log,
            isolation,
            positions: partitions.into_iter().map(|of| (of, Start::Earliest)).collect(),
            goals: Vec::new(),
            on_record,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || task.run());
        let thread = thread.map_err(|e| LogError::Fatal { what: "start a thread", reason: e.to_string() })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub fn is_caught_up(&self) -> bool {
        *self.shared.caught_up.lock().expect("no holder of this lock panics")
    }

    /// Waits until it is caught up; false when the time was over first.
    pub fn wait_until_caught_up(&self, wait: Duration) -> bool {
        let held = self.shared.caught_up.lock().expect("no holder of this lock panics");
        let waited = self.shared.changed.wait_timeout_while(held, wait, |caught_up| !*caught_up);
        *waited.expect("no holder of this lock panics").0
    }

    /// Readers dropped after a failure since the start.
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a follower's thread panicked");
        }
    }
}

struct Task<F> {
    log: Arc<dyn Log>,
    isolation: Isolation,
    positions: Vec<(TopicPartition, Start)>,
    /// Offsets to reach before it counts as caught up; empty until they are known.
    goals: Vec<(TopicPartition, i64)>,
    on_record: F,
    shared: Arc<Shared>,
}

impl<F: FnMut(Record)> Task<F> {
    fn run(&mut self) {
        while !self.stopped() {
            if let Err(error) = self.follow() {
                self.shared.failures.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%error, "reading anew after a failure");
                let until = Instant::now() + BACK_OFF;
                while Instant::now() < until && !self.stopped() {
                    std::thread::sleep(POLL);
                }
            }
        }
    }

    fn stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    fn follow(&mut self) -> Result<(), LogError> {
        if self.goals.is_empty() {
            for (of, _) in &self.positions {
                self.goals.push((of.clone(), self.log.watermarks(of, self.isolation)?.high));
            }
        }
        let mut reader = self.log.reader(&self.positions, self.isolation)?;
        let result = self.read(reader.as_mut());
        for (of, next) in reader.positions() {
            if let Some(held) = self.positions.iter_mut().find(|(held, _)| *held == of) {
                held.1 = Start::Offset(next);
            }
        }
        result
    }

    fn read(&mut self, reader: &mut dyn Reader) -> Result<(), LogError> {
        while !self.stopped() {
            for record in reader.poll(BATCH, POLL)? {
                (self.on_record)(record);
            }
            if !self.goals.is_empty() || !self.is_caught_up() {
                let positions = reader.positions();
                let reached = |of: &TopicPartition, goal: i64| {
                    goal == 0 || positions.iter().any(|(held, next)| held == of && *next >= goal)
                };
                self.goals.retain(|(of, goal)| !reached(of, *goal));
                if self.goals.is_empty() {
                    *self.shared.caught_up.lock().expect("no holder of this lock panics") = true;
                    self.shared.changed.notify_all();
                }
            }
        }
        Ok(())
    }

    fn is_caught_up(&self) -> bool {
        *self.shared.caught_up.lock().expect("no holder of this lock panics")
    }
}
