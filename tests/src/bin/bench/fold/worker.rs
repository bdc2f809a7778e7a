//! The profile service's workers on a real Kafka: a log folded live, and a state that is lost and rebuilt from the log.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use domain::event::{Body, Content};
use domain::subject::partition_of;
use schemas::topics::{EventsTime, Topics};
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Isolation, Log as _, Outgoing, Producer, TopicPartition, TopicSpec};
use stream::runtime::{Handle, Runtime};
use stream::settings::{RuntimeComponents, RuntimeSettings};

use super::clock::process_cpu;
use super::log::Log;
use super::register::Register;
use super::sizes::Sizes;

/// Nothing waits longer.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// From the start of the workers until they stood at the end of every partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) records: u64,
    pub(crate) wall: Duration,
    /// Of this process: the workers, the client's threads, the compactions. Not the broker's.
    pub(crate) cpu: Duration,
}

/// How the log is split, how many threads fold it, and how long it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) partitions: u16,
    pub(crate) workers: usize,
    pub(crate) events: u64,
}

pub(crate) struct OnKafka<'a> {
    register: Register,
    sizes: &'a Sizes,
    shape: Shape,
    log: Arc<KafkaLog>,
    ends: Vec<(TopicPartition, i64)>,
    records: u64,
}

impl<'a> OnKafka<'a> {
    /// Topics of its own, and the log in them.
    pub(crate) fn new(address: &str, sizes: &'a Sizes, shape: Shape) -> anyhow::Result<Self> {
        let started = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let register = Register::new(&format!("bench-{started}"), shape.partitions)?;
        let log = KafkaLog::new(KafkaSettings::new(address, "bench"))?;
        log.create_topics(&topics(&register.topics))?;
        let mut bench = Self { register, sizes, shape, log, ends: Vec::new(), records: 0 };
        bench.fill()?;
        Ok(bench)
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        let producer = self.log.producer()?;
        let topics = self.register.topics.clone();
        let partitions = i32::from(self.shape.partitions);
        for partition in 0..partitions {
            for body in self.register.activations() {
                let value = self.register.encoded(&body)?;
                send(producer.as_ref(), &topics, partition, None, value)?;
            }
        }
        let mut log = Log::new(7, self.shape.events, self.sizes.subjects)?;
        for _ in 0..self.shape.events {
            let body = log.event()?;
            let (partition, key) = place(&body, topics.partitions())?;
            let value = self.register.encoded(&body)?;
            send(producer.as_ref(), &topics, partition, Some(key), value)?;
        }
        producer.flush(Duration::from_secs(60))?;
        for partition in 0..partitions {
            let of = TopicPartition::new(topics.events().clone(), partition);
            let end = self.log.watermarks(&of, Isolation::ReadCommitted)?.high;
            self.ends.push((of, end));
        }
        self.records = self.ends.iter().map(|(_, end)| u64::try_from(*end).unwrap_or_default()).sum();
        ensure!(self.records >= self.shape.events, "the log is shorter than what was sent");
        Ok(())
    }

    fn start(&self, dir: &std::path::Path) -> anyhow::Result<Handle> {
        let (fold, group) = (self.register.clone(), format!("{}-profile", self.register.topics.prefix()));
        let clock = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(now.as_millis()).unwrap_or_default()
        };
        let factory = move |of: &TopicPartition| -> Box<dyn stream::fold::Fold> { fold.fold(of.partition) };
        let rows = profile::ROW_VERSION.into();
        let parts = RuntimeComponents::new(self.log.clone(), Arc::new(clock), Arc::new(factory), rows);
        let events = vec![self.register.topics.events().clone()];
        let mut settings = RuntimeSettings::new(group.clone(), group, events, dir.to_owned());
        settings.slots = self.shape.workers;
        settings.memory_bytes = self.sizes.memory_mib << 20;
        Ok(Runtime::start(parts, settings)?)
    }

    /// Folds everything from where the group stands.
    pub(crate) fn run(&self, dir: &std::path::Path) -> anyhow::Result<Run> {
        let (from, cpu_from) = (Instant::now(), process_cpu()?);
        let handle = self.start(dir)?;
        let done = handle.wait(PATIENCE, |status| {
            self.ends.iter().all(|(of, end)| status.partition(of).is_some_and(|p| p.next_offset >= *end))
        });
        let run = Run { records: self.records, wall: from.elapsed(), cpu: process_cpu()?.saturating_sub(cpu_from) };
        let status = handle.status();
        if handle.stop(Duration::from_secs(60)).is_err() {
            bail!("the workers do not stop");
        }
        ensure!(done, "the log was not folded in time: {status:?}");
        Ok(run)
    }
}

fn place(body: &Body, partitions: NonZeroU16) -> anyhow::Result<(i32, String)> {
    let Content::Event(event) = &body.content else { bail!("the log has no control records of its own") };
    Ok((partition_of(&event.subject, partitions), event.subject.to_string()))
}

fn send(
    producer: &dyn Producer,
    topics: &Topics,
    partition: i32,
    key: Option<String>,
    value: bytes::Bytes,
) -> anyhow::Result<()> {
    let record = Outgoing {
        topic: topics.events().clone(),
        partition,
        key: key.map(bytes::Bytes::from),
        value: Some(value),
        headers: Vec::new(),
        timestamp_ms: None,
    };
    loop {
        match producer.send(record.clone()) {
            Ok(report) => {
                // Whether all arrived is seen from the ends of the partitions.
                drop(report);
                return Ok(());
            }
            Err(stream::log::LogError::QueueFull { .. }) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error).context("a record cannot be sent"),
        }
    }
}

fn topics(topics: &Topics) -> Vec<TopicSpec> {
    let desired = topics.desired(EventsTime::Append, [], []);
    let spec = |of: schemas::topics::TopicSpec| TopicSpec {
        name: of.name,
        partitions: of.partitions,
        replication: of.replication,
        config: of.config,
    };
    desired.into_iter().map(spec).collect()
}
