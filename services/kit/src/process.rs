//! `process_*` metrics under their customary names, read from `/proc/self` whenever the metrics are asked for.
//! Where there is no `/proc` they are absent.

use std::collections::HashMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Opts};

/// Ticks of `/proc/self/stat` in a second: fixed at 100 by the kernel's interface, whatever its own tick is.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) struct Process {
    measures: Vec<(Measure, Metric)>,
    /// Two scrapes at once would both add the CPU time since the last one.
    one_at_a_time: Mutex<()>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Measure {
    Cpu,
    Resident,
    Virtual,
    Threads,
    OpenFiles,
    OpenFilesMax,
    Started,
}

enum Metric {
    Counter(Counter),
    Gauge(Gauge),
}

impl Process {
    pub(crate) fn new() -> Self {
        let measures = [
            (Measure::Cpu, "process_cpu_seconds_total", "CPU time spent, in user and in kernel mode."),
            (Measure::Resident, "process_resident_memory_bytes", "Memory in RAM."),
            (Measure::Virtual, "process_virtual_memory_bytes", "Address space."),
            (Measure::Threads, "process_threads", "Threads."),
            (Measure::OpenFiles, "process_open_fds", "Open file descriptors."),
            (Measure::OpenFilesMax, "process_max_fds", "File descriptors that may be open at once."),
            (Measure::Started, "process_start_time_seconds", "When the process started, since the epoch."),
        ];
        let measures = measures.map(|(measure, name, help)| {
            let options = Opts::new(name, help);
            let metric = if measure == Measure::Cpu {
                Counter::with_opts(options).map(Metric::Counter)
            } else {
                Gauge::with_opts(options).map(Metric::Gauge)
            };
            (measure, metric.expect("the names above are valid"))
        });
        Self { measures: measures.into(), one_at_a_time: Mutex::new(()) }
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.measures.iter().flat_map(|(_, metric)| metric.collector().desc()).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let values = read();
        let mut families = Vec::new();
        for (measure, metric) in &self.measures {
            let Some(value) = values.get(measure) else { continue };
            match metric {
                Metric::Counter(counter) => counter.inc_by((value - counter.get()).max(0.0)),
                Metric::Gauge(gauge) => gauge.set(*value),
            }
            families.extend(metric.collector().collect());
        }
        families
    }
}

impl Metric {
    fn collector(&self) -> &dyn Collector {
        match self {
            Self::Counter(counter) => counter,
            Self::Gauge(gauge) => gauge,
        }
    }
}

fn read() -> HashMap<Measure, f64> {
    let mut values = HashMap::new();
    let mut put = |measure, value: Option<f64>| {
        if let Some(value) = value {
            values.insert(measure, value);
        }
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    put(Measure::Resident, line(&status, "VmRSS:").map(|kib| kib * 1024.0));
    put(Measure::Virtual, line(&status, "VmSize:").map(|kib| kib * 1024.0));
    put(Measure::Threads, line(&status, "Threads:"));
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    put(Measure::OpenFilesMax, line(&limits, "Max open files"));
    // The directory being read is itself open while it is counted.
    let open = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1));
    put(Measure::OpenFiles, open.and_then(|open| u32::try_from(open).ok()).map(f64::from));
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, the name in brackets, may hold spaces and brackets: count from the last one.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let seconds = |index: usize| fields.get(index)?.parse::<f64>().ok().map(|ticks| ticks / TICKS_PER_SECOND);
    let cpu = seconds(11).zip(seconds(12)).map(|(user, system)| user + system);
    put(Measure::Cpu, cpu);
    let boot = line(&fs::read_to_string("/proc/stat").unwrap_or_default(), "btime");
    put(Measure::Started, boot.zip(seconds(19)).map(|(boot, after)| boot + after));
    values
}

/// The first number behind `name` in the line that starts with it.
fn line(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}
