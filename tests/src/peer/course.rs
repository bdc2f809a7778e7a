//! One side's course: from an empty state to the end of the log, then events at a fixed rate, then killed and started again.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use stream::log::Isolation;
use tempfile::TempDir;

use super::digest::Digested;
use super::flow::{Watch, under_load};
use super::load::Load;
use super::side::Side;
use super::topics::{Progress, Topics, Writer};
use super::{Bench, reference};
use crate::kafka;
use crate::process::Process;
use crate::usage::{Usage, resident_bytes_most};
use crate::warm::{Settling, compiling};

const LOOK: Duration = Duration::from_millis(20);
/// Nothing takes longer that is not stuck.
const PATIENCE: Duration = Duration::from_secs(1_800);
const STOPPING: Duration = Duration::from_secs(90);
/// At a rate, what is seen first is not counted, nor what is seen while the side, or the broker, still compiles itself.
const WARM_UP: Duration = Duration::from_secs(5);
/// For so long at most; what the compilers had at the end of it is told.
const SETTLING: Duration = Duration::from_secs(40);
/// Events a second beneath a kill.
const KILL_RATE: u64 = 1_000;
const BEFORE_KILL: Duration = Duration::from_secs(3);
const KILLS: usize = 3;

/// What a stretch of the log took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) events: u64,
    pub(super) wall: Duration,
    pub(super) side: Usage,
    pub(super) broker: Usage,
}

impl Stretch {
    pub(super) fn rate(&self) -> f64 {
        self.events as f64 / self.wall.as_secs_f64()
    }

    /// Processor seconds for a million events.
    pub(super) fn cpu(usage: &Usage, events: u64) -> f64 {
        usage.cpu.as_secs_f64() * 1e6 / events as f64
    }
}

/// From its start to the end of the log.
#[derive(Clone, Debug)]
pub(super) struct CatchUp {
    /// Bytes that it has added to the broker's logs, flags and all that is its own; `None` where nobody says where they are.
    pub(super) log_bytes: Option<u64>,
    pub(super) whole: Stretch,
    /// The second half of the events: most of what warms up is warm.
    pub(super) second_half: Stretch,
    /// Cores that its compiler had in it, where it is a Java machine.
    pub(super) compiling: Option<f64>,
    pub(super) resident_bytes: u64,
    pub(super) digested: Digested,
}

/// At a fixed rate, milliseconds from when an event was due to when its flag was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub(super) rate: u64,
    pub(super) commit_ms: u64,
    pub(super) flags: u64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    /// Of both, while it was measured.
    pub(super) stretch: Stretch,
    /// Cores that the compilers of the side and of the broker still had just before.
    pub(super) compiling: f64,
    /// Events that were due and not folded and committed when it began, and when it ended.
    pub(super) behind: [u64; 2],
}

impl Latency {
    /// More was due at the end than at the beginning, by the events of a second and more, or so many throughout: what is measured then is how
    /// long it was measured, or what had piled up before.
    pub(super) fn is_behind(&self) -> bool {
        is_behind(self.behind, self.rate)
    }
}

fn is_behind([from, until]: [u64; 2], rate: u64) -> bool {
    until > from + rate || from.min(until) > rate
}

pub(super) struct Course<'a> {
    bench: &'a Bench,
    side: Side,
    topics: Topics,
    progress: Progress,
    load: Load,
    sent: u64,
    /// Before its folder, so that it is ended first.
    process: Option<Process>,
    dir: TempDir,
}

impl<'a> Course<'a> {
    /// Fresh topics with so many of the plan's events in them.
    pub(super) fn begin(bench: &'a Bench, side: &Side, events: u64) -> anyhow::Result<Self> {
        let topics = bench.topics()?;
        let mut course = Self {
            bench,
            side: side.clone(),
            progress: Progress::new(&topics)?,
            topics,
            load: bench.plan.load(),
            sent: 0,
            process: None,
            dir: tempfile::tempdir().context("no folder for the state")?,
        };
        course.write(events)?;
        Ok(course)
    }

    fn write(&mut self, events: u64) -> anyhow::Result<()> {
        let mut writer = Writer::new(&self.topics)?;
        for _ in 0..events {
            writer.write(&mut self.load, 0)?;
        }
        writer.finish()?;
        self.sent += events;
        let ends = self.topics.ends(&self.topics.events, Isolation::ReadUncommitted)?;
        let held: i64 = ends.iter().sum();
        ensure!(u64::try_from(held)? == self.sent, "{held} events are in the log, {} were sent", self.sent);
        Ok(())
    }

    fn start(&mut self) -> anyhow::Result<u32> {
        let process = self.side.start(&self.bench.plan, &self.topics, self.dir.path())?;
        let id = process.id();
        self.process = Some(process);
        Ok(id)
    }

    fn running(&mut self) -> anyhow::Result<&mut Process> {
        self.process.as_mut().context("the side is not running")
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            let status = process.release(STOPPING)?;
            ensure!(status.success(), "{} ended with {status}", self.side.name());
        }
        Ok(())
    }

    /// Waits until so many events are folded and committed.
    fn reach(&mut self, events: u64) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.progress.folded()? < events {
            self.running()?.check()?;
            ensure!(Instant::now() < deadline, "{} does not get to the end", self.side.name());
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    pub(super) fn catch_up(&mut self) -> anyhow::Result<CatchUp> {
        let events = self.sent;
        let (from, broker_from) = (Instant::now(), self.bench.broker()?);
        let id = self.start()?;
        self.reach(events / 2)?;
        // Counted exactly as far as it is by now.
        let (half, half_folded) = (Instant::now(), self.progress.folded()?);
        let (half_side, half_broker, half_compiling) = (Usage::of(id)?, self.bench.broker()?, compiling(id)?);
        self.reach(events)?;
        let (side, broker) = (Usage::of(id)?, self.bench.broker()?);
        let whole = Stretch { events, wall: from.elapsed(), side, broker: broker - broker_from };
        let rest = Stretch {
            events: events - half_folded,
            wall: half.elapsed(),
            side: side - half_side,
            broker: broker - half_broker,
        };
        let compiled = half_compiling.zip(compiling(id)?).and_then(|(before, by_now)| by_now.checked_sub(before));
        let compiling = compiled.map(|had| had.as_secs_f64() / rest.wall.as_secs_f64());
        // A log so short that it is folded in one go has no second half.
        let second_half = if rest.events > 0 { rest } else { whole };
        let resident_bytes = resident_bytes_most(id)?;
        let digested = self.topics.digest(PATIENCE)?;
        let log_bytes = kafka::data().map(|data| self.topics.bytes(&data)).transpose()?;
        Ok(CatchUp { log_bytes, whole, second_half, compiling, resident_bytes, digested })
    }

    /// The latency at a rate, with the commit interval that it has.
    pub(super) fn latency(&mut self, rate: u64) -> anyhow::Result<Latency> {
        let (id, commit_ms) = (self.running()?.id(), self.side.commit_ms());
        let (bench, measured) = (self.bench, Duration::from_secs(self.bench.plan.seconds));
        let (before, watch) = (self.sent, Watch::default());
        let (progress, topics) = (&self.progress, &self.topics);
        let began = Instant::now();
        let behind = || {
            let due = began.elapsed().as_secs_f64() * rate as f64;
            anyhow::Ok((before + due as u64).saturating_sub(progress.folded()?))
        };
        let flowed = under_load(
            topics,
            &mut self.load,
            rate,
            &watch,
            || {
                std::thread::sleep(WARM_UP);
                let settling = Settling::of(vec![id, bench.broker], SETTLING)?.wait()?;
                watch.count();
                let from_behind = behind()?;
                let (from, side, broker) = (Instant::now(), Usage::of(id)?, bench.broker()?);
                std::thread::sleep(measured);
                let wall = from.elapsed();
                let (side, broker, behind) =
                    (Usage::of(id)? - side, bench.broker()? - broker, [from_behind, behind()?]);
                // What it did, and not what was due.
                let events = (rate * measured.as_secs() + behind[0]).saturating_sub(behind[1]).max(1);
                Ok((Stretch { events, wall, side, broker }, settling.share(), behind))
            },
            |sent| settled(progress, before + sent),
        )?;
        self.sent += flowed.sent;
        let (stretch, compiling, behind) = flowed.result;
        let ms = |quantile| flowed.latencies.value_at_quantile(quantile) as f64 / 1e3;
        ensure!(!flowed.latencies.is_empty(), "no flag came");
        Ok(Latency {
            rate,
            commit_ms,
            flags: flowed.latencies.len(),
            p50: ms(0.5),
            p99: ms(0.99),
            p999: ms(0.999),
            stretch,
            compiling,
            behind,
        })
    }

    /// Starts it anew with another commit interval, from the state that it has.
    pub(super) fn commit_every(&mut self, commit_ms: u64) -> anyhow::Result<()> {
        self.stop()?;
        self.side = self.side.committing(commit_ms);
        self.start()?;
        // Once it folds again it is where it was.
        self.write(100)?;
        self.reach(self.sent)
    }

    /// Kills it so often: what it takes differs by half from one time to the next.
    pub(super) fn restarts(&mut self) -> anyhow::Result<Vec<Duration>> {
        (0..KILLS).map(|_| self.restart()).collect()
    }

    /// Kills it under a low load and starts it again: how long until the first flag of an event that was due after the kill.
    fn restart(&mut self) -> anyhow::Result<Duration> {
        let (before, watch) = (self.sent, Watch::default());
        let mut process = self.process.take().context("the side is not running")?;
        let (side, bench, dir) = (&self.side, self.bench, self.dir.path());
        let (progress, topics) = (&self.progress, &self.topics);
        let flowed = under_load(
            topics,
            &mut self.load,
            KILL_RATE,
            &watch,
            || {
                std::thread::sleep(BEFORE_KILL);
                process.check()?;
                process.kill()?;
                let killed_us = watch.expect();
                let mut again = side.start(&bench.plan, topics, dir)?;
                let deadline = Instant::now() + PATIENCE;
                loop {
                    if let Some(came_us) = watch.came_us() {
                        break Ok((again, Duration::from_micros(came_us.saturating_sub(killed_us))));
                    }
                    again.check()?;
                    if Instant::now() >= deadline {
                        bail!("{} does not come back", side.name());
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
            },
            |sent| settled(progress, before + sent),
        )?;
        self.sent += flowed.sent;
        let (again, away) = flowed.result;
        self.process = Some(again);
        Ok(away)
    }

    /// Stops it, and holds everything that it wrote to what it had to write.
    /// `of_plan` is what it has to be of the plan's events alone.
    pub(super) fn end(mut self, of_plan: &Digested) -> anyhow::Result<()> {
        self.reach(self.sent)?;
        self.stop()?;
        let written = self.topics.digest(PATIENCE)?;
        let expected = if self.sent == self.bench.plan.events {
            of_plan.clone()
        } else {
            reference::fold(self.bench.plan.load(), self.sent)?.digested
        };
        ensure!(written == expected, "{} wrote {written:?}, and should have {expected:?}", self.side.name());
        self.topics.delete()
    }
}

/// Waits until everything that was sent is folded.
fn settled(progress: &Progress, events: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE / 6;
    while progress.folded()? < events {
        ensure!(Instant::now() < deadline, "what was sent is not folded in time");
        std::thread::sleep(LOOK);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_behind;

    #[test]
    fn a_queue_that_grows_or_that_is_a_second_long_throughout_is_behind() {
        for (behind, expected) in [
            ([0, 0], false),
            ([400, 900], false),
            ([5_000, 300], false),
            ([100, 1_101], true),
            ([1_001, 9_000], true),
            ([25_250, 23_065], true),
        ] {
            assert_eq!(is_behind(behind, 1_000), expected, "{behind:?}");
        }
    }
}
