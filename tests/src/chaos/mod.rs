//! A register under load and under every fault there is, on an Apache Kafka of its own, and the audit at the end.
//!
//! The order of the faults follows from a seed. After each, events that are sent from then on must show at the gate; all the while no
//! answer there may be wrong ([`watch`]). What the machine does in between is chance: a seed repeats the order, not the run.

mod broker;
mod dice;
pub mod fault;
mod inject;
mod load;
mod proxy;
pub mod report;
pub mod watch;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::civil::Date;

use self::broker::Broker;
use self::dice::Dice;
use self::fault::Fault;
use self::inject::{SECOND, SESSION, TWIN};
use self::load::{Load, Numbers, probe};
use self::proxy::Proxy;
use self::report::{Injected, Report};
use self::watch::Watch;
use crate::event::today;
use crate::installation::{Installation, Service, Tuned};
use crate::process::free_port;
use crate::register::Register;

/// Numbers of firms from here on are of nobody else's tests.
const FIRST_FIRM: u64 = 30_000_000;

/// How many partitions are audited after each round of faults, while events come.
const SAMPLE: usize = 2;

/// Which faults, and how often.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Each of these once.
    Once(Vec<Fault>),
    /// These, in ever new orders, as long as this.
    For(Duration, Vec<Fault>),
}

struct Run {
    installation: Installation,
    proxy: Proxy,
    dice: Dice,
    register: Register,
    numbers: Numbers,
    today: Date,
    load: Load,
    watch: Watch,
    // Dropped last: the services want it to the end.
    broker: Broker,
    folder: tempfile::TempDir,
}

/// What was brought about.
#[derive(Default)]
struct Rounds {
    injected: Vec<Injected>,
    /// Audits while events came; what they found is an error.
    audits: u32,
}

/// Runs a plan. An error is a register that did not come back, that answered wrongly, or of which an audit under load found
/// something.
pub async fn run(seed: u64, plan: Plan) -> anyhow::Result<Report> {
    let began = Instant::now();
    say(began, &format!("seed {seed}"));
    let mut run = Run::start(seed).await?;
    let rounds = run.all(began, plan).await;
    run.keep(true);
    let places = run.places();
    let ended = match rounds {
        Ok(rounds) => run.end(began, seed, rounds).await,
        Err(error) => Err(error),
    };
    if !ended.as_ref().is_ok_and(Report::is_clean) {
        say(began, &places);
    }
    ended.with_context(|| format!("seed {seed}"))
}

impl Run {
    async fn start(seed: u64) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("standing-chaos-").tempdir()?;
        let port = free_port()?;
        let broker = Broker::start(&folder.path().join("kafka"), port).await?;
        let proxy = Proxy::start(port, broker.address()).await?;
        let session_timeout = Some(format!("{}s", SESSION.as_secs()));
        let tuned = Tuned { session_timeout, checkpoint_interval: Some("3s".to_owned()), ..Tuned::default() };
        let installation = Installation::start_tuned(&format!("127.0.0.1:{port}"), tuned).await?;
        let (register, numbers, today) = (installation.register.clone(), Numbers::from(FIRST_FIRM), today()?);
        let watch = Watch::start(register.clone(), &numbers, today).await?;
        let load = Load::start(register.clone(), numbers.clone(), today);
        let dice = Dice::new(seed);
        Ok(Self { installation, proxy, dice, register, numbers, today, load, watch, broker, folder })
    }

    async fn probe(&self) -> anyhow::Result<()> {
        probe(&self.register, &self.numbers, self.today).await
    }

    async fn all(&mut self, began: Instant, plan: Plan) -> anyhow::Result<Rounds> {
        let mut rounds = Rounds::default();
        self.probe().await.context("before any fault")?;
        let (faults, until) = match plan {
            Plan::Once(faults) => (faults, None),
            Plan::For(time, faults) => (faults, Some(Instant::now() + time)),
        };
        loop {
            let mut order = faults.clone();
            self.dice.shuffle(&mut order);
            for fault in order {
                if until.is_some_and(|until| Instant::now() >= until) {
                    return Ok(rounds);
                }
                rounds.injected.push(self.one(began, fault).await.with_context(|| format!("after {}", fault.name()))?);
            }
            self.audit_some(began)?;
            rounds.audits += 1;
            if until.is_none() {
                return Ok(rounds);
            }
        }
    }

    async fn one(&mut self, began: Instant, fault: Fault) -> anyhow::Result<Injected> {
        let before = self.load.taken();
        let recovery = self.inject(fault).await?;
        let in_flight = self.load.taken() - before;
        say(began, &format!("{}: back after {:.1} s", fault.name(), recovery.as_secs_f64()));
        ensure!(self.watch.wrong() == 0, "a wrong answer");
        for service in Service::ALL {
            self.installation.await_ready(service).await?;
        }
        let calm = self.dice.between(Duration::from_millis(300), Duration::from_millis(1_500));
        tokio::time::sleep(calm).await;
        Ok(Injected { fault, recovery, in_flight })
    }

    fn audit_some(&self, began: Instant) -> anyhow::Result<()> {
        let audit = tokio::task::block_in_place(|| self.installation.audit_live(&[SECOND, TWIN], SAMPLE))?;
        ensure!(audit["clean"] == true, "an audit under load found something: {audit:#}");
        ensure!(audit["audited"].as_array().map(Vec::len) == Some(SAMPLE), "not {SAMPLE} partitions: {audit:#}");
        say(began, &format!("{SAMPLE} partitions audited under load: clean"));
        Ok(())
    }

    async fn end(self, began: Instant, seed: u64, rounds: Rounds) -> anyhow::Result<Report> {
        // Dropped in the opposite order: the folder last.
        let Self { mut folder, broker, proxy, installation, load, watch, register, numbers, today, .. } = self;
        let events = load.stop().await?;
        probe(&register, &numbers, today).await.context("at the end")?;
        let answers = watch.stop().await?;
        say(began, &format!("{events} events taken; auditing"));
        let audited = tokio::task::spawn_blocking(move || (installation.audit(&[SECOND, TWIN]), installation));
        let (audit, mut installation) = audited.await?;
        let Rounds { injected, audits } = rounds;
        let report = Report { seed, took: began.elapsed(), events, injected, audits, answers, audit: audit? };
        installation.keep(!report.is_clean());
        folder.disable_cleanup(!report.is_clean());
        tokio::task::spawn_blocking(move || installation.stop()).await??;
        drop((proxy, broker));
        Ok(report)
    }

    /// Whether everything stays, for whoever looks for the reason of a failure.
    fn keep(&mut self, kept: bool) {
        self.folder.disable_cleanup(kept);
        self.installation.keep(kept);
    }

    fn places(&self) -> String {
        let (services, broker) = (self.installation.folder(), self.folder.path());
        format!("the services' logs and states are in {}, the broker's in {}", services.display(), broker.display())
    }
}

fn say(began: Instant, what: &str) {
    eprintln!("chaos: {:7.1} s  {what}", began.elapsed().as_secs_f64());
}
