//! The service: its settings, what it is built from, and how it starts and stops.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use catalogue::Shelf;
use domain::pseudonym::PseudonymKey;
use domain::time::Instant;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::settings::{ByteSize, HumanDuration, Problems, Validate};
use kit::shutdown::Shutdown;
use schemas::Codec;
use schemas::topics::Topics;
use serde::{Deserialize, Serialize};
use stream::checkpoint::{CheckpointError, CheckpointSettings, Place};
use stream::fold::Fold;
use stream::log::{Delivery, Log, LogError, Producer};
use stream::runtime::{Handle, Runtime, StartError};
use stream::settings::{RuntimeComponents, RuntimeSettings};

use crate::cases;
use crate::codec::ROW_VERSION;
use crate::fold::ProfileFold;
use crate::lookup::lookup;
use crate::marks::last_mark;
use crate::metrics::{FoldMetrics, RuntimeMetrics};
use crate::peers::{self, Peers, host_and_port};

/// Section `[profile]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name of this instance and of no other: the base of its transactional and static member ids.
    pub instance: String,
    /// Worker threads, each with a consumer and a producer.
    pub workers: u32,
    /// Where RocksDB keeps the state: one folder a partition.
    pub state_dir: PathBuf,
    /// Block cache and memtables of all partitions.
    pub memory: ByteSize,
    /// The longest time between two commits under load.
    pub commit_interval: HumanDuration,
    /// The shortest time from a commit to the next transaction.
    pub commit_pause: HumanDuration,
    /// Records folded between two commits at the most.
    pub commit_records_max: u32,
    /// Bytes of overlays and outputs between two commits at the most.
    pub commit_bytes_max: ByteSize,
    /// The other instances, as in `http://profile:8080`; a name may stand for several. A lookup that reaches an instance which
    /// does not own its subject is passed on to the one that does.
    pub peers: Vec<String>,
    /// Where the state is copied to, `file:///folder` or `s3://bucket/prefix`; without it a lost state is folded from the
    /// log's start.
    pub checkpoint_store: String,
    /// The time between two checkpoints of a partition ...
    pub checkpoint_interval: HumanDuration,
    /// ... or so many records, whichever is over first.
    pub checkpoint_records_max: u32,
    /// How many checkpoints of each partition are kept.
    pub checkpoints_kept: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let checkpoints = CheckpointSettings::default();
        Self {
            instance: "profile-0".to_owned(),
            workers: 2,
            state_dir: PathBuf::from("state"),
            memory: ByteSize::from_mib(768),
            commit_interval: HumanDuration::from_millis(50),
            commit_pause: HumanDuration::from_millis(10),
            commit_records_max: 20_000,
            commit_bytes_max: ByteSize::from_mib(64),
            peers: Vec::new(),
            checkpoint_store: String::new(),
            checkpoint_interval: HumanDuration::from_secs(checkpoints.interval.as_secs()),
            checkpoint_records_max: u32::try_from(checkpoints.records_max).unwrap_or(u32::MAX),
            checkpoints_kept: u32::try_from(checkpoints.keep).unwrap_or(u32::MAX),
        }
    }
}

impl Settings {
    /// The checkpoint store, if one is set.
    pub fn checkpoint_place(&self) -> Result<Option<Place>, CheckpointError> {
        let address = self.checkpoint_store.as_str();
        if address.is_empty() { Ok(None) } else { Place::open(address).map(Some) }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.check("instance", !self.instance.is_empty(), "is empty", "name this instance, as in profile-0");
        problems.check("workers", (1..=64).contains(&self.workers), "is not from 1 to 64", "take one a core");
        let interval = self.commit_interval.get();
        let sound = !interval.is_zero() && interval <= Duration::from_secs(5);
        problems.check("commit_interval", sound, "is zero or above 5s", "take a time like 50ms");
        let pause = self.commit_pause.get() <= interval;
        problems.check("commit_pause", pause, "is above commit_interval", "take a time like 10ms");
        problems.check("commit_records_max", self.commit_records_max > 0, "is zero", "allow at least one record");
        problems.check("memory", self.memory >= ByteSize::from_mib(8), "is below 8MiB", "give the cache more memory");
        let bytes = self.commit_bytes_max >= ByteSize::from_mib(1);
        problems.check("commit_bytes_max", bytes, "is below 1MiB", "allow at least 1MiB");
        let sound = self.peers.iter().all(|address| host_and_port(address).is_ok());
        problems.check("peers", sound, "holds what is no address", "write them like http://profile:8080");
        let store = &self.checkpoint_store;
        let address = store.is_empty() || store.starts_with("file:///") || store.starts_with("s3://");
        let remedy = "give file:///an/absolute/folder or s3://bucket/prefix, or nothing";
        problems.check("checkpoint_store", address, "is neither a folder nor a bucket", remedy);
        let interval = self.checkpoint_interval.get() >= Duration::from_secs(1);
        problems.check("checkpoint_interval", interval, "is below 1s", "take a time like 2m");
        let records = self.checkpoint_records_max >= 1_000;
        problems.check(
            "checkpoint_records_max",
            records,
            "is below 1000",
            "take about a minute's records at full speed",
        );
        problems.check("checkpoints_kept", self.checkpoints_kept > 0, "is zero", "keep at least one, better three");
    }
}

/// What the service is built from.
pub struct Components {
    pub log: Arc<dyn Log>,
    pub topics: Arc<Topics>,
    pub codec: Arc<Codec>,
    pub clock: Clock,
    pub shelf: Arc<Shelf>,
    pub key: Arc<PseudonymKey>,
    pub metrics: Metrics,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log cannot be used")]
    Log(#[from] LogError),
    #[error("the runtime cannot be started")]
    Runtime(#[from] StartError),
    #[error("the other instances cannot be asked")]
    Peers(#[from] peers::Error),
    #[error("profile.checkpoint_store cannot be used")]
    Checkpoints(#[from] CheckpointError),
}

/// What lookups share.
pub(crate) struct Shared {
    pub(crate) runtime: Arc<Handle>,
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) key: Arc<PseudonymKey>,
    pub(crate) peers: Peers,
    clock: Clock,
    /// Per partition of the decisions, an offset that everything to come lies behind.
    decided: Vec<AtomicI64>,
}

impl Shared {
    /// An id in the gate's form, so that the gate finds what was logged here: partition, where to look from, 128 random bits.
    pub(crate) fn decision_id(&self, partition: i32) -> String {
        let slot = usize::try_from(partition).ok().and_then(|number| self.decided.get(number));
        let from = slot.map_or(0, |offset| offset.load(Ordering::Relaxed));
        format!("{partition}-{from}-{}", uuid::Uuid::new_v4().simple())
    }

    /// A decision was logged here.
    pub(crate) fn decided(&self, at: Delivery) {
        if let Some(slot) = usize::try_from(at.partition).ok().and_then(|number| self.decided.get(number)) {
            slot.fetch_max(at.offset + 1, Ordering::Relaxed);
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_ms(self.clock.now_ms())
    }
}

/// A running profile service.
pub struct Profile {
    shared: Arc<Shared>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Profile {
    /// Starts the workers. Needs a tokio runtime for its watcher; returns before the partitions are restored.
    pub fn start(components: Components, settings: &Settings) -> Result<Self, Error> {
        let Components { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown } = components;
        let fold_metrics = FoldMetrics::new(&metrics);
        let runtime_metrics = RuntimeMetrics::new(&metrics);
        let factory = {
            let (topics, codec, shelf) = (Arc::clone(&topics), Arc::clone(&codec), Arc::clone(&shelf));
            move |of: &stream::log::TopicPartition| -> Box<dyn Fold> {
                let (topics, codec, shelf) = (Arc::clone(&topics), Arc::clone(&codec), Arc::clone(&shelf));
                Box::new(ProfileFold::new(topics, codec, shelf, fold_metrics.clone(), of.partition))
            }
        };
        let worker_clock = clock.clone();
        let clock_ms = Arc::new(move || worker_clock.now_ms());
        let mut parts = RuntimeComponents::new(Arc::clone(&log), clock_ms, Arc::new(factory), ROW_VERSION.into());
        parts.observer = runtime_metrics.clone();
        parts.committed_fallback = Some({
            let (log, topics, codec) = (Arc::clone(&log), Arc::clone(&topics), Arc::clone(&codec));
            Arc::new(move |of| last_mark(log.as_ref(), &topics, &codec, of.partition))
        });
        parts.checkpoints = settings.checkpoint_place()?;
        let group = format!("{}-profile", topics.prefix());
        let app = format!("{}-{}", topics.prefix(), settings.instance);
        let mut tuned = RuntimeSettings::new(app, group, vec![Arc::clone(topics.events())], settings.state_dir.clone());
        tuned.slots = settings.workers as usize;
        tuned.memory_bytes = settings.memory.as_usize();
        tuned.commit_every(settings.commit_interval.get());
        tuned.commit_pause = settings.commit_pause.get();
        tuned.commit_records_max = settings.commit_records_max as usize;
        tuned.commit_bytes_max = settings.commit_bytes_max.as_usize();
        tuned.checkpoints = CheckpointSettings {
            interval: settings.checkpoint_interval.get(),
            records_max: u64::from(settings.checkpoint_records_max),
            keep: settings.checkpoints_kept as usize,
        };
        let producer = log.producer()?;
        let peers = Peers::new(&settings.peers)?;
        let runtime = Arc::new(Runtime::start(parts, tuned)?);
        let watcher = tokio::spawn(watch(
            Arc::clone(&runtime),
            Arc::clone(topics.events()),
            runtime_metrics,
            readiness,
            shutdown,
        ));
        let decided = (0..topics.partitions().get()).map(|_| AtomicI64::new(0)).collect();
        let shared = Arc::new(Shared { runtime, producer, topics, codec, shelf, key, peers, clock, decided });
        Ok(Self { shared, watcher })
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/subjects/lookup", post(lookup))
            .route("/v1/cases", post(cases::list))
            .with_state(Arc::clone(&self.shared))
    }

    /// The runtime, for tests and for the playground's clock.
    pub fn runtime(&self) -> &Arc<Handle> {
        &self.shared.runtime
    }

    /// Begins to leave the group, of an instance that is not to come back. [`Profile::stop`] waits for it.
    pub fn begin_leaving(&self) {
        self.shared.runtime.begin_leaving();
    }

    /// Commits what is folded. What had not ended by the deadline holds
    /// nothing that is lost.
    pub fn stop(self, deadline: Duration) {
        self.watcher.abort();
        if let Err(late) = self.shared.runtime.stop(deadline) {
            tracing::warn!(%late, "stopping without them");
        }
    }
}

/// Four times a second: readiness and gauges; every second how many cases are open.
async fn watch(
    runtime: Arc<Handle>,
    events: Arc<str>,
    metrics: Arc<RuntimeMetrics>,
    readiness: Readiness,
    shutdown: Shutdown,
) {
    let condition = readiness.condition("profile");
    let mut turn: u32 = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    while !shutdown.is_triggered() {
        tick.tick().await;
        let status = runtime.status();
        match status.problems().as_slice() {
            [] if status.partitions.is_empty() => condition.not_ready("owns no partition yet"),
            [] => condition.ready(),
            problems => condition.not_ready(problems.join("; ")),
        }
        metrics.look(&status, runtime.memory_bytes());
        if turn.is_multiple_of(4) {
            let partitions: Vec<i32> = status.partitions.iter().map(|p| p.of.partition).collect();
            let (runtime, events) = (Arc::clone(&runtime), Arc::clone(&events));
            let counted = tokio::task::spawn_blocking(move || cases::counts(&runtime, &events, &partitions)).await;
            if let Ok(counts) = counted {
                metrics.cases(&counts);
            }
        }
        turn = turn.wrapping_add(1);
    }
}
