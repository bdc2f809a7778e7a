//! The story of a register, told through HTTP to the playground on the log in memory.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use e2e::event::{Record, Subject};
use e2e::playground::Playground;
use e2e::story::{self, BID, Telling};
use jiff::civil::date;
use serde_json::json;

fn playground() -> Playground {
    Playground::start(&["--now", "2026-05-10"]).unwrap()
}

fn telling(number: u64) -> Telling {
    Telling::new(date(2026, 5, 10), number)
}

#[tokio::test]
async fn the_story_gives_its_answers() {
    let playground = playground();
    story::tell(&playground.register, telling(1)).await.unwrap();
}

#[tokio::test]
async fn the_story_is_the_same_told_a_second_time() {
    let playground = playground();
    story::tell(&playground.register, telling(1)).await.unwrap();
    story::tell(&playground.register, telling(2)).await.unwrap();
}

#[tokio::test]
async fn whoever_decided_on_what_is_corrected_is_told() {
    let playground = playground();
    e2e::told::tell(&playground.register, telling(4), Duration::from_secs(30)).await.unwrap();
}

#[tokio::test]
async fn restrictions_end_by_the_clock_alone() {
    let playground = playground();
    story::time_ends_it(&playground.register, telling(3)).await.unwrap();
}

#[tokio::test]
async fn the_clock_goes_forward_and_never_back() {
    let playground = playground();
    let url = format!("{}/playground/clock", playground.base);
    let set = async |to: &str| {
        let body = json!({ "to": to }).to_string();
        let answer = playground.register.post(&url, None, "application/json", body).await.unwrap();
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(set("2026-05-11").await, (200, String::new()));
    assert_eq!(set("2026-05-10").await, (422, "clock.backward".to_owned()));
    assert_eq!(set("2026-05-32").await, (422, "date.invalid".to_owned()));
    assert_eq!(set("2026-06-01T10:00:00+08:00").await, (200, String::new()));
}

/// A restriction that begins in the future is published at once and holds from its day on, as the clock passes it.
#[tokio::test]
async fn a_coming_restriction_begins_on_its_day() {
    let playground = playground();
    let (register, firm) = (&playground.register, Subject::firm(4_001));
    let court = Record::defaulter("4001", &firm, date(2026, 5, 9));
    let mut listed = court.upserted(1, json!({ "ground": 2 }));
    listed["valid"] = json!({ "from": "2026-06-01", "until": "2026-06-30" });
    register.accepted(&listed).await.unwrap();
    let token = register.accepted(&court.served(date(2026, 5, 10))).await.unwrap();
    story::expect(register, BID, &firm, &token, "clear").await.unwrap();
    for (day, decision) in [
        (date(2026, 5, 31), "clear"),
        (date(2026, 6, 1), "restricted"),
        (date(2026, 6, 30), "restricted"),
        (date(2026, 7, 1), "clear"),
    ] {
        register.set_clock(day).await.unwrap();
        story::expect(register, BID, &firm, &token, decision).await.unwrap();
    }
}

#[tokio::test]
async fn an_empty_playground_is_ready_within_two_seconds_and_stops_when_asked() {
    let started = Instant::now();
    let mut playground = playground();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let ready = playground.register.get(&format!("{}/readyz", playground.base), None).await.unwrap();
    assert_eq!(ready.status, 200, "{}", ready.body);
    let status = playground.process.stop(Duration::from_secs(10)).unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn operators_are_told_what_happens() {
    let playground = playground();
    let (register, firm) = (&playground.register, Subject::firm(4_002));
    let court = Record::defaulter("4002", &firm, date(2026, 5, 9));
    let token = register.accepted(&court.upserted(1, json!({ "ground": 2 }))).await.unwrap();
    story::expect(register, BID, &firm, &token, "clear").await.unwrap();
    let metrics = register.get(&format!("{}/metrics", playground.base), None).await.unwrap();
    let metrics = metrics.body.as_str().unwrap();
    let ours = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .all(|line| line.starts_with("standing_") || line.starts_with("process_"));
    assert!(ours, "{metrics}");
    assert!(!metrics.contains(firm.id()), "a metric names a subject");
    assert!(
        metrics.contains("standing_http_requests_total{method=\"POST\",route=\"/v1/check\",status=\"200\"} 1"),
        "{metrics}"
    );
    let document = register.get(&format!("{}/openapi.json", playground.base), None).await.unwrap();
    for path in ["/v1/events", "/v1/check", "/v1/check/batch", "/v1/watch", "/v1/subjects/lookup", "/v1/pseudonyms"] {
        assert!(document.body["paths"][path].is_object(), "{path} is not described");
    }
}
