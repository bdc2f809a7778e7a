//! The gate's metrics, each with its help and labels. Label values are names of enums and ids of the catalogue.

use domain::verdict::Decision;
use kit::metrics::{ANSWER_SECONDS, Gauge, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, PATH_SECONDS};

use crate::view::Common;

#[derive(Clone)]
pub(crate) struct Metrics {
    checks: IntCounterVec,
    pub(crate) seconds: Histogram,
    pub(crate) staleness: Histogram,
    pub(crate) oldest: Gauge,
    active: IntGaugeVec,
    pub(crate) unreadable: IntCounter,
    logged: IntCounterVec,
    pub(crate) queue: IntGauge,
    pub(crate) spool_bytes: IntGauge,
    pub(crate) spool_records: IntGauge,
    pub(crate) watchers: IntGauge,
    watch_ended: IntCounterVec,
}

/// What became of a record of the decision log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logged {
    /// Acknowledged before its answer was given.
    Acknowledged,
    /// Acknowledged after its answer was given.
    Later,
    /// The log was down: it waits on disk.
    Spooled,
    /// It came from the disk and is acknowledged.
    Resent,
    /// Not acknowledged in time: its answer was not given.
    Unavailable,
    /// The spool was full or broken.
    Lost,
}

impl Logged {
    fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Later => "later",
            Self::Spooled => "spooled",
            Self::Resent => "resent",
            Self::Unavailable => "unavailable",
            Self::Lost => "lost",
        }
    }
}

/// Why a stream of changes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchEnd {
    Client,
    Overflow,
    Expired,
    Stopping,
    DecisionLog,
}

impl WatchEnd {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Overflow => "overflow",
            Self::Expired => "expired",
            Self::Stopping => "stopping",
            Self::DecisionLog => "decision-log",
        }
    }
}

impl Metrics {
    pub(crate) fn new(metrics: &kit::metrics::Metrics) -> Self {
        Self {
            checks: metrics.counters(
                "standing_check_requests_total",
                "Checks answered, those of batches one by one, by decision; refused ones are `refused`.",
                &["decision"],
            ),
            seconds: metrics.histogram(
                "standing_check_seconds",
                "From a request to its answer, waiting for its token and its record included; a batch counts once.",
                &ANSWER_SECONDS,
            ),
            staleness: metrics.histogram(
                "standing_check_staleness_seconds",
                "How old the view was that an answer rested on.",
                &PATH_SECONDS,
            ),
            oldest: metrics.real_gauge(
                "standing_gate_staleness_seconds",
                "Age of the partition of the view that is furthest behind; -1 while one was never seen.",
            ),
            active: metrics.gauges(
                "standing_flags_active",
                "Flags that stand, in force or to come.",
                &["measure", "effect"],
            ),
            unreadable: metrics.counter(
                "standing_gate_unreadable_total",
                "Records of the flags that could not be taken in; their subjects are answered unknown.",
            ),
            logged: metrics.counters(
                "standing_decisions_logged_total",
                "Records of the decision log, by what became of them.",
                &["result"],
            ),
            queue: metrics.gauge("standing_decisions_queued", "Records waiting to be sent after their answers."),
            spool_bytes: metrics.gauge("standing_decisions_spool_bytes", "Size of the records waiting on disk."),
            spool_records: metrics.gauge("standing_decisions_spool_records", "Records waiting on disk."),
            watchers: metrics.gauge("standing_watchers", "Clients that watch."),
            watch_ended: metrics.counters(
                "standing_watch_ended_total",
                "Streams of changes that ended, by why.",
                &["reason"],
            ),
        }
    }

    pub(crate) fn answered(&self, decision: Decision) {
        self.checks.with_label_values(&[decision.as_str()]).inc();
    }

    pub(crate) fn refused(&self) {
        self.checks.with_label_values(&["refused"]).inc();
    }

    pub(crate) fn active(&self, common: &Common) -> IntGauge {
        self.active.with_label_values(&[common.measure.as_str(), common.effect.as_str()])
    }

    pub(crate) fn logged(&self, result: Logged, records: usize) {
        self.logged.with_label_values(&[result.name()]).inc_by(u64::try_from(records).unwrap_or(u64::MAX));
    }

    pub(crate) fn watch_ended(&self, end: WatchEnd) {
        self.watch_ended.with_label_values(&[end.name()]).inc();
    }
}
