//! Words that have no place in a rule book.
//!
//! Most of what the red lines forbid cannot be written: the types have no key for it. But "unknown key" is a poor answer to somebody who
//! tries, and an invitation to add the key. So the keys such rules have in other systems are named here, with the reason.

use domain::subject::SubjectKind;

use super::Report;
use crate::draft::{Draft, Origin, Section};
use crate::finding::Finding;
use crate::yaml::Node;

struct Rule {
    code: &'static str,
    /// The sections it holds in.
    sections: &'static [Section],
    keys: &'static [&'static str],
    message: &'static str,
    help: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        code: "rule.counting",
        sections: &[Section::Items, Section::Measures, Section::Lists],
        keys: &[
            "count",
            "counts",
            "counting",
            "count_of",
            "times",
            "occurrences",
            "at_least",
            "more_than",
            "repeat",
            "repeated",
            "repeats",
            "accumulate",
            "accumulated",
            "accumulates",
            "cumulative",
            "escalate",
            "escalates",
            "escalation",
            "threshold",
            "sum",
            "total",
            "within_days",
            "frequency",
            "upgrade",
            "upgrade_to",
        ],
        message: "a rule that counts records cannot be written",
        help: "each measure follows from one effective document; several minor records are not a graver one (R4; 国办发〔2020〕49号: \
               no measure beyond the list, none aggravated). If the law has a graver decision, record that decision as its own item",
    },
    Rule {
        code: "rule.scoring",
        sections: &[Section::Items, Section::Measures, Section::Lists, Section::Consumers],
        keys: &[
            "score",
            "scores",
            "scoring",
            "points",
            "weight",
            "weights",
            "rank",
            "ranking",
            "grade",
            "credit_score",
        ],
        message: "a score cannot be written here",
        help: "people are never scored, and measures follow from documents; points exist in `ratings` of organisations and \
               buildings only (R5)",
    },
    Rule {
        code: "rule.spreading",
        sections: &[Section::Items, Section::Measures, Section::Lists, Section::Ratings],
        keys: &[
            "spread",
            "spreads",
            "spread_to",
            "spreads_to",
            "spreading",
            "extend_to",
            "extends_to",
            "applies_to_relatives",
            "relatives",
            "family",
            "spouse",
            "children",
            "legal_representative",
            "legal_representatives",
            "shareholders",
            "controllers",
            "actual_controller",
            "directors",
            "persons_in_charge",
            "affiliates",
            "related",
            "related_subjects",
            "associates",
            "guarantors",
        ],
        message: "a measure that spreads to others cannot be written",
        help: "nothing passes from a firm to a person, or to relatives: who is to be restricted needs a document of their own \
               (R7; 法发〔2019〕35号)",
    },
    Rule {
        code: "rule.name-matching",
        sections: &[Section::Items, Section::Measures, Section::Lists, Section::Ratings, Section::Registries],
        keys: &[
            "match",
            "match_by",
            "match_on",
            "match_name",
            "matching",
            "name_match",
            "name_matching",
            "by_name",
            "link_by",
            "fuzzy",
            "similarity",
            "alias",
            "aliases",
        ],
        message: "matching by anything but the identifier cannot be written",
        help: "records belong to a subject by its exact identifier alone, never by a name (R8; 深圳条例 24)",
    },
];

/// Looks at every entry, readable or not. A key named here is not called unknown as well.
pub(super) fn check(draft: &Draft, report: &mut Report) {
    let mut found: Vec<Finding> = Vec::new();
    for origin in &draft.origins {
        for rule in RULES.iter().filter(|rule| rule.sections.contains(&origin.section)) {
            origin.node.walk_keys(&mut |key, _| {
                let name = key.text.to_ascii_lowercase().replace('-', "_");
                if rule.keys.contains(&name.as_str()) {
                    let message = format!("{}: `{}`", rule.message, key.text);
                    found.push(Finding::error(&origin.file, key.place, rule.code, message, rule.help));
                }
            });
        }
        if origin.section == Section::Ratings {
            rated_people(origin, &mut found);
        }
    }
    report.replace(found);
}

fn rated_people(origin: &Origin, found: &mut Vec<Finding>) {
    let rates = origin.node.get("rates");
    let person = |node: &&Node| node.text() == Some(SubjectKind::Person.as_str());
    let listed = rates.and_then(Node::as_list).unwrap_or_default().iter().find(person);
    if let Some(node) = listed.or_else(|| rates.filter(|node| person(node))) {
        found.push(Finding::error(
            &origin.file,
            node.place,
            "rating.person",
            "people are never rated",
            "take `person` out: ratings exist for organisations and buildings only (R5)",
        ));
    }
}
