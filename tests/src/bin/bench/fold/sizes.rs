//! How large a run is: every number is set by a variable of the environment.

use e2e::environment::{number, text};

use super::worker::Shape;

/// What can be measured by itself.
const LANES: [&str; 6] = ["memory", "disk", "growth", "growth-adverse", "kafka", "scale"];

/// Sizes of one run; [`Sizes::from_env`] gives the defaults.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    /// `BENCH_FOLD_EVENTS`: records of the log.
    pub(crate) events: u64,
    /// `BENCH_FOLD_SUBJECTS`: subjects they are about.
    pub(crate) subjects: u64,
    /// `BENCH_FOLD_BATCH`: records in one transaction.
    pub(crate) batch: usize,
    /// `BENCH_FOLD_MEMORY_MIB`: memtables and block cache.
    pub(crate) memory_mib: usize,
    /// `BENCH_FOLD_GROWTH_MAX`: most records of one subject in the curve of an event's cost.
    pub(crate) growth_max: u64,
    /// `BENCH_FOLD_GROWTH_ADVERSE_MAX`: the same where records restrict at once.
    pub(crate) growth_adverse_max: u64,
    /// `BENCH_FOLD_GROWTH_EVENTS`: events measured at each place of that curve.
    pub(crate) growth_events: u64,
    /// `BENCH_FOLD_KAFKA_EVENTS`: records for a worker on Kafka; 0 leaves it out.
    pub(crate) kafka_events: u64,
    /// `BENCH_FOLD_PARTITIONS`, `BENCH_FOLD_WORKERS`: of the topic, and threads.
    pub(crate) partitions: u16,
    pub(crate) workers: usize,
    /// `BENCH_FOLD_SCALE_EVENTS`: records for each number of partitions and workers in turn.
    pub(crate) scale_events: u64,
    /// `BENCH_FOLD_LANES`: which measurements, separated by commas; empty: all.
    pub(crate) lanes: Vec<String>,
}

impl Sizes {
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        let lanes = text("BENCH_FOLD_LANES").unwrap_or_default();
        let lanes: Vec<String> = lanes.split(',').filter(|lane| !lane.is_empty()).map(str::to_owned).collect();
        if let Some(unknown) = lanes.iter().find(|lane| !LANES.contains(&lane.as_str())) {
            anyhow::bail!("BENCH_FOLD_LANES has {unknown}, which is none of {}", LANES.join(", "));
        }
        Ok(Self {
            events: number("BENCH_FOLD_EVENTS", 2_000_000)?,
            subjects: number("BENCH_FOLD_SUBJECTS", 200_000)?,
            batch: number("BENCH_FOLD_BATCH", 10_000)?,
            memory_mib: number("BENCH_FOLD_MEMORY_MIB", 768)?,
            growth_max: number("BENCH_FOLD_GROWTH_MAX", 1_000_000)?,
            growth_adverse_max: number("BENCH_FOLD_GROWTH_ADVERSE_MAX", 1_000_000)?,
            growth_events: number("BENCH_FOLD_GROWTH_EVENTS", 2_000)?,
            kafka_events: number("BENCH_FOLD_KAFKA_EVENTS", 1_000_000)?,
            partitions: number("BENCH_FOLD_PARTITIONS", 8)?,
            workers: number("BENCH_FOLD_WORKERS", 2)?,
            scale_events: number("BENCH_FOLD_SCALE_EVENTS", 300_000)?,
            lanes,
        })
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape { partitions: self.partitions, workers: self.workers, events: self.kafka_events }
    }

    pub(crate) fn wants(&self, lane: &str) -> bool {
        self.lanes.is_empty() || self.lanes.iter().any(|wanted| wanted == lane)
    }
}
