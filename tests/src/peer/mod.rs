//! Standing's runtime beside Kafka Streams: the same fold of the same events on the same broker, one after the other.
//!
//! The fold is not the register's but a fixed one that is quickly written twice (`fold`, and `tests/bench/kafka-streams` in
//! Java): records by revision, grounds counted for each measure, timers, flags on change. What a side writes is compared, flag by flag and
//! in order, with what the fold in memory makes of the same events (`memory`), so both do the same or the run fails.

mod course;
mod digest;
pub mod event;
mod flow;
pub mod fold;
mod limit;
pub mod load;
pub mod memory;
mod reference;
mod report;
mod rows;
mod side;
mod topics;
pub mod worker;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::environment::number;
use crate::usage::Usage;
use course::{CatchUp, Course, Latency};
use digest::Digested;
use load::Load;
use side::{Side, Streams};
use topics::Topics;

const SEED: u64 = 20_260_501;
/// The peer's commit interval at the rate of the plan, before the one that it catches up with is tried, and at the lower one, where it
/// keeps up whatever it costs to commit.
const COMMIT_MS: u64 = 100;
const QUICK_COMMIT_MS: u64 = 50;

/// How large a run is. [`Plan::from_env`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `PEER_EVENTS`: events that are caught up with.
    pub events: u64,
    /// `PEER_SUBJECTS`: whom they are about; by default a tenth as many.
    pub subjects: u64,
    /// `PEER_BODY`: bytes of an event that are kept with its record and not looked at.
    pub body_bytes: usize,
    /// `PEER_RATE`: events a second when latency is measured.
    pub rate: u64,
    /// `PEER_LOW_RATE`: and again at a rate that either side keeps up with.
    pub low_rate: u64,
    /// `PEER_SECONDS`: how long latency is measured.
    pub seconds: u64,
    /// `PEER_RUNS`: how often each side runs; figures are medians.
    pub runs: usize,
    /// `PEER_CATCH_UPS`: how often each side catches up in a run, the sides in turn; once in a sweep by default.
    pub catch_ups: usize,
    /// `PEER_MEMORY_MIB`: block cache and memtables of either side.
    pub memory_mib: usize,
    /// `PEER_HEAP_MIB`: the most that the peer's heap may grow to.
    pub heap_mib: usize,
    /// `PEER_COMMIT_MS`: Standing's commit interval.
    pub commit_ms: u64,
    /// `PEER_SWEEP`: every configuration of the peer instead, catching up.
    pub sweep: bool,
}

impl Plan {
    pub fn from_env() -> anyhow::Result<Self> {
        let events = number("PEER_EVENTS", 2_000_000)?;
        let sweep = number::<u8>("PEER_SWEEP", 0)? != 0;
        let plan = Self {
            events,
            subjects: number("PEER_SUBJECTS", events / 10)?,
            body_bytes: number("PEER_BODY", 64)?,
            rate: number("PEER_RATE", 10_000)?,
            low_rate: number("PEER_LOW_RATE", 2_000)?,
            seconds: number("PEER_SECONDS", 15)?,
            runs: number("PEER_RUNS", 1)?,
            catch_ups: number("PEER_CATCH_UPS", if sweep { 1 } else { 3 })?,
            memory_mib: number("PEER_MEMORY_MIB", 768)?,
            heap_mib: number("PEER_HEAP_MIB", 4_096)?,
            commit_ms: number("PEER_COMMIT_MS", 50)?,
            sweep,
        };
        ensure!(plan.events >= 1_000, "PEER_EVENTS is at least 1000");
        ensure!(plan.seconds > 0, "PEER_SECONDS is above 0");
        ensure!(plan.runs > 0 && plan.catch_ups > 0, "PEER_RUNS and PEER_CATCH_UPS are above 0");
        ensure!(plan.low_rate > 0 && plan.low_rate < plan.rate, "PEER_LOW_RATE is above 0 and below PEER_RATE");
        Ok(plan)
    }

    fn load(&self) -> Load {
        Load::new(SEED, self.events, self.subjects, self.body_bytes)
    }
}

/// The broker that everything runs on, and the plan.
pub struct Bench {
    pub plan: Plan,
    address: String,
    broker: u32,
    begun_ms: u128,
    named: std::cell::Cell<u32>,
}

impl Bench {
    /// `broker` is the broker's process, on this machine.
    pub fn new(plan: Plan, address: String, broker: u32) -> anyhow::Result<Self> {
        let begun_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        Ok(Self { plan, address, broker, begun_ms, named: std::cell::Cell::new(0) })
    }

    /// Topics that nothing else has.
    fn topics(&self) -> anyhow::Result<Topics> {
        let number = self.named.get() + 1;
        self.named.set(number);
        Topics::create(&self.address, &format!("peer-{}-{number}", self.begun_ms))
    }

    fn broker(&self) -> anyhow::Result<Usage> {
        Usage::of(self.broker)
    }
}

/// What one side did in one run beside catching up. Only a side that is compared in all rows has anything of it.
#[derive(Default)]
struct Run {
    latencies: Vec<Latency>,
    /// How long it was away, each time that it was killed.
    away: Vec<Duration>,
}

/// What was measured of a side.
struct Measured {
    side: Side,
    /// Of all runs.
    caught: Vec<CatchUp>,
    runs: Vec<Run>,
}

/// What no side can do better than.
struct Bounds {
    /// The fold in memory, events a second of one thread.
    memory: f64,
    /// The client alone, events a second of two threads.
    client: f64,
}

/// The table, as markdown, and everything measured as JSON.
pub struct Outcome {
    pub table: String,
    pub json: Value,
}

/// Measures everything that the plan asks for.
pub fn run(bench: &Bench) -> anyhow::Result<Outcome> {
    let (version, transactional) = side::release()?;
    let plan = &bench.plan;
    say(&format!("{} events about {} subjects, made up", plan.events, plan.subjects));
    let reference = reference::fold(plan.load(), plan.events)?;
    let expected = &reference.digested;
    let standing = Side::Standing { commit_ms: plan.commit_ms };
    let best = Streams::best();
    let mut sides = vec![standing];
    if plan.sweep {
        sides.extend(Streams::sweep(transactional).into_iter().map(Side::Streams));
    } else {
        sides.push(Side::Streams(best.clone()));
        sides.push(Side::Streams(Streams { changelog: false, ..best.clone() }));
        if transactional {
            sides.push(Side::Streams(Streams { transactional, ..best }));
        }
    }
    for side in sides.iter().take(2) {
        rehearse(bench, side, expected).with_context(|| format!("{}, not measured", side.name()))?;
    }
    let bounds = Bounds {
        memory: reference.events as f64 / reference.wall.as_secs_f64(),
        client: client_limit(bench, expected.flags).context("the client alone")?,
    };
    let number = sides.len();
    let mut measured: Vec<Measured> =
        sides.into_iter().map(|side| Measured { side, caught: Vec::new(), runs: Vec::new() }).collect();
    for _ in 0..plan.runs {
        for turn in 1..=plan.catch_ups {
            for of in &mut measured {
                one(bench, of, expected, turn == plan.catch_ups).with_context(|| of.side.name())?;
            }
            // Of several times nobody is always the first.
            measured.rotate_left(1);
        }
    }
    measured.rotate_right(plan.runs * plan.catch_ups % number);
    Ok(if plan.sweep {
        report::sweep(plan, &version, &bounds, &measured)
    } else {
        report::compared(plan, &version, &bounds, expected, &measured)?
    })
}

/// The broker is a Java machine too, and whoever is first would pay most for its compilers (docs/benchmarking.md): what it does for either side
/// it has done before anything is measured on it.
fn rehearse(bench: &Bench, side: &Side, expected: &Digested) -> anyhow::Result<()> {
    let mut course = Course::begin(bench, side, bench.plan.events / 2)?;
    course.catch_up()?;
    course.end(expected)
}

/// One side from an empty state: it catches up, and the last time in a run does the rest.
fn one(bench: &Bench, of: &mut Measured, expected: &Digested, whole: bool) -> anyhow::Result<()> {
    let mut course = Course::begin(bench, &of.side, bench.plan.events)?;
    let caught = course.catch_up()?;
    say(&format!("{}: {:.0} events a second", of.side.name(), caught.second_half.rate()));
    ensure!(caught.digested == *expected, "the flags are {:?} and should be {expected:?}", caught.digested);
    of.caught.push(caught);
    if whole {
        of.runs.push(if bench.plan.sweep { Run::default() } else { rest(bench, &mut course, &of.side)? });
    }
    course.end(expected)
}

/// What is measured of a side that has caught up.
fn rest(bench: &Bench, course: &mut Course<'_>, side: &Side) -> anyhow::Result<Run> {
    let plan = &bench.plan;
    let mut run = Run::default();
    match side {
        Side::Standing { .. } => {
            run.away = course.restarts()?;
            run.latencies.push(course.latency(plan.low_rate)?);
            run.latencies.push(course.latency(plan.rate)?);
        }
        // A state without a changelog is lost with its process.
        Side::Streams(streams) if !streams.changelog => {}
        Side::Streams(streams) => {
            // Killed first, so that the states of all sides are as large then.
            course.commit_every(QUICK_COMMIT_MS)?;
            run.away = course.restarts()?;
            run.latencies.push(course.latency(plan.low_rate)?);
            course.commit_every(COMMIT_MS)?;
            let quick = course.latency(plan.rate)?;
            run.latencies.push(quick);
            if quick.is_behind() {
                // Fewer and larger transactions cost less, and it may keep up with them.
                course.commit_every(streams.commit_ms)?;
                run.latencies.push(course.latency(plan.rate)?);
            }
        }
    }
    for away in &run.away {
        say(&format!("{}: back {:.2} s after it was killed", side.name(), away.as_secs_f64()));
    }
    Ok(run)
}

fn client_limit(bench: &Bench, flags: u64) -> anyhow::Result<f64> {
    let (topics, events) = (bench.topics()?, bench.plan.events);
    let (mut writer, mut load) = (topics::Writer::new(&topics)?, bench.plan.load());
    for _ in 0..events {
        writer.write(&mut load, 0)?;
    }
    writer.finish()?;
    let wall = limit::pass(&topics, events, flags)?;
    topics.delete()?;
    let rate = events as f64 / wall.as_secs_f64();
    say(&format!("the client alone: {rate:.0} events a second"));
    Ok(rate)
}

fn say(what: &str) {
    eprintln!("bench peer: {what}");
}
