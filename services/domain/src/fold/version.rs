//! The versions of the fold. Every version ever activated stays here: a log is replayed under the one that was in force at each
//! of its records.
//!
//! What two versions do differently is a member of [`FoldVersion`], read where they part; what they share is the code itself.

use crate::flag::GROUNDS_SHOWN_MAX;

/// One version of the fold. `FoldActivated{version}` in the log puts it in force in its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldVersion {
    pub number: u32,
    /// Grounds that a flag shows at the most, up to [`GROUNDS_SHOWN_MAX`].
    pub grounds_shown: usize,
}

/// Oldest first.
pub const VERSIONS: &[FoldVersion] = &[FoldVersion { number: FOLD_VERSION, grounds_shown: GROUNDS_SHOWN_MAX }];

/// The newest version of this program: what a log begins with.
pub const FOLD_VERSION: u32 = 1;

/// The version of this number, if it is one of these.
pub fn version(versions: &[FoldVersion], number: u32) -> Option<FoldVersion> {
    versions.iter().find(|version| version.number == number).copied()
}
