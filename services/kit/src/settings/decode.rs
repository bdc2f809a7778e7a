//! Reads a tree of values into a struct and finds every fault on the way, not only the first.
//!
//! serde stops at the first error. So: read; note the error and its place; take that value out, so that the field's
//! default stands in; read again, until nothing is wrong any more. It ends, because every round makes the tree smaller
//! or settles one missing key. Structs that say `#[serde(default, deny_unknown_fields)]` always end with a value, and
//! then [`Validate`](super::Validate) can judge it in the same report. A required key without a default is stood in
//! for by whatever its type takes; where nothing fits, the element or section that lacks it is taken out, once.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::Value;

use super::fault::{Fault, Place, Step};
use super::tree::{Tree, variable_name};

/// A fault with the place it was written at.
pub(crate) type Found = (Place, Fault);

/// The value, unless the root itself is of no use; and all faults.
pub(crate) fn decode<T: DeserializeOwned>(tree: &mut Tree) -> (Option<T>, Vec<Found>) {
    let mut faults: Vec<Found> = Vec::new();
    let mut settled = BTreeSet::new();
    loop {
        let (place, message) = match attempt::<T>(tree) {
            Ok(value) => return (Some(value), faults),
            Err(failure) => failure,
        };
        if let Some(key) = backquoted(&message, "missing field `") {
            let missing = place.child(key);
            note(&mut faults, tree, &missing, "settings.missing", "is missing".to_owned(), set_it(&missing));
            let first = settled.insert(tree.as_written(&missing));
            if !first || !(stand_in::<T>(tree, &missing) || tree.remove(&place)) {
                return (None, faults);
            }
            continue;
        }
        if tree.reread(&place, message.contains("expected a sequence")) {
            continue;
        }
        match backquoted(&message, "unknown field `") {
            Some(_) => {
                let known = message.rsplit_once(", expected ").map(|(_, known)| known.to_owned());
                let remedy = match known {
                    Some(known) => format!("remove it, or write {known}"),
                    None => "remove it: nothing is set here".to_owned(),
                };
                note(&mut faults, tree, &place, "settings.unknown-key", "is not known here".to_owned(), remedy);
            }
            None => {
                let remedy = match message.rsplit_once(", expected ") {
                    Some((_, expected)) => format!("give {expected}"),
                    None => "correct it".to_owned(),
                };
                note(&mut faults, tree, &place, "settings.invalid", message, remedy);
            }
        }
        if !tree.remove(&place) {
            return (None, faults);
        }
    }
}

/// What to do about a key that is not there.
pub(crate) fn set_it(place: &Place) -> String {
    match variable_name(place) {
        Some(variable) => format!("add it, or set {variable}"),
        None => "add it".to_owned(),
    }
}

fn note(faults: &mut Vec<Found>, tree: &Tree, place: &Place, code: &'static str, what: String, remedy: String) {
    let written = tree.as_written(place);
    // A value taken out for its own fault leaves its required key missing: that is one fault, not two.
    if faults.iter().any(|(at, _)| at == &written) {
        return;
    }
    let fault = Fault { code, origin: tree.origin(&written), key: written.to_string(), what, remedy };
    faults.push((written, fault));
}

fn attempt<T: DeserializeOwned>(tree: &Tree) -> Result<T, (Place, String)> {
    serde_path_to_error::deserialize(tree.root()).map_err(|failure: serde_path_to_error::Error<toml::de::Error>| {
        (place_of(tree, failure.path()), failure.inner().message().to_owned())
    })
}

/// Fills a missing key with the first stand-in that its type takes. False when it takes none.
fn stand_in<T: DeserializeOwned>(tree: &mut Tree, missing: &Place) -> bool {
    let text = |text: &str| Value::String(text.to_owned());
    let candidates = [
        text(""),
        Value::Integer(1),
        Value::Boolean(false),
        Value::Float(1.0),
        Value::Array(Vec::new()),
        Value::Table(toml::Table::new()),
        text("1s"),
        text("1B"),
        text("127.0.0.1:0"),
    ];
    for candidate in candidates {
        tree.set(missing, candidate);
        match attempt::<T>(tree) {
            Ok(_) => return true,
            Err((place, message)) => {
                let missing_within = backquoted(&message, "missing field `").is_some() && place == *missing;
                if !missing.is_at_or_above(&place) || missing_within {
                    return true;
                }
            }
        }
    }
    tree.remove(missing);
    false
}

fn place_of(tree: &Tree, path: &serde_path_to_error::Path) -> Place {
    let mut place = Place::default();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => place.0.push(Step::Index(*index)),
            Segment::Map { key } => place.0.push(Step::Key(key.clone())),
            // The variant of an enum is a key of the file only when the enum is written as a table.
            Segment::Enum { variant } => {
                let inner = place.child(variant);
                if tree.has(&inner) {
                    place = inner;
                }
            }
            Segment::Unknown => {}
        }
    }
    place
}

fn backquoted<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    let (name, _) = message.strip_prefix(start)?.split_once('`')?;
    Some(name)
}
