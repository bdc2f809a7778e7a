//! Stories of the design, told to the fold: events in, answers out.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use support::{DIGEST, Shelf, story};

fn tell(text: &str) {
    assert!(story::run(text, &Shelf, DIGEST) > 0);
}

#[test]
fn the_law_of_a_record_from_notice_to_end() {
    tell(include_str!("stories/life.story"));
}

#[test]
fn procedures_annotate_suspend_lift_and_except() {
    tell(include_str!("stories/procedures.story"));
}

#[test]
fn what_must_not_be_recorded_is_refused() {
    tell(include_str!("stories/refusals.story"));
}

#[test]
fn rules_that_change_reach_every_subject() {
    tell(include_str!("stories/rules.story"));
}
