//! The worker's transactional producer: one transaction at a time, every call finished or given up within a bound.
//!
//! A call of a transaction that had to be repeated is finished, and then its producer is not used again: an earlier
//! attempt may still be on its way to the broker and would end another transaction. A new producer has a new epoch.

use std::time::{Duration, Instant};

use super::failure::{Failure, Way};
use crate::log::{GroupConsumer, GroupMetadata, LogError, Outgoing, TopicPartition, TransactionalProducer};
use crate::observer::Cause;
use crate::probe::{Protection, Step};
use crate::runtime::Context;
use crate::time::Waited;

/// A commit that took so long may have been repeated inside the client: its producer is replaced as well.
const SUSPICIOUS: Duration = Duration::from_secs(2);
/// Wait of the first attempt to initialise. Each is twice as long as the one before, up to the time after which Kafka's client
/// would ask the broker again by itself; another attempt makes it ask at once, unless the broker has yet to answer.
const INIT_WAIT: Duration = Duration::from_millis(10);
const INIT_WAIT_MAX: Duration = Duration::from_millis(500);
/// Between two attempts of a call.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Transaction<'a> {
    context: &'a Context,
    slot: usize,
    id: String,
    producer: Option<Box<dyn TransactionalProducer>>,
    open: bool,
    /// Taken with the first output: offsets are committed for the member we were then, not for the one that a client may have
    /// become since. Between a rebalance and now the partitions may have been another's.
    member: Option<GroupMetadata>,
    /// Outputs that the client does not have yet.
    held: Vec<(TopicPartition, Vec<Outgoing>)>,
    held_bytes: usize,
    outputs: u64,
    bytes: usize,
    committed_at: Option<Instant>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(context: &'a Context, slot: usize) -> Self {
        let id = context.settings.member(slot);
        Self {
            context,
            slot,
            id,
            producer: None,
            open: false,
            member: None,
            held: Vec::new(),
            held_bytes: 0,
            outputs: 0,
            bytes: 0,
            committed_at: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Bytes of outputs since the last commit.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn outputs(&self) -> u64 {
        self.outputs
    }

    /// How long the next transaction should still wait before it begins: see [`RuntimeSettings::commit_pause`].
    ///
    /// [`RuntimeSettings::commit_pause`]: crate::settings::RuntimeSettings::commit_pause
    pub(super) fn pause(&self) -> Duration {
        if self.is_open() {
            return Duration::ZERO;
        }
        let since = |at| self.context.settings.commit_pause.saturating_sub(self.context.time().since(at));
        self.committed_at.map_or(Duration::ZERO, since)
    }

    /// Makes sure that there is a producer, and that nothing of an earlier one is left open.
    pub(super) fn ready(&mut self) -> Result<(), Failure> {
        if self.producer.is_some() {
            return Ok(());
        }
        let log = &self.context.parts.log;
        let mut producer = log.transactional(&self.id).map_err(|error| Failure::producer(&error))?;
        let mut wait = INIT_WAIT;
        let attempt = |producer: &mut dyn TransactionalProducer| {
            let outcome = producer.init(wait);
            wait = (wait * 2).min(INIT_WAIT_MAX);
            outcome
        };
        finish(self.context, producer.as_mut(), attempt).map_err(|error| Failure::producer(&error))?;
        self.producer = Some(producer);
        Ok(())
    }

    fn begin(&mut self, consumer: &dyn GroupConsumer) -> Result<(), Failure> {
        if self.is_open() {
            return Ok(());
        }
        let pause = self.pause();
        if !pause.is_zero() {
            self.context.wait_for_stop(pause);
        }
        self.reached(Step::Begin)?;
        self.ready()?;
        self.member(consumer)?;
        self.with_producer(|producer| producer.begin())?;
        self.open = true;
        Ok(())
    }

    fn member(&mut self, consumer: &dyn GroupConsumer) -> Result<GroupMetadata, Failure> {
        if let Some(member) = &self.member {
            return Ok(member.clone());
        }
        let member = consumer.metadata().map_err(|error| Failure::consumer(&error))?;
        Ok(self.member.insert(member).clone())
    }

    /// Adds a partition's outputs to the transaction, which begins when there is a lot of them and it need not wait.
    pub(super) fn send(
        &mut self,
        consumer: &dyn GroupConsumer,
        of: &TopicPartition,
        outputs: Vec<Outgoing>,
    ) -> Result<(), Failure> {
        let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
        self.outputs += outputs.len() as u64;
        let bytes = outputs.iter().map(|output| length(&output.key) + length(&output.value)).sum::<usize>();
        self.member(consumer)?;
        self.held.push((of.clone(), outputs));
        self.held_bytes += bytes;
        self.bytes += bytes;
        if self.held_bytes < self.context.settings.lot_bytes || !self.pause().is_zero() {
            return Ok(());
        }
        self.begin(consumer)?;
        self.hand_over()
    }

    /// What is refused is the fault of the partition whose output it is, whoever else is in the transaction.
    fn hand_over(&mut self) -> Result<(), Failure> {
        self.held_bytes = 0;
        for (of, outputs) in std::mem::take(&mut self.held) {
            self.reached(Step::Send)?;
            for output in outputs {
                // A full queue is waited for: that is no doubt about the transaction.
                self.call(|producer| producer.send(&output)).map_err(|failure| failure.blaming(&of))?;
            }
        }
        Ok(())
    }

    pub(super) fn send_offsets(
        &mut self,
        consumer: &dyn GroupConsumer,
        next: &[(TopicPartition, i64)],
    ) -> Result<(), Failure> {
        self.begin(consumer)?;
        self.hand_over()?;
        self.reached(Step::Offsets)?;
        let member = self.member(consumer)?;
        self.with_producer(|producer| producer.send_offsets(next, &member))
    }

    /// Commits. After an error it is unknown whether it took place.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        self.reached(Step::Commit)?;
        let started = self.context.time().now();
        self.with_producer(|producer| producer.commit())?;
        self.closed();
        let ended = self.context.time().now();
        self.committed_at = Some(ended);
        let took = ended.saturating_duration_since(started);
        if took > SUSPICIOUS && self.context.keeps(Protection::SlowProducerReplaced) {
            tracing::warn!(slot = self.slot, ?took, "a commit took suspiciously long: new producer");
            self.producer = None;
        }
        let in_doubt = self.producer.as_ref().is_some_and(|producer| producer.is_in_doubt());
        if in_doubt && self.context.keeps(Protection::DoubtedProducerReplaced) {
            tracing::info!(slot = self.slot, "something of a transaction may have been sent twice: new producer");
            self.producer = None;
        }
        Ok(())
    }

    /// Gives up the producer and whatever it has open. The next one aborts what this one could not.
    pub(super) fn abandon(&mut self) {
        let open = self.is_open();
        self.closed();
        let Some(mut producer) = self.producer.take() else { return };
        if open && let Err(error) = producer.abort() {
            tracing::debug!(slot = self.slot, %error, "abort failed; the next producer does it");
        }
    }

    fn closed(&mut self) {
        self.open = false;
        self.member = None;
        self.held.clear();
        self.held_bytes = 0;
        self.outputs = 0;
        self.bytes = 0;
    }

    fn with_producer(
        &mut self,
        attempt: impl FnMut(&mut dyn TransactionalProducer) -> Result<(), LogError>,
    ) -> Result<(), Failure> {
        match self.call(attempt)? {
            Repeated::No => Ok(()),
            Repeated::Yes => {
                Err(Failure::new(Way::Refold, Cause::TimedOut, "a call of the transaction had to be repeated"))
            }
        }
    }

    fn call(
        &mut self,
        attempt: impl FnMut(&mut dyn TransactionalProducer) -> Result<(), LogError>,
    ) -> Result<Repeated, Failure> {
        let Some(producer) = self.producer.as_deref_mut() else {
            return Err(Failure::new(Way::Refold, Cause::Client, "there is no producer"));
        };
        finish(self.context, producer, attempt).map_err(|error| Failure::producer(&error))
    }

    fn reached(&self, step: Step) -> Result<(), Failure> {
        Failure::probe(self.context, self.slot, step)
    }
}

/// Whether a call had to be tried more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    No,
    Yes,
}

/// Calls until it is done, it fails, or the time is over.
fn finish(
    context: &Context,
    producer: &mut dyn TransactionalProducer,
    mut attempt: impl FnMut(&mut dyn TransactionalProducer) -> Result<(), LogError>,
) -> Result<Repeated, LogError> {
    let deadline = context.time().now() + context.settings.call_timeout;
    let mut repeated = Repeated::No;
    loop {
        let error = match attempt(producer) {
            Ok(()) => return Ok(repeated),
            Err(error @ LogError::Retry { .. }) => {
                repeated = Repeated::Yes;
                error
            }
            Err(error @ LogError::QueueFull { .. }) => error,
            Err(error) => return Err(error),
        };
        if context.time().now() >= deadline {
            return Err(error);
        }
        if context.time().waited(PAUSE) == Waited::No {
            std::thread::sleep(PAUSE);
        }
    }
}
