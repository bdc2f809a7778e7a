//! A rating as an answer shows it: the criteria's place, the points by dimension, and the records that weigh most.

use domain::catalogue::Title;
use domain::flag::{GroundStatus, Served};
use domain::rating::{DimensionSum, Point, RatingGround};
use jiff::civil::Date;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RatingShown {
    rating: String,
    title: Title,
    band: String,
    band_title: Title,
    points: i64,
    dimensions: Vec<DimensionSum>,
    /// Where the criteria are published.
    published_at: String,
    since: Date,
    until: Option<Date>,
    status: GroundStatus,
    notice: Option<Served>,
    /// Those that weigh most; `records_total` counts all.
    records: Vec<PointShown>,
    records_total: u32,
}

/// What one record counts. Ratings are of organisations and buildings, so its number stands here.
#[derive(Clone, Debug, Serialize)]
struct PointShown {
    publisher: String,
    item: String,
    record_id: String,
    document: String,
    dimension: String,
    points: i32,
    since: Date,
    until: Date,
    status: GroundStatus,
}

impl From<&RatingGround> for RatingShown {
    fn from(ground: &RatingGround) -> Self {
        let parts = ground.parts();
        Self {
            rating: parts.rating.as_str().to_owned(),
            title: parts.title.clone(),
            band: parts.band.clone(),
            band_title: parts.band_title.clone(),
            points: ground.total(),
            dimensions: parts.dimensions.clone(),
            published_at: parts.published_at.clone(),
            since: parts.since,
            until: parts.until,
            status: parts.status,
            notice: parts.served.clone(),
            records: parts.points.iter().map(PointShown::from).collect(),
            records_total: parts.points_total,
        }
    }
}

impl From<&Point> for PointShown {
    fn from(point: &Point) -> Self {
        Self {
            publisher: point.record.publisher.as_str().to_owned(),
            item: point.record.item.as_str().to_owned(),
            record_id: point.record.record_id.as_str().to_owned(),
            document: point.document.number.clone(),
            dimension: point.dimension.clone(),
            points: point.points,
            since: point.since,
            until: point.until,
            status: point.status,
        }
    }
}
