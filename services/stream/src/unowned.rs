//! Partitions that a group gave to nobody, and how they get an owner again.
//!
//! A cooperative rebalance has two rounds. In the first, whoever has too much is told what to keep; when it gave back the rest, it
//! joins again, which begins the second, and only there the others get what became free. A member that dies in between and comes
//! back under its static id finds the group at rest: the coordinator tells it what to keep, it holds nothing that it would have to
//! give back, and the second round never comes. What it owed belongs to nobody until the group changes for another reason. The same
//! holds for topics that no member asked for before all of them came back asking.
//!
//! Nothing in the protocol ends this, so members look. When two looks in a row see the same members with the same partitions, and
//! some of the topics' partitions with none of them, the member with the fewest leaves the group and joins anew, which makes a
//! rebalance of all. A hand-over that is under way looks the same for as long as its giver needs, and the member whose turn it is may
//! not look itself: each time, twice as many looks have to agree, and while nothing changes it is the next one's turn.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::log::{GroupDescription, Log, LogError, Topic, TopicPartition};
use crate::probe::Protection;
use crate::runtime::Context;

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(1);
/// Time between two looks. A rebalance takes less, mostly.
pub const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// So many looks in a row have to see the same, at first and at most.
const LOOKS: u32 = 2;
const LOOKS_MAX: u32 = 8;
/// After so many looks since somebody was told at which every partition had an owner, what was before is forgotten.
const CALM: u32 = 60;
/// After so many looks in a row that saw nothing, somebody is told.
const BLIND: u32 = 8;

/// Looks at one group, time and again.
pub struct Watch {
    group: String,
    /// How many partitions each has, once known: a topic of a group does not grow.
    topics: BTreeMap<Topic, Option<i32>>,
    /// What the last look saw, if a partition was nobody's; how many in a row saw it, and how many have to.
    before: Option<GroupDescription>,
    alike: u32,
    needed: u32,
    calm: u32,
    /// How many were told to leave since every partition had an owner.
    told: usize,
    /// Looks in a row that saw nothing.
    blind: u32,
}

impl Watch {
    pub fn new(group: impl Into<String>, topics: impl IntoIterator<Item = Topic>) -> Self {
        let topics = topics.into_iter().map(|topic| (topic, None)).collect();
        let group = group.into();
        Self { group, topics, before: None, alike: 0, needed: LOOKS, calm: 0, told: 0, blind: 0 }
    }

    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.keys()
    }

    /// How long to wait before the next look: longer while nothing can be seen.
    pub fn pause(&self, interval: Duration) -> Duration {
        interval * (1 << self.blind.min(4))
    }

    /// The static id of the member that has to leave and join anew, if one has to.
    pub fn look(&mut self, log: &dyn Log) -> Result<Option<String>, LogError> {
        // Unwind safety: what was seen before is given up.
        let asked = catch_unwind(AssertUnwindSafe(|| self.ask(log)));
        let panicked = |_| Err(LogError::Fatal { what: "group", reason: "the client panicked".to_owned() });
        match asked.unwrap_or_else(panicked) {
            Ok(group) => {
                self.blind = 0;
                Ok(self.judge(group))
            }
            Err(error) => {
                self.before = None;
                self.blind += 1;
                if self.blind == BLIND {
                    tracing::warn!(group = self.group, %error, "it is not known whether every partition has an owner");
                }
                Err(error)
            }
        }
    }

    fn ask(&mut self, log: &dyn Log) -> Result<GroupDescription, LogError> {
        for (topic, partitions) in &mut self.topics {
            if partitions.is_none() {
                *partitions = log.partitions(topic)?;
            }
        }
        log.group(&self.group, ANSWER)
    }

    fn judge(&mut self, group: GroupDescription) -> Option<String> {
        let before = self.before.take();
        if !group.at_rest {
            return None;
        }
        if !self.has_unowned(&group) {
            self.calm += 1;
            self.told = 0;
            self.needed = if self.calm >= CALM { LOOKS } else { self.needed };
            return None;
        }
        self.alike = if before.as_ref() == Some(&group) { self.alike + 1 } else { 1 };
        if self.alike < self.needed {
            self.before = Some(group);
            return None;
        }
        self.needed = (self.needed * 2).min(LOOKS_MAX);
        self.calm = 0;
        let mut members = group.members;
        members.sort_by_key(|member| member.partitions.len());
        let turn = self.told.checked_rem(members.len())?;
        self.told += 1;
        Some(members.swap_remove(turn).member)
    }

    fn has_unowned(&self, group: &GroupDescription) -> bool {
        let owned: BTreeSet<&TopicPartition> = group.members.iter().flat_map(|member| &member.partitions).collect();
        let is_owned = |topic: &Topic, partition| owned.contains(&TopicPartition::new(topic.clone(), partition));
        self.topics.iter().any(|(topic, partitions)| (0..partitions.unwrap_or(0)).any(|of| !is_owned(topic, of)))
    }
}

/// Which of a process's members has to leave its group and join anew.
#[derive(Default)]
pub struct Turn(Mutex<Option<usize>>);

impl Turn {
    fn slot(&self) -> MutexGuard<'_, Option<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last look came to; what was said before is withdrawn.
    pub fn give(&self, slot: Option<usize>) {
        *self.slot() = slot;
    }

    /// Whether it is this slot's turn; it is told once.
    pub fn take(&self, slot: usize) -> bool {
        self.slot().take_if(|turn| *turn == slot).is_some()
    }
}

/// The thread of a runtime: looks until it is stopped.
pub(crate) fn run(context: &Context) {
    let settings = &context.settings;
    let mut watch = Watch::new(&*settings.group, settings.topics.iter().cloned());
    while !context.wait_for_stop(watch.pause(settings.unowned_look_interval)) {
        let member = watch.look(context.parts.log.as_ref()).ok().flatten();
        let is_chosen = |slot: &usize| member.as_ref().is_some_and(|member| *member == settings.member(*slot));
        let chosen = (0..settings.slots).find(is_chosen).filter(|_| context.keeps(Protection::UnownedTaken));
        context.unowned.give(chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::GroupMember;

    /// Members with so many partitions each, of four in all.
    fn group(members: &[(&str, i32)]) -> GroupDescription {
        let mut next = 0..;
        let member = |(name, count): &(&str, i32)| {
            let partitions = next.by_ref().take(*count as usize).map(|of| TopicPartition::new("t", of)).collect();
            GroupMember { member: (*name).to_owned(), partitions }
        };
        GroupDescription { at_rest: true, members: members.iter().map(member).collect() }
    }

    fn watch() -> Watch {
        let mut watch = Watch::new("g", [Topic::from("t")]);
        watch.topics.insert("t".into(), Some(4));
        watch
    }

    /// After how many looks somebody is told to leave, and who.
    fn told(watch: &mut Watch, seen: &GroupDescription) -> (u32, String) {
        (1..).find_map(|looks| watch.judge(seen.clone()).map(|member| (looks, member))).expect("somebody is told")
    }

    fn as_told(of: (u32, &str)) -> (u32, String) {
        (of.0, of.1.to_owned())
    }

    #[test]
    fn the_one_with_the_fewest_is_told_after_two_looks_then_the_next_after_twice_as_many() {
        let (mut watch, hole) = (watch(), group(&[("a", 2), ("b", 0), ("c", 1)]));
        let all: Vec<_> = (0..6).map(|_| told(&mut watch, &hole)).collect();
        assert_eq!(all, [(2, "b"), (4, "c"), (8, "a"), (8, "b"), (8, "c"), (8, "a")].map(as_told));
    }

    #[test]
    fn what_changes_or_is_on_its_way_is_left_alone() {
        let mut watch = watch();
        for _ in 0..10 {
            assert_eq!(watch.judge(group(&[("a", 2), ("b", 0)])), None);
            assert_eq!(watch.judge(group(&[("a", 2), ("b", 1)])), None);
            let at_rest = false;
            assert_eq!(watch.judge(GroupDescription { at_rest, ..group(&[("a", 2), ("b", 1)]) }), None);
        }
        assert_eq!(watch.judge(group(&[])), None);
        assert_eq!(watch.judge(group(&[])), None, "nobody is there to be told");
    }

    #[test]
    fn the_turn_begins_anew_when_all_have_owners_and_the_patience_after_many_such_looks() {
        let (mut watch, hole, whole) = (watch(), group(&[("a", 2), ("b", 1)]), group(&[("a", 2), ("b", 2)]));
        assert_eq!(told(&mut watch, &hole), as_told((2, "b")));
        assert_eq!(watch.judge(whole.clone()), None);
        assert_eq!(told(&mut watch, &hole), as_told((4, "b")));
        for _ in 0..CALM {
            assert_eq!(watch.judge(whole.clone()), None);
        }
        assert_eq!(told(&mut watch, &hole), as_told((2, "b")));
    }

    #[test]
    fn a_turn_is_taken_once_and_withdrawn_by_the_next_look() {
        let turn = Turn::default();
        turn.give(Some(1));
        assert!(!turn.take(0));
        assert!(turn.take(1));
        assert!(!turn.take(1));
        turn.give(Some(1));
        turn.give(None);
        assert!(!turn.take(1));
    }
}
