//! The story of a register, told through HTTP to the playground on the log in memory.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use e2e::event::{Record, Subject};
use e2e::playground::Playground;
use e2e::story::{self, BID, INSPECTION, Telling};
use jiff::civil::date;
use serde_json::json;

/// The longest it may take until an approval system is told.
const TOLD: Duration = Duration::from_secs(60);
/// The longest it may take until a playground has ended.
const STOPPED: Duration = Duration::from_secs(30);

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
    e2e::told::tell(&playground.register, telling(4), TOLD).await.unwrap();
}

#[tokio::test]
async fn whoever_inspected_by_a_rating_is_told_when_a_record_under_it_is_corrected() {
    let playground = playground();
    e2e::told::tell_of_ratings(&playground.register, telling(5), TOLD).await.unwrap();
}

/// While a plan of reorganisation is carried out what is recorded is neither used nor shown; then it is again.
#[tokio::test]
async fn a_shielded_record_is_neither_used_nor_shown_until_its_last_day() {
    let playground = playground();
    let (register, today) = (&playground.register, date(2026, 5, 10));
    let firm = Subject::firm(8_500);
    let fire = Record::fire_penalty("8500", &firm, date(2026, 5, 8));
    register.accepted(&fire.upserted(1, json!({ "severity": "serious" }))).await.unwrap();
    let token = register.accepted(&fire.served(date(2026, 5, 9))).await.unwrap();
    story::expect(register, INSPECTION, &firm, &token, "supervised").await.unwrap();
    let fields = json!({ "permission_id": "虚构屏蔽1", "matter": "registration.reorganisation-shielding", "from": today,
        "until": date(2026, 6, 30), "by": "虚构区人民法院" });
    let shield = fire.event("permission.granted", today, json!({ "fields": fields }));
    let token = register.accepted(&shield).await.unwrap();
    story::expect(register, INSPECTION, &firm, &token, "clear").await.unwrap();
    let shielded = |shown: &serde_json::Value| shown["records"][0]["status"] == "shielded";
    let shown = register.await_lookup(INSPECTION, &firm, shielded).await.unwrap();
    let record = &shown["records"][0];
    for hidden in ["record_id", "document", "fields", "measures", "points"] {
        assert!(record.get(hidden).is_none(), "{hidden} is shown: {record:#}");
    }
    register.set_clock(date(2026, 7, 1)).await.unwrap();
    assert_eq!(register.check(INSPECTION, &firm, None).await.unwrap()["decision"], "supervised");
    let shown = register.lookup(INSPECTION, &firm).await.unwrap();
    assert_eq!(shown["records"][0]["status"], "standing", "{shown:#}");
    assert_eq!(shown["records"][0]["record_id"], fire.record_id, "{shown:#}");
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
async fn an_empty_playground_is_ready_and_stops_when_asked() {
    let mut playground = playground();
    let ready = playground.register.get(&format!("{}/readyz", playground.base), None).await.unwrap();
    assert_eq!(ready.status, 200, "{}", ready.body);
    let status = playground.process.stop(STOPPED).unwrap();
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
