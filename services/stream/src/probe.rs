//! Test support: places in the worker at which a test may end it as if the process had been killed.
//!
//! A killed worker ends its thread at once: nothing is aborted, committed or flushed. What it leaves behind is what a
//! process killed at that step leaves behind.

/// Steps of a worker, in the order in which one transaction passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Before state that was folded quietly is written.
    QuietWrite,
    Begin,
    Send,
    Offsets,
    Commit,
    /// Committed, nothing written.
    Write,
    /// The state of one partition is written, others may not be.
    WriteNext,
    /// All is written.
    Done,
}

impl Step {
    pub const ALL: [Self; 8] = [
        Self::QuietWrite,
        Self::Begin,
        Self::Send,
        Self::Offsets,
        Self::Commit,
        Self::Write,
        Self::WriteNext,
        Self::Done,
    ];
}

/// What a test wants at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    GoOn,
    Kill,
}

pub trait Probe: Send + Sync {
    fn reached(&self, slot: usize, step: Step) -> Verdict;
}
