//! `make chaos`: a register under load, every fault again and again, and the audit at the end.
//!
//! Tuned by the environment: `CHAOS_SECONDS` (how long faults are brought about, 120), `CHAOS_SEED` (their order; one is drawn and
//! printed where none is given), `CHAOS_REPORT` (where the table goes as markdown, beside standard output).
//! With words as arguments, those faults once whose names hold one of them: `chaos broker EndTxn`; again and again where
//! `CHAOS_SECONDS` is given too.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use e2e::chaos::fault::Fault;
use e2e::chaos::{Plan, run};
use e2e::environment;

const SECONDS: u64 = 120;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let time = Duration::from_secs(environment::number("CHAOS_SECONDS", SECONDS)?);
    let drawn = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::from(now.subsec_micros()));
    let seed = environment::number("CHAOS_SEED", drawn)?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    let named = |fault: &Fault| words.is_empty() || words.iter().any(|word| fault.name().contains(word.as_str()));
    let faults: Vec<Fault> = Fault::ALL.into_iter().filter(named).collect();
    anyhow::ensure!(!faults.is_empty(), "no fault has a name with {words:?} in it");
    let again = words.is_empty() || environment::text("CHAOS_SECONDS").is_some();
    let plan = if again { Plan::For(time, faults) } else { Plan::Once(faults) };
    let report = run(seed, plan).await?;
    let table = report.table();
    #[expect(clippy::print_stdout, reason = "the output of the command")]
    {
        print!("{table}");
    }
    if let Some(file) = std::env::var_os("CHAOS_REPORT").filter(|file| !file.is_empty()) {
        std::fs::write(&file, &table).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    for fault in report.faults() {
        eprintln!("chaos: {fault}");
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
