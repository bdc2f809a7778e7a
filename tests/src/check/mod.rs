//! How soon a gate answers: over HTTP on loopback, with very many flags in its view, while flags change.
//!
//! The gate is the service itself; flags and marks are written into its topic as a profile would, so that the gate has a core
//! beside its load. Latency is counted from when a question was due (no coordinated omission), and every answer is compared with
//! what must follow from the flag.

mod flags;
mod inside;
mod load;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::subject::SubjectKey;
use domain::verdict::Decision;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use self::flags::{Flags, Templates};
use self::load::{Load, Target};
use crate::event::{Subject, today};
use crate::installation::{Installation, Service, Tuned};
use crate::report::Report;
use crate::story::{LICENCE, SUBSIDY};
use crate::usage::{self, resident_bytes};
use crate::warm::{LOOK, Settling};

/// Checks in one call of a batch.
const BATCH: usize = 1_000;
/// Calls of a batch in a second.
const BATCHES: u32 = 10;
/// Different questions of a load.
const QUESTIONS: u64 = 50_000;
/// Connections at once.
const CONNECTIONS: usize = 32;
const PATIENCE: Duration = Duration::from_secs(600);
const WARM: Duration = Duration::from_secs(20);
/// The number of the first firm.
pub(crate) const FIRST: u64 = 1_000_000;

/// How large, how fast, how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Flags in the view; half restrict, half facilitate, one a firm.
    pub flags: u64,
    /// Flags that change in a second meanwhile.
    pub changes: u32,
    /// Questions in a second whose answers need not be on record first, and such that must.
    pub rate: u32,
    pub acked_rate: u32,
    /// How long each load goes on.
    pub seconds: u32,
}

/// Of whom is asked, and what the answer must be.
#[derive(Clone, Copy)]
struct Asked {
    matter: &'static str,
    decision: &'static str,
    /// Even firms are restricted, odd ones have a fast lane.
    odd: bool,
}

const RESTRICTED: Asked = Asked { matter: SUBSIDY, decision: "restricted", odd: false };
const FACILITATED: Asked = Asked { matter: LICENCE, decision: "facilitated", odd: true };

struct Run {
    installation: Installation,
    report: Report,
    plan: Plan,
}

/// Runs everything on the broker at `kafka`.
pub async fn run(kafka: &str, plan: Plan) -> anyhow::Result<Report> {
    let tuned = Tuned { patience: Some(PATIENCE), ..Tuned::default() };
    let mut installation = Installation::start_tuned(kafka, tuned).await?;
    let templates = Templates::take(&installation, today()?).await?;
    // Not killed: what a transaction of the profile had left open would keep the flags behind it from the gate.
    for service in Service::ALL {
        installation.end(service)?;
    }
    let flags = Arc::new(Flags::new(&installation, templates)?);
    let mut run = Run { installation, report: Report::of("check"), plan };
    run.view(&flags).await?;
    let changing = flags.change(plan.changes, plan.flags);
    let asked = run.loads().await;
    let changed = changing.stop()?;
    asked?;
    run.report.tell("changed_per_s", "flags that changed meanwhile", changed, "flags/s");
    Ok(run.report)
}

impl Run {
    /// Fills the topic, starts the gate on it, and sees what its view costs.
    async fn view(&mut self, flags: &Arc<Flags>) -> anyhow::Result<()> {
        let count = self.plan.flags;
        self.report.tell("check_rate", "checks that need no acknowledgement", f64::from(self.plan.rate), "checks/s");
        self.report.tell("check_acked_rate", "checks that wait", f64::from(self.plan.acked_rate), "checks/s");
        self.report.tell("flags", "flags in the view", count as f64, "");
        flags.mark()?;
        self.installation.restart(Service::Gate)?;
        self.ready(flags).await?;
        let empty = self.memory()?;
        self.installation.kill(Service::Gate)?;
        let writer = Arc::clone(flags);
        tokio::task::spawn_blocking(move || writer.fill(count)).await??;
        let began = Instant::now();
        self.installation.restart(Service::Gate)?;
        self.ready(flags).await?;
        self.report.seconds("load_s", "start of a gate until it answers by all of them", began.elapsed());
        let full = self.memory()?;
        self.report.tell("bytes_per_flag", "memory of the gate for a flag", (full - empty) / count as f64, "B");
        Ok(())
    }

    /// Marks are written until the gate has what was written before them.
    async fn ready(&mut self, flags: &Flags) -> anyhow::Result<()> {
        let url = format!("{}/readyz", self.installation.admin(Service::Gate));
        let deadline = Instant::now() + PATIENCE;
        loop {
            flags.mark()?;
            if self.installation.register.get(&url, None).await.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            self.installation.process(Service::Gate)?.check()?;
            ensure!(Instant::now() < deadline, "the gate was not ready within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn loads(&mut self) -> anyhow::Result<()> {
        let plan = self.plan;
        let length = Duration::from_secs(u64::from(plan.seconds));
        let free = self.load(FACILITATED, 1)?;
        // Before anything counts, connections are opened, what is lazy is done, and the broker compiles what is hot.
        let acked = self.load(RESTRICTED, 1)?;
        free.at_rate(plan.rate, WARM).await?;
        let mut settling = Settling::of_broker()?;
        loop {
            free.at_rate(plan.rate, LOOK).await?;
            acked.at_rate(plan.acked_rate, LOOK).await?;
            if settling.is_over()? {
                break;
            }
        }
        settling.tell(&mut self.report, "check", "at both rates in turn");
        let seen = free.at_rate(plan.rate, length).await?;
        self.quantiles("check", &format!("check at {}/s", plan.rate), &seen, 1.0);
        let seen = acked.at_rate(plan.acked_rate, length).await?;
        let what = format!("check at {}/s that waits for the decision log", plan.acked_rate);
        self.quantiles("check_acked", &what, &seen, 1.0);
        let before = self.cpu()?;
        let (count, took) = free.as_fast_as_it_can(length).await?;
        let cpu = self.cpu()? - before;
        self.report.tell(
            "saturation_per_s",
            "checks as fast as they are answered",
            count / took.as_secs_f64(),
            "checks/s",
        );
        self.report.tell("check_cpu_us", "CPU of the gate for one of them, flags included", cpu / count * 1e6, "us");
        let batch = self.load(FACILITATED, BATCH)?;
        let seen = batch.at_rate(BATCHES, length).await?;
        self.quantiles("batch", &format!("a batch of {BATCH} checks, {BATCHES} in a second"), &seen, 1.0);
        let (count, took) = batch.as_fast_as_it_can(length).await?;
        let checks = count * BATCH as f64 / took.as_secs_f64();
        let (asked, right) = (FACILITATED, Decision::Facilitated);
        let subjects: anyhow::Result<Vec<SubjectKey>> = (0..QUESTIONS)
            .map(|number| {
                SubjectKey::parse(&Subject::firm(FIRST + self.firm(number, asked)).key())
                    .context("a made-up firm has a key")
            })
            .collect();
        let seen = inside::ask(&self.installation, subjects?, asked.matter, right).await?;
        self.quantiles("check_inprocess", "check in process", &seen, 1e3);
        self.report.tell("batch_per_s", &format!("checks in batches of {BATCH}"), checks, "checks/s");
        Ok(())
    }

    /// `units`: of the histogram, in a microsecond.
    fn quantiles(&mut self, key: &str, what: &str, seen: &Histogram<u64>, units: f64) {
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            let us = seen.value_at_quantile(quantile) as f64 / units;
            self.report.tell(&format!("{key}_{name}_us"), &format!("{what}, {name}"), us, "us");
        }
    }

    /// Questions about firms all over the half that does not change, each call with so many.
    fn load(&self, asked: Asked, per_call: usize) -> anyhow::Result<Load> {
        let register = &self.installation.register;
        let question = |number: u64| -> anyhow::Result<Value> {
            register.question(asked.matter, &Subject::firm(FIRST + self.firm(number, asked)), None)
        };
        let calls = (QUESTIONS / u64::try_from(per_call)?).max(20);
        let bodies = (0..calls).map(|call| -> anyhow::Result<String> {
            let mut questions = (0..per_call as u64).map(|nth| question(call * per_call as u64 + nth));
            if per_call == 1 {
                return Ok(questions.next().context("one question")??.to_string());
            }
            Ok(json!({ "checks": questions.collect::<anyhow::Result<Vec<Value>>>()? }).to_string())
        });
        let path = if per_call == 1 { "/v1/check" } else { "/v1/check/batch" };
        let target = Target {
            address: register.addresses.gate.trim_start_matches("http://").to_owned(),
            path,
            token: register.token_for(asked.matter)?.to_owned(),
            bodies: bodies.collect::<anyhow::Result<Vec<String>>>()?,
            decision: format!("\"decision\":\"{}\"", asked.decision),
            per_call,
        };
        Ok(Load::new(target, CONNECTIONS))
    }

    /// The firm of a question: all over the half that does not change.
    fn firm(&self, question: u64, asked: Asked) -> u64 {
        question.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (self.plan.flags / 4) * 2 + u64::from(asked.odd)
    }

    fn memory(&mut self) -> anyhow::Result<f64> {
        Ok(resident_bytes(self.installation.process(Service::Gate)?.id())? as f64)
    }

    fn cpu(&mut self) -> anyhow::Result<f64> {
        Ok(usage::cpu(self.installation.process(Service::Gate)?.id())?.as_secs_f64())
    }
}
