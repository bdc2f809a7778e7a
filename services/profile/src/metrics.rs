//! What the profile service counts: names, help and labels in one place. Labels come from enums and the catalogue's departments,
//! never from a subject.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::output::Outcome;
use kit::metrics::{ANSWER_SECONDS, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Metrics};
use stream::log::TopicPartition;
use stream::observer::{Cause, Commit, Observer, Rebalance};
use stream::status::{Phase, Status};

/// Counters of the fold.
#[derive(Clone)]
pub struct FoldMetrics {
    processed: IntCounterVec,
    deduplicated: IntCounterVec,
    out_of_order: IntCounterVec,
    rejected: IntCounterVec,
}

impl FoldMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        let by_source = ["source"];
        Self {
            processed: metrics.counters(
                "standing_events_folded_total",
                "Events that changed the state, and control records (source \"log\"). Counts again what a crash folds again.",
                &by_source,
            ),
            deduplicated: metrics.counters(
                "standing_events_deduplicated_total",
                "Events that said what was known already.",
                &by_source,
            ),
            out_of_order: metrics.counters(
                "standing_events_out_of_order_total",
                "Events with an older revision than the one held.",
                &by_source,
            ),
            rejected: metrics.counters(
                "standing_fold_rejected_total",
                "Events that the fold refused; each is in standing.rejects.",
                &by_source,
            ),
        }
    }

    pub(crate) fn count(&self, outcome: Outcome, source: Option<&str>) {
        let counter = match outcome {
            Outcome::Changed | Outcome::Control => &self.processed,
            Outcome::Repeat => &self.deduplicated,
            Outcome::Older => &self.out_of_order,
            Outcome::Refused => &self.rejected,
        };
        counter.with_label_values(&[source.unwrap_or("log")]).inc();
    }
}

/// Counters and gauges of the runtime.
pub(crate) struct RuntimeMetrics {
    commits: Histogram,
    records: IntCounter,
    replayed: IntCounter,
    aborts: IntCounterVec,
    fenced: IntCounter,
    rebalances: IntCounterVec,
    overlay_bytes: IntGauge,
    lag: IntGaugeVec,
    partitions: IntGaugeVec,
    memory_bytes: IntGauge,
    phases: Mutex<BTreeMap<TopicPartition, &'static str>>,
}

impl RuntimeMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Arc<Self> {
        Arc::new(Self {
            commits: metrics.histogram(
                "standing_txn_commit_seconds",
                "Time of a transaction's commit, offsets and the write of the state included.",
                &ANSWER_SECONDS,
            ),
            records: metrics.counter("standing_records_folded_total", "Records folded live."),
            replayed: metrics
                .counter("standing_records_replayed_total", "Records folded quietly after a start or a failure."),
            aborts: metrics.counters("standing_txn_aborts_total", "Transactions given up.", &["reason"]),
            fenced: metrics
                .counter("standing_producer_fenced_total", "Times another instance took over a worker's id."),
            rebalances: metrics.counters("standing_rebalances_total", "Changes of the partitions owned.", &["change"]),
            overlay_bytes: metrics.gauge("standing_overlay_bytes", "Bytes in a worker's overlays at its last commit."),
            lag: metrics.gauges(
                "standing_consumer_lag_records",
                "Offsets to go, transaction markers included.",
                &["topic", "partition"],
            ),
            partitions: metrics.gauges(
                "standing_assigned_partitions",
                "Partitions owned, by what they are doing.",
                &["phase"],
            ),
            memory_bytes: metrics.gauge("standing_rocksdb_memory_bytes", "Block cache and memtables in use."),
            phases: Mutex::default(),
        })
    }

    /// Copies what is looked at rather than counted. Called once a second.
    pub(crate) fn look(&self, status: &Status, memory_bytes: usize) {
        self.lag.reset();
        for partition in &status.partitions {
            let labels = [partition.of.topic.as_ref(), &partition.of.partition.to_string()];
            self.lag.with_label_values(&labels).set(partition.lag());
        }
        for name in Phase::NAMES {
            let count = status.partitions.iter().filter(|p| p.phase.name() == name).count();
            self.partitions.with_label_values(&[name]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.memory_bytes.set(i64::try_from(memory_bytes).unwrap_or(i64::MAX));
    }
}

impl Observer for RuntimeMetrics {
    fn committed(&self, commit: &Commit) {
        self.commits.observe(commit.commit.as_secs_f64());
    }

    fn gave_up(&self, cause: Cause) {
        self.aborts.with_label_values(&[cause.name()]).inc();
        if cause == Cause::Fenced {
            self.fenced.inc();
        }
    }

    fn folded(&self, _of: &TopicPartition, records: u64) {
        self.records.inc_by(records);
    }

    fn replayed(&self, _of: &TopicPartition, records: u64) {
        self.replayed.inc_by(records);
    }

    fn rebalanced(&self, change: Rebalance, partitions: usize) {
        self.rebalances.with_label_values(&[change.name()]).inc_by(partitions as u64);
    }

    fn phase(&self, of: &TopicPartition, phase: &Phase) {
        let mut phases = self.phases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = phases.insert(of.clone(), phase.name());
        if before == Some(phase.name()) {
            return;
        }
        let (topic, partition) = (of.topic.as_ref(), of.partition);
        match phase {
            Phase::Stopped { reason } => tracing::error!(topic, partition, reason, "a partition has stopped"),
            Phase::Waiting { reason } => tracing::warn!(topic, partition, reason, "a partition waits"),
            Phase::Replaying { until } => tracing::info!(topic, partition, until, "replaying"),
            Phase::Live => tracing::info!(topic, partition, "caught up with what was committed"),
        }
    }

    fn overlay(&self, bytes: usize) {
        self.overlay_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}
