//! `make bench-peer`: Standing's runtime beside Kafka Streams, on the same fold of the same events; see `e2e::peer`.
//!
//! Prints a table in markdown, and writes it and everything measured to target/bench of the checkout, as peer.md and peer.json (a sweep: as
//! peer-sweep.md and peer-sweep.json). Tuned by the environment: see `Plan`. With the argument `worker` it is Standing's side.

use std::path::Path;

use anyhow::Context;
use e2e::peer::{Bench, Outcome, Plan, run, worker};
use e2e::{kafka, repository};

pub(crate) fn measure(arguments: &[String]) -> anyhow::Result<()> {
    if let Some((first, rest)) = arguments.split_first() {
        anyhow::ensure!(first == "worker", "bench peer takes no arguments, and is tuned by the environment");
        return worker::work(rest);
    }
    let plan = Plan::from_env()?;
    let name = if plan.sweep { "peer-sweep" } else { "peer" };
    let Outcome { table, json } = run(&Bench::new(plan, kafka::address()?, kafka::process()?)?)?;
    let folder = repository::root().join("target/bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    write(&folder.join(name).with_extension("md"), &table)?;
    write(&folder.join(name).with_extension("json"), &format!("{json:#}\n"))?;
    #[expect(clippy::print_stdout, reason = "the output of the command")]
    {
        print!("{table}");
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}
