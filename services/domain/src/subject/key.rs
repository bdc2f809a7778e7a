//! What stands for a subject in topics and in state.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::{Identifier, Scheme, SubjectKind, building, foreign, uscc};

/// 160 bits: among 55 million people (ten districts) two share a tag with a chance below 2^-108, and base32 needs no
/// padding.
pub(crate) const PERSON_TAG_BYTES: usize = 20;
const PERSON_TAG_CHARS: usize = 32;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Longest name of a pseudonym key; it stands in every key of a person.
const KID_LENGTH_MAX: usize = 16;

/// The text of a subject, ordered by its bytes, at most 105 of them, ASCII without control characters and without `|`
/// (which joins it to a measure in the keys of `standing.flags`):
///
/// - `uscc:<18 characters>`, `building:<code>`, `foreign:<registry>:<number>`: the identifier itself, for only natural
///   persons are pseudonymised;
/// - `person:<kid>:<32 of base32>`: a keyed pseudonym, made by [`PseudonymKey`](crate::pseudonym::PseudonymKey) and by
///   nothing else; `kid` names the key. An identity number does not fit the form, so it cannot be read as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SubjectKey(SmolStr);

/// The text is left out: it may be anything, an identity number too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no subject key; one is made from a checked identifier, never written by hand")]
pub struct SubjectKeyError;

impl SubjectKey {
    /// The key of an organisation or a building; `None` for a person, whose key takes a
    /// [`PseudonymKey`](crate::pseudonym::PseudonymKey).
    pub fn plain(identifier: &Identifier) -> Option<Self> {
        match identifier.scheme() {
            scheme @ (Scheme::Uscc | Scheme::Building | Scheme::Foreign) => {
                Some(Self(format_smolstr!("{scheme}:{}", identifier.canonical())))
            }
            Scheme::CnId => None,
        }
    }

    pub(crate) fn of_person(kid: &str, tag: &[u8; PERSON_TAG_BYTES]) -> Self {
        Self(format_smolstr!("person:{kid}:{}", base32(tag)))
    }

    /// Reads a key back. The form is checked, not the check characters: those were judged when the key was made.
    pub fn parse(text: &str) -> Result<Self, SubjectKeyError> {
        kind_of(text).map(|_| Self(text.into())).ok_or(SubjectKeyError)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> SubjectKind {
        match self.0.split_once(':') {
            Some(("person", _)) => SubjectKind::Person,
            Some(("building", _)) => SubjectKind::Building,
            // Invariant: every constructor has checked the form; `uscc` and `foreign` are left.
            Some(_) | None => SubjectKind::Organisation,
        }
    }

    pub fn is_person(&self) -> bool {
        self.kind() == SubjectKind::Person
    }

    /// The name of the pseudonym key a person's key was made with.
    pub fn kid(&self) -> Option<&str> {
        let (kid, _) = self.0.strip_prefix("person:")?.split_once(':')?;
        Some(kid)
    }
}

pub(crate) fn is_kid(kid: &str) -> bool {
    (1..=KID_LENGTH_MAX).contains(&kid.len())
        && kid.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(crate) fn is_tag(tag: &str) -> bool {
    tag.len() == PERSON_TAG_CHARS && tag.bytes().all(|b| BASE32.contains(&b))
}

fn kind_of(text: &str) -> Option<SubjectKind> {
    let (form, rest) = text.split_once(':')?;
    match form {
        "uscc" if uscc::is_well_formed(rest) => Some(SubjectKind::Organisation),
        "foreign" if foreign::is_well_formed(rest) => Some(SubjectKind::Organisation),
        "building" if building::is_well_formed(rest) => Some(SubjectKind::Building),
        "person" => {
            let (kid, tag) = rest.split_once(':')?;
            (is_kid(kid) && is_tag(tag)).then_some(SubjectKind::Person)
        }
        _ => None,
    }
}

/// RFC 4648 in small letters; whole groups of 5 bytes only, so never padded.
pub(crate) fn base32(bytes: &[u8; PERSON_TAG_BYTES]) -> String {
    let mut text = String::with_capacity(PERSON_TAG_CHARS);
    for group in bytes.chunks_exact(5) {
        let bits = group.iter().fold(0_u64, |bits, b| bits << 8 | u64::from(*b));
        for place in (0..8).rev() {
            let symbol = (bits >> (5 * place)) & 31;
            text.push(char::from(BASE32[usize::try_from(symbol).expect("below 32")]));
        }
    }
    text
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for SubjectKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubjectKey {
    type Err = SubjectKeyError;

    fn from_str(text: &str) -> Result<Self, SubjectKeyError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for SubjectKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(deserializer)?;
        match kind_of(&text) {
            Some(_) => Ok(Self(text)),
            None => Err(serde::de::Error::custom(SubjectKeyError)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pseudonym::PseudonymKey;
    use crate::subject::fictitious;

    fn parse(scheme: &str, id: &str) -> Identifier {
        Identifier::parse(scheme, id, &|_| false).unwrap()
    }

    fn plain(scheme: &str, id: &str) -> SubjectKey {
        SubjectKey::plain(&parse(scheme, id)).unwrap()
    }

    #[test]
    fn subject_keys_read_back_as_what_they_are() {
        let person = PseudonymKey::new("k1", &[7; 32]).unwrap().pseudonymise(&parse("cn-id", &fictitious::adult(7)));
        for (key, kind, kid) in [
            (plain("uscc", "919900000000000192"), SubjectKind::Organisation, None),
            (plain("foreign", "iadb:37"), SubjectKind::Organisation, None),
            (plain("building", "990000-1"), SubjectKind::Building, None),
            (person, SubjectKind::Person, Some("k1")),
        ] {
            assert_eq!((key.kind(), key.kid()), (kind, kid));
            assert_eq!(SubjectKey::parse(key.as_str()), Ok(key.clone()));
            let json = serde_json::to_string(&key).unwrap();
            assert_eq!(json, format!("\"{key}\""));
            assert_eq!(serde_json::from_str::<SubjectKey>(&json).unwrap(), key);
        }
    }

    #[test]
    fn what_is_no_subject_key_is_not_read_as_one() {
        let tag = "a".repeat(32);
        for text in [
            String::new(),
            "uscc".into(),
            "uscc:".into(),
            "uscc:91990000000000019".into(),
            "uscc:91990000ma0000015q".into(),
            "cn-id:11010519491231002X".into(),
            "person:11010519491231002X".into(),
            "person:k1:11010519491231002X".into(),
            format!("person:k1:{}", tag.to_uppercase()),
            format!("person:k1:{tag}a"),
            format!("person::{tag}"),
            format!("person:K1:{tag}"),
            format!("person:{}:{tag}", "k".repeat(17)),
            "building:a|b".into(),
            "foreign:37".into(),
            "firm:37".into(),
        ] {
            assert!(SubjectKey::parse(&text).is_err(), "{text}");
            assert!(serde_json::from_value::<SubjectKey>(text.as_str().into()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_person_has_no_key_without_a_pseudonym_key() {
        let person = parse("cn-id", "11010519491231002X");
        assert_eq!(SubjectKey::plain(&person), None);
        assert!(!format!("{person:?}").contains("1949"));
    }
}
