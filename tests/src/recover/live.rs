//! Events that come while a register is stopped, moved and restored, each of which brings a flag about; and who sees the flags.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use jiff::civil::Date;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::bulk::{Writer, award};
use crate::kafka;

const MEASURE: &str = "licence-fast-lane";
/// Organisations from here on have nothing else.
pub(crate) const FIRST: u64 = 60_000_000;
/// As intake sends.
const LINGER: Duration = Duration::from_millis(5);
/// What is due within this time is sent together: a pause for every event takes a tenth of a core at 10,000 a second.
const TICK: Duration = Duration::from_millis(1);
/// A flag that has not come by then counts as so late.
const LATE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(50);
const METADATA: Duration = Duration::from_secs(20);
/// More than the session of a member that was killed.
const FORGOTTEN: Duration = Duration::from_secs(90);

/// An event whose flag was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) partition: i32,
    /// When the event was to be sent.
    pub(crate) due: Instant,
    /// When a reader of committed flags had its flag.
    pub(crate) at: Instant,
}

impl Seen {
    pub(crate) fn latency(&self) -> Duration {
        self.at.saturating_duration_since(self.due)
    }
}

#[derive(Default)]
struct Shared {
    waiting: HashMap<String, Instant>,
    /// When the next event is due that is not sent yet, and how long after it the one after.
    next: Option<(Instant, Duration)>,
    seen: Vec<Seen>,
    /// Why a part of it has ended by itself.
    failed: Option<String>,
}

/// Sends at a fixed rate, whatever comes back (open loop), until it is stopped.
pub(crate) struct Live {
    shared: Arc<Mutex<Shared>>,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<anyhow::Result<()>>>,
}

/// Where events go and flags come from.
pub(crate) struct Topics<'a> {
    pub(crate) kafka: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) partitions: u16,
}

impl Topics<'_> {
    fn topic(&self, rest: &str) -> String {
        format!("{}.{rest}", self.prefix)
    }

    /// Where each partition of a topic ends.
    pub(crate) fn ends(&self, topic: &str) -> anyhow::Result<BTreeMap<i32, i64>> {
        kafka::ends(self.kafka, &self.topic(topic))
    }

    /// Sets the offsets of a service's group to the ends of a topic, as if it had folded everything. Tries until the members that the
    /// group once had are forgotten.
    pub(crate) fn commit_ends(&self, topic: &str, service: &str) -> anyhow::Result<()> {
        let mut list = TopicPartitionList::new();
        for (partition, end) in self.ends(topic)? {
            list.add_partition_offset(&self.topic(topic), partition, Offset::Offset(end))?;
        }
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.kafka)
            .set("group.id", format!("{}-{service}", self.prefix))
            .create()?;
        let deadline = Instant::now() + FORGOTTEN;
        while let Err(error) = consumer.commit(&list, CommitMode::Sync) {
            ensure!(Instant::now() < deadline, "the offsets of the group are not taken: {error}");
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// How far the group of the service that reads a topic is, by partition.
    pub(crate) fn committed(&self, topic: &str) -> anyhow::Result<Vec<i64>> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.kafka)
            .set("group.id", self.topic(topic).replace('.', "-"))
            // As it stands: a group at work is in a transaction most of the time.
            .set("isolation.level", "read_uncommitted")
            .create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_range(&self.topic(topic), 0, i32::from(self.partitions) - 1);
        let committed = consumer.committed_offsets(list, METADATA)?;
        Ok(committed.elements().iter().map(|element| element.offset().to_raw().unwrap_or(-1)).collect())
    }
}

impl Live {
    /// `first`: the number of the first organisation; each gets a flag.
    pub(crate) fn start(topics: &Topics<'_>, per_second: u32, first: u64, today: Date) -> anyhow::Result<Self> {
        let shared = Arc::<Mutex<Shared>>::default();
        let stopping = Arc::new(AtomicBool::new(false));
        let writer = Writer::new(topics.kafka, &topics.topic("events"), topics.partitions, LINGER)?;
        let consumer = at_the_end(topics)?;
        let (reading, sending) = (Arc::clone(&shared), Arc::clone(&shared));
        let (reader_stops, sender_stops) = (Arc::clone(&stopping), Arc::clone(&stopping));
        let threads = vec![
            std::thread::spawn(move || noted(&reading, read(&consumer, &reading, &reader_stops))),
            std::thread::spawn(move || {
                noted(&sending, send(&writer, &sending, &sender_stops, per_second, first, today))
            }),
        ];
        Ok(Self { shared, stopping, threads })
    }

    /// Events whose flag has not been seen yet.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.shared).waiting.len()
    }

    /// Events that were due before an instant and whose flag has not been seen, those that should have been sent and were not included.
    pub(crate) fn waiting_before(&self, until: Instant) -> usize {
        lock(&self.shared).waiting_before(until)
    }

    /// What was seen of events that were due from `from` on.
    pub(crate) fn seen_since(&self, from: Instant) -> Vec<Seen> {
        lock(&self.shared).seen.iter().filter(|seen| seen.due >= from).copied().collect()
    }

    /// How late the flags are of what was due from one instant until another, shortest first: waits for those that are still to come. One that
    /// has not come after a minute counts as a minute; how many those are.
    pub(crate) async fn latencies(&self, from: Instant, until: Instant) -> anyhow::Result<(Vec<Duration>, usize)> {
        while self.waiting_before(until) > 0 && until.elapsed() < LATE {
            self.check()?;
            tokio::time::sleep(LOOK).await;
        }
        let missing = self.waiting_before(until).saturating_sub(self.waiting_before(from));
        let seen = self.seen_since(from);
        let mut latencies: Vec<Duration> = seen.iter().filter(|flag| flag.due < until).map(Seen::latency).collect();
        latencies.resize(latencies.len() + missing, LATE);
        latencies.sort_unstable();
        Ok((latencies, missing))
    }

    /// Partitions that have given a flag of an event that was due from `from` on.
    pub(crate) fn partitions_since(&self, from: Instant) -> usize {
        let shared = lock(&self.shared);
        let recent = shared.seen.iter().rev().take_while(|seen| seen.at >= from).filter(|seen| seen.due >= from);
        recent.map(|seen| seen.partition).collect::<BTreeSet<i32>>().len()
    }

    /// Fails when a part of the load has ended by itself.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match &lock(&self.shared).failed {
            Some(why) => bail!("the load has ended by itself: {why}"),
            None => Ok(()),
        }
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.stopping.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().map_err(|_| anyhow::anyhow!("the load panicked"))??;
        }
        Ok(())
    }
}

impl Shared {
    fn waiting_before(&self, until: Instant) -> usize {
        let unsent = self.next.map_or(0, |(due, pause)| {
            let late = until.saturating_duration_since(due);
            usize::try_from(late.as_nanos().div_ceil(pause.as_nanos().max(1))).unwrap_or(usize::MAX)
        });
        self.waiting.values().filter(|due| **due < until).count().saturating_add(unsent)
    }
}

/// Keeps why a thread of the load has ended, for whoever waits for what it does not bring any more.
fn noted(shared: &Mutex<Shared>, ended: anyhow::Result<()>) -> anyhow::Result<()> {
    ended.inspect_err(|error| lock(shared).failed = Some(format!("{error:#}")))
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn send(
    writer: &Writer,
    shared: &Mutex<Shared>,
    stopping: &AtomicBool,
    per_second: u32,
    first: u64,
    today: Date,
) -> anyhow::Result<()> {
    let (begin, pause) = (Instant::now(), Duration::from_secs(1) / per_second);
    let mut due = begin;
    for number in first.. {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        let ahead = due.saturating_duration_since(Instant::now());
        if !ahead.is_zero() {
            std::thread::sleep(ahead.max(TICK));
        }
        let (subject, source, change) = award(number, today)?;
        let mut noting = lock(shared);
        noting.waiting.insert(format!("{subject}|{MEASURE}"), due);
        due += pause;
        noting.next = Some((due, pause));
        drop(noting);
        writer.send(&source, &subject, change)?;
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
    let flags = topics.topic("flags");
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", topics.kafka)
        .set("group.id", format!("{flags}-live"))
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "5")
        .create()?;
    let mut list = TopicPartitionList::new();
    for (partition, end) in topics.ends("flags").with_context(|| format!("{flags} does not say where it ends"))? {
        list.add_partition_offset(&flags, partition, Offset::Offset(end))?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_was_due_and_is_not_sent_waits_as_one_that_is() {
        let (begin, pause) = (Instant::now(), Duration::from_millis(10));
        let sent = |due: u32| (due.to_string(), begin + pause * due);
        let shared =
            Shared { waiting: (0..3).map(sent).collect(), next: Some((begin + pause * 3, pause)), ..Shared::default() };
        for (until, waiting) in [(0, 0), (1, 1), (3, 3), (4, 4), (10, 10)] {
            assert_eq!(shared.waiting_before(begin + pause * until), waiting, "{until}");
        }
        assert_eq!(shared.waiting_before(begin + pause * 3 + Duration::from_millis(1)), 4, "due a moment ago");
    }
}
