//! The one form of a catalogue in bytes, and its digest.
//!
//! JSON without spaces; keys of structs in the order of their types, keys of maps sorted, because every collection of a
//! catalogue is ordered. This is what `standing.catalogues` stores and what a `CatalogueActivated` names.

use domain::catalogue::{Catalogue, CatalogueDigest};
use sha2::{Digest, Sha256};

/// Why stored bytes are no catalogue. Whoever stored them under a digest did not take them from this crate, or a newer version of
/// it wrote them: stop, do not guess.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are no catalogue in canonical form")]
pub struct CanonicalError(#[source] serde_json::Error);

pub fn canonical_bytes(catalogue: &Catalogue) -> Vec<u8> {
    serde_json::to_vec(catalogue)
        .expect("keys of a catalogue's maps are texts, and memory does not refuse to be written")
}

/// SHA-256 of the canonical form, in lower-case hex.
pub fn digest(catalogue: &Catalogue) -> CatalogueDigest {
    digest_of(&canonical_bytes(catalogue))
}

/// SHA-256 of bytes already in canonical form, such as a stored body: compare it with the digest it was stored under.
pub fn digest_of(bytes: &[u8]) -> CatalogueDigest {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a text does not refuse to be written");
        hex
    })
}

pub fn from_canonical(bytes: &[u8]) -> Result<Catalogue, CanonicalError> {
    serde_json::from_slice(bytes).map_err(CanonicalError)
}
