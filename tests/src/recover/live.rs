//! Events that come while a register is stopped, moved and restored, each of which brings a flag about; and who sees the flags.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::civil::Date;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::bulk::{Writer, award};

const MEASURE: &str = "licence-fast-lane";
/// Organisations from here on have nothing else.
const FIRST: u64 = 60_000_000;
const POLL: Duration = Duration::from_millis(50);
const METADATA: Duration = Duration::from_secs(20);

/// An event whose flag was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) partition: i32,
    /// When the event was to be sent.
    pub(super) due: Instant,
    /// When a reader of committed flags had its flag.
    pub(super) at: Instant,
}

impl Seen {
    pub(super) fn latency(&self) -> Duration {
        self.at.saturating_duration_since(self.due)
    }
}

#[derive(Default)]
struct Shared {
    waiting: HashMap<String, Instant>,
    seen: Vec<Seen>,
}

/// Sends at a fixed rate, whatever comes back (open loop), until it is stopped.
pub(super) struct Live {
    shared: Arc<Mutex<Shared>>,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<anyhow::Result<()>>>,
}

/// Where events go and flags come from.
pub(super) struct Topics<'a> {
    pub(super) kafka: &'a str,
    pub(super) events: String,
    pub(super) flags: String,
    pub(super) partitions: u16,
}

impl Topics<'_> {
    /// Where each partition of the events ends.
    pub(super) fn ends(&self) -> anyhow::Result<Vec<(i32, i64)>> {
        let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", self.kafka).create()?;
        let end = |partition| Ok((partition, consumer.fetch_watermarks(&self.events, partition, METADATA)?.1));
        (0..i32::from(self.partitions)).map(end).collect()
    }
}

impl Live {
    pub(super) fn start(topics: &Topics<'_>, per_second: u32, today: Date) -> anyhow::Result<Self> {
        let shared = Arc::<Mutex<Shared>>::default();
        let stopping = Arc::new(AtomicBool::new(false));
        let writer = Writer::new(topics.kafka, &topics.events, topics.partitions)?;
        let consumer = at_the_end(topics)?;
        let (reading, sending) = (Arc::clone(&shared), Arc::clone(&shared));
        let (reader_stops, sender_stops) = (Arc::clone(&stopping), Arc::clone(&stopping));
        let threads = vec![
            std::thread::spawn(move || read(&consumer, &reading, &reader_stops)),
            std::thread::spawn(move || send(&writer, &sending, &sender_stops, per_second, today)),
        ];
        Ok(Self { shared, stopping, threads })
    }

    /// Events whose flag has not been seen yet.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.shared).waiting.len()
    }

    /// What was seen of events that were due from `from` on.
    pub(super) fn seen_since(&self, from: Instant) -> Vec<Seen> {
        lock(&self.shared).seen.iter().filter(|seen| seen.due >= from).copied().collect()
    }

    /// Partitions that have given a flag of an event that was due from `from` on.
    pub(super) fn partitions_since(&self, from: Instant) -> usize {
        let shared = lock(&self.shared);
        let recent = shared.seen.iter().rev().take_while(|seen| seen.at >= from).filter(|seen| seen.due >= from);
        recent.map(|seen| seen.partition).collect::<BTreeSet<i32>>().len()
    }

    /// Fails when a part of the load has ended by itself.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.threads.iter().all(|thread| !thread.is_finished()), "the load has ended by itself");
        Ok(())
    }

    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.stopping.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().map_err(|_| anyhow::anyhow!("the load panicked"))??;
        }
        Ok(())
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn send(
    writer: &Writer,
    shared: &Mutex<Shared>,
    stopping: &AtomicBool,
    per_second: u32,
    today: Date,
) -> anyhow::Result<()> {
    let (begin, pause) = (Instant::now(), Duration::from_secs(1) / per_second);
    let mut due = begin;
    for number in FIRST.. {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (subject, source, change) = award(number, today)?;
        lock(shared).waiting.insert(format!("{subject}|{MEASURE}"), due);
        writer.send(&source, &subject, change)?;
        due += pause;
    }
    writer.flush()
}

fn read(consumer: &BaseConsumer, shared: &Mutex<Shared>, stopping: &AtomicBool) -> anyhow::Result<()> {
    while !stopping.load(Ordering::SeqCst) {
        let Some(message) = consumer.poll(POLL) else { continue };
        let (at, message) = (Instant::now(), message?);
        let Some(key) = message.key().and_then(|key| std::str::from_utf8(key).ok()) else { continue };
        let mut shared = lock(shared);
        if let Some(due) = shared.waiting.remove(key) {
            shared.seen.push(Seen { partition: message.partition(), due, at });
        }
    }
    Ok(())
}

/// A reader of committed flags that stands where they end now.
fn at_the_end(topics: &Topics<'_>) -> anyhow::Result<BaseConsumer> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", topics.kafka)
        .set("group.id", format!("{}-live", topics.flags))
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "5")
        .create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..i32::from(topics.partitions) {
        let (_, end) = consumer
            .fetch_watermarks(&topics.flags, partition, METADATA)
            .with_context(|| format!("{} does not say where it ends", topics.flags))?;
        list.add_partition_offset(&topics.flags, partition, Offset::Offset(end))?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}
