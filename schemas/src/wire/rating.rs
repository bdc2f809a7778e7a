//! A rating as the reason for a flag, and as a subject's profile shows it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::catalogue;
use domain::flag::{self, GroundStatus};
use domain::ids::RatingId;
use domain::output;
use domain::rating;
use domain::time;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::parts::{Article, Day, Document, RecordRef, Served, Title, choice, count, each, name};
use crate::error::{AtField, Invalid};

const STATUSES: [GroundStatus; 3] = [GroundStatus::InForce, GroundStatus::Objection, GroundStatus::Review];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RatingGround<'a> {
    rating: Cow<'a, str>,
    title: Title<'a>,
    band: Cow<'a, str>,
    band_title: Title<'a>,
    bad: bool,
    #[serde(default)]
    dimensions: Vec<DimensionSum<'a>>,
    published_at: Cow<'a, str>,
    #[serde(default)]
    basis: Vec<Article<'a>>,
    since: Day,
    #[serde(default)]
    until: Option<Day>,
    #[serde(default)]
    notice: Option<Served<'a>>,
    status: Cow<'a, str>,
    #[serde(default)]
    points: Vec<Point<'a>>,
    points_total: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DimensionSum<'a> {
    id: Cow<'a, str>,
    title: Title<'a>,
    points: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Point<'a> {
    record: RecordRef<'a>,
    document: Document<'a>,
    dimension: Cow<'a, str>,
    criterion: i64,
    points: i64,
    since: Day,
    until: Day,
    status: Cow<'a, str>,
}

impl<'a> From<&'a rating::RatingGround> for RatingGround<'a> {
    fn from(ground: &'a rating::RatingGround) -> Self {
        let parts = ground.parts();
        let sum = |sum: &'a rating::DimensionSum| DimensionSum {
            id: sum.id.as_str().into(),
            title: (&sum.title).into(),
            points: sum.points,
        };
        Self {
            rating: parts.rating.as_str().into(),
            title: (&parts.title).into(),
            band: parts.band.as_str().into(),
            band_title: (&parts.band_title).into(),
            bad: parts.bad,
            dimensions: parts.dimensions.iter().map(sum).collect(),
            published_at: parts.published_at.as_str().into(),
            basis: parts.basis.iter().map(Article::from).collect(),
            since: parts.since.into(),
            until: parts.until.map(Day::from),
            notice: parts.served.as_ref().map(Served::from),
            status: parts.status.as_str().into(),
            points: parts.points.iter().map(Point::from).collect(),
            points_total: i64::from(parts.points_total),
        }
    }
}

impl TryFrom<RatingGround<'_>> for rating::RatingGround {
    type Error = Invalid;

    fn try_from(wire: RatingGround<'_>) -> Result<Self, Invalid> {
        let sum = |wire: DimensionSum<'_>| {
            Ok(rating::DimensionSum { id: wire.id.into_owned(), title: wire.title.into(), points: wire.points })
        };
        let parts = rating::RatingParts {
            rating: name(wire.rating, RatingId::new).at("rating")?,
            title: wire.title.into(),
            band: wire.band.into_owned(),
            band_title: wire.band_title.into(),
            bad: wire.bad,
            dimensions: each(wire.dimensions, sum).at("dimensions")?,
            published_at: wire.published_at.into_owned(),
            basis: each(wire.basis, catalogue::Article::try_from).at("basis")?,
            since: wire.since.try_into().at("since")?,
            until: wire.until.map(Date::try_from).transpose().at("until")?,
            served: wire.notice.map(flag::Served::try_from).transpose().at("notice")?,
            status: choice(&wire.status, &STATUSES, GroundStatus::as_str).at("status")?,
            points: each(wire.points, rating::Point::try_from).at("points")?,
            points_total: count(wire.points_total).at("points_total")?,
        };
        Self::new(parts).map_err(|fault| Invalid::new(fault.to_string()))
    }
}

impl<'a> From<&'a rating::Point> for Point<'a> {
    fn from(point: &'a rating::Point) -> Self {
        Self {
            record: (&point.record).into(),
            document: (&point.document).into(),
            dimension: point.dimension.as_str().into(),
            criterion: i64::from(point.criterion),
            points: i64::from(point.points),
            since: point.since.into(),
            until: point.until.into(),
            status: point.status.as_str().into(),
        }
    }
}

impl TryFrom<Point<'_>> for rating::Point {
    type Error = Invalid;

    fn try_from(wire: Point<'_>) -> Result<Self, Invalid> {
        let (since, until) = (Date::try_from(wire.since).at("since")?, Date::try_from(wire.until).at("until")?);
        if time::Interval::of_days(since, Some(until)).is_none() {
            return Err(Invalid::new("ends before it begins, or lies at the edge of the calendar").at("until"));
        }
        Ok(Self {
            record: wire.record.try_into().at("record")?,
            document: wire.document.try_into().at("document")?,
            dimension: wire.dimension.into_owned(),
            criterion: count(wire.criterion).at("criterion")?,
            points: i32::try_from(wire.points).map_err(|_| Invalid::new("is beyond 32 bits")).at("points")?,
            since,
            until,
            status: choice(&wire.status, &STATUSES, GroundStatus::as_str).at("status")?,
        })
    }
}

/// A rating in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Rating")]
pub(super) struct ProfileRating<'a> {
    rating: Cow<'a, str>,
    #[serde(default)]
    band: Option<Cow<'a, str>>,
    #[serde(default)]
    points: Option<i64>,
    #[serde(default)]
    dimensions: BTreeMap<Cow<'a, str>, i64>,
    #[serde(default)]
    held_back: bool,
}

impl<'a> ProfileRating<'a> {
    pub(super) fn new(id: &'a RatingId, rating: &'a output::ProfileRating) -> Self {
        Self {
            rating: id.as_str().into(),
            band: rating.band.as_deref().map(Cow::from),
            points: rating.points,
            dimensions: rating.dimensions.iter().map(|(id, sum)| (id.as_str().into(), *sum)).collect(),
            held_back: rating.held_back,
        }
    }

    pub(super) fn into_domain(self) -> Result<(RatingId, output::ProfileRating), Invalid> {
        let rating = output::ProfileRating {
            band: self.band.map(Cow::into_owned),
            points: self.points,
            dimensions: self.dimensions.into_iter().map(|(id, sum)| (id.into_owned(), sum)).collect(),
            held_back: self.held_back,
        };
        Ok((name(self.rating, RatingId::new).at("rating")?, rating))
    }
}
