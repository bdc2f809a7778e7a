//! What one body of rules says of a measure otherwise than another, apart from what it says of records.
//!
//! A record is placed anew under other rules, and touches the measures whose grounds change. What a flag takes from its measure
//! alone (title, matters, effect, remedies, human review) changes no ground: such measures are looked at too.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalogues, Rules};
use crate::catalogue::{Catalogue, CatalogueDigest, Measure};
use crate::ids::MeasureId;

/// Measures that are worded otherwise than under other rules, by those.
#[derive(Default)]
pub(super) struct Reworded(BTreeMap<(CatalogueDigest, u32), Which>);

enum Which {
    /// The fold differs, or nobody knows the other catalogue.
    Any,
    These(BTreeSet<MeasureId>),
}

impl Reworded {
    /// Whether a flag of the measure may differ although its grounds do not.
    pub(super) fn is(
        &mut self,
        measure: &MeasureId,
        since: (&CatalogueDigest, u32),
        rules: &Rules,
        catalogues: &dyn Catalogues,
    ) -> bool {
        let (digest, fold) = since;
        let which = self.0.entry((digest.clone(), fold)).or_insert_with(|| {
            match catalogues.catalogue(digest).filter(|_| fold == rules.fold.number) {
                Some(before) => Which::These(differing(&before, &rules.catalogue)),
                None => Which::Any,
            }
        });
        match which {
            Which::Any => true,
            Which::These(measures) => measures.contains(measure),
        }
    }
}

fn differing(before: &Catalogue, after: &Catalogue) -> BTreeSet<MeasureId> {
    let ids = before.measures.keys().chain(after.measures.keys());
    ids.filter(|id| {
        let entry = |catalogue: &Catalogue| catalogue.measures.get(*id).and_then(|versions| versions.last().cloned());
        match (entry(before), entry(after)) {
            (Some(before), Some(after)) => !same_words(&before, &after),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    })
    .cloned()
    .collect()
}

/// Everything that [`super::Fold::flag`] takes from the measure's entry.
fn same_words(one: &Measure, other: &Measure) -> bool {
    one.effect == other.effect
        && one.title == other.title
        && one.matters == other.matters
        && one.remedies == other.remedies
        && one.human_review == other.human_review
}
