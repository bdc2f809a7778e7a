//! The gate put together: the view and its follower, the decision log and its thread, readiness, routes.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::catalogue::Shelf;
use axum::Router;
use axum::routing::{get, post};
use domain::ids::MatterId;
use domain::pseudonym::PseudonymKey;
use domain::subject::{SubjectKey, partition_of};
use domain::time::Instant;
use domain::verdict::Decision;
use kit::clock::Clock;
use kit::problem::Problem;
use kit::readiness::{Condition, Readiness};
use kit::serve::limit_body;
use kit::settings::ByteSize;
use kit::shutdown::Shutdown;
use schemas::Codec;
use schemas::token::Token;
use schemas::topics::Topics;
use stream::follow::Follower;
use stream::log::{Isolation, Log, LogError, TopicDescription, TopicPartition};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::decisions::{DecisionLog, Parts, Sender, Spool, SpoolError};
use crate::metrics::Metrics;
use crate::question::{About, Judge};
use crate::settings::Settings;
use crate::view::{Feed, Mark, View};
use crate::{check, lookup, pseudonyms, refusal, watch};

/// One question: a token of 48 partitions has some 600 characters.
const CHECK_BODY: ByteSize = ByteSize::from_kib(64);
/// A thousand questions with their tokens.
const BATCH_BODY: ByteSize = ByteSize::from_mib(4);
/// Between two looks at how old the view is.
const LOOK: Duration = Duration::from_millis(250);
/// Between two looks whether the view is loaded.
const LOAD_LOOK: Duration = Duration::from_millis(10);
/// Searches of the decision log at once: each reads a partition with a client of its own.
const SEARCHES_MAX: usize = 4;

/// What a gate is built from.
pub struct Components {
    pub log: Arc<dyn Log>,
    pub topics: Arc<Topics>,
    pub codec: Arc<Codec>,
    pub clock: Clock,
    pub shelf: Arc<Shelf>,
    pub key: Arc<PseudonymKey>,
    pub metrics: kit::metrics::Metrics,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

/// Why a gate did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Create the topics first.
    #[error("the topic {topic} does not exist; run `standing topics apply`")]
    TopicMissing { topic: Arc<str> },
    #[error("the log cannot be used")]
    Log(#[from] LogError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("a thread cannot be started")]
    Thread(#[source] std::io::Error),
}

/// A running gate.
pub struct Gate {
    shared: Arc<Shared>,
    sender: Sender,
    looking: JoinHandle<()>,
}

/// What every handler uses.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) clock: Clock,
    shelf: Arc<Shelf>,
    pub(crate) key: Arc<PseudonymKey>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
    pub(crate) view: Arc<View>,
    pub(crate) decisions: DecisionLog,
    pub(crate) watchers: Arc<Semaphore>,
    pub(crate) searches: Semaphore,
    /// Id of the events topic, in every token of its log; known once its first activation is committed, which may be after the
    /// gate's start.
    topic_id: OnceLock<String>,
}

impl Gate {
    /// Starts to follow the flags and returns at once; readiness says when the view is in. Must be called within a tokio
    /// runtime.
    pub fn start(components: Components, settings: Settings) -> Result<Self, Error> {
        let Components { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown } = components;
        let conditions =
            Conditions { view: readiness.condition("gate.view"), catalogue: readiness.condition("gate.catalogue") };
        let metrics = Metrics::new(&metrics);
        let events = log.describe(topics.events())?;
        let events = events.ok_or_else(|| Error::TopicMissing { topic: Arc::clone(topics.events()) })?;

        let ack_timeout = settings.ack_timeout.get();
        let parts = Parts::new(log.as_ref(), Arc::clone(&topics), Arc::clone(&codec), ack_timeout, metrics.clone())?;
        let parts = Arc::new(parts);
        let spool = Spool::open(&settings.spool_dir, settings.spool_max.as_u64())?;
        let (queue, queued) = sync_channel(size(settings.queue_max));
        let sender = Sender::start(Arc::clone(&parts), queued, spool).map_err(Error::Thread)?;

        let view = Arc::new(View::new(topics.partitions(), size(settings.watch_buffer)));
        let mut feed = Feed::new(Arc::clone(&view), Arc::clone(&codec), metrics.clone(), shutdown.clone());
        let partitions = 0..i32::from(topics.partitions().get());
        let partitions = partitions.map(|number| TopicPartition::new(Arc::clone(topics.flags()), number)).collect();
        let take = move |record| feed.take(&record);
        let follower = Follower::start("gate-flags", Arc::clone(&log), partitions, Isolation::ReadCommitted, take)?;

        let shared = Arc::new(Shared {
            decisions: DecisionLog::new(parts, queue, size(settings.decisions_recent_max)),
            watchers: Arc::new(Semaphore::new(size(settings.watchers_max))),
            searches: Semaphore::new(SEARCHES_MAX),
            settings,
            log,
            topics,
            codec,
            clock,
            shelf,
            key,
            metrics,
            shutdown,
            view,
            topic_id: OnceLock::new(),
        });
        let unidentified = shared.identify(events).err();
        let looking = tokio::spawn(look(Arc::clone(&shared), follower, conditions, unidentified));
        Ok(Self { shared, sender, looking })
    }

    /// The routes of the API. They take a [`kit::credentials::Principal`], which the server puts into every request.
    pub fn router(&self) -> Router {
        let check = Router::new()
            .route("/v1/check", post(check::check))
            .route("/v1/decisions/{id}", get(lookup::decision))
            .route("/v1/watch", get(watch::watch));
        let batch = Router::new()
            .route("/v1/check/batch", post(check::batch))
            .route("/v1/pseudonyms", post(pseudonyms::pseudonyms));
        limit_body(check, CHECK_BODY).merge(limit_body(batch, BATCH_BODY)).with_state(Arc::clone(&self.shared))
    }

    /// Whether the view covers these offsets of the events topic (one a partition: the offset after the last record to be
    /// covered). For the playground's clock.
    pub fn has_seen(&self, events: &[i64]) -> bool {
        let marks = self.shared.view.marks();
        let covers = |goal: &i64, mark: &Option<Mark>| mark.as_ref().is_some_and(|mark| mark.events_next >= *goal);
        marks.len() == events.len() && events.iter().zip(&marks).all(|(goal, mark)| covers(goal, mark))
    }

    /// What the view says of a subject in a matter at this moment: nobody asked who may ask, and it is on no record, so it is no
    /// answer to anybody. For measurements.
    pub fn verdict(&self, subject: &SubjectKey, matter: &MatterId) -> Decision {
        let partition = partition_of(subject, self.shared.topics.partitions());
        let now = Instant::from_ms(self.shared.clock.now_ms());
        check::answer(&self.shared, About { subject, partition, matter }, now, true).0.decision
    }

    /// Stops once what was answered is on record or in the spool. Trigger the shutdown token first.
    pub async fn stop(self) {
        self.shared.shutdown.trigger();
        // A panic of the task was reported where it happened.
        let _ = self.looking.await;
        let _ = tokio::task::spawn_blocking(move || self.sender.stop()).await;
    }
}

fn size(setting: u32) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}

impl Shared {
    /// Judges what was asked under the catalogue in force.
    pub(crate) fn judge<T>(
        &self,
        principal: &kit::credentials::Principal,
        judge: impl FnOnce(&Judge<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        // Without an id of the log no activation of it can be read: nothing is in force that could be told.
        let topic_id = self.topic_id.get().ok_or_else(refusal::no_catalogue)?;
        let (_, catalogue) = self.shelf.active().ok_or_else(refusal::no_catalogue)?;
        judge(&Judge {
            principal,
            catalogue: &catalogue,
            key: &self.key,
            now: Instant::from_ms(self.clock.now_ms()),
            topic_id,
            partitions: self.topics.partitions(),
            deadline_default: self.settings.deadline_default.get(),
        })
    }

    /// The token of what the view has seen. Call it for what was judged: the log is identified then.
    pub(crate) fn as_of(&self) -> String {
        let topic_id = self.topic_id.get().cloned().unwrap_or_default();
        Token { topic_id, offsets: self.view.seen() }.encode()
    }

    /// Takes the id of the log, or says why there is none.
    fn identify(&self, events: TopicDescription) -> Result<(), String> {
        if events.id.is_empty() {
            return Err(format!(
                "the first activation in {} cannot be read yet; if this lasts, look for a transaction that hangs",
                events.name
            ));
        }
        // The first is right: a topic keeps its id.
        let _ = self.topic_id.set(events.id);
        Ok(())
    }

    /// Asks the log for its id; may stand still.
    fn ask_id(&self) -> Result<(), String> {
        let topic = self.topics.events();
        match self.log.describe(topic) {
            Ok(Some(events)) => self.identify(events),
            Ok(None) => Err(format!("the topic {topic} does not exist; run standing topics apply")),
            Err(error) => Err(format!("the log does not answer: {error}")),
        }
    }

    /// See [`Mark::age_ms`].
    pub(crate) fn age_ms(&self, mark: &Mark, now: Instant) -> Option<i64> {
        mark.age_ms(now, self.settings.staleness_max.as_millis())
    }

    /// How old the partition is that is furthest behind, or what keeps the age from being known.
    pub(crate) fn oldest_ms(&self) -> Result<(usize, i64), String> {
        if !self.view.is_loaded() {
            return Err("the flags are being read".to_owned());
        }
        let now = Instant::from_ms(self.clock.now_ms());
        let mut oldest = (0, 0);
        for (partition, mark) in self.view.marks().iter().enumerate() {
            let mark = mark.as_ref().ok_or_else(|| {
                format!("partition {partition} of the flags has no mark yet; is a profile service running?")
            })?;
            let staleness = self.age_ms(mark, now).ok_or_else(|| {
                format!(
                    "partition {partition} of the flags speaks of a time far ahead of this machine's clock; set the clocks of both \
                     machines"
                )
            })?;
            if staleness >= oldest.1 {
                oldest = (partition, staleness);
            }
        }
        Ok(oldest)
    }
}

struct Conditions {
    view: Condition,
    catalogue: Condition,
}

/// Owns the follower, and keeps readiness and gauges up to date until the process stops. `unidentified`: why the log has no id yet.
async fn look(shared: Arc<Shared>, follower: Follower, conditions: Conditions, mut unidentified: Option<String>) {
    loop {
        if !shared.view.is_loaded() && follower.is_caught_up() {
            shared.view.set_loaded();
        }
        // Before an activation there is none to be learned.
        if unidentified.is_some() && shared.shelf.active().is_some() {
            let asking = Arc::clone(&shared);
            let asked = tokio::task::spawn_blocking(move || asking.ask_id());
            unidentified = tokio::select! {
                () = shared.shutdown.triggered() => break,
                asked = asked => asked.unwrap_or_else(|error| Err(error.to_string())).err(),
            };
        }
        shared.look(&conditions, unidentified.as_deref());
        let pause = if shared.view.is_loaded() || unidentified.is_some() { LOOK } else { LOAD_LOOK };
        tokio::select! {
            () = shared.shutdown.triggered() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    // Ends its thread, which may be in the middle of a poll.
    let _ = tokio::task::spawn_blocking(move || drop(follower)).await;
}

impl Shared {
    fn look(&self, conditions: &Conditions, unidentified: Option<&str>) {
        match self.oldest_ms() {
            Ok((partition, staleness_ms)) => {
                self.metrics.oldest.set(Duration::from_millis(staleness_ms.unsigned_abs()).as_secs_f64());
                let most = i64::try_from(self.settings.staleness_max.as_millis()).unwrap_or(i64::MAX);
                if staleness_ms > most {
                    conditions.view.not_ready(format!(
                        "partition {partition} of the flags is {} s old, at most {} s are answered from",
                        staleness_ms / 1_000,
                        most / 1_000
                    ));
                } else {
                    conditions.view.ready();
                }
            }
            Err(reason) => {
                self.metrics.oldest.set(-1.0);
                conditions.view.not_ready(reason);
            }
        }
        match (self.shelf.active(), unidentified) {
            (None, _) => conditions.catalogue.not_ready("no catalogue is active; activate one"),
            (Some(_), Some(reason)) => conditions.catalogue.not_ready(reason.to_owned()),
            (Some(_), None) => conditions.catalogue.ready(),
        }
    }
}
