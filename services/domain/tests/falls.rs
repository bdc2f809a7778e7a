//! What is told when a record is corrected that flags rested on: which values of which flags, whatever became of them.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use domain::event::Control;
use domain::flag::{FlagValue, Version};
use domain::ids::MeasureId;
use domain::output::Output;
use domain::time::Instant;
use proptest::prelude::*;
use support::falls::{measure, send, told, version};
use support::story::{District, noon};
use support::{DIGEST, OTHER_DIGEST, Shelf};

fn district() -> District<'static> {
    District::new(&Shelf, DIGEST, noon("2026-06-01"))
}

const LISTED: &str = "record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 \
                      subject=uscc:1 issued=2026-05-01 fields={ground: 2}";
const SERVED: &str = "notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:1 \
                      notice_id=N served_on=2026-05-09";
const WITHDRAWN: &str =
    "record.withdrawn source=district.court item=court.judgment-defaulter record=A subject=uscc:1 revision=2";

const ALL: &str = "honours-restriction=nothing procurement-ban=nothing subsidy-restriction=nothing";

#[test]
fn a_withdrawal_names_the_values_that_rested_on_the_record_and_no_others() {
    let mut district = district();
    assert!(send(&mut district, LISTED).is_empty());
    assert!(send(&mut district, SERVED).is_empty());
    let shown = version(&district, "procurement-ban");
    let decided = noon("2026-06-02");
    district.now = noon("2026-06-03");
    let falls = send(&mut district, WITHDRAWN);
    assert_eq!(told(&falls), [format!("withdrawn A {ALL}")]);
    let fall = &falls[0];
    assert!(fall.concerns(&measure("procurement-ban"), shown, decided));
    assert!(!fall.concerns(&measure("procurement-ban"), version(&district, "procurement-ban"), decided), "the lift");
    assert!(!fall.concerns(&measure("key-supervision"), shown, decided), "a measure it was no ground of");
    assert!(!fall.concerns(&measure("procurement-ban"), Version { partition: 1, ..shown }, decided));
    assert!(!fall.concerns(&measure("procurement-ban"), shown, noon("2026-05-08")), "before it was in force");
    assert!(send(&mut district, WITHDRAWN).is_empty(), "a repeat tells nothing");
}

#[test]
fn nothing_is_told_of_a_record_that_no_flag_ever_rested_on() {
    let mut district = district();
    send(&mut district, LISTED);
    assert!(send(&mut district, WITHDRAWN).is_empty(), "its notice was never served");
}

#[test]
fn a_ground_among_many_that_is_not_even_shown_counts() {
    let mut district = district();
    for n in 0..12 {
        let target = format!("item=foreign.debarment record=D{n} subject=foreign:iadb:1");
        let until = 2030 + n;
        send(
            &mut district,
            &format!(
                "record.upserted source=district.finance {target} revision=1 issued=2026-05-01 until={until}-01-01"
            ),
        );
        send(
            &mut district,
            &format!("notice.served source=district.finance {target} notice_id=N{n} served_on=2026-05-09"),
        );
    }
    let ((subject, _), (shown, flag)) = district.flags.iter().next().map(|(k, v)| (k.clone(), v.clone())).unwrap();
    let flag = flag.unwrap();
    assert_eq!(flag.grounds_total, 12);
    assert!(flag.grounds.iter().all(|ground| ground.record().record_id.as_str() != "D0"), "eight are shown");
    district.now = noon("2026-06-03");
    let falls = send(
        &mut district,
        "record.withdrawn source=district.finance item=foreign.debarment record=D0 subject=foreign:iadb:1 revision=2",
    );
    assert_eq!(told(&falls), ["withdrawn D0 lender-debarment=nothing"]);
    assert!(falls[0].concerns(&measure("lender-debarment"), shown, noon("2026-06-02")));
    let (_, flag) = &district.flags[&(subject, measure("lender-debarment"))];
    assert!(flag.is_some(), "the flag stays in force by its other grounds");
}

#[test]
fn a_record_that_ended_or_was_suspended_before_still_reaches_who_decided_on_it() {
    for before in ["expired", "suspended"] {
        let mut district = district();
        send(&mut district, LISTED);
        send(&mut district, SERVED);
        let shown = version(&district, "subsidy-restriction");
        if before == "expired" {
            district.now = noon("2030-01-01");
            let expiry = district.control(Control::TimeAdvanced);
            assert!(!expiry.outputs.iter().any(|output| matches!(output, Output::Fall(_))), "an end is no correction");
        } else {
            let opened = "review.opened source=district.court item=court.judgment-defaulter record=A subject=uscc:1 \
                          review_id=R kind=review opened_on=2026-06-01";
            assert!(send(&mut district, opened).is_empty(), "it is annotated or rests: nothing is decided yet");
        }
        let revoked = "review.closed source=district.court item=court.judgment-defaulter record=A subject=uscc:1 \
                       review_id=R outcome=revoked closed_on=2026-06-01";
        district.now = district.now.plus_days(1);
        let falls = send(&mut district, revoked);
        assert_eq!(told(&falls), [format!("revoked A {ALL}")], "{before}");
        assert!(falls[0].concerns(&measure("subsidy-restriction"), shown, noon("2026-06-01")), "{before}");
        let later = version(&district, "subsidy-restriction");
        assert!(!falls[0].concerns(&measure("subsidy-restriction"), later, noon("2026-06-01")), "{before}: the lift");
    }
}

#[test]
fn a_correction_says_what_is_left_and_an_update_that_changes_nothing_is_none() {
    let mut district = district();
    send(&mut district, LISTED);
    send(&mut district, SERVED);
    let line = |kind: &str, revision: u32, issued: &str, ground: u32| {
        format!(
            "{kind} source=district.court item=court.judgment-defaulter record=A revision={revision} subject=uscc:1 \
             issued={issued} fields={{ground: {ground}}}"
        )
    };
    assert!(send(&mut district, &line("record.upserted", 2, "2026-05-01", 3)).is_empty(), "the same ground");
    let same = "honours-restriction=same procurement-ban=same subsidy-restriction=same";
    assert_eq!(
        told(&send(&mut district, &line("record.corrected", 3, "2026-05-01", 4))),
        [format!("corrected A {same}")]
    );
    let changed = "honours-restriction=changed procurement-ban=changed subsidy-restriction=changed";
    let falls = send(&mut district, &line("record.upserted", 4, "2026-05-02", 4));
    assert_eq!(told(&falls), [format!("corrected A {changed}")]);
    assert_eq!(falls[0].document.issued_on.to_string(), "2026-05-01", "the document as it was");
}

#[test]
fn a_correction_makes_a_new_value_of_a_flag_that_says_the_same_so_that_no_clock_is_asked() {
    let mut district = district();
    send(&mut district, LISTED);
    send(&mut district, SERVED);
    let values =
        |district: &District<'_>| -> Vec<_> { district.flags.values().map(|(_, flag)| flag.clone()).collect() };
    let (shown, said) = (version(&district, "procurement-ban"), values(&district));
    district.now = noon("2026-06-03");
    let corrected = LISTED.replace("record.upserted", "record.corrected").replace("revision=1", "revision=2");
    let corrected = corrected.replace("ground: 2", "ground: 3");
    let falls = send(&mut district, &corrected);
    let anew = version(&district, "procurement-ban");
    assert!(anew > shown && values(&district) == said, "the flag says the same in a new value");
    // A gate decides on the value it holds, whatever its clock says and the log's.
    for at in ["2026-06-02", "2026-06-03", "2026-06-04"] {
        assert!(falls[0].concerns(&measure("procurement-ban"), shown, noon(at)), "{at}");
        assert!(!falls[0].concerns(&measure("procurement-ban"), anew, noon(at)), "{at}");
    }
    assert!(send(&mut district, &corrected).is_empty());
    assert_eq!(version(&district, "procurement-ban"), anew, "a repeat makes none");
}

#[test]
fn an_objection_upheld_and_a_repair_are_told_and_other_rules_are_not() {
    let mut district = district();
    send(&mut district, LISTED);
    send(&mut district, SERVED);
    district.digest = OTHER_DIGEST.to_owned();
    let swept = district.control(Control::CatalogueActivated { digest: OTHER_DIGEST.to_owned() });
    assert!(!swept.outputs.iter().any(|output| matches!(output, Output::Fall(_))));
    let target = "item=court.judgment-defaulter record=A subject=uscc:1";
    let filed = format!("objection.filed source=district.court {target} objection_id=O grounds=g filed_on=2026-06-01");
    assert!(send(&mut district, &filed).is_empty());
    let upheld = format!(
        "objection.resolved source=district.court {target} objection_id=O outcome=upheld resolved_on=2026-06-01"
    );
    // Who decided under the old rules is told as well.
    assert_eq!(told(&send(&mut district, &upheld)), [format!("delisted A {ALL}")]);

    let target = "item=fire.penalty record=P subject=uscc:2";
    send(
        &mut district,
        &format!(
            "record.upserted source=district.fire {target} revision=1 issued=2025-05-01 fields={{severity: serious}}"
        ),
    );
    send(&mut district, &format!("notice.served source=district.fire {target} notice_id=N served_on=2025-05-09"));
    let applied = format!("repair.applied source=district.credit-centre {target} repair_id=X applied_on=2026-05-01");
    assert!(send(&mut district, &applied).is_empty());
    let granted = format!("repair.granted source=district.fire {target} repair_id=X decided_on=2026-06-01");
    let expected = "repaired P honours-restriction=nothing key-supervision=nothing";
    assert_eq!(told(&send(&mut district, &granted)), [expected]);
    assert!(send(&mut district, "subject.erased source=district.market subject=uscc:2").is_empty());
}

/// A value of a flag, and which records were its grounds when: all of them, for there are fewer than are shown.
struct Value {
    measure: MeasureId,
    version: Version,
    grounds: Vec<(String, domain::time::Interval)>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against the values themselves: a fall concerns exactly those that showed its record, at the instants it was in force.
    #[test]
    fn a_fall_concerns_exactly_the_values_that_showed_its_record(
        steps in prop::collection::vec((0..8_u8, 0..4_u8, any::<u8>()), 1..40),
    ) {
        let mut district = district();
        let (mut revisions, mut values) = ([0_u32; 4], Vec::<Value>::new());
        let mut instants: Vec<Instant> = Vec::new();
        for (kind, record, pick) in steps {
            let target = format!("item=court.judgment-defaulter record=C{record} subject=uscc:1");
            let day = format!("2026-0{}-{:02}", 1 + pick % 5, 1 + pick % 27);
            let of = usize::from(record);
            let line = match kind {
                0 | 1 => {
                    revisions[of] += 1;
                    let kind = if kind == 0 { "record.upserted" } else { "record.corrected" };
                    format!("{kind} source=district.court {target} revision={} issued={day} fields={{ground: {}}}",
                        revisions[of], 1 + pick % 3)
                }
                2 | 3 => format!("notice.served source=district.court {target} notice_id=N served_on={day}"),
                4 => {
                    revisions[of] += 1;
                    format!("record.withdrawn source=district.court {target} revision={}", revisions[of])
                }
                5 => format!("review.opened source=district.court {target} review_id=R{} kind=review opened_on={day}", pick % 3),
                6 => format!("review.closed source=district.court {target} review_id=R{} outcome=upheld closed_on={day}", pick % 3),
                _ => {
                    district.now = district.now.plus_days(i64::from(pick) * 4);
                    district.control(Control::TimeAdvanced);
                    String::new()
                }
            };
            let told = district.outputs.len();
            let falls = if line.is_empty() { Vec::new() } else { send(&mut district, &line) };
            prop_assert!(falls.len() <= 1);
            let rested = values.iter().any(|value| value.grounds.iter().any(|(id, _)| *id == format!("C{record}")));
            if kind == 4 && rested && district.outputs[told..].iter().any(|output| matches!(output, Output::Flag(_))) {
                prop_assert_eq!(falls.len(), 1, "a withdrawal that takes a ground away is told");
            }
            for fall in &falls {
                for value in &values {
                    for at in &instants {
                        let showed = value.grounds.iter().any(|(id, interval)| {
                            *id == fall.record.record_id.as_str() && interval.contains(*at)
                        });
                        prop_assert_eq!(
                            fall.concerns(&value.measure, value.version, *at), showed,
                            "{} {} at {} by {:?}", value.measure, value.version, at, fall
                        );
                    }
                }
            }
            for output in &district.outputs[told..] {
                let Output::Flag(change) = output else { continue };
                let FlagValue::Set(flag) = &change.value else { continue };
                let grounds = flag.grounds.iter().map(|g| (g.record().record_id.as_str().to_owned(), g.interval()));
                let grounds: Vec<_> = grounds.collect();
                instants.extend(grounds.iter().flat_map(|(_, i)| [Some(i.start), i.end]).flatten());
                instants.push(district.now);
                values.push(Value { measure: change.measure.clone(), version: change.version, grounds });
            }
        }
    }
}
