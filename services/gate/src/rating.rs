//! A rating as an answer shows it: the criteria's place, the points by dimension, and the records that weigh most.

use domain::catalogue::Title;
use domain::flag::{GroundStatus, Served};
use domain::rating::{DimensionSum, Point, RatingGround};
use jiff::civil::Date;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct RatingShown<'a> {
    rating: &'a str,
    title: &'a Title,
    band: &'a str,
    band_title: &'a Title,
    points: i64,
    dimensions: &'a [DimensionSum],
    /// Where the criteria are published.
    published_at: &'a str,
    since: Date,
    until: Option<Date>,
    status: GroundStatus,
    notice: Option<&'a Served>,
    /// Those that weigh most; `records_total` counts all.
    records: Vec<PointShown<'a>>,
    records_total: u32,
}

/// What one record counts. Ratings are of organisations and buildings, so its number stands here.
#[derive(Debug, Serialize)]
struct PointShown<'a> {
    publisher: &'a str,
    item: &'a str,
    record_id: &'a str,
    document: &'a str,
    dimension: &'a str,
    points: i32,
    since: Date,
    until: Date,
    status: GroundStatus,
}

impl<'a> From<&'a RatingGround> for RatingShown<'a> {
    fn from(ground: &'a RatingGround) -> Self {
        let parts = ground.parts();
        Self {
            rating: parts.rating.as_str(),
            title: &parts.title,
            band: &parts.band,
            band_title: &parts.band_title,
            points: ground.total(),
            dimensions: &parts.dimensions,
            published_at: &parts.published_at,
            since: parts.since,
            until: parts.until,
            status: parts.status,
            notice: parts.served.as_ref(),
            records: parts.points.iter().map(PointShown::from).collect(),
            records_total: parts.points_total,
        }
    }
}

impl<'a> From<&'a Point> for PointShown<'a> {
    fn from(point: &'a Point) -> Self {
        Self {
            publisher: point.record.publisher.as_str(),
            item: point.record.item.as_str(),
            record_id: point.record.record_id.as_str(),
            document: &point.document.number,
            dimension: &point.dimension,
            points: point.points,
            since: point.since,
            until: point.until,
            status: point.status,
        }
    }
}
