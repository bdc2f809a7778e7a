//! The endpoints for operations, over HTTP.
#![allow(clippy::unwrap_used)]

mod common;

use axum::Router;
use common::{PATIENCE, Server, settings};
use kit::admin;
use kit::credentials::Credentials;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::serve::Drained;
use kit::shutdown::Shutdown;

#[tokio::test]
async fn a_service_is_ready_when_all_its_conditions_are() {
    let server = Server::open(Router::new()).await;
    let kafka = server.readiness.condition("kafka");
    let restore = server.readiness.condition("restore");
    kafka.ready();
    restore.not_ready("17 of 48 partitions restored");
    let answer = server.get("/readyz").await;
    assert_eq!(answer.problem(), (503, "not-ready".to_owned()));
    assert_eq!(answer.json()["reasons"], serde_json::json!({ "restore": "17 of 48 partitions restored" }));
    restore.ready();
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["conditions"], serde_json::json!(["kafka", "restore"]));
    kafka.not_ready("no broker answers");
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_condition_starts_not_ready_and_readiness_can_be_awaited() {
    let readiness = Readiness::new();
    let condition = readiness.condition("kafka");
    assert_eq!(readiness.reasons(), [("kafka".to_owned(), "starting".to_owned())]);
    let waiting = readiness.clone();
    let waiting = tokio::spawn(async move { waiting.ready().await });
    condition.ready();
    tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    readiness.condition("kafka");
    assert!(readiness.is_ready());
}

#[tokio::test]
async fn operations_need_no_credential_and_everything_else_does() {
    let server = Server::start(Router::new(), Credentials::closed(), settings()).await;
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    assert_eq!(server.get("/v1/anything").await.problem(), (401, "credential.missing".to_owned()));
}

#[tokio::test]
async fn operations_can_have_an_address_of_their_own() {
    let shutdown = Shutdown::new(PATIENCE);
    let listening = admin::Settings { listen: ([127, 0, 0, 1], 0).into() }.bind().await.unwrap();
    let (address, token) = (listening.address(), shutdown.clone());
    let (metrics, readiness) = (Metrics::new("profile", "0.0.0"), Readiness::new());
    readiness.condition("restore");
    let serving = tokio::spawn(async move { admin::serve(listening, &metrics, &readiness, &token).await });
    let status = async |path: &str| reqwest::get(format!("http://{address}{path}")).await.unwrap().status().as_u16();
    assert_eq!(status("/readyz").await, 503);
    assert_eq!(status("/healthz").await, 200);
    assert_eq!(status("/v1/check").await, 401);
    shutdown.trigger();
    assert_eq!(tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn metrics_show_the_requests_answered() {
    let server = Server::open(Router::new()).await;
    server.get("/healthz").await;
    server.get("/somebody/911101010000000000").await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let healthz = "standing_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1";
    let unmatched = "standing_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1";
    assert!(answer.text.contains(healthz) && answer.text.contains(unmatched), "{}", answer.text);
    assert!(answer.text.contains("standing_build_info{service=\"kit\",version=\"0.0.0\"} 1"));
    assert!(!answer.text.contains("911101010000000000"));
}
