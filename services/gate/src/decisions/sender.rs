//! The thread that sends the records nobody waits for, and keeps them on disk while the log is down.
//!
//! While the log is down everything goes to the spool at once, and the front of the spool is tried again, a little later
//! each time. What is left at the end stays in the spool for the next start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::spool::Appended;
use super::{Parts, Spool, Spooled};
use crate::metrics::Logged;

/// Records sent and waited for together.
const BATCH: usize = 1_000;
/// How long a record waits for company: nobody waits for it, and each batch costs the log a request.
const COMPANY: Duration = Duration::from_millis(20);
/// How long the thread waits for a record before it looks after the spool.
const IDLE: Duration = Duration::from_millis(100);
/// Shortest and longest time until a log that was down is tried again.
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_LAST: Duration = Duration::from_secs(10);

/// The running thread.
pub(crate) struct Sender {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Sender {
    /// Must be called within a tokio runtime, whose clock the thread's time-outs use.
    pub(crate) fn start(parts: Arc<Parts>, queue: Receiver<Spooled>, spool: Spool) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut task = Task { parts, queue, spool, runtime: Handle::current(), stop: Arc::clone(&stop), down: None };
        let thread = std::thread::Builder::new().name("gate-decisions".to_owned()).spawn(move || task.run())?;
        Ok(Self { thread, stop })
    }

    /// Ends the thread once everything queued is sent or spooled; what is queued afterwards is refused. Blocks.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("the thread of the decision log panicked");
        }
    }
}

struct Task {
    parts: Arc<Parts>,
    queue: Receiver<Spooled>,
    spool: Spool,
    runtime: Handle,
    stop: Arc<AtomicBool>,
    down: Option<Down>,
}

#[derive(Clone, Copy)]
struct Down {
    retry_at: Instant,
    wait: Duration,
}

impl Task {
    fn run(&mut self) {
        loop {
            self.show();
            match self.queue.recv_timeout(IDLE) {
                Ok(first) => {
                    let mut batch = vec![first];
                    batch.extend(self.queue.try_iter().take(BATCH - 1));
                    if batch.len() < BATCH && !self.stop.load(Ordering::Relaxed) {
                        std::thread::sleep(COMPANY);
                        batch.extend(self.queue.try_iter().take(BATCH - batch.len()));
                    }
                    self.parts.metrics.queue.sub(i64::try_from(batch.len()).unwrap_or(i64::MAX));
                    self.put_away(batch);
                }
                Err(RecvTimeoutError::Timeout) if !self.stop.load(Ordering::Relaxed) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
            self.resend();
        }
    }

    fn put_away(&mut self, batch: Vec<Spooled>) {
        if self.down.is_some() {
            self.keep(batch);
            return;
        }
        let failed = self.send(batch, Logged::Later);
        self.keep(failed);
    }

    /// Gives back what was not acknowledged.
    fn send(&mut self, batch: Vec<Spooled>, result: Logged) -> Vec<Spooled> {
        let sent = self.runtime.block_on(self.parts.send(&batch));
        let taken = sent.iter().filter(|sent| sent.is_ok()).count();
        self.parts.metrics.logged(result, taken);
        let failed: Vec<Spooled> =
            batch.into_iter().zip(sent).filter(|(_, sent)| sent.is_err()).map(|(record, _)| record).collect();
        self.down = match (failed.is_empty(), self.down) {
            (true, _) => None,
            (false, None) => Some(Down { retry_at: Instant::now() + RETRY_FIRST, wait: RETRY_FIRST }),
            (false, Some(down)) => {
                let wait = (down.wait * 2).min(RETRY_LAST);
                Some(Down { retry_at: Instant::now() + wait, wait })
            }
        };
        failed
    }

    fn keep(&mut self, records: Vec<Spooled>) {
        for record in records {
            let result = match self.spool.append(&record) {
                Ok(Appended::Yes) => Logged::Spooled,
                Ok(Appended::Full) => {
                    tracing::error!("the spool of the decision log is full: a decision is lost");
                    Logged::Lost
                }
                Err(error) => {
                    tracing::error!(%error, "the spool of the decision log cannot be written: a decision is lost");
                    Logged::Lost
                }
            };
            self.parts.metrics.logged(result, 1);
        }
    }

    fn resend(&mut self) {
        while !self.spool.is_empty() && self.down.is_none_or(|down| down.retry_at <= Instant::now()) {
            let front = match self.spool.front(BATCH) {
                Ok(front) => front,
                Err(error) => {
                    let lost = self.spool.clear().unwrap_or_default();
                    tracing::error!(%error, lost, "the spool of the decision log cannot be read");
                    self.parts.metrics.logged(Logged::Lost, usize::try_from(lost).unwrap_or(usize::MAX));
                    return;
                }
            };
            // All or nothing leaves the spool: what was taken twice has one id.
            if !self.send(front.clone(), Logged::Resent).is_empty() {
                return;
            }
            if let Err(error) = self.spool.sent(&front) {
                tracing::error!(%error, "the spool of the decision log cannot be emptied");
                return;
            }
            self.show();
        }
    }

    fn show(&self) {
        let metrics = &self.parts.metrics;
        metrics.spool_bytes.set(i64::try_from(self.spool.bytes()).unwrap_or(i64::MAX));
        metrics.spool_records.set(i64::try_from(self.spool.records()).unwrap_or(i64::MAX));
    }
}
