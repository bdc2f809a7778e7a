//! What is told when a record is corrected that the flags of a rating rested on: by its points, or as the notice of a bad band.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use domain::event::Control;
use domain::flag::{FlagValue, Version};
use domain::ids::MeasureId;
use domain::output::{Happened, Output};
use domain::time::Instant;
use proptest::prelude::*;
use support::falls::{measure, send, told, version};
use support::rated::{DIGEST, OTHER_DIGEST, Shelf};
use support::story::{District, noon};

fn district() -> District<'static> {
    District::new(&Shelf, DIGEST, noon("2026-06-01"))
}

const PASSED: &str = "record.upserted source=district.market item=inspection.result record=I1 subject=uscc:1 revision=1 \
                      issued=2026-05-01 fields={result: pass}";
const WITHDRAWN: &str =
    "record.withdrawn source=district.market item=inspection.result record=I1 subject=uscc:1 revision=2";

#[test]
fn who_inspected_less_for_a_record_that_is_withdrawn_is_told() {
    let mut district = district();
    assert!(send(&mut district, PASSED).is_empty());
    let shown = version(&district, "fewer-inspections");
    district.now = noon("2026-06-03");
    let falls = send(&mut district, WITHDRAWN);
    assert_eq!(told(&falls), ["withdrawn I1 fewer-inspections=nothing more-inspections=nothing"]);
    let fewer = measure("fewer-inspections");
    assert!(falls[0].concerns(&fewer, shown, noon("2026-06-02")));
    assert!(!falls[0].concerns(&fewer, version(&district, "fewer-inspections"), noon("2026-06-02")), "the lift");
    assert!(!falls[0].concerns(&fewer, shown, noon("2026-04-30")), "before its points counted");
    assert!(!falls[0].concerns(&fewer, shown, noon("2026-11-01")), "after they had run out");
    assert!(send(&mut district, WITHDRAWN).is_empty(), "a repeat tells nothing");
}

#[test]
fn a_correction_of_a_record_that_counts_says_what_is_left_of_its_points() {
    let mut district = district();
    send(&mut district, PASSED);
    let line = |kind: &str, revision: u32, result: &str| {
        PASSED
            .replace("record.upserted", kind)
            .replace("revision=1", &format!("revision={revision}"))
            .replace("pass", result)
    };
    let shown = version(&district, "fewer-inspections");
    assert!(send(&mut district, &line("record.upserted", 2, "pass")).is_empty(), "the same points");
    assert_eq!(version(&district, "fewer-inspections"), shown);
    let falls = send(&mut district, &line("record.corrected", 3, "pass"));
    assert_eq!(told(&falls), ["corrected I1 fewer-inspections=same more-inspections=same"]);
    assert!(
        version(&district, "fewer-inspections") > shown,
        "what is decided from here on rests on a value of its own"
    );
    let falls = send(&mut district, &line("record.upserted", 4, "fail"));
    assert_eq!(told(&falls), ["corrected I1 fewer-inspections=changed more-inspections=changed"]);
}

#[test]
fn a_repair_takes_points_away_and_is_told_with_what_else_rested_on_the_record() {
    let mut district = District::new(&Shelf, DIGEST, noon("2025-06-15"));
    let penalty = "item=fire.penalty record=P subject=uscc:1";
    let issued = "issued=2025-05-20 fields={severity: serious}";
    send(&mut district, &format!("record.upserted source=district.fire {penalty} revision=1 {issued}"));
    send(&mut district, &format!("notice.served source=district.fire {penalty} notice_id=N served_on=2025-06-10"));
    let notice = "item=rating.notice record=stars/one/2025-06-10 subject=uscc:1 notice_id=M served_on=2025-06-12";
    assert!(send(&mut district, &format!("notice.served source=district.fire {notice}")).is_empty());
    let shown = version(&district, "more-inspections");
    district.now = noon("2026-06-01");
    let applied = format!("repair.applied source=district.credit-centre {penalty} repair_id=X applied_on=2026-05-25");
    assert!(send(&mut district, &applied).is_empty());
    let granted = format!("repair.granted source=district.fire {penalty} repair_id=X decided_on=2026-06-01");
    let falls = send(&mut district, &granted);
    let all = "fewer-inspections=nothing honours-restriction=nothing key-supervision=nothing more-inspections=nothing";
    assert_eq!(told(&falls), [format!("repaired P {all}")]);
    // Its points had run out after a year; who inspected more until then is told.
    assert!(falls[0].concerns(&measure("more-inspections"), shown, noon("2025-07-01")));
    assert!(!falls[0].concerns(&measure("more-inspections"), shown, noon("2026-05-31")));
}

#[test]
fn a_notice_that_is_taken_back_is_told_to_whoever_inspected_more_for_it() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-05-10"));
    let failed = "record.upserted source=district.fire item=inspection.result record=I1 subject=uscc:1 revision=1 \
                  issued=2026-05-05 fields={result: fail}";
    send(&mut district, failed);
    let notice = "item=rating.notice record=stars/two/2026-05-05 subject=uscc:1";
    send(&mut district, &format!("notice.served source=district.fire {notice} notice_id=N1 served_on=2026-05-09"));
    let shown = version(&district, "more-inspections");
    district.now = noon("2026-05-12");
    let filed = format!("objection.filed source=district.fire {notice} objection_id=O grounds=g filed_on=2026-05-11");
    assert!(send(&mut district, &filed).is_empty());
    let upheld = format!(
        "objection.resolved source=district.fire {notice} objection_id=O outcome=upheld resolved_on=2026-05-12"
    );
    let falls = send(&mut district, &upheld);
    assert_eq!(told(&falls), ["delisted stars/two/2026-05-05 more-inspections=nothing"]);
    assert_eq!(falls[0].document.number, "stars/two/2026-05-05");
    let more = measure("more-inspections");
    assert!(falls[0].concerns(&more, shown, noon("2026-05-10")));
    assert!(!falls[0].concerns(&more, shown, noon("2026-05-08")), "before it was served");
    assert!(!falls[0].concerns(&more, shown, noon("2026-08-05")), "after the bad time it was about");
    assert!(!falls[0].concerns(&more, version(&district, "more-inspections"), noon("2026-05-10")), "the lift");
}

#[test]
fn what_never_counted_tells_nothing() {
    let mut district = district();
    send(
        &mut district,
        "record.upserted source=district.fire item=fire.penalty record=P subject=uscc:1 revision=1 \
                         issued=2026-05-20 fields={severity: general}",
    );
    let withdrawn = "record.withdrawn source=district.fire item=fire.penalty record=P subject=uscc:1 revision=2";
    assert!(send(&mut district, withdrawn).is_empty(), "its notice was never served");
    send(&mut district, PASSED);
    district.digest = OTHER_DIGEST.to_owned();
    let swept = district.control(Control::CatalogueActivated { digest: OTHER_DIGEST.to_owned() });
    assert!(!swept.outputs.iter().any(|output| matches!(output, Output::Fall(_))), "other rules correct nobody");
    // Who decided under the old rules is told as well, of the measure that is no more.
    assert_eq!(
        told(&send(&mut district, WITHDRAWN)),
        ["withdrawn I1 fewer-inspections=nothing more-inspections=nothing"]
    );
}

/// A value of a flag in force when it was published, and which records counted then: all of them, for there are fewer than are shown.
struct Value {
    measure: MeasureId,
    version: Version,
    at: Instant,
    bad: bool,
    records: Vec<String>,
}

fn line(kind: u8, record: u8, pick: u8, revision: &mut u32) -> String {
    let (source, item, id, fields) = match record {
        0 => ("district.fire", "fire.penalty", "F1", ["severity: serious", "severity: general", "severity: minor"]),
        1 => ("district.fire", "inspection.result", "I1", ["result: fail", "result: pass", "result: fail"]),
        2 => ("district.market", "inspection.result", "I2", ["result: pass", "result: fail", "result: pass"]),
        _ => ("district.market", "honour.award", "H1", ["title: 甲", "title: 乙", "title: 丙"]),
    };
    let day = format!("2026-0{}-{:02}", 1 + pick % 5, 1 + pick % 27);
    let target = format!("source={source} item={item} record={id} subject=uscc:1");
    let fields = fields[usize::from(pick) % 3];
    match kind {
        0..=3 => {
            *revision += 1;
            let kind = if kind == 3 { "record.corrected" } else { "record.upserted" };
            format!("{kind} {target} revision={revision} issued={day} fields={{{fields}}}")
        }
        4 => {
            *revision += 1;
            format!("record.withdrawn {target} revision={revision}")
        }
        5 => format!("notice.served {target} notice_id=N served_on={day}"),
        6 | 7 => {
            let band = ["one", "two"][usize::from(pick) % 2];
            let notice = format!("item=rating.notice record=stars/{band}/{day} subject=uscc:1");
            match kind {
                6 => format!("notice.served source=district.fire {notice} notice_id=M served_on={day}"),
                _ => format!(
                    "objection.resolved source=district.fire {notice} objection_id=O outcome=upheld resolved_on={day}"
                ),
            }
        }
        _ => format!(
            "review.closed {target} review_id=R{} outcome={} closed_on={day}",
            pick % 3,
            ["upheld", "upheld", "revoked"][usize::from(pick) % 3]
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Against the values themselves: a fall concerns exactly those in which its record counted. A notice that is taken back concerns
    /// values of bad bands alone.
    #[test]
    fn a_fall_concerns_exactly_the_ratings_that_counted_its_record(
        steps in prop::collection::vec((0..11_u8, 0..4_u8, any::<u8>()), 1..40),
    ) {
        let mut district = district();
        let (mut revisions, mut values) = ([0_u32; 4], Vec::<Value>::new());
        for (kind, record, pick) in steps {
            let before = district.outputs.len();
            let falls = match kind {
                9 => {
                    district.now = district.now.plus_days(i64::from(pick) / 2);
                    district.control(Control::TimeAdvanced);
                    Vec::new()
                }
                10 => {
                    let digest = [DIGEST, OTHER_DIGEST][usize::from(pick) % 2];
                    district.digest = digest.to_owned();
                    district.control(Control::CatalogueActivated { digest: digest.to_owned() });
                    Vec::new()
                }
                _ => send(&mut district, &line(kind, record, pick, &mut revisions[usize::from(record)])),
            };
            prop_assert!(falls.len() <= 1);
            let id = ["F1", "I1", "I2", "H1"][usize::from(record)];
            let counted = values.iter().any(|value| value.records.iter().any(|counted| counted == id));
            let changed = district.outputs[before..].iter().any(|output| matches!(output, Output::Flag(_)));
            if kind == 4 && counted && changed {
                prop_assert_eq!(falls.len(), 1, "a withdrawal that takes points away is told");
            }
            for fall in &falls {
                for value in &values {
                    let concerned = fall.concerns(&value.measure, value.version, value.at);
                    if fall.record.item.as_str() == "rating.notice" {
                        prop_assert_eq!(fall.happened, Happened::Delisted);
                        prop_assert!(!concerned || value.bad);
                        continue;
                    }
                    let counted = value.records.iter().any(|id| *id == fall.record.record_id.as_str());
                    prop_assert_eq!(concerned, counted, "{} {} by {:?}", value.measure, value.version, fall);
                }
            }
            for output in &district.outputs[before..] {
                let Output::Flag(change) = output else { continue };
                let FlagValue::Set(flag) = &change.value else { continue };
                let Some(rating) = &flag.rating else { continue };
                if flag.intervals.contains(district.now) {
                    let records = rating.parts().points.iter().map(|point| point.record.record_id.to_string());
                    values.push(Value {
                        measure: change.measure.clone(),
                        version: change.version,
                        at: district.now,
                        bad: rating.parts().bad,
                        records: records.collect(),
                    });
                }
            }
        }
    }
}
