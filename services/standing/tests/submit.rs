//! `standing submit` against an intake that refuses, is busy, or is something else altogether.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

/// One request as it came.
struct Request {
    path: String,
    authorization: Option<String>,
    body: String,
}

impl Request {
    fn lines(&self) -> Vec<&str> {
        self.body.lines().collect()
    }
}

/// Gives these answers one after the other, each to one connection: status, further headers, body.
fn intake(answers: Vec<(&'static str, &'static str, Value)>) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (requests, received) = channel();
    std::thread::spawn(move || {
        for (status, headers, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            requests.send(answer(stream, status, headers, &body.to_string())).unwrap();
        }
    });
    (address, received)
}

fn answer(mut stream: TcpStream, status: &str, headers: &str, body: &str) -> Request {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut request =
        Request { path: line.split(' ').nth(1).unwrap().to_owned(), authorization: None, body: String::new() };
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => request.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    request.body = String::from_utf8(sent).unwrap();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    request
}

fn submit(to: &str, input: &str, more: &[&str], token: Option<&str>) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
    command.args(["submit", "-", "--to", to]).args(more).env_remove("STANDING_TOKEN");
    if let Some(token) = token {
        command.env("STANDING_TOKEN", token);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn taken(accepted: u64, problems: Value) -> Value {
    let receipts = json!([{ "event_id": "e", "status": "accepted", "token": "t-1" }]);
    json!({ "accepted": accepted, "rejected": problems.as_array().unwrap().len(), "receipts": receipts, "problems": problems })
}

#[test]
fn a_busy_intake_is_asked_again_when_it_says() {
    let busy = json!({ "code": "overloaded" });
    let (to, requests) = intake(vec![
        ("503 Service Unavailable", "retry-after: 0\r\n", busy.clone()),
        ("429 Too Many Requests", "retry-after: 0\r\n", busy),
        ("202 Accepted", "", taken(2, json!([]))),
    ]);
    let (code, out, err) = submit(&to, "{}\n\n{}\n", &[], Some("secret-token"));
    assert_eq!((code, out.as_str()), (0, "2 accepted, 0 refused\ntoken t-1\n"), "{err}");
    assert!(err.contains("trying again"), "{err}");
    for request in requests.iter().take(3) {
        assert_eq!(request.path, "/v1/events");
        assert_eq!(request.body, "{}\n{}\n");
        assert_eq!(request.authorization.as_deref(), Some("Bearer secret-token"));
    }
}

#[test]
fn refused_events_are_named_by_their_line_in_the_file() {
    let problems =
        json!([{ "line": 2, "code": "field.missing", "field": "item", "message": "is required", "details": [] }]);
    let (to, requests) = intake(vec![("202 Accepted", "", taken(1, problems))]);
    let (code, out, _) = submit(&to, "{\"a\":1}\n\n\n{broken\n", &["--dry-run"], None);
    assert_eq!(code, 1);
    assert_eq!(out, "line 4: field.missing: item: is required\n1 would be accepted, 1 refused\ntoken t-1\n");
    let request = requests.recv().unwrap();
    assert_eq!(request.path, "/v1/events?dry_run=true");
    assert_eq!(request.authorization, None);
}

#[test]
fn events_that_the_log_did_not_take_are_sent_again_and_no_others() {
    let unavailable = json!([{ "line": 2, "code": "log.unavailable", "field": null, "message": "try again" }]);
    let (to, requests) =
        intake(vec![("202 Accepted", "", taken(2, unavailable)), ("202 Accepted", "", taken(1, json!([])))]);
    let (code, out, err) = submit(&to, "[{\"a\":1},{\"b\":2},{\"c\":3}]", &[], None);
    assert_eq!((code, out.lines().next()), (0, Some("3 accepted, 0 refused")), "{err}");
    assert_eq!(requests.recv().unwrap().lines(), ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
    assert_eq!(requests.recv().unwrap().lines(), ["{\"b\":2}"]);
}

#[test]
fn a_batch_that_is_too_large_is_sent_in_halves() {
    let (to, requests) = intake(vec![
        ("413 Payload Too Large", "", json!({ "code": "body.too-large" })),
        ("202 Accepted", "", taken(2, json!([]))),
        ("202 Accepted", "", taken(1, json!([]))),
    ]);
    let (code, out, err) = submit(&to, "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n", &[], None);
    assert_eq!((code, out.lines().next()), (0, Some("3 accepted, 0 refused")), "{err}");
    let sent: Vec<String> = requests
        .iter()
        .skip(1)
        .take(2)
        .flat_map(|r| r.lines().iter().map(ToString::to_string).collect::<Vec<_>>())
        .collect();
    assert_eq!(sent.len(), 3, "{sent:?}");
}

#[test]
fn a_credential_that_is_refused_ends_the_run_and_is_not_shown() {
    let problem = json!({ "code": "credential.unknown", "detail": "ask the credit centre for one" });
    let (to, _requests) = intake(vec![("401 Unauthorized", "", problem)]);
    let (code, _, err) = submit(&to, "{}\n", &[], Some("secret-token"));
    assert_eq!(code, 1);
    assert!(err.contains("credential.unknown (401): ask the credit centre"), "{err}");
    assert!(!err.contains("secret-token"), "{err}");
}

#[test]
fn another_server_is_not_taken_for_intake() {
    let (to, _requests) = intake(vec![("200 OK", "", json!("welcome"))]);
    let (code, _, err) = submit(&to, "{}\n", &[], None);
    assert_eq!(code, 1);
    assert!(err.contains("no answer of intake"), "{err}");
}
