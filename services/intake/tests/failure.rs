//! A log that does not take, or does not answer.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use intake::Settings;
use serde_json::{Value, json};
use stream::log::{Log, Outgoing};
use support::events::{lines, penalty, with};
use support::faulty::{Fate, FaultyLog};
use support::{Running, World, settings};

fn short() -> Settings {
    Settings { acknowledge_timeout: "50ms".parse().unwrap(), ..settings() }
}

async fn started(
    settings: Settings,
    plan: impl FnMut(&Outgoing) -> Fate + Send + 'static,
) -> (Running, Arc<FaultyLog>) {
    let world = World::new();
    let log = FaultyLog::sending(world.log.clone(), plan);
    let shared: Arc<dyn Log> = log.clone();
    (world.start_on(shared, settings).await, log)
}

fn codes(answer: &Value) -> Vec<(u64, &str)> {
    let problems = answer["problems"].as_array().unwrap().iter();
    problems.map(|p| (p["line"].as_u64().unwrap(), p["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_event_that_is_not_acknowledged_is_answered_503() {
    for fate in [Fate::Silence, Fate::Full, Fate::Fail, Fate::Fatal] {
        let (running, _) = started(short(), move |_| fate).await;
        let answer = running.event(&penalty("a")).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (503, Some("log.unavailable")), "{fate:?}");
        assert_eq!(answer.headers["retry-after"], "5", "{fate:?}");
        assert_eq!(answer.json["event_id"], "a");
        assert!(running.world.metrics.text().contains("standing_intake_log_failures_total 1"), "{fate:?}");
    }
    let (running, _) = started(short(), |_| Fate::Refuse).await;
    let answer = running.event(&penalty("a")).await;
    assert_eq!((answer.status, answer.json["code"].as_str()), (500, Some("log.refused")));
}

#[tokio::test]
async fn a_refusal_is_answered_only_once_it_is_on_record() {
    let (running, _) =
        started(short(), |record| if record.topic.ends_with("rejects") { Fate::Fail } else { Fate::Deliver }).await;
    let bad = with(penalty("bad"), "fields.severity", None);
    let answer = running.event(&bad).await;
    assert_eq!((answer.status, answer.json["code"].as_str()), (503, Some("log.unavailable")));
    let answer = running.batch(lines([&bad])).await;
    assert_eq!(codes(&answer.json), [(1, "log.unavailable")]);
    assert_eq!(answer.json["problems"][0]["details"][0]["code"], "field.missing");
}

#[tokio::test]
async fn after_the_log_has_failed_nothing_further_of_a_batch_is_sent() {
    for fate in [Fate::Silence, Fate::Full, Fate::Fail, Fate::Fatal] {
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let settings = Settings { in_flight_max: 1, ..short() };
        let plan = move |_: &Outgoing| if count.fetch_add(1, Ordering::Relaxed) < 3 { Fate::Deliver } else { fate };
        let (running, _) = started(settings, plan).await;
        let mut events: Vec<Value> = (0..8).map(|n| penalty(&format!("e{n}"))).collect();
        events[6] = with(penalty("e6"), "fields.severity", None);
        let answer = running.batch(lines(&events)).await;
        assert_eq!(answer.status, 202);
        assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(3), &json!(5)), "{fate:?}");
        let expected: Vec<(u64, &str)> = (4..=8).map(|line| (line, "log.unavailable")).collect();
        assert_eq!(codes(&answer.json), expected, "{fate:?}");
        // The faults of what was not sent are told all the same.
        assert_eq!(answer.json["problems"][3]["details"][0]["code"], "field.missing", "{fate:?}");
        let ids = running.world.event_ids();
        assert!(ids.len() <= 5 && !ids.contains(&"e7".to_owned()), "{fate:?}: {ids:?}");
    }
}

#[tokio::test]
async fn a_record_refused_for_good_stops_no_other() {
    let (running, _) = started(short(), |record| {
        let refused = record.value.as_ref().is_some_and(|value| value.windows(3).any(|w| w == b"xyz"));
        if refused { Fate::Refuse } else { Fate::Deliver }
    })
    .await;
    let answer = running.batch(lines([&penalty("a"), &penalty("xyz"), &penalty("c")])).await;
    assert_eq!(codes(&answer.json), [(2, "log.refused")]);
    assert_eq!(running.world.event_ids(), ["a", "c"]);
}

#[tokio::test]
async fn a_full_queue_holds_the_batch_up_and_loses_nothing() {
    let turns = AtomicUsize::new(0);
    let settings = Settings { acknowledge_timeout: "20s".parse().unwrap(), ..settings() };
    let plan = move |_: &Outgoing| {
        if turns.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) { Fate::Deliver } else { Fate::Full }
    };
    let (running, _) = started(settings, plan).await;
    let mut events: Vec<Value> = (0..100).map(|n| penalty(&format!("e{n:02}"))).collect();
    events[50] = with(penalty("e50"), "fields.severity", None);
    let answer = running.batch(lines(&events)).await;
    assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(99), &json!(1)), "{}", answer.json);
    assert_eq!(running.world.events().len(), 99);
    assert_eq!(running.world.rejects().len(), 1);
    assert_eq!(running.event(&penalty("single")).await.status, 202);
}

#[tokio::test]
async fn a_lost_producer_is_replaced() {
    let calls = AtomicUsize::new(0);
    let plan = move |_: &Outgoing| if calls.fetch_add(1, Ordering::Relaxed) == 0 { Fate::Fatal } else { Fate::Deliver };
    let (running, log) = started(short(), plan).await;
    assert_eq!(running.event(&penalty("a")).await.status, 503);
    assert_eq!(log.producers.load(Ordering::Relaxed), 2);
    assert_eq!(running.event(&penalty("a")).await.status, 202);
}
