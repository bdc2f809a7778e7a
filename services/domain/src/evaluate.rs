//! From one record's facts and the catalogue to what follows from it. Looks at nothing else: not at other records (R4), not at
//! other subjects (R7).

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::catalogue::{Catalogue, Effect, Item, Measure, OnProcedure, OnRepair, Polarity, TermEnd, Trigger};
use crate::event::RecordRef;
use crate::flag::{End, Exception, Ground, GroundParts, GroundStatus, NoGround, needs_notice};
use crate::ids::MeasureId;
use crate::record::{Record, Standing};
use crate::subject::SubjectKind;
use crate::time::Instant;

/// What a record means for one measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    Ground(Ground),
    /// And when it will have ended before it began.
    Pending(Pending, Option<Instant>),
}

impl Consequence {
    /// Nothing can come of it any more.
    pub fn is_over(&self, now: Instant) -> bool {
        match self {
            Self::Ground(ground) => ground.interval().is_over(now),
            Self::Pending(_, end) => end.is_some_and(|end| end <= now),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Its notice is not served yet (R2).
    Notice,
    /// The measure's entry suspends it while an objection or a review is open.
    Suspended,
}

/// Why a standing record has no consequences any more; absent while it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Withdrawn,
    Revoked,
    Delisted,
}

/// What a record amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    pub consequences: BTreeMap<MeasureId, Consequence>,
    pub ended: Option<Ended>,
    /// A repair was granted and counts.
    pub repaired: bool,
    /// A repair was granted although it was applied for before the minimum term: it lifts nothing (`repair.before-minimum`).
    pub repair_before_minimum: bool,
}

impl Evaluation {
    /// Nothing took the record away, and no repair.
    pub(crate) fn stands(&self) -> bool {
        self.ended.is_none() && !self.repaired
    }
}

/// Whether a record is of an adverse decision, by the item in force on its document's date.
pub(crate) fn is_adverse(key: &RecordRef, standing: &Standing, catalogue: &Catalogue) -> bool {
    let item = catalogue.item(&key.item, standing.document.issued_on);
    item.is_some_and(|item| item.polarity == Polarity::Adverse)
}

/// The end of a record: its own, else the catalogue's maximum, else the condition of a law. `None` if neither gives one, or
/// nothing is published.
pub fn end_of(item: &Item, standing: &Standing) -> Option<End> {
    let rule = item.term_for(&standing.fields)?;
    let issued_on = standing.document.issued_on;
    match (rule, standing.valid.until) {
        (TermEnd::Unpublished {}, _) => None,
        (TermEnd::Fixed { maximum, .. }, Some(until)) => Some(End::On(until.min(maximum.over_on(issued_on)))),
        (TermEnd::Fixed { maximum, .. }, None) => Some(End::On(maximum.last_day(issued_on))),
        (TermEnd::AsDocument { .. } | TermEnd::Condition { .. }, Some(until)) => Some(End::On(until)),
        (TermEnd::AsDocument { .. }, None) => None,
        (TermEnd::Condition { text, law, .. }, None) => Some(End::Condition { text: text.clone(), law: law.clone() }),
    }
}

/// The last day on which an adverse record is shielded: nothing follows from it, and it is not shown, while a plan of reorganisation that a
/// court approved is carried out (order 36 of 2025). Who made the record grants it, by a permission for a matter that shields.
pub fn shielded_until(record: &Record, catalogue: &Catalogue) -> Option<Date> {
    let permissions = record.exceptions().into_iter();
    permissions.filter(|exception| shields(exception, catalogue)).map(|exception| exception.until).max()
}

fn shields(exception: &Exception, catalogue: &Catalogue) -> bool {
    catalogue.matter(&exception.matter, exception.from).is_some_and(|matter| matter.shields)
}

/// The first day on which an adverse record has consequences again, if it was ever shielded.
pub(crate) fn after_shield(record: &Record, catalogue: &Catalogue) -> Option<Date> {
    shielded_until(record, catalogue)?.tomorrow().ok()
}

/// Evaluates a record. Grounds whose interval lies in the past are not left out here.
pub fn evaluate(target: SubjectKind, key: &RecordRef, record: &Record, catalogue: &Catalogue) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let Some(standing) = record.standing() else {
        evaluation.ended = record.content.as_ref().map(|_| Ended::Withdrawn);
        return evaluation;
    };
    let issued_on = standing.document.issued_on;
    let Some(item) = catalogue.item(&key.item, issued_on) else {
        return evaluation;
    };
    let (repaired_on, before_minimum) = repair(catalogue, item, record, standing);
    (evaluation.repaired, evaluation.repair_before_minimum) = (repaired_on.is_some(), before_minimum);
    if record.revoked() {
        evaluation.ended = Some(Ended::Revoked);
    } else if record.delisted() {
        evaluation.ended = Some(Ended::Delisted);
    }
    if evaluation.ended.is_some() {
        return evaluation;
    }
    let Some(end) = end_of(item, standing) else {
        return evaluation;
    };
    for (measure, trigger) in catalogue.measures_of(&key.item, issued_on) {
        if trigger.when.as_ref().is_some_and(|when| !when.holds(&standing.fields)) {
            continue;
        }
        if !trigger.commitment.is_empty() && !trigger.commitment.contains(&record.commitment_state().0) {
            continue;
        }
        if repaired_on.is_some_and(|applied_on| lifts(catalogue, measure, applied_on)) {
            continue;
        }
        let subject = Subject { catalogue, target, key, record, standing };
        if let Some(consequence) = consequence(&subject, item, measure, trigger, end.clone()) {
            evaluation.consequences.insert(measure.id.clone(), consequence);
        }
    }
    evaluation
}

/// Whether an open objection or review suspends the measure: by the entry of the document's date or by that of the day the
/// procedure began, whichever is milder.
fn suspended(subject: &Subject<'_>, measure: &Measure) -> bool {
    let suspends = |by: fn(&Measure) -> OnProcedure, began: Option<Date>| {
        let at_beginning = began.and_then(|on| subject.catalogue.measure(&measure.id, on));
        [Some(measure), at_beginning].into_iter().flatten().any(|entry| by(entry) == OnProcedure::Suspend)
    };
    let objections = subject.record.objections.values().filter(|o| subject.record.settled(o).is_none());
    let reviews = subject.record.reviews.values().filter(|r| r.closed.is_none());
    let mut filed = objections.filter_map(|o| o.filed.as_ref().map(|filing| filing.filed_on));
    let mut opened = reviews.filter_map(|r| r.opened.map(|(on, _)| on));
    filed.any(|on| suspends(|entry| entry.on_objection, Some(on)))
        || opened.any(|on| suspends(|entry| entry.on_review, Some(on)))
}

struct Subject<'a> {
    catalogue: &'a Catalogue,
    target: SubjectKind,
    key: &'a RecordRef,
    record: &'a Record,
    standing: &'a Standing,
}

fn consequence(
    subject: &Subject<'_>,
    item: &Item,
    measure: &Measure,
    trigger: &Trigger,
    end: End,
) -> Option<Consequence> {
    let record = subject.record;
    let over_at = match &end {
        End::On(day) => Some(Instant::day_end(*day)),
        End::Condition { .. } => None,
    };
    let suspended = suspended(subject, measure);
    if suspended && measure.effect != Effect::Facilitate {
        return Some(Consequence::Pending(Pending::Suspended, over_at));
    }
    let served = record.served();
    let adverse = needs_notice(measure.effect, item.polarity);
    let waits = adverse && served.is_none();
    let status = if record.review_open() {
        GroundStatus::Review
    } else if record.objection_open() {
        GroundStatus::Objection
    } else {
        GroundStatus::InForce
    };
    // What follows from a kept or a broken commitment begins when it was found so; from a record that was shielded, when that is over.
    let found_on = record.commitment_state().1.filter(|_| !trigger.commitment.is_empty());
    let shielded = if adverse { after_shield(record, subject.catalogue) } else { None };
    let valid_from = subject.standing.valid.from.max(found_on).max(shielded);
    let exceptions = record.exceptions().into_iter().filter(|exception| !shields(exception, subject.catalogue));
    let ground = Ground::new(GroundParts {
        record: subject.key.clone(),
        target: subject.target,
        polarity: item.polarity,
        measure,
        trigger,
        document: subject.standing.document.clone(),
        valid_from,
        end,
        served,
        status,
        exceptions: if measure.effect == Effect::Restrict { exceptions.collect() } else { Vec::new() },
    });
    match ground {
        Ok(ground) => Some(Consequence::Ground(ground)),
        Err(NoGround::NoNotice) if waits => Some(Consequence::Pending(Pending::Notice, over_at)),
        Err(
            NoGround::NoBasis
            | NoGround::UnlawfulTarget
            | NoGround::NoDocument
            | NoGround::NoNotice
            | NoGround::NoHumanReview
            | NoGround::Empty,
        ) => None,
    }
}

/// By the entry of the document's date or by that of the application, whichever is milder.
fn lifts(catalogue: &Catalogue, measure: &Measure, applied_on: Date) -> bool {
    let at_application = catalogue.measure(&measure.id, applied_on);
    [Some(measure), at_application].into_iter().flatten().any(|entry| entry.on_repair == OnRepair::Lift)
}

/// (when a repair was applied for that was granted and counts, whether one was granted too early). A grant waits for its application; the minimum is the milder of the entry in force
/// at the document's date and the one in force at the application (design, "The catalogue").
fn repair(catalogue: &Catalogue, item: &Item, record: &Record, standing: &Standing) -> (Option<Date>, bool) {
    let issued_on = standing.document.issued_on;
    let from = |item: &Item| item.term_for(&standing.fields).map(|rule| rule.repairable_from(issued_on));
    let mut before_minimum = false;
    for facts in record.repairs.values() {
        let granted = facts.decided.as_ref().is_some_and(|d| d.granted);
        let (true, Some(applied_on)) = (granted, facts.applied_on) else { continue };
        let at_application = catalogue.item(&item.id, applied_on).and_then(from);
        let earliest: Date = from(item).into_iter().chain(at_application).min().unwrap_or(issued_on);
        if applied_on >= earliest {
            return (Some(applied_on), false);
        }
        before_minimum = true;
    }
    (None, before_minimum)
}
