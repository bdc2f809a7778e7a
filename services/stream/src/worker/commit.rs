//! Sending and committing: outputs and marks into one transaction with the offsets of every partition it contains, then the
//! state of each.

use super::failure::Failure;
use super::open;
use super::partition::Partition;
use super::session::{Rest, Session};
use crate::log::TopicPartition;
use crate::observer::Commit;
use crate::probe::{Protection, Step};
use crate::status::Phase;

impl Session<'_> {
    /// Hands the outputs that a partition's fold made to the transaction.
    pub(super) fn send(&mut self, of: &TopicPartition) -> Result<(), Failure> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let outputs = self.outbox.take();
        if let Some(partition) = self.partitions.get_mut(of)
            && outputs.iter().any(|output| output.partition == of.partition && output.topic == of.topic)
        {
            partition.sent_itself();
        }
        self.transaction.send(self.consumer.as_ref(), of, outputs)
    }

    /// Commits what is pending, if anything is.
    pub(super) fn commit(&mut self, rest: Rest) -> Result<(), Failure> {
        self.commit_with(rest, Vec::new())
    }

    /// Marks every idle partition whose mark is due, together with those that soon would be.
    pub(super) fn mark_idle(&mut self) -> Result<(), Failure> {
        let interval = self.context.settings.mark_interval;
        let idle = |partition: &&Partition| partition.phase == Phase::Live && !partition.dirty;
        if !self.partitions.values().filter(idle).any(|partition| partition.mark_due_in(interval).is_zero()) {
            return Ok(());
        }
        let soon = self.partitions.values().filter(idle).filter(|idle| idle.mark_due_in(interval) <= interval / 2);
        let due = soon.map(|partition| partition.of.clone()).collect();
        self.commit_with(Rest::AtRest, due)
    }

    fn commit_with(&mut self, rest: Rest, idle: Vec<TopicPartition>) -> Result<(), Failure> {
        let mut contained: Vec<TopicPartition> = self
            .partitions
            .values()
            .filter(|partition| partition.dirty)
            .map(|partition| partition.of.clone())
            .collect();
        let time = self.context.time();
        let started = time.now();
        let observer = self.context.parts.observer.clone();
        observer.overlay(self.partitions.values().map(Partition::overlay_bytes).sum());
        for of in &contained {
            self.mark(of, rest)?;
            self.send(of)?;
        }
        for of in idle {
            self.mark(&of, rest)?;
            // A fold without marks needs no transaction when idle.
            if !self.outbox.is_empty() {
                self.send(&of)?;
                contained.push(of);
            }
        }
        if contained.is_empty() {
            return Ok(());
        }
        let next: Vec<(TopicPartition, i64)> = contained
            .iter()
            .filter_map(|of| Some((of.clone(), self.partitions.get(of)?.position.next_offset)))
            .collect();
        self.transaction.send_offsets(self.consumer.as_ref(), &next)?;
        let outputs = self.transaction.outputs();
        let records = if self.context.keeps(Protection::WrittenAfterCommit) {
            self.transaction.commit()?;
            self.write(&contained)?
        } else {
            let records = self.write(&contained)?;
            self.transaction.commit()?;
            records
        };
        let open = time.since(self.pending_since.take().unwrap_or(started));
        self.pending_records = 0;
        // A commit between two stretches of opening says nothing of the states that are yet to be opened.
        if !self.partitions.values().any(|partition| partition.put_off) {
            self.backoff.reset();
        }
        observer.committed(&Commit {
            partitions: contained.len(),
            records,
            outputs,
            open,
            commit: time.since(started),
        });
        Ok(())
    }

    /// The transaction is committed: the state may follow.
    fn write(&mut self, contained: &[TopicPartition]) -> Result<u64, Failure> {
        let mut records = 0;
        let mut step = Step::Write;
        for of in contained {
            Failure::probe_write(self.context, self.slot, step, of)?;
            step = Step::WriteNext;
            if let Some(partition) = self.partitions.get_mut(of) {
                let folded = partition.write(self.context)?;
                partition.backoff.reset();
                self.context.parts.observer.folded(of, folded);
                records += folded;
            }
        }
        Failure::probe(self.context, self.slot, Step::Done)?;
        Ok(records)
    }

    fn mark(&mut self, of: &TopicPartition, rest: Rest) -> Result<(), Failure> {
        if rest == Rest::AtRest {
            self.look(of)?;
        }
        let now_ms = self.context.now_ms();
        let Some(partition) = self.partitions.get_mut(of) else { return Ok(()) };
        match partition.mark(now_ms, &mut self.outbox)? {
            Ok(()) => Ok(()),
            Err(stop) => self.stop_partition(of, stop.reason),
        }
    }

    /// Learns whether the partition stands at its end. Only when everything handed out is folded.
    fn look(&mut self, of: &TopicPartition) -> Result<(), Failure> {
        let Some(partition) = self.partitions.get_mut(of) else { return Ok(()) };
        if partition.phase != Phase::Live {
            return Ok(());
        }
        let Some(end) = self.context.ends.last(of) else { return Ok(()) };
        let position = self.consumer.position(of).map_err(|error| Failure::consumer(&error))?;
        partition.look(position, end);
        Ok(())
    }

    /// Tells the time to the folds that stand at their partition's end.
    pub(super) fn tick(&mut self) -> Result<(), Failure> {
        let interval = self.context.settings.tick_interval;
        let mut due = Vec::new();
        for partition in self.partitions.values_mut().filter(|partition| partition.tick_due_in(interval).is_zero()) {
            match partition.phase {
                Phase::Live => due.push(partition.of.clone()),
                Phase::Stopped { .. } => {
                    partition.tick_considered();
                    partition.look_from_afar(self.context);
                }
                Phase::Waiting { .. } | Phase::Restoring | Phase::Replaying { .. } => {}
            }
        }
        let mut topics = open::Topics::default();
        let mut told = false;
        for of in &due {
            self.look(of)?;
            let now_ms = self.context.now_ms();
            let Some(partition) = self.partitions.get_mut(of) else { continue };
            partition.tick_considered();
            if let Some(store) = partition.unidentified() {
                open::identify(self.context, of, &mut topics, store)?;
            }
            if !partition.is_at_end() {
                continue;
            }
            match partition.tick(now_ms, &mut self.outbox)? {
                Ok(()) if self.outbox.is_empty() => partition.post(self.context),
                Ok(()) => {
                    partition.dirty = true;
                    told = true;
                    self.send(of)?;
                }
                Err(stop) => self.stop_partition(of, stop.reason)?,
            }
        }
        if told { self.commit(Rest::AtRest) } else { Ok(()) }
    }

    /// Writes what a partition folded quietly: its outputs were committed before.
    pub(super) fn write_quiet(&mut self, of: &TopicPartition) -> Result<(), Failure> {
        let Some(partition) = self.partitions.get_mut(of) else { return Ok(()) };
        if matches!(partition.phase, Phase::Replaying { .. }) && partition.is_unwritten() {
            Failure::probe_write(self.context, self.slot, Step::QuietWrite, of)?;
            partition.write(self.context)?;
        }
        Ok(())
    }

    /// What was committed before is folded: from here on outputs are sent.
    pub(super) fn go_live(&mut self, of: &TopicPartition) -> Result<(), Failure> {
        self.write_quiet(of)?;
        if let Some(partition) = self.partitions.get_mut(of) {
            tracing::info!(partition = %of, offset = partition.position.next_offset, "partition is live");
            partition.enter(self.context, Phase::Live);
        }
        Ok(())
    }

    /// A partition whose last committed records are gone from a compacted log reaches its goal without folding one.
    pub(super) fn end_replays(&mut self) -> Result<(), Failure> {
        let replaying: Vec<(TopicPartition, i64)> = self
            .partitions
            .values()
            .filter_map(|partition| match partition.phase {
                Phase::Replaying { until } => Some((partition.of.clone(), until)),
                Phase::Waiting { .. } | Phase::Restoring | Phase::Live | Phase::Stopped { .. } => None,
            })
            .collect();
        for (of, until) in replaying {
            let position = self.consumer.position(&of).map_err(|error| Failure::consumer(&error))?;
            if position >= until {
                self.go_live(&of)?;
            }
        }
        Ok(())
    }
}
