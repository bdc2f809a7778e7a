//! A member of a consumer group as its client sees it: positions, pauses, and changes of ownership as results of `poll`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar};
use std::time::{Duration, Instant};

use super::Shared;
use super::client::in_range;
use super::group::{Change, Group, MemberId, Standing};
use super::state::State;
use crate::log::{GroupConsumer, GroupMetadata, Isolation, LogError, Polled, Record, Topic, TopicPartition};

const ISOLATION: Isolation = Isolation::ReadCommitted;

pub(super) struct EmbeddedMember {
    shared: Arc<Shared>,
    group: Arc<str>,
    instance: Arc<str>,
    topics: Vec<Topic>,
    id: MemberId,
    /// Assigned and not yet released, as far as this client was told.
    owned: BTreeSet<TopicPartition>,
    /// Told to be lost and not yet released.
    lost: BTreeSet<TopicPartition>,
    positions: BTreeMap<TopicPartition, i64>,
    paused: BTreeSet<TopicPartition>,
    turn: usize,
    waiter: Arc<Condvar>,
}

impl EmbeddedMember {
    pub(super) fn join(shared: Arc<Shared>, group: &str, instance: &str, topics: &[Topic]) -> Self {
        let mut member = Self {
            shared,
            group: group.into(),
            instance: instance.into(),
            topics: topics.to_vec(),
            id: 0,
            owned: BTreeSet::new(),
            lost: BTreeSet::new(),
            positions: BTreeMap::new(),
            paused: BTreeSet::new(),
            turn: 0,
            waiter: Arc::new(Condvar::new()),
        };
        let shared = member.shared.clone();
        member.join_again(&mut shared.lock());
        member
    }

    fn join_again(&mut self, state: &mut State) {
        self.id = state.fresh_id();
        let counts = state.partition_counts();
        self.group_of(state).join(&self.instance, self.id, &self.topics, &counts);
    }

    fn group_of<'a>(&self, state: &'a mut State) -> &'a mut Group {
        state.groups.entry(self.group.clone()).or_default()
    }

    /// What the group has to say, before any record.
    fn changes(&mut self, state: &mut State) -> Result<Option<Polled>, LogError> {
        let change = match self.group_of(state).standing(&self.instance, self.id) {
            Standing::Replaced => {
                let reason = format!("another client took the member id {}", self.instance);
                return Err(LogError::Fenced { what: "poll", reason });
            }
            Standing::Expired if self.owned.is_empty() => {
                self.join_again(state);
                self.group_of(state).change(&self.instance, self.id)
            }
            Standing::Expired if self.lost.is_empty() => {
                self.lost.clone_from(&self.owned);
                return Ok(Some(Polled::Lost(self.owned.iter().cloned().collect())));
            }
            Standing::Expired => Change::None,
            Standing::Member => self.group_of(state).change(&self.instance, self.id),
        };
        Ok(match change {
            Change::None => None,
            Change::Assigned(partitions) => {
                self.owned.extend(partitions.iter().cloned());
                Some(Polled::Assigned(partitions))
            }
            Change::Revoked(partitions) => Some(Polled::Revoked(partitions)),
        })
    }

    /// Started, owned, neither paused nor on its way out.
    fn fetched(&mut self, state: &mut State) -> Vec<TopicPartition> {
        let group = state.groups.entry(self.group.clone()).or_default();
        if group.standing(&self.instance, self.id) != Standing::Member {
            return Vec::new();
        }
        let fetchable = |of: &&TopicPartition| !self.paused.contains(of) && group.may_fetch(&self.instance, of);
        self.positions.keys().filter(fetchable).cloned().collect()
    }

    fn read(&mut self, state: &mut State, most: usize) -> Result<Vec<Record>, LogError> {
        let from = self.fetched(state);
        let mut out = Vec::new();
        self.turn = (self.turn + 1) % from.len().max(1);
        for step in 0..from.len() {
            let of = &from[(self.turn + step) % from.len()];
            let partition = state.partition("poll", of)?;
            let position = self.positions[of];
            in_range("poll", of, position, partition.start(), partition.end(Isolation::ReadUncommitted))?;
            let left = most - out.len();
            let after = partition.read(&of.topic, of.partition, position, ISOLATION, left, &mut out);
            self.positions.insert(of.clone(), after);
        }
        Ok(out)
    }

    fn forget(&mut self, of: &TopicPartition) {
        self.owned.remove(of);
        self.lost.remove(of);
        self.positions.remove(of);
        self.paused.remove(of);
    }

    fn require_owned(&self, what: &'static str, partitions: &[TopicPartition]) -> Result<(), LogError> {
        match partitions.iter().find(|of| !self.owned.contains(of)) {
            None => Ok(()),
            Some(of) => Err(LogError::Refused { what, reason: format!("{of} is not this member's") }),
        }
    }

    fn end(&mut self) {
        let now = (self.shared.settings.elapsed)();
        let shared = self.shared.clone();
        let mut state = shared.lock();
        self.group_of(&mut state).end(&self.instance, self.id, now);
    }
}

impl GroupConsumer for EmbeddedMember {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Polled, LogError> {
        let deadline = Instant::now() + wait;
        let shared = self.shared.clone();
        let mut state = shared.lock();
        loop {
            if let Some(change) = self.changes(&mut state)? {
                return Ok(change);
            }
            let records = self.read(&mut state, most)?;
            if !records.is_empty() {
                return Ok(Polled::Records(records));
            }
            if Instant::now() >= deadline {
                return Ok(Polled::Idle);
            }
            let watched = self.fetched(&mut state);
            for of in &watched {
                if let Some(partition) = state.partition_mut(of) {
                    partition.waiters.add(&self.waiter, ISOLATION);
                }
            }
            self.group_of(&mut state).waiters.add(&self.waiter, ISOLATION);
            state = shared.wait(state, &self.waiter, deadline);
            for of in &watched {
                if let Some(partition) = state.partition_mut(of) {
                    partition.waiters.remove(&self.waiter);
                }
            }
            self.group_of(&mut state).waiters.remove(&self.waiter);
        }
    }

    fn start(&mut self, at: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let partitions: Vec<TopicPartition> = at.iter().map(|(of, _)| of.clone()).collect();
        self.require_owned("start", &partitions)?;
        self.positions.extend(at.iter().cloned());
        Ok(())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("release", partitions)?;
        for of in partitions {
            self.forget(of);
        }
        let shared = self.shared.clone();
        let mut state = shared.lock();
        self.group_of(&mut state).release(&self.instance, self.id, partitions);
        Ok(())
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("pause", partitions)?;
        self.paused.extend(partitions.iter().cloned());
        Ok(())
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("resume", partitions)?;
        self.paused.retain(|of| !partitions.contains(of));
        Ok(())
    }

    fn metadata(&self) -> Result<GroupMetadata, LogError> {
        let state = self.shared.lock();
        let generation = state.groups.get(&self.group).map_or(0, |group| group.generation);
        Ok(GroupMetadata::Embedded { group: self.group.clone(), member: self.id, generation })
    }

    fn position(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.positions
            .get(of)
            .copied()
            .ok_or_else(|| LogError::Refused { what: "position", reason: format!("{of} was not started") })
    }

    fn end_offset(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        Ok(self.shared.lock().partition("end offset", of)?.end(ISOLATION))
    }

    fn close(mut self: Box<Self>) -> Result<(), LogError> {
        self.end();
        Ok(())
    }

    fn leave(self: Box<Self>) -> Result<(), LogError> {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let partitions = state.partition_counts();
        self.group_of(&mut state).leave(&self.instance, self.id, &partitions);
        Ok(())
    }
}

/// A client that is dropped is a process that died: its session runs out as after `close`.
impl Drop for EmbeddedMember {
    fn drop(&mut self) {
        self.end();
    }
}
