//! The service: its settings, what it is built from, how it starts and stops, and which domains there are.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use catalogue::Shelf;
use domain::ids::DomainId;
use domain::pseudonym::PseudonymKey;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::{Condition, Readiness};
use kit::settings::{ByteSize, HumanDuration, Problems, Validate};
use kit::shutdown::Shutdown;
use schemas::topics::Topics;
use schemas::{Codec, Kind};
use serde::{Deserialize, Serialize};
use stream::fold::Fold;
use stream::log::{Log, TopicPartition};
use stream::runtime::{Handle, Runtime, StartError};
use stream::settings::{LogStart, RuntimeComponents, RuntimeSettings};
use stream::status::Status;

use crate::corrections::{JoinFold, RelayFold};
use crate::fold::FlagsFold;
use crate::metrics::{CorrectionMetrics, FoldMetrics, RuntimeMetrics};
use crate::row::ROW_VERSION;

/// Between two looks at the runtime.
const LOOK: Duration = Duration::from_millis(250);
/// Between two looks at which topics there are, while one is missing, and otherwise.
const TOPICS_LOOK: Duration = Duration::from_secs(1);
const TOPICS_LOOK_SETTLED: Duration = Duration::from_secs(30);

/// Section `[flags]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name of this instance and of no other: the base of its transactional and static member ids.
    pub instance: String,
    /// Worker threads, each with a consumer and a producer.
    pub workers: u32,
    /// Where RocksDB keeps the state: one folder a partition.
    pub state_dir: PathBuf,
    /// Block cache and memtables of all partitions: half for the routing, half for the corrections, and 8 MiB for each at the least.
    pub memory: ByteSize,
    /// The longest time between two commits under load.
    pub commit_interval: HumanDuration,
    /// The shortest time from a commit to the next transaction.
    pub commit_pause: HumanDuration,
    /// Records routed between two commits at the most.
    pub commit_records_max: u32,
    /// Bytes of overlays and outputs between two commits at the most.
    pub commit_bytes_max: ByteSize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instance: "flags-0".to_owned(),
            workers: 1,
            state_dir: PathBuf::from("state/flags"),
            memory: ByteSize::from_mib(128),
            commit_interval: HumanDuration::from_millis(50),
            commit_pause: HumanDuration::from_millis(10),
            commit_records_max: 20_000,
            commit_bytes_max: ByteSize::from_mib(64),
        }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.check("instance", !self.instance.is_empty(), "is empty", "name this instance, as in flags-0");
        problems.check("workers", (1..=64).contains(&self.workers), "is not from 1 to 64", "take one a core");
        problems.require("state_dir", !self.state_dir.as_os_str().is_empty());
        let interval = self.commit_interval.get();
        let sound = !interval.is_zero() && interval <= Duration::from_secs(5);
        problems.check("commit_interval", sound, "is zero or above 5s", "take a time like 50ms");
        let pause = self.commit_pause.get() <= interval;
        problems.check("commit_pause", pause, "is above commit_interval", "take a time like 10ms");
        problems.check("commit_records_max", self.commit_records_max > 0, "is zero", "allow at least one record");
        problems.check("memory", self.memory >= ByteSize::from_mib(8), "is below 8MiB", "give the cache more memory");
        let bytes = self.commit_bytes_max >= ByteSize::from_mib(1);
        problems.check("commit_bytes_max", bytes, "is below 1MiB", "allow at least 1MiB");
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

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the runtime cannot be started")]
    Runtime(#[from] StartError),
}

/// The domains that marks are passed on to: those of the catalogue in force, as far as their topics exist. A flag goes where
/// its matters say; its partition waits for a topic that is missing.
pub(crate) struct Domains {
    shelf: Arc<Shelf>,
    with_topic: RwLock<BTreeSet<DomainId>>,
}

impl Domains {
    pub(crate) fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf, with_topic: RwLock::default() }
    }

    /// Of the catalogue of this digest; of the active one where it is not here yet.
    pub(crate) fn of(&self, digest: Option<&str>) -> Vec<DomainId> {
        let named = digest.and_then(|digest| self.shelf.get(digest));
        let catalogue = named.or_else(|| self.shelf.active().map(|(_, catalogue)| catalogue));
        let with_topic = self.with_topic.read().unwrap_or_else(PoisonError::into_inner);
        let domains = catalogue.iter().flat_map(|catalogue| catalogue.domains.keys());
        domains.filter(|domain| with_topic.contains(*domain)).cloned().collect()
    }

    /// Of the active catalogue, with a topic or without.
    fn known(&self) -> Vec<DomainId> {
        self.shelf.active().map(|(_, catalogue)| catalogue.domains.keys().cloned().collect()).unwrap_or_default()
    }

    /// These topics exist. Gives the domains of the active catalogue that have none, or `None` without a catalogue.
    pub(crate) fn look(&self, topics: &Topics, existing: &[Arc<str>]) -> Option<Vec<DomainId>> {
        let (_, catalogue) = self.shelf.active()?;
        let exists = |domain: &DomainId| existing.contains(&topics.domain_flags(domain));
        let (with, without): (BTreeSet<DomainId>, BTreeSet<DomainId>) =
            catalogue.domains.keys().cloned().partition(|domain| exists(domain));
        *self.with_topic.write().unwrap_or_else(PoisonError::into_inner) = with;
        Some(without.into_iter().collect())
    }
}

/// A running service.
pub struct Flags {
    runtime: Arc<Handle>,
    corrections: Arc<Handle>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Flags {
    /// Starts the workers and returns before their state is restored. Needs a tokio runtime for its watcher.
    pub fn start(components: Components, settings: &Settings) -> Result<Self, Error> {
        let Components { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown } = components;
        let domains = Arc::new(Domains::new(shelf));
        let fold_metrics = FoldMetrics::new(&metrics);
        let runtime_metrics = RuntimeMetrics::new(&metrics);
        let factory = {
            let (topics, codec, domains) = (Arc::clone(&topics), Arc::clone(&codec), Arc::clone(&domains));
            let routing_key = Arc::clone(&key);
            move |_: &TopicPartition| -> Box<dyn Fold> {
                let (topics, codec, domains) = (Arc::clone(&topics), Arc::clone(&codec), Arc::clone(&domains));
                Box::new(FlagsFold::new(topics, codec, Arc::clone(&routing_key), domains, fold_metrics.clone()))
            }
        };
        let routing_clock = clock.clone();
        let clock_ms = Arc::new(move || routing_clock.now_ms());
        let mut parts = RuntimeComponents::new(Arc::clone(&log), clock_ms, Arc::new(factory), ROW_VERSION.into());
        parts.observer = runtime_metrics.clone();
        let runtime = Arc::new(Runtime::start(parts, tuned(settings, &topics))?);
        let correction_metrics = CorrectionMetrics::new(&metrics);
        let correction_runtime_metrics = RuntimeMetrics::of_corrections(&metrics);
        let factory = {
            let (topics, codec) = (Arc::clone(&topics), Arc::clone(&codec));
            move |of: &TopicPartition| -> Box<dyn Fold> {
                let (topics, codec, metrics) = (Arc::clone(&topics), Arc::clone(&codec), correction_metrics.clone());
                if of.topic == *topics.decisions() {
                    Box::new(RelayFold::new(topics, codec, metrics))
                } else {
                    Box::new(JoinFold::new(topics, codec, Arc::clone(&key), metrics))
                }
            }
        };
        let clock_ms = Arc::new(move || clock.now_ms());
        let mut parts = RuntimeComponents::new(Arc::clone(&log), clock_ms, Arc::new(factory), ROW_VERSION.into());
        parts.observer = correction_runtime_metrics.clone();
        let corrections = Arc::new(Runtime::start(parts, tuned_corrections(settings, &topics))?);
        let watcher = Watcher {
            runtime: Arc::clone(&runtime),
            corrections: Arc::clone(&corrections),
            log,
            topics,
            codec,
            domains,
            metrics: runtime_metrics,
            correction_metrics: correction_runtime_metrics,
            state: readiness.condition("flags"),
            correction_state: readiness.condition("corrections"),
            registered: BTreeSet::new(),
            shutdown,
        };
        Ok(Self { runtime, corrections, watcher: tokio::spawn(watcher.run()) })
    }

    /// Nothing is asked of this service by HTTP.
    pub fn router(&self) -> Router {
        Router::new()
    }

    /// The runtime, for tests and for the playground's clock.
    pub fn runtime(&self) -> &Arc<Handle> {
        &self.runtime
    }

    /// The runtime of the corrections, for tests.
    pub fn corrections(&self) -> &Arc<Handle> {
        &self.corrections
    }

    /// Begins to leave the groups, of an instance that is not to come back. [`Flags::stop`] waits for it.
    pub fn begin_leaving(&self) {
        self.runtime.begin_leaving();
        self.corrections.begin_leaving();
    }

    /// Commits what is routed, waiting at most so long. What had not ended by then holds nothing that is lost. Blocks.
    pub fn stop(self, deadline: Duration) {
        self.watcher.abort();
        let until = Instant::now() + deadline;
        for runtime in [&self.runtime, &self.corrections] {
            let left = until.saturating_duration_since(Instant::now());
            if let Err(late) = runtime.stop(left) {
                tracing::warn!(%late, "stopping without them");
            }
        }
    }
}

fn tuned(settings: &Settings, topics: &Topics) -> RuntimeSettings {
    let app = format!("{}-{}", topics.prefix(), settings.instance);
    let group = format!("{}-flags", topics.prefix());
    with_settings(
        settings,
        RuntimeSettings::new(app, group, vec![Arc::clone(topics.flags())], settings.state_dir.clone()),
    )
}

fn tuned_corrections(settings: &Settings, topics: &Topics) -> RuntimeSettings {
    let app = format!("{}-{}-corrections", topics.prefix(), settings.instance);
    let group = format!("{}-corrections", topics.prefix());
    let inputs = vec![Arc::clone(topics.decisions()), Arc::clone(topics.reliance())];
    with_settings(settings, RuntimeSettings::new(app, group, inputs, settings.state_dir.join("corrections")))
}

fn with_settings(settings: &Settings, mut tuned: RuntimeSettings) -> RuntimeSettings {
    tuned.slots = usize::try_from(settings.workers).unwrap_or(usize::MAX);
    tuned.memory_bytes = (settings.memory.as_usize() / 2).max(ByteSize::from_mib(8).as_usize());
    tuned.commit_every(settings.commit_interval.get());
    tuned.commit_pause = settings.commit_pause.get();
    tuned.commit_records_max = usize::try_from(settings.commit_records_max).unwrap_or(usize::MAX);
    tuned.commit_bytes_max = settings.commit_bytes_max.as_usize();
    // The flags are compacted: what is gone was replaced. Decisions are kept for five years, and so is what rests on them.
    tuned.log_start = LogStart::Moves;
    tuned
}

/// Keeps readiness, gauges and the list of topics up to date.
struct Watcher {
    runtime: Arc<Handle>,
    corrections: Arc<Handle>,
    log: Arc<dyn Log>,
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    domains: Arc<Domains>,
    metrics: Arc<RuntimeMetrics>,
    correction_metrics: Arc<RuntimeMetrics>,
    state: Condition,
    correction_state: Condition,
    /// Domains whose topics have our schema under their name in the registry.
    registered: BTreeSet<DomainId>,
    shutdown: Shutdown,
}

impl Watcher {
    async fn run(mut self) {
        let condition = self.state.clone();
        let mut next_look = Instant::now();
        let mut missing = Some("the topics of the domains are not known yet".to_owned());
        let mut tick = tokio::time::interval(LOOK);
        while !self.shutdown.is_triggered() {
            tick.tick().await;
            if Instant::now() >= next_look {
                let looked = tokio::task::spawn_blocking(move || {
                    let missing = self.look_at_topics();
                    (self, missing)
                });
                let Ok((watcher, found)) = looked.await else { return };
                self = watcher;
                missing = found;
                next_look = Instant::now() + if missing.is_none() { TOPICS_LOOK_SETTLED } else { TOPICS_LOOK };
            }
            let status = self.runtime.status();
            self.metrics.look(&status);
            say(&condition, &status, missing.as_ref());
            let status = self.corrections.status();
            self.correction_metrics.look(&status);
            say(&self.correction_state, &status, missing.as_ref());
        }
    }

    /// What is missing. Blocks.
    fn look_at_topics(&mut self) -> Option<String> {
        let existing = match self.log.topics() {
            Ok(existing) => existing,
            Err(error) => return Some(format!("the topics cannot be listed: {error}")),
        };
        let Some(without) = self.domains.look(&self.topics, &existing) else {
            return Some("no catalogue is active; activate one".to_owned());
        };
        for domain in self.domains.of(None) {
            if self.registered.contains(&domain) {
                continue;
            }
            let registered = self
                .codec
                .register(Kind::Flag, &self.topics.domain_flags(&domain))
                .and_then(|()| self.codec.register(Kind::Correction, &self.topics.domain_corrections(&domain)));
            match registered {
                Ok(()) => {
                    self.registered.insert(domain);
                }
                Err(error) => tracing::warn!(%domain, %error, "the schema of a domain's topic is not registered"),
            }
        }
        let flags = without.iter().map(|domain| self.topics.domain_flags(domain));
        let corrections = self.domains.known().into_iter().map(|domain| self.topics.domain_corrections(&domain));
        let missing: Vec<String> =
            flags.chain(corrections.filter(|topic| !existing.contains(topic))).map(|topic| topic.to_string()).collect();
        let topics = missing.join(", ");
        (!missing.is_empty()).then(|| format!("no topic {topics}: run `standing topics apply`"))
    }
}

fn say(condition: &Condition, status: &Status, missing: Option<&String>) {
    match (status.problems().as_slice(), missing) {
        ([], Some(missing)) => condition.not_ready(missing.clone()),
        ([], None) if status.partitions.is_empty() => condition.not_ready("owns no partition yet"),
        ([], None) => condition.ready(),
        (problems, _) => condition.not_ready(problems.join("; ")),
    }
}
