//! The log as this crate sees it: topics of partitions, transactional producers, group consumers and plain readers.
//!
//! Two implementations keep one contract (`tests/contract.rs`): [`crate::kafka`] and [`crate::embedded`].
//! Every method that waits is synchronous and takes a deadline: workers are plain threads. [`Producer`] is the
//! exception, because the HTTP services wait for many delivery reports at once.
//!
//! What an implementation must keep:
//! - offsets of a partition only rise; transaction markers and aborted records take offsets too;
//! - a `ReadCommitted` reader sees the records of a transaction once it committed, never those of an aborted one,
//!   and never reads past the last stable offset;
//! - `send_offsets` commits with the transaction or not at all, and is refused to a fenced producer and to a
//!   group member of an older generation;
//! - `init` of a transactional id fences every older producer of that id and aborts what it left open.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// A topic's name, cheap to clone.
pub type Topic = Arc<str>;

/// One partition of one topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    pub topic: Topic,
    pub partition: i32,
}

impl TopicPartition {
    pub fn new(topic: impl Into<Topic>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// A header: its name and its bytes.
pub type Header = (Arc<str>, Bytes);

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since the epoch: the broker's append time where the topic says so, else the producer's time.
    pub timestamp_ms: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
}

/// A record to be appended. The partition is always explicit: see design, "The path of an event".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub topic: Topic,
    pub partition: i32,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
    /// Create time, milliseconds since the epoch; `None` lets the client stamp it. Ignored by topics with append time.
    pub timestamp_ms: Option<i64>,
}

/// How a reader treats transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    ReadCommitted,
    ReadUncommitted,
}

/// Where a plain reader starts in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Earliest,
    Latest,
    Offset(i64),
}

/// First offset still held, and the offset after the last one that the isolation lets a reader see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    pub low: i64,
    pub high: i64,
}

/// What a topic is, or should be: `config` holds Kafka's own setting names, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: Topic,
    pub partitions: i32,
    pub replication: i32,
    pub config: Vec<(String, String)>,
}

/// What a topic is, as the log reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    pub name: Topic,
    /// Never used again for another topic of the same name; makes tokens of another log recognisable. Of a topic kept for
    /// ever it may be empty until its first record is committed: Kafka's clients do not tell topic ids, so there it is made
    /// of the cluster's id and that record.
    pub id: String,
    pub partitions: i32,
    pub replication: i32,
    pub config: Vec<(String, String)>,
}

/// Opaque proof of membership, taken when a transaction begins and sent with its offsets.
#[derive(Clone)]
pub enum GroupMetadata {
    Embedded { group: Arc<str>, member: u64, generation: u64 },
    Kafka(Arc<rdkafka::consumer::ConsumerGroupMetadata>),
}

/// A member of a group, as the group's coordinator tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its static membership id.
    pub member: String,
    /// What the group gave it, sorted.
    pub partitions: Vec<TopicPartition>,
}

/// A group, as its coordinator tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Nobody is awaited: every member was told its part. Between the rounds of a cooperative rebalance a group is at rest,
    /// too, and what has to be given back first is nobody's.
    pub at_rest: bool,
    /// Sorted by id.
    pub members: Vec<GroupMember>,
}

/// What must be done about a failure: the only question a caller asks.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Call the same function again; the client resumes. After a time-out of a transaction call: finish the call,
    /// then throw the producer away.
    #[error("{what}: try again: {reason}")]
    Retry { what: &'static str, reason: String },
    /// The local queue is full: serve delivery reports (or wait), then send again.
    #[error("{what}: the queue of unsent records is full")]
    QueueFull { what: &'static str },
    /// Abort the transaction, drop the overlay, refold.
    #[error("{what}: abort: {reason}")]
    Abort { what: &'static str, reason: String },
    /// Another producer of this transactional id, or a newer generation of the group, took over: drop producer and consumer.
    #[error("{what}: fenced: {reason}")]
    Fenced { what: &'static str, reason: String },
    /// A record, topic or setting is refused for good; trying again does not help.
    #[error("{what}: refused: {reason}")]
    Refused { what: &'static str, reason: String },
    /// Neither retriable nor abortable: drop the client and start anew.
    #[error("{what}: fatal: {reason}")]
    Fatal { what: &'static str, reason: String },
}

/// The log: topics, and clients of it. Cheap to share (`Arc<dyn Log>`).
pub trait Log: Send + Sync + 'static {
    /// Creates the topics that are missing. An existing topic is left as it is.
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// Changes settings of an existing topic to those given (settings not named stay).
    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError>;

    /// Describes a topic, or `None` if there is none of that name.
    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError>;

    /// How many partitions a topic has, or `None` if there is none of that name.
    fn partitions(&self, topic: &str) -> Result<Option<i32>, LogError> {
        Ok(self.describe(topic)?.map(|described| described.partitions))
    }

    /// Names of all topics, sorted.
    fn topics(&self) -> Result<Vec<Topic>, LogError>;

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError>;

    /// The offset after the last record, records of open transactions included. A log that is not at hand waits no longer than
    /// `_wait` for an answer, and as long again to learn who knows it.
    fn end(&self, of: &TopicPartition, _wait: Duration) -> Result<i64, LogError> {
        Ok(self.watermarks(of, Isolation::ReadUncommitted)?.high)
    }

    /// The committed offset of a group for each partition asked, `None` where it has none. Waits for open
    /// transactions that hold offsets of that group (Kafka: `require_stable`).
    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError>;

    /// Who is in a group, and what the group gave whom. A group that is not known yet is tried again for.
    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError>;

    /// An idempotent producer (acks=all), not transactional.
    fn producer(&self) -> Result<Arc<dyn Producer>, LogError>;

    /// A transactional producer. `init` must be called before the first transaction.
    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError>;

    /// A member of a consumer group (cooperative, manual commit, read-committed). It joins with its first poll, or, on the log in
    /// memory, when it is made. `member` is the static membership id (`group.instance.id`), stable across restarts of one worker slot.
    /// Who comes back under its id gets what the group last gave it and changes nothing: what it owed another when it went is nobody's
    /// until the group changes for another reason (see [`crate::unowned`]), and so are topics that it did not ask for before, unless it left in between.
    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError>;

    /// A worker will soon ask for the offsets of this group and about these topics: begins with what takes time before the first answer, and
    /// returns at once. Nothing but how soon the answers come depends on it.
    fn prepare(self: Arc<Self>, _group: &str, _topics: &[Topic]) {}

    /// A reader of exactly these partitions, outside any group.
    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError>;
}

/// Where a record was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub partition: i32,
    pub offset: i64,
}

/// A delivery report to come.
pub type DeliveryReport = futures::future::BoxFuture<'static, Result<Delivery, LogError>>;

/// Sends records one by one, each with its delivery report. Order is kept per partition.
pub trait Producer: Send + Sync {
    /// Queues a record. `QueueFull` when the bounded queue has no room: back-pressure is the caller's to apply.
    fn send(&self, record: Outgoing) -> Result<DeliveryReport, LogError>;

    /// Waits until everything queued is delivered or failed.
    fn flush(&self, wait: Duration) -> Result<(), LogError>;
}

/// One transaction at a time. Used by one thread.
pub trait TransactionalProducer: Send {
    fn init(&mut self, wait: Duration) -> Result<(), LogError>;
    /// `Fatal` when an earlier transaction of this producer left its fate in doubt.
    fn begin(&mut self) -> Result<(), LogError>;
    /// Queues a record into the open transaction; waits for room in the queue itself.
    fn send(&mut self, record: &Outgoing) -> Result<(), LogError>;
    /// Adds the next offsets of a group to the open transaction. An empty list is a caller's error (`Refused`):
    /// it would be a silent no-op and would not be fenced.
    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError>;
    fn commit(&mut self) -> Result<(), LogError>;
    fn abort(&mut self) -> Result<(), LogError>;
    /// Whether something of a transaction that was committed may still be on its way to the log, because the client has sent it
    /// twice: it would be taken for a part of the next one, so that has to be another producer's.
    fn is_in_doubt(&self) -> bool;
}

/// What a poll of a group member yields.
#[derive(Debug)]
pub enum Polled {
    /// Nothing within the time given.
    Idle,
    /// Records, in offset order per partition.
    Records(Vec<Record>),
    /// Partitions that this member now owns. Nothing is fetched of them until [`GroupConsumer::start`] names their positions.
    Assigned(Vec<TopicPartition>),
    /// Partitions to give back: commit or abort what concerns them, then call [`GroupConsumer::release`]. Until then the
    /// group waits.
    Revoked(Vec<TopicPartition>),
    /// Partitions that are already another's: abort, drop their overlay, then call [`GroupConsumer::release`].
    Lost(Vec<TopicPartition>),
}

/// A member of a consumer group. Used by one thread; a rebalance is an ordinary result of `poll`, never a callback.
pub trait GroupConsumer: Send {
    /// Up to `most` records, waiting at most `wait` for the first. A log out of reach is silence, not an error: the client
    /// reconnects by itself. `Fenced` when another client took the member id, or this one was silent for so long that
    /// the group has expelled it.
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Polled, LogError>;
    /// Starts fetching the assigned partitions at these offsets. Also seeks partitions already started (refold).
    fn start(&mut self, at: &[(TopicPartition, i64)]) -> Result<(), LogError>;
    /// Answers `Revoked` and `Lost`. `Fenced` when the answer comes so late that the group may have expelled this member.
    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;
    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;
    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;
    /// Proof of membership in the present generation.
    fn metadata(&self) -> Result<GroupMetadata, LogError>;
    /// The offset after the last record handed out by `poll` (or the one given to `start`), counting the markers and
    /// aborted records passed over since, but never past a record not handed out yet: a partition is read to its end
    /// when its position has reached its end offset. (Kafka: the offset of the partition-end event, once all before it
    /// is handed out.)
    fn position(&mut self, of: &TopicPartition) -> Result<i64, LogError>;
    /// The last stable offset as last fetched, without a call to the broker where the client knows it.
    fn end_offset(&mut self, of: &TopicPartition) -> Result<i64, LogError>;
    /// Closes; whoever comes back under this member id within a session finds the partitions its own still.
    fn close(self: Box<Self>) -> Result<(), LogError>;
    /// Leaves the group for good and closes: the partitions go to the other members at once.
    fn leave(self: Box<Self>) -> Result<(), LogError>;
}

/// Reads given partitions from given positions. Used by one thread.
pub trait Reader: Send {
    /// Up to `most` records, waiting at most `wait` for the first; empty when none came.
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Vec<Record>, LogError>;
    /// Per partition the offset after the last record handed out, counting markers and aborted records passed over.
    fn positions(&self) -> Vec<(TopicPartition, i64)>;
}
