//! Metrics: shared by name, refused when a name means two things, and telling about the process.
#![allow(clippy::unwrap_used)]

use kit::metrics::{ANSWER_SECONDS, Metrics, PATH_SECONDS, WORK_SECONDS};

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is missing"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
fn two_services_of_one_process_share_a_metric() {
    let metrics = Metrics::new("playground", "0.0.0");
    let labels = ["source", "reason"];
    metrics.counters("standing_events_rejected_total", "Refused.", &labels).with_label_values(&["fire", "a"]).inc();
    metrics
        .clone()
        .counters("standing_events_rejected_total", "Refused.", &labels)
        .with_label_values(&["fire", "a"])
        .inc();
    let text = metrics.text();
    assert!(text.contains("standing_events_rejected_total{reason=\"a\",source=\"fire\"} 2"), "{text}");
}

#[test]
fn every_kind_of_metric_is_shown() {
    let metrics = Metrics::new("gate", "1.2.3");
    metrics.counter("standing_events_received_total", "Taken.").inc_by(3);
    metrics.gauge("standing_assigned_partitions", "Assigned.").set(8);
    metrics.real_gauge("standing_check_staleness_seconds", "Age.").set(0.25);
    metrics.histogram("standing_check_seconds", "Time.", &ANSWER_SECONDS).observe(0.003);
    metrics.histogram("standing_end_to_end_seconds", "Time.", &PATH_SECONDS).observe(0.3);
    metrics.histogram("standing_restore_seconds", "Time.", &WORK_SECONDS).observe(30.0);
    let text = metrics.text();
    for (name, expected) in [
        ("standing_events_received_total", 3.0),
        ("standing_assigned_partitions", 8.0),
        ("standing_check_staleness_seconds", 0.25),
        ("standing_check_seconds_bucket{le=\"0.005\"}", 1.0),
        ("standing_check_seconds_bucket{le=\"0.0025\"}", 0.0),
        ("standing_end_to_end_seconds_count", 1.0),
        ("standing_restore_seconds_bucket{le=\"60\"}", 1.0),
        ("standing_build_info{service=\"gate\",version=\"1.2.3\"}", 1.0),
    ] {
        assert!((value(&text, name) - expected).abs() < f64::EPSILON, "{name}: {text}");
    }
}

#[test]
fn the_process_is_measured_at_every_look() {
    let metrics = Metrics::new("gate", "0.0.0");
    let before = metrics.text();
    assert!(value(&before, "process_resident_memory_bytes ") > 1_000_000.0);
    assert!(value(&before, "process_threads ") >= 1.0);
    assert!(value(&before, "process_start_time_seconds ") > 1_700_000_000.0);
    assert!(value(&before, "process_max_fds ") >= value(&before, "process_open_fds "));
    let files: Vec<_> = (0..20).map(|_| std::fs::File::open("/proc/self/status").unwrap()).collect();
    let with_files = value(&metrics.text(), "process_open_fds ");
    drop(files);
    assert!(with_files >= value(&before, "process_open_fds ") + 10.0);
    let mut after = metrics.text();
    while value(&after, "process_cpu_seconds_total ") <= value(&before, "process_cpu_seconds_total ") {
        after = metrics.text();
    }
}

#[test]
#[should_panic(expected = "must begin with standing_")]
fn a_name_without_the_prefix_is_a_bug() {
    Metrics::new("gate", "0.0.0").counter("events_total", "Taken.");
}

#[test]
#[should_panic(expected = "must end in _total")]
fn a_counter_without_its_ending_is_a_bug() {
    Metrics::new("gate", "0.0.0").counter("standing_events", "Taken.");
}

#[test]
#[should_panic(expected = "has the labels")]
fn a_name_with_other_labels_is_a_bug() {
    let metrics = Metrics::new("gate", "0.0.0");
    metrics.counters("standing_events_total", "Taken.", &["source"]);
    metrics.counters("standing_events_total", "Taken.", &["topic"]);
}

#[test]
#[should_panic(expected = "is of another kind")]
fn a_name_of_another_kind_is_a_bug() {
    let metrics = Metrics::new("gate", "0.0.0");
    metrics.gauge("standing_events_total", "Taken.");
    metrics.counter("standing_events_total", "Taken.");
}
