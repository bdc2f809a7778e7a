//! Events at a fixed rate, and how late their flags are seen.
//!
//! The rate is an open loop: an event is due at its time whether or not those before it went through, and late sending counts
//! as latency, for every flag is measured from the time its event was due to the moment when a reader of committed records has it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use hdrhistogram::Histogram;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use stream::log::Isolation;

use super::event::Flag;
use super::load::Load;
use super::topics::{Topics, Writer, places};

const POLL: Duration = Duration::from_millis(20);
/// The longest latency that is told apart.
const LONGEST_US: u64 = 600_000_000;

/// The clock of stamps, microseconds since the epoch.
pub(super) fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// What came of events at a rate.
pub(super) struct Flowed<R> {
    pub(super) result: R,
    pub(super) sent: u64,
    /// Microseconds from when an event was due to when its flag was seen.
    pub(super) latencies: Histogram<u64>,
}

/// Sends events at a rate while `work` lasts, and watches the flags until `settled` has returned too.
pub(super) fn under_load<R>(
    topics: &Topics,
    load: &mut Load,
    rate: u64,
    watch: &Watch,
    work: impl FnOnce() -> anyhow::Result<R>,
    settled: impl FnOnce(u64) -> anyhow::Result<()>,
) -> anyhow::Result<Flowed<R>> {
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // However this ends, both threads do, or the scope would wait for ever.
        let _ends = Ends(&stopped, watch);
        let seen = watch.start(scope, topics)?;
        let sender = scope.spawn(|| send(topics, load, rate, &stopped));
        let result = work();
        stopped.store(true, Ordering::Relaxed);
        let sent = sender.join().map_err(|_| anyhow!("the sender of events panicked"))??;
        let result = result?;
        settled(sent)?;
        watch.stop();
        Ok(Flowed { result, sent, latencies: seen()? })
    })
}

struct Ends<'a>(&'a AtomicBool, &'a Watch);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.stop();
    }
}

/// Sends due events until told to stop; returns how many.
fn send(topics: &Topics, load: &mut Load, rate: u64, stopped: &AtomicBool) -> anyhow::Result<u64> {
    let mut writer = Writer::new(topics)?;
    let (from, from_us) = (Instant::now(), now_us());
    let mut sent = 0;
    while !stopped.load(Ordering::Relaxed) {
        let due = u64::try_from(from.elapsed().as_micros())? * rate / 1_000_000;
        while sent < due {
            writer.write(load, from_us + sent * 1_000_000 / rate)?;
            sent += 1;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    writer.finish()?;
    Ok(sent)
}

/// What a reader of the committed flags looks at.
pub(super) struct Watch {
    /// Latencies of events due from then on count.
    counts_from_us: AtomicU64,
    /// The first flag of an event due from then on is waited for, and when it came; 0: not yet.
    awaited_us: AtomicU64,
    came_us: AtomicU64,
    stopped: AtomicBool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            counts_from_us: AtomicU64::new(u64::MAX),
            awaited_us: AtomicU64::new(u64::MAX),
            came_us: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }
}

impl Watch {
    /// Counts the latencies of events due from now on.
    pub(super) fn count(&self) {
        self.counts_from_us.store(now_us(), Ordering::Relaxed);
    }

    /// Waits for the first flag of an event due from now on.
    pub(super) fn expect(&self) -> u64 {
        let now = now_us();
        self.awaited_us.store(now, Ordering::Relaxed);
        now
    }

    /// When the awaited flag came.
    pub(super) fn came_us(&self) -> Option<u64> {
        Some(self.came_us.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Reads flags from where they end now, until stopped and no more come.
    fn start<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        topics: &Topics,
    ) -> anyhow::Result<impl FnOnce() -> anyhow::Result<Histogram<u64>> + use<'s>> {
        let consumer: BaseConsumer = topics
            .client()
            .set("group.id", format!("{}-watch", topics.app))
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("fetch.queue.backoff.ms", "1")
            .create()?;
        let ends = topics.ends(&topics.flags, Isolation::ReadCommitted)?;
        consumer.assign(&places(&topics.flags, &ends)?)?;
        let thread = scope.spawn(move || self.read(&consumer));
        Ok(move || thread.join().map_err(|_| anyhow!("the reader of the flags panicked"))?)
    }

    fn read(&self, consumer: &BaseConsumer) -> anyhow::Result<Histogram<u64>> {
        let mut latencies = Histogram::new_with_max(LONGEST_US, 3)?;
        loop {
            let Some(message) = consumer.poll(POLL) else {
                if self.stopped.load(Ordering::Relaxed) {
                    return Ok(latencies);
                }
                continue;
            };
            let message = message.context("the flags cannot be read")?;
            let (flag, seen_us) = (Flag::decode(message.payload().unwrap_or_default())?, now_us());
            if flag.stamp >= self.counts_from_us.load(Ordering::Relaxed) {
                latencies.saturating_record(seen_us.saturating_sub(flag.stamp));
            }
            if flag.stamp >= self.awaited_us.load(Ordering::Relaxed) {
                // Only the first is kept.
                let _ = self.came_us.compare_exchange(0, seen_us, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }
}
