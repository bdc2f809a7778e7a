//! Why a record could not be read or written, sorted by what must be done about it.

use std::fmt;

/// What a caller does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It will never be readable: refuse the record, with its code, and go on.
    Malformed,
    /// The schema registry does not answer: read the same record again later. Never skip it.
    Retry,
    /// It was written by something newer than this program: stop the partition with an alarm. Skipping it would leave
    /// a state that a newer program does not have.
    Unsupported,
}

/// Stable codes of failures to read and to write.
pub mod code {
    /// A record without a value, where one is needed.
    pub const VALUE_MISSING: &str = "value.missing";
    /// Longer than any record of ours.
    pub const VALUE_TOO_LARGE: &str = "value.too-large";
    /// Does not begin as the Confluent wire format does: a zero byte and a schema id.
    pub const VALUE_FRAME: &str = "value.frame";
    /// The bytes do not follow their schema.
    pub const VALUE_MALFORMED: &str = "value.malformed";
    /// Bytes are left over.
    pub const VALUE_TRAILING: &str = "value.trailing";
    /// Follows its schema, but says what cannot be, or cannot be said in it.
    pub const VALUE_INVALID: &str = "value.invalid";
    /// A type, kind or choice that this program does not know yet.
    pub const VALUE_NEWER: &str = "value.newer";
    /// The key does not name what the value is about.
    pub const KEY_MISMATCH: &str = "key.mismatch";
    /// The schema id is nobody's.
    pub const SCHEMA_UNKNOWN: &str = "schema.unknown";
    /// The schema is one of another kind of record.
    pub const SCHEMA_OTHER_KIND: &str = "schema.other-kind";
    /// The schema is a later one of ours.
    pub const SCHEMA_NEWER: &str = "schema.newer";
    /// The schema cannot be read as ours.
    pub const SCHEMA_INCOMPATIBLE: &str = "schema.incompatible";
    /// The registry does not answer.
    pub const SCHEMA_UNAVAILABLE: &str = "schema.unavailable";
    /// The registry refused to take our schema.
    pub const SCHEMA_REFUSED: &str = "schema.refused";
}

/// A record that could not be read. Shows its place and what is wrong, never its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}{position}")]
pub struct DecodeError {
    pub kind: ErrorKind,
    /// One of [`code`].
    pub code: &'static str,
    pub position: Position,
    /// What is wrong and what to do.
    pub what: String,
}

/// Where in a value something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    Whole,
    /// Counted from 0, the frame included.
    Byte(usize),
    /// Path of names and indexes, such as `grounds[2].document.number`.
    Field(String),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Byte(at) => write!(f, " (at byte {at})"),
            Self::Field(path) => write!(f, " (in {path})"),
        }
    }
}

impl DecodeError {
    pub(crate) fn new(kind: ErrorKind, code: &'static str, what: impl Into<String>) -> Self {
        Self { kind, code, position: Position::Whole, what: what.into() }
    }

    pub(crate) fn malformed(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, code, what)
    }

    pub(crate) fn at_byte(mut self, at: usize) -> Self {
        self.position = Position::Byte(at);
        self
    }
}

impl From<Invalid> for DecodeError {
    fn from(invalid: Invalid) -> Self {
        let (kind, code) = match invalid.why {
            Why::Invalid => (ErrorKind::Malformed, code::VALUE_INVALID),
            Why::Newer => (ErrorKind::Unsupported, code::VALUE_NEWER),
        };
        Self { kind, code, position: Position::Field(invalid.path), what: invalid.what }
    }
}

/// A value that could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}")]
pub struct EncodeError {
    /// [`ErrorKind::Malformed`] where the value itself cannot be written.
    pub kind: ErrorKind,
    /// One of [`code`].
    pub code: &'static str,
    /// What is wrong and what to do.
    pub what: String,
}

/// A decoded value that says what cannot be. The path is built from the inside out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    path: String,
    what: String,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Invalid,
    Newer,
}

impl Invalid {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { path: String::new(), what: what.into(), why: Why::Invalid }
    }

    pub(crate) fn newer(what: impl Into<String>) -> Self {
        Self { path: String::new(), what: what.into(), why: Why::Newer }
    }

    pub(crate) fn at(mut self, field: &str) -> Self {
        self.path = match self.path.chars().next() {
            None => field.to_owned(),
            Some('[') => format!("{field}{}", self.path),
            Some(_) => format!("{field}.{}", self.path),
        };
        self
    }

    pub(crate) fn at_index(mut self, index: usize) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{separator}{}", self.path);
        self
    }
}

/// Names the field that a conversion failed in.
pub(crate) trait AtField<T> {
    fn at(self, field: &str) -> Result<T, Invalid>;
}

impl<T> AtField<T> for Result<T, Invalid> {
    fn at(self, field: &str) -> Result<T, Invalid> {
        self.map_err(|invalid| invalid.at(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_outside_in() {
        let invalid = Invalid::new("is empty").at("number").at("document").at_index(2).at("grounds");
        let error = DecodeError::from(invalid);
        assert_eq!(error.to_string(), "value.invalid: is empty (in grounds[2].document.number)");
        assert_eq!(Invalid::new("x").at_index(1).at_index(0).at("a").path, "a[0][1]");
    }
}
