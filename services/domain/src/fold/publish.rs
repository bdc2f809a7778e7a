//! Closing the work on a subject: publishing what changed of its flags, its profile and its notices.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::work::Work;
use super::{Cause, Fold, Stop};
use crate::catalogue::Effect;
use crate::flag::{Flag, FlagChange, FlagValue, GROUNDS_SHOWN_MAX, Ground, Lift, LiftReason};
use crate::ids::MeasureId;
use crate::output::{Output, Profile, ProfileChange, ProfileMeasure};
use crate::rows::{Store, Timer, TimerKind};
use crate::state::{MeasureRow, Published, SubjectRow};
use crate::subject::SubjectKey;
use crate::time::{Instant, Intervals};

/// How long a lift stays under its key before the key is removed (design, "A flag").
const TOMBSTONE_DAYS: i64 = 400;

/// Grounds read at once to choose those that are shown. Only where some of them are still to come, or are excepted, is a
/// further page read.
const GROUNDS_PAGE: usize = GROUNDS_SHOWN_MAX;

impl<S: Store> Fold<'_, '_, S> {
    pub(super) fn close(&mut self, mut work: Work) -> Result<(), Stop> {
        self.rate(&mut work)?;
        self.touch_facilitations(&mut work);
        for (measure, cause) in std::mem::take(&mut work.touched) {
            self.publish(&mut work, &measure, cause)?;
        }
        self.tell_falls(&mut work);
        work.row.measures.retain(|_, row| !row.is_blank());
        work.row.counts.retain(|_, count| *count > 0);
        self.publish_profile(&mut work)?;
        if work.before.as_ref() != Some(&work.row) {
            self.rows.put_subject(&work.subject, &work.row)?;
        }
        Ok(())
    }

    /// A facilitation is less the subject's restrictions: where those change, it is looked at again.
    fn touch_facilitations(&mut self, work: &mut Work) {
        let facilitates = |row: &MeasureRow| row.effect == Effect::Facilitate && row.grounds > 0;
        let measures = work.row.measures.iter();
        let facilitations: Vec<MeasureId> =
            measures.filter(|(_, row)| facilitates(row)).map(|(measure, _)| measure.clone()).collect();
        if facilitations.is_empty()
            || work.before.as_ref().map(SubjectRow::restrictions) == Some(work.row.restrictions())
        {
            return;
        }
        let cause = self.cause(LiftReason::Removed);
        for measure in facilitations {
            work.touched.entry(measure).or_insert(cause);
        }
    }

    fn publish(&mut self, work: &mut Work, measure: &MeasureId, cause: Cause) -> Result<(), Stop> {
        let version = self.version();
        let Some(row) = work.row.measures.get(measure) else { return Ok(()) };
        let value = if row.grounds > 0 {
            let Some(flag) = self.flag(work, measure, row)? else { return Ok(()) };
            let digest = self.digest(&(
                &flag.intervals,
                &flag.excepted,
                &flag.grounds,
                flag.grounds_total,
                &flag.rating,
                &flag.title,
                &flag.matters,
                flag.effect,
                &flag.remedies,
                &flag.human_review,
            ))?;
            let same = matches!(&row.published, Published::Set { digest: held, .. } if *held == digest);
            if same && !work.corrected.contains(measure) {
                return Ok(());
            }
            if let Published::Lifted { tombstone_due, .. } = row.published {
                self.rows.delete_timer(&tombstone(&work.subject, measure, tombstone_due));
            }
            let published = Published::Set { digest, matters: flag.matters.clone(), version };
            measure_row(work, measure).published = published;
            FlagValue::Set(flag)
        } else {
            let Published::Set { matters, .. } = row.published.clone() else { return Ok(()) };
            let effect = row.effect;
            let tombstone_due = self.now().plus_days(TOMBSTONE_DAYS);
            self.rows.put_timer(&tombstone(&work.subject, measure, tombstone_due));
            measure_row(work, measure).published = Published::Lifted { tombstone_due, version };
            FlagValue::Lifted(Lift { ended_at: cause.at, reason: cause.reason, effect, matters })
        };
        self.changes += 1;
        let change = FlagChange { subject: work.subject.clone(), measure: measure.clone(), value, version };
        self.outputs.push(Output::Flag(change));
        Ok(())
    }

    pub(super) fn flag(&mut self, work: &Work, measure: &MeasureId, row: &MeasureRow) -> Result<Option<Flag>, Stop> {
        let Some(rules) = self.rules.clone() else { return Ok(None) };
        let Some(entry) = rules.catalogue.measures.get(measure).and_then(|versions| versions.last()) else {
            return self.rating_flag(work, measure, row);
        };
        let grounds = self.shown(work, measure, row, rules.fold.grounds_shown)?;
        Ok(Some(Flag {
            effect: entry.effect,
            title: entry.title.clone(),
            matters: entry.matters.clone(),
            intervals: intervals(work, row),
            excepted: row.excepted.clone(),
            grounds,
            grounds_total: row.grounds,
            rating: None,
            remedies: entry.remedies.clone(),
            human_review: entry.human_review.clone(),
            catalogue: rules.digest.clone(),
        }))
    }

    /// At most `most` grounds: those in force first, latest end first, then coming ones. One that nothing excepts
    /// is among them wherever there is one in force: it is the reason a check gives.
    fn shown(&mut self, work: &Work, measure: &MeasureId, row: &MeasureRow, most: usize) -> Result<Vec<Ground>, Stop> {
        if let (1, Some(only)) = (row.grounds, work.written.get(measure)) {
            return Ok(vec![only.clone()]);
        }
        let now = self.now();
        let mut limit = GROUNDS_PAGE;
        let (mut in_force, coming) = loop {
            let read = self.rows.grounds(&work.subject, measure, limit)?;
            let exhausted = read.len() < limit;
            let (in_force, coming): (Vec<Ground>, Vec<Ground>) =
                read.into_iter().partition(|ground: &Ground| ground.interval().start <= now);
            let plain = row.with_exceptions == 0 || in_force.iter().any(|g| g.exceptions().is_empty());
            if exhausted || (in_force.len() >= most && plain) {
                break (in_force, coming);
            }
            limit = limit.saturating_mul(4);
        };
        if let Some(plain) = in_force.iter().position(|ground| ground.exceptions().is_empty())
            && plain >= most
        {
            in_force.swap(plain, most - 1);
        }
        in_force.extend(coming);
        in_force.truncate(most);
        Ok(in_force)
    }

    fn publish_profile(&mut self, work: &mut Work) -> Result<(), Stop> {
        let version = self.version();
        let profile = profile_of(&work.row);
        let digest = self.digest(&profile)?;
        if work.row.profile == Some(digest) {
            return Ok(());
        }
        work.row.profile = Some(digest);
        let profile = (!work.row.life.erased).then_some(profile);
        self.outputs.push(Output::Profile(ProfileChange { subject: work.subject.clone(), profile, version }));
        Ok(())
    }

    fn digest<T: Serialize>(&self, value: &T) -> Result<[u8; 16], Stop> {
        let hash = Sha256::digest(self.rows.encode(value)?);
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash[..16]);
        Ok(digest)
    }
}

pub(super) fn tombstone(subject: &SubjectKey, measure: &MeasureId, due: Instant) -> Timer {
    Timer { due, subject: subject.clone(), measure: Some(measure.clone()), kind: TimerKind::Tombstone, record: None }
}

fn measure_row<'a>(work: &'a mut Work, measure: &MeasureId) -> &'a mut MeasureRow {
    work.row.measures.get_mut(measure).expect("the caller has just read it")
}

/// When a flag is in force: a facilitation less the subject's restrictions.
pub(super) fn intervals(work: &Work, row: &MeasureRow) -> Intervals {
    match row.effect {
        Effect::Facilitate => row.union.minus(&work.row.restrictions()),
        Effect::Restrict | Effect::Supervise => row.union.clone(),
    }
}

fn profile_of(row: &SubjectRow) -> Profile {
    Profile {
        counts: row.counts.iter().map(|(class, count)| (class.as_str().to_owned(), *count)).collect(),
        measures: row
            .measures
            .iter()
            .filter(|(_, row)| row.grounds > 0 || row.pending > 0)
            .map(|(measure, row)| {
                let measure_profile = ProfileMeasure {
                    effect: row.effect,
                    intervals: row.union.clone(),
                    grounds_total: row.grounds,
                    pending_total: row.pending,
                };
                (measure.clone(), measure_profile)
            })
            .collect(),
        ratings: row.ratings.clone(),
        life: row.life,
    }
}
