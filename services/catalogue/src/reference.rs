//! The reference catalogue, compiled in, so that the playground works without a checkout.

use crate::source::Tree;

include!(concat!(env!("OUT_DIR"), "/reference.rs"));

/// The files of `catalogue/` as they were when the program was built.
pub fn reference() -> Tree {
    Tree::from_files(FILES.iter().map(|(path, text)| (*path, text.as_bytes())))
}
