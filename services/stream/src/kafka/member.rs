//! A member of a consumer group. librdkafka announces a rebalance inside `poll` and takes the answer later: that is what
//! makes it an ordinary result here.
//!
//! One thing librdkafka does not tell: a member that the group expelled while it owed an answer to a revocation joins
//! again as soon as it answers, still holding partitions that are another's, and its proof of membership is then of the
//! present generation. So a member that was silent for too long, or took too long to answer, is fenced here: whoever uses
//! it drops it and joins anew.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::context::{Change, Context};
use super::cursor::Cursor;
use super::errors::classify;
use super::settings::KafkaSettings;
use crate::log::{GroupConsumer, GroupMetadata, Isolation, LogError, Polled, Topic, TopicPartition};

/// Between two looks at whether everything is given back.
const LEAVE_STEP: Duration = Duration::from_millis(10);

pub(super) struct KafkaMember {
    cursor: Cursor,
    /// What is subscribed to with the first poll. The client looks for the group's coordinator before that, and connects.
    unsubscribed: Option<Vec<Topic>>,
    request_timeout: Duration,
    session_timeout: Duration,
    poll_interval_max: Duration,
    polled_at: Instant,
    /// Assigned and not yet released.
    owned: BTreeSet<TopicPartition>,
    /// Asked back or lost, and not yet released: the group is answered when the last of them is.
    leaving: Leaving,
    paused: BTreeSet<TopicPartition>,
}

#[derive(Default)]
struct Leaving {
    /// The group was certainly not waiting for an answer yet.
    since: Option<Instant>,
    open: BTreeSet<TopicPartition>,
    all: Vec<TopicPartition>,
}

impl KafkaMember {
    pub(super) fn new(settings: &KafkaSettings, group: &str, member: &str, topics: &[Topic]) -> Result<Self, LogError> {
        let config = settings.member(group, member);
        let consumer =
            BaseConsumer::from_config_and_context(&config, Context::new()).map_err(|error| classify("join", &error))?;
        Ok(Self {
            cursor: Cursor::new(consumer, Isolation::ReadCommitted),
            unsubscribed: Some(topics.to_vec()),
            request_timeout: settings.request_timeout,
            session_timeout: settings.session_timeout,
            poll_interval_max: settings.poll_interval_max.max(settings.session_timeout),
            polled_at: Instant::now(),
            owned: BTreeSet::new(),
            leaving: Leaving::default(),
            paused: BTreeSet::new(),
        })
    }

    fn join(&mut self) -> Result<(), LogError> {
        let Some(topics) = &self.unsubscribed else { return Ok(()) };
        let topics: Vec<&str> = topics.iter().map(|topic| &**topic).collect();
        self.cursor.consumer.subscribe(&topics).map_err(|error| classify("join", &error))?;
        self.unsubscribed = None;
        self.polled_at = Instant::now();
        Ok(())
    }

    /// The next change, announced after `since` at the earliest.
    fn change(&mut self, since: Instant) -> Option<Polled> {
        let change = self.cursor.consumer.context().next_change()?;
        Some(match change {
            Change::Assigned(partitions) => {
                self.owned.extend(partitions.iter().cloned());
                Polled::Assigned(partitions)
            }
            Change::Revoked(partitions) => {
                self.leave(&partitions, since);
                Polled::Revoked(partitions)
            }
            Change::Lost(partitions) => {
                self.leave(&partitions, since);
                Polled::Lost(partitions)
            }
        })
    }

    fn leave(&mut self, partitions: &[TopicPartition], since: Instant) {
        self.leaving.since.get_or_insert(since);
        for of in partitions {
            self.cursor.stop(of);
        }
        self.leaving.open.extend(partitions.iter().cloned());
        self.leaving.all.extend(partitions.iter().cloned());
    }

    /// From here on the group is answered at once, and what it asked before is answered now.
    fn answer_what_is_open(&mut self) {
        let context = self.cursor.consumer.context().clone();
        context.close();
        while let Some(change) = self.change(Instant::now()) {
            tracing::debug!(?change, "a rebalance was open while closing");
        }
        let Leaving { all, .. } = std::mem::take(&mut self.leaving);
        if !all.is_empty()
            && let Err(error) = self.cursor.consumer.incremental_unassign(&listed(&all))
        {
            tracing::warn!(%error, "could not give partitions back while closing");
        }
    }

    fn require_owned(&self, what: &'static str, partitions: &[TopicPartition]) -> Result<(), LogError> {
        match partitions.iter().find(|of| !self.owned.contains(of)) {
            None => Ok(()),
            Some(of) => Err(LogError::Refused { what, reason: format!("{of} is not this member's") }),
        }
    }

    fn seek(&self, at: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let what = "start";
        let mut list = TopicPartitionList::with_capacity(at.len());
        for (of, offset) in at {
            list.add_partition_offset(&of.topic, of.partition, Offset::Offset(*offset))
                .map_err(|error| classify(what, &error))?;
        }
        // A partition assigned a moment ago may not be ready to be sought yet.
        let deadline = Instant::now() + self.request_timeout;
        loop {
            let outcome = self.cursor.consumer.seek_partitions(list.clone(), self.request_timeout).and_then(|sought| {
                sought.elements().iter().try_for_each(rdkafka::topic_partition_list::TopicPartitionListElem::error)
            });
            match outcome {
                Ok(()) => return Ok(()),
                // The group changed meanwhile: the next poll says how.
                Err(error) if self.cursor.consumer.context().has_change() => {
                    return Err(LogError::Retry { what, reason: error.to_string() });
                }
                Err(error) if Instant::now() >= deadline => return Err(classify(what, &error)),
                Err(KafkaError::OffsetFetch(_) | KafkaError::Seek(_)) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(classify(what, &error)),
            }
        }
    }
}

impl GroupConsumer for KafkaMember {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Polled, LogError> {
        self.join()?;
        if self.polled_at.elapsed() >= self.poll_interval_max {
            let reason = format!("not polled for {:?}: the group has expelled this member", self.polled_at.elapsed());
            return Err(LogError::Fenced { what: "poll", reason });
        }
        let since = self.polled_at;
        let change = self.change(since);
        if change.is_none() {
            let outcome = self.cursor.poll(most, wait);
            // A change that waits behind records keeps the time since which it may have been waiting.
            if !self.cursor.consumer.context().has_change() {
                self.polled_at = Instant::now();
            }
            let records = outcome?;
            if !records.is_empty() {
                return Ok(Polled::Records(records));
            }
        }
        Ok(change.or_else(|| self.change(since)).unwrap_or(Polled::Idle))
    }

    fn start(&mut self, at: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let partitions: Vec<TopicPartition> = at.iter().map(|(of, _)| of.clone()).collect();
        self.require_owned("start", &partitions)?;
        if let Some(of) = partitions.iter().find(|of| self.leaving.open.contains(of)) {
            let reason = format!("{of} is to be given back: release it");
            return Err(LogError::Refused { what: "start", reason });
        }
        self.seek(at)?;
        let running: Vec<TopicPartition> = partitions.into_iter().filter(|of| !self.paused.contains(of)).collect();
        self.cursor.consumer.resume(&listed(&running)).map_err(|error| classify("start", &error))?;
        // Nothing was fetched from where the client put a partition that was not started. But what wakes librdkafka's thread
        // of the broker is a seek, and not the end of a pause: it would sleep for up to a second more. (It does at offset 0,
        // where a seek changes nothing: a partition begins once.)
        self.seek(at)?;
        for (of, offset) in at {
            self.cursor.start(of.clone(), *offset, false);
        }
        Ok(())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("release", partitions)?;
        for of in partitions {
            self.leaving.open.remove(of);
            self.owned.remove(of);
            self.paused.remove(of);
            self.cursor.forget(of);
        }
        if !self.leaving.open.is_empty() || self.leaving.all.is_empty() {
            return Ok(());
        }
        // What is not answered here is answered when this member is dropped: the client closes only after its last answer.
        let waited = self.leaving.since.map(|since| since.elapsed());
        if let Some(waited) = waited.filter(|waited| *waited >= self.session_timeout) {
            let reason = format!("answered after {waited:?}: the group may have expelled this member");
            return Err(LogError::Fenced { what: "release", reason });
        }
        let Leaving { all, .. } = std::mem::take(&mut self.leaving);
        let answer = listed(&all);
        self.cursor.interrupted();
        self.cursor.consumer.incremental_unassign(&answer).map_err(|error| classify("release", &error))
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("pause", partitions)?;
        self.cursor.interrupted_in(partitions);
        self.cursor.consumer.pause(&listed(partitions)).map_err(|error| classify("pause", &error))?;
        self.paused.extend(partitions.iter().cloned());
        Ok(())
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.require_owned("resume", partitions)?;
        self.paused.retain(|of| !partitions.contains(of));
        // What was not started stays silent: its start resumes it.
        let started: Vec<TopicPartition> =
            partitions.iter().filter(|of| self.cursor.position(of).is_some()).cloned().collect();
        self.cursor.interrupted_in(&started);
        self.cursor.consumer.resume(&listed(&started)).map_err(|error| classify("resume", &error))
    }

    fn metadata(&self) -> Result<GroupMetadata, LogError> {
        match self.cursor.consumer.group_metadata() {
            Some(metadata) => Ok(GroupMetadata::Kafka(Arc::new(metadata))),
            None => {
                let reason = "the client has no group".into();
                Err(LogError::Fatal { what: "group metadata", reason })
            }
        }
    }

    fn position(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.cursor
            .position(of)
            .ok_or_else(|| LogError::Refused { what: "position", reason: format!("{of} was not started") })
    }

    fn end_offset(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        if let Some(end) = self.cursor.end(of) {
            return Ok(end);
        }
        let (_, end) = self
            .cursor
            .consumer
            .fetch_watermarks(&of.topic, of.partition, self.request_timeout)
            .map_err(|error| classify("end offset", &error))?;
        Ok(end.max(self.cursor.position(of).unwrap_or(end)))
    }

    fn close(self: Box<Self>) -> Result<(), LogError> {
        Ok(())
    }

    /// librdkafka keeps a static member in its group when it closes, and takes it out when it unsubscribes before that. One that never
    /// joined leaves nothing: the session of who had its id before has to end.
    fn leave(mut self: Box<Self>) -> Result<(), LogError> {
        let what = "leave";
        self.answer_what_is_open();
        let consumer = &self.cursor.consumer;
        consumer.unsubscribe();
        let deadline = Instant::now() + self.request_timeout;
        // Giving back ends in the background, and only then does the client take its leave: its statistics tell.
        let mut given_back: Option<Instant> = None;
        loop {
            // What is left to be handed out is folded by the next owner.
            let _ = consumer.poll(LEAVE_STEP);
            if given_back.is_none() && consumer.assignment().map_err(|error| classify(what, &error))?.count() == 0 {
                given_back = Some(Instant::now());
            }
            let snapshot = consumer.context().take_snapshot();
            if snapshot.is_some_and(|seen| given_back.is_some_and(|since| seen.at > since) && !seen.in_group) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let reason = "the group was not left in time: its session has to end".into();
                return Err(LogError::Retry { what, reason });
            }
        }
    }
}

/// Closing answers what is open and waits for the client to stop. A static member does not leave by it: its partitions
/// stay its own until its session times out.
impl Drop for KafkaMember {
    fn drop(&mut self) {
        self.answer_what_is_open();
    }
}

fn listed(partitions: &[TopicPartition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for of in partitions {
        list.add_partition(&of.topic, of.partition);
    }
    list
}
