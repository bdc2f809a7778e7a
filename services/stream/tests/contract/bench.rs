//! A log under test, with topics of its own for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::executor::block_on;
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{
    Delivery, GroupConsumer, Isolation, Log, Outgoing, Polled, Reader, Record, Start, Topic, TopicPartition, TopicSpec,
    TransactionalProducer,
};

/// Longer than anything here takes on a machine with other work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a member may be silent: longer than anything waits, so that nothing comes about by waiting for it.
pub(crate) const SESSION: Duration = Duration::from_secs(120);

pub(crate) struct Bench {
    pub(crate) log: Arc<dyn Log>,
    prefix: String,
}

impl Bench {
    pub(crate) fn embedded() -> Self {
        let mut settings = EmbeddedSettings::new(Arc::new(now_ms), 7);
        settings.session_timeout = SESSION;
        Self { log: EmbeddedLog::new(settings), prefix: prefix() }
    }

    pub(crate) fn kafka() -> Self {
        let Ok(servers) = std::env::var("STANDING_TEST_KAFKA") else {
            panic!("STANDING_TEST_KAFKA=host:port names no broker: run the tests by `make test`, which starts one");
        };
        let mut settings = KafkaSettings::new(servers, "contract");
        settings.session_timeout = SESSION;
        Self { log: KafkaLog::new(settings).unwrap(), prefix: prefix() }
    }

    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    pub(crate) fn topic(&self, name: &str, partitions: i32) -> Topic {
        self.topic_with(name, partitions, &[])
    }

    pub(crate) fn topic_with(&self, name: &str, partitions: i32, config: &[(&str, &str)]) -> Topic {
        let spec = self.spec(name, partitions, config);
        self.log.create_topics(std::slice::from_ref(&spec)).unwrap();
        spec.name
    }

    pub(crate) fn spec(&self, name: &str, partitions: i32, config: &[(&str, &str)]) -> TopicSpec {
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        TopicSpec { name: self.name(name).into(), partitions, replication: 1, config }
    }

    /// Sends outside of transactions, in order, and waits for the reports.
    pub(crate) fn produce(&self, records: Vec<Outgoing>) -> Vec<Delivery> {
        let producer = self.log.producer().unwrap();
        let reports: Vec<_> = records.into_iter().map(|record| producer.send(record).unwrap()).collect();
        reports.into_iter().map(|report| block_on(report).unwrap()).collect()
    }

    /// A transactional producer after its `init`.
    pub(crate) fn transactional(&self, id: &str) -> Box<dyn TransactionalProducer> {
        let mut producer = self.log.transactional(&self.name(id)).unwrap();
        producer.init(PATIENCE).unwrap();
        producer
    }

    pub(crate) fn reader(&self, topic: &Topic, partitions: i32, isolation: Isolation) -> Box<dyn Reader> {
        let from: Vec<_> = (0..partitions).map(|partition| (of(topic, partition), Start::Earliest)).collect();
        self.log.reader(&from, isolation).unwrap()
    }

    /// What a committed reader sees once no transaction is open: a commit is acknowledged before its markers are written.
    pub(crate) fn committed(&self, topic: &Topic, partitions: i32) -> Vec<Record> {
        for partition in 0..partitions {
            until("no transaction is open", || {
                self.end(topic, partition, Isolation::ReadCommitted)
                    == self.end(topic, partition, Isolation::ReadUncommitted)
            });
        }
        self.all(topic, partitions, Isolation::ReadCommitted)
    }

    pub(crate) fn all(&self, topic: &Topic, partitions: i32, isolation: Isolation) -> Vec<Record> {
        let ends: Vec<_> =
            (0..partitions).map(|partition| (of(topic, partition), self.end(topic, partition, isolation))).collect();
        let mut reader = self.reader(topic, partitions, isolation);
        let mut records = Vec::new();
        until("the reader is at the end", || {
            records.extend(reader.poll(1_000, Duration::from_millis(20)).unwrap());
            reader.positions().iter().all(|(of, at)| ends.iter().any(|(end_of, end)| end_of == of && at >= end))
        });
        records
    }

    pub(crate) fn end(&self, topic: &Topic, partition: i32, isolation: Isolation) -> i64 {
        self.log.watermarks(&of(topic, partition), isolation).unwrap().high
    }
}

fn prefix() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("contract-{started}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

pub(crate) fn of(topic: &Topic, partition: i32) -> TopicPartition {
    TopicPartition::new(topic.clone(), partition)
}

pub(crate) fn outgoing(topic: &Topic, partition: i32, value: impl Into<String>) -> Outgoing {
    let value = Bytes::from(value.into());
    Outgoing {
        topic: topic.clone(),
        partition,
        key: Some(value.clone()),
        value: Some(value),
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

pub(crate) fn values(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8(record.value.as_ref().unwrap().to_vec()).unwrap()).collect()
}

/// Calls until it is true; fails after [`PATIENCE`].
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "not in time: {what}");
    }
}

/// Reads until `count` records came.
pub(crate) fn read(reader: &mut Box<dyn Reader>, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    until("records are read", || {
        records.extend(reader.poll(count - records.len(), Duration::from_millis(100)).unwrap());
        records.len() == count
    });
    records
}

/// Nothing comes for a while: long enough for what would come to have come.
pub(crate) fn reads_nothing(reader: &mut Box<dyn Reader>) {
    for _ in 0..3 {
        assert_eq!(reader.poll(10, Duration::from_millis(100)).unwrap(), vec![]);
    }
}

/// Polls until something other than `Idle` comes.
pub(crate) fn next(member: &mut Box<dyn GroupConsumer>) -> Polled {
    let mut polled = Polled::Idle;
    until("the group has something to say", || {
        polled = member.poll(1_000, Duration::from_millis(100)).unwrap();
        !matches!(polled, Polled::Idle)
    });
    polled
}

pub(crate) fn assigned(member: &mut Box<dyn GroupConsumer>) -> Vec<TopicPartition> {
    match next(member) {
        Polled::Assigned(mut partitions) => {
            partitions.sort();
            partitions
        }
        other => panic!("expected an assignment, got {other:?}"),
    }
}

pub(crate) fn records(member: &mut Box<dyn GroupConsumer>, count: usize) -> Vec<Record> {
    let mut all = Vec::new();
    while all.len() < count {
        match next(member) {
            Polled::Records(records) => all.extend(records),
            other => panic!("expected records, got {other:?}"),
        }
    }
    all
}

pub(crate) fn idle(member: &mut Box<dyn GroupConsumer>) {
    for _ in 0..3 {
        let polled = member.poll(1_000, Duration::from_millis(100)).unwrap();
        assert!(matches!(polled, Polled::Idle), "expected nothing, got {polled:?}");
    }
}
