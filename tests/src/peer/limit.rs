//! The client's limit: everything read from the log and as many flags written to it, with nothing between.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use stream::log::Isolation;

use super::topics::{PARTITIONS, Topics};
use crate::kafka::send;

const POLL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(600);
/// As many as the sides have.
const THREADS: i32 = 2;

/// Reads all events and writes `flags` records of a flag's size meanwhile; returns how long it took.
pub(super) fn pass(topics: &Topics, events: u64, flags: u64) -> anyhow::Result<Duration> {
    let ends = topics.ends(&topics.events, Isolation::ReadUncommitted)?;
    let from = Instant::now();
    std::thread::scope(|scope| {
        let thread = |first| {
            let ends = &ends;
            scope.spawn(move || {
                let mine = (0..PARTITIONS).zip(ends).filter(|(partition, _)| partition % THREADS == first);
                pass_some(topics, &mine.map(|(partition, end)| (partition, *end)).collect::<Vec<_>>(), events, flags)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(thread).collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow!("a client panicked"))??;
        }
        Ok(from.elapsed())
    })
}

fn pass_some(topics: &Topics, mine: &[(i32, i64)], events: u64, flags: u64) -> anyhow::Result<()> {
    let mut list = TopicPartitionList::new();
    for (partition, _) in mine {
        list.add_partition_offset(&topics.events, *partition, Offset::Beginning)?;
    }
    let consumer: BaseConsumer = topics
        .client()
        .set("group.id", format!("{}-limit", topics.app))
        .set("enable.auto.commit", "false")
        .set("check.crcs", "true")
        .set("fetch.queue.backoff.ms", "1")
        .set("queued.max.messages.kbytes", "16384")
        .create()?;
    consumer.assign(&list)?;
    let producer: ThreadedProducer<DefaultProducerContext> = topics
        .client()
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("compression.type", "lz4")
        .create()?;
    let mut left = mine.iter().map(|(_, end)| u64::try_from(*end)).sum::<Result<u64, _>>()?;
    let (mut owed, deadline) = (0, Instant::now() + PATIENCE);
    while left > 0 {
        ensure!(Instant::now() < deadline, "the events could not be read within {PATIENCE:?}");
        let Some(message) = consumer.poll(POLL) else { continue };
        let message = message?;
        left -= 1;
        owed += flags;
        if owed >= events {
            owed -= events;
            let bytes = message.payload().unwrap_or_default();
            let (key, value) = (bytes.get(..17).unwrap_or(bytes), bytes.get(..22).unwrap_or(bytes));
            let record = BaseRecord::to(&topics.flags).partition(message.partition()).key(key).payload(value);
            send(&producer, record)?;
        }
    }
    producer.flush(Duration::from_secs(60)).context("the broker did not take the flags")
}
