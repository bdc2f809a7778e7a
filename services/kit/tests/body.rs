//! Bodies and queries that cannot be read: each gets its code and position, and nothing that was sent comes back.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use common::Server;
use kit::body::{BodyBytes, JsonBody, QueryParams, parse_json};
use kit::serve::limit_body;
use kit::settings::ByteSize;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    consumer: String,
    #[serde(default)]
    subjects: Vec<Subject>,
    #[serde(default)]
    notes: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    scheme: Scheme,
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scheme {
    Uscc,
    CnId,
}

#[derive(Deserialize)]
struct Watch {
    matter: String,
}

async fn server() -> Server {
    let check = async |JsonBody(check): JsonBody<Check>| {
        let ids = check.subjects.iter().map(|subject| format!("{:?}{}", subject.scheme, subject.id));
        format!("{} {} {}", check.consumer, ids.collect::<String>(), check.notes.len())
    };
    let api = Router::new()
        .route("/check", post(check))
        .route("/bytes", post(async |BodyBytes(bytes): BodyBytes| bytes.len().to_string()))
        .route("/watch", get(async |QueryParams(watch): QueryParams<Watch>| watch.matter));
    Server::open(limit_body(api, ByteSize::from_kib(64))).await
}

const JSON: &str = "application/json";

#[tokio::test]
async fn a_good_body_is_taken_whatever_its_json_media_type_says_besides() {
    let server = server().await;
    let body = r#"{"consumer":"c","subjects":[{"scheme":"cn-id","id":"x"}]}"#;
    for media in [JSON, "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"] {
        let answer = server.post("/check", media, body).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "c CnIdx 0"), "{media}");
    }
}

#[tokio::test]
async fn malformed_json_is_400_with_its_position() {
    let server = server().await;
    for (body, line, column) in [
        ("{\n  \"consumer\": \"c\",\n  oops\n}", 3, 3),
        ("", 1, 0),
        ("{\"consumer\":\"c\"} trailing", 1, 18),
        ("{\"consumer\":\"c\"", 1, 15),
    ] {
        let answer = server.post("/check", JSON, body).await;
        assert_eq!(answer.problem(), (400, "body.malformed".to_owned()), "{body}");
        assert_eq!((&answer.json()["line"], &answer.json()["column"]), (&line.into(), &column.into()), "{body}");
    }
    let deep = "[".repeat(10_000);
    assert_eq!(server.post("/check", JSON, deep).await.problem(), (400, "body.malformed".to_owned()));
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_400_with_their_position() {
    let server = server().await;
    let answer = server.post("/check", JSON, b"{\n\"consumer\": \"\xc3\x28\"}".to_vec()).await;
    assert_eq!(answer.problem(), (400, "body.not-utf8".to_owned()));
    assert_eq!((&answer.json()["line"], &answer.json()["column"]), (&2.into(), &14.into()));
}

#[tokio::test]
async fn json_of_another_shape_is_422_and_says_where_and_what_was_expected() {
    let server = server().await;
    for (body, field, expected) in [
        ("{}", serde_json::Value::Null, "missing field `consumer`"),
        (r#"{"consumer":7}"#, "consumer".into(), "expected is a string"),
        (
            r#"{"consumer":"c","subjects":[{"scheme":"uscc","id":"x"},{"scheme":"qq"}]}"#,
            "subjects[1].scheme".into(),
            "`uscc` or `cn-id`",
        ),
        (r#"{"consumer":"c","consumer":"d"}"#, serde_json::Value::Null, "duplicate field `consumer`"),
        (r#"[1]"#, "[0]".into(), "expected is a string"),
    ] {
        let answer = server.post("/check", JSON, body).await;
        assert_eq!(answer.problem(), (422, "body.invalid".to_owned()), "{body}");
        let document = answer.json();
        assert!(document["detail"].as_str().unwrap().contains(expected), "{document}");
        if !field.is_null() {
            assert_eq!(document["field"], field, "{document}");
        }
    }
}

#[tokio::test]
async fn nothing_that_was_sent_comes_back() {
    let server = server().await;
    for body in [
        r#"{"990000199001010010":1,"consumer":"c"}"#,
        r#"{"consumer":"c","notes":{"990000199001010010":"x"}}"#,
        r#"{"consumer":"c","notes":{"a":"990000199001010010"}}"#,
        r#"{"consumer":"c","notes":"990000199001010010, expected one of `990000199001010010`"}"#,
        r#"{"consumer":"c","subjects":[{"scheme":"990000199001010010"}]}"#,
        r#"{"consumer":"c","subjects":990000199001010010}"#,
        r#"{"consumer":"990000199001010010" "#,
        r#"{"consumer":990000199001010010oops}"#,
    ] {
        let answer = server.post("/check", JSON, body).await;
        assert!(answer.status >= 400, "{body}");
        assert!(!answer.text.contains("9900001990"), "{body}: {}", answer.text);
    }
    let answer = server.get("/watch?990000199001010010=1").await;
    assert_eq!(answer.problem(), (400, "query.invalid".to_owned()));
    assert!(!answer.text.contains("9900001990"));
}

#[tokio::test]
async fn another_media_type_is_415() {
    let server = server().await;
    for media in ["text/plain", "application/x-www-form-urlencoded", "json", "application/xml"] {
        let answer = server.post("/check", media, "{}").await;
        assert_eq!(answer.problem(), (415, "body.media-type".to_owned()), "{media}");
    }
    let without = server.client.post(server.url("/check")).send().await.unwrap();
    assert_eq!(without.status(), 415);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_whether_announced_or_not() {
    let server = server().await;
    let long = vec![b'x'; 65 * 1024];
    assert_eq!(server.post("/bytes", JSON, long.clone()).await.problem(), (413, "body.too-large".to_owned()));
    let pieces = futures::stream::iter(
        long.chunks(1_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>(),
    );
    let answer = server.post("/bytes", JSON, reqwest::Body::wrap_stream(pieces)).await;
    assert_eq!(answer.problem(), (413, "body.too-large".to_owned()));
    let exact = server.post("/bytes", JSON, vec![b'x'; 64 * 1024]).await;
    assert_eq!((exact.status, exact.text.as_str()), (200, "65536"));
}

#[test]
fn a_line_of_a_batch_is_parsed_by_itself() {
    assert_eq!(parse_json::<u32>(b" 7 ").unwrap(), 7);
    let malformed = parse_json::<BTreeMap<String, u32>>(b"{\"a\":}").unwrap_err();
    assert_eq!((malformed.code, malformed.line, malformed.column), ("body.malformed", 1, 6));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
        let _ = parse_json::<Check>(&bytes);
    }
}
