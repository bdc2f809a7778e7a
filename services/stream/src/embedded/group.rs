//! Consumer groups: static members, generations, committed offsets, and the cooperative, sticky rebalance.
//!
//! The group moves a partition in two steps, as Kafka does: the old owner is asked to give it back, and only when it
//! did may the new owner take it. Every change of membership and every completed hand-over is a new generation.
//! A member holds a partition from the `Assigned` that named it until its release; the target is what it should hold.
//! A client that takes over a static id gets what the group last gave that id, and changes nothing else: what its
//! predecessor was to give back is in nobody's target until the next change of membership.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::waiters::Waiters;
use crate::log::{GroupDescription, GroupMember, LogError, Topic, TopicPartition};

pub(super) type MemberId = u64;

#[derive(Default)]
pub(super) struct Group {
    pub(super) generation: u64,
    /// By static membership id.
    members: BTreeMap<Arc<str>, Member>,
    /// Members whose static id another took.
    replaced: BTreeSet<MemberId>,
    pub(super) offsets: BTreeMap<TopicPartition, i64>,
    pub(super) waiters: Waiters,
}

struct Member {
    id: MemberId,
    topics: Vec<Topic>,
    target: BTreeSet<TopicPartition>,
    held: BTreeSet<TopicPartition>,
    /// Asked back, not yet released.
    revoking: BTreeSet<TopicPartition>,
    /// When its client went away; its partitions stay its own until the session times out.
    left_at: Option<Duration>,
}

/// What a member is to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Member,
    /// Another client took its static id.
    Replaced,
    /// Its session timed out.
    Expired,
}

/// What the group has to tell a member.
pub(super) enum Change {
    None,
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
}

impl Group {
    /// Adds a member, or lets it take over its static id together with the partitions of that id.
    pub(super) fn join(
        &mut self,
        instance: &Arc<str>,
        id: MemberId,
        topics: &[Topic],
        partitions: &BTreeMap<Topic, i32>,
    ) {
        let old = self.members.remove(instance);
        let target = old.as_ref().map(|old| old.target.clone()).unwrap_or_default();
        let member = Member {
            id,
            topics: topics.to_vec(),
            target,
            held: BTreeSet::new(),
            revoking: BTreeSet::new(),
            left_at: None,
        };
        self.members.insert(instance.clone(), member);
        match old {
            None => self.rebalance(partitions),
            Some(old) => {
                if old.left_at.is_none() {
                    self.replaced.insert(old.id);
                }
                self.forget_owed(&old);
            }
        }
        self.waiters.wake(|_| true);
    }

    /// What a member owed others when it went: its successor has nothing to give back, and so they are never told.
    fn forget_owed(&mut self, old: &Member) {
        for of in old.held.difference(&old.target) {
            for member in self.members.values_mut() {
                member.target.remove(of);
            }
        }
    }

    pub(super) fn describe(&self) -> GroupDescription {
        let given = |id: MemberId, member: &Member| {
            let others = || self.members.values().filter(|other| other.id != id);
            let is_free = |of: &&TopicPartition| !others().any(|other| other.held.contains(*of));
            member.target.iter().filter(is_free).cloned().collect()
        };
        let members = self.members.iter();
        let members = members.map(|(instance, member)| GroupMember {
            member: instance.to_string(),
            partitions: given(member.id, member),
        });
        GroupDescription { at_rest: true, members: members.collect() }
    }

    /// Its client went away, and may come back.
    pub(super) fn end(&mut self, instance: &Arc<str>, id: MemberId, now: Duration) {
        if let Some(member) = self.member(instance, id) {
            member.left_at = Some(now);
        }
        self.waiters.wake(|_| true);
    }

    /// A member goes for good, unless another has its id.
    pub(super) fn leave(&mut self, instance: &Arc<str>, id: MemberId, partitions: &BTreeMap<Topic, i32>) {
        if self.member(instance, id).is_some() {
            self.remove(instance, partitions);
        }
        self.waiters.wake(|_| true);
    }

    /// Removes members that left longer than a session ago; returns whether there were any.
    pub(super) fn expire(&mut self, now: Duration, session: Duration, partitions: &BTreeMap<Topic, i32>) -> bool {
        let before = self.members.len();
        self.members.retain(|_, member| member.left_at.is_none_or(|left| now.saturating_sub(left) < session));
        let expired = self.members.len() < before;
        if expired {
            self.rebalance(partitions);
        }
        expired
    }

    /// Removes a member as if its session had timed out.
    pub(super) fn remove(&mut self, instance: &str, partitions: &BTreeMap<Topic, i32>) {
        if self.members.remove(instance).is_some() {
            self.rebalance(partitions);
        }
    }

    pub(super) fn next_expiry(&self, session: Duration) -> Option<Duration> {
        self.members.values().filter_map(|member| Some(member.left_at? + session)).min()
    }

    pub(super) fn subscribes(&self, topic: &str) -> bool {
        self.members.values().any(|member| member.topics.iter().any(|other| &**other == topic))
    }

    pub(super) fn standing(&self, instance: &Arc<str>, id: MemberId) -> Standing {
        match self.members.get(instance) {
            Some(member) if member.id == id => Standing::Member,
            Some(_) => Standing::Replaced,
            None if self.replaced.contains(&id) => Standing::Replaced,
            None => Standing::Expired,
        }
    }

    /// Whether offsets sent with this proof of membership may be committed.
    pub(super) fn admit(&self, id: MemberId, generation: u64) -> Result<(), LogError> {
        let what = "send offsets";
        if self.replaced.contains(&id) {
            let reason = "another client took this member's static id".into();
            return Err(LogError::Fenced { what, reason });
        }
        if !self.members.values().any(|member| member.id == id) {
            return Err(LogError::Abort { what, reason: "no longer a member of the group".into() });
        }
        if generation != self.generation {
            let reason = format!("generation {generation} of the group is over, it is at {}", self.generation);
            return Err(LogError::Abort { what, reason });
        }
        Ok(())
    }

    /// The next thing to tell a member; what is told counts as told.
    pub(super) fn change(&mut self, instance: &Arc<str>, id: MemberId) -> Change {
        let held_by_others: BTreeSet<TopicPartition> = self
            .members
            .values()
            .filter(|member| member.id != id)
            .flat_map(|member| member.held.iter().cloned())
            .collect();
        let Some(member) = self.member(instance, id) else {
            return Change::None;
        };
        let back: Vec<TopicPartition> =
            member.held.difference(&member.target).filter(|of| !member.revoking.contains(of)).cloned().collect();
        if !back.is_empty() {
            member.revoking.extend(back.iter().cloned());
            return Change::Revoked(back);
        }
        let free: Vec<TopicPartition> =
            member.target.difference(&member.held).filter(|of| !held_by_others.contains(of)).cloned().collect();
        if !free.is_empty() {
            member.held.extend(free.iter().cloned());
            return Change::Assigned(free);
        }
        Change::None
    }

    /// Whether records of this partition may be handed to the member.
    pub(super) fn may_fetch(&self, instance: &Arc<str>, of: &TopicPartition) -> bool {
        self.members.get(instance).is_some_and(|member| member.held.contains(of) && !member.revoking.contains(of))
    }

    /// Takes partitions back. A partition that was asked back and returned to the target meanwhile is assigned anew.
    pub(super) fn release(&mut self, instance: &Arc<str>, id: MemberId, partitions: &[TopicPartition]) {
        let Some(member) = self.member(instance, id) else {
            return;
        };
        let mut moved = false;
        for of in partitions {
            moved |= member.held.remove(of);
            member.revoking.remove(of);
        }
        if moved {
            self.generation += 1;
            self.waiters.wake(|_| true);
        }
    }

    fn member(&mut self, instance: &Arc<str>, id: MemberId) -> Option<&mut Member> {
        self.members.get_mut(instance).filter(|member| member.id == id)
    }

    pub(super) fn rebalance(&mut self, partitions: &BTreeMap<Topic, i32>) {
        self.generation += 1;
        for (instance, target) in self.assignment(partitions) {
            if let Some(member) = self.members.get_mut(&instance) {
                member.target = target;
            }
        }
        self.waiters.wake(|_| true);
    }

    /// Sticky and balanced: whoever has a partition keeps it, the unowned go to whoever has least, then the fullest
    /// give to the emptiest until they differ by at most one.
    fn assignment(&self, partitions: &BTreeMap<Topic, i32>) -> BTreeMap<Arc<str>, BTreeSet<TopicPartition>> {
        let wants = |member: &Member, of: &TopicPartition| member.topics.contains(&of.topic);
        let all: Vec<TopicPartition> = partitions
            .iter()
            .flat_map(|(topic, count)| (0..*count).map(|partition| TopicPartition::new(topic.clone(), partition)))
            .collect();
        let mut next: BTreeMap<Arc<str>, BTreeSet<TopicPartition>> = self
            .members
            .iter()
            .map(|(instance, member)| {
                let kept = member.target.iter().filter(|of| {
                    wants(member, of) && partitions.get(&of.topic).is_some_and(|count| of.partition < *count)
                });
                (instance.clone(), kept.cloned().collect())
            })
            .collect();
        let mut owned: BTreeSet<TopicPartition> = next.values().flatten().cloned().collect();
        for of in &all {
            if owned.contains(of) {
                continue;
            }
            let least = self
                .members
                .iter()
                .filter(|(_, member)| wants(member, of))
                .map(|(instance, _)| instance)
                .min_by_key(|instance| next[*instance].len())
                .cloned();
            if let Some(set) = least.and_then(|instance| next.get_mut(&instance)) {
                set.insert(of.clone());
                owned.insert(of.clone());
            }
        }
        while let Some((from, to, of)) = self.unbalanced(&next) {
            if let Some(set) = next.get_mut(&from) {
                set.remove(&of);
            }
            next.entry(to).or_default().insert(of);
        }
        next
    }

    /// What the fullest can give to the emptiest, of all pairs that differ by two or more.
    fn unbalanced(
        &self,
        next: &BTreeMap<Arc<str>, BTreeSet<TopicPartition>>,
    ) -> Option<(Arc<str>, Arc<str>, TopicPartition)> {
        let mut widest: Option<(usize, &Arc<str>, &Arc<str>, &TopicPartition)> = None;
        for (from, has) in next {
            for (to, member) in &self.members {
                let Some(gap) = has.len().checked_sub(next[to].len()).filter(|gap| *gap >= 2) else { continue };
                let Some(of) = has.iter().rev().find(|of| member.topics.contains(&of.topic)) else { continue };
                if widest.as_ref().is_none_or(|(widest, ..)| gap > *widest) {
                    widest = Some((gap, from, to, of));
                }
            }
        }
        widest.map(|(_, from, to, of)| (from.clone(), to.clone(), of.clone()))
    }
}
