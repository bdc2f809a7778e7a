//! The plain producer: idempotent, each record with its delivery report, its queue bounded.

use std::time::{Duration, Instant};

use futures::channel::oneshot;
use rdkafka::ClientContext;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::errors::classify;
use super::record::headers_given;
use super::settings::KafkaSettings;
use super::trace;
use crate::log::{Delivery, DeliveryReport, LogError, Outgoing, Producer};

type Reporter = oneshot::Sender<Result<Delivery, LogError>>;

pub(super) struct KafkaProducer {
    producer: ThreadedProducer<Reports>,
}

impl KafkaProducer {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Self, LogError> {
        let producer = ThreadedProducer::from_config_and_context(&settings.producer(), Reports)
            .map_err(|error| classify("producer", &error))?;
        Ok(Self { producer })
    }
}

impl Producer for KafkaProducer {
    fn send(&self, record: Outgoing) -> Result<DeliveryReport, LogError> {
        let (reporter, report) = oneshot::channel();
        let base = BaseRecord {
            topic: &record.topic,
            partition: Some(record.partition),
            payload: record.value.as_deref(),
            key: record.key.as_deref(),
            timestamp: record.timestamp_ms,
            headers: headers_given(&record),
            delivery_opaque: Box::new(reporter),
        };
        self.producer.send(base).map_err(|(error, _)| classify("send", &error))?;
        Ok(Box::pin(async move {
            report.await.unwrap_or_else(|_| {
                let reason = "the producer was closed before the record was delivered".into();
                Err(LogError::Retry { what: "delivery", reason })
            })
        }))
    }

    fn flush(&self, wait: Duration) -> Result<(), LogError> {
        // rdkafka's own flush waits in steps of 100 ms.
        const STEP: Duration = Duration::from_micros(200);
        let deadline = Instant::now() + wait;
        while self.producer.in_flight_count() > 0 {
            if Instant::now() >= deadline {
                let reason = format!("{} records are not delivered yet", self.producer.in_flight_count());
                return Err(LogError::Retry { what: "flush", reason });
            }
            std::thread::sleep(STEP);
        }
        Ok(())
    }
}

/// Hands each delivery report to whoever waits for it.
struct Reports;

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        trace::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        trace::error("producer", &error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Reporter>;

    fn delivery(&self, result: &DeliveryResult<'_>, reporter: Box<Reporter>) {
        let outcome = match result {
            Ok(message) if message.offset() >= 0 => {
                Ok(Delivery { partition: message.partition(), offset: message.offset() })
            }
            // The broker had it already and has forgotten where.
            Ok(_) => {
                let reason = "the record is in the log, but the broker did not say at which offset".into();
                Err(LogError::Retry { what: "delivery", reason })
            }
            Err((error, _)) => Err(classify("delivery", error)),
        };
        // Whoever dropped the report does not want to know.
        let _ = reporter.send(outcome);
    }
}

/// The context of clients that only ask.
pub(super) type Inquirer = DefaultClientContext;
