//! Placing a record's consequences: which rows of grounds are its own, and what they add up to per measure.

use std::collections::{BTreeMap, BTreeSet};

use super::work::Work;
use super::{Cause, Fold, Stop};
use crate::case::cases;
use crate::catalogue::{Catalogue, Effect};
use crate::evaluate::{Consequence, Evaluation};
use crate::event::RecordRef;
use crate::flag::Ground;
use crate::ids::{MatterId, MeasureId};
use crate::record::{Placed, Record, Rested};
use crate::rows::{Store, Timer, TimerKind};
use crate::state::MeasureRow;
use crate::subject::SubjectKey;
use crate::time::{Instant, Interval, Intervals};

impl<S: Store> Fold<'_, '_, S> {
    /// Moves the state from what the record was placed as to what it amounts to, which is `evaluation`. True if the placing changed.
    pub(super) fn place(
        &mut self,
        work: &mut Work,
        key: &RecordRef,
        record: &mut Record,
        evaluation: &Evaluation,
        cause: Cause,
    ) -> Result<bool, Stop> {
        let Some(rules) = self.rules.clone() else { return Ok(false) };
        let now = self.now();
        let open = if work.declines(&rules.catalogue, key) {
            Vec::new()
        } else {
            cases(key, record, evaluation, &rules.catalogue)
        };
        let mut changed = self.place_cases(work, key, record, open)?;
        let consequences: BTreeMap<&MeasureId, &Consequence> =
            evaluation.consequences.iter().filter(|(_, consequence)| !consequence.is_over(now)).collect();
        let measures: BTreeSet<MeasureId> = record.placed.keys().chain(consequences.keys().copied()).cloned().collect();
        for measure in measures {
            let before = record.placed.get(&measure).copied();
            let after = consequences.get(&measure).copied();
            let effect = effect_of(&rules.catalogue, &measure);
            let row = work.row.measures.entry(measure.clone()).or_insert_with(|| MeasureRow::new(effect));
            row.effect = effect;
            let step = Step { key, measure: &measure, before, after };
            changed |= self.place_one(work, &step, cause)?;
        }
        let here = self.at.offset;
        let placed = consequences.iter().map(|(measure, consequence)| {
            let from = record.placed.get(*measure).and_then(|held| held.since(consequence)).unwrap_or(here);
            ((*measure).clone(), placed(consequence, from))
        });
        let placed: BTreeMap<MeasureId, Placed> = placed.collect();
        for (measure, held) in std::mem::replace(&mut record.placed, placed) {
            if !consequences.get(&measure).is_some_and(|consequence| held.is(consequence)) {
                leave(record, measure, held, here);
            }
        }
        Ok(changed)
    }

    fn place_one(&mut self, work: &mut Work, step: &Step<'_>, cause: Cause) -> Result<bool, Stop> {
        let Step { key, measure, before, after } = step;
        let same = match (before, after) {
            (Some(held), Some(consequence)) => held.is(consequence),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same {
            return match after {
                Some(Consequence::Ground(ground)) => self.replace_ground(work, measure, ground, cause),
                Some(Consequence::Pending(..)) | None => Ok(false),
            };
        }
        let mut rescan = false;
        let mut others = measure_row(work, measure).grounds;
        match before {
            Some(Placed::Pending { end }) => {
                measure_row(work, measure).pending -= 1;
                if let Some(timer) = end_timer(&work.subject, measure, key, *end) {
                    self.rows.delete_timer(&timer);
                }
            }
            Some(Placed::Ground { interval, .. }) => {
                self.remove_ground(work, measure, *interval, key);
                others = others.saturating_sub(1);
                rescan = true;
            }
            None => {}
        }
        match after {
            Some(Consequence::Pending(_, end)) => {
                measure_row(work, measure).pending += 1;
                if let Some(timer) = end_timer(&work.subject, measure, key, *end) {
                    self.rows.put_timer(&timer);
                }
            }
            Some(Consequence::Ground(ground)) => {
                self.add_ground(work, measure, ground)?;
                let row = measure_row(work, measure);
                if row.with_exceptions > 0 || !ground.exceptions().is_empty() {
                    rescan = true;
                } else if !rescan {
                    row.union.insert(ground.interval());
                    row.grounds += 1;
                }
            }
            None => {}
        }
        if rescan {
            self.rescan(work, measure, others)?;
        }
        self.changes += 1;
        work.touch(measure, cause);
        Ok(true)
    }

    /// The same interval, perhaps other parts: a status, an exception, a corrected document.
    fn replace_ground(
        &mut self,
        work: &mut Work,
        measure: &MeasureId,
        ground: &Ground,
        cause: Cause,
    ) -> Result<bool, Stop> {
        let held = self.rows.ground(&work.subject, measure, ground.interval().end, ground.record())?;
        if held.as_ref() == Some(ground) {
            return Ok(false);
        }
        self.rows.put_ground(&work.subject, measure, ground)?;
        work.written.insert((*measure).clone(), ground.clone());
        if held.is_none_or(|held| held.exceptions() != ground.exceptions()) {
            let others = measure_row(work, measure).grounds.saturating_sub(1);
            self.rescan(work, measure, others)?;
        }
        self.changes += 1;
        work.touch(measure, cause);
        Ok(false)
    }

    fn add_ground(&mut self, work: &mut Work, measure: &MeasureId, ground: &Ground) -> Result<(), Stop> {
        self.rows.put_ground(&work.subject, measure, ground)?;
        work.written.insert(measure.clone(), ground.clone());
        for timer in timers(&work.subject, measure, ground.record(), ground.interval(), self.now()) {
            self.rows.put_timer(&timer);
        }
        Ok(())
    }

    fn remove_ground(&mut self, work: &mut Work, measure: &MeasureId, interval: Interval, key: &RecordRef) {
        self.rows.delete_ground(&work.subject, measure, interval.end, key);
        work.written.remove(measure);
        // A start that has passed has fired: the subject is brought up to date before anything else is done to it.
        for timer in timers(&work.subject, measure, key, interval, self.now()) {
            self.rows.delete_timer(&timer);
        }
    }

    /// Adds up all grounds of a measure afresh: those that this work has just written, and `others` in the state.
    pub(super) fn rescan(&mut self, work: &mut Work, measure: &MeasureId, others: u32) -> Result<(), Stop> {
        let grounds = match others {
            0 => work.written.get(measure).cloned().into_iter().collect(),
            _ => self.rows.grounds(&work.subject, measure, usize::MAX)?,
        };
        let row = measure_row(work, measure);
        row.union = grounds.iter().map(Ground::interval).collect();
        row.grounds = u32::try_from(grounds.len()).unwrap_or(u32::MAX);
        let excepting = grounds.iter().filter(|g| !g.exceptions().is_empty()).count();
        row.with_exceptions = u32::try_from(excepting).unwrap_or(u32::MAX);
        row.excepted = excepted(&grounds, &row.union);
        Ok(())
    }
}

struct Step<'a> {
    key: &'a RecordRef,
    measure: &'a MeasureId,
    before: Option<Placed>,
    after: Option<&'a Consequence>,
}

fn measure_row<'a>(work: &'a mut Work, measure: &MeasureId) -> &'a mut MeasureRow {
    work.row.measures.entry(measure.clone()).or_insert_with(|| MeasureRow::new(Effect::Restrict))
}

fn effect_of(catalogue: &Catalogue, measure: &MeasureId) -> Effect {
    catalogue.measures.get(measure).and_then(|versions| versions.last()).map_or(Effect::Restrict, |m| m.effect)
}

fn placed(consequence: &Consequence, from: i64) -> Placed {
    match consequence {
        Consequence::Ground(ground) => Placed::Ground { interval: ground.interval(), from },
        Consequence::Pending(_, end) => Placed::Pending { end: *end },
    }
}

impl Placed {
    /// Whether this is where the consequence is placed.
    fn is(&self, consequence: &Consequence) -> bool {
        match (self, consequence) {
            (Self::Ground { interval, .. }, Consequence::Ground(ground)) => *interval == ground.interval(),
            (Self::Pending { end }, Consequence::Pending(_, over_at)) => end == over_at,
            (Self::Ground { .. }, Consequence::Pending(..)) | (Self::Pending { .. }, Consequence::Ground(_)) => false,
        }
    }

    /// Since when it is a ground, if it stays this ground.
    fn since(&self, consequence: &Consequence) -> Option<i64> {
        match self {
            Self::Ground { from, .. } if self.is(consequence) => Some(*from),
            Self::Ground { .. } | Self::Pending { .. } => None,
        }
    }
}

/// The record is no longer placed so: what it was a ground of is remembered, for whoever decided on it.
pub(super) fn leave(record: &mut Record, measure: MeasureId, held: Placed, until: i64) {
    match held {
        Placed::Ground { interval, from } if from < until => {
            record.remember(Rested { measure, interval, from, until });
        }
        // Of one and the same record of the log: no flag was published in between.
        Placed::Ground { .. } | Placed::Pending { .. } => {}
    }
}

fn timers(
    subject: &SubjectKey,
    measure: &MeasureId,
    record: &RecordRef,
    interval: Interval,
    after: Instant,
) -> impl Iterator<Item = Timer> {
    let start = (interval.start > after).then(|| Timer {
        due: interval.start,
        subject: subject.clone(),
        measure: Some(measure.clone()),
        kind: TimerKind::Start,
        record: Some(record.clone()),
    });
    start.into_iter().chain(end_timer(subject, measure, record, interval.end))
}

fn end_timer(subject: &SubjectKey, measure: &MeasureId, record: &RecordRef, end: Option<Instant>) -> Option<Timer> {
    Some(Timer {
        due: end?,
        subject: subject.clone(),
        measure: Some(measure.clone()),
        kind: TimerKind::End,
        record: Some(record.clone()),
    })
}

/// Per matter, the instants at which every ground in force is excepted: the union less what any ground leaves restricted.
fn excepted(grounds: &[Ground], union: &Intervals) -> BTreeMap<MatterId, Intervals> {
    let matters: BTreeSet<&MatterId> = grounds.iter().flat_map(Ground::exceptions).map(|e| &e.matter).collect();
    let mut result = BTreeMap::new();
    for matter in matters {
        let restricting = grounds.iter().fold(Intervals::default(), |sum, ground| {
            let own: Intervals = [ground.interval()].into_iter().collect();
            sum.union(&own.minus(&ground.excepted_for(matter)))
        });
        let free = union.minus(&restricting);
        if !free.is_empty() {
            result.insert(matter.clone(), free);
        }
    }
    result
}
