//! One event about one subject.

use jiff::civil::Date;

use super::work::Work;
use super::{Fold, Stop};
use crate::evaluate::Evaluation;
use crate::event::{Change, Event, RecordRef};
use crate::flag::LiftReason;
use crate::judge::judge;
use crate::output::{Outcome, Reject};
use crate::problem::{Problem, code};
use crate::record::{Joined, Record};
use crate::rows::Store;

impl<S: Store> Fold<'_, '_, S> {
    pub(super) fn event(&mut self, event: &Event) -> Result<Outcome, Stop> {
        let Some(rules) = self.rules.clone() else {
            let message = "the log has no catalogue in force yet; activate one (standing catalogue activate)";
            return Ok(self.refuse(event, &Problem::new(code::CATALOGUE_NONE, "", message)));
        };
        let problems = judge(event, &rules.catalogue);
        let mut work = self.open(event.subject.clone())?;
        self.bring_up_to_date(&mut work)?;
        let outcome = if let Some(problem) = problems.first() {
            self.refuse(event, problem)
        } else if work.row.life.erased {
            let message = "the subject was erased; nothing is kept of it";
            self.refuse(event, &Problem::new(code::SUBJECT_ERASED, "subject", message))
        } else {
            match event.change.record() {
                Some(key) => self.record_event(&mut work, event, key)?,
                None => self.subject_event(&mut work, &event.change)?,
            }
        };
        if outcome == Outcome::Changed || work.before.is_some() {
            self.close(work)?;
        }
        Ok(outcome)
    }

    fn record_event(&mut self, work: &mut Work, event: &Event, key: &RecordRef) -> Result<Outcome, Stop> {
        let mut record = self.rows.record(&work.subject, key)?.unwrap_or_default();
        let notice_before = self.notice_state(work, key, &record)?;
        let stood = record.standing().is_some();
        let was = self.meant(work, key, &record);
        let rested = self.rested(work, key, &record, &was);
        let refused = record.refused.len();
        match record.join(&event.change, &event.source) {
            Joined::Changed => {}
            Joined::Repeat => return Ok(Outcome::Repeat),
            Joined::Older => return Ok(Outcome::Older),
            Joined::Conflict => {
                if record.refused.len() != refused {
                    self.rows.put_record(&work.subject, key, &record)?;
                }
                let message =
                    "this revision is or was known with other content; send the change as the next after the newest";
                return Ok(self.refuse(event, &Problem::new(code::REVISION_CONFLICT, "revision", message)));
            }
            Joined::TooMany => {
                let message = "the record holds as many facts of this kind as it can";
                return Ok(self.refuse(event, &Problem::new(code::RECORD_TOO_MANY_FACTS, "fields", message)));
            }
        }
        self.changes += 1;
        self.count(work, key, stood, &record);
        let cause = self.cause(LiftReason::Removed);
        let is = self.meaning(work, key, &record);
        self.place(work, key, &mut record, &is.evaluation, cause)?;
        self.rate_record(work, key, &mut record, &was.points, &is.points, cause)?;
        self.rows.put_record(&work.subject, key, &record)?;
        self.tell_notice(work, key, &record, notice_before)?;
        if let Some(rested) = rested {
            self.note_fall(work, key, &rested, &record, &was, &is);
        }
        Ok(Outcome::Changed)
    }

    fn count(&mut self, work: &mut Work, key: &RecordRef, stood: bool, record: &Record) {
        let Some(rules) = self.rules.clone().filter(|rules| !work.declines(&rules.catalogue, key)) else { return };
        let Some(item) = rules.catalogue.newest_item(&key.item) else { return };
        let count = work.row.counts.entry(item.class).or_default();
        match (stood, record.standing().is_some()) {
            (false, true) => *count += 1,
            (true, false) => *count = count.saturating_sub(1),
            (true, true) | (false, false) => {}
        }
    }

    fn subject_event(&mut self, work: &mut Work, change: &Change) -> Result<Outcome, Stop> {
        let before = work.row.life;
        match change {
            Change::SubjectRegistered => work.row.life.registered = true,
            Change::SubjectEnded => work.row.life.ended = true,
            Change::SubjectErased => {
                self.erase(work)?;
                work.row.life.erased = true;
            }
            Change::SubjectOpted { out, on } => return self.opt(work, *out, *on),
            Change::Recorded { .. }
            | Change::Withdrawn { .. }
            | Change::NoticeServed { .. }
            | Change::Objection { .. }
            | Change::Handled { .. }
            | Change::Review { .. }
            | Change::RepairApplied { .. }
            | Change::RepairDecided { .. }
            | Change::Commitment { .. }
            | Change::PermissionGranted { .. }
            | Change::PermissionEnded { .. } => {}
        }
        Ok(if work.row.life == before { Outcome::Repeat } else { Outcome::Changed })
    }

    /// Forgets every record of the subject; its flags are lifted, and only their lifts and the erasure itself stay.
    fn erase(&mut self, work: &mut Work) -> Result<(), Stop> {
        let cause = self.cause(LiftReason::Erased);
        self.clear_ratings(work, cause)?;
        loop {
            let page = self.rows.records(&work.subject, None, 256)?;
            if page.is_empty() {
                break;
            }
            for (key, mut record) in page {
                let notice = self.notice_state(work, &key, &record)?;
                record.content = None;
                self.place(work, &key, &mut record, &Evaluation::default(), cause)?;
                self.rows.delete_record(&work.subject, &key);
                self.tell_notice(work, &key, &record, notice)?;
                self.changes += 1;
            }
        }
        work.row.counts.clear();
        work.row.opted = None;
        Ok(())
    }

    /// Takes the subject's word on its honours: nothing of them counts, or is shown, until it says otherwise (深圳条例 39). What was
    /// recorded is kept as a fact, so that the order of the sources does not matter.
    fn opt(&mut self, work: &mut Work, out: bool, on: Date) -> Result<Outcome, Stop> {
        let before = work.row.opted;
        work.row.opted = before.max(Some((on, out)));
        if work.row.opted == before {
            return Ok(Outcome::Repeat);
        }
        if before.is_some_and(|(_, out)| out) != work.row.has_opted_out() {
            let rules = self.rules_of(work)?;
            self.evaluate_all(work, LiftReason::Removed, rules)?;
        }
        Ok(Outcome::Changed)
    }

    fn refuse(&mut self, event: &Event, problem: &Problem) -> Outcome {
        let version = self.version();
        self.reject(Reject {
            code: problem.code.clone(),
            field: problem.field.clone(),
            message: problem.message.clone(),
            source: Some(event.source.clone()),
            event_type: Some(event.change.event_type()),
            item: event.change.record().map(|record| record.item.clone()),
            version,
        })
    }
}
