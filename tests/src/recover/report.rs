//! What was measured, as a table and as JSON.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value};

#[derive(Default)]
pub struct Report {
    rows: Vec<(String, String, &'static str, f64)>,
}

impl Report {
    /// A figure: its key in the JSON, what it is in words, its unit.
    pub(super) fn tell(&mut self, key: &str, what: &str, value: f64, unit: &'static str) {
        eprintln!("recover: {what}: {} {unit}", shown(value));
        self.rows.push((key.to_owned(), what.to_owned(), unit, value));
    }

    pub(super) fn seconds(&mut self, key: &str, what: &str, time: Duration) {
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
}

fn shown(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
