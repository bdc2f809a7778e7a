//! Items: what may be recorded, by whom, for how long.

use std::collections::BTreeSet;

use domain::catalogue::{FieldType, InstrumentKind, Item, ItemClass, Polarity, Publishers, SenderRule, TermEnd};
use domain::event::EventType;
use domain::subject::SubjectKind;
use domain::time::Term;
use jiff::civil::date;

use super::index::{Found, Index};
use super::{Report, conditions};
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index as At, Key};

/// Names of fields that would carry what identifies a person, or another person's data.
const IDENTIFYING: [&str; 22] = [
    "name",
    "full_name",
    "person_name",
    "id_number",
    "id_card",
    "identity_number",
    "cn_id",
    "passport",
    "passport_number",
    "phone",
    "mobile",
    "telephone",
    "email",
    "home_address",
    "birth_date",
    "date_of_birth",
    "legal_representative",
    "legal_representative_id",
    "spouse",
    "relatives",
    "bank_account",
    "religion",
];
/// Parts of a field's name that say it holds a score or grade.
const SCORING: [&str; 6] = ["score", "scores", "points", "rating", "rank", "stars"];
/// A title of a document or an act fits; a text longer than this is a file, not a field.
const TEXT_CHARS_MAX: u32 = 10_000;
/// What a 96-bit decimal can hold.
const SCALE_MAX: u32 = 28;

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    for entry in &draft.items {
        subjects(entry, report);
        opt_out(entry, report);
        handled(entry, report);
        fields(entry, report);
        term(entry, index, report);
        senders(entry, report);
    }
}

/// What praises a subject it may decline, and nothing else (深圳条例 39).
fn opt_out(entry: &Entry<Item>, report: &mut Report) {
    let item = &entry.value;
    if item.opt_out && item.polarity != Polarity::Positive {
        let help = "take `opt_out` away: only what speaks for a subject may be declined";
        report.error(entry, &[Key("opt_out")], "item.opt-out", "this record does not speak for its subject", help);
    }
    if item.class == ItemClass::Honour && !item.opt_out {
        let help = "add `opt_out: true`: a subject may decline to have its honours recorded (深圳条例 39)";
        report.error(entry, &[Key("class")], "item.no-opt-out", "this honour cannot be declined", help);
    }
}

/// A matter is handled on a commitment, and on nothing else (深圳条例 57).
fn handled(entry: &Entry<Item>, report: &mut Report) {
    let item = &entry.value;
    let Some(handled) = &item.handles else { return };
    if item.class != ItemClass::Commitment {
        let message = "this item is no commitment, and no matter is handled on it";
        let help = "take `handles` away, or make it an item of the class `commitment`";
        report.error(entry, &[Key("handles")], "item.handles", message, help);
    }
    let names_matter = item.field(&handled.matter).is_some_and(|field| field.kind == FieldType::Matter {});
    if !names_matter {
        let message = format!("`{}` is no field of this item that names a matter", handled.matter);
        let help = "name a field of the type `matter`";
        report.error(entry, &[Key("handles"), Key("matter")], "item.handles", message, help);
    }
    if let Some(when) = &handled.when {
        conditions::check(entry, &[Key("handles"), Key("when")], when, [item], report);
    }
}

fn subjects(entry: &Entry<Item>, report: &mut Report) {
    let item = &entry.value;
    if item.subjects.is_empty() {
        let help = "name the kinds of subject: person, organisation, building";
        report.error(entry, &[Key("subjects")], "item.no-subject", "this item is about nobody", help);
    }
    if item.polarity == Polarity::Adverse && item.publishers == Publishers::Any {
        let help = "name the departments whose law lets them decide it; a document takes effect by its issuer's power";
        report.warning(
            entry,
            &[Key("publishers")],
            "item.any-publisher",
            "any department may publish this adverse record",
            help,
        );
    }
    let assessed = item.impact_assessment.as_ref().is_some_and(|id| !id.trim().is_empty());
    if item.subjects.contains(&SubjectKind::Person) && !assessed {
        report.error(
            entry,
            &[Key("impact_assessment")],
            "item.no-impact-assessment",
            "this item is about people and names no impact assessment (R6)",
            "assess it (个人信息保护法 55) and give the assessment's id as `impact_assessment`",
        );
    }
}

fn fields(entry: &Entry<Item>, report: &mut Report) {
    let item = &entry.value;
    let mut seen = BTreeSet::new();
    for (at, field) in item.fields.iter().enumerate() {
        let name = field.name.as_str();
        let path = [Key("fields"), At(at), Key("name")];
        if !seen.insert(name) {
            let message = format!("the field `{name}` is given a second time");
            report.error(entry, &path, "field.twice", message, "keep one of the two");
        }
        if IDENTIFYING.contains(&name) {
            let message = format!("`{name}` would carry what identifies a person into the log");
            let help =
                "leave it out: the subject's identifier is the only key, and nobody else's data belongs here (R7, R9)";
            report.warning(entry, &path, "field.identifying", message, help);
        }
        if item.subjects.contains(&SubjectKind::Person) && name.split('_').any(|part| SCORING.contains(&part)) {
            let message = format!("`{name}` scores, and this item is about people (R5)");
            let help = "record the decision, not a score; ratings exist for organisations and buildings only";
            report.error(entry, &path, "item.person-score", message, help);
        }
        if let Some((message, help)) = range(&field.kind) {
            report.error(entry, &[Key("fields"), At(at), Key("type")], "field.range", message, help);
        }
        for value in field.words.keys().filter(|value| !may_be(&field.kind, value)) {
            let message = format!("`{name}` is never `{value}`");
            let help =
                "give words for what the type allows: of a choice, a number from `min` to `max`, `true` and `false`";
            report.error(entry, &[Key("fields"), At(at), Key("words"), Key(value)], "field.words", message, help);
        }
    }
}

/// Whether a value that has words is one of few, and is written so.
fn may_be(kind: &FieldType, value: &str) -> bool {
    match kind {
        FieldType::Choice(choices) => choices.iter().any(|choice| choice == value),
        FieldType::Integer { min, max } => {
            value.parse::<i64>().is_ok_and(|number| (*min..=*max).contains(&number) && number.to_string() == value)
        }
        FieldType::Boolean {} => matches!(value, "true" | "false"),
        FieldType::Text { .. } | FieldType::Decimal { .. } | FieldType::Date {} | FieldType::Matter {} => false,
    }
}

/// Why no value, or any, would fit a type.
fn range(kind: &FieldType) -> Option<(String, &'static str)> {
    match kind {
        FieldType::Text { max } if *max == 0 || *max > TEXT_CHARS_MAX => {
            Some((format!("a text of at most {max} characters"), "give `max` from 1 to 10000"))
        }
        FieldType::Choice(choices) if choices.is_empty() => {
            Some(("a choice of nothing".to_owned(), "list what may be chosen"))
        }
        FieldType::Choice(choices) if choices.iter().collect::<BTreeSet<_>>().len() < choices.len() => {
            Some(("a choice that stands twice".to_owned(), "remove one of the two"))
        }
        FieldType::Integer { min, max } if min > max => {
            Some((format!("no number is at least {min} and at most {max}"), "mend `min` or `max`"))
        }
        FieldType::Decimal { scale } if *scale > SCALE_MAX => {
            Some((format!("{scale} digits after the point"), "give a `scale` of at most 28; money has 2"))
        }
        FieldType::Text { .. }
        | FieldType::Choice(_)
        | FieldType::Integer { .. }
        | FieldType::Decimal { .. }
        | FieldType::Boolean {}
        | FieldType::Date {}
        | FieldType::Matter {} => None,
    }
}

fn term(entry: &Entry<Item>, index: &Index<'_>, report: &mut Report) {
    let item = &entry.value;
    let last = item.term.len().saturating_sub(1);
    for (at, rule) in item.term.iter().enumerate() {
        let path = [Key("term"), At(at)];
        if rule.when.is_none() && at < last {
            let help = "give it a condition, or remove the rules after it";
            report.error(entry, &path, "term.unreachable", "no rule after this one is ever reached", help);
        }
        if let Some(when) = &rule.when {
            conditions::check(entry, &[Key("term"), At(at), Key("when")], when, [item], report);
        }
        end(entry, at, &rule.end, index, report);
    }
    if item.term.last().is_none_or(|rule| rule.when.is_some()) {
        let help = "end the list with a rule without `when`: every record ends (R3)";
        let at = if item.term.is_empty() { vec![Key("term")] } else { vec![Key("term"), At(last)] };
        report.error(entry, &at, "term.no-final", "a record that meets no condition would have no end", help);
    }
}

fn end(entry: &Entry<Item>, at: usize, end: &TermEnd, index: &Index<'_>, report: &mut Report) {
    let item = &entry.value;
    match end {
        TermEnd::Fixed { minimum, maximum } => {
            let path = [Key("term"), At(at), Key("end"), Key("fixed"), Key("maximum")];
            if *maximum == Term::ZERO {
                report.error(
                    entry,
                    &path,
                    "term.zero",
                    "a term of no days",
                    "use `unpublished: {}` if nothing follows",
                );
            }
            if minimum.is_some_and(|minimum| longer(minimum, *maximum)) {
                let help = "the minimum is when repair may be applied for, the maximum when the record ends by itself";
                report.error(entry, &path, "term.minimum", "the minimum is longer than the maximum", help);
            }
            let adverse = item.polarity == Polarity::Adverse;
            if adverse && longer(*maximum, THREE_YEARS) && !rests_on_law(item, index) {
                let help = "shorten it, or name the law, regulation or judicial interpretation that sets it in `basis`";
                let message = format!("{maximum} is longer than the three years of the national rules (R3)");
                report.error(entry, &path, "term.too-long", message, help);
            }
        }
        TermEnd::Condition { text, .. } => {
            if text.trim().is_empty() {
                let path = [Key("term"), At(at), Key("end"), Key("condition"), Key("text")];
                let help = "say in words when it ends, as the law has it (R3)";
                report.error(entry, &path, "term.no-condition", "the condition that ends it is not said", help);
            }
        }
        TermEnd::Unpublished {} | TermEnd::AsDocument { .. } => {}
    }
}

/// 国办发〔2025〕22号; other terms only where a law or an administrative regulation sets them.
const THREE_YEARS: &str = "P3Y";

fn longer(a: impl Into<Length>, b: impl Into<Length>) -> bool {
    a.into().0 > b.into().0
}

/// A term as the day it leads to from the first day of a year that is no leap year.
struct Length(jiff::civil::Date);

impl From<Term> for Length {
    fn from(term: Term) -> Self {
        Self(term.over_on(date(2001, 1, 1)))
    }
}

impl From<&str> for Length {
    fn from(term: &str) -> Self {
        Term::parse(term).unwrap_or(Term::ZERO).into()
    }
}

fn rests_on_law(item: &Item, index: &Index<'_>) -> bool {
    item.instruments().any(|id| match index.instrument(id) {
        Found::Entry(instrument) => match instrument.kind {
            InstrumentKind::Law
            | InstrumentKind::AdministrativeRegulation
            | InstrumentKind::LocalRegulation
            | InstrumentKind::JudicialInterpretation => true,
            InstrumentKind::DepartmentRule | InstrumentKind::CentralPolicy | InstrumentKind::Rule => false,
        },
        Found::Broken => true,
        Found::Nothing => false,
    })
}

fn senders(entry: &Entry<Item>, report: &mut Report) {
    for (event_type, rule) in &entry.value.senders {
        let name = event_type.as_str();
        let path = [Key("senders"), Key(name)];
        if event_type.is_about_subject() {
            let help = "name who registers, ends and erases subjects under `registries`";
            let message = format!("`{name}` is about a subject, not about a record");
            report.error(entry, &path, "sender.subject-event", message, help);
        } else if !rule.publisher && rule.departments.is_empty() {
            let message = format!("nobody may send `{name}`");
            let help = "write `publisher: true`, or name departments";
            report.error(entry, &path, "sender.nobody", message, help);
        } else if decides(*event_type) {
            delegated(entry, name, rule, report);
        }
    }
}

/// 谁认定谁修复: whoever decided on the record decides on its objections and repairs, and changes it.
fn decides(event_type: EventType) -> bool {
    match event_type {
        EventType::RecordUpserted
        | EventType::RecordCorrected
        | EventType::RecordWithdrawn
        | EventType::ObjectionExtended
        | EventType::ObjectionResolved
        | EventType::RepairExtended
        | EventType::RepairGranted
        | EventType::RepairRefused => true,
        EventType::NoticeServed
        | EventType::ObjectionFiled
        | EventType::ObjectionForwarded
        | EventType::RepairIncomplete
        | EventType::RepairCompleted
        | EventType::ReviewOpened
        | EventType::ReviewClosed
        | EventType::RepairApplied
        | EventType::CommitmentKept
        | EventType::CommitmentBroken
        | EventType::PermissionGranted
        | EventType::PermissionEnded
        | EventType::SubjectRegistered
        | EventType::SubjectEnded
        | EventType::SubjectErased
        | EventType::SubjectOptedOut
        | EventType::SubjectOptedIn => false,
    }
}

fn delegated(entry: &Entry<Item>, name: &str, rule: &SenderRule, report: &mut Report) {
    let only = entry.value.publishers.single();
    let others: Vec<&str> = rule.departments.iter().filter(|d| Some(*d) != only).map(|d| d.as_str()).collect();
    let path: [Step<'_>; 3] = [Key("senders"), Key(name), Key("departments")];
    if let [first, ..] = others.as_slice() {
        let at = entry.origin.node.element(&path, first);
        let path: Vec<Step<'_>> = path.into_iter().chain(at.map(At)).collect();
        let message = format!("`{first}` would decide `{name}` on another department's record");
        let help =
            "leave it to the publisher (谁认定谁修复, 国办发〔2025〕22号): `publisher: true` without departments";
        report.error(entry, &path, "sender.decides", message, help);
    }
}
