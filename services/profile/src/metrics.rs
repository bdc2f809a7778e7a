//! What the profile service counts: names, help and labels in one place. Labels come from enums and the catalogue's departments,
//! never from a subject.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::catalogue::Task;
use domain::output::Outcome;
use domain::state::CaseCounts;
use kit::metrics::{ANSWER_SECONDS, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Metrics};
use stream::log::TopicPartition;
use stream::observer::{Cause, Checkpointed, Commit, Observer, Rebalance, Restoration};
use stream::status::{Phase, Status};

/// From a few files on a disk beside to gigabytes over a slow line.
const TRANSFER_SECONDS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0];

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

    fn counter(&self, outcome: Outcome, source: &str) -> IntCounter {
        let counter = match outcome {
            Outcome::Changed | Outcome::Control => &self.processed,
            Outcome::Repeat => &self.deduplicated,
            Outcome::Older => &self.out_of_order,
            Outcome::Refused => &self.rejected,
        };
        counter.with_label_values(&[source])
    }
}

/// The counters of one fold, each looked up once.
pub(crate) struct FoldCounts {
    metrics: FoldMetrics,
    known: BTreeMap<String, Vec<(Outcome, IntCounter)>>,
}

impl FoldCounts {
    pub(crate) fn new(metrics: FoldMetrics) -> Self {
        Self { metrics, known: BTreeMap::new() }
    }

    /// Counts what became of a record of this source; of a control record there is none.
    pub(crate) fn count(&mut self, outcome: Outcome, source: Option<&str>) {
        let source = source.unwrap_or("log");
        let known = self.known.get(source).and_then(|known| known.iter().find(|(of, _)| *of == outcome));
        if let Some((_, counter)) = known {
            counter.inc();
            return;
        }
        let counter = self.metrics.counter(outcome, source);
        counter.inc();
        self.known.entry(source.to_owned()).or_default().push((outcome, counter));
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
    cases: IntGaugeVec,
    overdue: IntGaugeVec,
    checkpoints: CheckpointMetrics,
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
            cases: metrics.gauges(
                "standing_cases_open",
                "Tasks of departments that are not done, overdue ones included, in the partitions owned.",
                &["task"],
            ),
            overdue: metrics.gauges(
                "standing_cases_overdue",
                "Tasks of departments that are not done although their last day is over.",
                &["task"],
            ),
            checkpoints: CheckpointMetrics::new(metrics),
            phases: Mutex::default(),
        })
    }

    /// Copies what is looked at rather than counted. Called once a second.
    pub(crate) fn look(&self, status: &Status, memory_bytes: usize) {
        self.lag.reset();
        for partition in &status.partitions {
            let labels = [partition.of.topic.as_ref(), &partition.of.partition.to_string()];
            if let Some(lag) = partition.lag() {
                self.lag.with_label_values(&labels).set(lag);
            }
        }
        for name in Phase::NAMES {
            let count = status.partitions.iter().filter(|p| p.phase.name() == name).count();
            self.partitions.with_label_values(&[name]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.memory_bytes.set(i64::try_from(memory_bytes).unwrap_or(i64::MAX));
    }
}

impl RuntimeMetrics {
    /// Copies how many tasks are open. Called once a second.
    pub(crate) fn cases(&self, counts: &[(Task, CaseCounts)]) {
        for (task, counts) in counts {
            self.cases.with_label_values(&[task.as_str()]).set(i64::from(counts.open));
            self.overdue.with_label_values(&[task.as_str()]).set(i64::from(counts.overdue));
        }
    }
}

/// Counters of checkpoints and of restores from them.
struct CheckpointMetrics {
    made: IntCounterVec,
    seconds: Histogram,
    bytes: IntCounter,
    offset: IntGaugeVec,
    restores: IntCounterVec,
    restore_seconds: Histogram,
    restore_bytes: IntCounter,
}

impl CheckpointMetrics {
    fn new(metrics: &Metrics) -> Self {
        let made =
            metrics.counters("standing_checkpoint_total", "Checkpoints that were due, by what became.", &["result"]);
        let restores = metrics.counters(
            "standing_checkpoint_restores_total",
            "Restores of partitions without state, and checkpoints passed over.",
            &["result"],
        );
        for (counter, names) in [(&made, Checkpointed::NAMES), (&restores, Restoration::NAMES)] {
            for name in names {
                counter.with_label_values(&[name]);
            }
        }
        Self {
            made,
            seconds: metrics.histogram(
                "standing_checkpoint_seconds",
                "From linking the files of a state to its checkpoint in the store.",
                &TRANSFER_SECONDS,
            ),
            bytes: metrics.counter("standing_checkpoint_bytes_total", "Bytes sent to the checkpoint store."),
            offset: metrics.gauges(
                "standing_checkpoint_offset",
                "Offset of the newest checkpoint made here.",
                &["partition"],
            ),
            restores,
            restore_seconds: metrics.histogram(
                "standing_checkpoint_restore_seconds",
                "Bringing a state back from the store; the log's tail comes after.",
                &TRANSFER_SECONDS,
            ),
            restore_bytes: metrics
                .counter("standing_checkpoint_restore_bytes_total", "Bytes brought back from the checkpoint store."),
        }
    }

    fn made(&self, of: &TopicPartition, outcome: &Checkpointed) {
        self.made.with_label_values(&[outcome.name()]).inc();
        if let Checkpointed::Made { offset, bytes, took, .. } = outcome {
            self.seconds.observe(took.as_secs_f64());
            self.bytes.inc_by(*bytes);
            self.offset.with_label_values(&[&of.partition.to_string()]).set(*offset);
        }
    }

    fn restored(&self, outcome: &Restoration) {
        self.restores.with_label_values(&[outcome.name()]).inc();
        if let Restoration::Restored { bytes, took, .. } = outcome {
            self.restore_seconds.observe(took.as_secs_f64());
            self.restore_bytes.inc_by(*bytes);
        }
    }
}

impl Observer for RuntimeMetrics {
    fn committed(&self, commit: &Commit) {
        self.commits.observe(commit.commit.as_secs_f64());
    }

    fn gave_up(&self, cause: Cause) {
        self.aborts.with_label_values(&[cause.name()]).inc();
        if matches!(cause, Cause::Fenced | Cause::Rival) {
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
            Phase::Restoring => tracing::info!(topic, partition, "restoring from a checkpoint"),
            Phase::Replaying { until } => tracing::info!(topic, partition, until, "replaying"),
            Phase::Live => tracing::info!(topic, partition, "caught up with what was committed"),
        }
    }

    fn checkpointed(&self, of: &TopicPartition, outcome: &Checkpointed) {
        self.checkpoints.made(of, outcome);
    }

    fn restoration(&self, _of: &TopicPartition, outcome: &Restoration) {
        self.checkpoints.restored(outcome);
    }

    fn overlay(&self, bytes: usize) {
        self.overlay_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}
