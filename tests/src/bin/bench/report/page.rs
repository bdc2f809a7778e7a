//! The page for people.

use std::fmt::Write;

use e2e::report::{machine, shown};

use super::figures::{Bound, Figures, TARGETS};

/// A district as the largest that is known: people, organisations and buildings, and their records.
const DISTRICT_SUBJECTS: f64 = 6.44e6;
const DISTRICT_RECORDS: f64 = 880e6;

pub(crate) fn page(figures: &Figures, version: &str) -> String {
    let mut text = format!(
        "# Benchmarks\n\nThe output of `make bench`, written by it and by nobody: version `{}`, broker and load on the same machine:\n\
         {}.\nA target that is missed is shown as missed. Beside each part is the command that measures it again, as large.\n\n\
         ## Targets\n\n{}",
        version.trim(),
        machine(),
        targets(figures)
    );
    fold(&mut text, figures);
    scale(&mut text, figures);
    let titles = [
        ("http", "Every service in one process, HTTP in to the gate"),
        ("path", "From an event on Kafka to its flag"),
        ("check", "The gate's answers"),
        ("recover", "How soon a register is back"),
        ("instructions", "Instructions of the hot functions"),
    ];
    for (part, title) in titles {
        let Some((_, rows)) = figures.parts.iter().find(|(name, _)| *name == part) else { continue };
        // They were measured one after the other on one broker.
        let parts = if ["http", "path", "check"].contains(&part) { "http+path+check" } else { part };
        let _ = write!(
            text,
            "\n## {title}\n\n`BENCH_PARTS={parts} make bench`\n\n| what | figure | unit |\n|---|---:|---|\n"
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
        let figure = figures.target(target.key).map_or_else(|| "-".to_owned(), shown);
        let met = match figures.met(target) {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        let _ = writeln!(text, "| {} | `{}` | {bound} | {figure} | {met} |", target.what, target.key);
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
        [("memory", "core, state in a map, outputs not encoded"), ("disk", "core and RocksDB, outputs encoded")];
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
        let most = places.iter().filter_map(|place| place["microseconds"].as_f64()).fold(0.0, f64::max);
        let _ = write!(
            text,
            "\n```mermaid\nxychart-beta\n  title \"Cost of an event by the records of its subject: {what}\"\n  x-axis \"records\" [{}]\n  y-axis \"us\" 0 --> {}\n  line [{}]\n```\n",
            list("records"),
            (most * 1.2).ceil(),
            list("microseconds")
        );
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
    let (Some(records), Some(state), Some(rebuild)) = (of("events"), of("state_mib"), of("rebuild_per_s")) else {
        return;
    };
    let (per_record, events) = (state * f64::from(1 << 20) / records, DISTRICT_RECORDS);
    let _ = write!(
        text,
        "\n## A district of {:.2} million subjects and {:.0} million records\n\nExtrapolated from the run above, on one machine like this one, as if an event of a large state cost what one of this state does; what a subject \
         itself takes is in its events'. [reliability.md](reliability.md) has a run of fifty million events.\n\n\
         - state: {} MiB / {} events = {} B an event; x {:.0} million = {} GiB;\n\
         - rebuild from the log alone: {:.0} million / {} events/s = {} h.\n",
        DISTRICT_SUBJECTS / 1e6,
        events / 1e6,
        shown(state),
        shown(records),
        shown(per_record),
        events / 1e6,
        shown(per_record * events / f64::from(1 << 30)),
        events / 1e6,
        shown(rebuild),
        shown(events / rebuild / 3_600.0)
    );
}
