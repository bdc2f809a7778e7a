//! Test support: places in the worker at which a test may end it as if the process had been killed, or have the disk
//! refuse a write; and the worker's protections by name, so that a test can switch one off and see that its checks notice.
//!
//! A killed worker ends its thread at once: nothing is aborted, committed or flushed. What it leaves behind is what a
//! process killed at that step leaves behind. Without a probe nothing is ever killed, and every protection is kept.

use std::io;
use std::sync::Arc;

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

/// Work on this machine's disk beside the workers: for a checkpoint, or to bring one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskWork {
    /// Before a state is linked into a folder of its own.
    Link,
    /// Before what was linked is read.
    Read,
    /// Before a file of a checkpoint is written.
    Write,
    /// Before what was brought is opened.
    Open,
    /// Before a restored state is moved to its place.
    Settle,
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
    /// Of two live instances of one name, each that is fenced again and again stays away longer and longer.
    RivalsYield,
    /// Partitions that the group gave to nobody make a member leave and join anew.
    UnownedTaken,
    /// A producer whose commit took so long that the client may have repeated it is not used again.
    SlowProducerReplaced,
    /// A producer that may have sent something of a transaction twice is not used for another.
    DoubtedProducerReplaced,
    /// Of several checkpoints the one of the greatest offset is the newest, not the one that was stored last.
    NewestByOffset,
    /// A checkpoint ahead of the committed offset is not restored.
    AheadNotRestored,
    /// A checkpoint is restored only where it belongs.
    CheckpointIdentified,
    /// Every byte of a file that is restored is checked.
    FilesChecked,
    /// When a checkpoint cannot be used, the one before is tried.
    EarlierTried,
    /// When a restored state is found damaged, neither its checkpoint nor a copy of it is restored again.
    CopiesDistrusted,
    /// A checkpoint's manifest is written when all its files are there.
    ManifestLast,
    /// A file is not sent again only if the store has it.
    SharedIfThere,
    /// A checkpoint whose files went away while it was sent does not count.
    UploadChecked,
    /// Files that no manifest names are spared while an upload may still come to name them.
    YoungFilesSpared,
    /// No file is removed while a manifest cannot be read.
    UnreadSpared,
    /// Of the files of a checkpoint that is removed, those stay that another names.
    NamedSpared,
}

pub trait Probe: Send + Sync {
    fn reached(&self, slot: usize, step: Step) -> Verdict;

    fn reached_beside(&self, _work: DiskWork) -> Verdict {
        Verdict::GoOn
    }

    /// Whether states are compacted in the background, in nobody's turn: a simulation needs a disk that stands still.
    fn compacts(&self) -> bool {
        true
    }

    fn keeps(&self, _protection: Protection) -> bool {
        true
    }
}

/// The probe of a runtime, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Probed(pub(crate) Option<Arc<dyn Probe>>);

impl Probed {
    pub(crate) fn keeps(&self, protection: Protection) -> bool {
        self.0.as_ref().is_none_or(|probe| probe.keeps(protection))
    }

    /// Fails as the disk does if the test wants it to. Work of a process that was killed goes no further either.
    pub(crate) fn disk(&self, work: DiskWork) -> io::Result<()> {
        match self.0.as_ref().map_or(Verdict::GoOn, |probe| probe.reached_beside(work)) {
            Verdict::GoOn => Ok(()),
            Verdict::Kill => Err(io::Error::other("a probe ended the process")),
            Verdict::DiskFull => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}
