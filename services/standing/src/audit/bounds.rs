//! What an audit looks at is fixed when it begins, so that a register may go on meanwhile: first what is committed, then where the
//! topics end.
//!
//! The outputs of a transaction are appended before its offsets are committed. So everything that belongs to a committed offset
//! lies before the ends that were asked for after it, and is readable once every transaction open at that moment has ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::topics::{Topics, keys};
use stream::log::{Isolation, Log, Record, Topic, TopicPartition};

use super::read::{self, Part};
use crate::topics::{self, patiently};

const LOOK: Duration = Duration::from_millis(100);
const COMMITTED_WAIT: Duration = Duration::from_secs(15);

/// Whether events may come while it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// What is not folded yet is lag.
    Live,
    /// What is not folded after a while is a finding.
    None,
}

/// How long is waited for what should happen by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Until a transaction that is open has ended.
    pub(crate) open: Duration,
    /// Until a register without load has folded and routed its last records.
    pub(crate) settled: Duration,
    /// Until a state can be opened.
    pub(crate) state: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A transaction of ours times out after 10 s, and the broker looks for such every 10 s.
        Self { open: Duration::from_secs(25), settled: Duration::from_secs(30), state: Duration::from_secs(5) }
    }
}

/// Where a topic's partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) low: i64,
    /// Behind the last record, of open transactions too.
    pub(crate) high: i64,
    /// Behind the last record that can be read; less than `high` where a transaction stayed open.
    pub(crate) stable: i64,
}

impl Ends {
    pub(crate) fn is_cut(self) -> bool {
        self.stable < self.high
    }
}

/// The bounds of one partition.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// The profile group's committed offset; `None` where it has none.
    pub(crate) committed: Option<i64>,
    /// Records behind it that are not folded.
    pub(crate) lag: u64,
    /// Every topic looked at, `events` too.
    pub(crate) ends: BTreeMap<Topic, Ends>,
    /// What the flags service has routed is all that stands in `standing.flags`.
    pub(crate) routed: bool,
    /// It has told everybody of everything that stands in `standing.decisions` and `standing.reliance`.
    pub(crate) told: bool,
}

/// Fixes the bounds of these partitions.
pub(crate) fn fix(
    log: &dyn Log,
    topics: &Topics,
    partitions: &[i32],
    domains: &[Topic],
    load: Load,
    patience: Patience,
) -> anyhow::Result<BTreeMap<i32, Bounds>> {
    let of = |topic: &Topic, partition: i32| TopicPartition::new(Arc::clone(topic), partition);
    let events: Vec<TopicPartition> = partitions.iter().map(|n| of(topics.events(), *n)).collect();
    let group = format!("{}-profile", topics.prefix());
    let (committed, lags) = behind(log, &group, &events, load, patience)?;

    let outputs = [
        topics.events(),
        topics.flags(),
        topics.profiles(),
        topics.notices(),
        topics.rejects(),
        topics.reliance(),
        topics.decisions(),
        topics.corrections(),
    ];
    let mut all = BTreeMap::new();
    for topic in outputs.into_iter().chain(domains) {
        for partition in partitions {
            let of = of(topic, *partition);
            let ends = patiently(|| log.watermarks(&of, Isolation::ReadUncommitted))?;
            all.insert(of, Ends { low: ends.low, high: ends.high, stable: 0 });
        }
    }
    let deadline = Instant::now() + patience.open;
    while !close(log, &mut all)? && Instant::now() < deadline {
        std::thread::sleep(LOOK);
    }

    let group = format!("{}-flags", topics.prefix());
    let deadline = Instant::now() + patience.settled;
    let mut bounds = BTreeMap::new();
    for (n, partition) in partitions.iter().enumerate() {
        let routed = load == Load::None && {
            let flags = of(topics.flags(), *partition);
            let end = all.get(&flags).map_or(0, |ends| ends.stable);
            routed(log, &group, &flags, end, deadline)?
        };
        let told = load == Load::None && told(log, topics, *partition, deadline)?;
        // What was routed and told meanwhile stands behind the ends asked for before.
        let corrections = told.then_some(topics.corrections());
        for topic in domains.iter().filter(|_| routed).chain(corrections) {
            let of = of(topic, *partition);
            let ends = patiently(|| log.watermarks(&of, Isolation::ReadCommitted))?;
            if let Some(held) = all.get_mut(&of) {
                *held = Ends { low: ends.low, high: held.high.max(ends.high), stable: ends.high };
            }
        }
        let of_partition = all.iter().filter(|(of, _)| of.partition == *partition);
        let ends = of_partition.map(|(of, ends)| (of.topic.clone(), *ends)).collect();
        bounds.insert(*partition, Bounds { committed: committed[n], lag: lags[n], ends, routed, told });
    }
    Ok(bounds)
}

/// What is committed, and how many records of each partition are not folded.
fn behind(
    log: &dyn Log,
    group: &str,
    events: &[TopicPartition],
    load: Load,
    patience: Patience,
) -> anyhow::Result<(Vec<Option<i64>>, Vec<u64>)> {
    let mut ends = Vec::with_capacity(events.len());
    for of in events {
        ends.push(patiently(|| log.watermarks(of, Isolation::ReadCommitted))?);
    }
    let deadline = Instant::now() + patience.settled;
    loop {
        let committed = topics::committed(log, group, events, COMMITTED_WAIT)?;
        let mut lags = Vec::with_capacity(events.len());
        for ((of, ends), committed) in events.iter().zip(&ends).zip(&committed) {
            lags.push(count(log, of, committed.unwrap_or(ends.low), ends.high, |_| true)?);
        }
        if load == Load::Live || lags.iter().all(|lag| *lag == 0) || Instant::now() >= deadline {
            return Ok((committed, lags));
        }
        std::thread::sleep(LOOK);
    }
}

/// Records of a part; offsets of markers and of aborted records are none.
fn count(
    log: &dyn Log,
    of: &TopicPartition,
    from: i64,
    until: i64,
    counts: impl Fn(&Record) -> bool,
) -> anyhow::Result<u64> {
    let mut records = 0;
    read::committed(log, &[Part { of: of.clone(), from, until }], |record| {
        records += u64::from(counts(record));
        Ok(())
    })?;
    Ok(records)
}

/// Asks how far each can be read; true when none has a transaction open that was open at the beginning.
fn close(log: &dyn Log, all: &mut BTreeMap<TopicPartition, Ends>) -> anyhow::Result<bool> {
    let mut closed = true;
    for (of, ends) in all.iter_mut().filter(|(_, ends)| ends.is_cut()) {
        let stable = patiently(|| log.watermarks(of, Isolation::ReadCommitted))?.high;
        ends.stable = stable.min(ends.high);
        closed &= !ends.is_cut();
    }
    Ok(closed)
}

/// Waits until the flags service has routed everything before `end`.
fn routed(log: &dyn Log, group: &str, flags: &TopicPartition, end: i64, deadline: Instant) -> anyhow::Result<bool> {
    // Without services only marks may be left behind its offset: a profile that stops leaves a last one.
    let is_flag = |record: &Record| record.key.as_deref() != Some(keys::MARK.as_bytes());
    passed(log, group, flags, end, deadline, is_flag)
}

/// Waits until decisions are on their way to the corrections, then until those have been told.
fn told(log: &dyn Log, topics: &Topics, partition: i32, deadline: Instant) -> anyhow::Result<bool> {
    let group = format!("{}-corrections", topics.prefix());
    for topic in [topics.decisions(), topics.reliance()] {
        let of = TopicPartition::new(Arc::clone(topic), partition);
        let end = patiently(|| log.watermarks(&of, Isolation::ReadCommitted))?.high;
        if !passed(log, &group, &of, end, deadline, |_| true)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits until a group has passed every record before `end` that counts.
fn passed(
    log: &dyn Log,
    group: &str,
    of: &TopicPartition,
    end: i64,
    deadline: Instant,
    counts: impl Fn(&Record) -> bool,
) -> anyhow::Result<bool> {
    let low = patiently(|| log.watermarks(of, Isolation::ReadCommitted))?.low;
    loop {
        let committed = topics::committed(log, group, std::slice::from_ref(of), COMMITTED_WAIT)?;
        let next = committed.first().copied().flatten().unwrap_or(low);
        if next >= end || count(log, of, next, end, &counts)? == 0 {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(LOOK);
    }
}
