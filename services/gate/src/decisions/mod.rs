//! The decision log: every answer is on record (R12, design "The decision log").
//!
//! An answer that restricts, or is about a natural person, waits until Kafka has acknowledged its record; many at once wait
//! for one another's batch, for the producer groups them. The others go through a bounded queue to one thread that
//! sends them, and keeps them on disk while the log is down. Records share the partition of their subject.
//!
//! A record may reach the log twice, under one id. An answer whose record was not acknowledged in time is not given: what
//! is given instead has an id of its own, so the record that may still arrive stands for an answer that nobody had.

mod corrections;
mod find;
mod id;
mod sender;
mod spool;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::subject::partition_of;
use futures::future::join_all;
use schemas::topics::Topics;
use schemas::{Codec, DecisionRecord};
use stream::log::{Isolation, Log, LogError, Outgoing, Producer, TopicPartition};
use tokio::time::Instant;

pub(crate) use corrections::corrections_of;
pub(crate) use find::{Found, find};
pub(crate) use id::DecisionId;
pub(crate) use sender::Sender;
pub use spool::SpoolError;
pub(crate) use spool::{Spool, Spooled};

use crate::metrics::{Logged, Metrics};

/// Between two attempts to hand a record to a producer whose queue is full.
const FULL_PAUSE: Duration = Duration::from_millis(5);

/// The record was not acknowledged in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// How an answer goes on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    BeforeTheAnswer,
    AfterTheAnswer,
}

pub(crate) struct DecisionLog {
    parts: Arc<Parts>,
    queue: SyncSender<Spooled>,
    recent: Mutex<Recent>,
}

/// What sending a record takes.
pub(crate) struct Parts {
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) ack_timeout: Duration,
    pub(crate) metrics: Metrics,
    /// Per partition the end of the log as last seen: where a new id says to look from.
    ends: Vec<AtomicI64>,
}

struct Recent {
    max: usize,
    order: VecDeque<DecisionId>,
    by_id: HashMap<DecisionId, Arc<DecisionRecord>>,
}

impl Parts {
    pub(crate) fn new(
        log: &dyn Log,
        topics: Arc<Topics>,
        codec: Arc<Codec>,
        ack_timeout: Duration,
        metrics: Metrics,
    ) -> Result<Self, LogError> {
        let mut ends = Vec::new();
        for partition in 0..i32::from(topics.partitions().get()) {
            let of = TopicPartition::new(Arc::clone(topics.decisions()), partition);
            ends.push(AtomicI64::new(log.watermarks(&of, Isolation::ReadUncommitted)?.high));
        }
        Ok(Self { producer: log.producer()?, topics, codec, ack_timeout, metrics, ends })
    }

    fn end(&self, partition: i32) -> Option<&AtomicI64> {
        self.ends.get(usize::try_from(partition).ok()?)
    }

    /// Sends records and waits for all of them at once; says of each whether it was acknowledged in time.
    pub(crate) async fn send(&self, records: &[Spooled]) -> Vec<Result<(), Unavailable>> {
        let deadline = Instant::now() + self.ack_timeout;
        let mut reports = Vec::with_capacity(records.len());
        for record in records {
            reports.push(self.hand_over(record, deadline).await);
        }
        let acknowledged =
            reports.into_iter().map(async |report| match tokio::time::timeout_at(deadline, report?).await {
                Ok(Ok(delivery)) => {
                    if let Some(end) = self.end(delivery.partition) {
                        end.fetch_max(delivery.offset + 1, Ordering::Relaxed);
                    }
                    Ok(())
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a decision was not taken by the log");
                    Err(Unavailable)
                }
                Err(_) => Err(Unavailable),
            });
        join_all(acknowledged).await
    }

    async fn hand_over(&self, record: &Spooled, deadline: Instant) -> Result<stream::log::DeliveryReport, Unavailable> {
        loop {
            let outgoing = Outgoing {
                topic: Arc::clone(self.topics.decisions()),
                partition: record.partition,
                key: Some(record.key.clone()),
                value: Some(record.value.clone()),
                headers: Vec::new(),
                timestamp_ms: None,
            };
            match self.producer.send(outgoing) {
                Ok(report) => return Ok(report),
                Err(LogError::QueueFull { .. } | LogError::Retry { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(FULL_PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a decision was not taken by the log");
                    return Err(Unavailable);
                }
            }
        }
    }
}

impl DecisionLog {
    pub(crate) fn new(parts: Arc<Parts>, queue: SyncSender<Spooled>, recent_max: usize) -> Self {
        let recent = Recent { max: recent_max, order: VecDeque::new(), by_id: HashMap::new() };
        Self { parts, queue, recent: Mutex::new(recent) }
    }

    /// A new id for a decision about a subject of this partition.
    pub(crate) fn id(&self, partition: i32) -> DecisionId {
        let end = self.parts.end(partition).map_or(0, |end| end.load(Ordering::Relaxed));
        DecisionId::new(partition, end)
    }

    /// Puts answers on record, all that must wait at once. Says of each whether it may be given.
    pub(crate) async fn log(
        &self,
        records: Vec<(DecisionId, DecisionRecord, Urgency)>,
    ) -> Vec<Result<(), Unavailable>> {
        let mut outcome = vec![Ok(()); records.len()];
        let mut waiting = Vec::new();
        for (at, (_, record, urgency)) in records.iter().enumerate() {
            let Some(spooled) = self.encode(record) else {
                outcome[at] = Err(Unavailable);
                continue;
            };
            match urgency {
                Urgency::BeforeTheAnswer => waiting.push((at, spooled)),
                // A full queue is back-pressure: the answer waits for its own record.
                Urgency::AfterTheAnswer => waiting.extend(self.queue(spooled).err().map(|spooled| (at, spooled))),
            }
        }
        let (places, spooled): (Vec<usize>, Vec<Spooled>) = waiting.into_iter().unzip();
        for (at, sent) in places.into_iter().zip(self.parts.send(&spooled).await) {
            outcome[at] = sent;
            let result = if sent.is_ok() { Logged::Acknowledged } else { Logged::Unavailable };
            self.parts.metrics.logged(result, 1);
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for ((id, record, _), outcome) in records.into_iter().zip(&outcome) {
            if outcome.is_ok() {
                recent.keep(id, record);
            }
        }
        outcome
    }

    /// Puts an answer on record that was given because another could not be: nobody waits for it.
    pub(crate) fn note(&self, id: DecisionId, record: DecisionRecord) {
        if let Some(spooled) = self.encode(&record)
            && self.queue(spooled).is_err()
        {
            self.parts.metrics.logged(Logged::Lost, 1);
        }
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).keep(id, record);
    }

    /// An answer given lately by this process.
    pub(crate) fn recent(&self, id: &DecisionId) -> Option<Arc<DecisionRecord>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    fn encode(&self, record: &DecisionRecord) -> Option<Spooled> {
        match self.parts.codec.encode_decision(record) {
            Ok(value) => Some(Spooled {
                partition: partition_of(&record.subject, self.parts.topics.partitions()),
                key: record.subject.as_str().to_owned().into(),
                value,
            }),
            Err(error) => {
                tracing::error!(%error, "a decision cannot be encoded");
                None
            }
        }
    }

    fn queue(&self, record: Spooled) -> Result<(), Spooled> {
        self.queue.try_send(record).map_err(|full| match full {
            TrySendError::Full(record) | TrySendError::Disconnected(record) => record,
        })?;
        self.parts.metrics.queue.inc();
        Ok(())
    }
}

impl Recent {
    fn keep(&mut self, id: DecisionId, record: DecisionRecord) {
        if self.max == 0 {
            return;
        }
        while self.order.len() >= self.max {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.by_id.remove(&oldest));
        }
        self.order.push_back(id);
        self.by_id.insert(id, Arc::new(record));
    }
}
