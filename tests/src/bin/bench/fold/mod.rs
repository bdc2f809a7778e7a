//! What the fold costs: events a second over memory and over RocksDB, bytes written, the curve of an event's cost by how many
//! records its subject has, and, where STANDING_TEST_KAFKA names a broker, the workers on a real Kafka: folding live, and
//! rebuilding a lost state from the log; and by how many partitions and workers there are.
//!
//! Prints one line of JSON for each measurement (a lane) and, at last, the summary that the targets are about. The sizes are
//! variables of the environment: see sizes.rs.

mod clock;
mod growth;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod register;
mod report;
mod sizes;
mod throughput;
mod worker;

use anyhow::Context;
use serde_json::{Map, Value, json};

use growth::Filled;
use register::Register;
use sizes::Sizes;
use worker::{OnKafka, Shape};

pub(crate) fn measure() -> anyhow::Result<()> {
    let sizes = Sizes::from_env()?;
    let register = Register::new("bench", 1)?;
    let mut summary = Map::new();
    let mut rates = Map::new();
    if sizes.wants("memory") {
        let folded = throughput::in_memory(&register, &sizes).context("memory")?;
        print("memory", &report::folded(&folded));
        rates.insert("memory".to_owned(), json!(folded.per_second()));
    }
    if sizes.wants("disk") {
        let folded = throughput::on_disk(&register, &sizes).context("disk")?;
        print("disk", &report::folded(&folded));
        rates.insert("disk".to_owned(), json!(folded.per_second()));
    }
    if let (Some(memory), Some(disk)) = (rate(&rates, "memory"), rate(&rates, "disk")) {
        summary.insert("fold_vs_memory".to_owned(), json!(report::rounded(disk / memory)));
    }
    growth(&register, &sizes, &mut summary)?;
    match std::env::var("STANDING_TEST_KAFKA") {
        Ok(address) => {
            if sizes.wants("kafka") && sizes.kafka_events > 0 {
                on_kafka(&address, &sizes, &mut summary)?;
            }
            if sizes.wants("scale") {
                scale(&address, &sizes)?;
            }
        }
        Err(_) => eprintln!("bench: not on Kafka: STANDING_TEST_KAFKA names none"),
    }
    print("summary", &Value::Object(summary));
    Ok(())
}

/// Both curves. The states are filled at once, which takes minutes, and measured one after the other, each closed before the next; the
/// second is open while the first is measured, and its compactions take what is left of the processor.
fn growth(register: &Register, sizes: &Sizes, summary: &mut Map<String, Value>) -> anyhow::Result<()> {
    let lanes = [("growth", false), ("growth-adverse", true)].into_iter().filter(|(lane, _)| sizes.wants(lane));
    let filled = std::thread::scope(|scope| {
        let fill = |(lane, adverse)| (lane, scope.spawn(move || Filled::new(register, sizes, adverse)));
        let filling: Vec<_> = lanes.map(fill).collect();
        let filled = |(lane, thread): (_, std::thread::ScopedJoinHandle<'_, _>)| (lane, thread.join());
        filling.into_iter().map(filled).collect::<Vec<_>>()
    });
    for (lane, filled) in filled {
        let filled: Filled<'_> = filled.map_err(|_| anyhow::anyhow!("{lane}: filling panicked"))?.context(lane)?;
        let places = filled.curve(sizes).context(lane)?;
        print(lane, &report::curve(&places));
        summary.insert(format!("cost_{lane}").replace('-', "_"), json!(report::growth(&places)));
    }
    Ok(())
}

fn on_kafka(address: &str, sizes: &Sizes, summary: &mut Map<String, Value>) -> anyhow::Result<()> {
    let bench = OnKafka::new(address, sizes, sizes.shape())?;
    for lane in ["live", "rebuild"] {
        // A state of its own each time: the second finds what the group has committed, and folds it quietly.
        let dir = tempfile::tempdir()?;
        let run = bench.run(dir.path()).context(lane)?;
        let result = report::run(&run);
        summary.insert(format!("{lane}_records_per_second"), result["records_per_second"].clone());
        print(lane, &result);
    }
    Ok(())
}

/// The same log, split among more partitions and threads.
fn scale(address: &str, sizes: &Sizes) -> anyhow::Result<()> {
    let mut places = Vec::new();
    for workers in [1, 2] {
        for partitions in [1, 2, 4, 8] {
            let shape = Shape { partitions, workers, events: sizes.scale_events };
            let dir = tempfile::tempdir()?;
            let run = OnKafka::new(address, sizes, shape)?.run(dir.path()).with_context(|| format!("{shape:?}"))?;
            let result = report::run(&run);
            eprintln!("bench fold: {partitions} partitions, {workers} workers: {result}");
            places.push(json!({ "partitions": partitions, "workers": workers, "result": result }));
        }
    }
    print("scale", &json!({ "places": places }));
    Ok(())
}

fn rate(rates: &Map<String, Value>, lane: &str) -> Option<f64> {
    rates.get(lane)?.as_f64()
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn print(lane: &str, result: &Value) {
    println!("{}", json!({ "lane": lane, "result": result }));
}
