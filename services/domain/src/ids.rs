//! Names of things, each its own type with a checked constructor. They are copied with every record, ground and flag, so a copy
//! takes no memory: a short name stands in place, a longer one is shared.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use smol_str::SmolStr;

/// Why a name was refused. The name itself is left out: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    #[error("has a character outside a-z, 0-9, '-' and '.', or an empty part")]
    Charset,
    #[error("has a control character")]
    Control,
}

/// Longest dotted name: a topic name of Kafka holds 249 characters, and a domain stands in one.
const NAME_BYTES_MAX: usize = 120;
/// Longest number given by a department (document and record numbers carry Chinese text: 3 bytes a character).
const NUMBER_BYTES_MAX: usize = 240;

fn dotted(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(NameError::TooLong(NAME_BYTES_MAX));
    }
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name.split('.').all(part) { Ok(()) } else { Err(NameError::Charset) }
}

fn number(text: &str) -> Result<(), NameError> {
    if text.trim().is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NUMBER_BYTES_MAX {
        return Err(NameError::TooLong(NUMBER_BYTES_MAX));
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            pub fn new(name: impl Into<SmolStr>) -> Result<Self, NameError> {
                let name = name.into();
                $check(&name)?;
                Ok(Self(name))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = SmolStr::deserialize(deserializer)?;
                Self::new(name).map_err(|e| serde::de::Error::custom(format_args!("this name {e}")))
            }
        }
    };
}

name!(
    /// A department that publishes or receives, such as `district.fire`.
    DepartmentId,
    dotted
);
name!(
    /// A kind of record of the catalogue, such as `fire.penalty`.
    ItemId,
    dotted
);
name!(
    /// What may follow from a record, such as `subsidy-restriction`.
    MeasureId,
    dotted
);
name!(
    /// What an approval system decides, such as `subsidy.technology-innovation`; its first part is its domain.
    MatterId,
    dotted
);
name!(
    /// A group of matters with one flag topic, such as `subsidy`.
    DomainId,
    dotted
);
name!(
    /// A law, regulation or rule, such as `shenzhen-social-credit-2023`.
    InstrumentId,
    dotted
);
name!(
    /// A serious list of the catalogue.
    ListId,
    dotted
);
name!(
    /// A rating scheme of the catalogue.
    RatingId,
    dotted
);
name!(
    /// A term that an office has to do something in, such as `objection-decision`.
    DeadlineId,
    dotted
);
name!(
    /// An approval system that asks or subscribes.
    ConsumerId,
    dotted
);
name!(
    /// The name of a field of an item, such as `fine_cny`.
    FieldName,
    field_name
);
name!(
    /// A record's number within its publisher and item; also ids of notices, objections, reviews, repairs and permissions.
    RecordId,
    number
);

fn field_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > 64 {
        return Err(NameError::TooLong(64));
    }
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        Ok(())
    } else {
        Err(NameError::Charset)
    }
}

impl MatterId {
    /// The part before the first dot.
    pub fn domain(&self) -> DomainId {
        DomainId(self.0.split('.').next().unwrap_or_default().into())
    }
}

/// `subsidy.*` (every matter of a prefix of whole parts) or one matter by its full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MatterPattern(SmolStr);

impl MatterPattern {
    pub fn new(pattern: impl Into<SmolStr>) -> Result<Self, NameError> {
        let pattern = pattern.into();
        dotted(pattern.strip_suffix(".*").unwrap_or(&pattern))?;
        Ok(Self(pattern))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn matches(&self, matter: &MatterId) -> bool {
        match self.0.strip_suffix(".*") {
            Some(prefix) => matter.as_str().strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
            None => self.0 == matter.0,
        }
    }

    /// The domain all its matters lie in.
    pub fn domain(&self) -> DomainId {
        DomainId(self.0.split('.').next().unwrap_or_default().into())
    }
}

impl<'de> Deserialize<'de> for MatterPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = SmolStr::deserialize(deserializer)?;
        Self::new(pattern).map_err(|e| serde::de::Error::custom(format_args!("this pattern of matters {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_parts_only() {
        let pattern = MatterPattern::new("subsidy.*").expect("a valid pattern");
        assert!(pattern.matches(&MatterId::new("subsidy.rent").expect("valid")));
        assert!(!pattern.matches(&MatterId::new("subsidy").expect("valid")));
        assert!(!pattern.matches(&MatterId::new("subsidyx.rent").expect("valid")));
    }

    #[test]
    fn names_of_other_shapes_are_refused() {
        assert_eq!(ItemId::new("Fire.penalty"), Err(NameError::Charset));
        assert_eq!(ItemId::new("fire..penalty"), Err(NameError::Charset));
        assert_eq!(RecordId::new(" "), Err(NameError::Empty));
        assert_eq!(RecordId::new("a\u{0}b"), Err(NameError::Control));
        assert!(RecordId::new("虚构消罚〔2026〕123号").is_ok());
    }
}
