//! Apache Kafka as any program sees it: a plain consumer that reads committed records, and a plain producer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use schemas::{Codec, FlagEntry};

/// How long one poll waits.
const POLL: Duration = Duration::from_millis(100);
/// Between two looks for room in a producer's queue.
const ROOM_LOOK: Duration = Duration::from_micros(500);
const REQUEST: Duration = Duration::from_secs(20);

/// The broker that `make test` started.
pub fn address() -> anyhow::Result<String> {
    std::env::var("STANDING_TEST_KAFKA").ok().filter(|address| !address.is_empty()).context(
        "STANDING_TEST_KAFKA is not set: run `make test`, which starts Apache Kafka, or start a node with \
         `scripts/kafka.sh start DIR 0` and set it to the address that this prints",
    )
}

/// The process of that broker, on this machine.
pub fn process() -> anyhow::Result<u32> {
    let id = std::env::var("STANDING_TEST_KAFKA_PID").ok().and_then(|id| id.parse().ok());
    id.context("STANDING_TEST_KAFKA_PID is not set: start this with scripts/with-kafka.sh, as `make bench` does")
}

/// Where that broker keeps its logs; `None` where nobody says so.
pub fn data() -> Option<PathBuf> {
    std::env::var_os("STANDING_TEST_KAFKA_DATA").map(PathBuf::from)
}

/// A record as it was read.
#[derive(Clone, Debug)]
pub struct Read {
    pub partition: i32,
    pub offset: i64,
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
    /// The header of that name, as the register's own outputs carry it.
    pub origin: Option<Vec<u8>>,
}

impl Read {
    /// As a record of the flags.
    pub fn flag(&self, codec: &Codec) -> anyhow::Result<FlagEntry> {
        Ok(codec.decode_flag(&self.key, self.value.as_deref(), self.origin.as_deref())?)
    }
}

/// A consumer of committed records, and how many partitions the topic has.
fn reader(address: &str, topic: &str) -> anyhow::Result<(BaseConsumer, i32)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", format!("{topic}-test"))
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), REQUEST)?;
    let partitions = metadata.topics().iter().find(|t| t.name() == topic).map_or(0, |t| t.partitions().len());
    if partitions == 0 {
        bail!("there is no topic {topic}");
    }
    Ok((consumer, i32::try_from(partitions)?))
}

/// Where each partition of a topic ends.
pub fn ends(address: &str, topic: &str) -> anyhow::Result<BTreeMap<i32, i64>> {
    let (consumer, partitions) = reader(address, topic)?;
    let end = |partition| anyhow::Ok((partition, consumer.fetch_watermarks(topic, partition, REQUEST)?.1));
    (0..partitions).map(end).collect()
}

/// Reads a topic from its beginning, in the order of each partition, until `enough` says so of a record.
pub fn read_committed(
    address: &str,
    topic: &str,
    within: Duration,
    enough: impl FnMut(&Read) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    read_committed_from(address, topic, &BTreeMap::new(), within, enough)
}

/// The same from an offset of each partition; one that is not named is read from its beginning.
pub fn read_committed_from(
    address: &str,
    topic: &str,
    from: &BTreeMap<i32, i64>,
    within: Duration,
    mut enough: impl FnMut(&Read) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let (consumer, partitions) = reader(address, topic)?;
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        let start = from.get(&partition).map_or(Offset::Beginning, |offset| Offset::Offset(*offset));
        list.add_partition_offset(topic, partition, start)?;
    }
    consumer.assign(&list)?;
    let deadline = Instant::now() + within;
    loop {
        if Instant::now() >= deadline {
            bail!("{topic} was not read as far as it should be within {within:?}");
        }
        let Some(message) = consumer.poll(POLL) else { continue };
        let message = message?;
        let origin = message.headers().and_then(|headers| {
            headers.iter().find(|header| header.key == schemas::topics::keys::ORIGIN).and_then(|header| header.value)
        });
        let read = Read {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().unwrap_or_default().to_vec(),
            value: message.payload().map(<[u8]>::to_vec),
            origin: origin.map(<[u8]>::to_vec),
        };
        if enough(&read)? {
            return Ok(());
        }
    }
}

/// Writes values under a key, in their order, and waits until the broker has them.
pub fn write(address: &str, topic: &str, key: &str, values: &[Vec<u8>]) -> anyhow::Result<()> {
    let producer: ThreadedProducer<_> =
        ClientConfig::new().set("bootstrap.servers", address).set("enable.idempotence", "true").create()?;
    for value in values {
        producer.send(BaseRecord::to(topic).key(key).payload(value)).map_err(|(error, _)| error)?;
    }
    producer.flush(REQUEST).context("the broker did not take the records")?;
    Ok(())
}

/// Hands a record to a producer; waits while its queue is full.
pub fn send(
    producer: &ThreadedProducer<DefaultProducerContext>,
    mut record: BaseRecord<'_, [u8], [u8]>,
) -> anyhow::Result<()> {
    while let Err((error, back)) = producer.send(record) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
            return Err(error).context("a record cannot be sent");
        }
        std::thread::sleep(ROOM_LOOK);
        record = back;
    }
    Ok(())
}

/// Deletes every topic whose name begins so: a broker that keeps those of all tests answers each of them more slowly.
pub fn delete_topics(address: &str, prefix: &str) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", address).create()?;
    let metadata = admin.inner().fetch_metadata(None, REQUEST)?;
    let names: Vec<&str> =
        metadata.topics().iter().map(|topic| topic.name()).filter(|n| n.starts_with(prefix)).collect();
    if names.is_empty() {
        return Ok(());
    }
    for outcome in block_on(admin.delete_topics(&names, &AdminOptions::new().request_timeout(Some(REQUEST))))? {
        outcome.map_err(|(topic, code)| anyhow::anyhow!("{topic} was not deleted: {code}"))?;
    }
    Ok(())
}

/// Appends a record that was read once more, to its own partition, as nobody may.
pub fn write_again(address: &str, topic: &str, read: &Read) -> anyhow::Result<()> {
    let producer: ThreadedProducer<_> =
        ClientConfig::new().set("bootstrap.servers", address).set("enable.idempotence", "true").create()?;
    let header = Header { key: schemas::topics::keys::ORIGIN, value: read.origin.as_deref() };
    let record =
        BaseRecord::to(topic).partition(read.partition).key(&read.key).headers(OwnedHeaders::new().insert(header));
    let record = BaseRecord { payload: read.value.as_ref(), ..record };
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(REQUEST).context("the broker did not take the record")?;
    Ok(())
}
