//! The audit against registers that are as they should be, and against every way in which one may not be.
//!
//! The sound registers are made by the real services on the embedded log. What is unsound is made of their records: one is
//! left out, doubled, exchanged or falsified, and exactly the code of that fault must come of it.

mod district;
mod faults;
mod places;
mod sound;
#[path = "../../../../domain/tests/support/store.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used)]
mod store;
#[path = "../../../../domain/tests/support/story.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::wildcard_enum_match_arm)]
pub(crate) mod story;

use std::collections::BTreeSet;

use super::finding::Code;

/// The audit has rows of its own, written again on purpose: when a row's form changes, both have to be given the next number.
#[test]
fn the_audit_reads_rows_of_the_version_that_is_written() {
    assert_eq!(super::store::ROW_VERSION, profile::ROW_VERSION);
}

#[test]
fn every_code_is_unique_and_explained() {
    let page = include_str!("../../../../../docs/audit.md");
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "a code is used twice");
    let explained: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(explained.len(), rows.len(), "docs/audit.md explains a code twice");
    assert_eq!(explained, codes, "docs/audit.md explains the codes of the audit");
}
