//! Clocks that count work: time of the processor, and bytes handed to the system.
//!
//! A log is made up in the same process and on the same thread as it is folded, in turns. What that thread did while making it
//! up is left out, so what stays is the fold and the threads that compact its state.

use std::time::{Duration, Instant};

use anyhow::Context;
use e2e::usage;

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Of the process, the making-up left out.
    pub(crate) cpu: Duration,
    /// Bytes given to write calls: write-ahead log, tables, and their compactions.
    pub(crate) written: u64,
}

/// Counts what happens while it runs, and leaves out what happens while it is held.
pub(crate) struct Meter {
    cpu_from: Duration,
    written_from: u64,
    wall: Duration,
    left_out: Duration,
}

impl Meter {
    pub(crate) fn start() -> anyhow::Result<Self> {
        Ok(Self { cpu_from: process_cpu()?, written_from: written()?, wall: Duration::ZERO, left_out: Duration::ZERO })
    }

    /// Does what is not to be counted.
    pub(crate) fn aside<T>(&mut self, work: impl FnOnce() -> T) -> anyhow::Result<T> {
        let from = thread_cpu()?;
        let done = work();
        self.left_out += thread_cpu()?.saturating_sub(from);
        Ok(done)
    }

    /// Does what is counted.
    pub(crate) fn count<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let from = Instant::now();
        let done = work();
        self.wall += from.elapsed();
        done
    }

    /// The time counted so far.
    pub(crate) fn counted(&self) -> Duration {
        self.wall
    }

    pub(crate) fn stop(self) -> anyhow::Result<Cost> {
        Ok(Cost {
            wall: self.wall,
            cpu: process_cpu()?.saturating_sub(self.cpu_from).saturating_sub(self.left_out),
            written: written()?.saturating_sub(self.written_from),
        })
    }
}

pub(crate) fn process_cpu() -> anyhow::Result<Duration> {
    usage::cpu(std::process::id())
}

/// Of this thread, in nanoseconds.
fn thread_cpu() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ran = stat.split_whitespace().next().context("an empty schedstat")?;
    Ok(Duration::from_nanos(ran.parse()?))
}

fn written() -> anyhow::Result<u64> {
    usage::field(std::process::id(), "io", "wchar:")
}
