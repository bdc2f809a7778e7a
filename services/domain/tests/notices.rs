//! What a notice says, from the record and the catalogue.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use domain::flag::End;
use domain::output::{Notice, NoticeStatus, Output};
use jiff::civil::date;
use support::story::{District, event, noon, words};
use support::{DIGEST, Shelf};

/// The notice that a line told of.
fn told(district: &mut District<'_>, line: &str) -> Option<Notice> {
    let applied = district.send(&event(&words(line))).unwrap();
    applied.outputs.into_iter().find_map(|output| match output {
        Output::Notice(change) => Some(change.notice),
        _ => None,
    })
}

/// A line that records a fire penalty, by its item, record and subject.
fn penalty(target: &str, revision: u32, fields: &str) -> String {
    format!("record.upserted source=district.fire {target} revision={revision} issued=2026-05-08 fields={{{fields}}}")
}

#[test]
fn a_notice_says_facts_basis_conditions_and_remedies_by_the_rules_of_its_documents_date() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
    let target = "item=fire.penalty record=P subject=uscc:1";
    let recorded = penalty(target, 1, "severity: serious, fine_cny: \"20000.00\"");
    let notice = told(&mut district, &recorded).unwrap();
    assert_eq!(notice.status, NoticeStatus::ToServe);
    let letter = notice.letter.unwrap();
    let facts: Vec<String> = letter.facts.iter().map(|fact| format!("{}={}", fact.name, fact.value)).collect();
    assert_eq!(facts, ["fine_cny=20000.00", "severity=serious"]);
    assert_eq!(letter.repairable_from, Some(date(2027, 5, 8)), "the minimum of a serious penalty");
    assert_eq!(letter.end, Some(End::On(date(2029, 5, 7))), "the maximum");
    assert_eq!(letter.decides.as_str(), "district.fire", "who decided on it decides on its repair");
    assert_eq!(letter.receives.iter().map(|unit| unit.as_str()).collect::<Vec<_>>(), ["district.credit-centre"]);
    let recourses: Vec<String> =
        letter.recourses.iter().map(|r| format!("{} {}", r.route.as_str(), r.within.unwrap())).collect();
    assert_eq!(recourses, ["review P60D"], "neither what is not in force any more, nor the court's");
    assert!(!letter.basis.is_empty() && !notice.measures.is_empty());
    assert!(notice.measures.iter().all(|measure| measure.effect.is_some() && !measure.basis.is_empty()));

    let served = format!("notice.served source=district.fire {target} notice_id=N served_on=2026-05-20");
    let notice = told(&mut district, &served).unwrap();
    assert!(matches!(notice.status, NoticeStatus::Served(_)) && notice.letter.is_some());
}

#[test]
fn a_list_without_a_term_names_the_condition_and_nothing_is_said_of_what_is_not_to_be_served() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
    let target = "item=court.judgment-defaulter record=A subject=cn-id:1";
    let recorded =
        format!("record.upserted source=district.court {target} revision=1 issued=2026-05-08 fields={{ground: 1}}");
    let letter = told(&mut district, &recorded).unwrap().letter.unwrap();
    assert!(matches!(letter.end, Some(End::Condition { .. })));
    let to: Vec<&str> = letter.recourses.iter().map(|recourse| recourse.to.zh.as_str()).collect();
    assert_eq!((to, letter.recourses[0].within), (vec!["虚构法院"], None));

    let withdrawn =
        told(&mut district, &format!("record.withdrawn source=district.court {target} revision=2")).unwrap();
    assert_eq!((withdrawn.status, withdrawn.letter), (NoticeStatus::Void, None));
}

#[test]
fn an_adverse_decision_is_to_be_served_though_no_measure_waits_for_it() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-09-05"));
    let target = "item=fire.penalty record=P subject=uscc:1";
    let notice = told(&mut district, &penalty(target, 1, "severity: general")).unwrap();
    assert_eq!(
        (notice.status, notice.measures.len()),
        (NoticeStatus::ToServe, 0),
        "a general penalty restricts nobody"
    );
    assert!(notice.letter.unwrap().repairable_from.is_some(), "the repair notice is in the same envelope");
    let granted = format!("repair.granted source=district.fire {target} repair_id=R decided_on=2026-09-02");
    let applied = format!("repair.applied source=district.fire {target} repair_id=R applied_on=2026-09-01");
    assert_eq!(told(&mut district, &applied), None);
    assert_eq!(told(&mut district, &granted).unwrap().status, NoticeStatus::Void, "it was repaired before");

    let other = "item=fire.penalty record=Q subject=uscc:1";
    told(&mut district, &penalty(other, 1, "severity: general")).unwrap();
    let served = format!("notice.served source=district.fire {other} notice_id=N served_on=2026-05-20");
    assert!(matches!(told(&mut district, &served).unwrap().status, NoticeStatus::Served(_)));
    let withdrawn = format!("record.withdrawn source=district.fire {other} revision=2");
    assert_eq!(told(&mut district, &withdrawn), None, "what was served is not served again");
}

#[test]
fn a_notice_that_was_not_served_is_told_again_when_its_facts_change_and_not_when_nothing_does() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
    let target = "item=fire.penalty record=P subject=uscc:1";
    let fined = |revision, fine| penalty(target, revision, &format!("severity: serious, fine_cny: \"{fine}\""));
    told(&mut district, &fined(1, "20000.00")).unwrap();
    assert_eq!(told(&mut district, &fined(2, "20000.00")), None, "it says what was told");
    let notice = told(&mut district, &fined(3, "15000.00")).unwrap();
    let facts: Vec<String> = notice.letter.unwrap().facts.iter().map(|fact| fact.value.clone()).collect();
    assert_eq!((notice.status, facts[0].as_str()), (NoticeStatus::ToServe, "15000.00"));
    let objection = format!(
        "objection.filed source=district.credit-centre {target} objection_id=O grounds=\"g\" filed_on=2026-06-01"
    );
    assert_eq!(told(&mut district, &objection), None, "an objection changes nothing of it");
}
