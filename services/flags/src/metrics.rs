//! What the routing counts. Labels come from enums and partition numbers, never from a subject.

use std::sync::Arc;

use domain::output::Happened;
use kit::metrics::{ANSWER_SECONDS, Histogram, IntCounter, IntCounterVec, IntGaugeVec, Metrics};
use stream::log::TopicPartition;
use stream::observer::{Cause, Commit, Observer};
use stream::status::{Phase, Status};

/// Counters of the fold. Count again what a crash folds again.
#[derive(Clone)]
pub(crate) struct FoldMetrics {
    pub(crate) routed: IntCounter,
    pub(crate) marks: IntCounter,
    pub(crate) older: IntCounter,
    pub(crate) rejected: IntCounter,
}

impl FoldMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            routed: metrics.counter("standing_flags_routed_total", "Records sent to topics of domains, marks aside."),
            marks: metrics.counter("standing_flags_marks_total", "Marks passed on to the domains."),
            older: metrics
                .counter("standing_flags_older_total", "Flags ignored for a version that was routed already."),
            rejected: metrics
                .counter("standing_flags_rejected_total", "Records that could not be read; see the rejects."),
        }
    }
}

/// Counters of the corrections. Count again what a crash folds again.
#[derive(Clone)]
pub(crate) struct CorrectionMetrics {
    pub(crate) relied: IntCounter,
    sent: IntCounterVec,
    pub(crate) repeated: IntCounter,
    pub(crate) forgotten: IntCounter,
    pub(crate) rejected: IntCounter,
}

impl CorrectionMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            relied: metrics.counter("standing_corrections_relied_total", "Decisions that rested on flags."),
            sent: metrics.counters(
                "standing_corrections_sent_total",
                "Corrections told, one a decision and measure.",
                &["happened"],
            ),
            repeated: metrics
                .counter("standing_corrections_repeated_total", "Decisions and corrections that were there already."),
            forgotten: metrics
                .counter("standing_corrections_forgotten_total", "Rows forgotten after the time decisions are kept."),
            rejected: metrics
                .counter("standing_corrections_rejected_total", "Records that could not be read; see the rejects."),
        }
    }

    pub(crate) fn told(&self, happened: Happened) {
        self.sent.with_label_values(&[happened.as_str()]).inc();
    }
}

/// Counters and gauges of the runtime, under names of their own: in the playground other runtimes share the process.
pub(crate) struct RuntimeMetrics {
    commits: Histogram,
    aborts: IntCounterVec,
    lag: IntGaugeVec,
    partitions: IntGaugeVec,
}

impl RuntimeMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Arc<Self> {
        Arc::new(Self {
            commits: metrics.histogram(
                "standing_flags_commit_seconds",
                "Time of a transaction's commit, offsets and the write of the state included.",
                &ANSWER_SECONDS,
            ),
            aborts: metrics.counters("standing_flags_aborts_total", "Transactions given up.", &["reason"]),
            lag: metrics.gauges(
                "standing_flags_lag_records",
                "Offsets of the flags to go, transaction markers included.",
                &["partition"],
            ),
            partitions: metrics.gauges(
                "standing_flags_partitions",
                "Partitions owned, by what they are doing.",
                &["phase"],
            ),
        })
    }

    pub(crate) fn of_corrections(metrics: &Metrics) -> Arc<Self> {
        Arc::new(Self {
            commits: metrics.histogram(
                "standing_corrections_commit_seconds",
                "Time of a transaction's commit, offsets and the write of the state included.",
                &ANSWER_SECONDS,
            ),
            aborts: metrics.counters("standing_corrections_aborts_total", "Transactions given up.", &["reason"]),
            lag: metrics.gauges(
                "standing_corrections_lag_records",
                "Offsets of decisions and corrections to go, transaction markers included.",
                &["partition"],
            ),
            partitions: metrics.gauges(
                "standing_corrections_partitions",
                "Partitions owned, by what they are doing.",
                &["phase"],
            ),
        })
    }

    /// Copies what is looked at rather than counted.
    pub(crate) fn look(&self, status: &Status) {
        self.lag.reset();
        for partition in &status.partitions {
            if let Some(lag) = partition.lag() {
                self.lag.with_label_values(&[&partition.of.partition.to_string()]).add(lag);
            }
        }
        for name in Phase::NAMES {
            let count = status.partitions.iter().filter(|partition| partition.phase.name() == name).count();
            self.partitions.with_label_values(&[name]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

impl Observer for RuntimeMetrics {
    fn committed(&self, commit: &Commit) {
        self.commits.observe(commit.commit.as_secs_f64());
    }

    fn gave_up(&self, cause: Cause) {
        self.aborts.with_label_values(&[cause.name()]).inc();
    }

    fn phase(&self, of: &TopicPartition, phase: &Phase) {
        let (topic, partition) = (of.topic.as_ref(), of.partition);
        match phase {
            Phase::Stopped { reason } => tracing::error!(topic, partition, reason, "a partition has stopped"),
            Phase::Waiting { reason } => tracing::warn!(topic, partition, reason, "a partition waits"),
            Phase::Restoring | Phase::Replaying { .. } | Phase::Live => {}
        }
    }
}
