//! The server's limits, over real connections.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use common::{PATIENCE, Server, settings};
use kit::body::BodyBytes;
use kit::credentials::{Credentials, Principal};
use kit::serve::{Drained, Listening, Settings};
use kit::settings::{HumanDuration, Problems, Validate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A route that says when a request has arrived, and answers when it may.
fn held() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at, until) = (Arc::clone(&arrived), Arc::clone(&go));
    let route = get(async move || {
        at.notify_one();
        until.notified().await;
        "done"
    });
    (Router::new().route("/held", route).route("/quick", get(async || "quick")), arrived, go)
}

async fn with(api: Router, change: impl FnOnce(&mut Settings)) -> Server {
    let mut settings = settings();
    change(&mut settings);
    Server::start(api, Credentials::open("playground"), settings).await
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let server = Server::open(Router::new().route("/x", get(async || "x"))).await;
    assert_eq!(server.get("/nowhere").await.problem(), (404, "route.unknown".to_owned()));
    let answer = server.post("/x", "text/plain", "").await;
    assert_eq!(answer.problem(), (405, "method.not-allowed".to_owned()));
    assert!(answer.header("allow").contains("GET"));
    assert_eq!(server.post("/healthz", "text/plain", "").await.problem(), (405, "method.not-allowed".to_owned()));
}

#[tokio::test]
async fn answers_are_neither_stored_nor_sniffed() {
    let server = Server::open(Router::new().route("/x", get(async || "x"))).await;
    let answer = server.get("/x").await;
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
}

#[tokio::test]
async fn a_panic_is_an_internal_problem_and_the_server_goes_on() {
    let api = Router::new()
        .route(
            "/panic",
            get(async || {
                if true {
                    panic!("a secret of ours")
                }
            }),
        )
        .route("/x", get(async || "x"));
    let server = Server::open(api).await;
    let answer = server.get("/panic").await;
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    assert!(!answer.text.contains("secret"));
    assert_eq!(server.get("/x").await.text, "x");
    assert!(server.get("/metrics").await.text.contains("route=\"/panic\",status=\"500\"} 1"));
}

#[tokio::test]
async fn requests_over_the_limit_are_refused_while_operations_are_answered() {
    let (api, arrived, go) = held();
    let server = with(api, |settings| settings.requests_max = 1).await;
    let first = tokio::spawn(server.client.get(server.url("/held")).send());
    arrived.notified().await;
    let refused = server.get("/quick").await;
    assert_eq!(refused.problem(), (503, "overloaded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(server.get("/healthz").await.status, 200);
    go.notify_one();
    assert_eq!(first.await.unwrap().unwrap().text().await.unwrap(), "done");
    assert_eq!(server.get("/quick").await.text, "quick");
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_given_up() {
    let (api, ..) = held();
    let server = with(api, |settings| settings.request_timeout = HumanDuration::from_millis(50)).await;
    let answer = server.get("/held").await;
    assert_eq!(answer.problem(), (503, "request.timeout".to_owned()));
    assert_eq!(server.get("/quick").await.text, "quick");
}

#[tokio::test]
async fn a_body_that_never_comes_is_given_up() {
    let api = Router::new().route("/bytes", post(async |BodyBytes(bytes): BodyBytes| bytes.len().to_string()));
    let server = with(api, |settings| settings.request_timeout = HumanDuration::from_millis(50)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    assert!(read_some(&mut stream).await.starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn a_caller_keeps_to_its_rate() {
    let api = Router::new().route("/x", get(async || "x"));
    let server = with(api, |settings| (settings.rate_per_second, settings.rate_burst) = (1, 2)).await;
    assert_eq!(server.get("/x").await.status, 200);
    assert_eq!(server.get("/x").await.status, 200);
    let mut refused = server.get("/x").await;
    // Slower than a request a second, no caller is refused: only a machine at a standstill asks twice.
    while refused.status == 200 {
        refused = server.get("/x").await;
    }
    assert_eq!(refused.problem(), (429, "rate-limited".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(server.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn a_head_that_never_ends_and_an_idle_connection_are_closed() {
    let server = with(Router::new(), |settings| settings.head_timeout = HumanDuration::from_millis(100)).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await.unwrap();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut idle).await.starts_with("HTTP/1.1 200"));
    read_to_end(&mut slow).await;
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_free_place() {
    let server = with(Router::new(), |settings| settings.connections_max = 1).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_some(&mut first).await.starts_with("HTTP/1.1 200"));
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(early.is_err(), "the second connection was served beside the first");
    drop(first);
    assert!(read_some(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_with_a_monstrous_head_is_refused() {
    let server = Server::open(Router::new()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = read_some(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn stopping_answers_what_is_under_way_and_takes_nothing_new() {
    let (api, arrived, go) = held();
    let server = Server::open(api).await;
    let (address, client) = (server.address, reqwest::Client::new());
    let under_way = tokio::spawn(server.client.get(server.url("/held")).send());
    arrived.notified().await;
    server.shutdown.trigger();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(client.get(format!("http://{address}/quick")).send().await.is_err());
    go.notify_one();
    assert_eq!(under_way.await.unwrap().unwrap().text().await.unwrap(), "done");
    assert_eq!(server.ended().await, Drained { cut: 0 });
}

#[tokio::test]
async fn what_is_not_answered_at_the_deadline_is_cut() {
    let (api, arrived, _go) = held();
    let server = with(api, |settings| settings.drain = HumanDuration::from_millis(50)).await;
    let under_way = tokio::spawn(server.client.get(server.url("/held")).send());
    arrived.notified().await;
    assert_eq!(server.stop().await, Drained { cut: 1 });
    assert!(under_way.await.unwrap().is_err());
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let server = Server::open(Router::new()).await;
    let fault = Listening::bind(&Settings { listen: server.address, ..settings() }).await.err().unwrap();
    assert!(fault.to_string().contains(&server.address.to_string()));
}

#[tokio::test]
async fn a_handler_is_told_who_calls() {
    let api = Router::new().route("/who", get(async |who: Principal| who.name().to_owned().into_response()));
    assert_eq!(Server::open(api).await.get("/who").await.text, "open");
}

#[test]
fn limits_of_zero_are_problems_of_the_settings() {
    let zero = HumanDuration::default();
    let settings = Settings {
        body_max: Default::default(),
        request_timeout: zero,
        head_timeout: zero,
        requests_max: 0,
        connections_max: 0,
        rate_per_second: 1,
        rate_burst: 0,
        drain: zero,
        ..settings()
    };
    let mut problems = Problems::default();
    settings.validate(&mut problems);
    assert_eq!(problems.keys().count(), 7);
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap_or(0);
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
