//! Keyed pseudonyms of natural persons.
//!
//! Two layers, both HMAC-SHA-256 cut to 160 bits and written in base32, deterministic, named by the key's `kid`:
//!
//! - the **subject key** of a person, over the identity number: `person:<kid>:<tag>`, in every topic and all state of ours;
//! - the **domain pseudonym**, over the subject key and the name of the approval domain: `person.<domain>:<kid>:<tag>`, in
//!   that domain's flag topic. Whoever subscribes to two domains cannot join their people.
//!
//! The input of each begins with a label of its own (below), so that one layer's tag is never the other's. Organisations
//! and buildings keep their plain key in both layers: only natural persons are pseudonymised.
//!
//! Identity numbers are few enough to be enumerated, so everything rests on the secret: it never reaches a topic, a log or
//! an error. Under another secret every person becomes somebody else; the `kid` makes that visible and keeps the old
//! keys readable. This module must never offer a way back from a pseudonym to a person.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;

use crate::ids::DomainId;
use crate::subject::{Identifier, PERSON_TAG_BYTES, SubjectKey, SubjectKeyError, SubjectKind, base32, is_kid, is_tag};

/// Least length of a secret: the output of SHA-256 (RFC 2104, section 3).
const SECRET_BYTES_MIN: usize = 32;

/// Byte layout of the two inputs: label, 0, then `cn-id`, 0, the 18 characters of the number;
/// or label, 0, the domain's name, 0, the subject key. None of the parts can contain a 0.
const SUBJECT_LABEL: &[u8] = b"standing.subject.v1";
const DOMAIN_LABEL: &[u8] = b"standing.domain.v1";

/// A secret and its name. `Debug` shows the name alone.
#[derive(Clone)]
pub struct PseudonymKey {
    kid: String,
    mac: Hmac<Sha256>,
}

/// Why a pseudonym key was refused; shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PseudonymKeyError {
    #[error("the name (kid) of a pseudonym key has 1 to 16 characters of a-z, 0-9 and '-'; name it like k1")]
    Kid,
    #[error("the secret of a pseudonym key has at least 32 bytes; make one with a random generator and keep it safe")]
    SecretTooShort,
}

impl PseudonymKey {
    pub fn new(kid: &str, secret: &[u8]) -> Result<Self, PseudonymKeyError> {
        if !is_kid(kid) {
            return Err(PseudonymKeyError::Kid);
        }
        if secret.len() < SECRET_BYTES_MIN {
            return Err(PseudonymKeyError::SecretTooShort);
        }
        let mac = Hmac::new_from_slice(secret).expect("HMAC takes a secret of any length");
        Ok(Self { kid: kid.to_owned(), mac })
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What stands for the subject in topics and state: a pseudonym for a person, the plain identifier for the others.
    pub fn pseudonymise(&self, identifier: &Identifier) -> SubjectKey {
        SubjectKey::plain(identifier).unwrap_or_else(|| {
            let scheme = identifier.scheme().as_str();
            let tag = self.tag(&[SUBJECT_LABEL, scheme.as_bytes(), identifier.canonical().as_bytes()]);
            SubjectKey::of_person(&self.kid, &tag)
        })
    }

    /// What stands for the subject in the flag topic of `domain`.
    pub fn domain_pseudonym(&self, subject: &SubjectKey, domain: &DomainId) -> DomainPseudonym {
        match subject.kind() {
            SubjectKind::Person => {
                let tag = self.tag(&[DOMAIN_LABEL, domain.as_str().as_bytes(), subject.as_str().as_bytes()]);
                DomainPseudonym(format!("person.{domain}:{}:{}", self.kid, base32(&tag)))
            }
            SubjectKind::Organisation | SubjectKind::Building => DomainPseudonym(subject.as_str().to_owned()),
        }
    }

    fn tag(&self, parts: &[&[u8]; 3]) -> [u8; PERSON_TAG_BYTES] {
        let mut mac = self.mac.clone();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                mac.update(&[0]);
            }
            mac.update(part);
        }
        let whole = mac.finalize().into_bytes();
        let mut tag = [0; PERSON_TAG_BYTES];
        tag.copy_from_slice(&whole[..PERSON_TAG_BYTES]);
        tag
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PseudonymKey({}, masked)", self.kid)
    }
}

/// A subject in one approval domain: `person.<domain>:<kid>:<tag>`, or the plain key of an organisation or a building.
/// It keeps the partition of its subject, which a subscriber cannot compute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DomainPseudonym(String);

impl DomainPseudonym {
    /// Reads one back; the form alone is checked.
    pub fn parse(text: &str) -> Result<Self, SubjectKeyError> {
        let well_formed = match text.strip_prefix("person.") {
            Some(rest) => match rest.split(':').collect::<Vec<_>>()[..] {
                [domain, kid, tag] => DomainId::new(domain).is_ok() && is_kid(kid) && is_tag(tag),
                _ => false,
            },
            None => !SubjectKey::parse(text)?.is_person(),
        };
        if well_formed { Ok(Self(text.to_owned())) } else { Err(SubjectKeyError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainPseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainPseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;
    use crate::subject::fictitious;

    fn parse(scheme: &str, id: &str) -> Identifier {
        Identifier::parse(scheme, id, &|_| false).unwrap()
    }

    fn key(kid: &str, first: u8) -> PseudonymKey {
        let secret: Vec<u8> = (first..first + 32).collect();
        PseudonymKey::new(kid, &secret).unwrap()
    }

    /// Computed with Python's hmac over the documented bytes, secret 00 01 .. 1f.
    #[test]
    fn pseudonyms_are_the_documented_bytes() {
        let key = key("k1", 0);
        let id = fictitious::cn_id(1, date(1990, 1, 1));
        assert_eq!(id, "990000199001010017");
        let subject = key.pseudonymise(&parse("cn-id", &id));
        assert_eq!(subject.as_str(), "person:k1:rkm3ubyc6dstx47amqiiwiqb5kmbjrqi");
        let in_domain = key.domain_pseudonym(&subject, &DomainId::new("subsidy").unwrap());
        assert_eq!(in_domain.as_str(), "person.subsidy:k1:uvwqetwdxqykpuzzda4ba44cgv4hefvv");
    }

    #[test]
    fn pseudonyms_differ_by_person_key_and_domain_and_by_nothing_else() {
        let (first, second) = (key("k1", 0), key("k1", 1));
        let one = parse("cn-id", &fictitious::adult(1));
        let two = parse("cn-id", &fictitious::adult(2));
        assert_eq!(first.pseudonymise(&one), first.clone().pseudonymise(&one));
        assert_ne!(first.pseudonymise(&one), first.pseudonymise(&two));
        assert_ne!(first.pseudonymise(&one), second.pseudonymise(&one));
        assert_ne!(first.pseudonymise(&one), key("k2", 0).pseudonymise(&one));
        let subject = first.pseudonymise(&one);
        let pseudonyms: BTreeSet<String> = ["subsidy", "honours", "procurement"]
            .into_iter()
            .map(|domain| first.domain_pseudonym(&subject, &DomainId::new(domain).unwrap()))
            .inspect(|p| assert_eq!(DomainPseudonym::parse(p.as_str()).as_ref(), Ok(p)))
            .map(|p| p.as_str().rsplit(':').next().unwrap().to_owned())
            .chain(subject.as_str().rsplit(':').next().map(str::to_owned))
            .collect();
        assert_eq!(pseudonyms.len(), 4);
    }

    #[test]
    fn organisations_and_buildings_stay_plain_in_every_domain() {
        let key = key("k1", 0);
        let domain = DomainId::new("subsidy").unwrap();
        for (scheme, id) in [("uscc", "919900000000000192"), ("foreign", "iadb:37"), ("building", "990000-1")] {
            let subject = key.pseudonymise(&parse(scheme, id));
            assert_eq!(subject.as_str(), format!("{scheme}:{id}"));
            assert_eq!(key.domain_pseudonym(&subject, &domain).as_str(), subject.as_str());
        }
    }

    #[test]
    fn a_subject_key_of_a_person_is_no_domain_pseudonym() {
        let subject = key("k1", 0).pseudonymise(&parse("cn-id", &fictitious::adult(1)));
        assert!(DomainPseudonym::parse(subject.as_str()).is_err());
        assert!(serde_json::from_value::<DomainPseudonym>(subject.as_str().into()).is_err());
    }

    #[test]
    fn weak_pseudonym_keys_are_refused_and_none_is_shown() {
        assert_eq!(PseudonymKey::new("k1", &[7; 31]).unwrap_err(), PseudonymKeyError::SecretTooShort);
        for kid in ["", "K1", "k:1", "k|1", "a-name-of-17-char"] {
            assert_eq!(PseudonymKey::new(kid, &[7; 32]).unwrap_err(), PseudonymKeyError::Kid, "{kid}");
        }
        assert_eq!(format!("{:?}", key("k1", 0)), "PseudonymKey(k1, masked)");
    }
}
