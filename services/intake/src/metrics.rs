//! What intake counts. Sources, types and items are label values only where the catalogue knows them; a reason is a code.

use kit::metrics::{ANSWER_SECONDS, Histogram, IntCounter, IntCounterVec, IntGaugeVec};

use crate::check::Named;

#[derive(Clone)]
pub(crate) struct Metrics {
    received: IntCounterVec,
    rejected: IntCounterVec,
    last_event: IntGaugeVec,
    pub(crate) check_seconds: Histogram,
    pub(crate) delivery_seconds: Histogram,
    pub(crate) log_failures: IntCounter,
    pub(crate) inbox_restarts: IntCounter,
    pub(crate) inbox_lag: IntGaugeVec,
}

/// A source or type that is not known, or was not readable.
const UNKNOWN: &str = "unknown";

impl Metrics {
    pub(crate) fn new(metrics: &kit::metrics::Metrics) -> Self {
        Self {
            received: metrics.counters(
                "standing_events_received_total",
                "Events that intake was sent, refused ones and repeats included, by department and type.",
                &["source", "op"],
            ),
            rejected: metrics.counters(
                "standing_events_rejected_total",
                "Events that intake did not take, by department and code.",
                &["source", "reason"],
            ),
            last_event: metrics.gauges(
                "standing_source_last_event_timestamp_seconds",
                "When a department's last event was acknowledged, by intake's clock.",
                &["source"],
            ),
            check_seconds: metrics.histogram(
                "standing_intake_check_seconds",
                "Reading and judging one event.",
                &ANSWER_SECONDS,
            ),
            delivery_seconds: metrics.histogram(
                "standing_intake_delivery_seconds",
                "From sending a single event to its acknowledgement, or a batch's wait for its oldest one.",
                &ANSWER_SECONDS,
            ),
            log_failures: metrics.counter(
                "standing_intake_log_failures_total",
                "Records that the log did not acknowledge; whoever sent them was told.",
            ),
            inbox_restarts: metrics
                .counter("standing_inbox_restarts_total", "Times the reading of inboxes began anew after a failure."),
            inbox_lag: metrics.gauges(
                "standing_inbox_lag_records",
                "Records of an inbox not taken yet, transaction markers included.",
                &["topic", "partition"],
            ),
        }
    }

    pub(crate) fn received(&self, named: &Named) {
        let op = named.event_type.map_or(UNKNOWN, domain::event::EventType::as_str);
        self.received.with_label_values(&[source(named), op]).inc();
    }

    pub(crate) fn rejected(&self, named: &Named, code: &str) {
        self.rejected.with_label_values(&[source(named), code]).inc();
    }

    pub(crate) fn accepted(&self, named: &Named, now_ms: i64) {
        self.last_event.with_label_values(&[source(named)]).set(now_ms / 1_000);
    }
}

fn source(named: &Named) -> &str {
    named.source.as_ref().map_or(UNKNOWN, domain::ids::DepartmentId::as_str)
}
