//! What a record means, evaluated once for everything that an event moves: grounds and cases, points of ratings, and what a correction
//! tells.

use std::collections::BTreeMap;

use super::Fold;
use super::work::Work;
use crate::catalogue::RatedKind;
use crate::evaluate::{Evaluation, evaluate};
use crate::event::RecordRef;
use crate::ids::RatingId;
use crate::rating::{Point, points};
use crate::record::Record;
use crate::rows::Store;

/// The points of one record, by rating.
pub(super) type Points = BTreeMap<RatingId, Vec<Point>>;

#[derive(Default)]
pub(super) struct Meaning {
    pub(super) evaluation: Evaluation,
    pub(super) points: Points,
}

impl<S: Store> Fold<'_, '_, S> {
    /// A record that its subject will not have recorded has neither consequences nor points (深圳条例 39); how it ended is known all the
    /// same.
    pub(super) fn meaning(&self, work: &Work, key: &RecordRef, record: &Record) -> Meaning {
        let Some(rules) = &self.rules else { return Meaning::default() };
        let kind = work.subject.kind();
        let mut evaluation = evaluate(kind, key, record, &rules.catalogue);
        if work.declines(&rules.catalogue, key) {
            evaluation.consequences.clear();
            return Meaning { evaluation, points: Points::new() };
        }
        let points = RatedKind::of(kind).map(|rated| points(rated, key, record, &evaluation, &rules.catalogue));
        Meaning { evaluation, points: points.unwrap_or_default() }
    }

    /// The same of a record as it was before an event; nothing where nobody will ask.
    pub(super) fn meant(&self, work: &Work, key: &RecordRef, record: &Record) -> Meaning {
        let Some(rules) = &self.rules else { return Meaning::default() };
        let rated = RatedKind::of(work.subject.kind());
        let counts = rated.is_some_and(|rated| rules.catalogue.ratings_of(&key.item, rated).next().is_some());
        if counts || record.was_relied_on() { self.meaning(work, key, record) } else { Meaning::default() }
    }
}
