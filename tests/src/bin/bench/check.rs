//! How soon a gate answers, with very many flags in its view: a part of `make bench`.
//!
//! Tuned by the environment: `CHECK_FLAGS` (1,000,000), `CHECK_CHANGES` (flags that change in a second meanwhile, 5,000),
//! `CHECK_RATE` (checks in a second, 5,000), `CHECK_ACKED_RATE` (such that wait for the decision log, 2,000), `CHECK_SECONDS` (how
//! long each goes on, 10). The table goes to standard output, the figures to `target/bench/check.json` of the checkout.

use e2e::check::{Plan, run};
use e2e::environment::number;
use e2e::kafka;

pub(crate) async fn measure() -> anyhow::Result<()> {
    let plan = Plan {
        flags: number("CHECK_FLAGS", 1_000_000)?,
        changes: number("CHECK_CHANGES", 5_000)?,
        rate: number("CHECK_RATE", 5_000)?,
        acked_rate: number("CHECK_ACKED_RATE", 2_000)?,
        seconds: number("CHECK_SECONDS", 10)?,
    };
    anyhow::ensure!(plan.flags >= 1_000, "CHECK_FLAGS is at least 1000");
    anyhow::ensure!(plan.rate > 0 && plan.acked_rate > 0 && plan.seconds > 0, "rates and CHECK_SECONDS are above 0");
    let report = run(&kafka::address()?, plan).await?;
    #[expect(clippy::print_stdout, reason = "the output of the command")]
    {
        print!("{}", report.table());
    }
    report.save()
}
