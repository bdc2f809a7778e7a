//! A topic: its settings, read once, and its partitions.

use std::collections::BTreeMap;

use super::partition::Partition;
use crate::log::{LogError, Topic, TopicDescription, TopicSpec};

/// Settings of Kafka's that a topic may have; those without a meaning here are kept and reported only.
const KNOWN: &[&str] = &[
    "cleanup.policy",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// What the settings of a topic mean for the embedded log. The defaults are Kafka's.
pub(super) struct Rules {
    pub(super) append_time: bool,
    pub(super) compacted: bool,
    deleted: bool,
    pub(super) message_bytes_max: usize,
    retention_ms: Option<i64>,
    retention_bytes: Option<usize>,
    delete_retention_ms: i64,
    dirty_ratio: f64,
}

pub(super) struct TopicState {
    name: Topic,
    id: String,
    replication: i32,
    config: BTreeMap<String, String>,
    pub(super) rules: Rules,
    pub(super) partitions: Vec<Partition>,
}

impl TopicState {
    pub(super) fn new(spec: &TopicSpec, id: String) -> Result<Self, LogError> {
        let refused = |reason: String| LogError::Refused { what: "create topic", reason };
        /// More than any district needs, and few enough that a wrong number does not fill the memory.
        const PARTITIONS_MAX: i32 = 10_000;
        if spec.name.is_empty()
            || spec.name.len() > 249
            || !spec.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        {
            return Err(refused(format!("{:?} is no topic name: use 1 to 249 of a-z A-Z 0-9 . _ -", spec.name)));
        }
        if !(1..=PARTITIONS_MAX).contains(&spec.partitions) {
            return Err(refused(format!("{}: {} partitions: give 1 to {PARTITIONS_MAX}", spec.name, spec.partitions)));
        }
        let config: BTreeMap<String, String> = spec.config.iter().cloned().collect();
        let rules = Rules::read(&spec.name, &config)?;
        let partitions = (0..spec.partitions).map(|_| Partition::default()).collect();
        Ok(Self { name: spec.name.clone(), id, replication: spec.replication, config, rules, partitions })
    }

    pub(super) fn name(&self) -> &Topic {
        &self.name
    }

    pub(super) fn alter(&mut self, config: &[(String, String)]) -> Result<(), LogError> {
        let mut altered = self.config.clone();
        altered.extend(config.iter().cloned());
        self.rules = Rules::read(&self.name, &altered)?;
        self.config = altered;
        Ok(())
    }

    pub(super) fn describe(&self) -> TopicDescription {
        TopicDescription {
            name: self.name.clone(),
            id: self.id.clone(),
            partitions: self.partitions.len() as i32,
            replication: self.replication,
            config: self.config.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// Compacts the partitions that are due, or all.
    pub(super) fn compact(&mut self, only_dirty: bool, now_ms: i64) {
        if !self.rules.compacted {
            return;
        }
        let tombstones_before = now_ms.saturating_sub(self.rules.delete_retention_ms);
        for partition in &mut self.partitions {
            if !only_dirty || partition.is_dirty(self.rules.dirty_ratio) {
                partition.compact(tombstones_before);
            }
        }
    }

    /// Compacts one partition if it is due and returns how many bytes became free.
    pub(super) fn compact_if_dirty(&mut self, partition: usize, now_ms: i64) -> usize {
        if !self.rules.compacted || !self.partitions[partition].is_dirty(self.rules.dirty_ratio) {
            return 0;
        }
        let before = self.partitions[partition].bytes();
        self.partitions[partition].compact(now_ms.saturating_sub(self.rules.delete_retention_ms));
        before - self.partitions[partition].bytes()
    }

    /// Drops what the topic's retention lets go.
    pub(super) fn retain(&mut self, now_ms: i64) {
        if !self.rules.deleted {
            return;
        }
        let before = self.rules.retention_ms.map(|age| now_ms.saturating_sub(age));
        for partition in &mut self.partitions {
            partition.retain(before, self.rules.retention_bytes);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.partitions.iter().map(Partition::bytes).sum()
    }
}

impl Rules {
    fn read(topic: &str, config: &BTreeMap<String, String>) -> Result<Self, LogError> {
        let refused = |reason: String| LogError::Refused { what: "topic settings", reason };
        if let Some(name) = config.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(refused(format!("{topic}: {name} is no topic setting of Kafka's: correct its name")));
        }
        let number = |name: &str, default: i64| match config.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| refused(format!("{topic}: {name}={text:?}: give a whole number"))),
        };
        let bounded = |number: i64| (number >= 0).then_some(number);
        let append_time = match config.get("message.timestamp.type").map(String::as_str) {
            None | Some("CreateTime") => false,
            Some("LogAppendTime") => true,
            Some(other) => {
                return Err(refused(format!(
                    "{topic}: message.timestamp.type={other:?}: give CreateTime or LogAppendTime"
                )));
            }
        };
        let policy = config.get("cleanup.policy").map_or("delete", String::as_str);
        let policies: Vec<&str> = policy.split(',').map(str::trim).collect();
        if !policies.iter().all(|policy| matches!(*policy, "compact" | "delete")) {
            return Err(refused(format!("{topic}: cleanup.policy={policy:?}: give compact, delete, or both")));
        }
        let dirty_ratio = match config.get("min.cleanable.dirty.ratio").map(|text| text.parse::<f64>()) {
            None => 0.5,
            Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => ratio,
            Some(_) => {
                return Err(refused(format!("{topic}: min.cleanable.dirty.ratio: give 0 to 1")));
            }
        };
        let message_bytes_max = usize::try_from(number("max.message.bytes", 1_048_588)?)
            .map_err(|_| refused(format!("{topic}: max.message.bytes: give 0 or more")))?;
        Ok(Self {
            append_time,
            compacted: policies.contains(&"compact"),
            deleted: policies.contains(&"delete"),
            message_bytes_max,
            retention_ms: bounded(number("retention.ms", 604_800_000)?),
            retention_bytes: usize::try_from(number("retention.bytes", -1)?).ok(),
            delete_retention_ms: number("delete.retention.ms", 86_400_000)?,
            dirty_ratio,
        })
    }
}
