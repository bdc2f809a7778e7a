//! The endpoints for operations: `/metrics`, `/healthz`, `/readyz`. They carry nothing about any subject and need no
//! credential.
//!
//! `/healthz` says that the process answers, and nothing else: it never depends on Kafka, because restarting a service
//! does not mend a broker. `/readyz` is 503 with the reasons while any condition is not ready.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::problem::Problem;
use crate::readiness::Readiness;

/// The router of the three endpoints.
pub fn router(metrics: Metrics, readiness: Readiness) -> Router {
    Router::new()
        .route("/metrics", get(show).with_state(metrics))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
}

async fn show(State(metrics): State<Metrics>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], metrics.text()).into_response()
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let reasons = readiness.reasons();
    if reasons.is_empty() {
        return Json(json!({ "status": "ready", "conditions": readiness.names() })).into_response();
    }
    let reasons: Map<String, Value> = reasons.into_iter().map(|(name, reason)| (name, reason.into())).collect();
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "not ready")
        .detail("wait until the conditions under reasons are met; they say what each waits for.")
        .with("reasons", reasons)
        .into_response()
}
