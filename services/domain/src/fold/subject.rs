//! Bringing a subject up to date: its due timers, then the rules it was last evaluated under.

use std::sync::Arc;

use super::meaning::Points;
use super::notice::NoticeState;
use super::place::leave;
use super::work::Work;
use super::{Cause, Fold, Rules, Stop};
use crate::event::RecordRef;
use crate::flag::{FlagChange, FlagValue, LiftReason};
use crate::ids::MeasureId;
use crate::output::Output;
use crate::record::Placed;
use crate::rows::{Store, Timer, TimerKind};
use crate::state::Published;

/// Records read at once when a whole subject is evaluated again.
const PAGE: usize = 256;

impl<S: Store> Fold<'_, '_, S> {
    pub(super) fn bring_up_to_date(&mut self, work: &mut Work) -> Result<(), Stop> {
        for timer in self.rows.subject_timers_due(&work.subject, self.now())? {
            self.rows.delete_timer(&timer);
            self.changes += 1;
            self.fire(work, &timer)?;
        }
        self.follow_rules(work)
    }

    fn fire(&mut self, work: &mut Work, timer: &Timer) -> Result<(), Stop> {
        match (timer.kind, &timer.measure, &timer.record) {
            (TimerKind::Start, Some(measure), _) => {
                let cause = self.cause(LiftReason::Removed);
                work.touch(measure, cause);
            }
            (TimerKind::End, Some(measure), Some(record)) => self.end_ground(work, timer, measure, record)?,
            (TimerKind::Tombstone, Some(measure), _) => self.bury(work, measure),
            (TimerKind::Deadline, _, Some(record)) => self.overdue(work, timer, record)?,
            (TimerKind::Rating, Some(_), _) => self.rating_due(work, timer)?,
            (
                TimerKind::Start | TimerKind::End | TimerKind::Tombstone | TimerKind::Deadline | TimerKind::Rating,
                _,
                _,
            ) => {}
        }
        Ok(())
    }

    fn end_ground(&mut self, work: &mut Work, timer: &Timer, measure: &MeasureId, key: &RecordRef) -> Result<(), Stop> {
        let Some(mut record) = self.rows.record(&work.subject, key)? else { return Ok(()) };
        let notice = self.notice_state(work, key, &record)?;
        let due = Some(timer.due);
        match record.placed.get(measure).copied() {
            Some(held @ Placed::Ground { interval, .. }) if interval.end == due => {
                record.placed.remove(measure);
                leave(&mut record, measure.clone(), held, self.at.offset);
                self.rows.delete_ground(&work.subject, measure, interval.end, key);
                work.written.remove(measure);
                let grounds = work.row.measures.get(measure).map_or(0, |row| row.grounds);
                self.rescan(work, measure, grounds.saturating_sub(1))?;
            }
            Some(Placed::Pending { end }) if end == due => {
                record.placed.remove(measure);
                if let Some(row) = work.row.measures.get_mut(measure) {
                    row.pending = row.pending.saturating_sub(1);
                }
            }
            Some(Placed::Ground { .. } | Placed::Pending { .. }) | None => return Ok(()),
        }
        self.rows.put_record(&work.subject, key, &record)?;
        work.touch(measure, Cause { reason: LiftReason::Expired, at: timer.due });
        self.tell_notice(work, key, &record, notice)
    }

    /// Removes the key of a flag that was lifted long ago.
    fn bury(&mut self, work: &mut Work, measure: &MeasureId) {
        let version = self.version();
        let Some(row) = work.row.measures.get_mut(measure) else { return };
        if matches!(row.published, Published::Lifted { .. }) {
            row.published = Published::Never;
            let (subject, measure) = (work.subject.clone(), measure.clone());
            self.outputs.push(Output::Flag(FlagChange { subject, measure, value: FlagValue::Tombstone, version }));
        }
    }

    /// A flag says more than its grounds do: where only that changed, it is looked at too.
    fn touch_reworded(&mut self, work: &mut Work, rules: &Rules) {
        let cause = self.cause(LiftReason::Rules);
        let since = (&work.row.catalogue, work.row.fold);
        let standing = work.row.measures.iter().filter(|(_, row)| row.grounds > 0).map(|(measure, _)| measure);
        let (reworded, catalogues) = (&mut self.reworded, self.catalogues);
        let found: Vec<MeasureId> =
            standing.filter(|measure| reworded.is(measure, since, rules, catalogues)).cloned().collect();
        for measure in &found {
            work.touch(measure, cause);
        }
    }

    /// Evaluates every record again when the rules changed since.
    fn follow_rules(&mut self, work: &mut Work) -> Result<(), Stop> {
        let Some(rules) = self.rules.clone() else { return Ok(()) };
        if work.row.catalogue == rules.digest && work.row.fold == rules.fold.number {
            return Ok(());
        }
        self.touch_reworded(work, &rules);
        let earlier = self.rules_of(work)?;
        work.row.catalogue.clone_from(&rules.digest);
        work.row.fold = rules.fold.number;
        self.evaluate_all(work, LiftReason::Rules, earlier)
    }

    /// The rules that the subject was last evaluated by: those in force, if it never was. Timers are fired before other rules are followed.
    pub(super) fn rules_of(&self, work: &Work) -> Result<Option<Arc<Rules>>, Stop> {
        let (Some(rules), digest) = (&self.rules, &work.row.catalogue) else { return Ok(None) };
        if digest.is_empty() || *digest == rules.digest {
            return Ok(Some(Arc::clone(rules)));
        }
        let catalogue = self.catalogues.catalogue(digest).ok_or_else(|| Stop::UnknownCatalogue(digest.clone()))?;
        Ok(Some(Arc::new(Rules { digest: digest.clone(), fold: rules.fold, catalogue })))
    }

    /// Evaluates and counts every record of the subject anew; `earlier` are the rules it was evaluated by before.
    pub(super) fn evaluate_all(
        &mut self,
        work: &mut Work,
        reason: LiftReason,
        earlier: Option<Arc<Rules>>,
    ) -> Result<(), Stop> {
        let Some(rules) = self.rules.clone() else { return Ok(()) };
        work.row.counts.clear();
        let cause = self.cause(reason);
        self.clear_ratings(work, cause)?;
        let mut after: Option<RecordRef> = None;
        loop {
            let page = self.rows.records(&work.subject, after.as_ref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, mut record) in page {
                let before = NoticeState::of(work.subject.kind(), &key, &record, earlier.as_deref());
                if record.standing().is_some()
                    && !work.declines(&rules.catalogue, &key)
                    && let Some(item) = rules.catalogue.newest_item(&key.item)
                {
                    *work.row.counts.entry(item.class).or_default() += 1;
                }
                let is = self.meaning(work, &key, &record);
                let rated = self.rate_record(work, &key, &mut record, &Points::new(), &is.points, cause)?;
                if self.place(work, &key, &mut record, &is.evaluation, cause)? || rated {
                    self.rows.put_record(&work.subject, &key, &record)?;
                }
                self.tell_notice(work, &key, &record, before)?;
            }
        }
    }
}
