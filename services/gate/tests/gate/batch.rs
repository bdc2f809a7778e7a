//! Many checks in one call.

use axum::http::StatusCode;
use domain::subject::fictitious;
use serde_json::{Value, json};

use crate::bench::{Bench, question};
use crate::faulty::Fault;
use crate::grounds::because;

const SUBSIDY: &str = "subsidy.technology-innovation";

fn checks(ids: impl IntoIterator<Item = u64>) -> Vec<Value> {
    ids.into_iter().map(|n| question(SUBSIDY, "uscc", &fictitious::uscc(n))).collect()
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_checks_and_a_faulty_one_spoils_no_other() {
    let bench = Bench::start().await;
    let world = &bench.world;
    for n in (0..50).step_by(7) {
        let subject = world.subject("uscc", &fictitious::uscc(n));
        world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    }
    let mut asked = checks(0..50);
    asked.iter_mut().for_each(|check| check["at_least"] = world.token(0).into());
    asked[10] = json!({"matter": SUBSIDY});
    asked[20] = json!("no check at all");
    asked[30]["subject"]["id"] = "1".into();
    asked[40]["matter"] = "no.matter".into();
    let (status, body) = bench.post("/v1/check/batch", &json!({"checks": asked})).await;
    assert_eq!(status, StatusCode::OK);
    let answers = body["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 50);
    for (n, answer) in answers.iter().enumerate() {
        let code = match n {
            10 | 20 => "body.invalid",
            30 => "subject.malformed",
            40 => "matter.unknown",
            _ => {
                let expected = if n % 7 == 0 { "restricted" } else { "clear" };
                assert_eq!(answer["decision"], expected, "{n}");
                continue;
            }
        };
        assert_eq!(answer["problem"]["code"], code, "{n}");
        assert_eq!(answer.as_object().unwrap().len(), 1);
    }
    assert_eq!(answers[10]["problem"]["detail"], "missing field `subject`.");
    assert_eq!(bench.metric("standing_check_requests_total{decision=\"refused\"}"), 4.0);
    bench.stop().await;
}

#[tokio::test]
async fn up_to_a_thousand_are_answered_at_once_and_more_are_refused() {
    let bench = Bench::start().await;
    let (status, body) = bench.post("/v1/check/batch", &json!({"checks": checks(0..1_000)})).await;
    assert_eq!((status, body["answers"].as_array().unwrap().len()), (StatusCode::OK, 1_000));
    let ids: std::collections::BTreeSet<&str> =
        body["answers"].as_array().unwrap().iter().map(|answer| answer["decision_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1_000);
    let (status, problem) = bench.post("/v1/check/batch", &json!({"checks": checks(0..1_001)})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("batch.too-long")));
    let (status, body) = bench.post("/v1/check/batch", &json!({"checks": []})).await;
    assert_eq!((status, body), (StatusCode::OK, json!({"answers": []})));
    bench.stop().await;
}

#[tokio::test]
async fn a_check_that_names_a_field_twice_is_faulty_and_not_read_as_one_of_both() {
    let bench = Bench::start().await;
    let twice = r#"{"checks": [{"matter": "subsidy.research-project", "matter": "procurement.bid",
        "subject": {"scheme": "building", "id": "990000-1"}}]}"#;
    let request = axum::http::Request::post("/v1/check/batch").header("content-type", "application/json");
    let response = bench.call(&crate::bench::anybody(), request.body(twice.into()).unwrap()).await;
    let bytes = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["answers"][0]["problem"]["detail"], "duplicate field `matter`.");
    bench.stop().await;
}

#[tokio::test]
async fn with_the_log_down_only_what_must_be_on_record_is_unknown() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await["decision"], "restricted");
    let mut asked = checks([0, 1, 2]);
    asked.push(question(SUBSIDY, "cn-id", &fictitious::adult(1)));
    for fault in [Fault::Refuses, Fault::Silent] {
        world.log.set(fault);
        let body = bench.post("/v1/check/batch", &json!({"checks": asked})).await.1;
        let decisions: Vec<&Value> = body["answers"].as_array().unwrap().iter().map(|a| &a["decision"]).collect();
        assert_eq!(decisions, ["clear", "unknown", "clear", "unknown"], "{fault:?}");
        for at in [1, 3] {
            assert_eq!(body["answers"][at]["reason"], "decision-log.unavailable");
            assert_eq!(body["answers"][at]["flags"], json!([]));
        }
    }
    world.log.set(Fault::None);
    let body = bench.post("/v1/check/batch", &json!({"checks": asked})).await.1;
    let decisions: Vec<&Value> = body["answers"].as_array().unwrap().iter().map(|a| &a["decision"]).collect();
    assert_eq!(decisions, ["clear", "restricted", "clear", "clear"]);
    bench.stop().await;
}
