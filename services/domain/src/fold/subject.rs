//! Bringing a subject up to date: its due timers, then the rules it was last evaluated under.

use super::publish::NoticeState;
use super::work::Work;
use super::{Cause, Fold, Stop};
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
        match (timer.kind, &timer.record) {
            (TimerKind::Start, _) => {
                let cause = self.cause(LiftReason::Removed);
                work.touch(&timer.measure, cause);
            }
            (TimerKind::End, Some(record)) => self.end_ground(work, timer, record)?,
            (TimerKind::Tombstone, _) | (TimerKind::End, None) => self.bury(work, &timer.measure),
        }
        Ok(())
    }

    fn end_ground(&mut self, work: &mut Work, timer: &Timer, key: &RecordRef) -> Result<(), Stop> {
        let Some(mut record) = self.rows.record(&work.subject, key)? else { return Ok(()) };
        let notice = NoticeState::of(&record);
        let due = Some(timer.due);
        match record.placed.get(&timer.measure).copied() {
            Some(Placed::Ground(interval)) if interval.end == due => {
                record.placed.remove(&timer.measure);
                self.rows.delete_ground(&work.subject, &timer.measure, interval.end, key);
                work.written.remove(&timer.measure);
                let held = work.row.measures.get(&timer.measure).map_or(0, |row| row.grounds);
                self.rescan(work, &timer.measure, held.saturating_sub(1))?;
            }
            Some(Placed::Pending { end }) if end == due => {
                record.placed.remove(&timer.measure);
                if let Some(row) = work.row.measures.get_mut(&timer.measure) {
                    row.pending = row.pending.saturating_sub(1);
                }
            }
            Some(Placed::Ground(_) | Placed::Pending { .. }) | None => return Ok(()),
        }
        self.rows.put_record(&work.subject, key, &record)?;
        work.touch(&timer.measure, Cause { reason: LiftReason::Expired, at: timer.due });
        self.tell_notice(&work.subject, key, &record, &notice);
        Ok(())
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

    /// Evaluates every record again when the rules changed since.
    fn follow_rules(&mut self, work: &mut Work) -> Result<(), Stop> {
        let Some(rules) = self.rules.clone() else { return Ok(()) };
        if work.row.catalogue == rules.digest && work.row.fold == rules.fold {
            return Ok(());
        }
        work.row.catalogue.clone_from(&rules.digest);
        work.row.fold = rules.fold;
        work.row.counts.clear();
        let mut after: Option<RecordRef> = None;
        loop {
            let page = self.rows.records(&work.subject, after.as_ref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, mut record) in page {
                let before = NoticeState::of(&record);
                if record.standing().is_some()
                    && let Some(item) = rules.catalogue.newest_item(&key.item)
                {
                    *work.row.counts.entry(item.class).or_default() += 1;
                }
                let cause = self.cause(LiftReason::Rules);
                if self.place(work, &key, &mut record, cause)? {
                    self.rows.put_record(&work.subject, &key, &record)?;
                }
                self.tell_notice(&work.subject, &key, &record, &before);
            }
        }
    }
}
