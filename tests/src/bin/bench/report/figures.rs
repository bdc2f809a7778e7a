//! The parts of a run, and what they say of the targets.

use std::path::Path;

use anyhow::Context;
use e2e::report::shown;
use serde_json::{Map, Value, json};

/// One figure of a part.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
}

/// What was asked for.
pub(crate) struct Target {
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) bound: Bound,
}

#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// Seconds that a plan over a million subjects may take.
const PLAN_S: f64 = 60.0;
/// The most that an event may cost with the most records of its subject, in what it costs with one.
const COST_GROWTH: f64 = 1.5;
const FLAG_VS_STREAMS: &str = "flag_p99_vs_streams";

pub(crate) const TARGETS: [Target; 14] = {
    use Bound::{AtLeast, AtMost};
    const fn target(key: &'static str, what: &'static str, bound: Bound) -> Target {
        Target { key, what, bound }
    }
    [
        target("throughput_vs_streams", "catch-up against Kafka Streams with its changelog", AtLeast(3.0)),
        target("throughput_vs_streams_nolog", "the same without its changelog", AtLeast(1.3)),
        target("cpu_vs_streams", "CPU for an event, ours / theirs, without the broker", AtMost(0.5)),
        target(
            "fold_vs_memory",
            "core and RocksDB, outputs encoded / core in memory, not encoded, events/s, of as many events as in the first table below",
            AtLeast(0.4),
        ),
        target("flag_p99_ms", "event to visible flag at 10,000 events/s, p99, ms", AtMost(100.0)),
        target(FLAG_VS_STREAMS, "the same of the comparison's fold, ours / theirs", AtMost(1.0)),
        target("check_p99_us", "check over HTTP at 5,000/s, p99, us", AtMost(1_000.0)),
        target("check_inprocess_p99_us", "check in process, p99, us", AtMost(5.0)),
        target("check_acked_p99_ms", "check that waits for the decision log at 2,000/s, p99, ms", AtMost(15.0)),
        target("restart_s", "kill -9 to the first new output, s", AtMost(3.0)),
        target("restart_vs_streams", "the same, theirs / ours", AtLeast(10.0)),
        target(
            "profile_rss_mib",
            "memory of the profile at most, in the parts path, recover and plan, MiB",
            AtMost(2_048.0),
        ),
        target(
            "cost_growth",
            "cost of an event at the most records of its subject / at one, the worse of the two curves below",
            AtMost(COST_GROWTH),
        ),
        target(
            "plan_s",
            "a catalogue's plan over 1,000,000 subjects, scaled where fewer were planned (see there), s",
            AtMost(PLAN_S),
        ),
    ]
};

/// What became of a target.
pub(crate) struct Outcome {
    /// The figure, or what stands for one.
    pub(crate) says: String,
    pub(crate) met: bool,
}

/// Everything that a run has left.
pub(crate) struct Figures {
    /// By part, in the order of the page.
    pub(crate) parts: Vec<(&'static str, Vec<Row>)>,
    /// Of the fold: each measurement by its name.
    pub(crate) lanes: Map<String, Value>,
    pub(crate) plan: Option<Value>,
    pub(crate) peer: Option<Value>,
    /// The peer's own table.
    pub(crate) peer_table: Option<String>,
}

impl Figures {
    /// Parts that were not run are left out.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut parts = Vec::new();
        for part in ["http", "path", "check", "recover", "instructions"] {
            if let Some(value) = json_of(&folder.join(format!("{part}.json")))? {
                parts.push((part, rows(&value).with_context(|| format!("{part}.json"))?));
            }
        }
        let mut lanes = Map::new();
        for line in text_of(&folder.join("fold.jsonl"))?.unwrap_or_default().lines() {
            let line: Value = serde_json::from_str(line).context("fold.jsonl")?;
            let lane = line["lane"].as_str().context("a line without its lane")?;
            lanes.insert(lane.to_owned(), line["result"].clone());
        }
        let plan = json_of(&folder.join("plan.json"))?;
        let peer = json_of(&folder.join("peer.json"))?;
        Ok(Self { parts, lanes, plan, peer, peer_table: text_of(&folder.join("peer.md"))? })
    }

    /// A figure of a part.
    pub(crate) fn figure(&self, part: &str, key: &str) -> Option<f64> {
        let (_, rows) = self.parts.iter().find(|(name, _)| *name == part)?;
        Some(rows.iter().find(|row| row.key == key)?.value)
    }

    /// What a target is about, if this run measured it as large and as fast as the target says.
    pub(crate) fn target(&self, key: &str) -> Option<f64> {
        match key {
            "fold_vs_memory" => self.lanes.get("summary")?[key].as_f64(),
            "cost_growth" => self.cost_growth(),
            "flag_p99_ms" => self.figure("path", "flag_10000_p99_ms"),
            "check_p99_us" | "check_inprocess_p99_us" => self.of_gate("check_rate", 5_000.0, key),
            "check_acked_p99_ms" => self.of_gate("check_acked_rate", 2_000.0, "check_acked_p99_us").map(|us| us / 1e3),
            "plan_s" => self
                .plan_of_a_million()
                .filter(|(whole, seconds)| *whole || *seconds > PLAN_S)
                .map(|(_, seconds)| seconds),
            "restart_s" => self.figure("recover", "restart_p50_s"),
            "profile_rss_mib" => {
                let planned = self.plan.as_ref()?["profile_mib"].as_f64();
                let most = [self.figure("recover", "rss_mib"), self.figure("path", "rss_mib"), planned];
                most.into_iter().reduce(|a, b| Some(a?.max(b?)))?
            }
            FLAG_VS_STREAMS => self.peer_at_10_000()?[key].as_f64(),
            _ => self.peer.as_ref()?[key].as_f64(),
        }
    }

    /// Seconds of a plan over a million subjects, and whether so many were planned; else by what one of those took, which can show that the
    /// target is missed, and not that it is met.
    pub(crate) fn plan_of_a_million(&self) -> Option<(bool, f64)> {
        let plan = self.plan.as_ref()?;
        let planned = plan["plan_subjects"].as_f64().filter(|planned| *planned >= 1e5)?;
        Some((planned >= 1e6, plan["plan_seconds"].as_f64()? / planned * 1e6))
    }

    /// The comparison, if its latency was measured at the rate that the target says.
    fn peer_at_10_000(&self) -> Option<&Value> {
        self.peer.as_ref().filter(|of| of["rate"] == 10_000)
    }

    /// A figure of the gate with a million flags, asked at this rate.
    fn of_gate(&self, rate: &str, at: f64, key: &str) -> Option<f64> {
        let as_asked = self.figure("check", "flags")? >= 1e6 && self.figure("check", rate) == Some(at);
        if as_asked { self.figure("check", key) } else { None }
    }

    /// What the cost of an event grows by up to a million records of its subject: the worse of the two curves. One that ends before can
    /// show that the target is missed, and not that it is met.
    fn cost_growth(&self) -> Option<f64> {
        let curve = |lane: &str| {
            let lane = self.lanes.get(lane)?;
            let most = lane["places"].as_array()?.last()?["records"].as_u64()?;
            Some((most >= 1_000_000, lane["cost_growth"].as_f64()?))
        };
        let (quiet, adverse) = (curve("growth")?, curve("growth-adverse")?);
        let worse = quiet.1.max(adverse.1);
        if (quiet.0 && adverse.0) || worse > COST_GROWTH { Some(worse) } else { None }
    }

    /// By key of the target: the figure, what it says, and whether it is met; `null` where it was not measured.
    pub(crate) fn summary(&self) -> Value {
        let of = |target: &Target| match self.outcome(target) {
            Some(outcome) => json!({ "value": self.target(target.key), "says": outcome.says, "met": outcome.met }),
            None => Value::Null,
        };
        TARGETS.iter().map(|target| (target.key.to_owned(), of(target))).collect::<Map<_, _>>().into()
    }

    /// `None`: it was not measured.
    pub(crate) fn outcome(&self, target: &Target) -> Option<Outcome> {
        match self.target(target.key) {
            Some(value) => Some(Outcome { says: shown(value), met: target.bound.holds(value) }),
            None if target.key == FLAG_VS_STREAMS => self.who_keeps_up(),
            None => None,
        }
    }

    /// Where a side does not keep up, how late its flags are says how long it was watched: then who keeps up tells who is sooner.
    fn who_keeps_up(&self) -> Option<Outcome> {
        let peer = self.peer_at_10_000()?;
        let (who, met) = match (peer["keeps_up"].as_bool()?, peer["keeps_up_streams"].as_bool()?) {
            (true, false) => ("Kafka Streams does not keep up", true),
            (false, true) => ("Standing does not keep up", false),
            (false, false) => ("neither keeps up", false),
            (true, true) => return None,
        };
        let low = peer["flag_p99_low_vs_streams"].as_f64();
        let low = low.map(|ratio| format!("; at {}/s {}", peer["low_rate"], shown(ratio))).unwrap_or_default();
        Some(Outcome { says: format!("{who}{low}"), met })
    }
}

fn text_of(file: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn json_of(file: &Path) -> anyhow::Result<Option<Value>> {
    text_of(file)?.map(|text| serde_json::from_str(&text).with_context(|| file.display().to_string())).transpose()
}

fn rows(part: &Value) -> anyhow::Result<Vec<Row>> {
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().map(str::to_owned).with_context(|| format!("a row without {name}"));
        let value = row["value"].as_f64().context("a row without value")?;
        Ok(Row { key: text("key")?, what: text("what")?, value, unit: text("unit")? })
    };
    part["rows"].as_array().context("no rows")?.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against_peer(peer: Value) -> Option<Outcome> {
        let figures = Figures { parts: Vec::new(), lanes: Map::new(), plan: None, peer: Some(peer), peer_table: None };
        let target = TARGETS.iter().find(|target| target.key == FLAG_VS_STREAMS).expect("it is a target");
        figures.outcome(target)
    }

    #[test]
    fn a_side_that_does_not_keep_up_is_told_by_that_and_not_by_its_queue() {
        let of = |ours: bool, theirs: bool, ratio: Option<f64>| {
            let peer = json!({ "rate": 10_000, "keeps_up": ours, "keeps_up_streams": theirs, "flag_p99_vs_streams": ratio,
                               "low_rate": 2_000, "flag_p99_low_vs_streams": 0.25 });
            against_peer(peer).map(|outcome| (outcome.says, outcome.met))
        };
        let told = |says: &str, met| Some((says.to_owned(), met));
        assert_eq!(of(true, true, Some(0.5)), told("0.500", true));
        assert_eq!(of(true, true, Some(2.0)), told("2", false));
        assert_eq!(of(true, false, None), told("Kafka Streams does not keep up; at 2000/s 0.250", true));
        assert_eq!(of(false, true, None), told("Standing does not keep up; at 2000/s 0.250", false));
        assert_eq!(of(false, false, None), told("neither keeps up; at 2000/s 0.250", false));
        let nowhere = json!({ "rate": 10_000, "keeps_up": false, "keeps_up_streams": false, "flag_p99_vs_streams": null,
                              "low_rate": 2_000, "flag_p99_low_vs_streams": null });
        assert_eq!(against_peer(nowhere).map(|outcome| outcome.says), Some("neither keeps up".to_owned()));
    }

    #[test]
    fn another_rate_or_an_older_file_says_nothing_of_the_target() {
        assert!(against_peer(json!({ "rate": 2_000, "keeps_up": true, "keeps_up_streams": false })).is_none());
        assert!(against_peer(json!({ "rate": 10_000 })).is_none());
    }
}
