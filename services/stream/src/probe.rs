//! Test support: places in the worker at which a test may end it as if the process had been killed, or have the disk
//! refuse a write; and the worker's protections by name, so that a test can switch one off and see that its checks notice.
//!
//! A killed worker ends its thread at once: nothing is aborted, committed or flushed. What it leaves behind is what a
//! process killed at that step leaves behind. Without a probe nothing is ever killed, and every protection is kept.

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
    /// Before a write of the state: it fails as on a full disk. Elsewhere the same as `GoOn`.
    DiskFull,
}

/// What the worker does so that nothing is lost or doubled, where a test cannot undo it from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// The overlay is dropped when a transaction is given up.
    OverlayDropped,
    /// What was committed before is folded without sending.
    QuietReplay,
    /// State is written when the transaction it follows from is committed, not before.
    WrittenAfterCommit,
    /// State ahead of the committed offset is not used.
    AheadRefused,
    /// Before state is given up as ahead, the committed offset is asked for again.
    OffsetAskedAgain,
    /// Damaged state is set aside and rebuilt.
    DamagedSetAside,
    /// A partition is committed or aborted before it is given back.
    RevokedSettled,
    /// When partitions are lost, what is open is aborted.
    LostAborted,
    /// A record that was folded before is passed over when a client hands it out again.
    OldRecordsPassedOver,
}

pub trait Probe: Send + Sync {
    fn reached(&self, slot: usize, step: Step) -> Verdict;

    fn keeps(&self, _protection: Protection) -> bool {
        true
    }
}
