//! What librdkafka tells a consumer beside records: changes of ownership, and statistics of what it has fetched.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use serde::Deserialize;

use super::trace;
use crate::log::TopicPartition;

/// A change of ownership, as the group decided it and before this client answered it.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
}

/// What the client had fetched at one moment.
pub(super) struct Snapshot {
    pub(super) at: Instant,
    /// Whether the client was of a group, or about to be.
    pub(super) in_group: bool,
    pub(super) partitions: BTreeMap<TopicPartition, Fetched>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Fetched {
    partition: i32,
    /// Everything before it, markers included, was fetched and put into the queue.
    pub(super) next_offset: i64,
    /// What the consumer's queue held.
    #[serde(rename = "fetchq_cnt")]
    pub(super) queued: i64,
    pub(super) ls_offset: i64,
    pub(super) hi_offset: i64,
}

pub(super) struct Context {
    born: Instant,
    changes: Mutex<VecDeque<Change>>,
    snapshot: Mutex<Option<Snapshot>>,
    /// Counts rebalances: each interrupts the fetching of every partition.
    rebalances: AtomicU64,
    closing: AtomicBool,
}

impl Context {
    pub(super) fn new() -> Self {
        Self {
            born: Instant::now(),
            changes: Mutex::new(VecDeque::new()),
            snapshot: Mutex::new(None),
            rebalances: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        }
    }

    pub(super) fn rebalances(&self) -> u64 {
        self.rebalances.load(Ordering::Relaxed)
    }

    pub(super) fn has_change(&self) -> bool {
        !locked(&self.changes).is_empty()
    }

    pub(super) fn next_change(&self) -> Option<Change> {
        locked(&self.changes).pop_front()
    }

    pub(super) fn take_snapshot(&self) -> Option<Snapshot> {
        locked(&self.snapshot).take()
    }

    /// From here on changes of ownership are answered at once: nobody will.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        trace::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        trace::error("consumer", &error, reason);
    }

    fn stats_raw(&self, json: &[u8]) {
        match serde_json::from_slice::<Statistics<'_>>(json) {
            Ok(statistics) => *locked(&self.snapshot) = Some(statistics.snapshot(self.born)),
            Err(error) => tracing::warn!(%error, "could not read the consumer's statistics"),
        }
    }
}

impl ConsumerContext for Context {
    /// Notes the change for `poll` to return. An assignment is answered at once, so that the group does not wait while
    /// state is restored: the partitions stay paused until they are started. A revocation is answered by `release`.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, err: RDKafkaRespErr, list: &mut TopicPartitionList) {
        self.rebalances.fetch_add(1, Ordering::Relaxed);
        let partitions = partitions(list);
        let assigned = err == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Relaxed) {
            let answered =
                if assigned { consumer.incremental_assign(list) } else { consumer.incremental_unassign(list) };
            noted("answer a rebalance while closing", answered);
            return;
        }
        let change = if assigned {
            // The position only satisfies the client: no record is handed out before the partition was started.
            noted("assign", list.set_all_offsets(Offset::Beginning));
            noted("assign", consumer.incremental_assign(list));
            noted("assign", consumer.pause(list));
            Change::Assigned(partitions)
        } else if consumer.assignment_lost() {
            Change::Lost(partitions)
        } else {
            Change::Revoked(partitions)
        };
        let empty = partitions_of(&change).is_empty();
        if empty && !assigned {
            noted("answer an empty revocation", consumer.incremental_unassign(list));
        }
        if !empty {
            locked(&self.changes).push_back(change);
        }
    }
}

fn partitions_of(change: &Change) -> &[TopicPartition] {
    match change {
        Change::Assigned(partitions) | Change::Revoked(partitions) | Change::Lost(partitions) => partitions,
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

/// A failed answer shows in the next poll as an error or as a lost assignment; here it can only be reported.
fn noted(what: &'static str, outcome: KafkaResult<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "could not {what}");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of librdkafka's statistics that tells positions.
#[derive(Deserialize)]
struct Statistics<'a> {
    /// Microseconds since the client was created.
    age: u64,
    #[serde(borrow, default)]
    topics: BTreeMap<Cow<'a, str>, TopicStatistics<'a>>,
    #[serde(borrow, default)]
    cgrp: Option<GroupStatistics<'a>>,
}

#[derive(Deserialize)]
struct GroupStatistics<'a> {
    #[serde(borrow)]
    join_state: Cow<'a, str>,
}

#[derive(Deserialize)]
struct TopicStatistics<'a> {
    #[serde(borrow)]
    partitions: BTreeMap<Cow<'a, str>, Fetched>,
}

impl Statistics<'_> {
    fn snapshot(self, born: Instant) -> Snapshot {
        let mut partitions = BTreeMap::new();
        for (topic, statistics) in self.topics {
            let topic: std::sync::Arc<str> = (*topic).into();
            for fetched in statistics.partitions.into_values().filter(|fetched| fetched.partition >= 0) {
                partitions.insert(TopicPartition::new(topic.clone(), fetched.partition), fetched);
            }
        }
        let in_group = self.cgrp.is_some_and(|group| group.join_state != "init");
        // The client was created after `born`: the snapshot is not older than this says.
        Snapshot { at: born + Duration::from_micros(self.age), in_group, partitions }
    }
}
