//! One consumer and one transactional producer, from their start to their first failure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::{Duration, Instant};

use kit::shutdown::Shutdown;
use stream::log::{GroupConsumer, Isolation, LogError, Polled, Record, TopicPartition, TransactionalProducer};
use stream::unowned::{LOOK_INTERVAL, Turn};

use super::entry::{self, Later};
use super::{Inboxes, group, inboxes, member};
use crate::service::Shared;
use crate::settings::count;

/// Longest wait for a record: also how late a stop is seen.
const POLL: Duration = Duration::from_millis(100);
/// How long a call of a transaction is tried before its transaction is given up.
const CALL: Duration = Duration::from_secs(20);
/// How long the group's coordinator is waited for.
const ANSWER: Duration = Duration::from_secs(1);
/// Between two attempts of a call.
const PAUSE: Duration = Duration::from_millis(5);
/// Between two looks at how far behind it is.
const LAG_EVERY: Duration = Duration::from_secs(1);

/// Why a session ended in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Stopped,
    /// There are other inboxes than when it began.
    OtherInboxes,
    /// It was given inboxes that it does not ask for any more.
    NotAsked,
    /// Inboxes are nobody's, and it is this member's turn to leave for them.
    Unowned,
}

impl Ended {
    /// Whether the group has to share out everything anew: who comes back under its id changes nothing.
    pub(crate) fn leaves(self) -> bool {
        matches!(self, Self::OtherInboxes | Self::NotAsked | Self::Unowned)
    }
}

/// What a session does not go on after.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Later(#[from] Later),
    /// An earlier attempt may still be on its way to the broker and would end another transaction (see [`stream::log`]).
    #[error("a call of a transaction was repeated, or may have been")]
    Repeated,
}

pub(crate) struct Session<'a> {
    shared: &'a Shared,
    inboxes: Inboxes,
    consumer: Box<dyn GroupConsumer>,
    producer: Box<dyn TransactionalProducer>,
    owned: BTreeSet<TopicPartition>,
    slot: u32,
    group: String,
    turn: &'a Turn,
    opened: Instant,
    committed: bool,
    /// The producer is not to be used for another transaction.
    in_doubt: bool,
    looked: Instant,
    measured: Instant,
    last_measured: Option<TopicPartition>,
}

/// Partitions whose beginnings are asked for at once.
const ASKED_AT_ONCE: usize = 16;

impl<'a> Session<'a> {
    pub(crate) fn open(shared: &'a Shared, turn: &'a Turn, slot: u32, inboxes: Inboxes) -> Result<Self, LogError> {
        let (id, group) = (member(shared, slot), group(shared));
        // The producer first: its start ends what an earlier one left open, and so lets offsets be read.
        let mut producer = shared.log.transactional(&id)?;
        finish(|| producer.init(CALL))?;
        let topics: Vec<_> = inboxes.keys().cloned().collect();
        tracing::info!(slot, inboxes = topics.len(), "reading inboxes");
        let consumer = shared.log.group_consumer(&group, &id, &topics)?;
        let (owned, committed, in_doubt) = (BTreeSet::new(), false, false);
        let (looked, measured, opened) = (Instant::now(), Instant::now(), Instant::now());
        Ok(Self {
            shared,
            inboxes,
            consumer,
            producer,
            owned,
            slot,
            group,
            turn,
            opened,
            committed,
            in_doubt,
            looked,
            measured,
            last_measured: None,
        })
    }

    pub(crate) fn has_committed(&self) -> bool {
        self.committed
    }

    pub(crate) fn run(&mut self, shutdown: &Shutdown) -> Result<Ended, Failure> {
        let most = count(self.shared.settings.inbox.poll_records_max);
        while !shutdown.is_triggered() {
            if self.in_doubt {
                return Err(Failure::Repeated);
            }
            if self.looked.elapsed() >= self.shared.settings.inbox.look_every.get() {
                self.looked = Instant::now();
                if inboxes(self.shared)? != self.inboxes {
                    return Ok(Ended::OtherInboxes);
                }
            }
            // One that has only just come has not joined yet.
            if self.turn.take(self.slot as usize) && self.opened.elapsed() >= LOOK_INTERVAL {
                return Ok(Ended::Unowned);
            }
            match self.consumer.poll(most, POLL)? {
                Polled::Idle => {}
                Polled::Records(records) => self.take(&records)?,
                // A member that comes back is given what its predecessor asked for.
                Polled::Assigned(partitions) if !partitions.iter().all(|of| self.inboxes.contains_key(&of.topic)) => {
                    return Ok(Ended::NotAsked);
                }
                Polled::Assigned(partitions) => self.start(&partitions)?,
                // Between two polls no transaction is open.
                Polled::Revoked(partitions) | Polled::Lost(partitions) => self.release(&partitions)?,
            }
            self.measure()?;
        }
        Ok(Ended::Stopped)
    }

    /// Ends the membership's client. What it has in the group waits for its next one, unless it leaves.
    pub(crate) fn close(self, leaves: bool) {
        // A client that leaves a group whose coordinator is away is better closed.
        let answers = leaves && self.shared.log.group(&self.group, ANSWER).is_ok();
        let closed = if answers { self.consumer.leave() } else { self.consumer.close() };
        if let Err(error) = closed {
            tracing::debug!(%error, "a consumer of inboxes did not close cleanly");
        }
    }

    fn start(&mut self, partitions: &[TopicPartition]) -> Result<(), Failure> {
        let committed = self.shared.log.committed(&self.group, partitions, CALL)?;
        let mut at = Vec::with_capacity(partitions.len());
        for ((of, committed), low) in partitions.iter().zip(committed).zip(self.lows(partitions)?) {
            if let Some(next) = committed.filter(|next| *next < low) {
                tracing::error!(
                    topic = %of.topic, partition = of.partition, offset = next, low,
                    "an inbox forgot records before they were taken; their department has to send them again"
                );
            }
            at.push((of.clone(), committed.unwrap_or(low).max(low)));
        }
        self.consumer.start(&at)?;
        self.owned.extend(partitions.iter().cloned());
        tracing::info!(partitions = partitions.len(), "inboxes assigned");
        Ok(())
    }

    /// The first offset that each partition still holds. Asked side by side: on Kafka each answer takes a round trip or more, and
    /// a district has an inbox a department.
    fn lows(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>, LogError> {
        let log = self.shared.log.as_ref();
        let ask = |part: &[TopicPartition]| -> Result<Vec<i64>, LogError> {
            part.iter().map(|of| Ok(log.watermarks(of, Isolation::ReadCommitted)?.low)).collect()
        };
        let share = partitions.len().div_ceil(ASKED_AT_ONCE).max(1);
        std::thread::scope(|scope| {
            let asking: Vec<_> = partitions.chunks(share).map(|part| scope.spawn(move || ask(part))).collect();
            let mut lows = Vec::with_capacity(partitions.len());
            for answers in asking {
                let panicked =
                    |_| LogError::Fatal { what: "watermarks", reason: "the asking thread panicked".to_owned() };
                lows.extend(answers.join().map_err(panicked)??);
            }
            Ok(lows)
        })
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), Failure> {
        for of in partitions {
            self.owned.remove(of);
            let label = of.partition.to_string();
            let _ = self.shared.metrics.inbox_lag.remove_label_values(&[&*of.topic, &label]);
        }
        self.consumer.release(partitions)?;
        Ok(())
    }

    /// Judges records and writes what they become, with their offsets, in one transaction.
    fn take(&mut self, records: &[Record]) -> Result<(), Failure> {
        let Some(catalogue) = self.shared.catalogue() else { return Ok(()) };
        let mut entries = Vec::with_capacity(records.len());
        let mut next: BTreeMap<TopicPartition, i64> = BTreeMap::new();
        for record in records {
            let department = self.inboxes.get(&record.topic).ok_or_else(|| unasked(record))?;
            let started = Instant::now();
            entries.push(entry::take(self.shared, &catalogue, department, record)?);
            self.shared.metrics.check_seconds.observe(started.elapsed().as_secs_f64());
            next.insert(TopicPartition::new(record.topic.clone(), record.partition), record.offset + 1);
        }
        let next: Vec<(TopicPartition, i64)> = next.into_iter().collect();
        if let Err(failure) = self.write(&entries, &next) {
            // What cannot be aborted here is aborted by the next producer's start.
            let _ = self.producer.abort();
            return Err(failure);
        }
        for entry in entries {
            entry.count(self.shared);
        }
        Ok(())
    }

    fn write(&mut self, entries: &[entry::Entry], next: &[(TopicPartition, i64)]) -> Result<(), Failure> {
        let metadata = self.consumer.metadata()?;
        let producer = &mut self.producer;
        producer.begin()?;
        for entry in entries {
            // A full queue is waited for inside; what it tries again is no doubt about the transaction.
            finish(|| producer.send(&entry.output))?;
        }
        let offsets = finish(|| producer.send_offsets(next, &metadata))?;
        let ended = finish(|| producer.commit())?;
        self.committed = true;
        self.in_doubt |= offsets == Attempts::Several || ended == Attempts::Several || self.producer.is_in_doubt();
        Ok(())
    }

    fn measure(&mut self) -> Result<(), Failure> {
        if self.measured.elapsed() < LAG_EVERY {
            return Ok(());
        }
        self.measured = Instant::now();
        // One partition a turn: on Kafka asking takes a tenth of a second, and a district has an inbox a department.
        let after = self.last_measured.take();
        let following = after.and_then(|last| self.owned.range((Bound::Excluded(last), Bound::Unbounded)).next());
        let Some(of) = following.or(self.owned.first()).cloned() else { return Ok(()) };
        let lag = self.consumer.end_offset(&of)? - self.consumer.position(&of)?;
        let label = of.partition.to_string();
        self.shared.metrics.inbox_lag.with_label_values(&[&*of.topic, &label]).set(lag.max(0));
        self.last_measured = Some(of);
        Ok(())
    }
}

/// A record of a topic that was not subscribed to.
fn unasked(record: &Record) -> LogError {
    LogError::Fatal { what: "poll", reason: format!("{} was not asked for", record.topic) }
}

/// Whether a call had to be tried more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempts {
    One,
    Several,
}

/// Calls until it is done, it fails, or the time is over.
fn finish(mut attempt: impl FnMut() -> Result<(), LogError>) -> Result<Attempts, LogError> {
    let deadline = Instant::now() + CALL;
    let mut attempts = Attempts::One;
    loop {
        match attempt() {
            Ok(()) => return Ok(attempts),
            Err(error @ (LogError::Retry { .. } | LogError::QueueFull { .. })) if Instant::now() >= deadline => {
                return Err(error);
            }
            Err(LogError::Retry { .. }) => attempts = Attempts::Several,
            Err(LogError::QueueFull { .. }) => {}
            Err(error) => return Err(error),
        }
        std::thread::sleep(PAUSE);
    }
}
