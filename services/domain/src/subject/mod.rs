//! Subjects: who a record is about, and the identifiers that say so.
//!
//! An [`Identifier`] is what a department or an approval system sends: a scheme and an id. It is checked once, here,
//! and lives no longer than one call: it is neither printed nor stored, and there is no way to read a person's number
//! back from it. What stands in topics and in state is the [`SubjectKey`] made from it; for a natural person that takes
//! a [`PseudonymKey`](crate::pseudonym::PseudonymKey).
//!
//! | scheme | kind | rule |
//! |---|---|---|
//! | `uscc` | organisation | GB 32100-2015: 18 characters, check character; or on the catalogue's list of confirmed non-conforming codes |
//! | `cn-id` | person | GB 11643-1999: 17 digits and a check character; digits 7 to 14 are a date; the division is not judged |
//! | `building` | building | opaque: 1 to 64 of `0-9 A-Z a-z -` |
//! | `foreign` | organisation | `registry:number`, opaque; see [`foreign`] |
//!
//! **Spelling.** Adverse data links by exact identifier only (R8). Two spellings of one `uscc` or `cn-id` are still one
//! identifier, and real deliveries contain them: ASCII spaces are dropped and letters a-z raised before anything is
//! judged. Nothing else is repaired: full-width digits, tabs, hyphens, letters that look alike (O for 0) are refused,
//! for a guess would link a record to somebody else. `building` and `foreign` are opaque and compared as they stand.
//!
//! **Persons under another scheme.** Only `cn-id` is pseudonymised, so an id of the other schemes that reads like an
//! identity number is refused: it would stand in the topics for all to read.

mod building;
pub mod cn_id;
pub mod fictitious;
pub mod foreign;
mod identity_number;
mod key;
mod partition;
pub mod uscc;

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use identity_number::holds_identity_number;
pub use key::{SubjectKey, SubjectKeyError};
pub use partition::{murmur2, partition_of};

pub(crate) use key::{PERSON_TAG_BYTES, base32, is_kid, is_tag};

/// How an id is written and who issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheme {
    #[serde(rename = "uscc")]
    Uscc,
    #[serde(rename = "cn-id")]
    CnId,
    #[serde(rename = "building")]
    Building,
    #[serde(rename = "foreign")]
    Foreign,
}

impl Scheme {
    pub const ALL: [Self; 4] = [Self::Uscc, Self::CnId, Self::Building, Self::Foreign];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uscc => "uscc",
            Self::CnId => "cn-id",
            Self::Building => "building",
            Self::Foreign => "foreign",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Uscc | Self::Foreign => SubjectKind::Organisation,
            Self::CnId => SubjectKind::Person,
            Self::Building => SubjectKind::Building,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the law distinguishes: measures name the kinds they are lawful for, ratings exist for all but people (R5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Person,
    Organisation,
    Building,
}

impl SubjectKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Building => "building",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an identifier was refused. `code` is stable; `message` says what to do and never repeats the identifier.
///
/// Codes: `subject.scheme-unknown`, `subject.malformed`, `subject.check-digit`, `subject.date`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SubjectProblem {
    pub code: &'static str,
    pub message: String,
}

impl SubjectProblem {
    fn scheme_unknown() -> Self {
        let schemes = Scheme::ALL.map(Scheme::as_str).join(", ");
        Self { code: "subject.scheme-unknown", message: format!("no such scheme; send one of: {schemes}") }
    }

    fn malformed(message: impl Into<String>) -> Self {
        Self { code: "subject.malformed", message: message.into() }
    }

    fn check_digit(message: impl Into<String>) -> Self {
        Self { code: "subject.check-digit", message: message.into() }
    }

    fn date(message: impl Into<String>) -> Self {
        Self { code: "subject.date", message: message.into() }
    }
}

/// Longest id looked at: the longest number of `foreign` with its registry, or a spaced-out code, is well below.
const ID_BYTES_MAX: usize = 256;

/// A checked identifier in its canonical spelling. `Debug` shows the scheme alone; there is no `Display` and no
/// `Serialize`, so that a person's number can reach no log, error or topic.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    scheme: Scheme,
    canonical: String,
    birth: Option<Date>,
}

impl Identifier {
    /// `confirmed_nonconforming` says whether a code of 18 well-formed characters (given in canonical spelling) is on the
    /// catalogue's list of codes that were issued although their check character is wrong.
    pub fn parse(
        scheme: &str,
        id: &str,
        confirmed_nonconforming: &dyn Fn(&str) -> bool,
    ) -> Result<Self, SubjectProblem> {
        let scheme = Scheme::parse(scheme).ok_or_else(SubjectProblem::scheme_unknown)?;
        if id.is_empty() {
            return Err(SubjectProblem::malformed("the id is empty; send the subject's identifier"));
        }
        if id.len() > ID_BYTES_MAX {
            return Err(SubjectProblem::malformed(format!(
                "the id is longer than {ID_BYTES_MAX} bytes; send the identifier alone"
            )));
        }
        let (canonical, birth) = match scheme {
            Scheme::Uscc => (uscc::judge(&one_spelling(id), confirmed_nonconforming)?, None),
            Scheme::CnId => {
                let (number, birth) = cn_id::judge(&one_spelling(id))?;
                (number, Some(birth))
            }
            Scheme::Building => (building::judge(id)?, None),
            Scheme::Foreign => (foreign::judge(id)?, None),
        };
        if hides_a_person(scheme, &canonical, confirmed_nonconforming) {
            return Err(SubjectProblem::malformed(
                "this is the identity number of a natural person under another scheme; send it as `cn-id`",
            ));
        }
        Ok(Self { scheme, canonical, birth })
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub fn kind(&self) -> SubjectKind {
        self.scheme.kind()
    }

    /// The date in a `cn-id`; may lie in the future, which only a clock can tell. `None` for all but people.
    pub fn birth_date(&self) -> Option<Date> {
        self.birth
    }

    /// Whether the person is of age on `day`: from 00:00 of the 18th birthday on (民法典 17: 18 and over, which includes 18
    /// by 1259). Who was born on 29 February has the 18th birthday on 28 February, for where the last month of a
    /// period in years lacks the day, it is the month's last day (民法典 202). `None` for all but people.
    pub fn adult_on(&self, day: Date) -> Option<bool> {
        let birth = self.birth?;
        Some(birth.checked_add(18.years()).is_ok_and(|birthday| birthday <= day))
    }

    /// For [`crate::pseudonym`] and [`SubjectKey`] alone: the one place where the id leaves this type.
    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({}, masked)", self.scheme)
    }
}

/// Whether an identity number was sent under a scheme whose ids go to the topics as they are: sole traders' codes are
/// mistaken so, and one identity number in 31 passes for a `uscc`. Codes of firms (9…) are left alone, for numbers that
/// begin with 9 are rare and such codes are not; any other code that happens to read like one is let in by the list.
fn hides_a_person(scheme: Scheme, canonical: &str, confirmed: &dyn Fn(&str) -> bool) -> bool {
    match scheme {
        Scheme::Uscc => !canonical.starts_with('9') && cn_id::is_likely(canonical) && !confirmed(canonical),
        Scheme::CnId => false,
        Scheme::Building => cn_id::is_likely(&one_spelling(canonical)) || holds_identity_number(canonical),
        Scheme::Foreign => canonical
            .split_once(':')
            .is_some_and(|(_, number)| cn_id::is_likely(&one_spelling(number)) || holds_identity_number(number)),
    }
}

/// Drops ASCII spaces and raises a-z; every other character stays, to be refused.
fn one_spelling(id: &str) -> String {
    id.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect()
}

/// What is wrong with the shape of an id of digits and letters, said so that the sender finds it.
fn shape_problem(what: &str, length: usize, id: &str) -> SubjectProblem {
    if !id.is_ascii() {
        return SubjectProblem::malformed(format!(
            "{what} is written in plain ASCII digits and letters; replace full-width or other characters"
        ));
    }
    if id.len() != length {
        return SubjectProblem::malformed(format!(
            "{what} has {length} characters, this one has {}; send it whole",
            id.len()
        ));
    }
    SubjectProblem::malformed(format!("a character stands where {what} has none such; check it against the document"))
}
