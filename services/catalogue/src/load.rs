//! Entries -> one catalogue.

use std::collections::BTreeMap;

use domain::catalogue::{Catalogue, Dated, Registry};
use jiff::civil::Date;

use crate::draft::{Draft, Entry, Section};
use crate::finding::Finding;
use crate::lint;
use crate::source::Tree;

/// A catalogue without errors, and where each entry of it stands.
#[derive(Debug)]
pub struct Loaded {
    pub catalogue: Catalogue,
    pub positions: Positions,
    /// What the linter would have somebody look at.
    pub warnings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

/// Where entries stand, by section, id (the kind of a registry) and, for entries with a window, its first day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<(Section, String, Option<Date>), Position>);

impl Positions {
    pub fn of(&self, section: Section, id: &str, from: Option<Date>) -> Option<&Position> {
        self.0.get(&(section, id.to_owned(), from))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Section, &str, Option<Date>, &Position)> {
        self.0.iter().map(|((section, id, from), position)| (*section, id.as_str(), *from, position))
    }

    fn put<T>(&mut self, entry: &Entry<T>, id: impl ToString, from: Option<Date>) {
        let origin = &entry.origin;
        let place = origin.node.place;
        let position = Position { file: origin.file.path.clone(), line: place.line, column: place.column };
        self.0.entry((origin.section, id.to_string(), from)).or_insert(position);
    }
}

/// Reads and checks a tree. With any error there is no catalogue, and all findings come back, warnings too.
pub fn load(tree: &Tree) -> Result<Loaded, Vec<Finding>> {
    let (draft, findings) = lint::examine(tree);
    if findings.iter().any(Finding::is_error) {
        return Err(findings);
    }
    let positions = positions(&draft);
    match assemble(draft) {
        Some(catalogue) => Ok(Loaded { catalogue, positions, warnings: findings }),
        None => Err(findings),
    }
}

fn positions(draft: &Draft) -> Positions {
    let mut positions = Positions::default();
    draft.heads.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.departments.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.instruments.iter().for_each(|e| positions.put(e, &e.value.id, Some(e.value.in_force.from)));
    draft.domains.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.matters.iter().for_each(|e| positions.put(e, &e.value.id, Some(e.value.in_force.from)));
    draft.items.iter().for_each(|e| positions.put(e, &e.value.id, Some(e.value.in_force.from)));
    draft.measures.iter().for_each(|e| positions.put(e, &e.value.id, Some(e.value.in_force.from)));
    draft.lists.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.ratings.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.consumers.iter().for_each(|e| positions.put(e, &e.value.id, None));
    draft.registries.iter().for_each(|e| positions.put(e, e.value.kind, None));
    draft.deadlines.iter().for_each(|e| positions.put(e, &e.value.id, Some(e.value.in_force.from)));
    draft.calendar.iter().for_each(|e| positions.put(e, e.value.year, None));
    draft.confirmed_codes.iter().for_each(|e| positions.put(e, &e.value, None));
    positions
}

/// `None` without a head.
fn assemble(draft: Draft) -> Option<Catalogue> {
    let head = draft.heads.into_iter().next()?.value;
    let kind = |entry: Entry<crate::draft::RegistryEntry>| {
        let value = entry.value;
        (value.kind, Registry { departments: value.departments, opt_outs: value.opt_outs })
    };
    Some(Catalogue {
        id: head.id,
        title: head.title,
        departments: singles(draft.departments, |department| department.id.clone()),
        instruments: singles(draft.instruments, |instrument| instrument.id.clone()),
        domains: singles(draft.domains, |domain| domain.id.clone()),
        matters: versions(draft.matters, |matter| matter.id.clone()),
        items: versions(draft.items, |item| item.id.clone()),
        measures: versions(draft.measures, |measure| measure.id.clone()),
        lists: singles(draft.lists, |list| list.id.clone()),
        ratings: singles(draft.ratings, |rating| rating.id.clone()),
        consumers: singles(draft.consumers, |consumer| consumer.id.clone()),
        registries: draft.registries.into_iter().map(kind).collect(),
        deadlines: versions(draft.deadlines, |deadline| deadline.id.clone()),
        calendar: singles(draft.calendar, |year| year.year),
        confirmed_codes: draft.confirmed_codes.into_iter().map(|entry| entry.value).collect(),
    })
}

fn singles<K: Ord, T>(entries: Vec<Entry<T>>, id: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    entries.into_iter().map(|entry| (id(&entry.value), entry.value)).collect()
}

/// The entries of one id in order of their windows.
fn versions<K: Ord, T: Dated>(entries: Vec<Entry<T>>, id: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut by_id: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for entry in entries {
        by_id.entry(id(&entry.value)).or_default().push(entry.value);
    }
    by_id.values_mut().for_each(|versions| versions.sort_by_key(|version| version.window().from));
    by_id
}
