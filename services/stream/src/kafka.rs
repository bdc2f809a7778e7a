//! Apache Kafka as the log: the contract of [`crate::log`] over librdkafka.
//!
//! One thread per client, no callbacks towards our code: what librdkafka announces inside a poll (a rebalance,
//! statistics, errors) is noted there and returned as a value. Errors are judged in one place ([`errors`]), settings
//! that the guarantees rest on are fixed in one place ([`settings`]).
//!
//! What it never does: move a position silently (`auto.offset.reset=error`), commit offsets outside of a transaction,
//! use a transactional producer again after a commit whose fate could be doubted, or let a queue grow without bound.

mod admin;
mod bounded;
mod context;
mod cursor;
mod errors;
mod groups;
mod member;
mod producer;
mod reader;
mod record;
mod settings;
mod trace;
mod transaction;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::log::{
    GroupConsumer, GroupDescription, Isolation, Log, LogError, Producer, Reader, Record, Start, Topic,
    TopicDescription, TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};
use admin::Admin;
use errors::classify;
pub use settings::KafkaSettings;

/// See the module.
pub struct KafkaLog {
    settings: KafkaSettings,
    admin: Admin,
    committed: BaseConsumer,
    uncommitted: BaseConsumer,
    /// Clients that ask for the offsets of a group, one per group: they never join it.
    groups: Mutex<BTreeMap<String, Arc<BaseConsumer>>>,
}

impl KafkaLog {
    /// Checks the settings and creates the clients for questions; connects when first asked.
    pub fn new(settings: KafkaSettings) -> Result<Arc<Self>, LogError> {
        settings.check()?;
        let inquirer = |isolation| {
            BaseConsumer::from_config(&settings.inquirer(isolation)).map_err(|error| classify("client", &error))
        };
        Ok(Arc::new(Self {
            admin: Admin::new(&settings)?,
            committed: inquirer(Isolation::ReadCommitted)?,
            uncommitted: inquirer(Isolation::ReadUncommitted)?,
            groups: Mutex::new(BTreeMap::new()),
            settings,
        }))
    }

    fn of_group(&self, group: &str) -> Result<Arc<BaseConsumer>, LogError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = groups.get(group) {
            return Ok(consumer.clone());
        }
        let mut config = self.settings.inquirer(Isolation::ReadCommitted);
        config.set("group.id", group).set("enable.auto.commit", "false");
        let consumer =
            Arc::new(BaseConsumer::from_config(&config).map_err(|error| classify("committed offsets", &error))?);
        groups.insert(group.to_owned(), consumer.clone());
        Ok(consumer)
    }

    /// The first committed record of a topic's partition 0, if there is one.
    fn first_record(&self, topic: &str) -> Result<Option<Record>, LogError> {
        let of = TopicPartition::new(topic, 0);
        let Watermarks { low, high } = self.watermarks(&of, Isolation::ReadCommitted)?;
        if low >= high {
            return Ok(None);
        }
        let mut reader = reader::KafkaReader::new(&self.settings, &[(of, low)], Isolation::ReadCommitted)?;
        let deadline = Instant::now() + self.settings.request_timeout;
        loop {
            let records = reader.poll(1, Duration::from_millis(100))?;
            if let Some(first) = records.into_iter().next() {
                return Ok(Some(first));
            }
            if reader.positions().iter().all(|(_, at)| *at >= high) {
                return Ok(None);
            }
            if Instant::now() >= deadline {
                let reason = format!("{topic}: its first record did not come in time");
                return Err(LogError::Retry { what: "describe topic", reason });
            }
        }
    }
}

/// What may be behind offsets that are not told.
const UNSTABLE: &str = "the broker is away, or a transaction holds the group's offsets: if this lasts for more than half a minute, look \
                        for one that hangs (kafka-transactions.sh find-hanging)";

impl Log for KafkaLog {
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.admin.create(topics)
    }

    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        self.admin.alter(topic, config)
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        let Some(mut description) = self.admin.describe(topic)? else { return Ok(None) };
        let cluster = self.admin.cluster()?;
        if !admin::keeps_first_record(&description.config) {
            description.id = admin::identity(&cluster, topic, None);
        } else if let Some(first) = self.first_record(topic)? {
            description.id = admin::identity(&cluster, topic, Some(&first));
        }
        Ok(Some(description))
    }

    /// Without its settings, which take a right of their own to see.
    fn partitions(&self, topic: &str) -> Result<Option<i32>, LogError> {
        self.admin.count(topic)
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        self.admin.topics()
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        let client = match isolation {
            Isolation::ReadCommitted => &self.committed,
            Isolation::ReadUncommitted => &self.uncommitted,
        };
        let timeout = self.settings.request_timeout;
        let mut outcome = client.fetch_watermarks(&of.topic, of.partition, timeout);
        if outcome.is_err() && client.fetch_metadata(Some(&of.topic), timeout).is_ok() {
            // After a broker's restart the client may hold on to what it knew of the topic: it is told to look again.
            outcome = client.fetch_watermarks(&of.topic, of.partition, timeout);
        }
        served(client);
        let (low, high) = outcome.map_err(|error| classify("watermarks", &error))?;
        Ok(Watermarks { low, high })
    }

    fn end(&self, of: &TopicPartition, wait: Duration) -> Result<i64, LogError> {
        let client = &self.uncommitted;
        let outcome = client.fetch_watermarks(&of.topic, of.partition, wait);
        if outcome.is_err() {
            // As above; whoever asks again has the good of it.
            let _ = client.fetch_metadata(Some(&of.topic), wait);
        }
        served(client);
        outcome.map(|(_, high)| high).map_err(|error| classify("end", &error))
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        let what = "committed offsets";
        let client = self.of_group(group)?;
        let mut list = TopicPartitionList::with_capacity(of.len());
        for of in of {
            list.add_partition(&of.topic, of.partition);
        }
        let outcome = client.committed_offsets(list, wait);
        served(&client);
        let list = outcome.map_err(|error| {
            let error = classify(what, &error);
            if let LogError::Retry { what, reason } = error {
                return LogError::Retry { what, reason: format!("{reason}; {UNSTABLE}") };
            }
            error
        })?;
        of.iter()
            .map(|of| {
                let found = list.find_partition(&of.topic, of.partition);
                let Some(found) = found else { return Ok(None) };
                found.error().map_err(|error| classify(what, &error))?;
                match found.offset() {
                    Offset::Offset(offset) => Ok(Some(offset)),
                    Offset::Invalid => Ok(None),
                    Offset::Beginning | Offset::End | Offset::Stored | Offset::OffsetTail(_) => {
                        let reason = format!("{of}: the group's offset is no offset");
                        Err(LogError::Fatal { what, reason })
                    }
                }
            })
            .collect()
    }

    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError> {
        let what = "group";
        let client = &self.committed;
        let outcome = client.fetch_group_list(Some(group), wait);
        served(client);
        let list = outcome.map_err(|error| classify(what, &error))?;
        // A broker that was its coordinator before may still know of it, without members.
        let found = list.groups().iter().find(|found| found.name() == group && !found.members().is_empty());
        let found = found.ok_or_else(|| LogError::Retry { what, reason: format!("{group} has no members") })?;
        groups::described(found)
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        Ok(Arc::new(producer::KafkaProducer::new(&self.settings)?))
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        Ok(Box::new(transaction::KafkaTransactional::new(&self.settings, id)?))
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        Ok(Box::new(member::KafkaMember::new(&self.settings, group, member, topics)?))
    }

    /// Connects the clients that are asked, which takes tens of milliseconds for each.
    fn prepare(self: Arc<Self>, group: &str, topics: &[Topic]) {
        let Some(topic) = topics.first() else { return };
        let first = TopicPartition::new(topic.clone(), 0);
        let (log, group, of) = (self.clone(), group.to_owned(), first.clone());
        beside(move || log.committed(&group, &[of], log.settings.request_timeout).map(drop));
        let log = self.clone();
        beside(move || log.watermarks(&first, Isolation::ReadCommitted).map(drop));
        let topic = topic.clone();
        beside(move || self.admin.describe(&topic).map(drop));
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        let mut at = Vec::with_capacity(from.len());
        for (of, start) in from {
            let Watermarks { low, high } = match self.watermarks(of, isolation) {
                Err(LogError::Retry { what, reason }) if !self.topics()?.contains(&of.topic) => {
                    return Err(LogError::Refused { what, reason });
                }
                outcome => outcome?,
            };
            let offset = match start {
                Start::Earliest => low,
                Start::Latest => high,
                Start::Offset(offset) => *offset,
            };
            at.push((of.clone(), offset));
        }
        Ok(Box::new(reader::KafkaReader::new(&self.settings, &at, isolation)?))
    }
}

/// Asks on a thread of its own, for what the asking leaves behind: whoever needs the answer asks again, and is told what fails.
fn beside(ask: impl FnOnce() -> Result<(), LogError> + Send + 'static) {
    let ask = || {
        if let Err(error) = ask() {
            tracing::debug!(%error, "asked before it was needed");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("kafka-prepares".to_owned()).spawn(ask) {
        tracing::debug!(%error, "nothing is asked before it is needed");
    }
}

/// Serves what the client logged meanwhile; it gets no records.
fn served(client: &BaseConsumer) {
    /// A client that logs without end must not hold its caller.
    const MOST: usize = 16;
    for _ in 0..MOST {
        match client.poll(Duration::ZERO) {
            None => return,
            Some(Ok(_)) => {}
            Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) => tracing::debug!(%error, "a client for questions reports"),
        }
    }
}
