//! Opening a partition: reads the facts, has the start decided, and does what was decided. State that must not be served is
//! set aside; a partition without state is restored from a checkpoint if it can be, and else rebuilt from the log.

use std::collections::BTreeMap;
use std::time::Duration;

use super::failure::Failure;
use super::partition::Partition;
use super::start::{Decision, Facts, decide};
use crate::checkpoint::background::Bounds;
use crate::log::{Isolation, LogError, Topic, TopicDescription, TopicPartition};
use crate::probe::Protection;
use crate::runtime::Context;
use crate::settings::LogStart;
use crate::state::{Position, StateError};
use crate::store::{Identity, Store, StoreError};

/// Waits for the offsets of a transaction that another producer has open: longer than a transaction may last.
const COMMITTED_WAIT: Duration = Duration::from_secs(15);

/// The same at first while the worker has partitions that go on: they stand still meanwhile. It is asked again, and waited for
/// twice as long every time.
const COMMITTED_WAIT_BESIDE: Duration = Duration::from_millis(500);

/// One state may be set aside, and what a checkpoint gave in its place; what is new is sound.
const OPENINGS_MAX: u32 = 3;

/// Why a partition was not opened.
pub(super) enum Closed {
    /// It may work later.
    Wait(String),
    /// Its state is on its way from a checkpoint.
    Restoring,
    /// It will not work until somebody acts.
    Stop(String),
}

impl From<LogError> for Closed {
    fn from(error: LogError) -> Self {
        Self::Wait(error.to_string())
    }
}

/// Opens the partitions that are to be opened, as many as a stretch has time for, and says where those that could be start; the others'
/// turn comes soon. `beside`: others of the worker go on.
pub(super) fn open(
    context: &Context,
    partitions: &mut [&mut Partition],
    beside: bool,
) -> Result<Vec<(TopicPartition, i64)>, Failure> {
    let asked: Vec<TopicPartition> = partitions.iter().map(|partition| partition.of.clone()).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let failures = partitions.iter().map(|partition| partition.backoff.failures()).max().unwrap_or_default();
    let wait = if beside { COMMITTED_WAIT_BESIDE * (1 << failures.min(5)) } else { COMMITTED_WAIT };
    let committed = match context.parts.log.committed(&context.settings.group, &asked, wait) {
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
    let (mut tried, mut took) = (false, Duration::ZERO);
    for (partition, committed) in partitions.iter_mut().zip(committed) {
        if tried && took >= context.settings.opening_stretch {
            partition.put_off(context);
            continue;
        }
        // What the broker is asked once for all of them does not count.
        let topic = topics.describe(context, &partition.of.topic);
        let began = context.time().now();
        partition.put_off = false;
        let opened = topic.map_err(Closed::from).and_then(|topic| open_one(context, partition, topic, committed, wait));
        (tried, took) = (true, took + context.time().since(began));
        match opened {
            Ok(at) => start.push((partition.of.clone(), at)),
            Err(Closed::Wait(reason)) => partition.wait(context, reason),
            Err(Closed::Restoring) => partition.restoring(context),
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
    topic: Option<&TopicDescription>,
    committed: Option<i64>,
    wait: Duration,
) -> Result<i64, Closed> {
    let of = &partition.of.clone();
    let log = &context.parts.log;
    let topic = topic.ok_or_else(|| Closed::Wait(format!("there is no topic {}", of.topic)))?;
    let identity = identity(context, topic, of);
    let mut ends = log.watermarks(of, Isolation::ReadCommitted)?;
    let or_fallback = |committed: Option<i64>| match &context.parts.committed_fallback {
        Some(find) if committed.is_none() => find(of),
        Some(_) | None => Ok(committed),
    };
    let mut committed = or_fallback(committed)?;

    let low = match context.settings.log_start {
        LogStart::Complete => ends.low,
        LogStart::Moves => 0,
    };
    // A topic without an id has no checkpoints, and nothing committed needs none.
    let known = committed.filter(|committed| *committed > 0 && !identity.topic_id.is_empty());
    let bounds = known.map(|committed| Bounds { low, committed, better_from: None, distrusted: Vec::new() });
    let mut asked_since = !context.keeps(Protection::OffsetAskedAgain);
    for _ in 0..OPENINGS_MAX {
        partition.restore.prepare(context, of, &identity, bounds.as_ref())?;
        let Some(store) = open_store(context, partition, &identity)? else { continue };
        let position = match store.position() {
            Ok(position) => position,
            Err(StateError::Damaged { reason }) => {
                tracing::error!(partition = %of, %reason, "state is set aside");
                partition.restore.found_damaged(context, of, None);
                continue;
            }
            Err(error @ StateError::Io { .. }) => return Err(Closed::Wait(error.to_string())),
        };
        if let Some(bounds) = &bounds
            && partition.restore.looks_for_better(context, position.next_offset, bounds.committed)
        {
            tracing::info!(partition = %of, at = position.next_offset, committed = bounds.committed, "its state is old");
            continue;
        }
        let decision = loop {
            let facts = Facts {
                stored: position.next_offset,
                committed,
                low: ends.low,
                high: ends.high,
                log_start: context.settings.log_start,
            };
            let decision = decide(&facts);
            if asked_since || !matches!(decision, Decision::Rebuild { .. }) {
                break decision;
            }
            // The offset was asked for before the state was opened, and another worker of this instance may have moved both
            // since. Nobody can while the state is open.
            asked_since = true;
            let again = log.committed(&context.settings.group, std::slice::from_ref(of), wait)?;
            committed = or_fallback(again.first().copied().flatten())?;
            ends = log.watermarks(of, Isolation::ReadCommitted)?;
        };
        match decision {
            Decision::Refuse { why } => return Err(Closed::Stop(why)),
            Decision::Rebuild { .. } if !context.keeps(Protection::AheadRefused) => {
                partition.opened(context, store, position, position.next_offset);
                return Ok(position.next_offset);
            }
            Decision::Rebuild { why } => {
                tracing::error!(partition = %of, %why, "state is set aside");
                partition.restore.found_unusable();
            }
            Decision::Fold { at, live_from } => {
                tracing::info!(partition = %of, offset = at, live_from, "partition opened");
                let at_position = Position { next_offset: at, ..position };
                let live_from = if context.keeps(Protection::QuietReplay) { live_from } else { at };
                partition.end_offset = Some(ends.high);
                partition.opened(context, store, at_position, live_from);
                return Ok(at);
            }
        }
    }
    Err(Closed::Wait("no state that it has can be used".to_owned()))
}

fn identity(context: &Context, topic: &TopicDescription, of: &TopicPartition) -> Identity {
    let rows = context.parts.row_version;
    Identity { topic_id: topic.id.clone(), partition: of.partition, partitions: topic.partitions, rows }
}

/// Opens what the folder holds, or a new state if that is nothing; `None` if it must be set aside first.
fn open_store(context: &Context, partition: &mut Partition, identity: &Identity) -> Result<Option<Store>, Closed> {
    let of = &partition.of;
    let unusable = match Store::open(&context.state_dir(of), identity, &context.memory) {
        Ok(store) => return Ok(Some(store)),
        Err(error @ StoreError::Repartitioned { .. }) => return Err(Closed::Stop(error.to_string())),
        Err(error @ StoreError::Io { .. }) => return Err(Closed::Wait(error.to_string())),
        Err(error @ StoreError::Damaged { .. }) if !context.keeps(Protection::DamagedSetAside) => {
            return Err(Closed::Wait(error.to_string()));
        }
        Err(
            error @ (StoreError::Foreign { .. }
            | StoreError::Newer { .. }
            | StoreError::OtherVersion { .. }
            | StoreError::Damaged { .. }),
        ) => error,
    };
    tracing::error!(partition = %of, code = unusable.code(), error = %unusable, "state is not served");
    if matches!(unusable, StoreError::Damaged { .. }) {
        partition.restore.found_damaged(context, of, None);
    } else {
        partition.restore.found_unusable();
    }
    Ok(None)
}

/// Gives the state of a topic that had no id yet the id it has meanwhile.
pub(super) fn identify(
    context: &Context,
    of: &TopicPartition,
    topics: &mut Topics,
    store: &Store,
) -> Result<(), Failure> {
    match topics.describe(context, &of.topic) {
        Ok(Some(topic)) => store.identify(&identity(context, topic, of)).map_err(|error| Failure::state(of, &error)),
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::debug!(partition = %of, %error, "the topic's id is asked for again");
            Ok(())
        }
    }
}
