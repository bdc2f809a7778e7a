//! The endpoints for operations: `/metrics`, `/healthz`, `/readyz`. They carry nothing about any subject and need no
//! credential.
//!
//! `/healthz` says that the process answers, and nothing else: it never depends on Kafka, because restarting a service
//! does not mend a broker. `/readyz` is 503 with the reasons while any condition is not ready.
//!
//! Services that run alone serve them on an address of their own ([`Settings`]), so that approval systems need not reach
//! them; a service's API may carry them too.

use std::net::SocketAddr;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::credentials::Credentials;
use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::problem::Problem;
use crate::readiness::Readiness;
use crate::serve::{self, BindError, Drained, Listening, Served};
use crate::settings::{Problems, Validate};
use crate::shutdown::Shutdown;

/// Section `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: ([127, 0, 0, 1], 8081).into() }
    }
}

impl Validate for Settings {
    fn validate(&self, _: &mut Problems) {}
}

impl Settings {
    /// Binds the address; [`serve`] serves it.
    pub async fn bind(&self) -> Result<Listening, BindError> {
        Listening::bind(&serve::Settings { listen: self.listen, ..serve::Settings::default() }).await
    }
}

/// Serves the three endpoints and nothing else until the process stops.
pub async fn serve(listening: Listening, metrics: &Metrics, readiness: &Readiness, shutdown: &Shutdown) -> Drained {
    let open = router(metrics.clone(), readiness.clone());
    let served = Served { api: Router::new(), open, credentials: Credentials::closed(), metrics: metrics.clone() };
    listening.serve(served, shutdown).await
}

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
