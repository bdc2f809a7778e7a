//! Topics: creating, describing and altering them, and the identity of a log.
//!
//! The client library reports no topic ids, so the identity is made of facts: the cluster's id, the topic's name and,
//! for a topic kept for ever (`retention.ms=-1`, not compacted), its first committed record in partition 0: another
//! topic of that name, or another cluster, has another. Such a topic has no identity (an empty string) until that
//! record is there, which for `standing.events` is the first activation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigSource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::FromClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use sha2::{Digest, Sha256};

use super::errors::classify;
use super::producer::Inquirer;
use super::settings::KafkaSettings;
use crate::log::{Isolation, LogError, Record, Topic, TopicDescription, TopicSpec};

pub(super) struct Admin {
    client: AdminClient<Inquirer>,
    timeout: Duration,
}

impl Admin {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Self, LogError> {
        let client = AdminClient::from_config(&settings.inquirer(Isolation::ReadCommitted))
            .map_err(|error| classify("admin client", &error))?;
        Ok(Self { client, timeout: settings.request_timeout })
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout))
    }

    pub(super) fn create(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        let what = "create topics";
        let existing = self.topics()?;
        let missing: Vec<&TopicSpec> = topics.iter().filter(|spec| !existing.contains(&spec.name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let requests: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|spec| {
                let replication = TopicReplication::Fixed(spec.replication);
                let request = NewTopic::new(&spec.name, spec.partitions, replication);
                spec.config.iter().fold(request, |request, (name, value)| request.set(name, value))
            })
            .collect();
        let outcomes =
            block_on(self.client.create_topics(&requests, &self.options())).map_err(|error| classify(what, &error))?;
        for outcome in outcomes {
            match outcome {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(of_topic(what, &topic, code)),
            }
        }
        missing.iter().try_for_each(|spec| self.await_leaders(spec))
    }

    /// A topic is there for its clients when every partition has a leader.
    fn await_leaders(&self, spec: &TopicSpec) -> Result<(), LogError> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let partitions = self.partitions(&spec.name)?;
            let led = |partitions: &Vec<Layout>| partitions.iter().all(|partition| partition.led);
            if partitions.as_ref().is_some_and(|found| found.len() >= spec.partitions as usize && led(found)) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let reason = format!("{} has no leaders yet", spec.name);
                return Err(LogError::Retry { what: "create topics", reason });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The protocol call that this client knows replaces all settings: those not named are repeated.
    pub(super) fn alter(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        let what = "alter topic";
        if self.partitions(topic)?.is_none() {
            return Err(LogError::Refused { what, reason: format!("{topic} does not exist") });
        }
        let mut all: BTreeMap<String, String> = self.config(topic)?.into_iter().collect();
        all.extend(config.iter().cloned());
        let request = AlterConfig::new(ResourceSpecifier::Topic(topic));
        let request = all.iter().fold(request, |request, (name, value)| request.set(name, value));
        let outcomes =
            block_on(self.client.alter_configs(&[request], &self.options())).map_err(|error| classify(what, &error))?;
        for outcome in outcomes {
            outcome.map_err(|(_, code)| of_topic(what, topic, code))?;
        }
        Ok(())
    }

    /// A topic as the cluster knows it, without its identity.
    pub(super) fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        let Some(partitions) = self.partitions(topic)? else { return Ok(None) };
        Ok(Some(TopicDescription {
            name: topic.into(),
            id: String::new(),
            partitions: partitions.len() as i32,
            replication: partitions.iter().map(|partition| partition.replicas).min().unwrap_or(0),
            config: self.config(topic)?,
        }))
    }

    pub(super) fn count(&self, topic: &str) -> Result<Option<i32>, LogError> {
        Ok(self.partitions(topic)?.map(|partitions| partitions.len() as i32))
    }

    pub(super) fn topics(&self) -> Result<Vec<Topic>, LogError> {
        let metadata =
            self.client.inner().fetch_metadata(None, self.timeout).map_err(|error| classify("topics", &error))?;
        let own = |name: &str| matches!(name, "__consumer_offsets" | "__transaction_state" | "__share_group_state");
        let mut names: Vec<Topic> =
            metadata.topics().iter().map(|topic| topic.name()).filter(|name| !own(name)).map(Topic::from).collect();
        names.sort();
        Ok(names)
    }

    fn partitions(&self, topic: &str) -> Result<Option<Vec<Layout>>, LogError> {
        let what = "describe topic";
        let metadata =
            self.client.inner().fetch_metadata(Some(topic), self.timeout).map_err(|error| classify(what, &error))?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else { return Ok(None) };
        match found.error() {
            None => {}
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => return Ok(None),
            Some(error) => return Err(classify(what, &KafkaError::MetadataFetch(error.into()))),
        }
        let layout = |partition: &rdkafka::metadata::MetadataPartition| Layout {
            led: partition.leader() >= 0,
            replicas: partition.replicas().len() as i32,
        };
        Ok(Some(found.partitions().iter().map(layout).collect()))
    }

    /// The settings that the topic has of its own, sorted.
    fn config(&self, topic: &str) -> Result<Vec<(String, String)>, LogError> {
        let what = "describe topic";
        let resource = ResourceSpecifier::Topic(topic);
        let outcomes = block_on(self.client.describe_configs([&resource], &self.options()))
            .map_err(|error| classify(what, &error))?;
        let mut config = Vec::new();
        for outcome in outcomes {
            let resource = outcome.map_err(|code| of_topic(what, topic, code))?;
            let own = resource.entries.into_iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
            config.extend(own.filter_map(|entry| Some((entry.name, entry.value?))));
        }
        config.sort();
        Ok(config)
    }

    pub(super) fn cluster(&self) -> Result<String, LogError> {
        self.client
            .inner()
            .fetch_cluster_id(self.timeout)
            .ok_or_else(|| LogError::Retry { what: "cluster id", reason: "the cluster did not tell its id".into() })
    }
}

struct Layout {
    led: bool,
    replicas: i32,
}

/// Whether the topic keeps its first record for ever, so that it can stand for the topic.
pub(super) fn keeps_first_record(config: &[(String, String)]) -> bool {
    let get = |name: &str| config.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    get("retention.ms") == Some("-1")
        && get("cleanup.policy").is_none_or(|policy| policy == "delete")
        && get("retention.bytes").is_none_or(|bytes| bytes == "-1")
}

/// The identity of a topic from its facts: 128 bits in hexadecimal.
pub(super) fn identity(cluster: &str, topic: &str, first: Option<&Record>) -> String {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    part(cluster.as_bytes());
    part(topic.as_bytes());
    if let Some(first) = first {
        part(&first.offset.to_be_bytes());
        part(&first.timestamp_ms.to_be_bytes());
        part(first.key.as_deref().unwrap_or_default());
        part(first.value.as_deref().unwrap_or_default());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn of_topic(what: &'static str, topic: &str, code: RDKafkaErrorCode) -> LogError {
    match classify(what, &KafkaError::Global(code)) {
        LogError::Refused { what, reason } => LogError::Refused { what, reason: format!("{topic}: {reason}") },
        other @ (LogError::Retry { .. }
        | LogError::QueueFull { .. }
        | LogError::Abort { .. }
        | LogError::Fenced { .. }
        | LogError::Fatal { .. }) => other,
    }
}
