//! What a run came to, as a table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::fault::Fault;
use super::watch::Answers;

/// One fault that was brought about.
#[derive(Clone, Copy, Debug)]
pub struct Injected {
    pub fault: Fault,
    pub recovery: Duration,
    /// Events taken from the fault until the register was back.
    pub in_flight: u64,
}

pub struct Report {
    pub seed: u64,
    pub took: Duration,
    pub events: u64,
    pub injected: Vec<Injected>,
    /// Audits of some partitions while events came, all of them clean.
    pub audits: u32,
    pub answers: Answers,
    /// What `standing audit --json` printed.
    pub audit: Value,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.audit["clean"] == true && self.answers.wrong.is_empty() && self.answers.right > 0
    }

    /// Markdown.
    pub fn table(&self) -> String {
        let mut by_fault: BTreeMap<Fault, Vec<Injected>> = BTreeMap::new();
        for injected in &self.injected {
            by_fault.entry(injected.fault).or_default().push(*injected);
        }
        let (lost, doubled) = (count(&self.audit["lost"]), count(&self.audit["doubled"]));
        // What was lost or doubled in all cannot be told apart by fault, unless it is nothing.
        let each = |total: &str| if total == "0" { "0" } else { "?" }.to_owned();
        let mut text = String::new();
        let _ = writeln!(text, "| fault | times | recovery p50 | max | events in flight | lost | doubled |");
        let _ = writeln!(text, "|---|---:|---:|---:|---:|---:|---:|");
        for (fault, injected) in &by_fault {
            let mut recoveries: Vec<Duration> = injected.iter().map(|injected| injected.recovery).collect();
            recoveries.sort();
            let median = recoveries[(recoveries.len() - 1) / 2];
            let most = recoveries.last().copied().unwrap_or_default();
            let in_flight: u64 = injected.iter().map(|injected| injected.in_flight).sum();
            let _ = writeln!(
                text,
                "| {} | {} | {:.1} s | {:.1} s | {in_flight} | {} | {} |",
                fault.name(),
                injected.len(),
                median.as_secs_f64(),
                most.as_secs_f64(),
                each(&lost),
                each(&doubled)
            );
        }
        let in_flight: u64 = self.injected.iter().map(|injected| injected.in_flight).sum();
        let _ = writeln!(text, "| all | {} | | | {in_flight} | {lost} | {doubled} |", self.injected.len());
        let unknown: u64 = self.answers.unknown.values().sum();
        let reasons: Vec<String> = self.answers.unknown.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let audit = if self.audit["clean"] == true { "clean" } else { "NOT CLEAN" };
        let Answers { right, none, wrong, .. } = &self.answers;
        let _ = writeln!(
            text,
            "\nSeed {}, {:.0} s, {} events taken; audit {audit}, and {} under load before it; answers at the gate: {right} right, {unknown} unknown{reasons}, {none} \
             calls without answer, {} wrong.",
            self.seed,
            self.took.as_secs_f64(),
            self.events,
            self.audits,
            wrong.len()
        );
        text
    }

    /// What is wrong, one line each.
    pub fn faults(&self) -> Vec<String> {
        let findings = self.audit["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let findings = findings.iter().map(|finding| format!("audit: {finding}"));
        findings.chain(self.answers.wrong.iter().map(|wrong| format!("answer: {wrong}"))).collect()
    }
}

fn count(value: &Value) -> String {
    value.as_u64().map_or_else(|| "?".to_owned(), |count| count.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::installation::Service;

    #[test]
    fn nothing_lost_is_said_of_every_fault_and_something_only_of_all() {
        let injected = |ms| Injected {
            fault: Fault::Killed(Service::Profile),
            recovery: Duration::from_millis(ms),
            in_flight: 100,
        };
        let mut report = Report {
            seed: 7,
            took: Duration::from_secs(60),
            events: 9_000,
            injected: vec![injected(900), injected(1_200), injected(4_000)],
            audits: 1,
            answers: Answers { right: 10, ..Answers::default() },
            audit: json!({ "clean": true, "lost": 0, "doubled": 0, "findings": [] }),
        };
        assert!(report.is_clean() && report.faults().is_empty());
        assert!(
            report.table().contains("| kill -9 of profile | 3 | 1.2 s | 4.0 s | 300 | 0 | 0 |"),
            "{}",
            report.table()
        );
        report.audit = json!({ "clean": false, "lost": 2, "doubled": 0, "findings": [{ "code": "audit.flag-lost" }] });
        assert!(!report.is_clean());
        assert!(report.table().contains("| 300 | ? | 0 |") && report.table().contains("| 300 | 2 | 0 |"));
        assert_eq!(report.faults().len(), 1);
    }
}
