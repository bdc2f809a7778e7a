//! The log as one process sees it: every call is a place at which others may run, the process may die, or the answer may be an
//! error.

use std::sync::Arc;
use std::time::Duration;

use stream::log::{
    GroupConsumer, GroupDescription, Isolation, Log, LogError, Producer, Reader, Start, Topic, TopicDescription,
    TopicPartition, TopicSpec, TransactionalProducer, Watermarks,
};

use crate::consumer::ItsConsumer;
use crate::faults::{Kind, When};
use crate::mutation::Mutation;
use crate::process::Process;
use crate::producer::ItsProducer;

pub(crate) struct ItsLog(pub(crate) Arc<Process>);

/// One call, with what may befall it.
pub(crate) fn call<T>(
    process: &Process,
    what: &'static str,
    inner: impl FnOnce() -> Result<T, LogError>,
) -> Result<T, LogError> {
    process.point(what)?;
    let answer = match process.world.fault() {
        None => inner(),
        Some((When::Before, kind)) => Err(kind.error(what)),
        // A record that was handed out or taken is never answered with "try again": clients see to that.
        Some((When::After, Kind::Retry)) if matches!(what, "poll" | "send") => Err(Kind::Retry.error(what)),
        Some((When::After, kind)) => inner().and_then(|_| Err(kind.error(what))),
    };
    if let Err(error) = &answer {
        process.say(format_args!("{what}: {error}"));
    }
    // It took place, and its answer reaches nobody.
    process.point("answered")?;
    answer
}

impl Log for ItsLog {
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.0.world.log.create_topics(topics)
    }

    fn alter_topic(&self, topic: &str, config: &[(String, String)]) -> Result<(), LogError> {
        self.0.world.log.alter_topic(topic, config)
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicDescription>, LogError> {
        call(&self.0, "describe", || self.0.world.log.describe(topic))
    }

    fn topics(&self) -> Result<Vec<Topic>, LogError> {
        self.0.world.log.topics()
    }

    fn watermarks(&self, of: &TopicPartition, isolation: Isolation) -> Result<Watermarks, LogError> {
        let world = &self.0.world;
        let ends = call(&self.0, "watermarks", || world.log.watermarks(of, isolation))?;
        self.0.say(format_args!("{of} is {ends:?}"));
        let before = world.ledger().ends.insert((self.0.number, of.clone()), ends);
        let mutated = world.mutation == Some(Mutation::OldEnds);
        Ok(before.filter(|_| mutated).unwrap_or(ends))
    }

    fn committed(&self, group: &str, of: &[TopicPartition], wait: Duration) -> Result<Vec<Option<i64>>, LogError> {
        let world = &self.0.world;
        let until = world.scheduler.now() + wait;
        loop {
            let answer = call(&self.0, "committed", || match world.log.committed(group, of, Duration::ZERO) {
                Err(LogError::Retry { .. }) if world.mutation == Some(Mutation::UnstableOffsets) => {
                    Ok(of.iter().map(|of| world.ledger().committed.get(of).copied()).collect())
                }
                answer => answer,
            });
            if matches!(answer, Err(LogError::Retry { .. })) && world.scheduler.now() < until {
                self.0.sleep(Duration::from_millis(world.dice.between(1, 100)));
                continue;
            }
            let mut committed = answer?;
            for (of, offset) in of.iter().zip(&mut committed) {
                if world.ledger().forgotten.contains(of) {
                    *offset = None;
                }
            }
            self.0.say(format_args!("committed: {committed:?}"));
            self.0.is_told_committed(of, &committed);
            return Ok(committed);
        }
    }

    fn group(&self, group: &str, wait: Duration) -> Result<GroupDescription, LogError> {
        let told = call(&self.0, "group", || self.0.world.log.group(group, wait))?;
        self.0.say(format_args!("{told:?}"));
        Ok(told)
    }

    fn producer(&self) -> Result<Arc<dyn Producer>, LogError> {
        self.0.world.log.producer()
    }

    fn transactional(&self, id: &str) -> Result<Box<dyn TransactionalProducer>, LogError> {
        let world = &self.0.world;
        let inner = call(&self.0, "transactional", || {
            if world.mutation == Some(Mutation::NoFencing) {
                return world.log.transactional(&format!("{id}-{}", world.fresh_number()));
            }
            world.log.transactional(id)
        })?;
        Ok(Box::new(ItsProducer::new(self.0.clone(), id, inner)))
    }

    fn group_consumer(&self, group: &str, member: &str, topics: &[Topic]) -> Result<Box<dyn GroupConsumer>, LogError> {
        let inner = call(&self.0, "join", || self.0.world.log.group_consumer(group, member, topics))?;
        self.0.world.ledger().expelled.remove(member);
        Ok(Box::new(ItsConsumer::new(self.0.clone(), member, inner)))
    }

    fn reader(&self, from: &[(TopicPartition, Start)], isolation: Isolation) -> Result<Box<dyn Reader>, LogError> {
        self.0.world.log.reader(from, isolation)
    }
}
