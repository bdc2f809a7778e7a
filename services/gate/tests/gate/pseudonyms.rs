//! The pseudonyms of a domain.

use axum::http::StatusCode;
use domain::ids::DomainId;
use domain::subject::fictitious;
use schemas::Act;
use serde_json::{Value, json};

use crate::bench::{Bench, somebody};
use crate::faulty::Fault;

const SUBSIDY: &str = "subsidy.technology-innovation";

fn asked(matter: &str, subjects: &[(&str, String)]) -> Value {
    let subjects: Vec<Value> = subjects.iter().map(|(scheme, id)| json!({"scheme": scheme, "id": id})).collect();
    json!({"matter": matter, "subjects": subjects})
}

#[tokio::test]
async fn people_get_the_domains_pseudonym_on_record_and_firms_keep_their_names() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let (person, firm) = (fictitious::adult(1), fictitious::uscc(1));
    let subjects = [("cn-id", person.clone()), ("uscc", firm.clone()), ("cn-id", "1".to_owned())];
    let (status, body) = bench.post("/v1/pseudonyms", &asked(SUBSIDY, &subjects)).await;
    assert_eq!(status, StatusCode::OK);
    let given = body["pseudonyms"].as_array().unwrap();
    let domain = DomainId::new("subsidy").unwrap();
    let expected = world.key.domain_pseudonym(&world.subject("cn-id", &person), &domain);
    assert_eq!(given[0], json!({"pseudonym": expected}));
    assert_eq!(given[1], json!({"pseudonym": format!("uscc:{firm}")}));
    assert_eq!(given[2]["problem"]["code"], "subject.malformed");
    let on_record = world.decisions();
    assert_eq!(on_record.len(), 1, "of the person alone");
    assert_eq!((on_record[0].act, on_record[0].decision), (Act::Pseudonym, None));
    let other = bench.post("/v1/pseudonyms", &asked("procurement.bid", &subjects[..1])).await.1;
    assert_ne!(other["pseudonyms"][0], given[0], "another domain, another name");
    bench.stop().await;
}

#[tokio::test]
async fn without_a_record_no_pseudonym_of_a_person_is_given() {
    let bench = Bench::start().await;
    bench.world.log.set(Fault::Silent);
    let subjects = [("cn-id", fictitious::adult(1)), ("building", fictitious::building(1))];
    let (status, body) = bench.post("/v1/pseudonyms", &asked(SUBSIDY, &subjects)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["pseudonyms"][0]["problem"]["code"], "decision-log.unavailable");
    assert!(body["pseudonyms"][1]["pseudonym"].is_string());
    bench.stop().await;
}

#[tokio::test]
async fn whoever_may_not_ask_gets_none() {
    let bench = Bench::start().await;
    let honours = somebody(bench.world.dir.path(), "consumer = \"district.market.honours\"\nmatters = [\"honours.*\"]");
    let subjects = [("cn-id", fictitious::adult(1)), ("uscc", fictitious::uscc(1))];
    let (status, _) = bench.post_as(&honours, "/v1/pseudonyms", &asked(SUBSIDY, &subjects)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, body) = bench.post_as(&honours, "/v1/pseudonyms", &asked("honours.quality-award", &subjects)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["pseudonyms"][0]["problem"]["status"], 403);
    assert!(body["pseudonyms"][1]["pseudonym"].is_string());
    let many: Vec<_> = (0..1_001).map(|n| ("building", fictitious::building(n))).collect();
    let (status, problem) = bench.post("/v1/pseudonyms", &asked(SUBSIDY, &many)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("batch.too-long")));
    bench.stop().await;
}
