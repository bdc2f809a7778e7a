//! The idempotent producer as intake uses it: every record acknowledged by all replicas or reported as not delivered, in the
//! order sent per partition, and a full queue is the caller's to wait for.
//!
//! A record that is reported as not delivered may be in the log all the same. Sending it again is safe: the fold takes a
//! repeat for what it is.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use stream::log::{Delivery, DeliveryReport, Log, LogError, Outgoing, Producer};
use tokio::time::{Instant, sleep, timeout_at};

use crate::metrics::Metrics;

/// Between two attempts to send into a full queue that holds nothing of the caller's own.
const ROOM_PAUSE: Duration = Duration::from_millis(5);

/// Why a record is not known to be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// For now: send it again.
    Unavailable,
    /// For good: something has to change first.
    Refused,
}

pub(crate) struct Sender {
    log: Arc<dyn Log>,
    producer: RwLock<Arc<dyn Producer>>,
    metrics: Metrics,
    timeout: Duration,
}

/// What became of an attempt to queue a record.
pub(crate) enum Queued {
    Report(DeliveryReport),
    /// The queue has no room.
    Full,
    Failed(Undelivered),
}

impl Sender {
    pub(crate) fn new(log: Arc<dyn Log>, metrics: Metrics, timeout: Duration) -> Result<Self, LogError> {
        let producer = RwLock::new(log.producer()?);
        Ok(Self { log, producer, metrics, timeout })
    }

    /// How long a record waits for room, and for its acknowledgement.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn queue(&self, record: Outgoing) -> Queued {
        let producer = Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner));
        match producer.send(record) {
            Ok(report) => Queued::Report(report),
            Err(LogError::QueueFull { .. }) => Queued::Full,
            Err(error) => Queued::Failed(self.failed(&error)),
        }
    }

    /// Waits for a record's delivery report, at most until `deadline`.
    pub(crate) async fn acknowledged(
        &self,
        report: DeliveryReport,
        deadline: Instant,
    ) -> Result<Delivery, Undelivered> {
        match timeout_at(deadline, report).await {
            Ok(Ok(delivery)) => Ok(delivery),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => {
                let reason = "not acknowledged in time".to_owned();
                Err(self.failed(&LogError::Retry { what: "delivery", reason }))
            }
        }
    }

    /// Sends one record and waits until it is acknowledged.
    pub(crate) async fn deliver(&self, record: Outgoing) -> Result<Delivery, Undelivered> {
        let deadline = Instant::now() + self.timeout;
        loop {
            match self.queue(record.clone()) {
                Queued::Report(report) => return self.acknowledged(report, deadline).await,
                Queued::Failed(undelivered) => return Err(undelivered),
                Queued::Full => self.pause(deadline).await?,
            }
        }
    }

    /// Waits for others to make room; fails when the deadline has come.
    pub(crate) async fn pause(&self, deadline: Instant) -> Result<(), Undelivered> {
        if Instant::now() >= deadline {
            return Err(self.failed(&LogError::QueueFull { what: "send" }));
        }
        sleep(ROOM_PAUSE).await;
        Ok(())
    }

    /// Waits until everything queued is delivered or failed. Blocks.
    pub(crate) fn flush(&self, wait: Duration) {
        let producer = Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = producer.flush(wait) {
            tracing::warn!(%error, "stopping with records that are not delivered; nobody was told that they are");
        }
    }

    fn failed(&self, error: &LogError) -> Undelivered {
        self.metrics.log_failures.inc();
        tracing::warn!(%error, "a record was not delivered");
        match error {
            LogError::Refused { .. } => Undelivered::Refused,
            LogError::Retry { .. } | LogError::QueueFull { .. } | LogError::Abort { .. } => Undelivered::Unavailable,
            LogError::Fatal { .. } | LogError::Fenced { .. } => {
                self.renew();
                Undelivered::Unavailable
            }
        }
    }

    /// A producer that failed for good delivers nothing any more.
    fn renew(&self) {
        match self.log.producer() {
            Ok(producer) => *self.producer.write().unwrap_or_else(PoisonError::into_inner) = producer,
            Err(error) => tracing::error!(%error, "no new producer; the next failure tries again"),
        }
    }
}
