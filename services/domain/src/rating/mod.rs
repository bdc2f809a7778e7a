//! Ratings of organisations and buildings, computed from their records (深圳条例 29, 39, 55, 56).
//!
//! A record gives [`Point`]s: a criterion's points, for a time. They add up, per dimension, in a [`RatingRow`], which knows how the sum
//! runs from its horizon on to the end of the last point known; so the bands to come are known as well, and a flag that follows from
//! one carries its whole intervals. A subject is rated while at least one point counts; without points there is no rating (R11).
//!
//! A bad band is held back until its subject was told ([`course`]). Nothing here depends on when a fact arrived.
//!
//! There is no way into this module for a natural person: everything begins with a [`RatedKind`] (R5).

mod course;
mod ground;
mod notice;
mod tally;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Criterion, Effect, RatedKind};
use crate::evaluate::{Evaluation, after_shield, end_of};
use crate::event::{Document, RecordRef};
use crate::flag::{End, GroundStatus, needs_notice};
use crate::ids::RatingId;
use crate::record::Record;
use crate::time::Interval;

pub use course::{Course, Stretch, course};
pub use ground::{DimensionSum, NoRatingGround, RatingGround, RatingParts};
pub use notice::{RatingNotice, document_of, notice_id, notice_of};
pub use tally::{NOTICES_MAX, RatingRow, Steps, Tally, Told, horizon};

/// What one record counts by one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    pub record: RecordRef,
    pub document: Document,
    pub dimension: String,
    /// The criterion's place in its dimension.
    pub criterion: u32,
    pub points: i32,
    /// First and last day it counts.
    pub since: Date,
    pub until: Date,
    pub status: GroundStatus,
}

impl Point {
    pub fn interval(&self) -> Interval {
        Interval::of_days(self.since, Some(self.until)).expect("checked when the point was made")
    }
}

/// Every point that a record gives, which amounts to `evaluation`. None while it has no legal effect: withdrawn, revoked, delisted,
/// repaired, or not published; and none of an adverse record before its own notice was served (R2).
pub fn points(
    rated: RatedKind,
    key: &RecordRef,
    record: &Record,
    evaluation: &Evaluation,
    catalogue: &Catalogue,
) -> BTreeMap<RatingId, Vec<Point>> {
    let mut ratings = catalogue.ratings_of(&key.item, rated).peekable();
    if ratings.peek().is_none() {
        return BTreeMap::new();
    }
    let Some(source) = Source::of(key, record, evaluation, catalogue) else { return BTreeMap::new() };
    ratings
        .filter_map(|rating| {
            let of_dimension = |(dimension, number, criterion): (&str, usize, &Criterion)| {
                source.point(dimension, u32::try_from(number).unwrap_or(u32::MAX), criterion)
            };
            let criteria = rating.dimensions.iter().flat_map(|dimension| {
                let numbered = dimension.criteria.iter().enumerate();
                numbered.map(|(number, criterion)| (dimension.id.as_str(), number, criterion))
            });
            let points: Vec<Point> = criteria.filter_map(of_dimension).collect();
            (!points.is_empty()).then(|| (rating.id.clone(), points))
        })
        .collect()
}

/// A record in effect, and the days within which it may count.
struct Source<'a> {
    key: &'a RecordRef,
    record: &'a Record,
    document: &'a Document,
    since: Date,
    until: Option<Date>,
}

impl<'a> Source<'a> {
    fn of(key: &'a RecordRef, record: &'a Record, evaluation: &Evaluation, catalogue: &Catalogue) -> Option<Self> {
        let standing = record.standing()?;
        let document = &standing.document;
        let item = catalogue.item(&key.item, document.issued_on)?;
        if evaluation.ended.is_some() || evaluation.repaired {
            return None;
        }
        let until = match end_of(item, standing)? {
            End::On(day) => Some(day),
            End::Condition { .. } => None,
        };
        let mut since = document.effective_on.max(standing.valid.from.unwrap_or(Date::MIN));
        if needs_notice(Effect::Supervise, item.polarity) {
            since = since.max(record.served()?.served_on);
            since = since.max(after_shield(record, catalogue).unwrap_or(Date::MIN));
        }
        Some(Self { key, record, document, since, until })
    }

    fn point(&self, dimension: &str, number: u32, criterion: &Criterion) -> Option<Point> {
        let fields = &self.record.standing()?.fields;
        let counts = criterion.item == self.key.item && criterion.when.as_ref().is_none_or(|when| when.holds(fields));
        let last = criterion.term.last_day(self.document.issued_on);
        let until = self.until.map_or(last, |until| until.min(last));
        if !counts || Interval::of_days(self.since, Some(until)).is_none() {
            return None;
        }
        Some(Point {
            record: self.key.clone(),
            document: self.document.clone(),
            dimension: dimension.to_owned(),
            criterion: number,
            points: criterion.points,
            since: self.since,
            until,
            status: if self.record.review_open() {
                GroundStatus::Review
            } else if self.record.objection_open() {
                GroundStatus::Objection
            } else {
                GroundStatus::InForce
            },
        })
    }
}
