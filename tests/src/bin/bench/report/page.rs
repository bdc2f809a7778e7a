//! The page for people.

use std::fmt::Write;

use e2e::environment::text as of_environment;
use e2e::report::{machine, shown};
use serde_json::Value;

use super::figures::{Bound, Figures, TARGETS};

/// A district as the largest that is known: people, organisations and buildings, and their records.
const DISTRICT_SUBJECTS: f64 = 6.44e6;
const DISTRICT_RECORDS: f64 = 880e6;

pub(crate) fn page(figures: &Figures, version: &str) -> String {
    let mut text = format!(
        "# Benchmarks\n\nThe output of `make bench`, written by it and by nobody: version `{}`, broker and load on the same machine:\n\
         {}.{}\nA target that is missed is shown as missed. Beside each part is the command that measures it again, as large.\n\n\
         ## Targets\n\n{}",
        version.trim(),
        machine(),
        took().unwrap_or_default(),
        targets(figures)
    );
    fold(&mut text, figures);
    scale(&mut text, figures);
    let titles = [
        (
            "http",
            "Every service in one process, HTTP in to the gate",
            "Every service, the load and, where the log is Kafka, the broker share the cores: higher rates only pile up.",
        ),
        (
            "path",
            "From an event on Kafka to its flag",
            "Events are written to the topic of events, past intake, and neither the flags service nor the gate runs. Due and not sent yet counts as not seen.",
        ),
        (
            "check",
            "The gate's answers",
            "At a rate, batches too, the loop is open; in process, and as fast as they are answered, it is closed.",
        ),
        ("recover", "How soon a register is back", ""),
        ("instructions", "Instructions of the hot functions", ""),
    ];
    for (part, title, note) in titles {
        let Some((_, rows)) = figures.parts.iter().find(|(name, _)| *name == part) else { continue };
        // They were measured one after the other on one broker.
        let parts = if ["http", "path", "check"].contains(&part) { "http+path+check" } else { part };
        let _ = write!(
            text,
            "\n## {title}\n\n`BENCH_PARTS={parts} make bench`\n\n{note}{}| what | figure | unit |\n|---|---:|---|\n",
            if note.is_empty() { "" } else { "\n\n" }
        );
        for row in rows {
            let _ = writeln!(text, "| {} | {} | {} |", row.what, shown(row.value), row.unit);
        }
    }
    plan(&mut text, figures);
    if let Some(table) = &figures.peer_table {
        let _ = write!(text, "\n## Against Kafka Streams\n\n`BENCH_PARTS=peer make bench`\n\n{}\n", table.trim());
    }
    district(&mut text, figures);
    text
}

/// How long the run took, as scripts/bench.sh has measured it.
fn took() -> Option<String> {
    let seconds: u64 = of_environment("BENCH_TOOK_S")?.parse().ok()?;
    Some(format!(" It took {} min {} s, without what was built for it.", seconds / 60, seconds % 60))
}

fn plan(text: &mut String, figures: &Figures) {
    let Some(plan) = &figures.plan else { return };
    let number = |key: &str| shown(plan[key].as_f64().unwrap_or_default());
    let _ = write!(
        text,
        "\n## A plan of a catalogue\n\n`BENCH_PLAN_FIRMS={} BENCH_PARTS=plan make bench`: {} subjects, each of whose flags the new rules change or keep: {} s, at most {} MiB.\n",
        number("plan_subjects"),
        number("plan_subjects"),
        number("plan_seconds"),
        number("plan_mib")
    );
    if let Some((false, million)) = figures.plan_of_a_million() {
        let _ = writeln!(
            text,
            "A million, each as long as one of these: {} s, which nobody measured here.",
            shown(million)
        );
    }
}

pub(crate) fn targets(figures: &Figures) -> String {
    let mut text = "| what | key | target | this run | |\n|---|---|---:|---:|---|\n".to_owned();
    for target in &TARGETS {
        let bound = match target.bound {
            Bound::AtLeast(least) => format!("at least {}", shown(least)),
            Bound::AtMost(most) => format!("at most {}", shown(most)),
        };
        let (says, met) = match figures.outcome(target) {
            Some(outcome) => (outcome.says, if outcome.met { "met" } else { "**missed**" }),
            None => ("-".to_owned(), "not measured"),
        };
        let _ = writeln!(text, "| {} | `{}` | {bound} | {says} | {met} |", target.what, target.key);
    }
    text
}

fn fold(text: &mut String, figures: &Figures) {
    if figures.lanes.is_empty() {
        return;
    }
    text.push_str(
        "\n## The fold\n\n`BENCH_PARTS=fold make bench`\n\n\
         | how | events | events/s | events/s of one core | bytes written for an event |\n|---|---:|---:|---:|---:|\n",
    );
    let names =
        [("memory", "core, encoded rows in a map, outputs not encoded"), ("disk", "core and RocksDB, outputs encoded")];
    for (lane, name) in names {
        let Some(result) = figures.lanes.get(lane) else { continue };
        let of = |key: &str| result[key].as_f64().map_or_else(|| "-".to_owned(), shown);
        let keys = ["events", "events_per_second", "events_per_core_second", "written_bytes_per_event"];
        let _ = writeln!(text, "| {name} | {} |", keys.map(of).join(" | "));
    }
    for (lane, name) in [("live", "a worker on Kafka, live"), ("rebuild", "a worker on Kafka, rebuilding its state")] {
        let Some(result) = figures.lanes.get(lane) else { continue };
        let of = |key: &str| result[key].as_f64().map_or_else(|| "-".to_owned(), shown);
        let core = result["cpu_microseconds_per_record"]
            .as_f64()
            .map_or_else(|| "-".to_owned(), |us| shown((1e6 / us).round()));
        let _ = writeln!(text, "| {name} | {} | {} | {core} | |", of("records"), of("records_per_second"));
    }
    for (lane, what) in
        [("growth", "records that restrict nothing"), ("growth-adverse", "records that restrict at once")]
    {
        let places = figures.lanes.get(lane).and_then(|lane| lane["places"].as_array());
        let Some(places) = places.filter(|places| !places.is_empty()) else { continue };
        let list = |key: &str| {
            places.iter().map(|place| place[key].as_f64().map(shown).unwrap_or_default()).collect::<Vec<_>>().join(", ")
        };
        let cost = |place: &Value| place["microseconds"].as_f64().unwrap_or_default();
        let most = places.iter().map(cost).fold(0.0, f64::max);
        let _ = write!(
            text,
            "\n```mermaid\nxychart-beta\n  title \"Cost of an event by the records of its subject: {what}\"\n  x-axis \"records\" [{}]\n  y-axis \"us\" 0 --> {}\n  line [{}]\n```\n",
            list("records"),
            (most * 1.2).ceil(),
            list("microseconds")
        );
        let highest = places.iter().max_by(|a, b| cost(a).total_cmp(&cost(b)));
        if let (Some(first), Some(highest)) = (places.first(), highest) {
            let times = shown(cost(highest) / cost(first));
            let _ =
                writeln!(text, "\nAt most {times} times what it costs with one record, with {}.", highest["records"]);
        }
    }
}

/// One log, by how many partitions and workers it is split among.
fn scale(text: &mut String, figures: &Figures) {
    let places = figures.lanes.get("scale").and_then(|lane| lane["places"].as_array());
    let Some(places) = places.filter(|places| !places.is_empty()) else { return };
    text.push_str(
        "\n## Partitions and workers\n\n`BENCH_FOLD_LANES=scale BENCH_PARTS=fold make bench`: the same events on a topic of so many partitions, folded by so many \
         threads of one process, beside the broker.\n\n| partitions | workers | events/s | CPU for an event, us |\n|---:|---:|---:|---:|\n",
    );
    for place in places {
        let of =
            |key: &str| place[key].as_f64().or_else(|| place["result"][key].as_f64()).map(shown).unwrap_or_default();
        let cells = ["partitions", "workers", "records_per_second", "cpu_microseconds_per_record"].map(of);
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// The largest district, from what a record and a subject cost here, with the arithmetic shown.
fn district(text: &mut String, figures: &Figures) {
    let of = |key: &str| figures.figure("recover", key);
    let (Some(records), Some(subjects)) = (of("events"), of("subjects")) else { return };
    let (Some(state), Some(rebuild)) = (of("state_mib"), of("rebuild_per_s")) else { return };
    let (per_record, events) = (state * f64::from(1 << 20) / records, DISTRICT_RECORDS);
    let _ = write!(
        text,
        "\n## A district of {:.2} million subjects and {:.0} million records\n\nExtrapolated from the run above, on one machine like this one, as if an event of a large state took and cost what one of this state does, whose \
         subjects have {} events each and the district's {}. Runs of twenty and of fifty million events are in [benchmarking.md](benchmarking.md) and \
         [reliability.md](reliability.md): a large state takes less disk for an event and more processor, so that this is too few hours for its rebuild.\n\n\
         - state: {} MiB / {} events = {} B an event; x {:.0} million = {} GiB;\n\
         - rebuild from the log alone: {:.0} million / {} events/s = {} h;\n",
        DISTRICT_SUBJECTS / 1e6,
        events / 1e6,
        shown((records / subjects).round()),
        shown((DISTRICT_RECORDS / DISTRICT_SUBJECTS).round()),
        shown(state),
        shown(records),
        shown(per_record),
        events / 1e6,
        shown(per_record * events / f64::from(1 << 30)),
        events / 1e6,
        shown(rebuild),
        shown(events / rebuild / 3_600.0)
    );
    if let Some(bytes) = figures.lanes.get("memory").and_then(|lane| lane["event_bytes"].as_f64()) {
        let log = bytes * events / f64::from(1 << 30);
        let _ = writeln!(
            text,
            "- log: {:.0} million x {bytes} B, the values alone and not compressed, of the log of the fold above = {} GiB;",
            events / 1e6,
            shown(log)
        );
    }
    if let Some(bytes) = figures.figure("check", "bytes_per_flag") {
        let (flags, gate) = (DISTRICT_SUBJECTS, bytes * DISTRICT_SUBJECTS / f64::from(1 << 30));
        let _ = writeln!(
            text,
            "- a gate that follows every domain, with a flag for each subject: {:.2} million x {} B = {} GiB.",
            flags / 1e6,
            shown(bytes),
            shown(gate)
        );
    }
}
