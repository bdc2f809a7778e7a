//! Topics of one run, and what can be seen in them from outside: how far the side is, and which flags it wrote.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Isolation, Log as _, LogError, Reader, Start, Topic, TopicPartition, TopicSpec};

use super::digest::{Digest, Digested};
use super::event::{Event, Flag, Subject, partition_of};
use super::load::Load;
use crate::kafka::send;

pub(super) const PARTITIONS: i32 = 8;
const REQUEST: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

/// The topics and the group of one run: all its names begin alike, the peer's own topics too.
#[derive(Clone)]
pub(super) struct Topics {
    log: Arc<KafkaLog>,
    pub(super) address: String,
    pub(super) app: String,
    pub(super) events: String,
    pub(super) flags: String,
}

impl Topics {
    /// Fresh topics.
    pub(super) fn create(address: &str, app: &str) -> anyhow::Result<Self> {
        let log = KafkaLog::new(KafkaSettings::new(address, "bench-peer"))?;
        let (events, flags) = (format!("{app}.events"), format!("{app}.flags"));
        let kept = vec![("retention.bytes".to_owned(), "-1".to_owned()), ("retention.ms".to_owned(), "-1".to_owned())];
        let spec =
            |name: &str| TopicSpec { name: name.into(), partitions: PARTITIONS, replication: 1, config: kept.clone() };
        log.create_topics(&[spec(&events), spec(&flags)])?;
        Ok(Self { log, address: address.to_owned(), app: app.to_owned(), events, flags })
    }

    pub(super) fn delete(&self) -> anyhow::Result<()> {
        crate::kafka::delete_topics(&self.address, &self.app)
    }

    /// Bytes of the broker's logs under `data` that are of this run and not of its events.
    pub(super) fn bytes(&self, data: &Path) -> anyhow::Result<u64> {
        let mut sum = 0;
        for log in std::fs::read_dir(data).with_context(|| format!("{} cannot be read", data.display()))? {
            let (log, events) = (log?, format!("{}-", self.events));
            let name = log.file_name().to_string_lossy().into_owned();
            if !name.starts_with(&self.app) || name.starts_with(&events) {
                continue;
            }
            for file in std::fs::read_dir(log.path())? {
                let file = file?;
                let is_log = file.path().extension().is_some_and(|ending| ending == "log");
                sum += if is_log { file.metadata()?.len() } else { 0 };
            }
        }
        Ok(sum)
    }

    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        config
    }

    /// The log's own reader of a topic's committed records.
    pub(super) fn reader(&self, topic: &str, start: Start) -> anyhow::Result<Box<dyn Reader>> {
        let places: Vec<_> = partitions(topic).map(|of| (of, start)).collect();
        Ok(self.log.reader(&places, Isolation::ReadCommitted)?)
    }

    /// Where the partitions of a topic end.
    pub(super) fn ends(&self, topic: &str, isolation: Isolation) -> anyhow::Result<Vec<i64>> {
        partitions(topic).map(|of| self.end(&of, isolation)).collect()
    }

    fn end(&self, of: &TopicPartition, isolation: Isolation) -> anyhow::Result<i64> {
        // A topic made a moment ago may not have its leaders yet.
        let deadline = Instant::now() + REQUEST;
        loop {
            match self.log.watermarks(of, isolation) {
                Ok(ends) => return Ok(ends.high),
                Err(LogError::Retry { .. }) if Instant::now() < deadline => std::thread::sleep(POLL),
                Err(error) => return Err(error).with_context(|| format!("the end of {of}")),
            }
        }
    }

    /// Reads every flag, once no transaction is open any more.
    pub(super) fn digest(&self, within: Duration) -> anyhow::Result<Digested> {
        let deadline = Instant::now() + within;
        let ends = loop {
            let ends = self.ends(&self.flags, Isolation::ReadUncommitted)?;
            if self.ends(&self.flags, Isolation::ReadCommitted)? == ends {
                break ends;
            }
            ensure!(Instant::now() < deadline, "a transaction of {} stays open", self.flags);
            std::thread::sleep(POLL);
        };
        let mut reader = self.reader(&self.flags, Start::Earliest)?;
        let mut digest = Digest::new(ends.len());
        while reader.positions().iter().zip(&ends).any(|((_, next), end)| next < end) {
            ensure!(Instant::now() < deadline, "the flags could not be read within {within:?}");
            for record in reader.poll(5_000, POLL)? {
                let flag = Flag::decode(record.value.as_deref().unwrap_or_default())?;
                digest.add(usize::try_from(record.partition)?, record.key.as_deref().unwrap_or_default(), &flag);
            }
        }
        Ok(digest.so_far())
    }
}

fn partitions(topic: &str) -> impl Iterator<Item = TopicPartition> {
    let topic: Topic = topic.into();
    (0..PARTITIONS).map(move |partition| TopicPartition::new(topic.clone(), partition))
}

/// Offsets of all partitions of a topic, as the client takes them.
pub(super) fn places(topic: &str, offsets: &[i64]) -> anyhow::Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in (0..).zip(offsets) {
        list.add_partition_offset(topic, partition, Offset::Offset(*offset))?;
    }
    Ok(list)
}

/// How far a side is, by the offsets that its group has committed.
pub(super) struct Progress {
    client: BaseConsumer,
    list: TopicPartitionList,
}

impl Progress {
    pub(super) fn new(topics: &Topics) -> anyhow::Result<Self> {
        // Offsets of a transaction that is open do not hold the answer up.
        let client =
            topics.client().set("group.id", &topics.app).set("isolation.level", "read_uncommitted").create()?;
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition(&topics.events, partition);
        }
        Ok(Self { client, list })
    }

    /// How many events are folded and committed.
    pub(super) fn folded(&self) -> anyhow::Result<u64> {
        let committed = self.client.committed_offsets(self.list.clone(), REQUEST)?;
        let next = committed.elements().into_iter().map(|of| match of.offset() {
            Offset::Offset(next) => u64::try_from(next).unwrap_or_default(),
            Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => 0,
        });
        Ok(next.sum())
    }
}

/// Writes events, each to the partition of its subject.
pub(super) struct Writer {
    producer: ThreadedProducer<DefaultProducerContext>,
    topic: String,
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new(topics: &Topics) -> anyhow::Result<Self> {
        let producer = topics
            .client()
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("compression.type", "lz4")
            .set("batch.size", "262144")
            .set("queue.buffering.max.messages", "200000")
            .create()?;
        Ok(Self { producer, topic: topics.events.clone(), bytes: Vec::new() })
    }

    pub(super) fn write(&mut self, load: &mut Load, stamp: u64) -> anyhow::Result<()> {
        let bytes = &mut self.bytes;
        let subject: Subject = load.next(stamp, |subject, event: &Event<'_>| {
            event.encode_into(bytes);
            *subject
        });
        let record = BaseRecord::to(&self.topic)
            .partition(partition_of(&subject, PARTITIONS))
            .key(&subject[..])
            .payload(&bytes[..]);
        send(&self.producer, record)
    }

    /// Waits until the broker has everything.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        self.producer.flush(Duration::from_secs(60)).context("the broker did not take the events")
    }
}
