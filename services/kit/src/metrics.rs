//! Metrics of a process: one registry that all its services share, in the Prometheus text format.
//!
//! Names are written out in full where they are declared (`standing_check_seconds`), so that a search finds them, and
//! must begin with `standing_`. Registering the same name twice gives the same metric: in the playground all services
//! run in one process. A name that means two things is a bug and panics at start.
//!
//! Label values are few and known: an enum's names, a topic, a partition, a department, an id of the catalogue. Never a
//! subject, a record, a document number or a free text.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::Collector;
/// The kinds of metrics, for the structs that hold them.
pub use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, core, proto,
};
use prometheus::{HistogramOpts, Opts, Registry, TextEncoder};

use crate::process::Process;

pub const PREFIX: &str = "standing_";

/// What [`Metrics::text`] is served as.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Buckets of answers and single steps: the objective of a check is 5 ms at the median and 50 ms at the 99th
/// percentile, so the edges are close around both.
pub const ANSWER_SECONDS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// Buckets from an event to its visible flag, and of transactions: the objective is a second at the 99th percentile.
pub const PATH_SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Buckets of long work: checkpoints, restores, sweeps.
pub const WORK_SECONDS: [f64; 10] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0];

/// A cheap handle; clones register into and show the same metrics.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    known: Mutex<BTreeMap<String, (Vec<String>, Known)>>,
}

#[derive(Clone)]
enum Known {
    Counter(IntCounterVec),
    Gauge(IntGaugeVec),
    Real(GaugeVec),
    Histogram(HistogramVec),
}

impl Metrics {
    /// The metrics of the process `service` of the given version, with `standing_build_info` and `process_*`.
    pub fn new(service: &str, version: &str) -> Self {
        let metrics = Self(Arc::new(Inner { registry: Registry::new(), known: Mutex::default() }));
        let info = metrics.gauges("standing_build_info", "Always 1; what runs here.", &["service", "version"]);
        info.with_label_values(&[service, version]).set(1);
        metrics.register("process", Process::new());
        metrics
    }

    /// A counter without labels. Its name ends in `_total`.
    pub fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.counters(name, help, &[]).with_label_values::<&str>(&[])
    }

    /// A counter for each combination of label values. Its name ends in `_total`.
    pub fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        assert!(name.ends_with("_total"), "the counter {name} must end in _total");
        let make = || IntCounterVec::new(Opts::new(name, help), labels).map(Known::Counter);
        match self.known(name, labels, make) {
            Known::Counter(metric) => metric,
            Known::Gauge(_) | Known::Real(_) | Known::Histogram(_) => other_kind(name),
        }
    }

    /// A gauge of whole numbers without labels.
    pub fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.gauges(name, help, &[]).with_label_values::<&str>(&[])
    }

    /// A gauge of whole numbers for each combination of label values.
    pub fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        let make = || IntGaugeVec::new(Opts::new(name, help), labels).map(Known::Gauge);
        match self.known(name, labels, make) {
            Known::Gauge(metric) => metric,
            Known::Counter(_) | Known::Real(_) | Known::Histogram(_) => other_kind(name),
        }
    }

    /// A gauge of real numbers (seconds) without labels.
    pub fn real_gauge(&self, name: &str, help: &str) -> Gauge {
        self.real_gauges(name, help, &[]).with_label_values::<&str>(&[])
    }

    /// A gauge of real numbers (seconds) for each combination of label values.
    pub fn real_gauges(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        let make = || GaugeVec::new(Opts::new(name, help), labels).map(Known::Real);
        match self.known(name, labels, make) {
            Known::Real(metric) => metric,
            Known::Counter(_) | Known::Gauge(_) | Known::Histogram(_) => other_kind(name),
        }
    }

    /// A histogram without labels. Its name ends in its unit, `_seconds` or `_bytes`.
    pub fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        self.histograms(name, help, &[], buckets).with_label_values::<&str>(&[])
    }

    /// A histogram for each combination of label values. Its name ends in its unit, `_seconds` or `_bytes`.
    pub fn histograms(&self, name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> HistogramVec {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        match self.known(name, labels, || HistogramVec::new(options, labels).map(Known::Histogram)) {
            Known::Histogram(metric) => metric,
            Known::Counter(_) | Known::Gauge(_) | Known::Real(_) => other_kind(name),
        }
    }

    /// Adds a collector that measures when it is asked. Its names are its own affair.
    pub fn register(&self, what: &str, collector: impl Collector + 'static) {
        if let Err(fault) = self.0.registry.register(Box::new(collector)) {
            panic!("the metrics of {what} cannot be registered: {fault}");
        }
    }

    /// Everything, in the text format.
    pub fn text(&self) -> String {
        match TextEncoder::new().encode_to_string(&self.0.registry.gather()) {
            Ok(text) => text,
            Err(fault) => {
                tracing::error!(%fault, "the metrics cannot be encoded");
                String::new()
            }
        }
    }

    fn known(&self, name: &str, labels: &[&str], make: impl FnOnce() -> Result<Known, prometheus::Error>) -> Known {
        assert!(name.starts_with(PREFIX), "the metric {name} must begin with {PREFIX}");
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((given, metric)) = known.get(name) {
            assert!(given == labels, "the metric {name} has the labels {given:?} elsewhere");
            return metric.clone();
        }
        let metric = make().unwrap_or_else(|fault| panic!("the metric {name} cannot be made: {fault}"));
        match &metric {
            Known::Counter(counter) => self.register(name, counter.clone()),
            Known::Gauge(gauge) => self.register(name, gauge.clone()),
            Known::Real(gauge) => self.register(name, gauge.clone()),
            Known::Histogram(histogram) => self.register(name, histogram.clone()),
        }
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        known.insert(name.to_owned(), (labels, metric.clone()));
        metric
    }
}

fn other_kind(name: &str) -> ! {
    panic!("the metric {name} is of another kind elsewhere")
}
