//! A transactional producer whose commits may arrive late: the request stays in the network, the repeated one is answered, and
//! then the first arrives after all. A coordinator takes it for whatever that producer has open by then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream::log::{GroupMetadata, Log, LogError, Outgoing, TopicPartition, TransactionalProducer};

use crate::faults::Kind;
use crate::log::call;
use crate::mutation::Mutation;
use crate::process::Process;
use crate::world::{Event, GROUP, World};

pub(crate) struct ItsProducer {
    process: Arc<Process>,
    member: String,
    client: Arc<Client>,
    /// The transaction is over and its answer was lost: who asks again is told so.
    ended: Option<Ended>,
    /// A request to commit was sent twice.
    in_doubt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Committed,
    Aborted,
}

/// What a late request still holds on to.
pub(crate) struct Client(Mutex<Inside>);

struct Inside {
    producer: Box<dyn TransactionalProducer>,
    offsets: Vec<(TopicPartition, i64)>,
}

impl Client {
    pub(crate) fn commit(&self, world: &World) -> Result<(), LogError> {
        let mut inside = self.0.lock().unwrap();
        inside.producer.commit()?;
        let offsets = std::mem::take(&mut inside.offsets);
        let mut ledger = world.ledger();
        for (of, offset) in &offsets {
            ledger.forgotten.remove(of);
            ledger.commits(of, *offset);
        }
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }
}

impl ItsProducer {
    pub(crate) fn new(process: Arc<Process>, member: &str, producer: Box<dyn TransactionalProducer>) -> Self {
        let client = Arc::new(Client(Mutex::new(Inside { producer, offsets: Vec::new() })));
        Self { process, member: member.to_owned(), client, ended: None, in_doubt: false }
    }

    fn end(&mut self, what: &'static str, as_what: Ended) -> Result<(), LogError> {
        if self.ended == Some(as_what) {
            self.process.point(what)?;
            self.ended = None;
            return Ok(());
        }
        let world = self.process.world.clone();
        if as_what == Ended::Committed && world.happens(world.faults.late_commit, "late commit") {
            self.process.point(what)?;
            self.process.say(format_args!("its request to commit stays on the way"));
            let on_the_way = Duration::from_millis(world.dice.between(1, 400));
            world.after(on_the_way, Event::LateCommit { client: self.client.clone() });
            return Err(Kind::Retry.error(what));
        }
        if as_what == Ended::Committed && world.happens(world.faults.slow_commit, "slow commit") {
            let (slow, began) = (Duration::from_millis(world.dice.between(2_001, 3_000)), world.scheduler.now());
            self.process.sleep(slow);
            self.process.point(what)?;
            self.client.commit(&world)?;
            // A stop ends the wait: what does not take seconds is not repeated.
            if world.scheduler.now() >= began + slow {
                self.process.say(format_args!("its second request to commit stays on the way"));
                let on_the_way = Duration::from_millis(world.dice.between(1, 100));
                world.after(on_the_way, Event::LateCommit { client: self.client.clone() });
            }
            return Ok(());
        }
        if as_what == Ended::Committed && world.happens(world.faults.repeated_commit, "repeated commit") {
            self.process.point(what)?;
            self.client.commit(&world)?;
            self.in_doubt = true;
            self.process.say(format_args!("its request to commit was sent twice, and the first stays on the way"));
            let on_the_way = Duration::from_millis(world.dice.between(1, 400));
            world.after(on_the_way, Event::LateCommit { client: self.client.clone() });
            return Ok(());
        }
        let (client, mut took_place) = (self.client.clone(), false);
        let answer = call(&self.process, what, || {
            match as_what {
                Ended::Committed => client.commit(&world)?,
                Ended::Aborted => client.with(|inside| inside.producer.abort())?,
            }
            took_place = true;
            Ok(())
        });
        if took_place && answer.is_err() {
            self.ended = Some(as_what);
        }
        answer
    }

    /// What a client says that takes its membership from the consumer only now.
    fn as_known(&self, then: &GroupMetadata) -> Result<GroupMetadata, LogError> {
        let consumer = self.process.consumers.lock().unwrap().get(&self.member).cloned();
        consumer
            .and_then(|consumer| Some(consumer.lock().unwrap().as_ref()?.metadata()))
            .unwrap_or_else(|| Ok(then.clone()))
    }

    /// What a client says that looks its membership up only now. It may have been expelled meanwhile and have joined again.
    fn as_of_now(&self, then: &GroupMetadata) -> Result<GroupMetadata, LogError> {
        let world = &self.process.world;
        if !world.ledger().expelled.remove(&self.member) {
            return Ok(then.clone());
        }
        let anew = world.log.group_consumer(GROUP, &self.member, std::slice::from_ref(&world.topics.input))?;
        anew.metadata()
    }
}

impl TransactionalProducer for ItsProducer {
    fn init(&mut self, wait: Duration) -> Result<(), LogError> {
        call(&self.process, "init", || self.client.with(|inside| inside.producer.init(wait)))
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.ended = None;
        call(&self.process, "begin", || {
            self.client.with(|inside| {
                inside.offsets.clear();
                inside.producer.begin()
            })
        })
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        call(&self.process, "send", || self.client.with(|inside| inside.producer.send(record)))
    }

    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError> {
        let mutation = self.process.world.mutation;
        let some = if mutation == Some(Mutation::OffsetsOfSome) { &next[..next.len().max(2) - 1] } else { next };
        self.process.say(format_args!("offsets {some:?}"));
        call(&self.process, "send offsets", || {
            let current;
            let group = if mutation == Some(Mutation::MetadataAtCommit) {
                current = self.as_of_now(group)?;
                &current
            } else if mutation.is_some_and(|it| it == Mutation::MetadataAsKnown || it.cover().is_some()) {
                current = self.as_known(group)?;
                &current
            } else {
                group
            };
            self.client.with(|inside| {
                inside.producer.send_offsets(some, group)?;
                inside.offsets.extend_from_slice(some);
                Ok(())
            })
        })
    }

    fn commit(&mut self) -> Result<(), LogError> {
        loop {
            match self.end("commit", Ended::Committed) {
                Err(LogError::Retry { .. }) if self.process.world.mutation == Some(Mutation::TimedOutProducerKept) => {
                    self.process.sleep(Duration::from_millis(5));
                }
                answer => return answer,
            }
        }
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.end("abort", Ended::Aborted)
    }

    fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }
}
