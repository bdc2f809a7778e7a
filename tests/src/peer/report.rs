//! What was measured, as tables in markdown and as JSON. Every figure is the median of the runs, and of all times that a side caught up or
//! was killed in them.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::course::{CatchUp, Latency, Stretch};
use super::digest::Digested;
use super::{Bounds, Measured, Outcome, Plan, Run};

/// What must be known to judge the figures, whoever wins.
const CLIENTS: &str = "Kafka Streams' client ends transactions by the protocol's second version (KIP-890); Standing's, librdkafka, by its first.";

/// The better of what was measured at a rate: where it keeps up, and of those where flags come sooner.
fn better_of(measured: &[Latency], rate: u64) -> Option<&Latency> {
    let of_rate = measured.iter().filter(|latency| latency.rate == rate);
    of_rate.min_by(|a, b| a.is_behind().cmp(&b.is_behind()).then(a.p99.total_cmp(&b.p99)))
}

impl Measured {
    /// The middle one of the figures of catching up.
    fn caught(&self, figure: impl Fn(&CatchUp) -> Option<f64>) -> Option<f64> {
        median(self.caught.iter().filter_map(figure))
    }

    fn of(&self, figure: impl Fn(&Stretch) -> f64) -> f64 {
        self.caught(|caught| Some(figure(&caught.second_half))).unwrap_or(f64::NAN)
    }

    fn of_whole(&self, figure: impl Fn(&Stretch) -> f64) -> f64 {
        self.caught(|caught| Some(figure(&caught.whole))).unwrap_or(f64::NAN)
    }

    fn rate(&self) -> f64 {
        self.of(Stretch::rate)
    }

    fn cpu(&self) -> f64 {
        self.of(|stretch| Stretch::cpu(&stretch.side, stretch.events))
    }

    fn cpu_with_broker(&self) -> f64 {
        self.of(|stretch| Stretch::cpu(&stretch.side, stretch.events) + Stretch::cpu(&stretch.broker, stretch.events))
    }

    fn resident_mib(&self) -> f64 {
        self.caught(|caught| Some(caught.resident_bytes as f64 / f64::from(1 << 20))).unwrap_or(f64::NAN)
    }

    fn away(&self) -> Option<f64> {
        median(self.runs.iter().flat_map(|run| &run.away).map(Duration::as_secs_f64))
    }

    /// Of its latency at a rate.
    fn latency(&self, rate: u64, figure: impl Fn(&Latency) -> f64 + Copy) -> Option<f64> {
        median(self.runs.iter().filter_map(|run| better_of(&run.latencies, rate).map(figure)))
    }

    /// Whether it was behind at that rate in half of the runs or more.
    fn is_behind(&self, rate: u64) -> bool {
        self.latency(rate, |latency| f64::from(u8::from(latency.is_behind()))) >= Some(0.5)
    }

    fn json(&self) -> Value {
        json!({
            "side": self.side.name(),
            "catch_ups": self.caught.iter().map(caught_json).collect::<Vec<_>>(),
            "runs": self.runs.iter().map(run_json).collect::<Vec<_>>(),
        })
    }
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let upper = *figures.get(figures.len() / 2)?;
    let lower = *figures.get((figures.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

fn caught_json(caught: &CatchUp) -> Value {
    json!({
        "whole": stretch_json(&caught.whole),
        "second_half": stretch_json(&caught.second_half),
        "second_half_compiling_cores": caught.compiling.map(rounded),
        "rss_bytes": caught.resident_bytes,
        "log_bytes": caught.log_bytes,
    })
}

fn run_json(run: &Run) -> Value {
    json!({
        "latencies": run.latencies.iter().map(latency_json).collect::<Vec<_>>(),
        "restarts_s": run.away.iter().map(|away| rounded(away.as_secs_f64())).collect::<Vec<_>>(),
    })
}

fn stretch_json(stretch: &Stretch) -> Value {
    let per_event = |bytes: u64| rounded(bytes as f64 / stretch.events as f64);
    json!({
        "events": stretch.events,
        "seconds": rounded(stretch.wall.as_secs_f64()),
        "events_per_second": stretch.rate().round(),
        "cpu_s_per_million": rounded(Stretch::cpu(&stretch.side, stretch.events)),
        "broker_cpu_s_per_million": rounded(Stretch::cpu(&stretch.broker, stretch.events)),
        "disk_bytes_per_event": per_event(stretch.side.disk_bytes),
        "broker_disk_bytes_per_event": per_event(stretch.broker.disk_bytes),
    })
}

fn latency_json(latency: &Latency) -> Value {
    json!({
        "rate": latency.rate,
        "commit_ms": latency.commit_ms,
        "flags": latency.flags,
        "p50_ms": rounded(latency.p50),
        "p99_ms": rounded(latency.p99),
        "p999_ms": rounded(latency.p999),
        "compiling_cores_before": rounded(latency.compiling),
        "behind": latency.behind,
        "cpu": stretch_json(&latency.stretch),
    })
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// One row: who wins, and by how much, against every configuration of the peer.
struct Row {
    what: String,
    unit: &'static str,
    ours: Cell,
    theirs: Vec<Cell>,
    more_is_better: bool,
}

/// A figure of a side, if it has one; one of a side that is behind is of its queue.
#[derive(Clone, Copy)]
struct Cell {
    figure: Option<f64>,
    behind: bool,
}

impl Cell {
    fn print(self) -> String {
        let shown = self.figure.map(shown).unwrap_or_default();
        if self.behind && self.figure.is_some() { format!("{shown}, and behind") } else { shown }
    }
}

impl Row {
    fn print(&self, table: &mut String) {
        let _ = write!(table, "| {}, {} | {} |", self.what, self.unit, self.ours.print());
        for theirs in &self.theirs {
            let _ = write!(table, " {} | {} |", theirs.print(), self.verdict(*theirs));
        }
        table.push('\n');
    }

    fn verdict(&self, theirs: Cell) -> String {
        let (Some(ours), Some(other)) = (self.ours.figure, theirs.figure) else { return String::new() };
        match (self.ours.behind, theirs.behind) {
            (true, true) => return "neither keeps up".to_owned(),
            (true, false) => return "Kafka Streams, which keeps up".to_owned(),
            (false, true) => return "Standing, which keeps up".to_owned(),
            (false, false) => {}
        }
        let by = if self.more_is_better { ours / other } else { other / ours };
        if by >= 1.0 { format!("Standing, {}×", shown(by)) } else { format!("Kafka Streams, {}×", shown(1.0 / by)) }
    }
}

fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The peer's figure in the configuration that is best at just that, of those with a changelog.
fn best(peers: &[Measured], of: impl Fn(&Measured) -> Option<f64>, better: fn(f64, f64) -> f64) -> anyhow::Result<f64> {
    let logged = peers.iter().filter(|peer| peer.side.has_changelog());
    logged.filter_map(of).reduce(better).context("no configuration of the peer was measured")
}

/// Whose flags come sooner at a rate: ours, or those of the peer's better configuration with a changelog, ms at p99.
struct Race {
    ours: f64,
    theirs: f64,
    we_keep_up: bool,
    they_keep_up: bool,
}

impl Race {
    fn at(rate: u64, ours: &Measured, peers: &[Measured]) -> anyhow::Result<Self> {
        let p99 = |of: &Measured| of.latency(rate, |latency| latency.p99);
        let in_time = |of: &Measured| p99(of).filter(|_| !of.is_behind(rate));
        let sooner = best(peers, in_time, f64::min);
        Ok(Self {
            ours: p99(ours).context("no latency was measured")?,
            we_keep_up: !ours.is_behind(rate),
            they_keep_up: sooner.is_ok(),
            theirs: sooner.or_else(|_| best(peers, p99, f64::min))?,
        })
    }

    /// Of a side that does not keep up it is the length of its queue, and its ratio is of nothing.
    fn ratio(&self) -> Option<f64> {
        (self.we_keep_up && self.they_keep_up).then(|| rounded(self.ours / self.theirs))
    }
}

/// The comparison: ours, the peer's plain stores, the peer without a changelog, and with transactional stores where it has them, in
/// this order. What the targets are about is compared with the better one of those with a changelog, row by row.
pub(super) fn compared(
    plan: &Plan,
    version: &str,
    bounds: &Bounds,
    expected: &Digested,
    measured: &[Measured],
) -> anyhow::Result<Outcome> {
    let [ours, peers @ ..] = measured else { anyhow::bail!("nothing was measured") };
    let [_, unlogged, ..] = peers else { anyhow::bail!("the peer is compared twice at least") };
    let mut table = heading(plan, version) + &list(measured);
    let _ = writeln!(
        table,
        "\nAll of them wrote the same {} flags in the same order (hash {}).\n",
        expected.flags, expected.hash
    );
    let names = ["Kafka Streams", "… without changelog", "… with transactional stores"].into_iter().take(peers.len());
    let (mut head, mut line) = ("| what | Standing |".to_owned(), "|---|---:|".to_owned());
    for name in names {
        let _ = write!(head, " {name} | who wins |");
        line.push_str("---:|---|");
    }
    let _ = writeln!(table, "{head}\n{line}");
    for row in rows(plan, ours, peers) {
        row.print(&mut table);
    }
    let _ = writeln!(
        table,
        "\nThe fold in memory, on one thread and without a log: {} events a second, of which Standing reaches {}. The client alone, \
         which reads every event and writes as many flags: {} events a second, of which Standing reaches {}.",
        shown(bounds.memory),
        shown(ours.rate() / bounds.memory),
        shown(bounds.client),
        shown(ours.rate() / bounds.client),
    );
    table.push_str("\nRatios of the targets are against the better configuration with a changelog, row by row.\n");
    let (high, low) = (Race::at(plan.rate, ours, peers)?, Race::at(plan.low_rate, ours, peers)?);
    let our_away = ours.away().context("no restart was measured")?;
    let their_away = best(peers, Measured::away, f64::min)?;
    let of_all = |of: &Measured| Some(of.of_whole(Stretch::rate));
    let (rate, whole) = (best(peers, |of| Some(of.rate()), f64::max)?, best(peers, of_all, f64::max)?);
    let cpu = best(peers, |of| Some(of.cpu()), f64::min)?;
    let cpu_total = best(peers, |of| Some(of.cpu_with_broker()), f64::min)?;
    let figures = [
        ("throughput", ours.rate()),
        ("throughput_vs_streams", ours.rate() / rate),
        ("throughput_vs_streams_nolog", ours.rate() / unlogged.rate()),
        ("throughput_whole_vs_streams", ours.of_whole(Stretch::rate) / whole),
        ("throughput_whole_vs_streams_nolog", ours.of_whole(Stretch::rate) / unlogged.of_whole(Stretch::rate)),
        ("cpu_vs_streams", ours.cpu() / cpu),
        ("cpu_vs_streams_nolog", ours.cpu() / unlogged.cpu()),
        ("cpu_total_vs_streams", ours.cpu_with_broker() / cpu_total),
        ("flag_p99_ms", high.ours),
        ("flag_p99_ms_streams", high.theirs),
        ("flag_p99_low_ms", low.ours),
        ("flag_p99_low_ms_streams", low.theirs),
        ("restart_s", our_away),
        ("restart_s_streams", their_away),
        ("restart_vs_streams", their_away / our_away),
        ("rss_mib", ours.resident_mib()),
        ("rss_mib_streams", best(peers, |of| Some(of.resident_mib()), f64::min)?),
        ("throughput_vs_memory", ours.rate() / bounds.memory),
        ("throughput_vs_client", ours.rate() / bounds.client),
    ];
    let mut json: Map<String, Value> =
        figures.into_iter().map(|(key, value)| (key.to_owned(), rounded(value).into())).collect();
    json.extend(common(plan, version, bounds, measured));
    json.insert("keeps_up".to_owned(), high.we_keep_up.into());
    json.insert("keeps_up_streams".to_owned(), high.they_keep_up.into());
    json.insert("flag_p99_vs_streams".to_owned(), high.ratio().into());
    json.insert("flag_p99_low_vs_streams".to_owned(), low.ratio().into());
    json.insert("flags_hash".to_owned(), expected.hash.clone().into());
    Ok(Outcome { table, json: json.into() })
}

fn rows(plan: &Plan, ours: &Measured, peers: &[Measured]) -> Vec<Row> {
    let row = |what: &str, unit, more_is_better, cell: &dyn Fn(&Measured) -> Cell| {
        let (ours, theirs) = (cell(ours), peers.iter().map(cell).collect());
        Row { what: what.to_owned(), unit, ours, theirs, more_is_better }
    };
    let some = |what: &str, unit, more_is_better, figure: &dyn Fn(&Measured) -> Option<f64>| {
        row(what, unit, more_is_better, &|of| Cell { figure: figure(of), behind: false })
    };
    let every = |what, unit, more_is_better, figure: &dyn Fn(&Measured) -> f64| {
        some(what, unit, more_is_better, &|of: &Measured| Some(figure(of)))
    };
    let late = |rate: u64, which: &str, figure: fn(&Latency) -> f64| {
        let what = format!("event due to flag read at {rate} events/s, {which}");
        row(&what, "ms", false, &|of| Cell { figure: of.latency(rate, figure), behind: of.is_behind(rate) })
    };
    let busy = |rate: u64| {
        some(&format!("processor at {rate} events/s"), "s per million events", false, &|m| {
            m.latency(rate, |latency| Stretch::cpu(&latency.stretch.side, latency.stretch.events))
        })
    };
    let sent = |m: &Measured| m.caught(|caught| Some(caught.log_bytes? as f64 / caught.whole.events as f64));
    let per_event = |of: fn(&Stretch) -> u64| move |m: &Measured| m.of_whole(|s| of(s) as f64 / s.events as f64);
    vec![
        every("catch-up, second half of the events", "events/s", true, &Measured::rate),
        every("catch-up, from the start of the process", "events/s", true, &|m| m.of_whole(Stretch::rate)),
        every("processor, second half", "s per million events", false, &Measured::cpu),
        every("processor with the broker's, second half", "s per million events", false, &Measured::cpu_with_broker),
        every("processor, from the start", "s per million events", false, &|m| {
            m.of_whole(|stretch| Stretch::cpu(&stretch.side, stretch.events))
        }),
        some("in the logs of the broker: flags and changelog", "bytes per event", false, &sent),
        every("written to disk", "bytes per event", false, &per_event(|stretch| stretch.side.disk_bytes)),
        every(
            "written to disk by the broker",
            "bytes per event",
            false,
            &per_event(|stretch| stretch.broker.disk_bytes),
        ),
        every("most memory, catching up", "MiB", false, &Measured::resident_mib),
        late(plan.low_rate, "p50", |latency| latency.p50),
        late(plan.low_rate, "p99", |latency| latency.p99),
        late(plan.low_rate, "p99.9", |latency| latency.p999),
        busy(plan.low_rate),
        late(plan.rate, "p50", |latency| latency.p50),
        late(plan.rate, "p99", |latency| latency.p99),
        late(plan.rate, "p99.9", |latency| latency.p999),
        busy(plan.rate),
        some("killed, to the first new flag", "s", false, &Measured::away),
    ]
}

/// The sweep: every configuration catching up, the fastest first.
pub(super) fn sweep(plan: &Plan, version: &str, bounds: &Bounds, measured: &[Measured]) -> Outcome {
    let mut table = heading(plan, version);
    table.push_str("\n| side | events/s | from the start | processor, s per million | with the broker's | MiB |\n|---|---:|---:|---:|---:|---:|\n");
    let mut sorted: Vec<&Measured> = measured.iter().collect();
    sorted.sort_by(|a, b| b.rate().total_cmp(&a.rate()));
    for of in sorted {
        let figures =
            [of.rate(), of.of_whole(Stretch::rate), of.cpu(), of.cpu_with_broker(), of.resident_mib()].map(shown);
        let _ = writeln!(table, "| {} | {} |", of.side.name(), figures.join(" | "));
    }
    Outcome { table, json: common(plan, version, bounds, measured).into() }
}

fn heading(plan: &Plan, version: &str) -> String {
    format!(
        "{} events about {} subjects, {} partitions, Kafka Streams {version} with a heap of at most {} MiB, runs of each side: {}, times of \
         catching up in each: {}, the sides in turn. Latency at {} and at {} events a second, for {} s each. {CLIENTS}\n\n",
        plan.events,
        plan.subjects,
        super::topics::PARTITIONS,
        plan.heap_mib,
        plan.runs,
        plan.catch_ups,
        plan.low_rate,
        plan.rate,
        plan.seconds,
    )
}

/// What a side's runs were, one by one.
fn list(measured: &[Measured]) -> String {
    let mut text = String::new();
    for of in measured {
        let latencies: Vec<String> = of.runs.iter().flat_map(|run| &run.latencies).map(told).collect();
        let rates: Vec<String> = of.caught.iter().map(|caught| shown(caught.second_half.rate())).collect();
        let compiling: Vec<String> = of.caught.iter().filter_map(|caught| Some(shown(caught.compiling?))).collect();
        let compiling = match compiling.join(", ") {
            none if none.is_empty() => none,
            cores => format!(" (meanwhile its compiler had {cores} of a core)"),
        };
        let _ = write!(text, "- {}: {} events/s{compiling}{}", of.side.name(), rates.join(", "), latencies.concat());
        let away: Vec<String> =
            of.runs.iter().flat_map(|run| &run.away).map(|away| shown(away.as_secs_f64())).collect();
        let back =
            if away.is_empty() { String::new() } else { format!("; back {} s after each kill", away.join(", ")) };
        let _ = writeln!(text, "{back}");
    }
    text
}

fn told(latency: &Latency) -> String {
    let [from, until] = latency.behind;
    format!(
        "; at {} events a second with a commit interval of {} ms p50 {} p99 {} p99.9 {} ms ({from} events behind when it began and {until} when it \
         ended; before that the compilers of side and broker had {} of a core)",
        latency.rate,
        latency.commit_ms,
        shown(latency.p50),
        shown(latency.p99),
        shown(latency.p999),
        shown(latency.compiling)
    )
}

fn common(plan: &Plan, version: &str, bounds: &Bounds, measured: &[Measured]) -> Map<String, Value> {
    let of = [
        ("events", json!(plan.events)),
        ("subjects", json!(plan.subjects)),
        ("rate", json!(plan.rate)),
        ("low_rate", json!(plan.low_rate)),
        ("runs", json!(plan.runs)),
        ("catch_ups", json!(plan.catch_ups)),
        ("streams_version", json!(version)),
        ("clients", json!(CLIENTS)),
        ("memory_events_per_second", json!(bounds.memory.round())),
        ("client_events_per_second", json!(bounds.client.round())),
        ("sides", measured.iter().map(Measured::json).collect()),
    ];
    of.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_side_keeps_up_counts_before_where_its_flags_come_sooner() {
        let usage = crate::usage::Usage::default();
        let stretch = Stretch { events: 1, wall: Duration::from_secs(1), side: usage, broker: usage };
        let latency = |rate, commit_ms, p99, behind| Latency {
            rate,
            commit_ms,
            flags: 1,
            p50: p99,
            p99,
            p999: p99,
            stretch,
            compiling: 0.0,
            behind,
        };
        let (queue, slow, quick) = ([5_000, 9_000], [200, 300], [0, 0]);
        let measured = [
            latency(1_000, 100, 50.0, queue),
            latency(1_000, 500, 700.0, slow),
            latency(1_000, 250, 400.0, quick),
            latency(200, 50, 10.0, quick),
        ];
        let chosen = |measured: &[Latency], rate| better_of(measured, rate).map(|latency| latency.commit_ms);
        assert_eq!(chosen(&measured, 1_000), Some(250));
        assert_eq!(chosen(&measured[..1], 1_000), Some(100), "there is no other");
        assert_eq!(chosen(&measured, 300), None);
    }

    #[test]
    fn the_median_is_the_middle_one_or_between_the_two_in_the_middle() {
        let of = |figures: &[f64]| median(figures.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn who_wins_is_told_by_how_much_unless_a_side_does_not_keep_up() {
        let cell = |figure, behind| Cell { figure: Some(figure), behind };
        let verdict = |ours, theirs| {
            let row = Row { what: "late".to_owned(), unit: "ms", ours, theirs: Vec::new(), more_is_better: false };
            row.verdict(theirs)
        };
        assert_eq!(verdict(cell(10.0, false), cell(25.0, false)), "Standing, 2.50×");
        assert_eq!(verdict(cell(10.0, false), cell(5.0, false)), "Kafka Streams, 2.00×");
        assert_eq!(verdict(cell(10.0, false), cell(9_000.0, true)), "Standing, which keeps up");
        assert_eq!(verdict(cell(9_000.0, true), cell(10.0, false)), "Kafka Streams, which keeps up");
        assert_eq!(verdict(cell(9_000.0, true), cell(8_000.0, true)), "neither keeps up");
        assert_eq!(verdict(cell(9.0, false), Cell { figure: None, behind: false }), "");
        assert_eq!(cell(9_000.0, true).print(), "9000, and behind");
    }
}
