//! Who may publish what, and what a request has to look like.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use axum::http::{Request, header};
use intake::Intake;
use kit::settings::{Problems, Validate};
use serde_json::{Value, json};
use support::events::{lines, penalty, with};
use support::{World, call, open, send, settings};

const FIRE: &str = "department = \"district.fire\"";

#[tokio::test]
async fn a_credential_publishes_for_its_own_department_alone() {
    let running = World::new().start(settings()).await;
    let own = penalty("own");
    let other = with(penalty("other"), "source", Some("district.market".into()));
    let answer = running.post_as(FIRE, "application/json", own.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.json);
    let answer = running.post_as(FIRE, "application/json", other.to_string()).await;
    assert_eq!((answer.status, answer.json["code"].as_str()), (403, Some("credential.not-entitled")));
    assert_eq!(answer.json["field"], "source");
    let answer = running.post_as(FIRE, "application/x-ndjson", lines([&own, &other, &own])).await;
    assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(2), &json!(1)));
    assert_eq!(answer.json["problems"][0]["code"], "credential.not-entitled");
    assert_eq!(answer.json["problems"][0]["event_id"], "other");
    assert!(running.world.rejects().iter().all(|r| r.code == "credential.not-entitled"));
    let unknown = with(penalty("u"), "source", Some("district.invented".into()));
    let answer = running.post_as(FIRE, "application/json", unknown.to_string()).await;
    assert_eq!(answer.json["code"], "source.unknown");
}

#[tokio::test]
async fn credentials_of_no_department_publish_nothing() {
    let running = World::new().start(settings()).await;
    for holder in ["consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]", "ops = true"] {
        for media in ["application/json", "application/x-ndjson"] {
            let answer = running.post_as(holder, media, penalty("a").to_string()).await;
            assert_eq!((answer.status, answer.json["code"].as_str()), (403, Some("credential.not-entitled")));
        }
    }
    assert!(running.world.written().is_empty());
}

#[tokio::test]
async fn a_router_served_without_credentials_lets_nobody_in() {
    let running = World::new().start(settings()).await;
    let request = Request::post("/v1/events").header(header::CONTENT_TYPE, "application/json");
    let answer = send(running.router(), request.body(penalty("a").to_string().into()).unwrap()).await;
    assert_eq!(answer.status, 500);
    assert!(running.world.written().is_empty());
}

#[tokio::test]
async fn other_media_types_and_queries_are_refused() {
    let running = World::new().start(settings()).await;
    let body = || penalty("a").to_string();
    for media in ["text/plain", "application/xml", "", "application/json-seq"] {
        let answer = running.post(media, body()).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (415, Some("body.media-type")), "{media}");
    }
    assert_eq!(running.post("application/json; charset=utf-8", body()).await.status, 202);
    let mut request = Request::post("/v1/events").header(header::CONTENT_TYPE, "application/json");
    request = request.header(header::CONTENT_ENCODING, "gzip");
    let mut request = request.body(body().into()).unwrap();
    request.extensions_mut().insert(open());
    assert_eq!(send(running.router(), request).await.status, 415);
    for query in ["dry_run=yes", "dryrun=true", "dry_run=true&dry_run=false"] {
        let path = format!("/v1/events?{query}");
        let answer = call(running.router(), open(), &path, "application/json", body()).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (400, Some("query.invalid")), "{query}");
    }
    assert_eq!(running.world.events().len(), 1);
}

#[tokio::test]
async fn before_a_catalogue_is_in_force_everything_waits() {
    let world = World::new();
    let log: Arc<dyn stream::log::Log> = world.log.clone();
    let intake = Intake::start(world.components(log), settings()).unwrap();
    for (media, body) in
        [("application/json", penalty("a").to_string()), ("application/x-ndjson", lines([&penalty("a")]))]
    {
        let answer = call(intake.router(), open(), "/v1/events", media, body).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (503, Some("catalogue.none")));
        assert!(answer.headers.contains_key("retry-after"));
    }
    world
        .until("the reason", |world| world.readiness.reasons().iter().any(|(_, reason)| reason.contains("activate")))
        .await;
    world.activate();
    tokio::time::timeout(support::PATIENCE, world.readiness.ready()).await.unwrap();
    let answer = call(intake.router(), open(), "/v1/events", "application/json", penalty("a").to_string()).await;
    assert_eq!(answer.status, 202);
    intake.stop().await;
}

#[tokio::test]
async fn what_is_received_and_refused_is_counted_by_names_of_the_catalogue() {
    let running = World::new().start(settings()).await;
    let unknown = with(penalty("b"), "source", Some("district.invented".into()));
    let bad = with(penalty("b"), "type", Some("record.invented".into()));
    running.batch(lines([&penalty("a"), &unknown, &bad])).await;
    let text = running.world.metrics.text();
    for line in [
        "standing_events_received_total{op=\"record.upserted\",source=\"district.fire\"} 1",
        "standing_events_received_total{op=\"record.upserted\",source=\"unknown\"} 1",
        "standing_events_received_total{op=\"unknown\",source=\"district.fire\"} 1",
        "standing_events_rejected_total{reason=\"source.unknown\",source=\"unknown\"} 1",
        "standing_events_rejected_total{reason=\"type.unknown\",source=\"district.fire\"} 1",
        "standing_source_last_event_timestamp_seconds{source=\"district.fire\"} 1780279200",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn settings_that_cannot_work_are_all_named() {
    let mut settings = settings();
    settings.instance = String::new();
    settings.event_bytes_max = "2GiB".parse().unwrap();
    settings.batches_max = 0;
    settings.inbox.workers = 0;
    settings.inbox.departments = vec!["District Fire".to_owned()];
    let mut problems = Problems::default();
    settings.validate(&mut problems);
    let keys: Vec<&str> = problems.keys().collect();
    assert_eq!(keys, ["instance", "event_bytes_max", "batches_max", "inbox.departments[0]", "inbox.workers"]);
    let mut none = Problems::default();
    intake::Settings::default().validate(&mut none);
    assert!(none.is_empty());
}

#[test]
fn every_status_of_an_answer_is_in_the_document() {
    let document = intake::openapi();
    let responses = &document["/v1/events"]["post"]["responses"];
    for status in ["202", "400", "401", "403", "413", "415", "422", "503"] {
        assert!(responses[status]["description"].is_string(), "{status}");
    }
    let types = &document["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["type"]
        ["enum"];
    let known: Vec<Value> = domain::event::EventType::ALL.iter().map(|t| t.as_str().into()).collect();
    assert_eq!(types.as_array().unwrap(), &known);
}
