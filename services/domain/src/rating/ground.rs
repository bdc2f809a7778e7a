//! A rating as the reason for a flag: what a [`Ground`](crate::flag::Ground) is to a measure.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Point;
use crate::catalogue::{Article, Title};
use crate::flag::{GroundStatus, Served};
use crate::ids::RatingId;

/// The points of one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimensionSum {
    pub id: String,
    pub title: Title,
    pub points: i64,
}

/// What a rating's ground is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingParts {
    pub rating: RatingId,
    pub title: Title,
    pub band: String,
    pub band_title: Title,
    /// Its subject had to be told before (深圳条例 39).
    pub bad: bool,
    pub dimensions: Vec<DimensionSum>,
    /// Where the criteria are published (深圳条例 29).
    pub published_at: String,
    pub basis: Vec<Article>,
    /// First and last day.
    pub since: Date,
    pub until: Option<Date>,
    pub served: Option<Served>,
    pub status: GroundStatus,
    /// At most [`GROUNDS_SHOWN_MAX`](crate::flag::GROUNDS_SHOWN_MAX), those that weigh most first.
    pub points: Vec<Point>,
    pub points_total: u32,
}

/// Why a rating gives no ground for a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRatingGround {
    #[error("the rating names no article of law")]
    NoBasis,
    #[error("the rating does not say where its criteria are published")]
    NoCriteria,
    #[error("no point is shown")]
    NoPoints,
    #[error("the subject was not told of a bad rating")]
    NoNotice,
}

/// Why a rating has a flag: the published criteria, the law, the points and the records they come from. It is no
/// [`Ground`](crate::flag::Ground), and a restriction takes nothing else (R1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingGround(RatingParts);

impl RatingGround {
    pub fn new(parts: RatingParts) -> Result<Self, NoRatingGround> {
        if parts.basis.is_empty() {
            return Err(NoRatingGround::NoBasis);
        }
        if parts.published_at.trim().is_empty() {
            return Err(NoRatingGround::NoCriteria);
        }
        if parts.points.is_empty() {
            return Err(NoRatingGround::NoPoints);
        }
        if parts.bad && parts.served.is_none() {
            return Err(NoRatingGround::NoNotice);
        }
        Ok(Self(parts))
    }

    pub fn parts(&self) -> &RatingParts {
        &self.0
    }

    pub fn total(&self) -> i64 {
        self.0.dimensions.iter().map(|dimension| dimension.points).sum()
    }
}
