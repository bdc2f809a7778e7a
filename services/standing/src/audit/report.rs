//! The result of an audit, for people and for programs.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;

use super::finding::Findings;
use super::outputs::Kind;

/// What was looked at in one partition.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PartitionReport {
    pub(crate) partition: i32,
    /// Everything before this offset of the log was audited.
    pub(crate) committed: i64,
    /// Records that were not folded when the audit began.
    pub(crate) lag: u64,
    pub(crate) folded: u64,
    pub(crate) refused: u64,
    /// Per kind of output, how many were compared.
    #[serde(skip)]
    pub(crate) outputs: Vec<usize>,
    pub(crate) states: Vec<StateReport>,
}

/// A state that was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StateReport {
    pub(crate) offset: i64,
    pub(crate) rows: u64,
}

impl PartitionReport {
    fn outputs(&self) -> impl Iterator<Item = (Kind, usize)> {
        let counts = self.outputs.iter().copied().chain(std::iter::repeat(0));
        // In the order of the topics' names, as they are read.
        [Kind::Flag, Kind::Notice, Kind::Profile, Kind::Reject, Kind::Fall].into_iter().zip(counts)
    }
}

pub(crate) struct Report {
    /// How many partitions the register has.
    pub(crate) partitions: i32,
    pub(crate) audited: Vec<PartitionReport>,
    pub(crate) findings: Findings,
}

impl Report {
    pub(crate) fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn sum(&self, of: impl Fn(&PartitionReport) -> u64) -> u64 {
        self.audited.iter().map(of).sum()
    }

    fn compared(&self) -> u64 {
        self.sum(|partition| partition.outputs.iter().map(|count| *count as u64).sum())
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:>9} {:>12} {:>8} {:>12} {:>8} {:>10} {:>10} {:>10} {:>8}  state",
            "partition", "committed", "lag", "folded", "refused", "flags", "notices", "profiles", "rejects"
        );
        for partition in &self.audited {
            let PartitionReport { partition: number, committed, lag, folded, refused, .. } = partition;
            let _ = write!(text, "{number:>9} {committed:>12} {lag:>8} {folded:>12} {refused:>8}");
            for (kind, count) in partition.outputs() {
                let width = if kind == Kind::Reject { 8 } else { 10 };
                let _ = write!(text, " {count:>width$}");
            }
            let states: Vec<String> =
                partition.states.iter().map(|state| format!("{} rows at {}", state.rows, state.offset)).collect();
            let _ = writeln!(text, "  {}", if states.is_empty() { "-".to_owned() } else { states.join(", ") });
        }
        for finding in &self.findings.listed {
            let _ = write!(text, "FINDING {} {}/{}", finding.code, finding.topic, finding.partition);
            if let Some(offset) = finding.offset {
                let _ = write!(text, " offset {offset}");
            }
            if let Some(origin) = &finding.origin {
                let _ = write!(text, " origin {origin}");
            }
            if let Some(key) = &finding.key {
                let _ = write!(text, " key {key}");
            }
            let _ = writeln!(text, ": {}", finding.detail);
        }
        for (code, count) in &self.findings.counts {
            let _ = writeln!(text, "{count} {code} ({}): {}\n  {}", code.invariant(), code.meaning(), code.remedy());
        }
        let (audited, all) = (self.audited.len(), self.partitions);
        let (folded, compared) = (self.sum(|partition| partition.folded), self.compared());
        let states: usize = self.audited.iter().map(|partition| partition.states.len()).sum();
        let scope = format!(
            "{audited} of {all} partitions: {folded} records folded, {compared} outputs and {states} states compared"
        );
        let _ = match self.findings.total() {
            0 => writeln!(text, "clean; {scope}"),
            total => writeln!(text, "{total} findings; {scope}"),
        };
        text
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let audited: Vec<serde_json::Value> = self
            .audited
            .iter()
            .map(|partition| {
                let mut value = json!(partition);
                value["outputs"] = partition
                    .outputs()
                    .map(|(kind, count)| (kind.to_string(), json!(count)))
                    .collect::<serde_json::Map<_, _>>()
                    .into();
                value
            })
            .collect();
        let counts: Vec<serde_json::Value> = self
            .findings
            .counts
            .iter()
            .map(|(code, count)| {
                json!({ "code": code, "count": count, "invariant": code.invariant(), "meaning": code.meaning(),
                    "remedy": code.remedy() })
            })
            .collect();
        json!({
            "clean": self.is_clean(),
            "partitions": self.partitions,
            "audited": audited,
            "codes": counts,
            "findings": self.findings.listed,
            "lost": self.findings.lost(),
            "doubled": self.findings.doubled(),
        })
    }
}
