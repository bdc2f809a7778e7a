//! A consumer's stream of records with exact positions, markers and aborted records counted.
//!
//! librdkafka tells the position after the last record, not the one after the markers behind it. Its statistics do:
//! `next_offset` says that everything before it was fetched and queued, and a queue that was empty at that moment says
//! that all of it was handed out. Such a snapshot becomes a position only if it is of the present fetch: a record or a
//! partition end arrived since whatever interrupted fetching last (a seek, a pause, a rebalance), and the snapshot was
//! made after that.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::util::Timeout;

use super::context::{Context, Snapshot};
use super::errors::classify;
use super::record::{Names, taken};
use crate::log::{Isolation, LogError, Record, TopicPartition};

pub(super) struct Cursor {
    pub(super) consumer: BaseConsumer<Context>,
    isolation: Isolation,
    names: Names,
    positions: BTreeMap<TopicPartition, Position>,
    /// Rebalances taken account of.
    rebalances: u64,
    /// An error met behind records that were handed out first.
    failed: Option<LogError>,
}

struct Position {
    /// After the last record handed out, or where it was started.
    handed: i64,
    /// Markers and aborted records included.
    next: i64,
    end: Option<i64>,
    /// Since when what the client fetches is of this position; `None` until that is proved.
    proved: Option<Instant>,
    /// On its way out: its records are not handed out any more.
    stopped: bool,
}

impl Cursor {
    pub(super) fn new(consumer: BaseConsumer<Context>, isolation: Isolation) -> Self {
        Self { consumer, isolation, names: Names::default(), positions: BTreeMap::new(), rebalances: 0, failed: None }
    }

    /// Takes records of this partition from `at` on. `fresh`: this client never fetched the partition before.
    pub(super) fn start(&mut self, of: TopicPartition, at: i64, fresh: bool) {
        let proved = fresh.then(Instant::now);
        self.positions.insert(of, Position { handed: at, next: at, end: None, proved, stopped: false });
    }

    pub(super) fn stop(&mut self, of: &TopicPartition) {
        if let Some(position) = self.positions.get_mut(of) {
            position.stopped = true;
        }
    }

    pub(super) fn forget(&mut self, of: &TopicPartition) {
        self.positions.remove(of);
    }

    pub(super) fn position(&self, of: &TopicPartition) -> Option<i64> {
        self.positions.get(of).map(|position| position.next)
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = (&TopicPartition, i64)> {
        self.positions.iter().map(|(of, position)| (of, position.next))
    }

    /// The end as last fetched, `None` before the first fetch was reported.
    pub(super) fn end(&self, of: &TopicPartition) -> Option<i64> {
        let position = self.positions.get(of)?;
        Some(position.end?.max(position.next))
    }

    /// Fetching was interrupted everywhere: what was known of it is not of the present fetch.
    pub(super) fn interrupted(&mut self) {
        for position in self.positions.values_mut() {
            position.proved = None;
        }
    }

    /// The same in these partitions. Others are fetched as before, and nothing would prove their positions again: the client tells the end of
    /// a partition once.
    pub(super) fn interrupted_in(&mut self, partitions: &[TopicPartition]) {
        for of in partitions {
            if let Some(position) = self.positions.get_mut(of) {
                position.proved = None;
            }
        }
    }

    /// Up to `most` records. Returns early, with what there is, when ownership changes.
    pub(super) fn poll(&mut self, most: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let deadline = Instant::now() + wait;
        let mut out = Vec::new();
        while out.len() < most && !self.consumer.context().has_change() {
            let timeout = if out.is_empty() {
                whole_ms(deadline.saturating_duration_since(Instant::now()))
            } else {
                Duration::ZERO
            };
            let polled =
                poll_once(&self.consumer, timeout, |message| keep(&mut self.positions, &mut self.names, message));
            match polled {
                Some(Ok(Some(record))) => out.push(record),
                Some(Ok(None)) => {}
                Some(Err(KafkaError::PartitionEOF(partition))) => self.prove_by_end(partition),
                Some(Err(error)) => match classify("poll", &error) {
                    // A lost connection, a missing leader: the client gets over it by itself, and has logged it.
                    LogError::Retry { .. } | LogError::QueueFull { .. } => {}
                    error @ (LogError::Abort { .. }
                    | LogError::Fenced { .. }
                    | LogError::Refused { .. }
                    | LogError::Fatal { .. }) => {
                        if out.is_empty() {
                            return Err(error);
                        }
                        self.failed = Some(error);
                        break;
                    }
                },
                None => {
                    self.observe();
                    if !out.is_empty() || Instant::now() >= deadline {
                        break;
                    }
                }
            }
        }
        self.observe();
        Ok(out)
    }

    /// Takes account of what was served beside records.
    fn observe(&mut self) {
        let rebalances = self.consumer.context().rebalances();
        if rebalances != self.rebalances {
            self.rebalances = rebalances;
            self.interrupted();
        }
        if let Some(snapshot) = self.consumer.context().take_snapshot() {
            self.advance(&snapshot);
        }
    }

    fn advance(&mut self, snapshot: &Snapshot) {
        for (of, position) in &mut self.positions {
            let Some(fetched) = snapshot.partitions.get(of) else { continue };
            let end = match self.isolation {
                Isolation::ReadCommitted => fetched.ls_offset,
                Isolation::ReadUncommitted => fetched.hi_offset,
            };
            if end >= 0 {
                position.end = Some(end);
            }
            let current = position.proved.is_some_and(|since| snapshot.at > since);
            if current && fetched.queued == 0 && !position.stopped {
                position.next = position.next.max(fetched.next_offset);
            }
        }
    }

    /// The event names only the partition's number: it proves something when there is one topic to it.
    fn prove_by_end(&mut self, partition: i32) {
        let mut named = self.positions.iter_mut().filter(|(of, _)| of.partition == partition);
        if let (Some((_, position)), None) = (named.next(), named.next()) {
            position.proved.get_or_insert_with(Instant::now);
        }
    }
}

/// The least whole milliseconds that are no shorter. librdkafka waits for whole ones, and for what is left of the last rdkafka
/// looks at the queue again and again without a pause, which takes a core's time from everything else.
fn whole_ms(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX))
}

/// One look at the consumer's queue. The record is taken inside, where what librdkafka lent is still alive.
fn poll_once(
    consumer: &BaseConsumer<Context>,
    timeout: Duration,
    keep: impl FnOnce(&BorrowedMessage<'_>) -> Option<Record>,
) -> Option<Result<Option<Record>, KafkaError>> {
    let message = consumer.poll(Timeout::After(timeout))?;
    Some(message.map(|message| keep(&message)))
}

/// The record, if its partition is started and it is not before the position asked for.
fn keep(
    positions: &mut BTreeMap<TopicPartition, Position>,
    names: &mut Names,
    message: &BorrowedMessage<'_>,
) -> Option<Record> {
    let topic = names.shared(message.topic());
    let of = TopicPartition { topic, partition: message.partition() };
    let position = positions.get_mut(&of).filter(|position| !position.stopped)?;
    if message.offset() < position.handed {
        return None;
    }
    position.handed = message.offset() + 1;
    position.next = position.handed;
    position.proved.get_or_insert_with(Instant::now);
    Some(taken(message, of.topic, names))
}
