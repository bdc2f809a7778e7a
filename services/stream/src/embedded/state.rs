//! Everything the embedded log holds, behind one lock: topics, transactions, groups, and the bytes they take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::group::Group;
use super::partition::{self, Partition, ProducerId};
use super::topic::TopicState;
use super::waiters::Waiters;
use crate::log::{LogError, Outgoing, Topic, TopicPartition};

/// A producer of one transactional id. The epoch tells the present owner from those it fenced.
#[derive(Default)]
pub(super) struct Transaction {
    pub(super) producer: ProducerId,
    pub(super) epoch: u64,
    pub(super) open: Option<Open>,
}

/// An open transaction, as the coordinator knows it.
pub(super) struct Open {
    pub(super) since: Duration,
    pub(super) partitions: Vec<TopicPartition>,
    pub(super) offsets: BTreeMap<(Arc<str>, TopicPartition), i64>,
}

pub(super) struct State {
    pub(super) topics: BTreeMap<Topic, TopicState>,
    pub(super) transactions: BTreeMap<Arc<str>, Transaction>,
    pub(super) groups: BTreeMap<Arc<str>, Group>,
    /// Who waits for memory to become free.
    pub(super) room: Waiters,
    bytes: usize,
    bytes_max: usize,
    /// Cleaning for want of memory reads everything: it is tried again when this much is held, or some time later.
    reclaim_from: usize,
    reclaimed_at_ms: i64,
    random: u64,
    next_id: u64,
}

impl State {
    pub(super) fn new(bytes_max: usize, seed: u64) -> Self {
        Self {
            topics: BTreeMap::new(),
            transactions: BTreeMap::new(),
            groups: BTreeMap::new(),
            room: Waiters::default(),
            bytes: 0,
            bytes_max,
            reclaim_from: 0,
            reclaimed_at_ms: i64::MIN,
            random: seed,
            next_id: 0,
        }
    }

    /// A number never given before: ids of producers and members.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// 128 bits from the seed (splitmix64), so that a run is repeated by its seed.
    pub(super) fn random_id(&mut self) -> String {
        let mut next = || {
            self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.random;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        format!("{:016x}{:016x}", next(), next())
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn partition_counts(&self) -> BTreeMap<Topic, i32> {
        self.topics.values().map(|topic| (topic.name().clone(), topic.partitions.len() as i32)).collect()
    }

    pub(super) fn partition(&self, what: &'static str, of: &TopicPartition) -> Result<&Partition, LogError> {
        let index = usize::try_from(of.partition).ok();
        self.topics
            .get(&of.topic)
            .and_then(|topic| topic.partitions.get(index?))
            .ok_or_else(|| LogError::Refused { what, reason: format!("{of} does not exist: create its topic") })
    }

    pub(super) fn partition_mut(&mut self, of: &TopicPartition) -> Option<&mut Partition> {
        let index = usize::try_from(of.partition).ok()?;
        self.topics.get_mut(&of.topic)?.partitions.get_mut(index)
    }

    /// Whether the record could ever be appended.
    pub(super) fn check(&self, what: &'static str, record: &Outgoing) -> Result<(), LogError> {
        /// What a batch of one record takes beside its payload (record batch header and varints).
        const BATCH_BYTES: usize = 70;
        let of = TopicPartition::new(record.topic.clone(), record.partition);
        self.partition(what, &of)?;
        let rules = &self.topics[&of.topic].rules;
        let bytes = BATCH_BYTES + partition::payload_bytes(&record.key, &record.value, &record.headers);
        if bytes > rules.message_bytes_max {
            let reason =
                format!("{of}: a record of {bytes} bytes is larger than max.message.bytes={}", rules.message_bytes_max);
            return Err(LogError::Refused { what, reason });
        }
        if rules.compacted && record.key.is_none() {
            let reason = format!("{of}: a compacted topic takes no record without a key");
            return Err(LogError::Refused { what, reason });
        }
        Ok(())
    }

    /// Whether there is memory for the record, after cleaning if need be.
    pub(super) fn has_room(&mut self, record: &Outgoing, now_ms: i64) -> bool {
        /// Time alone lets records go: those whose retention ends.
        const RECLAIM_PAUSE_MS: i64 = 1_000;
        let cost = partition::cost(record);
        let due = self.bytes >= self.reclaim_from || now_ms.saturating_sub(self.reclaimed_at_ms) >= RECLAIM_PAUSE_MS;
        if self.bytes + cost > self.bytes_max && due {
            self.reclaim(now_ms);
        }
        self.bytes + cost <= self.bytes_max
    }

    /// Frees what compaction and retention let go.
    fn reclaim(&mut self, now_ms: i64) {
        for topic in self.topics.values_mut() {
            topic.compact(false, now_ms);
            topic.retain(now_ms);
        }
        self.recount();
        self.reclaim_from = self.bytes + self.bytes_max / 64;
        self.reclaimed_at_ms = now_ms;
    }

    /// Counts anew what the records take.
    pub(super) fn recount(&mut self) {
        self.bytes = self.topics.values().map(TopicState::bytes).sum();
        self.room.wake(|_| true);
    }

    /// Appends a checked record and returns its offset.
    pub(super) fn append(&mut self, record: &Outgoing, now_ms: i64, producer: Option<ProducerId>) -> i64 {
        let topic = self.topics.get_mut(&record.topic).expect("the record was checked: its topic exists");
        let timestamp_ms = match record.timestamp_ms {
            Some(create_time) if !topic.rules.append_time => create_time,
            Some(_) | None => now_ms,
        };
        let index = record.partition as usize;
        let partition = &mut topic.partitions[index];
        let before = partition.bytes();
        let offset = partition.append(record, timestamp_ms, producer);
        self.bytes += partition.bytes() - before;
        if producer.is_none() {
            self.bytes -= topic.compact_if_dirty(index, now_ms);
        }
        offset
    }

    /// Ends the open transaction of an id: markers, and offsets if it commits.
    pub(super) fn end_transaction(&mut self, id: &str, committed: bool, now_ms: i64) {
        let Some(transaction) = self.transactions.get_mut(id) else {
            return;
        };
        let producer = transaction.producer;
        let Some(open) = transaction.open.take() else {
            return;
        };
        for of in &open.partitions {
            let index = of.partition as usize;
            let Some(topic) = self.topics.get_mut(&of.topic) else {
                continue;
            };
            let partition = &mut topic.partitions[index];
            let before = partition.bytes();
            partition.end_transaction(producer, committed, now_ms);
            self.bytes += partition.bytes() - before;
            self.bytes -= topic.compact_if_dirty(index, now_ms);
        }
        for ((group, of), offset) in open.offsets {
            let group = self.groups.entry(group).or_default();
            if committed {
                group.offsets.insert(of, offset);
            }
            group.waiters.wake(|_| true);
        }
    }

    /// Whether an open transaction holds an offset of this group for this partition.
    pub(super) fn offset_is_pending(&self, group: &Arc<str>, of: &TopicPartition) -> bool {
        let key = (group.clone(), of.clone());
        self.transactions.values().filter_map(|t| t.open.as_ref()).any(|open| open.offsets.contains_key(&key))
    }

    /// Aborts transactions that stayed open too long, and fences their producers; removes members that are gone.
    pub(super) fn expire(&mut self, now: Duration, now_ms: i64, transaction: Duration, session: Duration) {
        let late = |open: &Open| now.saturating_sub(open.since) >= transaction;
        let ids: Vec<Arc<str>> = self
            .transactions
            .iter()
            .filter(|(_, state)| state.open.as_ref().is_some_and(late))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.end_transaction(&id, false, now_ms);
            if let Some(state) = self.transactions.get_mut(&id) {
                state.epoch += 1;
            }
        }
        let gone = |group: &Group| group.next_expiry(session).is_some_and(|at| at <= now);
        if self.groups.values().any(gone) {
            let counts = self.partition_counts();
            for group in self.groups.values_mut() {
                group.expire(now, session, &counts);
            }
        }
    }

    /// When the next transaction or session times out.
    pub(super) fn next_expiry(&self, transaction: Duration, session: Duration) -> Option<Duration> {
        let open = self.transactions.values().filter_map(|state| Some(state.open.as_ref()?.since + transaction));
        let sessions = self.groups.values().filter_map(|group| group.next_expiry(session));
        open.chain(sessions).min()
    }
}
