//! The service: what it is built from, how it starts, and how it stops.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ::catalogue::Shelf;
use axum::Router;
use domain::catalogue::Catalogue;
use domain::pseudonym::PseudonymKey;
use kit::clock::Clock;
use kit::readiness::{Condition, Readiness};
use kit::shutdown::Shutdown;
use schemas::topics::Topics;
use schemas::{Codec, EncodeError, ErrorKind};
use stream::log::{Log, LogError};
use tokio::sync::Semaphore;

use crate::acknowledged::Acknowledged;
use crate::check::Checker;
use crate::digest::DigestKey;
use crate::http;
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::records::Records;
use crate::sender::{Sender, Undelivered};
use crate::settings::{Settings, count};

/// Between two looks at what is still missing at the start.
const LOOK: Duration = Duration::from_millis(50);

/// What an intake is built from.
pub struct Components {
    pub log: Arc<dyn Log>,
    pub topics: Arc<Topics>,
    pub codec: Arc<Codec>,
    pub clock: Clock,
    pub shelf: Arc<Shelf>,
    /// Makes the pseudonyms of natural persons.
    pub key: Arc<PseudonymKey>,
    pub metrics: kit::metrics::Metrics,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

/// Why an intake did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log gives no producer")]
    Log(#[from] LogError),
    #[error("a thread cannot be started")]
    Thread(#[source] std::io::Error),
}

/// A running intake.
pub struct Intake {
    shared: Arc<Shared>,
    inbox: Option<Inbox>,
    preparing: JoinHandle<()>,
    shutdown: Shutdown,
}

/// What every handler and every reader of inboxes uses.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    shelf: Arc<Shelf>,
    pub(crate) checker: Checker,
    pub(crate) digest: DigestKey,
    pub(crate) records: Records,
    pub(crate) sender: Sender,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) metrics: Metrics,
    pub(crate) batches: Arc<Semaphore>,
}

impl Intake {
    /// Starts and returns at once: the condition `intake` is ready once a catalogue is in force and the log is there. Until then
    /// every event is answered 503 `catalogue.none`.
    pub fn start(components: Components, settings: Settings) -> Result<Self, Error> {
        let Components { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown } = components;
        let metrics = Metrics::new(&metrics);
        let shared = Arc::new(Shared {
            digest: DigestKey::derive(&key),
            checker: Checker { key, clock, event_bytes_max: settings.event_bytes_max.as_usize() },
            records: Records::new(Arc::clone(&topics), Arc::clone(&codec)),
            sender: Sender::new(Arc::clone(&log), metrics.clone(), settings.acknowledge_timeout.get())?,
            acknowledged: Acknowledged::new(topics.partitions()),
            batches: Arc::new(Semaphore::new(count(settings.batches_max))),
            settings,
            log,
            topics,
            codec,
            shelf,
            metrics,
        });
        let condition = readiness.condition("intake");
        let preparing = {
            let (shared, shutdown) = (Arc::clone(&shared), shutdown.clone());
            let thread = std::thread::Builder::new().name("intake-start".to_owned());
            thread.spawn(move || prepare(&shared, &condition, &shutdown)).map_err(Error::Thread)?
        };
        let inbox = shared.settings.inbox.enabled.then(|| Inbox::start(&shared, &shutdown));
        let inbox = inbox.transpose().map_err(Error::Thread)?;
        Ok(Self { shared, inbox, preparing, shutdown })
    }

    /// `POST /v1/events`. To be served behind credentials.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.shared))
    }

    /// Ends the reading of inboxes and waits for what is sent, at most until the shutdown's deadline. Triggers the shutdown.
    pub async fn stop(self) {
        self.shutdown.trigger();
        let Self { shared, inbox, preparing, shutdown } = self;
        let stopping = tokio::task::spawn_blocking(move || {
            if let Some(inbox) = inbox {
                inbox.join();
            }
            // A panic of the thread was reported where it happened.
            let _ = preparing.join();
            shared.sender.flush(shutdown.remaining());
        });
        let _ = stopping.await;
    }
}

impl Shared {
    /// The catalogue in force, once tokens can be given for what it judges.
    pub(crate) fn catalogue(&self) -> Option<Arc<Catalogue>> {
        let (_, catalogue) = self.shelf.active()?;
        self.acknowledged.is_identified().then_some(catalogue)
    }

    /// A record that could not be encoded.
    pub(crate) fn not_written(&self, error: &EncodeError) -> Undelivered {
        self.metrics.log_failures.inc();
        tracing::error!(%error, "a record could not be written");
        match error.kind {
            ErrorKind::Retry => Undelivered::Unavailable,
            ErrorKind::Malformed | ErrorKind::Unsupported => Undelivered::Refused,
        }
    }

    /// What is still missing before events can be taken.
    fn missing(&self) -> Option<String> {
        if self.shelf.active().is_none() {
            return Some("no catalogue is active; run standing catalogue activate".to_owned());
        }
        let events = self.topics.events();
        let described = match self.log.describe(events) {
            Ok(Some(described)) => described,
            Ok(None) => return Some(format!("the topic {events} does not exist; run standing topics apply")),
            Err(error) => return Some(format!("the log does not answer: {error}")),
        };
        let partitions = self.topics.partitions().get();
        if described.partitions != i32::from(partitions) {
            return Some(format!(
                "{events} has {} partitions and not {partitions}; correct the settings",
                described.partitions
            ));
        }
        if described.id.is_empty() {
            return Some(format!("{events} holds no activation yet; run standing catalogue activate"));
        }
        if let Err(error) = self.codec.prepare() {
            return Some(format!("the schemas are not registered: {error}"));
        }
        self.acknowledged.identify(described.id);
        None
    }
}

fn prepare(shared: &Shared, condition: &Condition, shutdown: &Shutdown) {
    loop {
        let Some(reason) = shared.missing() else {
            condition.ready();
            return;
        };
        condition.not_ready(reason);
        if shutdown.sleep(LOOK) {
            return;
        }
    }
}
