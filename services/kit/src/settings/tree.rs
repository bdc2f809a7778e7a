//! The values of all sources in one tree, in which every value still knows its origin: a line of the file, or a
//! variable.
//!
//! A variable's text is taken as it is first; only when the field is no text is it read as a TOML value, or as a list
//! separated by commas. So `STANDING__KAFKA__PASSWORD=12345` is a text and `STANDING__HTTP__REQUESTS_MAX=64` a number,
//! without anybody having to quote anything.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::fault::{Place, Step};

pub(crate) const PREFIX: &str = "STANDING__";

#[derive(Debug)]
pub(crate) struct Tree {
    /// Always a table.
    root: Value,
    file: Option<File>,
    variables: BTreeMap<Place, Variable>,
    /// Elements taken out of lists, in order: places as they were then.
    removed: Vec<Place>,
}

#[derive(Debug)]
struct File {
    name: String,
    text: String,
}

#[derive(Debug)]
struct Variable {
    name: String,
    text: String,
    /// Whether the text has been read as something else than a text.
    reread: bool,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: Value::Table(Table::new()), file: None, variables: BTreeMap::new(), removed: Vec::new() }
    }
}

impl Tree {
    pub(crate) fn of_file(root: Table, name: String, text: String) -> Self {
        Self { root: Value::Table(root), file: Some(File { name, text }), ..Self::default() }
    }

    pub(crate) fn root(&self) -> Value {
        self.root.clone()
    }

    pub(crate) fn overlay(&mut self, place: Place, name: String, text: String) {
        self.set(&place, Value::String(text.clone()));
        self.variables.insert(place, Variable { name, text, reread: false });
    }

    /// Puts a value in its place, with tables on the way where there are none.
    pub(crate) fn set(&mut self, place: &Place, value: Value) {
        let mut slot = &mut self.root;
        for step in &place.0 {
            match step {
                Step::Index(index) => match slot.get_mut(*index) {
                    Some(element) => slot = element,
                    None => return,
                },
                Step::Key(key) => {
                    if !slot.is_table() {
                        *slot = Value::Table(Table::new());
                    }
                    let Value::Table(table) = slot else { return };
                    slot = table.entry(key.as_str()).or_insert_with(|| Value::Table(Table::new()));
                }
            }
        }
        *slot = value;
    }

    pub(crate) fn has(&self, place: &Place) -> bool {
        place.0.iter().try_fold(&self.root, |slot, step| child(slot, step)).is_some()
    }

    /// Takes a value out. False when there is none.
    pub(crate) fn remove(&mut self, place: &Place) -> bool {
        let Some((last, above)) = place.0.split_last() else { return false };
        let holder = above.iter().try_fold(&mut self.root, |slot, step| match step {
            Step::Key(key) => slot.get_mut(key.as_str()),
            Step::Index(index) => slot.get_mut(*index),
        });
        match (holder, last) {
            (Some(Value::Table(table)), Step::Key(key)) => table.remove(key).is_some(),
            (Some(Value::Array(array)), Step::Index(index)) if *index < array.len() => {
                array.remove(*index);
                self.removed.push(place.clone());
                true
            }
            _ => false,
        }
    }

    /// Reads the variable at or above `place` as something else than a text. False when there is no variable, when it
    /// was reread before, or when it can only be a text.
    pub(crate) fn reread(&mut self, place: &Place, wants_list: bool) -> bool {
        let Some((at, variable)) = self.variables.iter_mut().find(|(at, _)| at.is_at_or_above(place)) else {
            return false;
        };
        if std::mem::replace(&mut variable.reread, true) {
            return false;
        }
        let table = format!("value = {}", variable.text).parse::<Table>().unwrap_or_default();
        let value = match table.get("value") {
            Some(value) if table.len() == 1 => value.clone(),
            _ if wants_list => {
                let elements = variable.text.split(',').map(str::trim).filter(|element| !element.is_empty());
                Value::Array(elements.map(|element| Value::String(element.to_owned())).collect())
            }
            _ => return false,
        };
        let at = at.clone();
        self.set(&at, value);
        true
    }

    /// The place that a value had before anything was taken out of a list.
    pub(crate) fn as_written(&self, place: &Place) -> Place {
        let mut place = place.clone();
        for removed in self.removed.iter().rev() {
            if let Some((Step::Index(taken), list)) = removed.0.split_last()
                && place.0.starts_with(list)
                && let Some(Step::Index(index)) = place.0.get_mut(list.len())
                && *index >= *taken
            {
                *index += 1;
            }
        }
        place
    }

    /// Where the value at `place` (as written), or what is nearest above it, comes from.
    pub(crate) fn origin(&self, place: &Place) -> String {
        if let Some(variable) = self.variable(place) {
            return variable.name.clone();
        }
        match &self.file {
            Some(File { name, text }) => match line_of(text, place) {
                Some(line) => format!("{name}:{line}"),
                None => name.clone(),
            },
            None => "environment".to_owned(),
        }
    }

    /// Sorts like the reader reads: the file's lines, then variables.
    pub(crate) fn position(&self, place: &Place) -> usize {
        match &self.file {
            Some(file) if self.variable(place).is_none() => line_of(&file.text, place).unwrap_or(0),
            _ => usize::MAX,
        }
    }

    fn variable(&self, place: &Place) -> Option<&Variable> {
        let (_, variable) = self.variables.iter().find(|(at, _)| at.is_at_or_above(place))?;
        Some(variable)
    }
}

/// The variable that sets `place`.
pub(crate) fn variable_name(place: &Place) -> Option<String> {
    let mut name = String::from("STANDING");
    for step in &place.0 {
        match step {
            Step::Key(key) => name.extend(["__", &key.to_ascii_uppercase()]),
            Step::Index(_) => return None,
        }
    }
    Some(name)
}

fn child<'v>(value: &'v Value, step: &Step) -> Option<&'v Value> {
    match step {
        Step::Key(key) => value.get(key.as_str()),
        Step::Index(index) => value.get(*index),
    }
}

/// The line of the last step of `place` that is written in the file.
fn line_of(text: &str, place: &Place) -> Option<usize> {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut offset = None;
    let mut table = Some(document.get_ref());
    let mut list = None;
    for step in &place.0 {
        let value = match step {
            Step::Key(name) => {
                let Some((key, value)) = table.and_then(|table| table.get_key_value(name.as_str())) else { break };
                offset = Some(key.span().start);
                value
            }
            Step::Index(index) => {
                let Some(value) = list.and_then(|list: &toml::de::DeArray<'_>| list.get(*index)) else { break };
                offset = Some(value.span().start);
                value
            }
        };
        (table, list) = match value.get_ref() {
            DeValue::Table(inner) => (Some(inner), None),
            DeValue::Array(inner) => (None, Some(inner)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                break;
            }
        };
    }
    offset.map(|offset| line_at(text, offset))
}

pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
