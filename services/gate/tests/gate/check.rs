//! What a check says.

use axum::http::StatusCode;
use domain::flag::{End, FlagValue, GroundStatus, Lift, LiftReason, Version};
use domain::subject::{SubjectKind, fictitious};
use serde_json::{Value, json};

use crate::bench::{Bench, question};
use crate::grounds::{because, day, flag, permission};

const SUBSIDY: &str = "subsidy.technology-innovation";
const FOOD: &str = "licence.food-operation";

fn firm() -> String {
    fictitious::uscc(1)
}

fn lift(bench: &Bench, measure: &str) -> FlagValue {
    let measure = crate::grounds::measure(&bench.world.catalogue, measure);
    FlagValue::Lifted(Lift {
        ended_at: bench.world.now(),
        reason: LiftReason::Removed,
        effect: measure.effect,
        matters: measure.matters.clone(),
    })
}

#[tokio::test]
async fn a_subject_without_a_flag_is_clear() {
    let bench = Bench::start().await;
    let answer = bench.check(SUBSIDY, "uscc", &firm()).await;
    assert_eq!(answer["decision"], "clear");
    assert_eq!((&answer["flags"], &answer["exceptions"]), (&json!([]), &json!([])));
    assert_eq!((&answer["human_review"], answer.get("reason")), (&json!(false), None));
    assert_eq!(answer["catalogue"], "digest");
    assert!(answer["staleness_ms"].as_i64().unwrap() < 10_000);
    bench.stop().await;
}

#[tokio::test]
async fn a_restriction_says_why_until_when_and_how_to_contest_it() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let version = bench.world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let answer = bench.check(SUBSIDY, "uscc", &firm()).await;
    assert_eq!(answer["decision"], "restricted");
    let flag = &answer["flags"][0];
    assert_eq!((&flag["measure"], &flag["effect"]), (&json!("subsidy-restriction"), &json!("restrict")));
    assert!(flag["title"]["zh"].is_string() && flag["title"]["en"].is_string());
    assert_eq!(flag["status"], "in_force");
    let document = json!({"number": "虚构决〔2026〕1号", "issuer": "district.court", "issued_on": "2026-05-08"});
    assert_eq!(flag["document"], document);
    assert!(!flag["basis"].as_array().unwrap().is_empty() && flag["basis"][0]["article"].is_string());
    assert_eq!((&flag["since"], &flag["until"]), (&json!("2026-05-08"), &json!("2028-05-07")));
    assert_eq!(flag["notice"], json!({"notice_id": "虚构送达1", "served_on": "2026-05-08"}));
    assert!(flag["remedies"]["object"].is_string() && flag["remedies"]["repair"].is_string());
    assert_eq!((&flag["grounds_total"], &flag["version"]), (&json!(1), &json!(version.to_string())));
    let ground = &flag["grounds"][0];
    assert_eq!(ground["record"]["publisher"], "district.court");
    assert_eq!(ground["record"]["record_id"], "虚构决〔2026〕1号");
    assert_eq!((&ground["document"], &ground["status"]), (&document, &json!("in_force")));
    assert_eq!(answer["human_review"], false, "a firm is no person");
    assert_eq!(bench.check("procurement.bid", "uscc", &firm()).await["decision"], "clear", "another matter");
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(2)).await["decision"], "clear", "another firm");
    bench.stop().await;
}

#[tokio::test]
async fn restricted_wins_over_supervised_wins_over_facilitated_and_all_are_listed() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let mut flags = Vec::new();
    for (measure, decision) in
        [("licence-fast-lane", "facilitated"), ("key-supervision", "supervised"), ("subsidy-restriction", "restricted")]
    {
        let mut value = flag(
            &bench.world.catalogue,
            measure,
            SubjectKind::Organisation,
            &[because(measure, "2026-05-08", "2028-05-07")],
        );
        value.matters = vec![domain::ids::MatterPattern::new("licence.*").unwrap()];
        bench.world.publish(&subject, measure, FlagValue::Set(value));
        flags.insert(0, measure);
        let answer = bench.check(FOOD, "uscc", &firm()).await;
        assert_eq!(answer["decision"], decision);
        let listed: Vec<&str> =
            answer["flags"].as_array().unwrap().iter().map(|flag| flag["measure"].as_str().unwrap()).collect();
        assert_eq!(listed, flags, "those that restrict first");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_flag_is_in_force_when_the_present_lies_in_its_intervals_and_no_timer_is_needed() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    bench.world.set(&subject, "subsidy-restriction", &[because("1", "2026-06-02", "2026-06-03")]);
    let decided = async || bench.check(SUBSIDY, "uscc", &firm()).await["decision"].clone();
    assert_eq!(decided().await, "clear", "tomorrow is not today");
    for (at, expected) in [("2026-06-02", "restricted"), ("2026-06-03", "restricted"), ("2026-06-04", "clear")] {
        bench.world.advance_to(day(at));
        assert_eq!(decided().await, expected, "{at}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn an_end_on_a_condition_names_its_law_and_no_day() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let mut open = because("1", "2026-05-08", "2026-05-08");
    let law = crate::grounds::measure(&bench.world.catalogue, "subsidy-restriction").basis[0].clone();
    open.end = End::Condition { text: "履行完毕".to_owned(), law };
    open.status = GroundStatus::Objection;
    bench.world.set(&subject, "subsidy-restriction", &[open]);
    let answer = bench.check(SUBSIDY, "uscc", &firm()).await;
    let flag = &answer["flags"][0];
    assert_eq!((&flag["until"], &flag["status"]), (&Value::Null, &json!("objection")));
    assert_eq!(flag["until_condition"]["text"], "履行完毕");
    assert!(flag["until_condition"]["law"]["article"].is_string());
    assert_eq!(flag["grounds"][0]["until_condition"], flag["until_condition"]);
    bench.stop().await;
}

#[tokio::test]
async fn a_permission_excepts_and_shows_only_in_its_matter_and_days() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let mut excepted = because("1", "2026-05-08", "2028-05-07");
    excepted.exceptions = vec![permission("虚构许可1", SUBSIDY, "2026-05-20", "2026-06-02")];
    bench.world.set(&subject, "subsidy-restriction", &[excepted]);
    let answer = bench.check(SUBSIDY, "uscc", &firm()).await;
    assert_eq!((&answer["decision"], &answer["flags"]), (&json!("clear"), &json!([])));
    let exception = json!({"permission_id": "虚构许可1", "by": "district.finance", "until": "2026-06-02"});
    assert_eq!(answer["exceptions"], json!([exception]));
    let elsewhere = bench.check("subsidy.research-project", "uscc", &firm()).await;
    assert_eq!((&elsewhere["decision"], &elsewhere["exceptions"]), (&json!("restricted"), &json!([])));
    bench.world.advance_to(day("2026-06-03"));
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "restricted");
    bench.stop().await;
}

#[tokio::test]
async fn of_several_grounds_the_first_in_force_is_shown_on_top() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let grounds = [because("2", "2026-05-08", "2028-05-07"), because("1", "2026-05-01", "2027-05-07")];
    bench.world.set(&subject, "subsidy-restriction", &grounds);
    let answer = bench.check(SUBSIDY, "uscc", &firm()).await;
    let flag = &answer["flags"][0];
    assert_eq!(flag["document"]["number"], "虚构决〔2026〕2号");
    assert_eq!((&flag["since"], &flag["until"]), (&json!("2026-05-01"), &json!("2028-05-07")), "of the union");
    assert_eq!((flag["grounds"].as_array().unwrap().len(), &flag["grounds_total"]), (2, &json!(2)));
    bench.stop().await;
}

#[tokio::test]
async fn a_person_restricted_or_supervised_has_a_way_to_a_human_and_no_record_number() {
    let bench = Bench::start().await;
    let id = fictitious::adult(1);
    let subject = bench.world.subject("cn-id", &id);
    bench.world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let answer = bench.check(SUBSIDY, "cn-id", &id).await;
    assert_eq!((&answer["decision"], &answer["human_review"]), (&json!("restricted"), &json!(true)));
    assert!(answer["human_review_route"]["route"].is_string());
    assert_eq!(answer["flags"][0]["grounds"][0]["record"].get("record_id"), None);
    assert!(!answer.to_string().contains(&id), "an identifier comes back in no answer");
    let clear = bench.check("procurement.bid", "cn-id", &id).await;
    assert_eq!((&clear["decision"], &clear["human_review"]), (&json!("clear"), &json!(false)));
    bench.stop().await;
}

#[tokio::test]
async fn a_lift_clears_and_an_older_version_does_not_come_back() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let set = flag(
        &bench.world.catalogue,
        "subsidy-restriction",
        subject.kind(),
        &[because("1", "2026-05-08", "2028-05-07")],
    );
    let first = bench.world.publish(&subject, "subsidy-restriction", FlagValue::Set(set.clone()));
    bench.world.publish(&subject, "subsidy-restriction", lift(&bench, "subsidy-restriction"));
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "clear");
    assert_eq!(bench.metric("standing_flags_active{effect=\"restrict\",measure=\"subsidy-restriction\"}"), 0.0);
    bench.world.publish_as(&subject, "subsidy-restriction", FlagValue::Set(set.clone()), first);
    bench.world.publish(
        &bench.world.subject("building", "990000-7"),
        "key-supervision",
        lift(&bench, "key-supervision"),
    );
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "clear", "older than the lift");
    let same_offset = Version { index: first.index + 1, ..first };
    bench.world.publish_as(&subject, "subsidy-restriction", FlagValue::Set(set.clone()), same_offset);
    bench.world.publish(&subject, "subsidy-restriction", FlagValue::Set(set));
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "restricted");
    assert_eq!(bench.metric("standing_flags_active{effect=\"restrict\",measure=\"subsidy-restriction\"}"), 1.0);
    bench.stop().await;
}

#[tokio::test]
async fn a_tombstone_forgets_the_lift_and_one_that_is_older_forgets_nothing() {
    let bench = Bench::start().await;
    let subject = bench.world.subject("uscc", &firm());
    let grounds = [because("1", "2026-05-08", "2028-05-07")];
    let old = bench.world.set(&subject, "subsidy-restriction", &grounds);
    let version = bench.world.set(&subject, "subsidy-restriction", &grounds);
    bench.world.publish_as(&subject, "subsidy-restriction", FlagValue::Tombstone, old);
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["flags"][0]["version"], version.to_string());
    bench.world.publish(&subject, "subsidy-restriction", lift(&bench, "subsidy-restriction"));
    bench.world.publish(&subject, "subsidy-restriction", FlagValue::Tombstone);
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "clear");
    bench.world.set(&subject, "subsidy-restriction", &grounds);
    assert_eq!(bench.check(SUBSIDY, "uscc", &firm()).await["decision"], "restricted");
    bench.stop().await;
}

#[tokio::test]
async fn a_question_in_the_wrong_shape_is_refused_with_its_code() {
    let bench = Bench::start().await;
    let id = firm();
    for (change, code) in [
        (json!({"matter": "subsidy.of-the-moon"}), "matter.unknown"),
        (json!({"matter": "Subsidy!"}), "matter.unknown"),
        (json!({"subject": {"scheme": "passport", "id": "1"}}), "subject.scheme-unknown"),
        (json!({"subject": {"scheme": "uscc", "id": "919900000000000193"}}), "subject.check-digit"),
        (json!({"subject": {"scheme": "uscc", "id": "１２"}}), "subject.malformed"),
        (json!({"subject": {"scheme": "uscc"}}), "body.invalid"),
        (json!({"subject": "uscc"}), "body.invalid"),
        (json!({"at_least": "st1.broken"}), "token.malformed"),
        (json!({"deadline_ms": 10_001}), "deadline.too-long"),
        (json!({"deadline_ms": -1}), "body.invalid"),
        (json!({"case": fictitious::adult(1)}), "case.refused"),
        (json!({"case": "x".repeat(201)}), "case.refused"),
        (json!({"colour": "red"}), "body.invalid"),
    ] {
        let mut asked = question(SUBSIDY, "uscc", &id);
        asked.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, problem) = bench.post("/v1/check", &asked).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{change}");
        assert!(problem["detail"].is_string(), "{code} says what to do");
        assert!(!problem.to_string().contains(&id), "{code} repeats the identifier");
    }
    assert_eq!(bench.world.decisions(), [], "what was refused is no decision");
    bench.stop().await;
}
