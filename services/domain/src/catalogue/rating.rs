//! Ratings: points for what organisations and buildings have done, by published criteria, and how closely one inspects them for it.
//!
//! People are not rated: there is no [`RatedKind`] for them (R5). A rating restricts nothing: there is no [`Intensity`] for it (R1).
//! It is the one place where records are added up (深圳条例 55, 56); no measure looks at a sum (R4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Article, Effect, Predicate, Remedies, Title};
use crate::ids::{DepartmentId, ItemId, MatterPattern, MeasureId, RatingId};
use crate::subject::SubjectKind;
use crate::time::Term;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    pub id: RatingId,
    pub title: Title,
    pub rates: BTreeSet<RatedKind>,
    pub basis: Vec<Article>,
    /// Who rates, and announces a bad band.
    pub unit: DepartmentId,
    /// Where the criteria are published (深圳条例 29).
    pub published_at: String,
    pub dimensions: Vec<Dimension>,
    pub bands: Vec<Band>,
    /// Only supervision may follow.
    pub matters: Vec<MatterPattern>,
    /// What follows from its bands.
    #[serde(default)]
    pub measures: Vec<RatingMeasure>,
    /// The item that records the notice of a bad band (深圳条例 39). Required where a band is bad.
    #[serde(default)]
    pub notice: Option<ItemId>,
    /// How to contest a rating (深圳条例 52) and how to better it.
    pub remedies: Remedies,
    pub verified: bool,
}

/// The one domain whose matters a rating may steer.
const INSPECTION: &str = "inspection";

impl Rating {
    /// Whether a rating may bear on these matters: how closely one inspects, and nothing else (R5). A pattern names one domain, so its
    /// first part decides.
    pub fn may_steer(pattern: &MatterPattern) -> bool {
        pattern.domain().as_str() == INSPECTION
    }

    /// The bands, the worst first.
    pub fn scale(&self) -> Vec<&Band> {
        let mut bands: Vec<&Band> = self.bands.iter().collect();
        bands.sort_by_key(|band| band.from_points);
        bands
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatedKind {
    Organisation,
    Building,
}

impl RatedKind {
    /// `None` for people.
    pub fn of(kind: SubjectKind) -> Option<Self> {
        match kind {
            SubjectKind::Person => None,
            SubjectKind::Organisation => Some(Self::Organisation),
            SubjectKind::Building => Some(Self::Building),
        }
    }

    pub fn subject_kind(self) -> SubjectKind {
        match self {
            Self::Organisation => SubjectKind::Organisation,
            Self::Building => SubjectKind::Building,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    pub id: String,
    pub title: Title,
    pub criteria: Vec<Criterion>,
}

/// What a record of an item counts, and for how long from its document's date; never longer than the record's own term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub item: ItemId,
    #[serde(default)]
    pub when: Option<Predicate>,
    pub points: i32,
    pub term: Term,
}

/// Holds from `from_points` up to the next band; the lowest also holds below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: String,
    pub title: Title,
    pub from_points: i32,
    /// Not published before its subject was told (深圳条例 39).
    #[serde(default)]
    pub bad: bool,
}

/// 高信用少查，低信用多查 (深圳条例 56): published as a flag of its own under `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingMeasure {
    pub id: MeasureId,
    pub title: Title,
    pub effect: Intensity,
    pub bands: BTreeSet<String>,
    pub basis: Vec<Article>,
}

/// What may follow from a rating: inspections more often, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intensity {
    Supervise,
    Facilitate,
}

impl From<Intensity> for Effect {
    fn from(intensity: Intensity) -> Self {
        match intensity {
            Intensity::Supervise => Self::Supervise,
            Intensity::Facilitate => Self::Facilitate,
        }
    }
}
