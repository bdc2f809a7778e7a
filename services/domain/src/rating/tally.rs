//! How the sum of a rating runs over time.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::Point;
use crate::catalogue::Rating;
use crate::event::{Document, RecordRef};
use crate::flag::{GroundStatus, Served};
use crate::ids::MeasureId;
use crate::time::Instant;

/// Whole years kept before the present one, so that a bad band's beginning is known; the most that a publication of a serious
/// penalty lasts (order 36 of 2025).
const HORIZON_YEARS: i16 = 3;

/// Most notices kept of one rating, the newest: each stands for a bad band that began on another day.
pub const NOTICES_MAX: usize = 64;

/// The first instant whose sum is known separately.
pub fn horizon(now: Instant) -> Instant {
    Instant::day_start(date(now.day().year() - HORIZON_YEARS, 1, 1))
}

/// As many dimensions as a rating usually has at the most; one that has more takes an allocation for each sum.
const DIMENSIONS: usize = 6;

/// Points by dimension, in the order of the rating's dimensions, and how many points make them up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub dimensions: SmallVec<[i64; DIMENSIONS]>,
    pub points: i64,
    /// Of these, whose record is objected to or under review.
    pub objected: i64,
    pub reviewed: i64,
}

impl Tally {
    fn of(point: &Point, rating: &Rating) -> Self {
        let sums = rating.dimensions.iter().map(|d| if d.id == point.dimension { i64::from(point.points) } else { 0 });
        Self {
            dimensions: sums.collect(),
            points: 1,
            objected: i64::from(point.status == GroundStatus::Objection),
            reviewed: i64::from(point.status == GroundStatus::Review),
        }
    }

    pub(super) fn add(&mut self, other: &Self, sign: i64) {
        if self.dimensions.len() < other.dimensions.len() {
            self.dimensions.resize(other.dimensions.len(), 0);
        }
        for (sum, change) in self.dimensions.iter_mut().zip(&other.dimensions) {
            *sum += sign * change;
        }
        self.points += sign * other.points;
        self.objected += sign * other.objected;
        self.reviewed += sign * other.reviewed;
    }

    fn is_zero(&self) -> bool {
        self.points == 0 && self.objected == 0 && self.reviewed == 0 && self.dimensions.iter().all(|sum| *sum == 0)
    }

    pub fn total(&self) -> i64 {
        self.dimensions.iter().sum()
    }

    pub fn status(&self) -> GroundStatus {
        if self.reviewed > 0 {
            GroundStatus::Review
        } else if self.objected > 0 {
            GroundStatus::Objection
        } else {
            GroundStatus::InForce
        }
    }
}

/// By how much sums change, and when: in order, each time once, and nothing that changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(Vec<(Instant, Tally)>);

impl Steps {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Instant, &Tally)> {
        self.0.iter().map(|(at, tally)| (*at, tally))
    }

    /// The first time behind `now` at which the sums change.
    pub fn next_after(&self, now: Instant) -> Option<Instant> {
        let next = self.0.partition_point(|(at, _)| *at <= now);
        self.0.get(next).map(|(at, _)| *at)
    }

    fn change(&mut self, at: Instant, tally: &Tally, sign: i64) {
        let place = self.0.binary_search_by_key(&at, |(at, _)| *at).unwrap_or_else(|place| {
            self.0.insert(place, (at, Tally::default()));
            place
        });
        let step = &mut self.0[place].1;
        step.add(tally, sign);
        if step.is_zero() {
            self.0.remove(place);
        }
    }

    /// Takes out those up to `to`.
    fn take_until(&mut self, to: Instant) -> impl Iterator<Item = Tally> {
        let taken = self.0.partition_point(|(at, _)| *at <= to);
        self.0.drain(..taken).map(|(_, tally)| tally)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A notice of a bad band that is to be served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub record: RecordRef,
    pub document: Document,
    pub band: String,
    pub began_on: Date,
}

/// What is known of one rating of a subject. Its size is bounded by the days from the horizon to the end of the longest criterion,
/// not by the number of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingRow {
    /// Sums up to here stand in `base` alone.
    pub horizon: Instant,
    pub base: Tally,
    /// All behind the horizon.
    pub steps: Steps,
    /// Notices served, by the day on which the band they are of began, and the band.
    pub notices: BTreeMap<(Date, String), Served>,
    /// The notice that is to be served.
    pub told: Option<Told>,
    /// The timer armed for the next change.
    pub due: Option<Instant>,
    /// What was placed among the subject's measures.
    pub measures: Vec<MeasureId>,
}

impl RatingRow {
    /// Moves the horizon forward; what lies before it is added up.
    pub fn advance(&mut self, to: Instant) {
        if to <= self.horizon {
            return;
        }
        self.horizon = to;
        for step in self.steps.take_until(to) {
            self.base.add(&step, 1);
        }
    }

    /// The sums at an instant from the horizon on.
    pub fn tally_at(&self, at: Instant) -> Tally {
        let mut tally = self.base.clone();
        for (_, step) in self.steps.iter().take_while(|(from, _)| *from <= at) {
            tally.add(step, 1);
        }
        tally
    }

    pub fn add(&mut self, rating: &Rating, point: &Point) {
        self.change(rating, point, 1);
    }

    /// Takes away a point that was added.
    pub fn remove(&mut self, rating: &Rating, point: &Point) {
        self.change(rating, point, -1);
    }

    fn change(&mut self, rating: &Rating, point: &Point, sign: i64) {
        let interval = point.interval();
        let tally = Tally::of(point, rating);
        self.step(interval.start, &tally, sign);
        if let Some(end) = interval.end {
            self.step(end, &tally, -sign);
        }
    }

    fn step(&mut self, at: Instant, tally: &Tally, sign: i64) {
        if at <= self.horizon {
            return self.base.add(tally, sign);
        }
        self.steps.change(at, tally, sign);
    }

    /// Keeps what was served of one notice; `None`: nothing that counts.
    pub fn notice(&mut self, began_on: Date, band: &str, served: Option<Served>) {
        match served {
            Some(served) => drop(self.notices.insert((began_on, band.to_owned()), served)),
            None => drop(self.notices.remove(&(began_on, band.to_owned()))),
        }
        if self.notices.len() > NOTICES_MAX {
            self.notices.pop_first();
        }
    }

    /// Forgets the sums and the notices, which are to be added up afresh from the records.
    pub fn clear(&mut self) {
        self.base = Tally::default();
        self.steps = Steps::default();
        self.notices.clear();
    }

    /// Nothing to remember any more.
    pub fn is_blank(&self) -> bool {
        self.base.is_zero()
            && self.steps.is_empty()
            && self.notices.is_empty()
            && self.told.is_none()
            && self.measures.is_empty()
    }
}
