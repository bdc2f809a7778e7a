//! A log that fails when it is told to: wraps another log and answers chosen calls with errors, before or after the call took
//! place. What a client sees of a broken network is exactly this.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream::log::{
    GroupConsumer, GroupDescription, GroupMetadata, Isolation, Log, LogError, Outgoing, Polled, Producer, Reader,
    Start, Topic, TopicDescription, TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Init,
    Begin,
    Send,
    /// The same call, by partition.
    SendTo(i32),
    SendOffsets,
    Commit,
    Abort,
    Join,
    Poll,
    Start,
    Release,
    Metadata,
    Committed,
    Watermarks,
    Describe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Retry,
    Abort,
    Refused,
    Fenced,
    Fatal,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Retry, Self::Abort, Self::Refused, Self::Fenced, Self::Fatal];

    fn error(self) -> LogError {
        let (what, reason) = ("injected", "the test says so".to_owned());
        match self {
            Self::Retry => LogError::Retry { what, reason },
            Self::Abort => LogError::Abort { what, reason },
            Self::Refused => LogError::Refused { what, reason },
            Self::Fenced => LogError::Fenced { what, reason },
            Self::Fatal => LogError::Fatal { what, reason },
        }
    }
}

/// Whether the call takes place although it is answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// Decides for every call.
pub(crate) type Plan = Box<dyn FnMut(Call) -> Option<(When, Kind)> + Send>;

#[derive(Clone)]
struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    fn around<T>(&self, call: Call, inner: impl FnOnce() -> Result<T, LogError>) -> Result<T, LogError> {
        let fault = (self.0.lock().unwrap())(call);
        match fault {
            None => inner(),
            Some((When::Before, kind)) => Err(kind.error()),
            Some((When::After, kind)) => {
                inner()?;
                Err(kind.error())
            }
        }
    }
}

pub(crate) struct FaultyLog {
    inner: Arc<dyn Log>,
    faults: Faults,
    nameless: bool,
}

impl FaultyLog {
    pub(crate) fn new(inner: Arc<dyn Log>, plan: Plan) -> Arc<Self> {
        Arc::new(Self { inner, faults: Faults(Arc::new(Mutex::new(plan))), nameless: false })
    }

    /// A log whose topics have no id before their first record, as with Kafka.
    pub(crate) fn nameless(inner: Arc<dyn Log>) -> Arc<Self> {
        Arc::new(Self { inner, faults: Faults(Arc::new(Mutex::new(Box::new(|_| None)))), nameless: true })
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
        let mut description = self.faults.around(Call::Describe, || self.inner.describe(topic))?;
        if let Some(description) = description.as_mut().filter(|_| self.nameless) {
            let first = TopicPartition::new(topic, 0);
            if self.inner.watermarks(&first, Isolation::ReadCommitted)?.high == 0 {
                description.id.clear();
            }
        }
        Ok(description)
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        self.inner.topics()
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        self.faults.around(Call::Watermarks, || self.inner.watermarks(of, isolation))
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        self.faults.around(Call::Committed, || self.inner.committed(group, of, wait))
    }

    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError> {
        self.inner.group(group, wait)
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        self.inner.producer()
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        Ok(Box::new(FaultyProducer { inner: self.inner.transactional(id)?, faults: self.faults.clone() }))
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        let inner = self.faults.around(Call::Join, || self.inner.group_consumer(group, member, topics))?;
        Ok(Box::new(FaultyConsumer { inner, faults: self.faults.clone() }))
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        self.inner.reader(from, isolation)
    }
}

struct FaultyProducer {
    inner: Box<dyn TransactionalProducer>,
    faults: Faults,
}

impl TransactionalProducer for FaultyProducer {
    fn init(&mut self, wait: Duration) -> Result<(), LogError> {
        self.faults.around(Call::Init, || self.inner.init(wait))
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.faults.around(Call::Begin, || self.inner.begin())
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        let to = Call::SendTo(record.partition);
        self.faults.around(Call::Send, || self.faults.around(to, || self.inner.send(record)))
    }

    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError> {
        self.faults.around(Call::SendOffsets, || self.inner.send_offsets(next, group))
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.faults.around(Call::Commit, || self.inner.commit())
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.faults.around(Call::Abort, || self.inner.abort())
    }

    fn is_in_doubt(&self) -> bool {
        self.inner.is_in_doubt()
    }
}

struct FaultyConsumer {
    inner: Box<dyn GroupConsumer>,
    faults: Faults,
}

impl GroupConsumer for FaultyConsumer {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Polled, LogError> {
        self.faults.around(Call::Poll, || self.inner.poll(most, wait))
    }

    fn start(&mut self, at: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.faults.around(Call::Start, || self.inner.start(at))
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.faults.around(Call::Release, || self.inner.release(partitions))
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.inner.pause(partitions)
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.inner.resume(partitions)
    }

    fn metadata(&self) -> Result<GroupMetadata, LogError> {
        self.faults.around(Call::Metadata, || self.inner.metadata())
    }

    fn position(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.inner.position(of)
    }

    fn end_offset(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.inner.end_offset(of)
    }

    fn close(self: Box<Self>) -> Result<(), LogError> {
        self.inner.close()
    }

    fn leave(self: Box<Self>) -> Result<(), LogError> {
        self.inner.leave()
    }
}
