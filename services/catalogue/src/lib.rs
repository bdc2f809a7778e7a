//! The rule book from text: YAML with positions -> checked catalogue -> one canonical form.
//!
//! ```text
//! Tree (files) -> nodes with positions -> entries, each read by itself -> linter -> domain::catalogue::Catalogue -> bytes, digest
//! ```
//!
//! Every file is a mapping with any of the keys of [`Section`]; entries of one id are versions, in order of their windows. All
//! errors of a tree are found in one go, each with its place, a stable code and what to do. The linter is where the red
//! lines are held that types cannot hold: a catalogue with an error is never loaded, so nothing that breaks one can be
//! activated.
//!
//! It must never repair what it reads, let a bad entry hide another, depend on the order of files (beyond naming places), or panic,
//! whatever the bytes.

mod canonical;
mod codes;
mod draft;
mod finding;
mod lint;
mod load;
pub mod plan;
mod reference;
mod render;
mod shelf;
mod source;
mod yaml;

pub use canonical::{CanonicalError, canonical_bytes, digest, digest_of, from_canonical};
pub use codes::CODES;
pub use draft::Section;
pub use finding::{Finding, Place, Severity};
pub use lint::{lint, unverified_restrictions};
pub use load::{Loaded, Position, Positions, load};
pub use reference::reference;
pub use render::{render, render_plain};
pub use shelf::{ACTIVE_KEY, FOLD_KEY, Shelf, ShelfError};
pub use source::{File, Tree};
