//! Entries by id, for checks that follow references.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{Department, Domain, Instrument, Item, Matter, SeriousList, Window};
use domain::ids::{DepartmentId, DomainId, InstrumentId, ItemId, ListId, MatterId, MatterPattern};

use crate::draft::{Draft, Entry, Section};

pub(super) struct Index<'a> {
    departments: BTreeMap<&'a DepartmentId, &'a Department>,
    instruments: BTreeMap<&'a InstrumentId, &'a Instrument>,
    domains: BTreeMap<&'a DomainId, &'a Domain>,
    matters: BTreeMap<&'a MatterId, Vec<&'a Matter>>,
    items: BTreeMap<&'a ItemId, Vec<&'a Item>>,
    lists: BTreeMap<&'a ListId, &'a SeriousList>,
    broken: &'a BTreeMap<Section, BTreeSet<String>>,
}

/// What a reference leads to.
pub(super) enum Found<T> {
    Entry(T),
    /// There is an entry of this id that could not be read.
    Broken,
    Nothing,
}

impl<'a> Index<'a> {
    pub(super) fn of(draft: &'a Draft) -> Self {
        let mut matters: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &draft.matters {
            matters.entry(&entry.value.id).or_default().push(&entry.value);
        }
        let mut items: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &draft.items {
            items.entry(&entry.value.id).or_default().push(&entry.value);
        }
        Self {
            departments: firsts(&draft.departments, |department| &department.id),
            instruments: firsts(&draft.instruments, |instrument| &instrument.id),
            domains: firsts(&draft.domains, |domain| &domain.id),
            matters,
            items,
            lists: firsts(&draft.lists, |list| &list.id),
            broken: &draft.broken,
        }
    }

    pub(super) fn knows_department(&self, id: &DepartmentId) -> bool {
        self.departments.contains_key(id) || self.is_broken(Section::Departments, id.as_str())
    }

    pub(super) fn knows_domain(&self, id: &DomainId) -> bool {
        self.domains.contains_key(id) || self.is_broken(Section::Domains, id.as_str())
    }

    pub(super) fn instrument(&self, id: &InstrumentId) -> Found<&'a Instrument> {
        self.found(self.instruments.get(id).copied(), Section::Instruments, id.as_str())
    }

    pub(super) fn list(&self, id: &ListId) -> Found<&'a SeriousList> {
        self.found(self.lists.get(id).copied(), Section::Lists, id.as_str())
    }

    /// The entries of an item that could be read, in the order of the files.
    pub(super) fn item(&self, id: &ItemId) -> Found<&[&'a Item]> {
        let entries = self.items.get(id).map(Vec::as_slice);
        self.found(entries, Section::Items, id.as_str())
    }

    /// The entries of an item whose windows meet this one; empty for an unknown item too.
    pub(super) fn items_within(&self, id: &ItemId, window: &Window) -> impl Iterator<Item = &'a Item> {
        let entries = self.items.get(id).map(Vec::as_slice).unwrap_or_default();
        let window = *window;
        entries.iter().copied().filter(move |item| overlap(&item.in_force, &window))
    }

    pub(super) fn is_broken(&self, section: Section, id: &str) -> bool {
        self.broken.get(&section).is_some_and(|ids| ids.contains(id))
    }

    pub(super) fn has_broken(&self, section: Section) -> bool {
        self.broken.contains_key(&section)
    }

    /// Whether a pattern names any matter; a matter that could not be read counts.
    pub(super) fn matches_any(&self, pattern: &MatterPattern) -> bool {
        let broken = self.broken.get(&Section::Matters).into_iter().flatten();
        self.matters.keys().any(|matter| pattern.matches(matter))
            || broken.filter_map(|id| MatterId::new(id.as_str()).ok()).any(|matter| pattern.matches(&matter))
    }

    pub(super) fn matters(&self) -> impl Iterator<Item = (&'a MatterId, &[&'a Matter])> {
        self.matters.iter().map(|(id, entries)| (*id, entries.as_slice()))
    }

    fn found<T>(&self, entry: Option<T>, section: Section, id: &str) -> Found<T> {
        match entry {
            Some(entry) => Found::Entry(entry),
            None if self.is_broken(section, id) => Found::Broken,
            None => Found::Nothing,
        }
    }
}

/// The days both are in force.
pub(super) fn overlap(a: &Window, b: &Window) -> bool {
    a.until.is_none_or(|until| b.from <= until) && b.until.is_none_or(|until| a.from <= until)
}

fn firsts<K: Ord, T>(entries: &[Entry<T>], id: impl Fn(&T) -> &K) -> BTreeMap<&K, &T> {
    let mut map = BTreeMap::new();
    for entry in entries {
        map.entry(id(&entry.value)).or_insert(&entry.value);
    }
    map
}
