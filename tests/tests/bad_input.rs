//! What departments send by mistake: each is refused with its code, and the good events around it go through.

#![allow(clippy::unwrap_used)]

use e2e::bad_input::{self, Bad};
use e2e::event::{Record, Subject};
use e2e::playground::Playground;
use e2e::register::Register;
use e2e::story::{self, BID};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

const TODAY: Date = date(2026, 5, 10);

fn playground() -> Playground {
    Playground::start(&["--now", "2026-05-10"]).unwrap()
}

fn listed(number: u64) -> (Subject, Record) {
    let firm = Subject::firm(5_000 + number);
    let record = Record::defaulter(&format!("{}", 5_000 + number), &firm, date(2026, 5, 8));
    (firm, record)
}

async fn post(register: &Register, content_type: &str, bytes: Vec<u8>) -> (u16, Value) {
    let url = format!("{}/v1/events", register.addresses.intake);
    let answer = register.post(&url, None, content_type, bytes).await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn every_fault_has_its_code_and_says_what_to_do() {
    let playground = playground();
    for Bad { what, bytes, code } in bad_input::all(TODAY) {
        let (status, problem) = post(&playground.register, "application/json", bytes).await;
        assert_eq!(problem["code"], code, "{what}: {problem:#}");
        let expected = match code {
            "json.malformed" | "encoding.invalid-utf8" => 400,
            "event.too-large" => 413,
            _ => 422,
        };
        assert_eq!(status, expected, "{what}: {problem:#}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {problem:#}");
    }
    let (_, problem) =
        post(&playground.register, "application/json", bad_input::undecided(TODAY).to_string().into()).await;
    assert_eq!(problem["code"], "source.not-entitled", "{problem:#}");
}

/// One batch of all of them, with a good event before, between and after.
#[tokio::test]
async fn the_good_events_around_bad_ones_go_through() {
    let playground = playground();
    let register = &playground.register;
    let bad = bad_input::all(TODAY);
    let (mut lines, mut expected, mut firms) = (Vec::new(), Vec::new(), Vec::new());
    let mut line = |bytes: &[u8]| {
        lines.extend_from_slice(bytes);
        lines.push(b'\n');
    };
    for (number, bad) in (0..).zip(&bad) {
        let (firm, record) = listed(number);
        line(record.upserted(1, json!({ "ground": 2 })).to_string().as_bytes());
        line(&bad.bytes);
        line(record.served(date(2026, 5, 9)).to_string().as_bytes());
        expected.push((3 * number + 2, bad.code, bad.what));
        firms.push(firm);
    }
    let report = register.submit_lines("district.court", lines).await.unwrap();
    let problems = report["problems"].as_array().unwrap();
    for ((line, code, what), problem) in expected.iter().zip(problems) {
        assert_eq!((&problem["line"], &problem["code"]), (&json!(line), &json!(code)), "{what}: {problem:#}");
        assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {problem:#}");
    }
    assert_eq!(problems.len(), bad.len());
    assert_eq!((&report["accepted"], &report["rejected"]), (&json!(2 * bad.len()), &json!(bad.len())));
    let receipts = report["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 3 * bad.len());
    for receipt in receipts {
        assert_eq!(receipt["token"].is_null(), receipt["status"] == "rejected", "{receipt}");
    }
    let token = receipts[0]["token"].as_str().unwrap();
    for firm in &firms {
        story::expect(register, BID, firm, token, "restricted").await.unwrap();
    }
}

/// What was refused is nobody's record: nothing of it can be asked for.
#[tokio::test]
async fn nothing_of_a_refused_event_is_kept() {
    let playground = playground();
    let register = &playground.register;
    for bad in bad_input::all(TODAY) {
        post(register, "application/json", bad.bytes).await;
    }
    let (firm, record) = listed(0);
    let token = register.accepted(&record.upserted(1, json!({ "ground": 2 }))).await.unwrap();
    story::expect(register, BID, &firm, &token, "clear").await.unwrap();
    for number in 1..=7 {
        let answer = register.lookup(BID, &Subject::firm(900_000 + number)).await.unwrap();
        assert_eq!(answer["records"], json!([]), "{answer:#}");
    }
}

#[tokio::test]
async fn further_faults_of_one_event_are_told_together() {
    let playground = playground();
    let (_, record) = listed(1);
    let mut event = record.upserted(1, json!({ "ground": 9, "colour": "red" }));
    event["document"]["issued_on"] = json!("never");
    event["subject"]["id"] = json!("919900000000000193");
    let (status, problem) = post(&playground.register, "application/json", event.to_string().into()).await;
    assert_eq!(status, 422);
    assert_eq!(problem["code"], "subject.check-digit", "{problem:#}");
    let details: Vec<&str> = problem["details"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect();
    for code in ["field.invalid", "field.unknown", "date.invalid"] {
        assert!(details.contains(&code), "{code} is not told: {problem:#}");
    }
}

#[tokio::test]
async fn a_missing_end_goes_before_every_fault_but_those_of_source_item_and_subject() {
    let playground = playground();
    let firm = Subject::foreign("iadb:1");
    let record = Record {
        source: "district.finance",
        item: "foreign.debarment",
        document_kind: "debarment-notice",
        record_id: "IADB-1".to_owned(),
        subject: firm,
        issued_on: date(2026, 5, 8),
    };
    let mut event = record.upserted(1, json!({ "colour": "red" }));
    let (_, problem) = post(&playground.register, "application/json", event.to_string().into()).await;
    assert_eq!(problem["code"], "document.no-end", "{problem:#}");
    event["subject"]["id"] = json!("");
    let (_, problem) = post(&playground.register, "application/json", event.to_string().into()).await;
    assert_ne!(problem["code"], "document.no-end", "{problem:#}");
    event["source"] = json!("district.fire");
    event["publisher"] = json!("district.finance");
    let (_, problem) = post(&playground.register, "application/json", event.to_string().into()).await;
    assert_eq!(problem["code"], "source.not-entitled", "{problem:#}");
}

#[tokio::test]
async fn a_body_that_is_no_event_at_all_is_refused_as_a_whole() {
    let playground = playground();
    let register = &playground.register;
    let (_, record) = listed(2);
    let event = record.upserted(1, json!({ "ground": 2 })).to_string();
    let (status, problem) = post(register, "text/plain", event.clone().into()).await;
    assert_eq!((status, &problem["code"]), (415, &json!("body.media-type")), "{problem:#}");
    let (status, problem) = post(register, "application/x-ndjson", Vec::new()).await;
    assert_eq!((status, &problem["receipts"]), (202, &json!([])), "{problem:#}");
}

/// Refused by the length it announces, before any of it is sent.
#[test]
fn a_body_longer_than_any_may_be_is_refused_at_its_head() {
    use std::io::{Read, Write};

    let playground = playground();
    let address = playground.base.strip_prefix("http://").unwrap();
    let mut connection = std::net::TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let head =
        "POST /v1/events HTTP/1.1\r\nhost: playground\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n";
    write!(connection, "{head}content-length: {}\r\n\r\n", 17 << 20).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"body.too-large\""), "{answer}");
}

#[tokio::test]
async fn a_dry_run_judges_and_writes_nothing() {
    let playground = playground();
    let register = &playground.register;
    let (firm, record) = listed(3);
    let url = format!("{}/v1/events?dry_run=true", playground.base);
    let good = record.upserted(1, json!({ "ground": 2 }));
    let answer = register.post(&url, None, "application/json", good.to_string()).await.unwrap();
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("accepted")), "{answer:?}");
    assert!(answer.body["token"].is_null(), "{answer:?}");
    let wrong = record.upserted(1, json!({ "ground": 8 }));
    let answer = register.post(&url, None, "application/json", wrong.to_string()).await.unwrap();
    assert_eq!((answer.status, answer.code()), (422, "field.invalid"), "{answer:?}");
    let record = register.lookup(BID, &firm).await.unwrap();
    assert_eq!(record["records"], json!([]), "{record:#}");
}

#[tokio::test]
async fn checks_that_are_wrong_have_their_codes_too() {
    let playground = playground();
    let register = &playground.register;
    let (firm, _) = listed(4);
    for (pointer, value, status, code) in [
        ("/matter", json!("subsidy.nothing"), 422, "matter.unknown"),
        ("/subject/scheme", json!("passport"), 422, "subject.scheme-unknown"),
        ("/subject/id", json!("919900000000000193"), 422, "subject.check-digit"),
        ("/subject", json!("nobody"), 422, "body.invalid"),
        ("/deadline_ms", json!(10_001), 422, "deadline.too-long"),
    ] {
        let mut question = register.question(BID, &firm, None).unwrap();
        question["deadline_ms"] = json!(100);
        *question.pointer_mut(pointer).unwrap() = value;
        let answer = register.ask(BID, false, &question).await.unwrap();
        assert_eq!((answer.status, answer.code()), (status, code), "{pointer}: {:#}", answer.body);
    }
}
