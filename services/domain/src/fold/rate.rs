//! Rating: from the points that records give and lose to the band, the flags that follow from it, and the notice of a bad one.

use std::collections::{BTreeMap, BTreeSet};

use super::counted::{bears, lets_through};
use super::meaning::Points;
use super::publish::intervals;
use super::work::Work;
use super::{Cause, Fold, Rules, Stop};
use crate::catalogue::{Effect, Intensity, RatedKind, Rating, RatingMeasure};
use crate::event::RecordRef;
use crate::flag::{Flag, GROUNDS_SHOWN_MAX, LiftReason};
use crate::ids::{FieldName, MeasureId, RatingId};
use crate::output::{
    Fact, Letter, Notice, NoticeChange, NoticeMeasure, NoticeRecourse, NoticeStatus, Output, ProfileRating,
};
use crate::rating::{
    Course, DimensionSum, Point, RatingGround, RatingParts, RatingRow, Stretch, Told, course, document_of, horizon,
    notice_id, notice_of,
};
use crate::record::Record;
use crate::rows::{Store, Timer, TimerKind};
use crate::state::MeasureRow;
use crate::subject::SubjectKey;
use crate::time::{Instant, Intervals};

impl<S: Store> Fold<'_, '_, S> {
    /// Moves the sums from the points that a record gave before to those it gives. True if that changed the record.
    pub(super) fn rate_record(
        &mut self,
        work: &mut Work,
        key: &RecordRef,
        record: &mut Record,
        before: &Points,
        after: &Points,
        cause: Cause,
    ) -> Result<bool, Stop> {
        let (Some(rules), Some(rated)) = (self.rules.clone(), RatedKind::of(work.subject.kind())) else {
            return Ok(false);
        };
        for id in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (before, after) = (before.get(id), after.get(id));
            let Some(rating) = rules.catalogue.ratings.get(id).filter(|_| before != after) else { continue };
            let subject = work.subject.clone();
            let now = self.now();
            let row = self.rating_row(work, id, cause)?;
            before.into_iter().flatten().for_each(|point| row.remove(rating, point));
            after.into_iter().flatten().for_each(|point| row.add(rating, point));
            for point in before.into_iter().flatten() {
                self.rows.delete_point(&subject, id, point);
            }
            for point in after.into_iter().flatten().filter(|point| !point.interval().is_over(now)) {
                self.rows.put_point(&subject, id, point)?;
            }
        }
        let mut bears = bears(after, &rules.catalogue);
        if let Some(notice) = notice_of(rated, key, &rules.catalogue) {
            let served = record.served().filter(|_| !record.revoked() && !record.delisted());
            bears.extend(served.iter().flat_map(|served| lets_through(&notice, served)));
            let row = self.rating_row(work, &notice.rating.id, cause)?;
            row.notice(notice.began_on, notice.band, served);
        }
        Ok(self.count_for(record, bears))
    }

    /// Forgets what the records gave, to add it up afresh, or for good.
    pub(super) fn clear_ratings(&mut self, work: &mut Work, cause: Cause) -> Result<(), Stop> {
        if RatedKind::of(work.subject.kind()).is_none() {
            return Ok(());
        }
        for (id, _) in self.rows.ratings(&work.subject)? {
            self.rating_row(work, &id, cause)?;
            self.rows.delete_points(&work.subject, &id)?;
        }
        let mut placed = Vec::new();
        for (row, _) in work.ratings.values_mut() {
            row.clear();
            placed.append(&mut row.measures);
        }
        for measure in placed {
            if let Some(row) = work.row.measures.get_mut(&measure) {
                *row = MeasureRow { published: row.published.clone(), ..MeasureRow::new(row.effect) };
            }
            work.touch(&measure, cause);
        }
        Ok(())
    }

    pub(super) fn rating_due(&mut self, work: &mut Work, timer: &Timer) -> Result<(), Stop> {
        let named = timer.measure.as_ref().map(MeasureId::as_str);
        if let Some(Ok(id)) = named.map(RatingId::new) {
            self.rating_row(work, &id, Cause { reason: LiftReason::Expired, at: timer.due })?;
        }
        Ok(())
    }

    fn rating_row<'w>(&mut self, work: &'w mut Work, id: &RatingId, cause: Cause) -> Result<&'w mut RatingRow, Stop> {
        let row = match work.ratings.remove(id) {
            Some((row, _)) => row,
            None => {
                let mut row = self.rows.rating(&work.subject, id)?.unwrap_or_default();
                row.advance(horizon(self.now()));
                row
            }
        };
        Ok(&mut work.ratings.entry(id.clone()).or_insert((row, cause)).0)
    }

    /// Brings everything that follows from the touched ratings up to date.
    pub(super) fn rate(&mut self, work: &mut Work) -> Result<(), Stop> {
        let (Some(rules), Some(rated)) = (self.rules.clone(), RatedKind::of(work.subject.kind())) else {
            return Ok(());
        };
        for (id, (mut row, cause)) in std::mem::take(&mut work.ratings) {
            self.changes += 1;
            let rating = rules.catalogue.ratings.get(&id).filter(|rating| rating.rates.contains(&rated));
            let stretches = rating.map(|rating| course(rating, &row)).unwrap_or_default();
            let present = stretches.iter().find(|stretch| stretch.interval.contains(self.now()));
            match rating.zip(present) {
                Some((rating, present)) => drop(work.row.ratings.insert(id.clone(), standing(rating, present, &row))),
                None => drop(work.row.ratings.remove(&id)),
            }
            if let Some(rating) = rating {
                row.measures = self.place_rating(work, rating, &stretches, cause);
            }
            self.tell_rating(work, rating, present, &mut row);
            let passed = row.due.is_some_and(|due| due <= self.now());
            self.arm(work, &id, &stretches, &mut row);
            if row.is_blank() {
                self.rows.delete_points(&work.subject, &id)?;
                self.rows.delete_rating(&work.subject, &id);
            } else {
                // A point ends with a step, and for the next step there is a timer: only where two steps cancel out a point waits
                // for the one after.
                if passed || row.due.is_none() {
                    self.rows.delete_points_over(&work.subject, &id, self.now())?;
                }
                self.rows.put_rating(&work.subject, &id, &row)?;
            }
            work.courses.insert(id, Course { row, stretches });
        }
        Ok(())
    }

    /// Places what follows from a rating among the subject's measures; says which have something to remember.
    fn place_rating(&self, work: &mut Work, rating: &Rating, stretches: &[Stretch], cause: Cause) -> Vec<MeasureId> {
        let (now, scale) = (self.now(), rating.scale());
        let mut placed = Vec::new();
        for measure in &rating.measures {
            let follows = |band: usize| measure.bands.contains(&scale[band].id);
            let following = stretches.iter().filter(|stretch| stretch.published.is_some_and(follows));
            let whole: Intervals = following.map(|stretch| stretch.interval).collect();
            let union: Intervals = whole.as_slice().iter().filter(|interval| !interval.is_over(now)).copied().collect();
            let present = stretches.iter().find(|stretch| stretch.interval.contains(now));
            let waits = present.is_some_and(|p| follows(p.band) && !p.published.is_some_and(follows));
            if union.is_empty() && !waits && !work.row.measures.contains_key(&measure.id) {
                continue;
            }
            let effect = Effect::from(measure.effect);
            let row = work.row.measures.entry(measure.id.clone()).or_insert_with(|| MeasureRow::new(effect));
            (row.effect, row.grounds, row.pending) = (effect, u32::from(!union.is_empty()), u32::from(waits));
            row.union = union;
            if row.grounds > 0 || row.pending > 0 {
                placed.push(measure.id.clone());
            }
            work.touch(&measure.id, cause);
        }
        placed
    }

    /// Announces a bad band, or says that its notice was served or has no object any more.
    fn tell_rating(&mut self, work: &Work, rating: Option<&Rating>, present: Option<&Stretch>, row: &mut RatingRow) {
        let held_back = present.filter(|present| present.is_held_back());
        let wanted = rating.zip(held_back).and_then(|(rating, present)| self.told(rating, present));
        let wanted = wanted.filter(|told| !row.notices.contains_key(&(told.began_on, told.band.clone())));
        if row.told == wanted {
            return;
        }
        if let Some(told) = row.told.take() {
            let served = row.notices.get(&(told.began_on, told.band.clone()));
            let status = served.map_or(NoticeStatus::Void, |served| NoticeStatus::Served(served.clone()));
            self.notice_of_rating(&work.subject, rating, &told, status);
        }
        if let Some(told) = &wanted {
            self.notice_of_rating(&work.subject, rating, told, NoticeStatus::ToServe);
        }
        row.told = wanted;
    }

    fn told(&self, rating: &Rating, present: &Stretch) -> Option<Told> {
        let band = rating.scale()[present.band].id.clone();
        let began_on = present.since.day();
        let record = notice_id(rating, &band, began_on)?;
        let document = document_of(rating, &record, began_on, &self.rules.as_ref()?.catalogue)?;
        Some(Told { record, document, band, began_on })
    }

    fn notice_of_rating(&mut self, subject: &SubjectKey, rating: Option<&Rating>, told: &Told, status: NoticeStatus) {
        let measures = rating.map(|rating| announced(rating, &told.band)).unwrap_or_default();
        let letter = self.rules.as_ref().zip(rating).and_then(|(rules, rating)| letter(rating, told, rules));
        let notice = Notice { document: told.document.clone(), measures, status, letter };
        let version = self.version();
        let change = NoticeChange { subject: subject.clone(), record: told.record.clone(), notice, version };
        self.outputs.push(Output::Notice(change));
    }

    /// Arms the timer for the next time that anything of the rating changes.
    fn arm(&mut self, work: &Work, id: &RatingId, stretches: &[Stretch], row: &mut RatingRow) {
        let now = self.now();
        let starts = stretches.iter().map(|stretch| stretch.interval.start).filter(|start| *start > now);
        let due = starts.chain(row.steps.next_after(now)).min();
        if due == row.due {
            return;
        }
        for (at, armed) in [(row.due, false), (due, true)] {
            let (Some(due), Ok(measure)) = (at, MeasureId::new(id.as_str())) else { continue };
            let subject = work.subject.clone();
            let timer = Timer { due, subject, measure: Some(measure), kind: TimerKind::Rating, record: None };
            if armed { self.rows.put_timer(&timer) } else { self.rows.delete_timer(&timer) }
        }
        row.due = due;
    }

    /// The flag of a measure that follows from a rating. `None` if the catalogue has no such measure.
    pub(super) fn rating_flag(&self, work: &Work, measure: &MeasureId, row: &MeasureRow) -> Result<Option<Flag>, Stop> {
        let Some(rules) = &self.rules else { return Ok(None) };
        let Some((rating, entry)) = rules.catalogue.rating_measure(measure) else { return Ok(None) };
        let read;
        let course = match work.courses.get(&rating.id) {
            Some(course) => course,
            None => {
                let row = self.rows.rating(&work.subject, &rating.id)?.unwrap_or_default();
                read = Course { stretches: course(rating, &row), row };
                &read
            }
        };
        let Some(ground) = self.rating_ground(&work.subject, rating, entry, row, course)? else { return Ok(None) };
        Ok(Some(Flag {
            effect: entry.effect.into(),
            title: entry.title.clone(),
            matters: rating.matters.clone(),
            intervals: intervals(work, row),
            excepted: BTreeMap::new(),
            grounds: Vec::new(),
            grounds_total: row.grounds,
            rating: Some(Box::new(ground)),
            remedies: rating.remedies.clone(),
            human_review: None,
            catalogue: rules.digest.clone(),
        }))
    }

    /// The rating as it is, or will first be, while the measure follows from it.
    fn rating_ground(
        &self,
        subject: &SubjectKey,
        rating: &Rating,
        measure: &RatingMeasure,
        row: &MeasureRow,
        course: &Course,
    ) -> Result<Option<RatingGround>, Stop> {
        let (now, scale) = (self.now(), rating.scale());
        let following = course.stretches.iter().filter(|stretch| !stretch.interval.is_over(now)).find_map(|stretch| {
            let band = stretch.published.map(|band| scale[band]).filter(|band| measure.bands.contains(&band.id))?;
            Some((stretch, band))
        });
        let Some((stretch, band)) = following else { return Ok(None) };
        let at = now.max(stretch.interval.start);
        let Some(whole) = row.union.containing(at) else { return Ok(None) };
        let tally = course.row.tally_at(stretch.interval.start);
        let dimension = |(number, dimension): (usize, &crate::catalogue::Dimension)| DimensionSum {
            id: dimension.id.clone(),
            title: dimension.title.clone(),
            points: tally.dimensions.get(number).copied().unwrap_or(0),
        };
        let mut basis = measure.basis.clone();
        basis.extend(rating.basis.iter().filter(|article| !measure.basis.contains(article)).cloned());
        let parts = RatingParts {
            rating: rating.id.clone(),
            title: rating.title.clone(),
            band: band.id.clone(),
            band_title: band.title.clone(),
            bad: band.bad,
            dimensions: rating.dimensions.iter().enumerate().map(dimension).collect(),
            published_at: rating.published_at.clone(),
            basis,
            since: whole.start.day(),
            until: whole.end.map(|end| Instant::from_ms(end.ms() - 1).day()),
            served: stretch.served.clone(),
            status: tally.status(),
            points: self.shown_points(subject, &rating.id, at, measure.effect, tally.points)?,
            points_total: u32::try_from(tally.points).unwrap_or(0),
        };
        Ok(RatingGround::new(parts).ok())
    }

    /// Those of the `total` points that count at an instant which weigh most towards the measure, then those that weigh most against it.
    fn shown_points(
        &self,
        subject: &SubjectKey,
        rating: &RatingId,
        at: Instant,
        intensity: Intensity,
        total: i64,
    ) -> Result<Vec<Point>, Stop> {
        let towards = intensity == Intensity::Facilitate;
        let most = GROUNDS_SHOWN_MAX.min(usize::try_from(total).unwrap_or(0));
        let mut counting = self.rows.points(subject, rating, towards, at, most)?;
        if counting.len() < most {
            counting.extend(self.rows.points(subject, rating, !towards, at, most - counting.len())?);
        }
        let weight = |point: &Point| match intensity {
            Intensity::Supervise => i64::from(point.points),
            Intensity::Facilitate => -i64::from(point.points),
        };
        counting.sort_by(|a, b| {
            let key = |point: &Point| (weight(point), std::cmp::Reverse(point.until));
            key(a).cmp(&key(b)).then_with(|| (&a.record, a.criterion).cmp(&(&b.record, b.criterion)))
        });
        Ok(counting)
    }
}

fn standing(rating: &Rating, present: &Stretch, row: &RatingRow) -> ProfileRating {
    let band = present.published.map(|band| rating.scale()[band].id.clone());
    if present.is_held_back() {
        return ProfileRating { band, held_back: true, ..ProfileRating::default() };
    }
    let tally = row.tally_at(present.interval.start);
    let sums = rating.dimensions.iter().zip(&tally.dimensions);
    ProfileRating {
        band,
        points: Some(tally.total()),
        dimensions: sums.map(|(dimension, sum)| (dimension.id.clone(), *sum)).collect(),
        held_back: false,
    }
}

/// What else the notice of a band says: who decided, by which criteria, and how it is contested.
fn letter(rating: &Rating, told: &Told, rules: &Rules) -> Option<Letter> {
    let band = rating.bands.iter().find(|entry| entry.id == told.band)?;
    let recourses = rules.catalogue.recourses_of(&rating.unit, &told.document.kind, told.began_on);
    Some(Letter {
        catalogue: rules.digest.clone(),
        title: rating.title.clone(),
        facts: vec![Fact { name: FieldName::new("band").ok()?, title: None, value: band.title.zh.clone() }],
        basis: rating.basis.clone(),
        repairable_from: None,
        end: None,
        decides: rating.unit.clone(),
        receives: Vec::new(),
        recourses: recourses.map(NoticeRecourse::from).collect(),
    })
}

/// What the notice of a band tells: the band itself, then what follows from it.
fn announced(rating: &Rating, band: &str) -> Vec<NoticeMeasure> {
    let remedies = || rating.remedies.clone();
    let named = rating.bands.iter().find(|entry| entry.id == band).zip(MeasureId::new(rating.id.as_str()).ok());
    let itself = named.map(|(band, measure)| {
        let mut title = rating.title.clone();
        title.zh = format!("{}：{}", title.zh, band.title.zh);
        title.en = format!("{}: {}", title.en, band.title.en);
        let (basis, remedies) = (rating.basis.clone(), remedies());
        NoticeMeasure { measure, title, basis, remedies, effect: None, human_review: None }
    });
    let follows = rating.measures.iter().filter(|measure| measure.bands.contains(band)).map(|measure| NoticeMeasure {
        measure: measure.id.clone(),
        title: measure.title.clone(),
        basis: measure.basis.iter().chain(&rating.basis).cloned().collect(),
        remedies: remedies(),
        effect: Some(measure.effect.into()),
        human_review: None,
    });
    itself.into_iter().chain(follows).collect()
}
