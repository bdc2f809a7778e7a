//! A log with the topics of one fold, runtimes over it, and what can be observed of them from outside: the committed outputs, the
//! state, and how both should be.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::executor::block_on;
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Isolation, Log, LogError, Record, Start, Topic, TopicPartition, TopicSpec};
use stream::runtime::{Handle, Runtime};
use stream::settings::{RuntimeComponents, RuntimeSettings};
use stream::state::{Row, StateRead};

use crate::sums::reference::{Input, Line, Reference};
use crate::sums::{Sums, Topics, outgoing, text};

/// Of what [`Sums`] writes.
pub(crate) const ROW_VERSION: u16 = 1;
/// Nothing here takes a second; a wait this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) log: Arc<dyn Log>,
    /// The same log, if it is the embedded one.
    embedded: Option<Arc<EmbeddedLog>>,
    prefix: String,
    pub(crate) topics: Topics,
    pub(crate) partitions: i32,
    pub(crate) clock_ms: Arc<AtomicI64>,
    pub(crate) dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn embedded(partitions: i32) -> Self {
        Self::embedded_with_seed(partitions, 7)
    }

    pub(crate) fn embedded_with_seed(partitions: i32, seed: u64) -> Self {
        let clock_ms = Arc::new(AtomicI64::new(1_000));
        let clock = clock_ms.clone();
        let mut settings = EmbeddedSettings::new(Arc::new(move || clock.load(Ordering::SeqCst)), seed);
        settings.session_timeout = Duration::from_millis(100);
        settings.transaction_timeout = Duration::from_secs(1);
        let log = EmbeddedLog::new(settings);
        Self { embedded: Some(log.clone()), ..Self::on(log, "toy".to_owned(), partitions, clock_ms) }
    }

    pub(crate) fn embedded_log(&self) -> &EmbeddedLog {
        self.embedded.as_deref().unwrap()
    }

    /// On the broker that `STANDING_TEST_KAFKA` names, with topics, group and ids of its own.
    pub(crate) fn kafka(partitions: i32) -> Self {
        let Ok(servers) = std::env::var("STANDING_TEST_KAFKA") else {
            panic!("STANDING_TEST_KAFKA=host:port names no broker: run the tests by `make test`, which starts one");
        };
        static BENCHES: AtomicU64 = AtomicU64::new(0);
        let prefix = format!("worker-{}-{}", std::process::id(), BENCHES.fetch_add(1, Ordering::SeqCst));
        let mut settings = KafkaSettings::new(servers, prefix.clone());
        settings.session_timeout = Duration::from_secs(10);
        let log = KafkaLog::new(settings).unwrap();
        Self::on(log, prefix, partitions, Arc::new(AtomicI64::new(1_000)))
    }

    fn on(log: Arc<dyn Log>, prefix: String, partitions: i32, clock_ms: Arc<AtomicI64>) -> Self {
        let topics = Topics::new(&prefix);
        let spec = |name: &Topic| TopicSpec { name: name.clone(), partitions, replication: 1, config: Vec::new() };
        log.create_topics(&[&topics.input, &topics.out, &topics.rejects, &topics.marks].map(spec)).unwrap();
        Self { log, embedded: None, prefix, topics, partitions, clock_ms, dir: tempfile::tempdir().unwrap() }
    }

    /// Appends records to the input, as other producers would: (partition, key, command).
    pub(crate) fn append(&self, records: &[(i32, &str, &str)]) {
        let producer = self.log.producer().unwrap();
        let reports: Vec<_> = records
            .iter()
            .map(|(partition, key, command)| {
                producer.send(outgoing(&self.topics.input, *partition, key.as_bytes(), command)).unwrap()
            })
            .collect();
        for report in reports {
            block_on(report).unwrap();
        }
    }

    pub(crate) fn settings(&self, app: &str) -> RuntimeSettings {
        let input = vec![self.topics.input.clone()];
        let mut settings = RuntimeSettings::new(self.name(app), self.group(), input, self.state_dir(app));
        settings.slots = 1;
        settings.memory_bytes = 16 << 20;
        settings.mark_interval = Duration::from_millis(20);
        settings.tick_interval = Duration::from_millis(20);
        settings.poll_records_max = 7;
        settings
    }

    /// A name that nothing else on the log has.
    pub(crate) fn name(&self, app: &str) -> String {
        format!("{}-{app}", self.prefix)
    }

    pub(crate) fn group(&self) -> String {
        self.name("group")
    }

    /// Ends the session of a worker, as if it had stalled.
    pub(crate) fn expire(&self, app: &str) {
        self.embedded_log().expire_member(&self.group(), &format!("{}-0", self.name(app)));
    }

    pub(crate) fn state_dir(&self, app: &str) -> PathBuf {
        self.dir.path().join(app)
    }

    pub(crate) fn parts(&self, log: Arc<dyn Log>) -> RuntimeComponents {
        let clock = self.clock_ms.clone();
        let topics = self.topics.clone();
        RuntimeComponents::new(
            log,
            Arc::new(move || clock.load(Ordering::SeqCst)),
            Arc::new(move |_: &TopicPartition| Box::new(Sums::new(topics.clone()))),
            ROW_VERSION,
        )
    }

    pub(crate) fn start(&self, app: &str) -> Handle {
        self.start_on(self.log.clone(), app)
    }

    pub(crate) fn start_on(&self, log: Arc<dyn Log>, app: &str) -> Handle {
        Runtime::start(self.parts(log), self.settings(app)).unwrap()
    }

    pub(crate) fn input(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.topics.input.clone(), partition)
    }

    /// Everything committed in one partition of a topic, in order.
    pub(crate) fn committed(&self, topic: &Topic, partition: i32) -> Vec<Record> {
        let of = TopicPartition::new(topic.clone(), partition);
        let deadline = Instant::now() + PATIENCE;
        let end = loop {
            match self.log.watermarks(&of, Isolation::ReadCommitted) {
                Ok(ends) => break ends.high,
                Err(LogError::Retry { .. }) if Instant::now() < deadline => {}
                Err(error) => panic!("{error}"),
            }
        };
        let mut reader = self.log.reader(&[(of, Start::Earliest)], Isolation::ReadCommitted).unwrap();
        let mut records = Vec::new();
        while reader.positions()[0].1 < end {
            assert!(Instant::now() < deadline, "the reader does not reach offset {end}");
            records.extend(reader.poll(1_000, Duration::from_millis(10)).unwrap());
        }
        records
    }

    fn commands(&self, partition: i32) -> Vec<(i64, String, String)> {
        let records = self.committed(&self.topics.input, partition);
        let field = |bytes: &Option<Bytes>| text(bytes.as_deref().unwrap_or_default());
        records.iter().map(|record| (record.offset, field(&record.key), field(&record.value))).collect()
    }

    /// Waits until everything appended is folded, committed and written, by whichever of these runtimes owns it.
    pub(crate) fn wait_done(&self, handles: &[&Handle]) {
        let wanted: BTreeMap<TopicPartition, i64> = (0..self.partitions)
            .map(|partition| {
                let last = self.committed(&self.topics.input, partition).last().map_or(0, |record| record.offset + 1);
                (self.input(partition), last)
            })
            .collect();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let statuses: Vec<_> = handles.iter().map(|handle| handle.status()).collect();
            let done = wanted.iter().all(|(of, next)| {
                let owner = statuses.iter().find_map(|status| status.partition(of));
                owner.is_some_and(|owner| owner.phase == stream::status::Phase::Live && owner.next_offset >= *next)
            });
            if done {
                return;
            }
            assert!(Instant::now() < deadline, "not done: {statuses:#?}, wanted {wanted:?}");
            handles[0].wait(Duration::from_millis(5), |_| false);
        }
    }

    /// Outputs from the log and state from its owner, per partition; `None` while one has no owner.
    pub(crate) fn observed(&self, handles: &[&Handle]) -> Option<Vec<Expected>> {
        (0..self.partitions)
            .map(|partition| {
                let line = |record: &Record| {
                    (text(record.key.as_deref().unwrap_or_default()), text(record.value.as_deref().unwrap_or_default()))
                };
                let out = self.committed(&self.topics.out, partition);
                let rejects = self.committed(&self.topics.rejects, partition);
                Some(Expected {
                    rows: rows(handles, &self.input(partition))?,
                    out: out.iter().map(line).map(|(key, value)| format!("{key}={value}")).collect(),
                    rejects: rejects.iter().map(line).map(|(key, value)| format!("{key}={value}")).collect(),
                })
            })
            .collect()
    }

    /// What the reference makes of what is in the input topic.
    pub(crate) fn expected(&self) -> Vec<Expected> {
        (0..self.partitions)
            .map(|partition| {
                let commands = self.commands(partition);
                expected(commands.iter().map(|(offset, key, command)| (*offset, key.as_str(), command.as_str())))
            })
            .collect()
    }

    /// Nothing lost, nothing doubled, nothing out of order, and the state that follows from the input. Outputs may have
    /// to wait for a transaction that a killed worker left open to time out; partitions may be moving.
    pub(crate) fn check(&self, handles: &[&Handle]) {
        self.wait_done(handles);
        let expected = self.expected();
        let deadline = Instant::now() + PATIENCE / 4;
        let mut observed = self.observed(handles);
        while observed.as_ref() != Some(&expected) && Instant::now() < deadline {
            handles[0].wait(Duration::from_millis(10), |_| false);
            observed = self.observed(handles);
        }
        assert_eq!(observed.as_ref(), Some(&expected));
    }

    /// No state was found that must not be used: whatever happened, it was never ahead of what was committed.
    pub(crate) fn nothing_was_set_aside(&self, app: &str) {
        for entry in std::fs::read_dir(self.state_dir(app)).unwrap() {
            let path = entry.unwrap().path();
            assert!(!path.to_string_lossy().ends_with(".aside"), "{path:?}");
        }
    }

    /// The state of a partition, as bytes.
    pub(crate) fn rows(&self, handle: &Handle, partition: i32) -> Vec<Row> {
        handle
            .read(&self.input(partition), |state| state.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX))
            .unwrap()
            .unwrap()
    }

    /// The marks of a partition, in order: (next offset, clock when it last stood at its end, 0 if it never did).
    pub(crate) fn marks(&self, partition: i32) -> Vec<(i64, i64)> {
        let marks = self.committed(&self.topics.marks, partition);
        let parse = |record: &Record| {
            let value = text(record.value.as_deref().unwrap_or_default());
            let (next, caught_up) = value.split_once(' ').unwrap();
            (next.parse().unwrap(), caught_up.parse().unwrap())
        };
        marks.iter().map(parse).collect()
    }
}

/// What the fold should make of the records of one partition: the rows of its state, and its outputs by topic.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) rows: BTreeMap<String, String>,
    pub(crate) out: Vec<String>,
    pub(crate) rejects: Vec<String>,
}

/// What the reference makes of records: offset, key, command.
pub(crate) fn expected<'a>(records: impl IntoIterator<Item = (i64, &'a str, &'a str)>) -> Expected {
    let mut reference = Reference::default();
    for (offset, key, command) in records {
        reference.apply(&Input { offset, key: key.to_owned(), command: command.to_owned() });
    }
    let rows = reference.rows();
    let texts = |lines: Vec<Line>| lines.into_iter().map(|line| line.text).collect();
    Expected { rows, out: texts(reference.out), rejects: texts(reference.rejects) }
}

fn rows(handles: &[&Handle], of: &TopicPartition) -> Option<BTreeMap<String, String>> {
    let everything = (Bound::Unbounded, Bound::Unbounded);
    let read = handles.iter().find_map(|handle| handle.read(of, |state| state.scan(everything, usize::MAX)).ok())?;
    Some(read.unwrap().into_iter().map(|(key, value)| (text(&key), text(&value))).collect())
}

/// Waits for something that no status tells.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

pub(crate) fn stop(handle: Handle) {
    handle.stop(PATIENCE).unwrap();
}

/// A deterministic mixture of records over all partitions, with some that fail.
pub(crate) fn mixture(partitions: i32, count: usize, seed: u64) -> Vec<(i32, String, String)> {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |below: u64| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x % below
    };
    (0..count)
        .map(|_| {
            let partition = i32::try_from(next(u64::try_from(partitions).unwrap())).unwrap();
            let command = match next(20) {
                0 => "bad".to_owned(),
                1 => "panic".to_owned(),
                _ => (i64::try_from(next(9)).unwrap() - 4).to_string(),
            };
            (partition, format!("k{}", next(5)), command)
        })
        .collect()
}

pub(crate) fn borrowed(records: &[(i32, String, String)]) -> Vec<(i32, &str, &str)> {
    records.iter().map(|(partition, key, command)| (*partition, key.as_str(), command.as_str())).collect()
}
