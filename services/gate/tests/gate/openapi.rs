//! What `/openapi.json` says is what is sent.

use domain::flag::End;
use domain::subject::fictitious;
use serde_json::{Value, json};

use crate::bench::{Bench, question};
use crate::grounds::{because, permission};

const SUBSIDY: &str = "subsidy.technology-innovation";

/// Every member is described, nothing required is missing, choices are among those listed.
fn follows(value: &Value, schema: &Value, at: &str) {
    let types: Vec<&str> = match schema["type"].as_str() {
        Some(only) => vec![only],
        None => {
            let several = schema["type"].as_array().unwrap_or_else(|| panic!("{at} has no type"));
            several.iter().filter_map(Value::as_str).collect()
        }
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&kind), "{at} is {kind}, described as {types:?}");
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{at}: {value} is not among {choices:?}");
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let described =
                    schema["properties"].get(name).unwrap_or_else(|| panic!("{at}.{name} is not described"));
                follows(member, described, &format!("{at}.{name}"));
            }
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(members.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| follows(element, &schema["items"], at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn schema(path: &str, method: &str) -> Value {
    gate::openapi()[path][method]["responses"]["200"]["content"]["application/json"]["schema"].clone()
}

#[tokio::test]
async fn answers_are_as_described() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let person = fictitious::adult(1);
    let subject = world.subject("cn-id", &person);
    let mut open = because("1", "2026-05-08", "2026-05-08");
    let law = crate::grounds::measure(&world.catalogue, "subsidy-restriction").basis[0].clone();
    open.end = End::Condition { text: "履行完毕".to_owned(), law };
    world.set(&subject, "subsidy-restriction", &[open]);
    let firm = world.subject("uscc", &fictitious::uscc(1));
    let mut excepted = because("1", "2026-05-08", "2028-05-07");
    excepted.exceptions = vec![permission("虚构许可1", SUBSIDY, "2026-05-20", "2026-06-02")];
    world.set(&firm, "subsidy-restriction", &[excepted]);
    let described = schema("/v1/check", "post");
    let restricted = bench.check(SUBSIDY, "cn-id", &person).await;
    assert_eq!(restricted["human_review"], true);
    let except = bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await;
    assert_eq!(except["exceptions"].as_array().unwrap().len(), 1);
    let mut late = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    late["at_least"] = world.token(1).into();
    late["deadline_ms"] = 0.into();
    let unknown = bench.post("/v1/check", &late).await.1;
    assert_eq!(unknown["decision"], "unknown");
    for answer in [&restricted, &except, &unknown] {
        follows(answer, &described, "answer");
    }
    let path = format!("/v1/decisions/{}", restricted["decision_id"].as_str().unwrap());
    let decision = bench.get_as(&crate::bench::anybody(), &path).await.1;
    follows(&decision, &schema("/v1/decisions/{id}", "get"), "decision");
    bench.stop().await;
}

#[tokio::test]
async fn what_the_description_calls_a_question_is_taken() {
    let bench = Bench::start().await;
    let question = json!({
        "consumer": "playground", "matter": SUBSIDY, "subject": {"scheme": "building", "id": "990000-1"},
        "at_least": bench.world.token(0), "deadline_ms": 10_000, "case": "虚构受理〔2026〕1号",
    });
    let described =
        gate::openapi()["/v1/check"]["post"]["requestBody"]["content"]["application/json"]["schema"].clone();
    follows(&question, &described, "question");
    assert_eq!(described["properties"].as_object().unwrap().len(), question.as_object().unwrap().len());
    assert_eq!(bench.post("/v1/check", &question).await.1["decision"], "clear");
    bench.stop().await;
}
