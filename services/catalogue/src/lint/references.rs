//! Everything an entry names must exist: departments, domains, matters, items, lists. (Instruments: see `law`.)

use std::collections::BTreeSet;

use domain::catalogue::{Dated, Publishers};
use domain::ids::{DepartmentId, ItemId, MatterPattern};
use domain::subject::SubjectKind;

use super::Report;
use super::index::{Found, Index, overlap};
use crate::draft::{Draft, Entry, Section};
use crate::yaml::Step::{self, Index as At, Key};

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    let mut refs = References { index, report };
    for entry in &draft.matters {
        refs.department(entry, &[Key("unit")], &entry.value.unit);
        let domain = entry.value.id.domain();
        if entry.value.id.as_str().contains('.') && !refs.index.knows_domain(&domain) {
            let message = format!("the domain `{domain}` of this matter is not declared");
            refs.report.error(
                entry,
                &[Key("id")],
                "reference.domain",
                message,
                "declare it under `domains`, or mend the id",
            );
        }
    }
    for entry in &draft.domains {
        let used = draft.matters.iter().any(|matter| matter.value.id.domain() == entry.value.id);
        if !used && !index.has_broken(Section::Matters) {
            let message = format!("no matter belongs to `{}`", entry.value.id);
            refs.report.warning(entry, &[Key("id")], "domain.empty", message, "declare its matters, or remove it");
        }
    }
    for entry in &draft.items {
        let item = &entry.value;
        refs.department(entry, &[Key("responsible_unit")], &item.responsible_unit);
        if let Publishers::Only(publishers) = &item.publishers {
            refs.departments(entry, &[Key("publishers")], publishers);
        }
        for (event_type, rule) in &item.senders {
            refs.departments(entry, &[Key("senders"), Key(event_type.as_str()), Key("departments")], &rule.departments);
        }
    }
    for entry in &draft.measures {
        let measure = &entry.value;
        refs.department(entry, &[Key("implementing_unit")], &measure.implementing_unit);
        if let Some(review) = &measure.human_review {
            refs.department(entry, &[Key("human_review"), Key("unit")], &review.unit);
        }
        refs.matters(entry, &measure.matters);
        for (at, trigger) in measure.triggers.iter().enumerate() {
            let path = [Key("triggers"), At(at), Key("item")];
            refs.item(entry, &path, &trigger.item);
            if let Found::Entry(items) = refs.index.item(&trigger.item)
                && !items.iter().any(|item| overlap(item.window(), &measure.in_force))
            {
                let message = format!("no entry of `{}` is in force while this measure is", trigger.item);
                refs.report.error(
                    entry,
                    &path,
                    "trigger.item-not-in-force",
                    message,
                    "mend the windows, or remove the trigger",
                );
            }
        }
    }
    for entry in &draft.lists {
        refs.department(entry, &[Key("authority")], &entry.value.authority);
        refs.item(entry, &[Key("item")], &entry.value.item);
    }
    for entry in &draft.recourses {
        refs.departments(entry, &[Key("issuers")], &entry.value.issuers);
        refs.departments(entry, &[Key("not_issuers")], &entry.value.not_issuers);
    }
    for entry in &draft.ratings {
        refs.department(entry, &[Key("unit")], &entry.value.unit);
        refs.matters(entry, &entry.value.matters);
        if let Some(notice) = &entry.value.notice {
            refs.item(entry, &[Key("notice")], notice);
        }
        for (d, dimension) in entry.value.dimensions.iter().enumerate() {
            for (c, criterion) in dimension.criteria.iter().enumerate() {
                let path = [Key("dimensions"), At(d), Key("criteria"), At(c), Key("item")];
                refs.item(entry, &path, &criterion.item);
            }
        }
    }
    for entry in &draft.consumers {
        refs.department(entry, &[Key("unit")], &entry.value.unit);
        refs.matters(entry, &entry.value.matters);
        if entry.value.matters.is_empty() {
            let help = "name the matters it decides; every read is bound to one (深圳条例 37)";
            refs.report.error(
                entry,
                &[Key("matters")],
                "consumer.no-matter",
                "this consumer may ask about nothing",
                help,
            );
        }
    }
    if !index.has_broken(Section::Registries) {
        unregistered(draft, refs.report);
    }
    for entry in &draft.registries {
        refs.departments(entry, &[Key("departments")], &entry.value.departments);
        if entry.value.departments.is_empty() {
            let message = format!("nobody may register, end or erase subjects of the kind {}", entry.value.kind);
            let help = "name the registry of these subjects";
            refs.report.error(entry, &[Key("departments")], "registry.nobody", message, help);
        }
    }
}

/// Somebody must be able to erase (个人信息保护法 47) and to end whoever records are about.
fn unregistered(draft: &Draft, report: &mut Report) {
    let registered: BTreeSet<SubjectKind> = draft.registries.iter().map(|entry| entry.value.kind).collect();
    let mut said = BTreeSet::new();
    for entry in &draft.items {
        for kind in entry.value.subjects.difference(&registered) {
            if said.insert(*kind) {
                let message =
                    format!("records are about the kind {kind}, and nobody registers, ends or erases such subjects");
                let help = format!("add `{{kind: {kind}, departments: […]}}` under `registries`");
                report.warning(entry, &[Key("subjects")], "registry.missing", message, help);
            }
        }
    }
}

struct References<'a> {
    index: &'a Index<'a>,
    report: &'a mut Report,
}

impl References<'_> {
    fn department<T>(&mut self, entry: &Entry<T>, path: &[Step<'_>], id: &DepartmentId) {
        if !self.index.knows_department(id) {
            let message = format!("there is no department `{id}`");
            self.report.error(
                entry,
                path,
                "reference.department",
                message,
                "declare it under `departments`, or mend the id",
            );
        }
    }

    fn departments<'d, T>(
        &mut self,
        entry: &Entry<T>,
        path: &[Step<'_>],
        ids: impl IntoIterator<Item = &'d DepartmentId>,
    ) {
        for id in ids {
            let written = entry.origin.node.element(path, id.as_str());
            let path: Vec<Step<'_>> = path.iter().copied().chain(written.map(At)).collect();
            self.department(entry, &path, id);
        }
    }

    fn item<T>(&mut self, entry: &Entry<T>, path: &[Step<'_>], id: &ItemId) {
        if let Found::Nothing = self.index.item(id) {
            let message = format!("there is no item `{id}`");
            self.report.error(entry, path, "reference.item", message, "declare it under `items`, or mend the id");
        }
    }

    fn matters<T>(&mut self, entry: &Entry<T>, patterns: &[MatterPattern]) {
        for (at, pattern) in patterns.iter().enumerate() {
            if !self.index.matches_any(pattern) {
                let message = format!("`{}` matches no matter", pattern.as_str());
                let help = "declare the matter, or mend the pattern (`domain.*`, or a matter's full id)";
                self.report.error(entry, &[Key("matters"), At(at)], "reference.matter", message, help);
            }
        }
    }
}
