//! Every answer is on record.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::subject::fictitious;
use domain::verdict::Decision;
use schemas::{Act, Shown};
use serde_json::{Value, json};

use crate::bench::{Bench, World, anybody, eventually, question, somebody};
use crate::faulty::Fault;
use crate::grounds::because;

const SUBSIDY: &str = "subsidy.technology-innovation";

async fn ask(bench: &Bench, scheme: &str, id: &str) -> Value {
    let (status, answer) = bench.post("/v1/check", &question(SUBSIDY, scheme, id)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test]
async fn what_restricts_is_on_record_before_it_is_given() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let version = world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    asked["at_least"] = world.token(0).into();
    asked["case"] = "虚构受理〔2026〕77号".into();
    let answer = bench.post("/v1/check", &asked).await.1;
    let on_record = world.decisions();
    assert_eq!(on_record.len(), 1);
    let record = &on_record[0];
    assert_eq!(record.decision_id, answer["decision_id"].as_str().unwrap());
    assert_eq!((record.act, record.decision), (Act::Check, Some(Decision::Restricted)));
    assert_eq!((record.consumer.as_str(), record.matter.as_str()), ("playground", SUBSIDY));
    assert_eq!(record.subject, subject);
    let measure = domain::ids::MeasureId::new("subsidy-restriction").unwrap();
    assert_eq!(record.flags, [Shown { measure, version }]);
    assert_eq!(record.case.as_deref(), Some("虚构受理〔2026〕77号"));
    assert_eq!(record.catalogue.as_deref(), Some("digest"));
    bench.stop().await;
}

#[tokio::test]
async fn what_is_about_a_person_is_on_record_before_it_is_given_and_names_nobody() {
    let bench = Bench::start().await;
    let id = fictitious::adult(1);
    let answer = ask(&bench, "cn-id", &id).await;
    assert_eq!(answer["decision"], "clear");
    let on_record = bench.world.decisions();
    assert_eq!(on_record.len(), 1);
    assert!(on_record[0].subject.is_person());
    assert!(!format!("{on_record:?}").contains(&id));
    bench.stop().await;
}

#[tokio::test]
async fn the_others_follow_by_themselves() {
    let bench = Bench::start().await;
    for n in 0..20 {
        ask(&bench, "building", &fictitious::building(n)).await;
    }
    eventually("all are on record", async || bench.world.decisions().len() == 20).await;
    eventually("and counted", async || bench.metric("standing_decisions_logged_total{result=\"later\"}") == 20.0).await;
    bench.stop().await;
}

#[tokio::test]
async fn while_the_log_is_down_they_wait_on_disk_and_are_sent_afterwards() {
    let bench = Bench::start().await;
    bench.world.log.set(Fault::Refuses);
    for n in 0..20 {
        assert_eq!(ask(&bench, "building", &fictitious::building(n)).await["decision"], "clear");
    }
    eventually("they are on disk", async || bench.metric("standing_decisions_spool_records") == 20.0).await;
    assert!(bench.metric("standing_decisions_spool_bytes") > 0.0);
    assert_eq!(bench.world.decisions(), []);
    bench.world.log.set(Fault::None);
    eventually("they are sent", async || bench.world.decisions().len() == 20).await;
    eventually("the spool is empty", async || bench.metric("standing_decisions_spool_records") == 0.0).await;
    assert_eq!(bench.metric("standing_decisions_logged_total{result=\"resent\"}"), 20.0);
    bench.stop().await;
}

#[tokio::test]
async fn what_waits_on_disk_outlives_the_process() {
    let bench = Bench::start().await;
    let world = Arc::clone(&bench.world);
    world.log.set(Fault::Refuses);
    for n in 0..5 {
        ask(&bench, "building", &fictitious::building(n)).await;
    }
    bench.stop().await;
    assert_eq!(world.decisions(), []);
    world.log.set(Fault::None);
    let next = Bench::of(Arc::clone(&world), |_| {});
    eventually("the next process sends them", async || world.decisions().len() == 5).await;
    next.stop().await;
}

#[tokio::test]
async fn a_full_spool_loses_and_says_so() {
    let bench = Bench::with(|settings| settings.spool_max = kit::settings::ByteSize::from_bytes(1_000)).await;
    bench.world.log.set(Fault::Refuses);
    for n in 0..20 {
        assert_eq!(ask(&bench, "building", &fictitious::building(n)).await["decision"], "clear");
    }
    eventually("the rest is lost and counted", async || {
        let count = |result: &str| bench.metric(&format!("standing_decisions_logged_total{{result=\"{result}\"}}"));
        count("lost") > 0.0 && count("lost") + count("spooled") == 20.0
    })
    .await;
    bench.stop().await;
}

#[tokio::test]
async fn an_answer_not_put_on_record_in_time_is_not_given() {
    let bench = Bench::start().await;
    let world = &bench.world;
    for fault in [Fault::Refuses, Fault::Silent] {
        world.log.set(fault);
        let answer = ask(&bench, "cn-id", &fictitious::adult(1)).await;
        assert_eq!((&answer["decision"], &answer["reason"]), (&json!("unknown"), &json!("decision-log.unavailable")));
    }
    assert!(world.log.sent() >= 2);
    world.log.set(Fault::None);
    eventually("that it was not given is on record", async || {
        let on_record = world.decisions();
        on_record.len() == 2
            && on_record.iter().all(|record| {
                record.decision == Some(Decision::Unknown)
                    && record.reason.as_deref() == Some("decision-log.unavailable")
            })
    })
    .await;
    bench.stop().await;
}

#[tokio::test]
async fn whoever_asked_can_look_the_decision_up_and_nobody_else() {
    let bench = Bench::start().await;
    let dir = bench.world.dir.path();
    let subsidies =
        somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]\npeople = true");
    let procurement = somebody(dir, "consumer = \"district.finance.procurement\"\nmatters = [\"procurement.*\"]");
    let id = fictitious::adult(1);
    let asked = json!({"matter": SUBSIDY, "subject": {"scheme": "cn-id", "id": id}});
    let (_, answer) = bench.post_as(&subsidies, "/v1/check", &asked).await;
    let path = format!("/v1/decisions/{}", answer["decision_id"].as_str().unwrap());
    let (status, record) = bench.get_as(&subsidies, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&record["decision"], &record["consumer"]), (&json!("clear"), &json!("district.finance.subsidies")));
    let pseudonym = record["subject"].as_str().unwrap();
    assert!(pseudonym.starts_with("person.subsidy:"), "the domain's, not the register's: {pseudonym}");
    let (status, problem) = bench.get_as(&procurement, &path).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("decision.unknown")));
    bench.stop().await;
}

#[tokio::test]
async fn a_decision_is_found_in_the_log_when_no_memory_of_it_is_left() {
    let bench = Bench::start().await;
    let world = Arc::clone(&bench.world);
    let mut paths = Vec::new();
    for n in 0..30 {
        let answer = ask(&bench, "cn-id", &fictitious::adult(n)).await;
        paths.push(format!("/v1/decisions/{}", answer["decision_id"].as_str().unwrap()));
    }
    bench.stop().await;
    let next = Bench::of(world, |_| {});
    for path in &paths {
        let (status, record) = next.get_as(&anybody(), path).await;
        assert_eq!((status, &record["decision"]), (StatusCode::OK, &json!("clear")));
        assert!(path.ends_with(record["decision_id"].as_str().unwrap()));
    }
    let (known, _) = paths[0].rsplit_once('-').unwrap();
    let guessed = format!("{known}-{}", "0".repeat(32));
    for path in [guessed.as_str(), "/v1/decisions/99-0-00000000000000000000000000000000", "/v1/decisions/x"] {
        assert_eq!(next.get_as(&anybody(), path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    next.stop().await;
}

#[tokio::test]
async fn two_gates_need_two_spools() {
    let world = World::new();
    let bench = Bench::of(Arc::clone(&world), |_| {});
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Bench::of(Arc::clone(&world), |_| {})));
    assert!(again.is_err());
    let other = Bench::of(Arc::clone(&world), |settings| settings.spool_dir = world.dir.path().join("other"));
    other.stop().await;
    bench.stop().await;
}
