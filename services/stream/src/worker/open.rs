//! Opening a partition: reads the facts, has the start decided, and does what was decided. State that must not be served is
//! set aside and rebuilt from the log.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::partition::Partition;
use super::start::{Decision, Facts, decide};
use crate::log::{Isolation, LogError, Topic, TopicDescription, TopicPartition};
use crate::probe::Protection;
use crate::runtime::Context;
use crate::state::Position;
use crate::store::{Identity, Store, StoreError, set_aside};

/// Waits for the offsets of a transaction that another producer has open: longer than a transaction may last.
const COMMITTED_WAIT: std::time::Duration = std::time::Duration::from_secs(15);

/// Why a partition was not opened.
enum Closed {
    /// It may work later.
    Wait(String),
    /// It will not work until somebody acts.
    Stop(String),
}

impl From<LogError> for Closed {
    fn from(error: LogError) -> Self {
        Self::Wait(error.to_string())
    }
}

/// Opens the partitions that are to be opened, and says where those that could be start.
pub(super) fn open(
    context: &Context,
    partitions: &mut [&mut Partition],
) -> Result<Vec<(TopicPartition, i64)>, Failure> {
    let asked: Vec<TopicPartition> = partitions.iter().map(|partition| partition.of.clone()).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let committed = match context.parts.log.committed(&context.settings.group, &asked, COMMITTED_WAIT) {
        Ok(committed) => committed,
        Err(error) => {
            for partition in partitions {
                partition.wait(context, error.to_string());
            }
            return Ok(Vec::new());
        }
    };
    let mut topics = Topics::default();
    let mut start = Vec::new();
    for (partition, committed) in partitions.iter_mut().zip(committed) {
        match open_one(context, partition, &mut topics, committed) {
            Ok(at) => start.push((partition.of.clone(), at)),
            Err(Closed::Wait(reason)) => partition.wait(context, reason),
            Err(Closed::Stop(reason)) => {
                partition.retry_at = None;
                partition.stop(context, reason);
            }
        }
    }
    Ok(start)
}

/// Descriptions asked for once for all partitions of a topic.
#[derive(Default)]
pub(super) struct Topics(BTreeMap<Topic, TopicDescription>);

impl Topics {
    fn describe(&mut self, context: &Context, topic: &Topic) -> Result<Option<&TopicDescription>, LogError> {
        if !self.0.contains_key(topic)
            && let Some(description) = context.parts.log.describe(topic)?
        {
            self.0.insert(topic.clone(), description);
        }
        Ok(self.0.get(topic))
    }
}

fn open_one(
    context: &Context,
    partition: &mut Partition,
    topics: &mut Topics,
    committed: Option<i64>,
) -> Result<i64, Closed> {
    let of = &partition.of;
    let dir = context.state_dir(of);
    let log = &context.parts.log;
    let topic = topics.describe(context, &of.topic)?;
    let topic = topic.ok_or_else(|| Closed::Wait(format!("there is no topic {}", of.topic)))?;
    let identity = identity(topic, of);
    let mut ends = log.watermarks(of, Isolation::ReadCommitted)?;
    let or_fallback = |committed: Option<i64>| match &context.parts.committed_fallback {
        Some(find) if committed.is_none() => find(of),
        Some(_) | None => Ok(committed),
    };
    let mut committed = or_fallback(committed)?;

    let mut store = open_store(context, of, &identity)?;
    let mut asked_since = !context.keeps(Protection::OffsetAskedAgain);
    loop {
        let position = store.position().map_err(|error| Closed::Wait(error.to_string()))?;
        let facts = Facts {
            stored: position.next_offset,
            committed,
            low: ends.low,
            high: ends.high,
            log_start: context.settings.log_start,
        };
        match decide(&facts) {
            Decision::Refuse { why } => return Err(Closed::Stop(why)),
            Decision::Rebuild { .. } if !context.keeps(Protection::AheadRefused) => {
                partition.opened(context, store, position, position.next_offset);
                return Ok(position.next_offset);
            }
            // The offset was asked for before the state was opened, and another worker of this instance may have moved both
            // since. Nobody can while the state is open.
            Decision::Rebuild { .. } if !asked_since => {
                asked_since = true;
                let again = log.committed(&context.settings.group, std::slice::from_ref(of), COMMITTED_WAIT)?;
                committed = or_fallback(again.first().copied().flatten())?;
                ends = log.watermarks(of, Isolation::ReadCommitted)?;
            }
            Decision::Rebuild { why } => {
                drop(store);
                tracing::error!(partition = %of, %why, "state is set aside and rebuilt from the start of the log");
                set_aside(&dir)
                    .map_err(|error| Closed::Wait(format!("{} cannot be set aside: {error}", dir.display())))?;
                store = open_store(context, of, &identity)?;
            }
            Decision::Fold { at, live_from } => {
                tracing::info!(partition = %of, offset = at, live_from, "partition opened");
                let at_position = Position { next_offset: at, ..position };
                let live_from = if context.keeps(Protection::QuietReplay) { live_from } else { at };
                partition.opened(context, store, at_position, live_from);
                return Ok(at);
            }
        }
    }
}

fn identity(topic: &TopicDescription, of: &TopicPartition) -> Identity {
    Identity { topic_id: topic.id.clone(), partition: of.partition, partitions: topic.partitions }
}

fn open_store(context: &Context, of: &TopicPartition, identity: &Identity) -> Result<Store, Closed> {
    let dir = context.state_dir(of);
    let unusable = match Store::open(&dir, identity, &context.memory) {
        Ok(store) => return Ok(store),
        Err(error @ StoreError::Repartitioned { .. }) => return Err(Closed::Stop(error.to_string())),
        Err(error @ StoreError::Io { .. }) => return Err(Closed::Wait(error.to_string())),
        Err(error @ StoreError::Damaged { .. }) if !context.keeps(Protection::DamagedSetAside) => {
            return Err(Closed::Wait(error.to_string()));
        }
        Err(error @ (StoreError::Foreign { .. } | StoreError::Newer { .. } | StoreError::Damaged { .. })) => error,
    };
    tracing::error!(partition = %of, code = unusable.code(), error = %unusable, "state is not served");
    let failed =
        |error: &dyn std::fmt::Display| Closed::Wait(format!("{} cannot be set aside: {error}", dir.display()));
    set_aside(&dir).map_err(|error| failed(&error))?;
    Store::open(&dir, identity, &context.memory).map_err(|error| Closed::Wait(error.to_string()))
}

/// Gives the state of a topic that had no id yet the id it has meanwhile.
pub(super) fn identify(
    context: &Context,
    of: &TopicPartition,
    topics: &mut Topics,
    store: &Store,
) -> Result<(), Failure> {
    match topics.describe(context, &of.topic) {
        Ok(Some(topic)) => store.identify(&identity(topic, of)).map_err(|error| Failure::state(of, &error)),
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::debug!(partition = %of, %error, "the topic's id is asked for again");
            Ok(())
        }
    }
}

/// The state was found damaged while it was read: the next opening starts with an empty one.
pub(super) fn discard(context: &Context, of: &TopicPartition) {
    if !context.keeps(Protection::DamagedSetAside) {
        return;
    }
    let dir = context.state_dir(of);
    if let Err(error) = set_aside(&dir) {
        tracing::error!(partition = %of, %error, "damaged state cannot be set aside");
    }
}
