//! Instructions of the hot functions, counted by valgrind: unlike times they hardly differ from run to run, so a change of a
//! hundredth is one. A part of `make bench`.
//!
//! Each function is run in a process of its own, with few and with many calls: what the many take more is theirs alone. The counts are
//! compared with those kept in `tests/bench/instructions.json`; `BENCH_BASELINE=write` writes them there.

mod lanes;

use std::process::Command;

use anyhow::{Context, bail};
use e2e::report::Report;
use e2e::repository;
use serde_json::{Map, Value};

use lanes::{Lane, MANY};

const FEW: u64 = MANY / 4;
/// A part of the count by which it differs from what is kept, and is said to.
const DIFFERS: f64 = 0.02;
const KEPT: &str = "tests/bench/instructions.json";

pub(crate) fn measure(arguments: &[String]) -> anyhow::Result<()> {
    if let [lane, times] = arguments {
        let lane = Lane::ALL.into_iter().find(|known| known.name() == lane).context("no such function")?;
        let seen = lanes::run(lane, times.parse().context("how often?")?)?;
        anyhow::ensure!(seen > 0, "nothing was done");
        return Ok(());
    }
    anyhow::ensure!(arguments.is_empty(), "bench instructions takes no arguments");
    compare()
}

fn compare() -> anyhow::Result<()> {
    let file = repository::root().join(KEPT);
    let writes = std::env::var("BENCH_BASELINE").is_ok_and(|what| what == "write");
    let read = || -> anyhow::Result<Value> { Ok(serde_json::from_str(&std::fs::read_to_string(&file)?)?) };
    let kept = if writes { None } else { Some(read().with_context(|| KEPT.to_owned())?) };
    let (mut report, mut counts) = (Report::of("instructions"), Map::new());
    for lane in Lane::ALL {
        let (few, many) = std::thread::scope(|scope| {
            let few = scope.spawn(|| counted(lane, FEW));
            let many = counted(lane, MANY);
            (few.join(), many)
        });
        let few = few.map_err(|_| anyhow::anyhow!("counting panicked"))??;
        let each = many?.saturating_sub(few) / ((MANY - FEW) * lane.repeats());
        counts.insert(lane.name().to_owned(), each.into());
        report.tell(lane.name(), lane.what(), each as f64, "instructions");
        if let Some(kept) = &kept {
            let before = kept[lane.name()].as_f64().with_context(|| format!("{KEPT} has no {}", lane.name()))?;
            let (key, by) = (format!("{}_vs_kept", lane.name()), each as f64 / before);
            let verdict = if (by - 1.0).abs() > DIFFERS { "differs" } else { "" };
            report.tell(&key, &format!("{}, against what is kept", lane.what()), by, verdict);
        }
    }
    if writes {
        std::fs::write(&file, format!("{:#}\n", Value::Object(counts))).with_context(|| KEPT.to_owned())?;
    }
    report.save()
}

/// Instructions of a whole process that calls the function so often.
fn counted(lane: Lane, times: u64) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe()?);
    let output = command
        .args(["instructions", lane.name(), &times.to_string()])
        .output()
        .context("valgrind cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{} ended with {}: {said}", lane.name(), output.status);
    }
    let line = said.lines().find_map(|line| line.rsplit_once("Collected : "));
    line.context("valgrind told no count")?.1.trim().parse().context("valgrind told no number")
}
