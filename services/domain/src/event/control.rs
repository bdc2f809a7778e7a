//! Records of the log that are about no subject: time, the rules in force, and the progress of long work.

use serde::{Deserialize, Serialize};

use crate::catalogue::CatalogueDigest;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// Nothing but its time; appended by a partition's owner when a timer is due and no event comes.
    TimeAdvanced,
    CatalogueActivated {
        digest: CatalogueDigest,
    },
    FoldActivated {
        version: u32,
    },
    Continue(Continue),
}

/// What one record could not finish within its bound of changes; at most one of a kind is outstanding in a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continue {
    pub kind: ContinueKind,
    /// Offset of the record that began the work.
    pub cause: i64,
    /// The state key after which to go on; empty for timers: they are taken in order of their due time.
    pub cursor: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ContinueKind {
    Timers,
    Sweep,
}
