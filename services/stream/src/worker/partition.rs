//! One partition of a worker: its state, its fold, how far both are, and what it may do.
//!
//! `position` is how far the fold is, overlay included; the store's own is how far it is written. Both are equal
//! between transactions. A partition without a store is waiting or stopped and folds nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failure::{Backoff, Failure};
use super::restore::Restore;
use crate::checkpoint::background::Track;
use crate::ends::End;
use crate::fold::Progress;
use crate::log::{Record, TopicPartition};
use crate::outbox::Outbox;
use crate::probe::Protection;
use crate::runtime::Context;
use crate::state::{Position, StateError};
use crate::status::{PartitionStatus, Phase};
use crate::store::Store;
use crate::task::{Applied, Stop, Task};
use crate::time::Time;

/// Between two stretches of opening states the worker polls, for so long if there is nothing: a fetch takes less, so that a partition
/// that has just been opened need not wait until all are.
const BETWEEN_STRETCHES: Duration = Duration::from_millis(10);

pub(super) struct Partition {
    pub(super) of: TopicPartition,
    slot: usize,
    time: Arc<dyn Time>,
    pub(super) phase: Phase,
    /// The consumer was given a position of it.
    pub(super) started: bool,
    pub(super) paused: bool,
    /// Its turn to be opened is yet to come.
    pub(super) put_off: bool,
    /// When a waiting partition is tried again.
    pub(super) retry_at: Option<Instant>,
    pub(super) backoff: Backoff,
    store: Option<Arc<Store>>,
    pub(super) restore: Restore,
    /// When its next checkpoint is due, while its state is open.
    track: Option<Track>,
    task: Task,
    pub(super) position: Position,
    written: Position,
    /// Folded live, or sent something, since the last commit: the next transaction contains it.
    pub(super) dirty: bool,
    /// Live records folded since the last commit.
    records: u64,
    /// How many of them were rejected.
    pub(super) rejected: u64,
    pub(super) end_offset: Option<i64>,
    caught_up_at_ms: Option<i64>,
    /// The same as of `written`: what holds again when the rest is dropped.
    written_caught_up_at_ms: Option<i64>,
    /// Stands at its end, as of the last look.
    at_end: bool,
    /// Sent a record to itself that is not committed yet.
    sent_itself: bool,
    /// Its end counts only if asked for after this: before, a record it sent to itself may be missing.
    ends_from: Instant,
    last_mark: Instant,
    last_tick: Instant,
}

impl Partition {
    pub(super) fn new(context: &Context, slot: usize, of: TopicPartition) -> Self {
        let task = Task::new((context.parts.fold)(&of));
        // A first mark and tick come at once.
        let longest = context.settings.mark_interval.max(context.settings.tick_interval);
        let time = context.parts.time.clone();
        let now = time.now();
        let long_ago = now.checked_sub(longest).unwrap_or(now);
        Self {
            of,
            slot,
            time,
            phase: Phase::Waiting { reason: "its state is being opened".to_owned() },
            started: false,
            paused: false,
            put_off: false,
            retry_at: None,
            backoff: Backoff::default(),
            store: None,
            restore: Restore::default(),
            track: None,
            task,
            position: Position::default(),
            written: Position::default(),
            dirty: false,
            records: 0,
            rejected: 0,
            end_offset: None,
            caught_up_at_ms: None,
            written_caught_up_at_ms: None,
            at_end: false,
            sent_itself: false,
            ends_from: now,
            last_mark: long_ago,
            last_tick: long_ago,
        }
    }

    pub(super) fn status(&self) -> PartitionStatus {
        PartitionStatus {
            of: self.of.clone(),
            slot: self.slot,
            phase: self.phase.clone(),
            next_offset: self.written.next_offset,
            end_offset: self.end_offset,
            last_append_ms: self.written.last_append_ms,
            caught_up_at_ms: self.caught_up_at_ms,
        }
    }

    pub(super) fn post(&self, context: &Context) {
        context.board.partition(self.status(), self.store.as_ref());
    }

    pub(super) fn enter(&mut self, context: &Context, phase: Phase) {
        self.phase = phase;
        context.parts.observer.phase(&self.of, &self.phase);
        self.post(context);
    }

    /// Takes a state that was opened and starts to fold it.
    pub(super) fn opened(&mut self, context: &Context, store: Store, at: Position, live_from: i64) {
        let store = Arc::new(store);
        context.in_use.opened(context.state_dir(&self.of), &store);
        self.store = Some(store);
        self.track = Some(Track::new(self.time.now(), at.next_offset, self.restore.opened()));
        self.position = at;
        self.written = at;
        self.retry_at = None;
        self.ends_from = self.time.now();
        context.ends.watch(&self.of, self.ends_from);
        let phase = if at.next_offset < live_from { Phase::Replaying { until: live_from } } else { Phase::Live };
        self.enter(context, phase);
    }

    /// Drops what is not written and closes the state: what is left is what a crash would leave.
    pub(super) fn close(&mut self, context: &Context) {
        self.phase = Phase::Waiting { reason: "its state is being opened".to_owned() };
        if context.keeps(Protection::OverlayDropped) {
            self.task.drop_changes();
        }
        self.dirty = false;
        self.records = 0;
        self.rejected = 0;
        self.caught_up_at_ms = self.written_caught_up_at_ms;
        self.at_end = false;
        self.sent_itself = false;
        self.store = None;
        self.track = None;
        context.ends.unwatch(&self.of);
        self.post(context);
    }

    /// Its state is on its way from a checkpoint.
    pub(super) fn restoring(&mut self, context: &Context) {
        self.retry_at = None;
        self.enter(context, Phase::Restoring);
    }

    /// Others were opened, and its turn is yet to come: [`Self::give_turn`] says when that is.
    pub(super) fn put_off(&mut self, context: &Context) {
        self.put_off = true;
        self.retry_at = None;
        self.post(context);
    }

    /// Gives one that was put off its turn after the poll that comes now.
    pub(super) fn give_turn(&mut self) {
        if self.put_off && self.retry_at.is_none() {
            self.retry_at = Some(self.time.now() + BETWEEN_STRETCHES);
        }
    }

    /// Whether it is time to try to open it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let has_come = self.retry_at.is_some_and(|at| at <= now);
        match self.phase {
            Phase::Restoring => self.restore.is_over() && (has_come || !self.put_off),
            Phase::Waiting { .. } | Phase::Replaying { .. } | Phase::Live | Phase::Stopped { .. } => has_come,
        }
    }

    /// Has its written state copied, if that is due.
    pub(super) fn checkpoint(&mut self, context: &Context) {
        if let (Some(checkpoints), Some(store), Some(track)) = (&context.checkpoints, &self.store, &mut self.track) {
            checkpoints.consider(&self.of, store, self.written.next_offset, track);
        }
    }

    pub(super) fn wait(&mut self, context: &Context, reason: String) {
        let delay = self.backoff.next();
        tracing::error!(partition = %self.of, %reason, ?delay, "partition waits");
        self.put_off = false;
        self.retry_at = Some(self.time.now() + delay);
        self.enter(context, Phase::Waiting { reason });
    }

    pub(super) fn stop(&mut self, context: &Context, reason: String) {
        tracing::error!(partition = %self.of, offset = self.position.next_offset, %reason, "partition stops");
        self.enter(context, Phase::Stopped { reason });
    }

    pub(super) fn overlay_bytes(&self) -> usize {
        self.task.overlay().bytes()
    }

    /// Applies one record and counts it as folded, unless the fold stops.
    pub(super) fn apply(&mut self, record: &Record, out: &mut Outbox) -> Result<Applied, Failure> {
        let store = opened(&self.store, &self.of)?;
        let applied = self.task.apply(store.as_ref(), record, out).map_err(|error| Failure::state(&self.of, &error))?;
        match &applied {
            Applied::Done | Applied::Rejected(_) => {
                self.position = Position { next_offset: record.offset + 1, last_append_ms: Some(record.timestamp_ms) };
            }
            Applied::Stopped { .. } => {}
        }
        Ok(applied)
    }

    /// A record was folded live: the next transaction contains the partition.
    pub(super) fn folded(&mut self) {
        self.dirty = true;
        self.records += 1;
    }

    /// Lets the fold say how far it is.
    pub(super) fn mark(&mut self, now_ms: i64, out: &mut Outbox) -> Result<Result<(), Stop>, Failure> {
        let progress = Progress {
            topic: self.of.topic.clone(),
            partition: self.of.partition,
            next_offset: self.position.next_offset,
            last_append_ms: self.position.last_append_ms,
            caught_up_at_ms: self.caught_up_at_ms,
            now_ms,
        };
        let store = opened(&self.store, &self.of)?;
        let marked =
            self.task.mark(store.as_ref(), &progress, out).map_err(|error| Failure::state(&self.of, &error))?;
        self.last_mark = self.time.now();
        Ok(marked)
    }

    /// Tells the fold the time.
    pub(super) fn tick(&mut self, now_ms: i64, out: &mut Outbox) -> Result<Result<(), Stop>, Failure> {
        let store = opened(&self.store, &self.of)?;
        let ticked = self.task.tick(store.as_ref(), self.of.partition, now_ms, out);
        ticked.map_err(|error| Failure::state(&self.of, &error))
    }

    pub(super) fn mark_due_in(&self, interval: Duration) -> Duration {
        interval.saturating_sub(self.time.since(self.last_mark))
    }

    pub(super) fn tick_due_in(&self, interval: Duration) -> Duration {
        interval.saturating_sub(self.time.since(self.last_tick))
    }

    /// Compares how far the consumer is with where the log said the partition ends. Only when everything handed out is
    /// folded.
    pub(super) fn look(&mut self, position: i64, end: End) {
        self.end_offset = Some(end.offset.max(self.position.next_offset));
        self.at_end = position >= end.offset && !self.sent_itself && end.asked > self.ends_from;
        if self.at_end {
            self.caught_up_at_ms = Some(end.asked_at_ms);
            self.end_offset = Some(self.position.next_offset);
        }
    }

    /// How far behind a partition is that does not go on.
    pub(super) fn look_from_afar(&mut self, context: &Context) {
        if let Some(end) = context.ends.last(&self.of) {
            self.end_offset = Some(end.offset);
            self.post(context);
        }
    }

    /// The state, if it has records of a topic whose id it does not know.
    pub(super) fn unidentified(&self) -> Option<&Store> {
        self.store.as_deref().filter(|store| !store.is_identified() && self.written.next_offset > 0)
    }

    /// A tick is due: whether it takes place depends on where the partition stands, the next is due an interval later.
    pub(super) fn tick_considered(&mut self) {
        self.last_tick = self.time.now();
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    pub(super) fn sent_itself(&mut self) {
        self.sent_itself = true;
        self.at_end = false;
    }

    pub(super) fn is_unwritten(&self) -> bool {
        self.position != self.written || !self.task.overlay().is_empty()
    }

    /// Writes the overlay and the position in one batch. What was folded live must be committed before. Returns how
    /// many records were.
    pub(super) fn write(&mut self, context: &Context) -> Result<u64, Failure> {
        if self.is_unwritten() {
            let store = opened(&self.store, &self.of)?;
            let write: Result<(), StateError> = store.commit(self.task.overlay(), self.position);
            write.map_err(|error| Failure::state(&self.of, &error))?;
            self.task.written();
            self.written = self.position;
        }
        self.dirty = false;
        self.written_caught_up_at_ms = self.caught_up_at_ms;
        if std::mem::take(&mut self.sent_itself) {
            self.ends_from = self.time.now();
        }
        if self.rejected > 0 {
            tracing::warn!(partition = %self.of, records = self.rejected, until = self.position.next_offset, "records rejected");
            self.rejected = 0;
        }
        self.post(context);
        Ok(std::mem::take(&mut self.records))
    }
}

fn opened<'a>(store: &'a Option<Arc<Store>>, of: &TopicPartition) -> Result<&'a Arc<Store>, Failure> {
    let closed = || StateError::Io { reason: "it is not open".to_owned() };
    store.as_ref().ok_or_else(|| Failure::state(of, &closed()))
}
