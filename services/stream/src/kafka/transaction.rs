//! The transactional producer.
//!
//! The traps of the client library that this keeps clear of: a commit with records in flight costs 100 ms unless they
//! are drained by polling first; an abort with unserved delivery reports hangs until they are purged and served; what
//! was on a connection that is lost is sent again by the client itself, and both may arrive, so the producer is not used again
//! after one was lost, nor after a slow commit (KIP-890, which librdkafka has not); a producer that is told to wait until its predecessor's transaction is ended asks again only after half a second, unless `init` is
//! called again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext, PurgeConfig};
use rdkafka::util::Timeout;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::bounded::{Unfinished, within};
use super::errors::classify;
use super::record::headers_given;
use super::settings::{KafkaSettings, TRANSACTION_TIMEOUT};
use super::trace;
use crate::log::{GroupMetadata, LogError, Outgoing, TopicPartition, TransactionalProducer};

/// How long a send waits for room in the queue before it asks to be called again.
const ROOM_WAIT: Duration = Duration::from_secs(10);

/// Pause between two looks at the queue while it drains.
const DRAIN_STEP: Duration = Duration::from_micros(100);

/// Events of the client that are served after a commit, at most: the loss of a connection is among the first.
const SERVED_MAX: usize = 32;

/// A commit that took longer may have been repeated inside the client: see [`super::settings`] and KIP-890.
const SUSPICIOUS: Duration = Duration::from_secs(2);

/// How long a call of a transaction may take: two seconds more than the broker waits before it gives the transaction up. See
/// [`super::bounded`].
const CALL_MAX: Duration = TRANSACTION_TIMEOUT.saturating_add(Duration::from_secs(2));

pub(super) struct KafkaTransactional {
    /// Shared with a call that never returned.
    producer: Arc<BaseProducer<Failures>>,
    phase: Phase,
    /// A call goes on that was given up: nothing can be asked of this producer any more.
    stuck: bool,
    /// Why this producer is not to be used for another transaction.
    spent: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Ready,
    Open,
}

impl KafkaTransactional {
    pub(super) fn new(settings: &KafkaSettings, id: &str) -> Result<Self, LogError> {
        let config = settings.transactional(id);
        let producer = BaseProducer::from_config_and_context(&config, Failures::default())
            .map_err(|error| classify("transactional producer", &error))?;
        Ok(Self { producer: Arc::new(producer), phase: Phase::New, stuck: false, spent: None })
    }

    fn require(&self, what: &'static str, phase: Phase) -> Result<(), LogError> {
        if self.stuck {
            return Err(LogError::Fatal { what, reason: "an earlier call of this producer still goes on".into() });
        }
        let reason = match (self.phase, phase) {
            (Phase::New, Phase::Ready | Phase::Open) => "call init first",
            (Phase::Open, Phase::Ready) => "a transaction is open: commit or abort it",
            (Phase::Ready, Phase::Open) => "no transaction is open: call begin",
            (Phase::New | Phase::Ready | Phase::Open, _) => return Ok(()),
        };
        Err(LogError::Refused { what, reason: reason.into() })
    }

    /// Serves delivery reports until nothing is in flight. The client gives up on a record when the transaction's time
    /// is over, so this ends.
    fn drain(&self) {
        loop {
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() == 0 {
                return;
            }
            std::thread::sleep(DRAIN_STEP);
        }
    }

    /// Calls the client, which may never come back: then this producer is of no more use.
    fn bounded(
        &mut self,
        what: &'static str,
        call: impl FnOnce(&BaseProducer<Failures>) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<Result<(), KafkaError>, LogError> {
        let producer = Arc::clone(&self.producer);
        within(CALL_MAX, move || call(&producer)).map_err(|unfinished| {
            let reason = match unfinished {
                Unfinished::StillGoesOn => "the client does not come back from the call",
                Unfinished::Ended => "the call has no thread: none could be started, or it panicked",
            };
            self.stuck = unfinished == Unfinished::StillGoesOn;
            LogError::Fatal { what, reason: reason.into() }
        })
    }

    fn failure(&self) -> Option<KafkaError> {
        self.producer.context().take()
    }
}

impl TransactionalProducer for KafkaTransactional {
    fn init(&mut self, wait: Duration) -> Result<(), LogError> {
        self.producer.init_transactions(wait).map_err(|error| classify("init", &error))?;
        self.phase = Phase::Ready;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), LogError> {
        let what = "begin";
        self.require(what, Phase::Ready)?;
        if let Some(reason) = self.spent {
            return Err(LogError::Fatal { what, reason: reason.into() });
        }
        self.producer.begin_transaction().map_err(|error| classify(what, &error))?;
        self.failure();
        self.phase = Phase::Open;
        Ok(())
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        let what = "send in transaction";
        self.require(what, Phase::Open)?;
        let mut deadline = None;
        let mut base: BaseRecord<'_, [u8], [u8]> = BaseRecord {
            topic: &record.topic,
            partition: Some(record.partition),
            payload: record.value.as_deref(),
            key: record.key.as_deref(),
            timestamp: record.timestamp_ms,
            headers: headers_given(record),
            delivery_opaque: (),
        };
        loop {
            match self.producer.send(base) {
                Ok(()) => return Ok(()),
                Err((error, back)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => {
                    let now = Instant::now();
                    if now >= *deadline.get_or_insert(now + ROOM_WAIT) {
                        let reason = "the queue of unsent records stays full".into();
                        return Err(LogError::Retry { what, reason });
                    }
                    base = back;
                    self.producer.poll(Duration::ZERO);
                    std::thread::sleep(DRAIN_STEP);
                }
                Err((error, _)) => return Err(classify(what, &error)),
            }
        }
    }

    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError> {
        let what = "send offsets";
        self.require(what, Phase::Open)?;
        if next.is_empty() {
            let reason = "no offsets: it would not be fenced; repeat an old offset if none advanced".into();
            return Err(LogError::Refused { what, reason });
        }
        let metadata = match group {
            GroupMetadata::Kafka(metadata) => metadata,
            GroupMetadata::Embedded { .. } => {
                let reason = "the group metadata is of another log".into();
                return Err(LogError::Refused { what, reason });
            }
        };
        let mut offsets = TopicPartitionList::with_capacity(next.len());
        for (of, offset) in next {
            offsets
                .add_partition_offset(&of.topic, of.partition, Offset::Offset(*offset))
                .map_err(|error| classify(what, &error))?;
        }
        let started = Instant::now();
        let metadata = Arc::clone(metadata);
        let outcome = self
            .bounded(what, move |producer| producer.send_offsets_to_transaction(&offsets, &metadata, Timeout::Never))?;
        if started.elapsed() > SUSPICIOUS {
            self.spent = Some("offsets took so long to send that they may have been sent twice");
        }
        outcome.map_err(|error| classify(what, &error))
    }

    fn commit(&mut self) -> Result<(), LogError> {
        let what = "commit";
        self.require(what, Phase::Open)?;
        let started = Instant::now();
        self.drain();
        // Left behind, it may still take place, or fail: the next producer's start waits until that is settled.
        let outcome = self.bounded(what, |producer| producer.commit_transaction(Timeout::Never))?;
        (0..SERVED_MAX).for_each(|_| self.producer.poll(Duration::ZERO));
        if started.elapsed() > SUSPICIOUS {
            self.spent = Some("an earlier commit took so long that it may have been repeated");
        } else if self.producer.context().has_lost_a_connection() {
            self.spent = Some("a connection was lost, and what was on it may have been repeated");
        }
        match outcome {
            Ok(()) => {
                self.phase = Phase::Ready;
                Ok(())
            }
            // The broker refused a record for its size: to say only "abort" would repeat it for ever. The gap that it
            // left in the sequence numbers would fail the next transaction too.
            Err(error) => match self.failure().map(|failure| classify(what, &failure)) {
                Some(refused @ LogError::Refused { .. }) => {
                    self.spent = Some("the broker refused a record of an earlier transaction");
                    Err(refused)
                }
                Some(_) | None => Err(classify(what, &error)),
            },
        }
    }

    fn abort(&mut self) -> Result<(), LogError> {
        let what = "abort";
        self.require(what, Phase::Open)?;
        self.producer.purge(PurgeConfig::default().queue().inflight());
        self.drain();
        let outcome = self.bounded(what, |producer| producer.abort_transaction(Timeout::Never))?;
        outcome.map_err(|error| classify(what, &error))?;
        self.phase = Phase::Ready;
        Ok(())
    }

    fn is_in_doubt(&self) -> bool {
        self.spent.is_some()
    }
}

/// Remembers what went wrong beside the calls.
#[derive(Default)]
struct Failures {
    /// The first record of a transaction that could not be delivered.
    record: Mutex<Option<KafkaError>>,
    /// A connection that stood has ended. There is no event of it, only a line of the log.
    lost: AtomicBool,
}

impl Failures {
    fn take(&self) -> Option<KafkaError> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn has_lost_a_connection(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Whether a line of librdkafka's log says that a connection has ended which may have carried something of a transaction: one that
/// stood, and not one that was being made. Where a request was not answered in time, no more is said of the end.
fn tells_a_loss(facility: &str, message: &str) -> bool {
    let stood = message.contains("in state UP") || !message.contains("in state ");
    facility == "REQTMOUT" || (facility == "FAIL" && stood)
}

impl ClientContext for Failures {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if tells_a_loss(facility, message) {
            self.lost.store(true, Ordering::Relaxed);
        }
        trace::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        trace::error("transactional producer", &error, reason);
    }
}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut first = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| error.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_ended_is_told_from_one_that_was_never_made() {
        let lost = "127.0.0.1:9092/1: Disconnected (after 804ms in state UP)";
        let reset =
            "GroupCoordinator: 127.0.0.1:9092: Receive failed: Connection reset by peer (after 12ms in state UP)";
        let refused =
            "127.0.0.1:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)";
        assert!(tells_a_loss("FAIL", lost) && tells_a_loss("FAIL", reset));
        let greeted = "127.0.0.1:9092/bootstrap: Disconnected (after 3ms in state APIVERSION_QUERY)";
        let silent = "127.0.0.1:9092/1: Timed out 1 in-flight, 0 retry-queued, 0 out-queue, 0 partially-sent requests";
        assert!(!tells_a_loss("FAIL", refused) && !tells_a_loss("FAIL", greeted) && !tells_a_loss("TXNERR", lost));
        assert!(tells_a_loss("REQTMOUT", silent));
    }
}
