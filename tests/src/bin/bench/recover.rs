//! `make recover`: how long a register with a large state is away: killed and restarted, restored from its checkpoints onto an empty
//! disk, moved to another instance under load, rebuilt from the log.
//!
//! Tuned by the environment: `RECOVER_SUBJECTS` (100,000), `RECOVER_RECORDS` (2,000,000), `RECOVER_RATE` (events a second under
//! which it is killed and moved, 1,000), `RECOVER_KILLS` (5), `RECOVER_ONLY` (`rebuild`: the log is written and the state built from
//! it, nothing else), `RECOVER_REPORT` (where the table goes as markdown, beside standard output).

use anyhow::Context;
use e2e::environment::{number, text};
use e2e::kafka;
use e2e::recover::{Plan, run};

pub(crate) async fn measure() -> anyhow::Result<()> {
    let only = text("RECOVER_ONLY");
    anyhow::ensure!(matches!(only.as_deref(), None | Some("rebuild")), "RECOVER_ONLY is `rebuild`, or not set");
    let plan = Plan {
        subjects: number("RECOVER_SUBJECTS", 100_000)?,
        records: number("RECOVER_RECORDS", 2_000_000)?,
        rate: number("RECOVER_RATE", 1_000)?,
        kills: number("RECOVER_KILLS", 5)?,
        rebuild_only: only.is_some(),
    };
    anyhow::ensure!(
        plan.rate > 0 && plan.kills > 0 && plan.subjects > 0,
        "RECOVER_RATE, _KILLS and _SUBJECTS are above 0"
    );
    let report = run(&kafka::address()?, plan).await?;
    let table = report.table();
    #[expect(clippy::print_stdout, reason = "the output of the command")]
    {
        print!("{table}\n{}\n", report.json());
    }
    if let Some(file) = std::env::var_os("RECOVER_REPORT").filter(|file| !file.is_empty()) {
        std::fs::write(&file, &table).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    report.save()
}
