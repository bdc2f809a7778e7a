//! What of a flag belongs into one domain.

use domain::flag::{Flag, Lift};
use domain::ids::{DomainId, MatterPattern};

/// The patterns of one domain.
pub(crate) fn patterns(matters: &[MatterPattern], domain: &DomainId) -> Vec<MatterPattern> {
    matters.iter().filter(|pattern| pattern.domain() == *domain).cloned().collect()
}

/// A flag without the matters of other domains, in force at the same instants.
pub(crate) fn flag(flag: &Flag, domain: &DomainId) -> Flag {
    let excepted = flag.excepted.iter().filter(|(matter, _)| matter.domain() == *domain);
    Flag {
        matters: patterns(&flag.matters, domain),
        excepted: excepted.map(|(matter, intervals)| (matter.clone(), intervals.clone())).collect(),
        // A ground names the permissions of its record in every domain; those of others are none of this one's business.
        grounds: flag.grounds.iter().map(|ground| ground.excepted_only(|e| e.matter.domain() == *domain)).collect(),
        ..flag.clone()
    }
}

pub(crate) fn lift(lift: &Lift, matters: Vec<MatterPattern>) -> Lift {
    Lift { matters, ..lift.clone() }
}
