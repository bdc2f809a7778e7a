//! Takes members out of an object one by one and says at the end which were left over.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Problem, code};
use crate::value::Raw;

/// Longest free text (a reason, grounds of an objection), in bytes; longer ones belong into the file, not the register.
const TEXT_BYTES_MAX: usize = 6_000;

pub(super) struct Reader<'a> {
    members: Option<&'a BTreeMap<String, Raw>>,
    path: String,
    taken: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(members: &'a BTreeMap<String, Raw>, path: &str) -> Self {
        Self { members: Some(members), path: path.to_owned(), taken: BTreeSet::new() }
    }

    pub(super) fn empty() -> Self {
        Self { members: None, path: String::new(), taken: BTreeSet::new() }
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A member that is there and not null.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a Raw> {
        self.skip(name);
        self.members?.get(name).filter(|raw| **raw != Raw::Null)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.is_some_and(|m| m.get(name).is_some_and(|raw| *raw != Raw::Null))
    }

    pub(super) fn skip(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    pub(super) fn skip_all(&mut self) {
        self.taken.extend(self.members.into_iter().flat_map(BTreeMap::keys).cloned());
    }

    pub(super) fn required(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<&'a Raw> {
        let raw = self.take(name);
        if raw.is_none() {
            problems.push(Problem::new(code::FIELD_MISSING, &self.path_of(name), "is required; give it"));
        }
        raw
    }

    pub(super) fn required_text(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        self.required(name, problems)?;
        self.text(name, problems)
    }

    pub(super) fn text(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        let raw = self.take(name)?;
        let message = match raw {
            Raw::Text(text) if text.len() > TEXT_BYTES_MAX => {
                format!("is longer than {TEXT_BYTES_MAX} bytes; shorten it")
            }
            Raw::Text(text) if text.chars().any(|c| (c.is_control() && c != '\n') || turns_text(c)) => {
                "has a control character; take it out".to_owned()
            }
            Raw::Text(text) => return Some(text.clone()),
            Raw::Null | Raw::Boolean(_) | Raw::Integer(_) | Raw::OtherNumber(_) | Raw::List(_) | Raw::Object(_) => {
                format!("a string, this is {}", raw.kind())
            }
        };
        problems.push(Problem::new(code::FIELD_INVALID, &self.path_of(name), message));
        None
    }

    pub(super) fn object(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<Reader<'a>> {
        let raw = self.take(name)?;
        let path = self.path_of(name);
        if let Raw::Object(members) = raw {
            return Some(Reader::new(members, &path));
        }
        problems.push(Problem::new(code::FIELD_INVALID, &path, format!("an object, this is {}", raw.kind())));
        None
    }

    pub(super) fn required_object(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<Reader<'a>> {
        self.required(name, problems)?;
        self.object(name, problems)
    }

    /// Reports members that nobody took. Their names may be anything and are reported only where they are plain.
    pub(super) fn unknown(self, problems: &mut Vec<Problem>) {
        for name in self.members.into_iter().flat_map(BTreeMap::keys).filter(|name| !self.taken.contains(*name)) {
            let plain = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let path = self.path_of(if plain { name } else { "?" });
            problems.push(Problem::new(code::FIELD_UNKNOWN, &path, "no such member here; leave it out"));
        }
    }
}

/// Characters that make a text show in another order than it is written in.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
