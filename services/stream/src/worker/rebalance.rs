//! Partitions that come and go, and the way out of failures: back to what is committed.

use super::End;
use super::failure::{Backoff, Failure, Way};
use super::open;
use super::partition::Partition;
use super::session::{Rest, Session};
use crate::log::TopicPartition;
use crate::observer::{Cause, Rebalance};
use crate::probe::Protection;
use crate::status::{Phase, WorkerState};
use crate::store::Store;

/// So many failures in a row without a commit between, and the consumer is replaced as well.
const REFOLDS_MAX: u32 = 3;

impl Session<'_> {
    pub(super) fn assign(&mut self, partitions: Vec<TopicPartition>) -> Result<(), Failure> {
        tracing::info!(slot = self.slot, partitions = %list(&partitions), "assigned");
        self.context.parts.observer.rebalanced(Rebalance::Assigned, partitions.len());
        for of in &partitions {
            self.partitions.insert(of.clone(), Partition::new(self.context, self.slot, of.clone()));
        }
        self.start(&partitions)
    }

    /// Commits or aborts what concerns the partitions, then gives them back.
    pub(super) fn revoke(&mut self, partitions: &[TopicPartition]) -> Result<(), Failure> {
        tracing::info!(slot = self.slot, partitions = %list(partitions), "revoked");
        self.context.parts.observer.rebalanced(Rebalance::Revoked, partitions.len());
        if !self.context.keeps(Protection::RevokedSettled) {
            return self.release(partitions);
        }
        let committed = self.commit(Rest::AtRest);
        if let Err(failure) = &committed {
            if failure.way == Way::Die {
                return committed;
            }
            self.abandon();
        }
        self.release(partitions)?;
        committed
    }

    /// The partitions are another's already: nothing of them may be committed.
    pub(super) fn lose(&mut self, partitions: &[TopicPartition]) -> Result<(), Failure> {
        tracing::warn!(slot = self.slot, partitions = %list(partitions), "lost");
        self.context.parts.observer.rebalanced(Rebalance::Lost, partitions.len());
        if !self.context.keeps(Protection::LostAborted) {
            return self.release(partitions);
        }
        let touched = self.transaction.is_open() || self.partitions.values().any(|partition| partition.dirty);
        if touched {
            self.abandon();
        }
        self.release(partitions)?;
        if touched { Err(Failure::new(Way::Refold, Cause::Lost, "partitions were lost")) } else { Ok(()) }
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), Failure> {
        for of in partitions {
            if let Some(mut partition) = self.partitions.remove(of) {
                partition.close(self.context);
            }
            self.context.board.remove(of, self.slot);
        }
        self.consumer.release(partitions).map_err(|error| Failure::consumer(&error))
    }

    /// Opens partitions and has the consumer start them where they stand.
    fn start(&mut self, which: &[TopicPartition]) -> Result<(), Failure> {
        self.transaction.ready()?;
        let goes_on = |partition: &Partition| {
            matches!(partition.phase, Phase::Live | Phase::Replaying { .. }) && !which.contains(&partition.of)
        };
        let beside = self.partitions.values().any(goes_on);
        let mut chosen: Vec<&mut Partition> =
            self.partitions.values_mut().filter(|partition| which.contains(&partition.of)).collect();
        // One that cannot be opened must not take the turn of those that can; and of these the quickest come first, for which the
        // others wait least.
        chosen.sort_by_cached_key(|partition| {
            (partition.backoff.failures(), Store::bytes_to_replay(&self.context.state_dir(&partition.of)))
        });
        let start = open::open(self.context, &mut chosen, beside)?;
        let consumer = &mut self.consumer;
        let failed = |error| Failure::consumer(&error);
        for partition in &mut chosen {
            let of = std::slice::from_ref(&partition.of);
            let opened = start.iter().any(|(started, _)| *started == partition.of);
            if opened && partition.paused {
                consumer.resume(of).map_err(failed)?;
                partition.paused = false;
            } else if !opened && partition.started && !partition.paused {
                consumer.pause(of).map_err(failed)?;
                partition.paused = true;
            }
            partition.started |= opened;
        }
        if start.is_empty() { Ok(()) } else { consumer.start(&start).map_err(failed) }
    }

    /// Tries the waiting partitions whose time has come, and those that are restored.
    pub(super) fn open_waiting(&mut self) -> Result<(), Failure> {
        let now = self.context.time().now();
        let due: Vec<TopicPartition> = self
            .partitions
            .values()
            .filter(|partition| partition.is_due(now))
            .map(|partition| partition.of.clone())
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        // Opening takes its time: what is folded does not wait for it.
        if self.pending_since.is_some() {
            self.commit(Rest::AtRest)?;
        }
        self.start(&due)
    }

    /// Gives up the transaction and everything that is not written.
    fn abandon(&mut self) {
        self.transaction.abandon();
        self.outbox.take();
        self.pending_since = None;
        self.pending_records = 0;
        for partition in self.partitions.values_mut() {
            partition.close(self.context);
        }
    }

    /// Goes back to what is committed, with a new producer; with a new consumer too if that is what it takes.
    pub(super) fn recover(&mut self, failure: Failure) -> Result<(), End> {
        match failure.way {
            Way::Die => return Err(End::Failed(failure)),
            Way::Rejoin => {
                self.abandon();
                return Err(End::Failed(failure));
            }
            Way::Refold => self.abandon(),
        }
        // A partition at fault waits by itself, longer every time: a new consumer would forget that, and hold up the others.
        let at_fault = failure.blame.is_some();
        if self.backoff.failures() >= REFOLDS_MAX && !at_fault {
            return Err(End::Failed(failure));
        }
        let delay = if at_fault { Backoff::FIRST } else { self.backoff.next() };
        tracing::warn!(slot = self.slot, cause = failure.cause.name(), reason = %failure.reason, ?delay, "folding again");
        self.context.parts.observer.gave_up(failure.cause);
        self.context.board.worker(self.slot, WorkerState::Recovering { reason: failure.reason.clone() });
        if self.context.wait_for_stop(delay) {
            return Ok(());
        }
        self.refold(&failure).map_err(End::Failed)?;
        self.context.board.worker(self.slot, WorkerState::Running);
        Ok(())
    }

    fn refold(&mut self, failure: &Failure) -> Result<(), Failure> {
        let mut which: Vec<TopicPartition> = self.partitions.keys().cloned().collect();
        if let Some(blamed) = &failure.blame
            && let Some(partition) = self.partitions.get_mut(blamed)
        {
            if failure.damaged {
                let at = partition.position.next_offset;
                partition.restore.found_damaged(self.context, blamed, Some(at));
            } else {
                partition.wait(self.context, failure.reason.clone());
                if partition.started && !partition.paused {
                    self.consumer.pause(std::slice::from_ref(blamed)).map_err(|error| Failure::consumer(&error))?;
                    partition.paused = true;
                }
                which.retain(|of| of != blamed);
            }
        }
        self.start(&which)
    }

    /// Commits what is folded, closes everything, and leaves the group if this instance is not to come back.
    pub(super) fn finish(mut self) -> Result<(), End> {
        let committed = self.commit(Rest::AtRest);
        if let Err(failure) = &committed {
            tracing::warn!(slot = self.slot, reason = %failure.reason, "the last transaction is folded again at the next start");
        }
        if committed.as_ref().is_err_and(|failure| failure.way == Way::Die) {
            return Err(End::Stopped);
        }
        self.abandon();
        let closed = if self.context.stop.is_for_good() { self.consumer.leave() } else { self.consumer.close() };
        if let Err(error) = closed {
            tracing::warn!(slot = self.slot, %error, "the consumer did not close cleanly");
        }
        Ok(())
    }

    /// Leaves the group, so that it shares out everything anew; the next session joins it again. Everything is committed.
    pub(super) fn leave(mut self) -> Result<(), End> {
        self.abandon();
        let failure = match self.consumer.leave() {
            Ok(()) => {
                Failure::new(Way::Rejoin, Cause::Unowned, "partitions were nobody's: left the group, and joins anew")
            }
            Err(error) => Failure::consumer(&error),
        };
        Err(End::Failed(failure))
    }
}

fn list(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
