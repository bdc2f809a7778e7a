//! Stories of the design, told to the fold: events in, answers out.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use std::fmt::Write;

use domain::record::REFUSED_MAX;
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

#[test]
fn when_a_record_has_had_too_many_refused_corrections_the_objection_stays_open() {
    let sent = |kind: &str, revision: usize, severity: &str| {
        format!(
            "{kind} source=district.fire item=fire.penalty record=P1 revision={revision} subject=uscc:1 issued=2026-05-08 \
             fields={{severity: {severity}}}"
        )
    };
    let about = "source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1";
    let mut told = format!(
        "story refused too often\nnow 2026-05-11\nevent {}\nevent objection.filed {about} grounds=g filed_on=2026-05-11\n\
         event objection.resolved {about} outcome=partly resolved_on=2026-05-12\n",
        sent("record.upserted", 1, "serious")
    );
    for revision in 2..REFUSED_MAX + 2 {
        writeln!(told, "event {}", sent("record.upserted", revision, "general")).unwrap();
        writeln!(told, "refuse revision.conflict event {}", sent("record.corrected", revision, "minor")).unwrap();
    }
    // One that was never sent, older than the content: taken otherwise.
    writeln!(told, "event {}", sent("record.upserted", 1_000, "general")).unwrap();
    writeln!(told, "refuse revision.conflict event {}", sent("record.corrected", 999, "minor")).unwrap();
    writeln!(told, "case objection_decision O1 due=2026-05-13").unwrap();
    writeln!(told, "event {}", sent("record.corrected", 1_001, "minor")).unwrap();
    writeln!(told, "no-case objection_decision O1").unwrap();
    tell(&told);
}
