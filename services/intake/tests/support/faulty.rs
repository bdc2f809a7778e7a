//! A log whose producers fail when they are told to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream::log::{
    DeliveryReport, GroupConsumer, GroupDescription, GroupMetadata, Isolation, Log, LogError, Outgoing, Producer,
    Reader, Start, Topic, TopicDescription, TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};

/// What a producer does with one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Deliver,
    /// It goes into the log, and its report never comes.
    Silence,
    /// The queue has no room.
    Full,
    Fail,
    Refuse,
    /// The producer is lost.
    Fatal,
}

type Plan = Box<dyn FnMut(&Outgoing) -> Fate + Send>;
type Faults = Arc<Mutex<Box<dyn FnMut(Call) -> Option<LogError> + Send>>>;

/// A call of a transactional producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Init,
    Begin,
    Send,
    SendOffsets,
    Commit,
    /// After the commit took place.
    Committed,
}

pub struct FaultyLog {
    inner: Arc<dyn Log>,
    plan: Arc<Mutex<Plan>>,
    faults: Faults,
    pub producers: AtomicUsize,
}

impl FaultyLog {
    pub fn sending(inner: Arc<dyn Log>, plan: impl FnMut(&Outgoing) -> Fate + Send + 'static) -> Arc<Self> {
        Self::new(inner, Box::new(plan), Box::new(|_| None))
    }

    pub fn transacting(
        inner: Arc<dyn Log>,
        faults: impl FnMut(Call) -> Option<LogError> + Send + 'static,
    ) -> Arc<Self> {
        Self::new(inner, Box::new(|_| Fate::Deliver), Box::new(faults))
    }

    fn new(inner: Arc<dyn Log>, plan: Plan, faults: Box<dyn FnMut(Call) -> Option<LogError> + Send>) -> Arc<Self> {
        let (plan, faults) = (Arc::new(Mutex::new(plan)), Arc::new(Mutex::new(faults)));
        Arc::new(Self { inner, plan, faults, producers: AtomicUsize::new(0) })
    }
}

fn reason() -> String {
    "the test says so".to_owned()
}

struct FaultyProducer {
    inner: Arc<dyn Producer>,
    plan: Arc<Mutex<Plan>>,
}

impl Producer for FaultyProducer {
    fn send(&self, record: Outgoing) -> Result<DeliveryReport, LogError> {
        let fate = (self.plan.lock().unwrap())(&record);
        let failed = |error| -> Result<DeliveryReport, LogError> { Ok(Box::pin(futures::future::ready(Err(error)))) };
        match fate {
            Fate::Deliver => self.inner.send(record),
            Fate::Silence => {
                drop(self.inner.send(record)?);
                Ok(Box::pin(futures::future::pending()))
            }
            Fate::Full => Err(LogError::QueueFull { what: "send" }),
            Fate::Fail => failed(LogError::Retry { what: "delivery", reason: reason() }),
            Fate::Refuse => failed(LogError::Refused { what: "delivery", reason: reason() }),
            Fate::Fatal => Err(LogError::Fatal { what: "send", reason: reason() }),
        }
    }

    fn flush(&self, wait: Duration) -> Result<(), LogError> {
        self.inner.flush(wait)
    }
}

struct FaultyTransactional {
    inner: Box<dyn TransactionalProducer>,
    faults: Faults,
}

impl FaultyTransactional {
    fn fault(&self, call: Call) -> Result<(), LogError> {
        (self.faults.lock().unwrap())(call).map_or(Ok(()), Err)
    }
}

impl TransactionalProducer for FaultyTransactional {
    fn init(&mut self, wait: Duration) -> Result<(), LogError> {
        self.fault(Call::Init)?;
        self.inner.init(wait)
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.fault(Call::Begin)?;
        self.inner.begin()
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        self.fault(Call::Send)?;
        self.inner.send(record)
    }

    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError> {
        self.fault(Call::SendOffsets)?;
        self.inner.send_offsets(next, group)
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.fault(Call::Commit)?;
        self.inner.commit()?;
        self.fault(Call::Committed)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.inner.abort()
    }

    fn is_in_doubt(&self) -> bool {
        self.inner.is_in_doubt()
    }
}

impl Log for FaultyLog {
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.inner.create_topics(topics)
    }

    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        self.inner.alter_topic(topic, config)
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        self.inner.describe(topic)
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        self.inner.topics()
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        self.inner.watermarks(of, isolation)
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        self.inner.committed(group, of, wait)
    }

    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError> {
        self.inner.group(group, wait)
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        self.producers.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(FaultyProducer { inner: self.inner.producer()?, plan: Arc::clone(&self.plan) }))
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        Ok(Box::new(FaultyTransactional { inner: self.inner.transactional(id)?, faults: Arc::clone(&self.faults) }))
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.inner.group_consumer(group, member, topics)
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        self.inner.reader(from, isolation)
    }
}
