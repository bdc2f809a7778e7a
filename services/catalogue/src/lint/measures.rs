//! Measures: what may follow from a record, and for whom.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{
    Article, Effect, InstrumentKind, Item, ItemClass, Matter, Measure, OnRepair, Polarity, Predicate, TermEnd, Trigger,
};
use domain::ids::MeasureId;
use domain::subject::SubjectKind;
use domain::value::Fields;

use super::index::{Found, Index, overlap};
use super::{Report, conditions, samples};
use crate::draft::{Draft, Entry, Section};
use crate::yaml::Step::{self, Index as At, Key};

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    reach(&draft.measures, report);
    for entry in &draft.measures {
        completeness(entry, report);
        rank(entry, index, report);
        targets(entry, index, report);
        on_commitment(entry, index, report);
        let mut seen = BTreeSet::new();
        for (at, trigger) in entry.value.triggers.iter().enumerate() {
            if !seen.insert(&trigger.item) {
                let message = format!("`{}` is a trigger of this measure a second time", trigger.item);
                let help = "write one trigger and join the conditions with `any`; only the first would be looked at";
                report.error(entry, &[Key("triggers"), At(at), Key("item")], "trigger.twice", message, help);
            }
            let items = || index.items_within(&trigger.item, &entry.value.in_force);
            let path = [Key("triggers"), At(at), Key("when")];
            let clear = trigger.when.as_ref().is_none_or(|when| conditions::check(entry, &path, when, items(), report));
            for item in items() {
                let check = Check { entry, at, trigger, item };
                check.polarity(report);
                check.commitment(report);
                if clear {
                    check.consequences(report);
                }
            }
        }
    }
}

/// One flag has one effect and one set of matters, whatever the versions of its grounds: a later entry that reached further would
/// restrict by records from before it (法不溯及既往, 立法法 104).
fn reach(measures: &[Entry<Measure>], report: &mut Report) {
    let mut by_id: BTreeMap<&MeasureId, Vec<&Entry<Measure>>> = BTreeMap::new();
    for entry in measures {
        by_id.entry(&entry.value.id).or_default().push(entry);
    }
    for versions in by_id.values_mut() {
        versions.sort_by_key(|entry| entry.value.in_force.from);
        let Some((first, later)) = versions.split_first() else { continue };
        let matters = |entry: &Entry<Measure>| entry.value.matters.iter().cloned().collect::<BTreeSet<_>>();
        for entry in later {
            let differs =
                [("effect", entry.value.effect != first.value.effect), ("matters", matters(entry) != matters(first))];
            for (key, _) in differs.into_iter().filter(|(_, differs)| *differs) {
                let message = format!(
                    "version {} of this measure has other `{key}` than version {}",
                    entry.value.version, first.value.version
                );
                let help = "give what reaches further, or does something else, an id of its own: one flag speaks for the records of all versions";
                report.error(entry, &[Key(key)], "measure.reach-differs", message, help);
            }
        }
    }
}

fn completeness(entry: &Entry<Measure>, report: &mut Report) {
    let measure = &entry.value;
    let burdens = burdens(measure.effect);
    if measure.triggers.is_empty() {
        let help =
            "name the items whose records bring it about; a measure follows from a document, never by itself (R1)";
        report.error(entry, &[Key("triggers")], "measure.no-trigger", "nothing brings this measure about", help);
    }
    if measure.matters.is_empty() {
        let help = "name the matters it is relevant to (关联性, 深圳条例 66)";
        report.error(entry, &[Key("matters")], "measure.no-matter", "this measure bears on no matter", help);
    }
    if measure.targets.is_empty() {
        let help = "name the kinds of subject the law allows it for (R1)";
        report.error(entry, &[Key("targets")], "measure.no-target", "this measure is lawful for nobody", help);
    }
    if measure.effect == Effect::Restrict
        && measure.targets.contains(&SubjectKind::Person)
        && measure.human_review.is_none()
    {
        report.error(
            entry,
            &[Key("targets")],
            "measure.no-human-review",
            "people may be restricted and no human review is named (R6)",
            "add `human_review: {unit, route}` (个人信息保护法 24), or take `person` out of the targets",
        );
    }
    if burdens && measure.class.as_ref().is_none_or(|class| class.trim().is_empty()) {
        let help =
            "give its class of the national basic list, such as B1, or say in the basis why it is outside the list";
        report.warning(
            entry,
            &[Key("class")],
            "measure.no-class",
            "no class of the national basic list is named",
            help,
        );
    }
    if measure.effect == Effect::Restrict && measure.on_repair == OnRepair::Keep {
        let help =
            "repair lifts measures with the publication (国家发改委令36号); keep it only where a law forbids repair";
        report.warning(entry, &[Key("on_repair")], "measure.outlasts-repair", "a repair does not lift it", help);
    }
}

fn burdens(effect: Effect) -> bool {
    match effect {
        Effect::Restrict | Effect::Supervise => true,
        Effect::Facilitate => false,
    }
}

/// A notice or a fund's own rules never found a restriction by themselves (国办发〔2020〕49号).
fn rank(entry: &Entry<Measure>, index: &Index<'_>, report: &mut Report) {
    let measure = &entry.value;
    if measure.effect != Effect::Restrict || measure.basis.is_empty() {
        return;
    }
    let low = measure.basis.iter().all(|article| {
        matches!(index.instrument(&article.instrument), Found::Entry(instrument) if instrument.kind == InstrumentKind::Rule)
    });
    if low {
        let help =
            "name the law, regulation or central policy that allows it; a `rule` alone may only found facilitations";
        report.error(
            entry,
            &[Key("basis")],
            "basis.rank",
            "this restriction rests on rules of the lowest rank alone",
            help,
        );
    }
}

/// Targets and subjects of the triggers' items must meet.
fn targets(entry: &Entry<Measure>, index: &Index<'_>, report: &mut Report) {
    let measure = &entry.value;
    let mut reached: BTreeSet<SubjectKind> = BTreeSet::new();
    let mut complete = !measure.triggers.is_empty();
    for (at, trigger) in measure.triggers.iter().enumerate() {
        let subjects: BTreeSet<SubjectKind> =
            index.items_within(&trigger.item, &measure.in_force).flat_map(|item| &item.subjects).copied().collect();
        complete &= !subjects.is_empty() && !index.is_broken(Section::Items, trigger.item.as_str());
        if !subjects.is_empty() && !measure.targets.is_empty() && subjects.is_disjoint(&measure.targets) {
            let message = format!("`{}` is about none of the kinds this measure is lawful for", trigger.item);
            let help = "mend `targets`, or remove the trigger (R1)";
            report.error(entry, &[Key("triggers"), At(at), Key("item")], "trigger.target", message, help);
        }
        reached.extend(subjects);
    }
    for target in measure.targets.iter().filter(|target| complete && !reached.contains(target)) {
        let path = [Key("targets")];
        let place: Vec<Step<'_>> =
            path.into_iter().chain(entry.origin.node.element(&path, target.as_str()).map(At)).collect();
        let message = format!("no item that brings this measure about is about a {target}");
        let help = "take the kind out of `targets`: a measure reaches only those whose own document founds it (R1, R7)";
        report.error(entry, &place, "measure.target-unreachable", message, help);
    }
}

/// No commitment on which a matter is handled opens one that never is (深圳条例 59).
fn on_commitment(entry: &Entry<Measure>, index: &Index<'_>, report: &mut Report) {
    let measure = &entry.value;
    let handles = |trigger: &Trigger| {
        index.items_within(&trigger.item, &measure.in_force).any(|item| follows_from_handling(trigger, item))
    };
    if measure.effect != Effect::Facilitate || !measure.triggers.iter().any(handles) {
        return;
    }
    for (at, pattern) in measure.matters.iter().enumerate() {
        let is_law = |article: &Article| match index.instrument(&article.instrument) {
            Found::Entry(instrument) => overlap(&instrument.in_force, &measure.in_force),
            Found::Broken | Found::Nothing => false,
        };
        let excludes = |matter: &&Matter| {
            overlap(&matter.in_force, &measure.in_force) && matter.not_on_commitment.iter().any(is_law)
        };
        let matches = index.matters().filter(|(id, entries)| pattern.matches(id) && entries.iter().any(excludes));
        let excluded: Vec<String> = matches.map(|(id, _)| format!("`{id}`")).collect();
        if !excluded.is_empty() {
            let message =
                format!("never handled on a commitment, and facilitated on one here: {}", excluded.join(", "));
            let help = "name the matters one by one and leave these out (in a measure that has been in force: end it, and give the narrower \
                        one an id of its own), or take `not_on_commitment` from the matter";
            report.error(entry, &[Key("matters"), At(at)], "measure.not-on-commitment", message, help);
        }
    }
}

/// Whether a record that brings the measure about can be a commitment on which its matter is handled.
fn follows_from_handling(trigger: &Trigger, item: &Item) -> bool {
    let Some(handled) = &item.handles else { return false };
    let conditions: Vec<&Predicate> = trigger.when.iter().chain(&handled.when).collect();
    let both = |fields: &Fields| conditions.iter().all(|condition| condition.holds(fields));
    samples::samples(item, &conditions).is_none_or(|samples| samples.iter().any(both))
}

struct Check<'a> {
    entry: &'a Entry<Measure>,
    at: usize,
    trigger: &'a Trigger,
    item: &'a Item,
}

impl Check<'_> {
    fn path<'p>(&self, key: &'p str) -> [Step<'p>; 3] {
        [Key("triggers"), At(self.at), Key(key)]
    }

    fn polarity(&self, report: &mut Report) {
        let effect = self.entry.value.effect;
        let (wrong, help) = match (effect, self.item.polarity) {
            (Effect::Facilitate, Polarity::Adverse) => (true, "an adverse record founds no facilitation"),
            (Effect::Restrict | Effect::Supervise, Polarity::Positive) => (true, "a positive record founds no burden"),
            (Effect::Restrict, Polarity::Neutral) => {
                (true, "only a document on an adverse fact founds a restriction (深圳条例 65)")
            }
            (Effect::Facilitate, Polarity::Positive | Polarity::Neutral)
            | (Effect::Restrict | Effect::Supervise, Polarity::Adverse)
            | (Effect::Supervise, Polarity::Neutral) => (false, ""),
        };
        if wrong {
            let message =
                format!("`{}` cannot bring about a measure that is to {}", self.trigger.item, effect.as_str());
            report.error(self.entry, &self.path("item"), "trigger.polarity", message, help);
        }
    }

    /// Only a commitment is kept or broken.
    fn commitment(&self, report: &mut Report) {
        if !self.trigger.commitment.is_empty() && self.item.class != ItemClass::Commitment {
            let message = format!("`{}` is no commitment, and so never kept or broken", self.trigger.item);
            let help = "take `commitment` away, or name an item of the class `commitment`";
            report.error(self.entry, &self.path("commitment"), "trigger.commitment", message, help);
        }
    }

    fn consequences(&self, report: &mut Report) {
        let terms = self.item.term.iter().filter_map(|rule| rule.when.as_ref());
        let all: Vec<&Predicate> = self.trigger.when.iter().chain(terms).collect();
        let path = if self.trigger.when.is_some() { self.path("when") } else { self.path("item") };
        let Some(samples) = samples::samples(self.item, &all) else {
            let help = "name fewer fields and values: it cannot be checked against every kind of record";
            report.error(self.entry, &path, "predicate.large", "this condition has too many cases", help);
            return;
        };
        let holds = |fields: &&Fields| self.trigger.when.as_ref().is_none_or(|when| when.holds(fields));
        let mut followed = samples.iter().filter(holds).peekable();
        if followed.peek().is_none() {
            let message =
                format!("no record of `{}` (version {}) meets this condition", self.item.id, self.item.version);
            report.warning(
                self.entry,
                &path,
                "trigger.never-holds",
                message,
                "mend the condition, or remove the trigger",
            );
        }
        if !burdens(self.entry.value.effect) {
            return;
        }
        let hidden = |fields: &&Fields| matches!(self.item.term_for(fields), Some(TermEnd::Unpublished {}));
        if let Some(fields) = followed.find(hidden) {
            let message = format!(
                "it would follow from a record of `{}` (version {}) that is not published{}",
                self.item.id,
                self.item.version,
                shown(fields)
            );
            let help = "narrow the condition: what is too slight to publish is too slight to act on (proportionality, 深圳条例 67)";
            report.error(self.entry, &path, "measure.minor-restricts", message, help);
        }
    }
}

fn shown(fields: &Fields) -> String {
    let parts: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ").replace('\u{0}', "other")) }
}
