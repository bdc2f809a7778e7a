//! Batches: receipts, order, tokens, limits.
#![allow(clippy::unwrap_used)]

mod support;

use axum::body::Body;
use bytes::Bytes;
use domain::event::Change;
use domain::subject::fictitious;
use intake::Settings;
use schemas::token::Token;
use serde_json::{Value, json};
use support::events::{lines, penalty, penalty_of, with};
use support::{World, settings};

fn ids(receipts: &Value) -> Vec<&str> {
    receipts.as_array().unwrap().iter().map(|r| r["event_id"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn a_single_event_gets_its_receipt() {
    let running = World::new().start(settings()).await;
    let answer = running.event(&penalty("a")).await;
    assert_eq!(answer.status, 202, "{}", answer.json);
    let token = answer.json["token"].as_str().unwrap().to_owned();
    assert_eq!(answer.json, json!({"event_id": "a", "status": "accepted", "token": token}));
    let (record, event) = running.world.events().remove(0);
    let token = Token::decode(&token).unwrap();
    let topic = running.world.topics.events();
    let described = stream::log::Log::describe(running.world.log.as_ref(), topic).unwrap().unwrap();
    assert_eq!(token.topic_id, described.id);
    let partition = usize::try_from(record.partition).unwrap();
    assert_eq!(token.offsets[partition], record.offset);
    assert_eq!(token.offsets.iter().filter(|offset| **offset == -1).count(), 3);
    assert_eq!(event.subject.as_str(), "uscc:919900000000000192");
}

#[tokio::test]
async fn a_batch_with_a_broken_middle_is_answered_line_by_line() {
    let running = World::new().start(settings()).await;
    let mut body = Vec::new();
    body.extend_from_slice(format!("{}\r\n", penalty("a")).as_bytes());
    body.extend_from_slice(b"\n  \t \n");
    body.extend_from_slice(b"{\"event_id\": \"broken\", \n");
    body.extend_from_slice(b"{\"event_id\": \"\xc3\x28\"}\n");
    body.extend_from_slice(format!("{}\n", with(penalty("b"), "item", Some("no.item".into()))).as_bytes());
    body.extend_from_slice(format!("{{\"x\":\"{}\"}}\n", "y".repeat(10 << 20)).as_bytes());
    body.extend_from_slice(penalty("c").to_string().as_bytes());
    let answer = running.batch(body).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(2), &json!(4)));
    assert_eq!(ids(&answer.json["receipts"]), ["a", "-", "-", "b", "-", "c"]);
    let told: Vec<(u64, &str, Option<&str>)> = answer.json["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["line"].as_u64().unwrap(), p["code"].as_str().unwrap(), p["event_id"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (4, "json.malformed", None),
            (5, "encoding.invalid-utf8", None),
            (6, "item.unknown", Some("b")),
            (7, "event.too-large", None),
        ]
    );
    let tokens: Vec<&Value> = answer.json["receipts"].as_array().unwrap().iter().map(|r| &r["token"]).collect();
    assert!(tokens[0].is_string() && tokens[0] == tokens[5] && tokens[3].is_null(), "{tokens:?}");
    assert_eq!(running.world.event_ids(), ["a", "c"]);
    let rejects = running.world.rejects();
    assert_eq!(rejects.iter().map(|r| r.line.unwrap()).collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!(rejects[3].bytes, Some((10 << 20) + 8));
}

#[tokio::test]
async fn all_receipts_carry_one_token_that_covers_the_batch_and_what_was_before() {
    let running = World::new().start(settings()).await;
    running.event(&penalty("before")).await;
    let events: Vec<Value> = (0..40).map(|n| penalty_of(&format!("e{n}"), "cn-id", &fictitious::adult(n))).collect();
    let answer = running.batch(lines(&events)).await;
    assert_eq!(answer.json["accepted"], 40, "{}", answer.json);
    let receipts = answer.json["receipts"].as_array().unwrap();
    assert!(receipts.iter().all(|r| r["token"] == receipts[0]["token"]));
    let token = Token::decode(receipts[0]["token"].as_str().unwrap()).unwrap();
    let mut highest = vec![-1; 4];
    for (record, _) in running.world.events() {
        let partition = usize::try_from(record.partition).unwrap();
        highest[partition] = highest[partition].max(record.offset);
    }
    assert_eq!(token.offsets, highest);
    assert!(highest.iter().all(|offset| *offset >= 0), "40 people live in all four partitions: {highest:?}");
}

#[tokio::test]
async fn the_events_of_a_subject_keep_the_order_of_their_lines() {
    let running = World::new().start(settings()).await;
    let events: Vec<Value> = (1..=3_000)
        .map(|n| {
            let event = penalty_of(&format!("e{n}"), "cn-id", &fictitious::adult(n % 7));
            with(event, "revision", Some(n.into()))
        })
        .collect();
    let answer = running.batch(lines(&events)).await;
    assert_eq!(answer.json["accepted"], 3_000, "{}", answer.json["problems"]);
    let mut last = std::collections::BTreeMap::new();
    for (_, event) in running.world.events() {
        let Change::Recorded { revision, .. } = event.change else { panic!("only records were sent") };
        let before = last.insert(event.subject, revision).unwrap_or(0);
        assert!(before < revision, "{before} came before {revision}");
    }
    assert_eq!(last.len(), 7);
}

#[tokio::test]
async fn a_dry_run_judges_and_writes_nothing() {
    let running = World::new().start(settings()).await;
    let bad = with(penalty("b"), "fields.severity", None);
    let answer = running.dry("application/x-ndjson", lines([&penalty("a"), &bad])).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json["receipts"][0], json!({"event_id": "a", "status": "accepted", "token": null}));
    assert_eq!(answer.json["problems"][0]["code"], "field.missing");
    let answer = running.dry("application/json", penalty("a").to_string()).await;
    assert_eq!((answer.status, &answer.json["token"]), (202, &Value::Null));
    let answer = running.dry("application/json", bad.to_string()).await;
    assert_eq!((answer.status, answer.json["code"].as_str()), (422, Some("field.missing")));
    assert!(running.world.written().is_empty());
    assert!(!running.world.metrics.text().contains("standing_events_received_total{"));
}

#[tokio::test]
async fn a_batch_beyond_the_limit_is_taken_up_to_it() {
    let running = World::new().start(Settings { batch_lines_max: 3, ..settings() }).await;
    let events: Vec<Value> = (0..8).map(|n| penalty(&format!("e{n}"))).collect();
    let answer = running.batch(format!("\n{}\n\n", lines(&events))).await;
    assert_eq!(answer.status, 202);
    assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(3), &json!(5)));
    assert_eq!(ids(&answer.json["receipts"]), ["e0", "e1", "e2"]);
    let problems = answer.json["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!((&problems[0]["code"], &problems[0]["line"]), (&json!("batch.too-long"), &json!(5)));
    assert!(problems[0]["message"].as_str().unwrap().contains("the 5 lines"), "{problems:?}");
    assert_eq!(running.world.event_ids().len(), 3);
    let exactly = running.batch(lines(&events[..3])).await;
    assert_eq!((&exactly.json["accepted"], &exactly.json["rejected"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn a_body_that_breaks_off_reports_what_was_taken() {
    let running = World::new().start(settings()).await;
    let broken = || Err::<Bytes, _>(std::io::Error::other("the connection is gone"));
    let pieces = |text: String| [Ok(Bytes::from(text)), broken()];
    let body = Body::from_stream(futures::stream::iter(pieces(format!("{}\n{{\"half", penalty("a")))));
    let answer = running.batch(body).await;
    assert_eq!(answer.status, 202);
    assert_eq!((&answer.json["accepted"], &answer.json["rejected"]), (&json!(1), &json!(1)));
    assert_eq!(answer.json["problems"][0]["code"], "batch.interrupted");
    assert_eq!(answer.json["problems"][0]["line"], 2);
    let nothing = running.batch(Body::from_stream(futures::stream::iter(pieces("{\"half".to_owned())))).await;
    assert_eq!((nothing.status, nothing.json["code"].as_str()), (400, Some("body.interrupted")));
    let single = Body::from_stream(futures::stream::iter(pieces("{\"half".to_owned())));
    let single = running.post("application/json", single).await;
    assert_eq!((single.status, single.json["code"].as_str()), (400, Some("body.interrupted")));
}

#[tokio::test]
async fn an_empty_batch_is_an_empty_report() {
    let running = World::new().start(settings()).await;
    for body in ["", "\n\n \r\n"] {
        let answer = running.batch(body).await;
        assert_eq!(answer.status, 202);
        assert_eq!(answer.json, json!({"accepted": 0, "rejected": 0, "receipts": [], "problems": []}));
    }
}

#[tokio::test]
async fn few_events_in_flight_are_enough_for_a_long_batch() {
    let running = World::new().start(Settings { in_flight_max: 1, ..settings() }).await;
    let events: Vec<Value> = (0..300).map(|n| penalty_of(&format!("e{n}"), "cn-id", &fictitious::adult(n))).collect();
    let answer = running.batch(lines(&events)).await;
    assert_eq!(answer.json["accepted"], 300);
    assert_eq!(running.world.events().len(), 300);
}

#[tokio::test]
async fn only_so_many_batches_are_taken_at_once() {
    let running = World::new().start(Settings { batches_max: 1, ..settings() }).await;
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Bytes, std::io::Error>>();
    let slow = support::call(
        running.router(),
        support::open(),
        "/v1/events",
        "application/x-ndjson",
        Body::from_stream(receiver),
    );
    let slow = tokio::spawn(slow);
    sender.unbounded_send(Ok(format!("{}\n", penalty("slow")).into())).unwrap();
    running.world.until("the slow event", |world| world.event_ids() == ["slow"]).await;
    let second = running.batch(lines([&penalty("a")])).await;
    assert_eq!((second.status, second.json["code"].as_str()), (503, Some("overloaded")));
    assert_eq!(second.headers["retry-after"], "1");
    assert_eq!(running.event(&penalty("single")).await.status, 202);
    drop(sender);
    assert_eq!(slow.await.unwrap().json["accepted"], 1);
    assert_eq!(running.batch(lines([&penalty("a")])).await.json["accepted"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_given_beside_others_covers_its_own_event() {
    let running = World::new().start(settings()).await;
    let event = |n: u64| penalty_of(&format!("e{n:03}"), "cn-id", &fictitious::adult(n));
    let calls = (0..200).map(|n| {
        let body = event(n).to_string();
        let call = support::call(running.router(), support::open(), "/v1/events", "application/json", body);
        tokio::spawn(call)
    });
    let calls: Vec<_> = calls.collect();
    let mut tokens = std::collections::BTreeMap::new();
    for call in calls {
        let answer = call.await.unwrap();
        let token = Token::decode(answer.json["token"].as_str().unwrap()).unwrap();
        tokens.insert(answer.json["event_id"].as_str().unwrap().to_owned(), token);
    }
    let events = running.world.events();
    assert_eq!(events.len(), 200);
    for (record, event) in events {
        let covered = tokens[&event.event_id].offsets[usize::try_from(record.partition).unwrap()];
        assert!(covered >= record.offset, "{covered} does not cover {}", record.offset);
    }
}
