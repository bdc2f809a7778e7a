//! What can be wrong with a value, in words for whoever wrote it.

use std::fmt;

use serde::de;

use super::node::{Node, Value};
use crate::finding::Place;

/// One thing wrong with a value.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The node it belongs to, by its id, and where to show it; absent until a node has seen it pass.
    pub(super) at: Option<(usize, Place)>,
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
    pub(crate) help: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Another kind of value is expected.
    Type,
    /// The right kind, but no lawful value.
    Invalid,
    /// No such choice.
    Variant,
    UnknownKey,
    MissingKey(String),
    /// A key that is no lawful name.
    Key,
    /// A stand-in did not fit.
    StandIn,
}

impl FaultKind {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Type => "value.type",
            Self::Invalid | Self::StandIn => "value.invalid",
            Self::Variant => "value.unknown",
            Self::UnknownKey | Self::Key => "key.unknown",
            Self::MissingKey(_) => "key.missing",
        }
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at: None, kind, message: message.into(), help: help.into() }
    }

    pub(crate) fn place(&self) -> Option<Place> {
        self.at.map(|(_, place)| place)
    }

    pub(super) fn at(mut self, node: &Node) -> Self {
        if self.at.is_none() {
            self.at = Some((node.id, node.place));
            if matches!(node.value, Value::StandIn(_)) {
                self.kind = FaultKind::StandIn;
            }
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // The text of serde for a literal that is neither a truth value, a number nor a text.
        if message.contains("untagged enum") {
            return Self::new(FaultKind::Type, "this is no plain value", "write a number, true, false or a text");
        }
        Self::new(FaultKind::Invalid, message, "docs/catalogue.md shows how it is written")
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let message = format!("{} stands here", described(unexpected));
        Self::new(FaultKind::Type, message, format!("write {expected}"))
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let message = format!("{} does not fit", described(unexpected));
        Self::new(FaultKind::Invalid, message, format!("write {expected}"))
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::new(FaultKind::Type, format!("{length} values stand here"), format!("write {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("`{}` is not known here", shortened(variant));
        Self::new(FaultKind::Variant, message, choices(variant, expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("the key `{}` is not known here", shortened(field));
        Self::new(FaultKind::UnknownKey, message, choices(field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        let message = format!("the key `{field}` is missing");
        Self::new(FaultKind::MissingKey(field.to_owned()), message, format!("add `{field}`"))
    }
}

fn described(unexpected: de::Unexpected<'_>) -> String {
    if let de::Unexpected::Str(text) = unexpected {
        return format!("`{}`", shortened(text));
    }
    shortened(&unexpected.to_string())
}

/// At most 60 characters of a text that may be anything.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What may stand here, the likeliest first.
fn choices(written: &str, expected: &[&str]) -> String {
    let near = expected.iter().map(|name| (distance(written, name), *name)).min();
    match near {
        Some((far, name)) if far <= 2 && far < name.len() => {
            format!("did you mean `{name}`? One of: {}", expected.join(", "))
        }
        Some(_) => format!("write one of: {}", expected.join(", ")),
        None => "nothing may stand here".to_owned(),
    }
}

/// Levenshtein distance, of the first 40 characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}
