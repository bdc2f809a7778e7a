//! A log whose plain producers can be made to fail, by refusing or by never answering, and whose topics can be without an id, as
//! Kafka's are before their first record is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use stream::embedded::EmbeddedLog;
use stream::log::{
    DeliveryReport, GroupConsumer, GroupDescription, Isolation, Log, LogError, Outgoing, Producer, Reader, Start,
    Topic, TopicDescription, TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None = 0,
    /// The record is refused at once.
    Refuses = 1,
    /// No delivery report ever comes.
    Silent = 2,
}

pub(crate) struct FaultyLog {
    pub(crate) log: Arc<EmbeddedLog>,
    switch: Arc<Switch>,
}

#[derive(Default)]
struct Switch {
    fault: AtomicU8,
    sent: AtomicUsize,
    nameless: AtomicBool,
}

impl FaultyLog {
    pub(crate) fn new(log: Arc<EmbeddedLog>) -> Arc<Self> {
        Arc::new(Self { log, switch: Arc::default() })
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.switch.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Whether topics have no id.
    pub(crate) fn set_nameless(&self, nameless: bool) {
        self.switch.nameless.store(nameless, Ordering::SeqCst);
    }

    /// Records handed to producers, also those that failed.
    pub(crate) fn sent(&self) -> usize {
        self.switch.sent.load(Ordering::SeqCst)
    }
}

struct FaultyProducer {
    producer: Arc<dyn Producer>,
    switch: Arc<Switch>,
}

impl Producer for FaultyProducer {
    fn send(&self, record: Outgoing) -> Result<DeliveryReport, LogError> {
        self.switch.sent.fetch_add(1, Ordering::SeqCst);
        match self.switch.fault.load(Ordering::SeqCst) {
            0 => self.producer.send(record),
            1 => Err(LogError::Refused { what: "send", reason: "the test says so".to_owned() }),
            _ => Ok(Box::pin(futures::future::pending())),
        }
    }

    fn flush(&self, wait: Duration) -> Result<(), LogError> {
        self.producer.flush(wait)
    }
}

impl Log for FaultyLog {
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.log.create_topics(topics)
    }

    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        self.log.alter_topic(topic, config)
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        let mut described = self.log.describe(topic)?;
        if let Some(described) = described.as_mut().filter(|_| self.switch.nameless.load(Ordering::SeqCst)) {
            described.id.clear();
        }
        Ok(described)
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        self.log.topics()
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        self.log.watermarks(of, isolation)
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        self.log.committed(group, of, wait)
    }

    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError> {
        self.log.group(group, wait)
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        Ok(Arc::new(FaultyProducer { producer: self.log.producer()?, switch: Arc::clone(&self.switch) }))
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        self.log.transactional(id)
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.log.group_consumer(group, member, topics)
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        self.log.reader(from, isolation)
    }
}
