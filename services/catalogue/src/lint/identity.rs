//! Ids, versions and windows: one entry per id and day.

use std::collections::BTreeMap;

use domain::catalogue::{Dated, Window};
use domain::subject::uscc;

use super::Report;
use super::index::overlap;
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{Index, Key};

pub(super) fn check(draft: &Draft, report: &mut Report) {
    if let [_, rest @ ..] = draft.heads.as_slice() {
        for entry in rest {
            report.error(entry, &[], "catalogue.twice", "the catalogue is named a second time", "keep one `catalogue`");
        }
    }
    unique(&draft.departments, |department| department.id.as_str(), report);
    unique(&draft.instruments, |instrument| instrument.id.as_str(), report);
    unique(&draft.domains, |domain| domain.id.as_str(), report);
    unique(&draft.lists, |list| list.id.as_str(), report);
    unique(&draft.ratings, |rating| rating.id.as_str(), report);
    unique(&draft.consumers, |consumer| consumer.id.as_str(), report);
    unique(&draft.registries, |registry| registry.kind.as_str(), report);
    unique(&draft.confirmed_codes, |code| code, report);
    rating_measures(draft, report);
    windows(&draft.instruments, report);
    windows(&draft.matters, report);
    windows(&draft.items, report);
    windows(&draft.measures, report);
    windows(&draft.deadlines, report);
    overlaps(&draft.matters, |matter| matter.id.as_str(), report);
    overlaps(&draft.items, |item| item.id.as_str(), report);
    overlaps(&draft.measures, |measure| measure.id.as_str(), report);
    versions(&draft.items, |item| (item.id.as_str(), item.version), report);
    overlaps(&draft.deadlines, |deadline| deadline.id.as_str(), report);
    versions(&draft.measures, |measure| (measure.id.as_str(), measure.version), report);
    versions(&draft.deadlines, |deadline| (deadline.id.as_str(), deadline.version), report);
    names(draft, report);
}

fn unique<'a, T>(entries: &'a [Entry<T>], id: impl Fn(&'a T) -> &'a str, report: &mut Report) {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for entry in entries {
        let id = id(&entry.value);
        if let Some(place) = first.get(id) {
            let message = format!("`{id}` is given a second time; the first is at {place}");
            report.error(entry, &[Key("id")], "id.twice", message, "remove one, or give it another id");
        } else {
            first.insert(id, place(entry));
        }
    }
}

/// What follows from a rating has its flag under the same kind of id as a measure.
fn rating_measures(draft: &Draft, report: &mut Report) {
    let mut first: BTreeMap<&str, String> =
        draft.measures.iter().map(|entry| (entry.value.id.as_str(), place(entry))).collect();
    for entry in &draft.ratings {
        for (at, measure) in entry.value.measures.iter().enumerate() {
            if let Some(place) = first.get(measure.id.as_str()) {
                let message = format!("`{}` is given a second time; the first is at {place}", measure.id);
                let path = [Key("measures"), Index(at), Key("id")];
                report.error(entry, &path, "id.twice", message, "give it another id");
            } else {
                first.insert(measure.id.as_str(), place(entry));
            }
        }
    }
}

fn windows<T: Dated>(entries: &[Entry<T>], report: &mut Report) {
    for entry in entries {
        let Window { from, until } = entry.value.window();
        if let Some(until) = until
            && until < from
        {
            let message = format!("the window ends on {until}, before it begins on {from}");
            let path = [Key("in_force"), Key("until")];
            report.error(entry, &path, "window.backwards", message, "both days are inclusive; mend one of them");
        }
    }
}

fn overlaps<'a, T: Dated>(entries: &'a [Entry<T>], id: impl Fn(&'a T) -> &'a str, report: &mut Report) {
    let mut by_id: BTreeMap<&str, Vec<&Entry<T>>> = BTreeMap::new();
    for entry in entries {
        by_id.entry(id(&entry.value)).or_default().push(entry);
    }
    for (id, mut versions) in by_id {
        versions.sort_by_key(|entry| entry.value.window().from);
        for pair in versions.windows(2) {
            let [earlier, later] = pair else { continue };
            let gap = earlier.value.window().until.and_then(|until| until.tomorrow().ok());
            if gap.is_some_and(|day| day < later.value.window().from) {
                let from = later.value.window().from;
                let message = format!("between {} and this no entry of `{id}` is in force", place(earlier));
                let help = format!(
                    "let one window begin on the day after the other ends, if nothing was repealed before {from}"
                );
                report.warning(later, &[Key("in_force")], "window.gap", message, help);
            }
            if overlap(earlier.value.window(), later.value.window()) {
                let from = later.value.window().from;
                let message =
                    format!("on {from} two entries of `{id}` are in force; the other is at {}", place(earlier));
                let help = "end the earlier one on the day before the later one begins (`in_force: {from, until}`)";
                report.error(later, &[Key("in_force")], "window.overlap", message, help);
            }
        }
    }
}

fn versions<'a, T>(entries: &'a [Entry<T>], key: impl Fn(&'a T) -> (&'a str, u32), report: &mut Report) {
    let mut first: BTreeMap<(&str, u32), String> = BTreeMap::new();
    for entry in entries {
        let (id, version) = key(&entry.value);
        if let Some(place) = first.get(&(id, version)) {
            let message = format!("version {version} of `{id}` is given a second time; the first is at {place}");
            report.error(
                entry,
                &[Key("version")],
                "version.twice",
                message,
                "number the entries of one id differently",
            );
        } else {
            first.insert((id, version), place(entry));
        }
    }
}

/// What ids must look like beyond their characters.
fn names(draft: &Draft, report: &mut Report) {
    for entry in draft.departments.iter().filter(|entry| entry.value.id.as_str() == "any") {
        let message = "`any` stands for every department where publishers are named";
        report.error(entry, &[Key("id")], "department.reserved", message, "give the department another id");
    }
    for entry in &draft.domains {
        if entry.value.id.as_str().contains('.') {
            let message =
                format!("`{}` has a dot, and a matter's domain is the part before its first dot", entry.value.id);
            report.error(entry, &[Key("id")], "domain.id", message, "name the domain by one part, such as `subsidy`");
        }
    }
    for entry in &draft.matters {
        if !entry.value.id.as_str().contains('.') {
            let message = format!("`{}` has no domain before it", entry.value.id);
            report.error(entry, &[Key("id")], "matter.id", message, "write `domain.matter`, such as `subsidy.rent`");
        }
    }
    for entry in &draft.confirmed_codes {
        let code = entry.value.as_str();
        let shaped = code.len() == 18 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !shaped {
            let help = "write the 18 digits and capitals as the registry issued them, in quotes";
            report.error(entry, &[], "code.malformed", "this is no unified social credit code", help);
        } else if uscc::check_mod31(code) {
            let message = "the check character of this code is right: it needs no confirmation";
            report.warning(entry, &[], "code.conforming", message, "remove it from the list");
        }
    }
}

fn place<T>(entry: &Entry<T>) -> String {
    let origin = &entry.origin;
    format!("{}:{}:{}", origin.file.path, origin.node.place.line, origin.node.place.column)
}
