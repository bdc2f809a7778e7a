//! A session: the life of one consumer. Polls and folds here; commits in [`super::commit`]; rebalances and the way out of
//! failures in [`super::rebalance`]. What it cannot repair with the consumer it has ends it, and the worker opens the next.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::End;
use super::failure::{Backoff, Failure};
use super::partition::Partition;
use super::transaction::Transaction;
use crate::log::{GroupConsumer, LogError, Polled, Record, TopicPartition};
use crate::outbox::Outbox;
use crate::probe::Protection;
use crate::runtime::Context;
use crate::status::{Phase, WorkerState};
use crate::task::Applied;

/// Longest wait of a poll, so that a stop is noticed.
const POLL_WAIT_MAX: Duration = Duration::from_millis(100);

/// Longest pause after a poll that is to be tried again: the client recovers by itself, and is asked often.
const POLL_RETRY_MAX: Duration = Duration::from_millis(250);

pub(super) struct Session<'a> {
    pub(super) context: &'a Context,
    pub(super) slot: usize,
    /// Failures in a row without a commit between.
    pub(super) backoff: &'a mut Backoff,
    poll_backoff: Backoff,
    opened: Instant,
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) transaction: Transaction<'a>,
    pub(super) partitions: BTreeMap<TopicPartition, Partition>,
    /// Outputs of one partition, on their way to the transaction.
    pub(super) outbox: Outbox,
    /// When the first record of the transaction was folded.
    pub(super) pending_since: Option<Instant>,
    pub(super) pending_records: usize,
    /// How long ago the first record of the last poll was appended, by this machine's clock.
    behind: Duration,
}

/// Whether everything that was handed out is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    AtRest,
    MidBatch,
}

impl<'a> Session<'a> {
    /// The member is made first, so that its client connects meanwhile. It joins with its first poll, after the producer has its identity,
    /// which ends what a predecessor left open: whoever cannot get one takes no partitions from those who can.
    pub(super) fn open(context: &'a Context, slot: usize, backoff: &'a mut Backoff) -> Result<Self, End> {
        let settings = &context.settings;
        let made = context.parts.log.group_consumer(&settings.group, &settings.member(slot), &settings.topics);
        let consumer = made.map_err(|error| End::Failed(Failure::consumer(&error)))?;
        let mut transaction = Transaction::new(context, slot);
        transaction.ready().map_err(End::Failed)?;
        context.board.worker(slot, WorkerState::Running);
        Ok(Self {
            context,
            slot,
            backoff,
            poll_backoff: Backoff::default(),
            opened: context.time().now(),
            consumer,
            transaction,
            partitions: BTreeMap::new(),
            outbox: Outbox::default(),
            pending_since: None,
            pending_records: 0,
            behind: Duration::ZERO,
        })
    }

    /// Works until told to stop, or until a failure asks for another consumer.
    pub(super) fn run(mut self) -> Result<(), End> {
        loop {
            if self.context.stop.is_raised() {
                return self.finish();
            }
            let done = if self.is_to_join_anew() {
                match self.commit(Rest::AtRest) {
                    Ok(()) => return self.leave(),
                    Err(failure) => Err(failure),
                }
            } else {
                self.turn()
            };
            if let Err(failure) = done {
                self.recover(failure)?;
            }
        }
    }

    /// Partitions are nobody's, and it is this member's turn to leave for them. One that has only just come has not joined yet.
    fn is_to_join_anew(&self) -> bool {
        let context = self.context;
        context.unowned.take(self.slot) && context.time().since(self.opened) >= context.settings.unowned_look_interval
    }

    fn turn(&mut self) -> Result<(), Failure> {
        self.partitions.values_mut().for_each(Partition::give_turn);
        let polled = self.consumer.poll(self.context.settings.poll_records_max, self.poll_wait());
        if polled.is_ok() {
            self.poll_backoff.reset();
        }
        match polled {
            Ok(Polled::Idle) => {
                self.end_replays()?;
                if self.transaction.pause().is_zero() {
                    self.commit(Rest::AtRest)?;
                }
            }
            Ok(Polled::Records(records)) => self.fold(records)?,
            Ok(Polled::Assigned(partitions)) => self.assign(partitions)?,
            Ok(Polled::Revoked(partitions)) => self.revoke(&partitions)?,
            Ok(Polled::Lost(partitions)) => self.lose(&partitions)?,
            Err(LogError::Retry { reason, .. }) => {
                tracing::debug!(slot = self.slot, %reason, "poll is tried again");
                self.context.wait_for_stop(self.poll_backoff.next().min(POLL_RETRY_MAX));
            }
            Err(error) => return Err(Failure::consumer(&error)),
        }
        self.open_waiting()?;
        self.tick()?;
        self.mark_idle()?;
        for partition in self.partitions.values_mut() {
            partition.checkpoint(self.context);
        }
        Ok(())
    }

    fn poll_wait(&self) -> Duration {
        if self.pending_since.is_some() {
            return self.transaction.pause();
        }
        let settings = &self.context.settings;
        let live = self.partitions.values().filter(|partition| partition.phase == Phase::Live);
        let due = live.map(|partition| {
            partition.mark_due_in(settings.mark_interval).min(partition.tick_due_in(settings.tick_interval))
        });
        let retries = self.partitions.values().filter_map(|partition| partition.retry_at);
        let now = self.context.time().now();
        let retries = retries.map(|at| at.saturating_duration_since(now));
        due.chain(retries).min().unwrap_or(POLL_WAIT_MAX).min(POLL_WAIT_MAX)
    }

    fn fold(&mut self, records: Vec<Record>) -> Result<(), Failure> {
        let behind_ms = records.first().map_or(0, |first| self.context.now_ms().saturating_sub(first.timestamp_ms));
        self.behind = Duration::from_millis(u64::try_from(behind_ms).unwrap_or(0));
        let mut left = records.len();
        for run in records.chunk_by(|one, next| one.partition == next.partition && one.topic == next.topic) {
            let Some(first) = run.first() else { continue };
            let of = TopicPartition::new(first.topic.clone(), first.partition);
            for (number, record) in (1..).zip(run) {
                self.fold_one(&of, record)?;
                left -= 1;
                let full = self.is_full();
                if full || number == run.len() {
                    self.send(&of)?;
                    self.write_quiet(&of)?;
                }
                if full {
                    self.commit(if left > 0 { Rest::MidBatch } else { Rest::AtRest })?;
                }
            }
        }
        Ok(())
    }

    fn fold_one(&mut self, of: &TopicPartition, record: &Record) -> Result<(), Failure> {
        let Some(partition) = self.partitions.get_mut(of) else { return Ok(()) };
        // After a seek a client may still hand out what it had fetched before.
        let old = record.offset < partition.position.next_offset;
        if old && self.context.keeps(Protection::OldRecordsPassedOver) {
            return Ok(());
        }
        if let Phase::Replaying { until } = partition.phase
            && record.offset >= until
        {
            self.go_live(of)?;
            return self.fold_one(of, record);
        }
        let observer = &self.context.parts.observer;
        let applied = match partition.phase {
            Phase::Waiting { .. } | Phase::Restoring | Phase::Stopped { .. } => return Ok(()),
            Phase::Replaying { until } => {
                let applied = partition.apply(record, &mut Outbox::default())?;
                observer.replayed(of, 1);
                if partition.position.next_offset >= until {
                    self.go_live(of)?;
                }
                applied
            }
            Phase::Live => {
                let applied = partition.apply(record, &mut self.outbox)?;
                if let Applied::Rejected(rejection) = &applied {
                    tracing::debug!(partition = %of, offset = record.offset, code = rejection.code, "record rejected");
                    observer.rejected(of, rejection.code);
                    partition.rejected += 1;
                }
                if !matches!(applied, Applied::Stopped { .. }) {
                    partition.folded();
                    self.pending_records += 1;
                    self.pending_since.get_or_insert_with(|| self.context.time().now());
                }
                applied
            }
        };
        if let Applied::Stopped { reason } = applied {
            self.stop_partition(of, reason)?;
        }
        Ok(())
    }

    /// No more records of it; what was folded of it before is committed as usual.
    pub(super) fn stop_partition(&mut self, of: &TopicPartition, reason: String) -> Result<(), Failure> {
        self.write_quiet(of)?;
        let Some(partition) = self.partitions.get_mut(of) else { return Ok(()) };
        partition.stop(self.context, reason);
        partition.paused = true;
        self.consumer.pause(std::slice::from_ref(of)).map_err(|error| Failure::consumer(&error))
    }

    fn is_full(&self) -> bool {
        let settings = &self.context.settings;
        let interval = settings.commit_interval_for(self.behind);
        let overlays: usize = self.partitions.values().map(Partition::overlay_bytes).sum();
        self.pending_records >= settings.commit_records_max
            || overlays + self.outbox.bytes() + self.transaction.bytes() >= settings.commit_bytes_max
            || self.pending_since.is_some_and(|since| self.context.time().since(since) >= interval)
    }
}
