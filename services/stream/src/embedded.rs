//! The log inside this process: for the playground, for tests and for deterministic simulation.
//!
//! It keeps the contract of [`crate::log`] as Kafka does, the inconvenient parts too: markers and aborted records take
//! offsets, a committed reader stops at the last stable offset, a new owner of a transactional id fences the old one
//! and aborts what it left open, a transaction that stays open too long is aborted, offsets are refused to a member of
//! an older generation, partitions move between members in two steps, compacted topics are compacted, records over
//! `max.message.bytes` are refused. An append happens once by construction: there is no network to repeat it.
//!
//! Memory is bounded: when nothing can be freed by compaction and retention, producers are told to wait
//! (`QueueFull`, `Retry`). A topic kept for ever therefore ends in back-pressure, not in growth.
//!
//! **Never for production**: everything is lost when the process ends, and nothing is replicated.
//!
//! All state is behind one lock; who waits sleeps on its own condition variable. Given the same seed, the same clocks
//! and the same order of calls, a run repeats exactly.

mod client;
mod group;
mod member;
mod partition;
mod state;
mod topic;
mod transaction;
mod waiters;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::log::{
    GroupConsumer, GroupDescription, Isolation, Log, LogError, Producer, Reader, Start, Topic, TopicDescription,
    TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};
use state::State;

/// Milliseconds since the epoch, for the timestamps of records.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Time since some start, never going back: transactions and sessions time out by it.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Settings of an embedded log; [`EmbeddedSettings::new`] gives what the playground uses.
#[derive(Clone)]
pub struct EmbeddedSettings {
    pub clock: Clock,
    /// Apart from `clock`, so that a playground may move its calendar without timing out what is under way.
    pub elapsed: Elapsed,
    /// Topic ids come from it.
    pub seed: u64,
    /// What all records together may take, overhead included.
    pub memory_bytes_max: usize,
    pub transaction_timeout: Duration,
    /// How long the partitions of a member that went away stay its own.
    pub session_timeout: Duration,
}

impl EmbeddedSettings {
    pub fn new(clock: Clock, seed: u64) -> Self {
        let start = Instant::now();
        Self {
            clock,
            elapsed: Arc::new(move || start.elapsed()),
            seed,
            memory_bytes_max: 1 << 30,
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
        }
    }
}

/// See the module.
pub struct EmbeddedLog {
    shared: Arc<Shared>,
}

struct Shared {
    settings: EmbeddedSettings,
    state: Mutex<State>,
}

impl EmbeddedLog {
    pub fn new(settings: EmbeddedSettings) -> Arc<Self> {
        let state = Mutex::new(State::new(settings.memory_bytes_max, settings.seed));
        Arc::new(Self { shared: Arc::new(Shared { settings, state }) })
    }

    /// Compacts and applies retention at once, as the broker's cleaner does in its own time.
    pub fn compact(&self, topic: &str) {
        let now_ms = self.shared.now_ms();
        let mut state = self.shared.lock();
        if let Some(topic) = state.topics.get_mut(topic) {
            topic.compact(false, now_ms);
            topic.retain(now_ms);
        }
        state.recount();
    }

    /// Ends the session of a member, as if its process had stalled: it learns of it by [`crate::log::Polled::Lost`].
    pub fn expire_member(&self, group: &str, member: &str) {
        let mut state = self.shared.lock();
        let counts = state.partition_counts();
        if let Some(group) = state.groups.get_mut(group) {
            group.remove(member, &counts);
        }
    }

    /// What the records take, overhead included.
    pub fn memory_bytes(&self) -> usize {
        self.shared.lock().bytes()
    }
}

impl Shared {
    fn now_ms(&self) -> i64 {
        (self.settings.clock)()
    }

    /// The state, whatever a panicking thread left: every change to it is complete before the lock is given back.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.expire(&mut state);
        state
    }

    fn expire(&self, state: &mut State) {
        let EmbeddedSettings { transaction_timeout, session_timeout, .. } = self.settings;
        let now = (self.settings.elapsed)();
        if state.next_expiry(transaction_timeout, session_timeout).is_some_and(|at| at <= now) {
            state.expire(now, self.now_ms(), transaction_timeout, session_timeout);
        }
    }

    /// Sleeps until woken, until something times out, or until the deadline, whichever is first.
    fn wait<'a>(&self, mut state: MutexGuard<'a, State>, waiter: &Condvar, deadline: Instant) -> MutexGuard<'a, State> {
        let EmbeddedSettings { transaction_timeout, session_timeout, .. } = self.settings;
        let mut left = deadline.saturating_duration_since(Instant::now());
        if let Some(at) = state.next_expiry(transaction_timeout, session_timeout) {
            /// A clock under simulation may stand still: look again after this long.
            const SHORTEST: Duration = Duration::from_millis(1);
            left = left.min(at.saturating_sub((self.settings.elapsed)()).max(SHORTEST));
        }
        state = waiter.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        self.expire(&mut state);
        state
    }
}

impl Log for EmbeddedLog {
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        let mut state = self.shared.lock();
        for spec in topics {
            if state.topics.contains_key(&spec.name) {
                continue;
            }
            let id = state.random_id();
            let topic = topic::TopicState::new(spec, id)?;
            state.topics.insert(spec.name.clone(), topic);
            let counts = state.partition_counts();
            for group in state.groups.values_mut().filter(|group| group.subscribes(&spec.name)) {
                group.rebalance(&counts);
            }
        }
        Ok(())
    }

    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        match self.shared.lock().topics.get_mut(topic) {
            Some(state) => state.alter(config),
            None => Err(LogError::Refused { what: "alter topic", reason: format!("{topic} does not exist") }),
        }
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        Ok(self.shared.lock().topics.get(topic).map(topic::TopicState::describe))
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        Ok(self.shared.lock().topics.keys().cloned().collect())
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        let state = self.shared.lock();
        let partition = state.partition("watermarks", of)?;
        Ok(Watermarks { low: partition.start(), high: partition.end(isolation) })
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        let deadline = Instant::now() + wait;
        let waiter = Arc::new(Condvar::new());
        let group: Arc<str> = group.into();
        let mut state = self.shared.lock();
        while of.iter().any(|of| state.offset_is_pending(&group, of)) {
            if Instant::now() >= deadline {
                let reason = "an open transaction holds offsets of this group".into();
                return Err(LogError::Retry { what: "committed offsets", reason });
            }
            state.groups.entry(group.clone()).or_default().waiters.add(&waiter, Isolation::ReadCommitted);
            state = self.shared.wait(state, &waiter, deadline);
            if let Some(group) = state.groups.get_mut(&group) {
                group.waiters.remove(&waiter);
            }
        }
        let offsets = state.groups.get(&group).map(|group| &group.offsets);
        Ok(of.iter().map(|of| offsets.and_then(|offsets| offsets.get(of).copied())).collect())
    }

    fn group(&self, group: &str, _wait: Duration) -> Result<GroupDescription, LogError> {
        let state = self.shared.lock();
        let told = state.groups.get(group).map(group::Group::describe).filter(|told| !told.members.is_empty());
        told.ok_or_else(|| LogError::Retry { what: "group", reason: format!("{group} has no members") })
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        Ok(Arc::new(client::EmbeddedProducer::new(self.shared.clone())))
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        Ok(Box::new(transaction::EmbeddedTransactional::new(self.shared.clone(), id)))
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        Ok(Box::new(member::EmbeddedMember::join(self.shared.clone(), group, member, topics)))
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(client::EmbeddedReader::new(self.shared.clone(), from, isolation)?))
    }
}
