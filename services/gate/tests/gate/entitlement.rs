//! Who may ask about what.

use axum::http::StatusCode;
use domain::subject::fictitious;
use serde_json::{Value, json};

use crate::bench::{Bench, anybody, somebody};

const SUBSIDY: &str = "subsidy.technology-innovation";

fn asked(consumer: Option<&str>, matter: &str, scheme: &str, id: &str) -> Value {
    let mut asked = json!({"matter": matter, "subject": {"scheme": scheme, "id": id}});
    if let Some(consumer) = consumer {
        asked["consumer"] = consumer.into();
    }
    asked
}

#[tokio::test]
async fn the_credential_and_the_catalogue_must_both_let_a_consumer_ask() {
    let bench = Bench::start().await;
    let dir = bench.world.dir.path();
    let subsidies =
        somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\", \"procurement.*\"]");
    let stranger = somebody(dir, "consumer = \"district.nobody\"\nmatters = [\"subsidy.*\"]");
    let department = somebody(dir, "department = \"district.fire\"");
    let firm = fictitious::uscc(1);
    let own = Some("district.finance.subsidies");
    for (who, consumer, matter, expected) in [
        (&subsidies, own, SUBSIDY, None),
        (&subsidies, None, SUBSIDY, None),
        (&subsidies, Some("district.finance.procurement"), "procurement.bid", Some("credential.not-entitled")),
        (&subsidies, own, "honours.quality-award", Some("credential.not-entitled")),
        (&subsidies, own, "procurement.bid", Some("consumer.not-entitled")),
        (&stranger, None, SUBSIDY, Some("consumer.not-entitled")),
        (&department, own, SUBSIDY, Some("credential.not-entitled")),
    ] {
        let (status, body) = bench.post_as(who, "/v1/check", &asked(consumer, matter, "uscc", &firm)).await;
        match expected {
            None => assert_eq!((status, &body["decision"]), (StatusCode::OK, &json!("clear")), "{consumer:?} {matter}"),
            Some(code) => {
                assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{consumer:?} {matter}");
            }
        }
    }
    let (status, body) = bench.post_as(&department, "/v1/check", &asked(None, SUBSIDY, "uscc", &firm)).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("consumer.missing")));
    bench.stop().await;
}

#[tokio::test]
async fn about_people_only_who_may_by_both() {
    let bench = Bench::start().await;
    let dir = bench.world.dir.path();
    let may = somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]\npeople = true");
    let without = somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]");
    let honours = somebody(dir, "consumer = \"district.market.honours\"\nmatters = [\"honours.*\"]\npeople = true");
    let person = fictitious::adult(1);
    let (status, body) = bench.post_as(&may, "/v1/check", &asked(None, SUBSIDY, "cn-id", &person)).await;
    assert_eq!((status, &body["decision"]), (StatusCode::OK, &json!("clear")));
    for (who, matter, code) in [
        (&without, SUBSIDY, "credential.not-entitled"),
        (&honours, "honours.quality-award", "consumer.people-not-entitled"),
    ] {
        let (status, body) = bench.post_as(who, "/v1/check", &asked(None, matter, "cn-id", &person)).await;
        assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!(code)));
        assert!(!body.to_string().contains(&person));
        let (status, _) = bench.post_as(who, "/v1/check", &asked(None, matter, "uscc", &fictitious::uscc(1))).await;
        assert_eq!(status, StatusCode::OK, "of firms it may");
    }
    assert_eq!(bench.world.decisions().iter().filter(|record| record.subject.is_person()).count(), 1);
    bench.stop().await;
}

#[tokio::test]
async fn the_playgrounds_consumer_may_ask_everything_and_others_what_the_catalogue_says() {
    let bench = Bench::start().await;
    let matters: Vec<String> = bench.world.catalogue.matters.keys().map(ToString::to_string).collect();
    let checks: Vec<Value> =
        matters.iter().map(|matter| asked(Some("playground"), matter, "building", "990000-1")).collect();
    let (status, body) = bench.post("/v1/check/batch", &json!({"checks": checks})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body["answers"].as_array().unwrap().iter().all(|answer| answer["decision"] == "clear"), "{body}");
    let other = asked(Some("district.finance.subsidies"), "procurement.bid", "building", "990000-1");
    assert_eq!(bench.post_as(&anybody(), "/v1/check", &other).await.0, StatusCode::FORBIDDEN);
    bench.stop().await;
}
