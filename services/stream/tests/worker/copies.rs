//! A bench whose runtimes keep checkpoints in a folder, and what was seen of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use stream::checkpoint::{Checkpoints, Found, Place};
use stream::log::TopicPartition;
use stream::observer::{Checkpointed, Observer, Restoration};
use stream::runtime::{Handle, Runtime};
use stream::settings::{RuntimeComponents, RuntimeSettings};
use stream::store::folder;

use crate::bench::{Bench, borrowed, eventually, mixture, stop};

/// What the runtime told about checkpoints.
#[derive(Default)]
pub(crate) struct Seen {
    checkpoints: Mutex<Vec<(i32, Checkpointed)>>,
    restorations: Mutex<Vec<(i32, Restoration)>>,
    replayed: AtomicU64,
}

impl Observer for Seen {
    fn replayed(&self, _of: &TopicPartition, records: u64) {
        self.replayed.fetch_add(records, Ordering::SeqCst);
    }

    fn checkpointed(&self, of: &TopicPartition, outcome: &Checkpointed) {
        self.checkpoints.lock().unwrap().push((of.partition, outcome.clone()));
    }

    fn restoration(&self, of: &TopicPartition, outcome: &Restoration) {
        self.restorations.lock().unwrap().push((of.partition, outcome.clone()));
    }
}

impl Seen {
    pub(crate) fn checkpoints(&self) -> Vec<Checkpointed> {
        self.checkpoints.lock().unwrap().iter().map(|(_, outcome)| outcome.clone()).collect()
    }

    /// Whether a checkpoint at this offset was made, and tidied up after.
    fn is_copied(&self, partition: i32, end: i64) -> bool {
        let is = |outcome: &Checkpointed| match outcome {
            Checkpointed::Made { offset, .. } => *offset == end,
            Checkpointed::Current => true,
            Checkpointed::Skipped | Checkpointed::Failed => false,
        };
        self.checkpoints.lock().unwrap().iter().any(|(of, outcome)| *of == partition && is(outcome))
    }

    pub(crate) fn made(&self, which: &str) -> usize {
        self.checkpoints().iter().filter(|outcome| outcome.name() == which).count()
    }

    /// Of one partition: `passed_over`, `absent`, `dropped`, or the offset restored.
    pub(crate) fn restorations(&self, partition: i32) -> Vec<String> {
        let told = |outcome: &Restoration| match outcome {
            Restoration::Restored { offset, .. } => offset.to_string(),
            Restoration::PassedOver | Restoration::Absent | Restoration::Dropped => outcome.name().to_owned(),
        };
        let all = self.restorations.lock().unwrap();
        all.iter().filter(|(of, _)| *of == partition).map(|(_, outcome)| told(outcome)).collect()
    }

    pub(crate) fn replayed(&self) -> u64 {
        self.replayed.load(Ordering::SeqCst)
    }
}

pub(crate) struct Copies {
    pub(crate) bench: Bench,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The store's folder.
    pub(crate) dir: PathBuf,
    pub(crate) keep: usize,
}

impl Copies {
    pub(crate) fn new(partitions: i32) -> Self {
        Self::of(Bench::embedded(partitions))
    }

    pub(crate) fn of(bench: Bench) -> Self {
        let dir = bench.dir.path().join("checkpoints");
        std::fs::create_dir(&dir).unwrap();
        let store = Arc::new(LocalFileSystem::new_with_prefix(&dir).unwrap());
        Self { bench, store, dir, keep: 10 }
    }

    pub(crate) fn place(&self) -> Place {
        Place::of(self.store.clone())
    }

    /// Records of a mixture, appended.
    pub(crate) fn append(&self, count: usize, seed: u64) {
        self.bench.append(&borrowed(&mixture(self.bench.partitions, count, seed)));
    }

    pub(crate) fn settings(&self, app: &str) -> RuntimeSettings {
        let mut settings = self.bench.settings(app);
        settings.checkpoints.interval = Duration::from_millis(20);
        settings.checkpoints.keep = self.keep;
        settings
    }

    pub(crate) fn parts(&self, place: Place) -> (RuntimeComponents, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        let mut parts = self.bench.parts(self.bench.log.clone());
        parts.observer = seen.clone();
        parts.checkpoints = Some(place);
        (parts, seen)
    }

    pub(crate) fn start_at(&self, place: Place, app: &str) -> (Handle, Arc<Seen>) {
        let (parts, seen) = self.parts(place);
        (Runtime::start(parts, self.settings(app)).unwrap(), seen)
    }

    pub(crate) fn start(&self, app: &str) -> (Handle, Arc<Seen>) {
        self.start_at(self.place(), app)
    }

    /// A start that makes no checkpoints of its own, so that the store stays as a test made it.
    pub(crate) fn start_idle(&self, app: &str) -> (Handle, Arc<Seen>) {
        self.start_idle_with(app, |_| {})
    }

    pub(crate) fn start_idle_with(&self, app: &str, tune: impl FnOnce(&mut RuntimeSettings)) -> (Handle, Arc<Seen>) {
        let (parts, seen) = self.parts(self.place());
        let mut settings = self.settings(app);
        settings.checkpoints.interval = Duration::from_secs(3_600);
        tune(&mut settings);
        (Runtime::start(parts, settings).unwrap(), seen)
    }

    pub(crate) fn reader(&self) -> Checkpoints {
        Checkpoints::open(self.place()).unwrap()
    }

    /// The checkpoints of a partition, the newest first.
    pub(crate) fn found(&self, partition: i32) -> Vec<Found> {
        let mut found = self.reader().list(&self.bench.topics.input).unwrap();
        found.retain(|checkpoint| checkpoint.partition == partition);
        found
    }

    /// Where the partitions that have records end.
    fn ends(&self) -> Vec<(i32, i64)> {
        let end = |partition| {
            let records = self.bench.committed(&self.bench.topics.input, partition);
            records.last().map(|last| (partition, last.offset + 1))
        };
        (0..self.bench.partitions).filter_map(end).collect()
    }

    /// Waits until every partition that has records has a checkpoint of all of them.
    pub(crate) fn wait_copied(&self) {
        for (partition, end) in self.ends() {
            eventually("a checkpoint of everything", || {
                self.found(partition).first().is_some_and(|newest| newest.name.next_offset() == end)
            });
        }
    }

    /// Folds so many more records and leaves a checkpoint of them.
    pub(crate) fn round(&self, app: &str, count: usize, seed: u64) -> Arc<Seen> {
        self.append(count, seed);
        self.run(app)
    }

    /// Folds what was appended and leaves a checkpoint of it.
    pub(crate) fn run(&self, app: &str) -> Arc<Seen> {
        let (handle, seen) = self.start(app);
        self.bench.wait_done(&[&handle]);
        for (partition, end) in self.ends() {
            eventually("a checkpoint of everything", || seen.is_copied(partition, end));
        }
        self.bench.check(&[&handle]);
        stop(handle);
        seen
    }

    pub(crate) fn lose_state(&self, app: &str) {
        for partition in 0..self.bench.partitions {
            self.lose_partition(app, partition);
        }
    }

    pub(crate) fn lose_partition(&self, app: &str, partition: i32) {
        let dir = folder(&self.bench.state_dir(app), &self.bench.input(partition));
        // A copy that was begun before the stop may still be writing.
        eventually("the state is gone", || std::fs::remove_dir_all(&dir).is_ok());
    }

    /// The folder of a partition in the store.
    pub(crate) fn folder(&self, partition: i32) -> PathBuf {
        let topic = self.dir.join(&*self.bench.topics.input);
        let log = std::fs::read_dir(topic).unwrap().next().unwrap().unwrap().path();
        log.join(format!("{partition:05}"))
    }

    /// Names of the objects of a partition.
    pub(crate) fn objects(&self, partition: i32) -> Vec<PathBuf> {
        paths(&self.folder(partition).join("files"))
    }

    pub(crate) fn manifest_path(&self, of: &Found) -> PathBuf {
        self.folder(of.partition).join("manifests").join(format!("{}.json", of.name))
    }

    /// Files with rows that the newest checkpoint of a partition has and the one before has not: tables, or a log of what
    /// was written while they were copied.
    pub(crate) fn own_data(&self, partition: i32) -> Vec<PathBuf> {
        let found = self.found(partition);
        let objects = |of: &Found| of.manifest.as_ref().unwrap().files.clone();
        let before: Vec<String> = objects(&found[1]).into_iter().map(|file| file.object).collect();
        objects(&found[0])
            .into_iter()
            .filter(|file| file.name.ends_with(".sst") || (file.name.ends_with(".log") && file.size > 0))
            .filter(|file| !before.contains(&file.object))
            .map(|file| self.folder(partition).join("files").join(file.object))
            .collect()
    }
}

pub(crate) fn paths(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}
