//! The digest of a refused payload, by which whoever holds the payload finds its refusal again.
//!
//! Lower-case hex of HMAC-SHA-256 over the payload's bytes. It is keyed because a payload may hold an identity number, and those
//! are few enough to be tried one after the other against a plain digest. The key is drawn from the pseudonym key, so that
//! it is the same in every instance and needs no setting of its own.

use std::fmt::Write as _;

use domain::ids::DomainId;
use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, fictitious};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A domain of approval is the first part of a matter, so none has a dot in its name: its pseudonyms are never this key.
const LABEL: &str = "intake.digest";

#[derive(Clone)]
pub(crate) struct DigestKey(Hmac<Sha256>);

/// A digest of bytes that come piece by piece.
pub(crate) struct Running {
    mac: Hmac<Sha256>,
    bytes: u64,
}

/// What is kept of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    /// 64 hex digits.
    pub(crate) digest: String,
    pub(crate) bytes: u64,
}

impl DigestKey {
    pub(crate) fn derive(key: &PseudonymKey) -> Self {
        let nobody = Identifier::parse("cn-id", &fictitious::adult(0), &|_| false).expect("made by our own rules");
        let label = DomainId::new(LABEL).expect("a dotted name");
        let drawn = key.domain_pseudonym(&key.pseudonymise(&nobody), &label);
        Self(Hmac::new_from_slice(drawn.as_str().as_bytes()).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn start(&self) -> Running {
        Running { mac: self.0.clone(), bytes: 0 }
    }

    pub(crate) fn of(&self, payload: &[u8]) -> Trace {
        let mut running = self.start();
        running.update(payload);
        running.finish()
    }
}

impl Running {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.mac.update(piece);
        self.bytes += piece.len() as u64;
    }

    pub(crate) fn finish(self) -> Trace {
        let mut digest = String::with_capacity(64);
        for byte in self.mac.finalize().into_bytes() {
            let _ = write!(digest, "{byte:02x}");
        }
        Trace { digest, bytes: self.bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> DigestKey {
        let secret: Vec<u8> = (first..first + 32).collect();
        DigestKey::derive(&PseudonymKey::new("k1", &secret).unwrap())
    }

    #[test]
    fn a_digest_depends_on_the_payload_and_the_key_and_not_on_the_pieces() {
        let whole = key(0).of(b"payload");
        let mut running = key(0).start();
        running.update(b"pay");
        running.update(b"load");
        assert_eq!(running.finish(), whole);
        assert_eq!((whole.digest.len(), whole.bytes), (64, 7));
        assert_ne!(key(1).of(b"payload").digest, whole.digest);
        assert_ne!(key(0).of(b"payloae").digest, whole.digest);
    }
}
