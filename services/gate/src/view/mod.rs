//! What the gate knows: every flag of every subject, and how far each partition is, in memory.
//!
//! One thread fills it from `standing.flags`; any number of checks read it, and none of them ever waits for the writer: what
//! stands for a subject is replaced as a whole, in a map without locks. A mark is taken in only after every flag before it in the
//! log, so whoever saw a mark sees those flags.
//!
//! Readers ignore a version not greater than the one held: a lifted flag keeps its version until its tombstone. Marks
//! carry none, the newest stands. It must never answer from a flag it could not read: such a key is held as unreadable,
//! and questions about its subject are answered `unknown`.

mod feed;
mod held;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use domain::catalogue::CatalogueDigest;
use domain::flag::{Lift, Version};
use domain::ids::MeasureId;
use domain::subject::SubjectKey;
use domain::time::Instant;
use papaya::HashMap;
use tokio::sync::{broadcast, watch};

pub(crate) use feed::Feed;
pub(crate) use held::{Common, HeldFlag};

/// How far a partition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The offset of `standing.events` after the last record folded.
    pub(crate) events_next: i64,
    /// When what it says was current, by the clock of the worker that folded it.
    pub(crate) current_as_of_ms: i64,
    /// When it came. By a clock that nobody sets: what has come to be known of a worker's end grows old by it, whatever the clocks of
    /// the two machines say.
    pub(crate) received: std::time::Instant,
    pub(crate) catalogue: Option<CatalogueDigest>,
}

impl Mark {
    /// How old what it says is, in milliseconds: by the two clocks, or since it came, whichever is more. `None` when it speaks of a
    /// time so far ahead of `now` (more than `ahead_most_ms`) that a clock is wrong, and nothing is known of its age.
    pub(crate) fn age_ms(&self, now: Instant, ahead_most_ms: u64) -> Option<i64> {
        let by_clocks = now.ms().saturating_sub(self.current_as_of_ms);
        if by_clocks < 0 && by_clocks.unsigned_abs() > ahead_most_ms {
            return None;
        }
        let since = i64::try_from(self.received.elapsed().as_millis()).unwrap_or(i64::MAX);
        Some(by_clocks.max(since))
    }
}

pub(crate) struct View {
    count: NonZeroU16,
    partitions: Vec<Partition>,
    /// Turns once, when everything that stood in the topic at the start is in.
    loaded: watch::Sender<bool>,
    changes: broadcast::Sender<Arc<Change>>,
}

struct Partition {
    /// By subject key; what is not in the map has no flag.
    subjects: HashMap<Box<str>, Box<[Entry]>>,
    mark: watch::Sender<Option<Mark>>,
}

/// What stands under one key `subject|measure`.
#[derive(Clone)]
struct Entry {
    measure: Arc<MeasureId>,
    version: Version,
    held: Held,
}

#[derive(Clone)]
enum Held {
    Set(Arc<HeldFlag>),
    Lifted,
    Unreadable,
}

/// What a change took the place of.
struct Replaced {
    /// The flag that stood before, if one did.
    flag: Option<Arc<HeldFlag>>,
    /// The version held from now on.
    version: Version,
}

/// A flag that stands, as a check takes it out of the view.
#[derive(Clone)]
pub(crate) struct Standing {
    pub(crate) flag: Arc<HeldFlag>,
    pub(crate) version: Version,
}

/// Something of the subject could not be read, so nothing is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// A change of one flag, for those who watch.
pub(crate) struct Change {
    pub(crate) subject: SubjectKey,
    pub(crate) measure: Arc<MeasureId>,
    pub(crate) version: Version,
    /// What the flag that stood before had in common with its like.
    pub(crate) before: Option<Arc<Common>>,
    pub(crate) now: Now,
}

pub(crate) enum Now {
    Set(Arc<HeldFlag>),
    Lifted(Lift),
}

impl View {
    pub(crate) fn new(count: NonZeroU16, watch_buffer: usize) -> Self {
        let partition = || Partition { subjects: HashMap::new(), mark: watch::channel(None).0 };
        Self {
            count,
            partitions: (0..count.get()).map(|_| partition()).collect(),
            loaded: watch::channel(false).0,
            changes: broadcast::channel(watch_buffer).0,
        }
    }

    pub(crate) fn partitions(&self) -> NonZeroU16 {
        self.count
    }

    fn partition(&self, number: i32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn set_loaded(&self) {
        self.loaded.send_replace(true);
    }

    pub(crate) fn is_loaded(&self) -> bool {
        *self.loaded.borrow()
    }

    /// The flags that stand for a subject, of whatever measure and matter.
    pub(crate) fn standing(&self, partition: i32, subject: &SubjectKey) -> Result<Vec<Standing>, Unreadable> {
        let Some(partition) = self.partition(partition) else { return Ok(Vec::new()) };
        let subjects = partition.subjects.pin();
        let Some(entries) = subjects.get(subject.as_str()) else { return Ok(Vec::new()) };
        let mut standing = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.held {
                Held::Set(flag) => standing.push(Standing { flag: Arc::clone(flag), version: entry.version }),
                Held::Lifted => {}
                Held::Unreadable => return Err(Unreadable),
            }
        }
        Ok(standing)
    }

    pub(crate) fn mark(&self, partition: i32) -> Option<Mark> {
        self.partition(partition)?.mark.borrow().clone()
    }

    /// The marks of all partitions, in their order.
    pub(crate) fn marks(&self) -> Vec<Option<Mark>> {
        self.partitions.iter().map(|partition| partition.mark.borrow().clone()).collect()
    }

    /// Per partition the highest offset of `standing.events` that is folded and whose flags are here; -1 for none.
    pub(crate) fn seen(&self) -> Vec<i64> {
        let seen = |mark: &Option<Mark>| mark.as_ref().map_or(-1, |mark| mark.events_next - 1);
        self.partitions.iter().map(|partition| seen(&partition.mark.borrow())).collect()
    }

    /// Waits until the record at `offset` of the partition's events is folded and its flags are here; false when the time
    /// was over first.
    pub(crate) async fn wait_for(&self, partition: i32, offset: i64, most: Duration) -> bool {
        let Some(partition) = self.partition(partition) else { return false };
        let mut marks = partition.mark.subscribe();
        let reached = marks.wait_for(|mark| mark.as_ref().is_some_and(|mark| mark.events_next > offset));
        matches!(tokio::time::timeout(most, reached).await, Ok(Ok(_)))
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }

    /// Tells those who watch. What is read at the start is no change.
    fn tell(&self, change: impl FnOnce() -> Change) {
        if self.is_loaded() && self.changes.receiver_count() > 0 {
            // An error says that the last watcher has just gone.
            let _ = self.changes.send(Arc::new(change()));
        }
    }

    /// Puts what stands under a key from now on, `None` for nothing. `None` comes back when a version at least as new is
    /// held already, or when there was nothing to remove. A value without a version counts as the one held.
    fn put(
        &self,
        partition: i32,
        subject: &SubjectKey,
        measure: &Arc<MeasureId>,
        version: Option<Version>,
        held: Option<Held>,
    ) -> Option<Replaced> {
        let subjects = self.partition(partition)?.subjects.pin();
        let entries: &[Entry] = subjects.get(subject.as_str()).map_or(&[], |entries| entries);
        let before = entries.iter().find(|entry| entry.measure == *measure);
        let first = Version { partition, offset: -1, index: 0 };
        let version = match (before, version) {
            (Some(before), Some(version)) if version <= before.version => return None,
            (before, version) => version.or(before.map(|before| before.version)).unwrap_or(first),
        };
        if before.is_none() && held.is_none() {
            return None;
        }
        let flag = match before.map(|entry| &entry.held) {
            Some(Held::Set(flag)) => Some(Arc::clone(flag)),
            Some(Held::Lifted | Held::Unreadable) | None => None,
        };
        let others = entries.iter().filter(|entry| entry.measure != *measure).cloned();
        let now = held.map(|held| Entry { measure: Arc::clone(measure), version, held });
        let entries: Box<[Entry]> = others.chain(now).collect();
        if entries.is_empty() {
            subjects.remove(subject.as_str());
        } else {
            subjects.insert(subject.as_str().into(), entries);
        }
        Some(Replaced { flag, version })
    }
}
