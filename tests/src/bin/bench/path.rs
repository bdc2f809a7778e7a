//! From an event on Kafka to its flag, at full speed and at fixed rates: a part of `make bench`.
//!
//! Tuned by the environment: `PATH_SUBJECTS` (100,000), `PATH_RECORDS` (1,000,000), `PATH_RATES` (events a second, `1000,10000,30000`),
//! `PATH_SECONDS` (how long each goes on, 10). The table goes to standard output, the figures to `target/bench/path.json` of the
//! checkout.

use anyhow::Context;
use e2e::environment::{number, text};
use e2e::kafka;
use e2e::path::{Plan, run};

pub(crate) async fn measure() -> anyhow::Result<()> {
    let rates = text("PATH_RATES").unwrap_or_else(|| "1000,10000,30000".to_owned());
    let rates = rates.split(',').map(|rate| rate.trim().parse::<u32>());
    let plan = Plan {
        subjects: number("PATH_SUBJECTS", 100_000)?,
        records: number("PATH_RECORDS", 1_000_000)?,
        rates: rates.collect::<Result<_, _>>().context("PATH_RATES holds what is no number")?,
        seconds: number("PATH_SECONDS", 10)?,
    };
    anyhow::ensure!(plan.rates.iter().all(|rate| *rate > 0) && plan.seconds > 0, "rates and PATH_SECONDS are above 0");
    let report = run(&kafka::address()?, &plan).await?;
    #[expect(clippy::print_stdout, reason = "the output of the command")]
    {
        print!("{}", report.table());
    }
    report.save()
}
