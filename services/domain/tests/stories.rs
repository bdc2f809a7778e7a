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
fn offices_have_their_time_in_working_days_and_are_overdue_after_it() {
    tell(include_str!("stories/deadlines.story"));
}

#[test]
fn honours_may_be_declined_and_nothing_else() {
    tell(include_str!("stories/opt-out.story"));
}

#[test]
fn what_must_not_be_recorded_is_refused() {
    tell(include_str!("stories/refusals.story"));
}

#[test]
fn rules_that_change_reach_every_subject() {
    tell(include_str!("stories/rules.story"));
}
