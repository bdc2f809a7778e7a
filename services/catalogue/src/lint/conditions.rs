//! Conditions against the fields of the items they look at.
//!
//! A condition may look at several versions of an item. What is wrong with all of them is an error; what is wrong with some is a
//! warning, for the condition then says something else about records of those versions than it seems to.

use domain::catalogue::{Field, FieldType, Item, Literal, Predicate};
use domain::ids::FieldName;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Report;
use crate::draft::Entry;
use crate::finding::{Finding, Place};
use crate::yaml::Step::{self, Index as At, Key};

/// Checks one condition of an entry, at `path`, against every version of an item that it looks at. Whether nothing is wrong.
pub(super) fn check<'i, T>(
    entry: &Entry<T>,
    path: &[Step<'_>],
    predicate: &Predicate,
    items: impl IntoIterator<Item = &'i Item>,
    report: &mut Report,
) -> bool {
    let versions: Vec<Vec<Problem>> = items
        .into_iter()
        .map(|item| {
            let mut walk = Walk { entry, item, problems: Vec::new() };
            walk.predicate(&mut path.to_vec(), predicate);
            walk.problems
        })
        .collect();
    let everywhere = |problem: &Problem| versions.iter().all(|problems| problems.iter().any(|p| p.is_like(problem)));
    let mut said: Vec<&Problem> = Vec::new();
    for problem in versions.iter().flatten() {
        if said.iter().any(|p| p.is_like(problem)) {
            continue;
        }
        let file = &entry.origin.file;
        let Problem { place, code, message, help } = problem;
        report.push(if everywhere(problem) {
            Finding::error(file, *place, code, message, help)
        } else {
            Finding::warning(file, *place, code, message, help)
        });
        said.push(problem);
    }
    said.is_empty()
}

struct Problem {
    place: Place,
    code: &'static str,
    message: String,
    help: String,
}

impl Problem {
    fn is_like(&self, other: &Self) -> bool {
        self.place == other.place && self.code == other.code
    }
}

struct Walk<'a, T> {
    entry: &'a Entry<T>,
    item: &'a Item,
    problems: Vec<Problem>,
}

impl<T> Walk<'_, T> {
    fn predicate<'p>(&mut self, path: &mut Vec<Step<'p>>, predicate: &Predicate) {
        match predicate {
            Predicate::All(parts) => self.parts(path, "all", parts),
            Predicate::Any(parts) => self.parts(path, "any", parts),
            Predicate::Not(part) => {
                path.push(Key("not"));
                self.predicate(path, part);
                path.pop();
            }
            Predicate::Eq { field, value } => {
                let under = extend(path, &[Key("eq")]);
                self.literals(&under, field, &[(extend(&under, &[Key("value")]), value)]);
            }
            Predicate::In { field, values } => {
                let under = extend(path, &[Key("in")]);
                if values.is_empty() {
                    let help = "list the values, or remove the condition";
                    let path = extend(&under, &[Key("values")]);
                    self.problem(&path, "predicate.empty", "nothing is in an empty list", help);
                }
                let values: Vec<_> =
                    values.iter().enumerate().map(|(n, v)| (extend(&under, &[Key("values"), At(n)]), v)).collect();
                self.literals(&under, field, &values);
            }
            Predicate::Lt { field, value } => self.below(&extend(path, &[Key("lt")]), field, value),
            Predicate::Before { field, .. } => {
                let under = extend(path, &[Key("before")]);
                if let Some(field) = self.field(&under, field)
                    && !matches!(field.kind, FieldType::Date {})
                {
                    let message = format!("`{}` is no date", field.name);
                    self.mistyped(
                        &extend(&under, &[Key("field")]),
                        message,
                        "use `before` on fields of the type `date`",
                    );
                }
            }
            Predicate::Exists { field } => {
                self.field(&extend(path, &[Key("exists")]), field);
            }
        }
    }

    fn parts<'p>(&mut self, path: &mut Vec<Step<'p>>, name: &'p str, parts: &[Predicate]) {
        path.push(Key(name));
        if parts.is_empty() {
            let help = "write its parts, or remove the condition";
            self.problem(path, "predicate.empty", format!("`{name}` of nothing"), help);
        }
        for (n, part) in parts.iter().enumerate() {
            path.push(At(n));
            self.predicate(path, part);
            path.pop();
        }
        path.pop();
    }

    fn literals(&mut self, under: &[Step<'_>], field: &FieldName, values: &[(Vec<Step<'_>>, &Literal)]) {
        let Some(field) = self.field(under, field) else { return };
        for (path, value) in values {
            if let Some(expected) = mismatch(&field.kind, value) {
                let message = format!("`{}` never has this value", field.name);
                self.mistyped(path, message, &format!("write {expected}"));
            }
        }
    }

    fn below(&mut self, under: &[Step<'_>], field: &FieldName, value: &Literal) {
        let Some(field) = self.field(under, field) else { return };
        match field.kind {
            FieldType::Integer { .. } | FieldType::Decimal { .. } => {
                let number = match value {
                    Literal::Integer(_) => true,
                    Literal::Text(text) => text.parse::<Decimal>().is_ok(),
                    Literal::Boolean(_) => false,
                };
                if !number {
                    let path = extend(under, &[Key("value")]);
                    self.mistyped(&path, "this bound is no number".to_owned(), "write a number, decimals in quotes");
                }
            }
            FieldType::Text { .. }
            | FieldType::Choice(_)
            | FieldType::Boolean {}
            | FieldType::Date {}
            | FieldType::Matter {} => {
                let message = format!("`{}` is no number", field.name);
                let help = "use `lt` on fields of the types `integer` and `decimal`; dates have `before`";
                self.mistyped(&extend(under, &[Key("field")]), message, help);
            }
        }
    }

    fn field(&mut self, under: &[Step<'_>], name: &FieldName) -> Option<Field> {
        let found = self.item.field(name).cloned();
        if found.is_none() {
            let known: Vec<&str> = self.item.fields.iter().map(|field| field.name.as_str()).collect();
            let help = if known.is_empty() {
                format!("`{}` (version {}) has no fields: remove the condition", self.item.id, self.item.version)
            } else {
                format!("`{}` (version {}) has: {}", self.item.id, self.item.version, known.join(", "))
            };
            let message = format!("there is no field `{name}`");
            self.problem(&extend(under, &[Key("field")]), "predicate.field-unknown", message, help);
        }
        found
    }

    fn mistyped(&mut self, path: &[Step<'_>], message: String, help: &str) {
        let help = format!("{help} (`{}`, version {})", self.item.id, self.item.version);
        self.problem(path, "predicate.type", message, help);
    }

    fn problem(&mut self, path: &[Step<'_>], code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let place = self.entry.origin.place(path);
        self.problems.push(Problem { place, code, message: message.into(), help: help.into() });
    }
}

fn extend<'p>(path: &[Step<'p>], more: &[Step<'p>]) -> Vec<Step<'p>> {
    path.iter().chain(more).copied().collect()
}

/// What a field's literal must be, if this one is not.
fn mismatch(kind: &FieldType, literal: &Literal) -> Option<String> {
    let (fits, expected) = match kind {
        FieldType::Text { .. } | FieldType::Matter {} => (matches!(literal, Literal::Text(_)), "a text".to_owned()),
        FieldType::Choice(choices) => {
            let fits = matches!(literal, Literal::Text(text) if choices.contains(text));
            (fits, format!("one of: {}", choices.join(", ")))
        }
        FieldType::Integer { min, max } => {
            let fits = matches!(literal, Literal::Integer(value) if (min..=max).contains(&value));
            (fits, format!("a whole number from {min} to {max}"))
        }
        FieldType::Decimal { .. } => {
            let fits = match literal {
                Literal::Integer(_) => true,
                Literal::Text(text) => text.parse::<Decimal>().is_ok(),
                Literal::Boolean(_) => false,
            };
            (fits, "a number, in quotes if it has a point".to_owned())
        }
        FieldType::Boolean {} => (matches!(literal, Literal::Boolean(_)), "true or false".to_owned()),
        FieldType::Date {} => {
            let fits = matches!(literal, Literal::Text(text) if text.parse::<Date>().is_ok());
            (fits, "a day such as '2026-05-08'".to_owned())
        }
    };
    (!fits).then_some(expected)
}
