//! What offices have to do with a record, and by when: computed from the dates in its events and the catalogue's deadlines, never from
//! the clock. Whether a task is overdue is for whoever knows the time to say. No answer to a check depends on any of it.

use jiff::civil::Date;

use crate::catalogue::{Article, Catalogue, Deadline, Task};
use crate::evaluate::{Consequence, Evaluation, Pending, is_adverse};
use crate::event::{RecordRef, ReviewKind};
use crate::ids::{DepartmentId, RecordId};
use crate::record::{Extension, ObjectionFacts, Record, RepairFacts, Resolution, ReviewFacts};
use crate::time::Instant;

/// One task of one office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub task: Task,
    /// Of the objection, repair or review; of the record where its notice is to be served.
    pub id: RecordId,
    /// Whose it is.
    pub unit: DepartmentId,
    /// The day its time begins after.
    pub began_on: Date,
    /// Its last day; `None` while the clock stands still: missing papers were asked for and have not come.
    pub due_on: Option<Date>,
    /// More time was approved while there was time left.
    pub extended: bool,
    pub done_on: Option<Date>,
    pub basis: Vec<Article>,
}

impl Case {
    pub fn is_open(&self) -> bool {
        self.done_on.is_none()
    }

    /// Not done, and its last day is over.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.is_open() && self.due_on.is_some_and(|due| is_over(due, now))
    }

    /// Done, and after its last day.
    pub fn was_late(&self) -> bool {
        matches!((self.done_on, self.due_on), (Some(done), Some(due)) if done > due)
    }
}

/// Whether a last day is over.
pub fn is_over(due_on: Date, now: Instant) -> bool {
    Instant::day_end(due_on) <= now
}

/// Every task of a record, done or not, by kind and id. A record that does not stand has none: what was asked of it has no object.
pub fn cases(key: &RecordRef, record: &Record, evaluation: &Evaluation, catalogue: &Catalogue) -> Vec<Case> {
    let (Some(standing), None) = (record.standing(), evaluation.ended) else { return Vec::new() };
    let rules = Rules { key, catalogue };
    let mut cases = Vec::new();
    for (id, facts) in &record.objections {
        cases.extend(rules.objection_check(id, facts));
        cases.extend(rules.objection_decision(id, facts, record.settled(facts)));
    }
    cases.extend(record.repairs.iter().filter_map(|(id, facts)| rules.repair_decision(id, facts)));
    cases.extend(record.reviews.iter().filter_map(|(id, facts)| rules.review_decision(id, facts)));
    let waits = |consequence: &Consequence| matches!(consequence, Consequence::Pending(Pending::Notice, _));
    // An adverse decision is served whether or not a measure waits for that (两书同达, 国办发〔2025〕22号).
    let unserved = record.served().is_none() && evaluation.stands() && is_adverse(key, standing, catalogue);
    if unserved || evaluation.consequences.values().any(waits) {
        cases.extend(rules.case(Task::NoticeService, &key.record_id, standing.document.issued_on, None, None));
    }
    cases.sort_by(|a, b| (a.task, &a.id).cmp(&(b.task, &b.id)));
    cases
}

struct Rules<'a> {
    key: &'a RecordRef,
    catalogue: &'a Catalogue,
}

impl Rules<'_> {
    /// A task whose time begins after `began_on`, by the deadline in force then. `None` where the law sets none.
    fn case(
        &self,
        task: Task,
        id: &RecordId,
        began_on: Date,
        extension: Option<&Extension>,
        done_on: Option<Date>,
    ) -> Option<Case> {
        let deadline = self.catalogue.deadline(task, &self.key.item, began_on)?;
        let (due_on, extended) = self.last_day(deadline, began_on, extension);
        Some(Case {
            task,
            id: id.clone(),
            unit: self.key.publisher.clone(),
            began_on,
            due_on: Some(due_on),
            extended,
            done_on,
            basis: deadline.basis.clone(),
        })
    }

    /// An extension counts where the deadline knows one and it was approved before the time was over.
    fn last_day(&self, deadline: &Deadline, began_on: Date, extension: Option<&Extension>) -> (Date, bool) {
        let calendar = self.catalogue.working_days();
        let due = deadline.within.last_day(began_on, calendar);
        match (extension, deadline.extension) {
            (Some(extension), Some(more)) if extension.on <= due => (more.last_day(due, calendar), true),
            (Some(_) | None, _) => (due, false),
        }
    }

    /// 深圳条例 51(1): whoever took an objection to another's record checks it and hands it on.
    fn objection_check(&self, id: &RecordId, facts: &ObjectionFacts) -> Option<Case> {
        let filing = facts.filed.as_ref().filter(|filing| filing.received_by != self.key.publisher)?;
        let resolved_on = facts.resolved.as_ref().map(|resolution| resolution.resolved_on);
        let done_on = facts.forwarded_on.into_iter().chain(resolved_on).min();
        let case = self.case(Task::ObjectionCheck, id, filing.filed_on, None, done_on)?;
        Some(Case { unit: filing.received_by.clone(), ..case })
    }

    /// 深圳条例 51(3): from the day it took the objection itself, or was handed it; where that is not known, from the last day on
    /// which it should have been, so that an idle desk stops no other's clock.
    fn objection_decision(&self, id: &RecordId, facts: &ObjectionFacts, settled: Option<&Resolution>) -> Option<Case> {
        let filing = facts.filed.as_ref()?;
        let check = self.objection_check(id, facts);
        let handed_on = facts.forwarded_on.or_else(|| check.and_then(|check| check.due_on));
        let began_on = handed_on.filter(|_| filing.received_by != self.key.publisher).unwrap_or(filing.filed_on);
        let done_on = settled.map(|resolution| resolution.resolved_on);
        self.case(Task::ObjectionDecision, id, began_on.max(filing.filed_on), facts.extended.as_ref(), done_on)
    }

    /// 深圳条例 81, 82: from the application, or from the day the papers were complete. What is missing may be asked for once, in
    /// time; until it comes the clock stands still.
    fn repair_decision(&self, id: &RecordId, facts: &RepairFacts) -> Option<Case> {
        let applied_on = facts.applied_on?;
        let done_on = facts.decided.as_ref().map(|decision| decision.decided_on);
        let case = |began_on| self.case(Task::RepairDecision, id, began_on, facts.extended.as_ref(), done_on);
        let first = case(applied_on)?;
        let asked_in_time = facts.asked.as_ref().is_some_and(|(on, _)| first.due_on.is_some_and(|due| *on <= due));
        match (asked_in_time, facts.completed_on) {
            (false, _) => Some(first),
            (true, Some(completed_on)) => case(completed_on.max(applied_on)),
            (true, None) => Some(Case { due_on: None, ..first }),
        }
    }

    fn review_decision(&self, id: &RecordId, facts: &ReviewFacts) -> Option<Case> {
        let (opened_on, kind) = facts.opened?;
        match kind {
            ReviewKind::Review => {
                let done_on = facts.closed.as_ref().map(|closing| closing.closed_on);
                self.case(Task::ReviewDecision, id, opened_on, None, done_on)
            }
            ReviewKind::Litigation => None,
        }
    }
}
