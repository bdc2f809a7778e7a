//! A group consumer that waits in simulated time, and that hands out again what it had fetched before a seek.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream::log::{GroupConsumer, GroupMetadata, LogError, Polled, Record, TopicPartition};

use crate::log::call;
use crate::process::Process;

/// So many records of each partition are remembered.
const REMEMBERED: usize = 6;

/// The log's own consumer, until it is closed.
pub(crate) type SharedConsumer = Arc<Mutex<Option<Box<dyn GroupConsumer>>>>;

pub(crate) struct ItsConsumer {
    process: Arc<Process>,
    member: String,
    inner: SharedConsumer,
    handed_out: BTreeMap<TopicPartition, VecDeque<Record>>,
    again: Vec<Record>,
}

impl ItsConsumer {
    pub(crate) fn new(process: Arc<Process>, member: &str, inner: Box<dyn GroupConsumer>) -> Self {
        let (member, inner) = (member.to_owned(), Arc::new(Mutex::new(Some(inner))));
        process.consumers.lock().unwrap().insert(member.clone(), inner.clone());
        Self { process, member, inner, handed_out: BTreeMap::new(), again: Vec::new() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut dyn GroupConsumer) -> T) -> T {
        act(self.inner.lock().unwrap().as_deref_mut().unwrap())
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        self.handed_out.retain(|of, _| !partitions.contains(of));
        self.again.retain(|record| !partitions.contains(&of(record)));
    }

    fn remember(&mut self, records: &[Record]) {
        for record in records {
            let remembered = self.handed_out.entry(of(record)).or_default();
            remembered.push_back(record.clone());
            if remembered.len() > REMEMBERED {
                remembered.pop_front();
            }
        }
    }
}

impl GroupConsumer for ItsConsumer {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Polled, LogError> {
        if !self.again.is_empty() {
            self.process.point("poll")?;
            return Ok(Polled::Records(std::mem::take(&mut self.again)));
        }
        let polled = call(&self.process, "poll", || self.with(|inner| inner.poll(most, Duration::ZERO)))?;
        match &polled {
            Polled::Idle if !wait.is_zero() => {
                let dice = &self.process.world.dice;
                let most = u64::try_from(wait.as_millis()).unwrap();
                let waits = if dice.roll(2) == 0 { most } else { dice.roll(most + 1) };
                self.process.sleep(Duration::from_millis(waits));
            }
            Polled::Idle => {}
            Polled::Records(records) => {
                self.process.say(format_args!("{} records from {}", records.len(), records[0].offset));
                self.remember(records);
            }
            Polled::Assigned(partitions) | Polled::Revoked(partitions) | Polled::Lost(partitions) => {
                self.process.say(format_args!("{polled:?}"));
                self.forget(partitions);
                if matches!(polled, Polled::Lost(_)) {
                    self.process.world.ledger().expelled.remove(&self.member);
                }
            }
        }
        Ok(polled)
    }

    fn start(&mut self, at: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.process.say(format_args!("start {at:?}"));
        call(&self.process, "start", || self.with(|inner| inner.start(at)))?;
        for (of, offset) in at {
            let world = &self.process.world;
            let Some(handed_out) = self.handed_out.remove(of) else { continue };
            if world.happens(world.faults.handed_out_again, "handed out again") {
                self.again.extend(handed_out.into_iter().filter(|record| record.offset < *offset));
            }
        }
        Ok(())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.forget(partitions);
        call(&self.process, "release", || self.with(|inner| inner.release(partitions)))
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.again.retain(|record| !partitions.contains(&of(record)));
        call(&self.process, "pause", || self.with(|inner| inner.pause(partitions)))
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        call(&self.process, "resume", || self.with(|inner| inner.resume(partitions)))
    }

    fn metadata(&self) -> Result<GroupMetadata, LogError> {
        call(&self.process, "metadata", || self.with(|inner| inner.metadata()))
    }

    fn position(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.with(|inner| inner.position(of))
    }

    fn end_offset(&mut self, of: &TopicPartition) -> Result<i64, LogError> {
        self.with(|inner| inner.end_offset(of))
    }

    fn close(self: Box<Self>) -> Result<(), LogError> {
        let inner = self.inner.lock().unwrap().take();
        call(&self.process, "close", || inner.map_or(Ok(()), GroupConsumer::close))
    }

    fn leave(self: Box<Self>) -> Result<(), LogError> {
        let inner = self.inner.lock().unwrap().take();
        call(&self.process, "leave", || inner.map_or(Ok(()), GroupConsumer::leave))
    }
}

impl Drop for ItsConsumer {
    fn drop(&mut self) {
        self.inner.lock().unwrap().take();
    }
}

fn of(record: &Record) -> TopicPartition {
    TopicPartition::new(record.topic.clone(), record.partition)
}
