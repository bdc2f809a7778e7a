//! What of a flag belongs into one domain.

use domain::flag::{Flag, Ground, Lift};
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
        grounds: flag.grounds.iter().map(|shown| ground(shown, domain)).collect(),
        ..flag.clone()
    }
}

pub(crate) fn lift(lift: &Lift, matters: Vec<MatterPattern>) -> Lift {
    Lift { matters, ..lift.clone() }
}

/// A ground names the permissions of its record in every domain; those of others are none of this one's business.
fn ground(ground: &Ground, domain: &DomainId) -> Ground {
    let exceptions: Vec<_> = ground.exceptions().iter().filter(|e| e.matter.domain() == *domain).collect();
    if exceptions.len() == ground.exceptions().len() {
        return ground.clone();
    }
    let mut tree = serde_json::to_value(ground).expect("a ground has only names for keys");
    tree["exceptions"] = serde_json::to_value(exceptions).expect("exceptions have only names for keys");
    serde_json::from_value(tree).expect("a ground that was written is read back")
}
