//! A flag as it is kept in memory: what all flags of one measure share is stored once.
//!
//! In a district some hundred thousand flags stand at a time, and their titles, matters, remedies and catalogue are the same few
//! dozen values over and over.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::{CatalogueDigest, Effect, HumanReview, Remedies, Title};
use domain::flag::{Flag, FlagRef, Ground};
use domain::ids::{MatterId, MatterPattern, MeasureId};
use domain::rating::RatingGround;
use domain::time::Intervals;

/// What flags of one measure have in common under one catalogue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) measure: Arc<MeasureId>,
    pub(crate) effect: Effect,
    pub(crate) title: Title,
    pub(crate) matters: Vec<MatterPattern>,
    remedies: Remedies,
    human_review: Option<HumanReview>,
    pub(crate) catalogue: CatalogueDigest,
}

impl Common {
    pub(crate) fn concerns(&self, matter: &MatterId) -> bool {
        self.matters.iter().any(|pattern| pattern.matches(matter))
    }
}

/// One flag.
#[derive(Debug)]
pub(crate) struct HeldFlag {
    pub(crate) common: Arc<Common>,
    intervals: Intervals,
    excepted: BTreeMap<MatterId, Intervals>,
    grounds: Box<[Ground]>,
    grounds_total: u32,
    rating: Option<Box<RatingGround>>,
}

impl HeldFlag {
    /// The flag, for the domain to decide by.
    pub(crate) fn by_ref(&self) -> FlagRef<'_> {
        let Self { common, intervals, excepted, grounds, grounds_total, rating } = self;
        FlagRef {
            effect: common.effect,
            title: &common.title,
            matters: &common.matters,
            intervals,
            excepted,
            grounds,
            grounds_total: *grounds_total,
            rating: rating.as_deref(),
            remedies: &common.remedies,
            human_review: common.human_review.as_ref(),
        }
    }
}

/// Finds what is held already. Belongs to the one thread that fills the view.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Few per measure: one for each catalogue whose flags still stand.
    commons: BTreeMap<Arc<MeasureId>, Vec<Arc<Common>>>,
}

impl Shared {
    pub(crate) fn measure(&mut self, measure: MeasureId) -> Arc<MeasureId> {
        match self.commons.get_key_value(&measure) {
            Some((known, _)) => Arc::clone(known),
            None => {
                let measure = Arc::new(measure);
                self.commons.insert(Arc::clone(&measure), Vec::new());
                measure
            }
        }
    }

    pub(crate) fn hold(&mut self, measure: &Arc<MeasureId>, flag: Flag) -> HeldFlag {
        let Flag {
            effect,
            title,
            matters,
            intervals,
            excepted,
            grounds,
            grounds_total,
            rating,
            remedies,
            human_review,
            catalogue,
        } = flag;
        let measure = Arc::clone(measure);
        let common = self.common(Common { measure, effect, title, matters, remedies, human_review, catalogue });
        HeldFlag { common, intervals, excepted, grounds: grounds.into_boxed_slice(), grounds_total, rating }
    }

    fn common(&mut self, common: Common) -> Arc<Common> {
        let known = self.commons.entry(Arc::clone(&common.measure)).or_default();
        if let Some(held) = known.iter().find(|held| ***held == common) {
            return Arc::clone(held);
        }
        known.retain(|held| Arc::strong_count(held) > 1);
        let common = Arc::new(common);
        known.push(Arc::clone(&common));
        common
    }
}
