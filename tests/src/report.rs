//! What was measured, as a table and as JSON.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::repository;

pub struct Report {
    /// Goes before each figure as it is told.
    program: &'static str,
    rows: Vec<(String, String, &'static str, f64)>,
}

impl Report {
    pub fn of(program: &'static str) -> Self {
        Self { program, rows: Vec::new() }
    }

    /// A figure: its key in the JSON, what it is in words, its unit.
    pub fn tell(&mut self, key: &str, what: &str, value: f64, unit: &'static str) {
        eprintln!("{}: {what}: {} {unit}", self.program, shown(value));
        self.rows.push((key.to_owned(), what.to_owned(), unit, value));
    }

    pub fn seconds(&mut self, key: &str, what: &str, time: Duration) {
        self.tell(key, what, time.as_secs_f64(), "s");
    }

    pub fn table(&self) -> String {
        let mut text = "| what | figure | unit |\n|---|---:|---|\n".to_owned();
        for (_, what, unit, value) in &self.rows {
            let _ = writeln!(text, "| {what} | {} | {unit} |", shown(*value));
        }
        text
    }

    pub fn json(&self) -> Value {
        self.rows.iter().map(|(key, _, _, value)| (key.clone(), Value::from(*value))).collect::<Map<_, _>>().into()
    }

    /// Leaves the figures with their words in `target/bench` of the checkout, as the part of `make bench` of this program's name.
    pub fn save(&self) -> anyhow::Result<()> {
        let row = |(key, what, unit, value): &(String, String, &str, f64)| json!({ "key": key, "what": what, "unit": unit, "value": value });
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        let folder = repository::root().join("target/bench");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{}.json", self.program)), format!("{:#}\n", json!({ "rows": rows })))?;
        Ok(())
    }
}

/// A figure with as many digits as say something.
pub fn shown(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// What it was measured on, and when: cores and their kind, memory, kernel, Java, Apache Kafka, day. What cannot be told is left out.
pub fn machine() -> String {
    let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (processor, memory) = (text("/proc/cpuinfo"), text("/proc/meminfo"));
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let kib =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    let java = std::process::Command::new("java").arg("-version").output().ok();
    let java = java.and_then(|told| String::from_utf8(told.stderr).ok()?.split('"').nth(1).map(str::to_owned));
    let pom = std::fs::read_to_string(repository::root().join("tests/kafka/pom.xml")).unwrap_or_default();
    let kafka = pom.split("<kafka.version>").nth(1).and_then(|rest| Some(rest.split_once('<')?.0));
    let told = [
        Some(format!("{cores} cores")),
        model.map(|(_, model)| model.trim().to_owned()),
        kib.map(|kib| format!("{} GiB of memory", kib >> 20)),
        Some(format!("Linux {}", text("/proc/sys/kernel/osrelease").trim())),
        java.map(|version| format!("Java {version}")),
        kafka.map(|version| format!("Apache Kafka {version}")),
        Some(jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
