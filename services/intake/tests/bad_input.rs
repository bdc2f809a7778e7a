//! Every bad input by its name: its code, its field, its status; on record without the identifiers it came with; and the
//! good events around it go through.
#![allow(clippy::unwrap_used)]

mod support;

use domain::subject::fictitious;
use serde_json::{Value, json};
use support::events::{FIRM, lifecycle, lines, minor, penalty, penalty_of, with};
use support::{World, documented_codes, settings};

struct Bad {
    name: &'static str,
    event: Value,
    code: &'static str,
    field: &'static str,
}

fn bad(name: &'static str, event: Value, code: &'static str, field: &'static str) -> Bad {
    Bad { name, event, code, field }
}

/// The penalty with one member set.
fn set(path: &str, value: impl Into<Value>) -> Value {
    with(penalty("b"), path, Some(value.into()))
}

fn unset(path: &str) -> Value {
    with(penalty("b"), path, None)
}

/// A code whose last character is another.
fn wrong_digit(id: &str) -> String {
    let (rest, last) = id.split_at(id.len() - 1);
    format!("{rest}{}", if last == "3" { "4" } else { "3" })
}

fn all() -> Vec<Bad> {
    let person = fictitious::adult(5);
    let granted = json!({"permission_id": "虚构许可1", "matter": "no.such-matter", "from": "2026-05-08", "until": "2026-06-08", "by": "district.fire"});
    let backwards = json!({"permission_id": "虚构许可1", "matter": "procurement.bid", "from": "2026-06-08", "until": "2026-05-08", "by": "district.fire"});
    vec![
        bad("unknown type", set("type", "record.invented"), "type.unknown", "type"),
        bad("unknown item", set("item", "fire.invented"), "item.unknown", "item"),
        bad("unknown department", set("source", "district.invented"), "source.unknown", "source"),
        bad("an identifier as a department", set("source", person.clone()), "source.unknown", "source"),
        bad("unknown publisher", set("publisher", "district.invented"), "publisher.unknown", "publisher"),
        bad("unknown matter", lifecycle("b", "permission.granted", granted), "matter.unknown", "fields.matter"),
        bad(
            "a permission that ends before it begins",
            lifecycle("b", "permission.granted", backwards),
            "date.order",
            "fields.until",
        ),
        bad("unknown scheme", set("subject.scheme", "passport"), "subject.scheme-unknown", "subject.scheme"),
        bad("wrong check digit of a firm", set("subject.id", wrong_digit(FIRM)), "subject.check-digit", "subject.id"),
        bad(
            "wrong check digit of a person",
            penalty_of("b", "cn-id", &wrong_digit(&person)),
            "subject.check-digit",
            "subject.id",
        ),
        bad(
            "a person's number that is no date",
            penalty_of("b", "cn-id", "990000199013010014"),
            "subject.date",
            "subject.id",
        ),
        bad("a person under another scheme", penalty_of("b", "building", &person), "subject.malformed", "subject.id"),
        bad("a date that is no date", set("document.issued_on", "2026-02-30"), "date.invalid", "document.issued_on"),
        bad("a date in another form", set("valid.until", "07.05.2027"), "date.invalid", "valid.until"),
        bad("an instant without offset", set("occurred_at", "2026-05-08 10:00"), "date.invalid", "occurred_at"),
        bad("a date in the future", set("document.issued_on", "2026-06-03"), "date.future", "document.issued_on"),
        bad("an instant in the future", set("occurred_at", "2026-06-03T10:00:00+08:00"), "date.future", "occurred_at"),
        bad("an end before its beginning", set("valid.until", "2026-05-07"), "date.order", "valid.until"),
        bad("an end beyond the law's", set("valid.until", "2036-05-07"), "valid.over-maximum", "valid.until"),
        bad("no document", unset("document"), "document.missing", "document"),
        bad("a document without number", unset("document.number"), "document.missing", "document.number"),
        bad("a document without issuer", set("document.issuer", " "), "document.missing", "document.issuer"),
        bad("a document without date", unset("document.issued_on"), "document.missing", "document.issued_on"),
        bad("a document of another kind", set("document.kind", "permit"), "document.kind", "document.kind"),
        bad(
            "an item its department may not publish",
            set("source", "district.market"),
            "source.not-entitled",
            "source",
        ),
        bad(
            "a step its sender may not decide",
            with(
                lifecycle("b", "repair.granted", json!({"repair_id": "虚构修复1", "decided_on": "2026-05-20"})),
                "source",
                Some("district.credit-centre".into()),
            ),
            "source.not-entitled",
            "source",
        ),
        bad(
            "a registration by who keeps no register",
            lifecycle("b", "subject.registered", json!({})),
            "source.not-entitled",
            "source",
        ),
        bad("a person who was a minor", penalty_of("b", "cn-id", &minor()), "subject.minor", "subject"),
        bad("an unknown field", set("fields.colour", "red"), "field.unknown", "fields.colour"),
        bad("an unknown member", set("remark", "x"), "field.unknown", "remark"),
        bad("a member that is an identifier", set(&person, "x"), "field.unknown", "?"),
        bad("a missing field", unset("fields.severity"), "field.missing", "fields.severity"),
        bad("a missing source", unset("source"), "field.missing", "source"),
        bad("a missing subject", unset("subject"), "field.missing", "subject"),
        bad("a value out of its list", set("fields.severity", "enormous"), "field.invalid", "fields.severity"),
        bad("a number in another form", set("fields.fine_cny", "1e5"), "field.invalid", "fields.fine_cny"),
        bad("a value of another type", set("revision", "1"), "field.invalid", "revision"),
        bad("a revision of nought", set("revision", 0), "field.invalid", "revision"),
        bad("a revision beyond 64 bits", set("revision", 18_446_744_073_709_551_615_u64), "field.invalid", "revision"),
        bad("a NUL character", set("event_id", "a\u{0}b"), "field.invalid", "event_id"),
        bad("a text beyond all measure", set("event_id", "x".repeat(7_000)), "field.invalid", "event_id"),
        bad("an event that is a list", json!([penalty("b")]), "event.not-an-object", ""),
        bad("an event that is a number", json!(7), "event.not-an-object", ""),
        bad("more values than an event has", set("fields", json!(vec![0; 5_000])), "event.too-many-values", ""),
    ]
}

#[tokio::test]
async fn every_fault_of_an_event_has_its_code_its_field_and_its_record() {
    let running = World::new().start(settings()).await;
    for Bad { name, event, code, field } in all() {
        let before = running.world.rejects().len();
        let answer = running.event(&event).await;
        assert_eq!(answer.status, 422, "{name}: {}", answer.json);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
        assert_eq!(answer.json["code"], code, "{name}: {}", answer.json);
        assert_eq!(answer.json["field"].as_str().unwrap_or_default(), field, "{name}: {}", answer.json);
        assert!(!answer.json["detail"].as_str().unwrap().is_empty(), "{name}");
        assert!(answer.json["details"].is_array(), "{name}");
        let rejects = running.world.rejects();
        assert_eq!(rejects.len(), before + 1, "{name}");
        let of_code = rejects.iter().filter(|r| r.code == code && r.field.as_deref().unwrap_or_default() == field);
        assert!(of_code.count() >= 1, "{name}: {rejects:?}");
    }
    assert!(running.world.events().is_empty());
}

#[tokio::test]
async fn good_events_around_bad_ones_go_through() {
    let running = World::new().start(settings()).await;
    let bad = all();
    let mut events = Vec::new();
    for (n, bad) in bad.iter().enumerate() {
        events.push(penalty(&format!("g{n:03}")));
        events.push(bad.event.clone());
    }
    events.push(penalty("g999"));
    let answer = running.batch(lines(&events)).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json["accepted"], bad.len() + 1, "{}", answer.json);
    assert_eq!(answer.json["rejected"], bad.len());
    for (n, (problem, bad)) in answer.json["problems"].as_array().unwrap().iter().zip(&bad).enumerate() {
        assert_eq!(problem["code"], bad.code, "{}: {problem}", bad.name);
        assert_eq!(problem["line"], 2 * n + 2, "{}", bad.name);
        assert_eq!(answer.json["receipts"][2 * n + 1]["status"], "rejected");
    }
    assert_eq!(running.world.event_ids().len(), bad.len() + 1);
    let rejects = running.world.rejects();
    assert_eq!(rejects.len(), bad.len());
    for (reject, bad) in rejects.iter().zip(&bad) {
        assert_eq!(reject.code, bad.code, "{}", bad.name);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_its_position() {
    let running = World::new().start(settings()).await;
    let text = penalty("b").to_string();
    let twice = format!("{{\"source\":\"district.fire\",{}", &text[1..]);
    let (deep, utf8) = ("[".repeat(200_000), [&text.as_bytes()[..20], b"\xff", &text.as_bytes()[20..]].concat());
    let huge = json!({"source": "district.fire", "event_id": "x".repeat(10 << 20)}).to_string();
    for (name, body, status, code, part) in [
        ("malformed JSON", text.as_bytes()[..text.len() - 1].to_vec(), 400, "json.malformed", "column"),
        ("no JSON", b"source=district.fire".to_vec(), 400, "json.malformed", "column 1"),
        ("nothing", Vec::new(), 400, "json.malformed", "column"),
        ("NUL bytes", vec![0; 100], 400, "json.malformed", "column 1"),
        ("a name given twice", twice.into_bytes(), 400, "json.malformed", "twice"),
        ("deep nesting", deep.into_bytes(), 400, "json.malformed", "127 levels"),
        ("invalid UTF-8", utf8, 400, "encoding.invalid-utf8", "byte 21"),
        ("an event of 10 MB", huge.into_bytes(), 413, "event.too-large", "1048576 bytes"),
    ] {
        let bytes = body.len() as u64;
        let answer = running.post("application/json", body).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.json);
        assert_eq!(answer.json["code"], code, "{name}");
        assert!(answer.json["detail"].as_str().unwrap().contains(part), "{name}: {}", answer.json);
        let rejects = running.world.rejects();
        assert!(rejects.iter().any(|r| r.code == code && r.bytes == Some(bytes)), "{name}: {rejects:?}");
    }
    assert!(running.world.events().is_empty());
}

#[tokio::test]
async fn an_event_tells_all_its_faults_gravest_first() {
    let running = World::new().start(settings()).await;
    let mut event = set("fields.colour", "red");
    event["document"]["issued_on"] = "2026-13-01".into();
    event["source"] = "district.market".into();
    let answer = running.event(&event).await;
    assert_eq!(answer.json["code"], "source.not-entitled", "{}", answer.json);
    let codes: Vec<&str> =
        answer.json["details"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"date.invalid") && codes.contains(&"field.unknown"), "{codes:?}");
    assert_eq!(running.world.rejects().len(), 1);
}

#[tokio::test]
async fn nothing_that_identifies_leaves_intake() {
    let running = World::new().start(settings()).await;
    let person = fictitious::adult(5);
    let mut events = vec![penalty_of("g1", "cn-id", &person), penalty_of("g2", "cn-id", &minor())];
    for path in
        ["source", "type", "item", "event_id", "record_id", "fields.severity", "document.number", "subject.scheme"]
    {
        let event = with(penalty_of("b", "cn-id", &wrong_digit(&person)), path, Some(person.clone().into()));
        events.push(event);
    }
    events.push(with(penalty("b"), &format!("fields.{person}"), Some(1.into())));
    let mut body = lines(&events).into_bytes();
    body.extend_from_slice(format!("{{\"id\":{person}x\n").as_bytes());
    let answer = running.batch(body).await;
    assert_eq!(answer.json["accepted"], 1, "{}", answer.json);
    let metrics = running.world.metrics.text();
    let written = [running.world.written(), metrics.into_bytes()].concat();
    for secret in [person.as_str(), &minor(), "虚构某某", &wrong_digit(&person)] {
        let found = written.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} was written");
    }
}

#[tokio::test]
async fn a_refusal_is_on_record_with_its_line_and_a_keyed_digest() {
    let running = World::new().start(settings()).await;
    let event = unset("fields.severity");
    let body = lines([&penalty("g"), &event, &event]);
    running.batch(body).await;
    let rejects = running.world.rejects();
    assert_eq!(rejects.iter().map(|r| r.line).collect::<Vec<_>>(), [Some(2), Some(3)]);
    let first = &rejects[0];
    assert_eq!(first.source.as_ref().map(|s| s.as_str()), Some("district.fire"));
    assert_eq!(first.item.as_ref().map(|i| i.as_str()), Some("fire.penalty"));
    assert_eq!(first.bytes, Some(event.to_string().len() as u64));
    assert_eq!(first.place, None);
    assert_eq!(first.digest, rejects[1].digest);
    assert_eq!(first.digest.as_ref().unwrap().len(), 64);
    // Whoever has the payload alone cannot recompute it: it depends on the key.
    let mut other = World::new();
    other.key = std::sync::Arc::new(domain::pseudonym::PseudonymKey::new("k1", &[8; 32]).unwrap());
    let other = other.start(settings()).await;
    other.event(&event).await;
    assert_ne!(other.world.rejects()[0].digest, first.digest);
}

#[tokio::test]
async fn a_megabyte_of_members_is_refused_at_once() {
    let running = World::new().start(settings()).await;
    for open in ["{", "{\"fields\":{"] {
        let members: Vec<String> = (0..80_000).map(|n| format!("\"m{n}\":0")).collect();
        let close = if open.len() > 1 { "}}" } else { "}" };
        let answer = running.post("application/json", format!("{open}{}{close}", members.join(","))).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (422, Some("event.too-many-values")));
    }
}

#[tokio::test]
async fn an_event_with_any_byte_changed_is_taken_or_refused_with_a_known_code() {
    let running = World::new().start(settings()).await;
    let known = documented_codes();
    let good = penalty("good").to_string().into_bytes();
    for change in [0x01, 0x20, 0x80] {
        let mut lines = Vec::new();
        for at in 0..good.len() {
            let mut line = good.clone();
            line[at] ^= change;
            lines.extend(line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
            lines.push(b'\n');
        }
        let answer = running.dry("application/x-ndjson", lines).await;
        let count = |member: &str| answer.json[member].as_u64().unwrap();
        assert_eq!(count("accepted") + count("rejected"), good.len() as u64);
        for problem in answer.json["problems"].as_array().unwrap() {
            let code = problem["code"].as_str().unwrap();
            assert!(known.contains(code) && code != "internal", "{problem}");
        }
    }
}
