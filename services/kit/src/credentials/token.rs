//! New tokens.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::settings::Secret;

/// Tells a token from other secrets, for people and for scanners of leaked ones.
const PREFIX: &str = "standing_";

/// A token, to be given to its holder once, and its hash, to be put into the credentials file.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub token: Secret,
    /// 64 hex digits.
    pub sha256: String,
}

impl NewToken {
    /// A token of 256 random bits of the operating system. Fails only where it gives none.
    pub fn generate() -> std::io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|fault| std::io::Error::other(fault.to_string()))?;
        Ok(Self::of(bytes))
    }

    /// The token made of these bytes, which must come from a source of randomness.
    pub fn of(bytes: [u8; 32]) -> Self {
        let token = format!("{PREFIX}{}", hex(&bytes));
        let sha256 = hex(&Sha256::digest(token.as_bytes()));
        Self { token: Secret::new(token), sha256 }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
