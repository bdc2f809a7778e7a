//! Checkpoints: copies of a partition's state in an object store, so that a lost disk costs a download and the log's
//! tail instead of the whole log.
//!
//! A checkpoint is a manifest and the files it names. Files are shared: one that the checkpoint before holds already is
//! not sent again. What a store holds of one partition:
//!
//! ```text
//! <topic>/<topic id>/<partition>/files/<sha256>-<uuid>                        a file of a RocksDB, as it is
//! <topic>/<topic id>/<partition>/manifests/<next offset>-<sha256>.json        written last, names itself by its digest
//! ```
//!
//! Nothing is ever replaced: objects are created, and removed when no manifest kept needs them. So no writer, however
//! late, can turn a newer checkpoint into an older one; a restore takes the newest that is sound by its offset
//! (docs/adr/0014). Since state is the fold of committed records only, a checkpoint at an offset is the right one
//! whoever made it.
//!
//! A restore trusts nothing: digests of the manifest and of every file, whose state it is, where it stands. What does
//! not hold is passed over for the one before, and at last the log is folded from its start.
//!
//! Everything here runs on threads of its own ([`background`]); no failure of a store stops or slows a worker. Nothing
//! here knows the domain, or writes to the log.

mod around;
pub(crate) mod background;
mod depot;
mod error;
mod http;
mod manifest;
mod place;
mod reader;
mod restore;
mod retention;
mod scratch;
mod settings;
mod take;
mod upload;
mod work;

pub use error::CheckpointError;
pub use manifest::{File, Manifest, ManifestName};
pub use place::Place;
pub use reader::{Checkpoints, Found, Verified};
pub use settings::CheckpointSettings;
