//! What is wrong with an event, in a form that stays the same: a code, the field, what to do. The value itself is never
//! repeated: it may identify somebody.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Stable codes of refusals. The list in docs/errors.md is checked against this one.
pub mod code {
    pub const JSON_MALFORMED: &str = "json.malformed";
    pub const EVENT_NOT_AN_OBJECT: &str = "event.not-an-object";
    pub const TYPE_UNKNOWN: &str = "type.unknown";
    pub const SOURCE_UNKNOWN: &str = "source.unknown";
    pub const SOURCE_NOT_ENTITLED: &str = "source.not-entitled";
    pub const ITEM_UNKNOWN: &str = "item.unknown";
    pub const ITEM_NOT_IN_FORCE: &str = "item.not-in-force";
    pub const PUBLISHER_MISSING: &str = "publisher.missing";
    pub const PUBLISHER_UNKNOWN: &str = "publisher.unknown";
    pub const SUBJECT_KIND: &str = "subject.kind-not-lawful";
    pub const SUBJECT_MINOR: &str = "subject.minor";
    pub const SUBJECT_ERASED: &str = "subject.erased";
    pub const DOCUMENT_MISSING: &str = "document.missing";
    pub const DOCUMENT_NO_END: &str = "document.no-end";
    pub const DOCUMENT_KIND: &str = "document.kind";
    pub const DATE_INVALID: &str = "date.invalid";
    pub const DATE_FUTURE: &str = "date.future";
    pub const DATE_ORDER: &str = "date.order";
    pub const VALID_OVER_MAXIMUM: &str = "valid.over-maximum";
    pub const FIELD_MISSING: &str = "field.missing";
    pub const FIELD_UNKNOWN: &str = "field.unknown";
    pub const FIELD_INVALID: &str = "field.invalid";
    pub const MATTER_UNKNOWN: &str = "matter.unknown";
    pub const COMMITMENT_EXCLUDED: &str = "commitment.excluded";
    pub const REVISION_CONFLICT: &str = "revision.conflict";
    pub const RECORD_TOO_MANY_FACTS: &str = "record.too-many-facts";
    pub const TEXT_IDENTITY_NUMBER: &str = "text.identity-number";
    pub const CATALOGUE_NONE: &str = "catalogue.none";
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: String,
    /// Path within the event, such as `document.issued_on`.
    pub field: Option<String>,
    pub message: String,
}

impl Problem {
    pub fn new(code: &str, field: &str, message: impl Into<String>) -> Self {
        let field = (!field.is_empty()).then(|| field.to_owned());
        Self { code: code.to_owned(), field, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}: {field}: {}", self.code, self.message),
            None => write!(f, "{}: {}", self.code, self.message),
        }
    }
}
