//! The result as JSON: one object, and a summary of it as a table.

use serde_json::{Value, json};

use super::growth::Place;
use super::throughput::Folded;
use super::worker::Run;

pub(crate) fn folded(folded: &Folded) -> Value {
    json!({
        "events": folded.events,
        "events_per_second": folded.per_second().round(),
        "events_per_core_second": folded.per_core_second().round(),
        "written_bytes_per_event": folded.written_per_event().round(),
        "event_bytes": (folded.event_bytes as f64 / folded.events as f64).round(),
        "outputs": folded.outputs,
    })
}

pub(crate) fn curve(places: &[Place]) -> Value {
    let of = |place: &Place| json!({ "records": place.records, "microseconds": micros(place) });
    json!({ "places": places.iter().map(of).collect::<Vec<_>>(), "cost_growth": growth(places) })
}

/// The cost with the most records, in that with one.
pub(crate) fn growth(places: &[Place]) -> f64 {
    match (places.first(), places.last()) {
        (Some(first), Some(last)) => rounded(last.cost.as_secs_f64() / first.cost.as_secs_f64()),
        _ => f64::NAN,
    }
}

pub(crate) fn run(run: &Run) -> Value {
    json!({
        "records": run.records,
        "seconds": rounded(run.wall.as_secs_f64()),
        "records_per_second": (run.records as f64 / run.wall.as_secs_f64()).round(),
        "cpu_microseconds_per_record": rounded(run.cpu.as_secs_f64() * 1e6 / run.records as f64),
    })
}

pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

fn micros(place: &Place) -> f64 {
    rounded(place.cost.as_secs_f64() * 1e6)
}
