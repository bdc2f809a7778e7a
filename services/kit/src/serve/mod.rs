//! The HTTP server of a service: bound first, so that its address is known, then served until the process stops.
//!
//! Every route of an API passes a limit of requests at once (503 `overloaded`), the credential (401), the caller's
//! rate (429 `rate-limited`), a limit of its body (413) and of its time (503 `request.timeout`); a panic is 500
//! `internal`. Open routes (`/metrics`, `/healthz`, `/readyz`, `/openapi.json`) pass none of the limits of the API, so
//! that an overloaded service can still be looked at. Connections are limited for both. When the shutdown token is
//! triggered no connection is accepted any more, requests under way are answered, and what is left at the deadline is
//! cut. Behind it, nothing but HTTP/1.1: TLS is the ingress's.

mod connections;
mod guard;
mod rate;

use std::any::Any;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::credentials::Credentials;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::settings::{ByteSize, HumanDuration, Problems, Validate};
use crate::shutdown::Shutdown;
use guard::{Guard, Traffic};

/// Section `[http]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The longest body of a request. Routes may set less, never more.
    pub body_max: ByteSize,
    /// The longest time until an answer begins.
    pub request_timeout: HumanDuration,
    /// The longest time for a request's head, and for an idle connection.
    pub head_timeout: HumanDuration,
    /// Requests of the API answered at once; more are refused as `overloaded`.
    pub requests_max: u32,
    /// Connections open at once; more wait.
    pub connections_max: u32,
    /// Requests a second of one credential; 0 sets no limit.
    pub rate_per_second: u32,
    /// Requests that a credential may make at once before its rate counts.
    pub rate_burst: u32,
    /// How long a stopping process waits for requests under way.
    pub drain: HumanDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            body_max: ByteSize::from_mib(16),
            request_timeout: HumanDuration::from_secs(30),
            head_timeout: HumanDuration::from_secs(30),
            requests_max: 1_024,
            connections_max: 4_096,
            rate_per_second: 0,
            rate_burst: 100,
            drain: HumanDuration::from_secs(10),
        }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        for (key, duration) in
            [("request_timeout", self.request_timeout), ("head_timeout", self.head_timeout), ("drain", self.drain)]
        {
            problems.check(key, !duration.is_zero(), "is zero", "give the longest time to wait, as in 30s");
        }
        for (key, count) in [("requests_max", self.requests_max), ("connections_max", self.connections_max)] {
            problems.check(key, count > 0, "is zero", "allow at least one");
        }
        problems.check("body_max", self.body_max.as_u64() > 0, "is zero", "allow a body, as in 16MiB");
        let burst = self.rate_per_second == 0 || self.rate_burst > 0;
        problems.check("rate_burst", burst, "is zero", "allow at least one request, or set rate_per_second to 0");
    }
}

/// Why no address could be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: choose another address or port in the settings")]
pub struct BindError {
    pub address: SocketAddr,
    #[source]
    pub cause: std::io::Error,
}

/// What a server serves.
pub struct Served {
    /// Routes behind the credential and the limits. Handlers may take a [`crate::credentials::Principal`].
    pub api: Router,
    /// Routes that anybody may call: [`crate::admin::router`], and documents like `/openapi.json`.
    pub open: Router,
    pub credentials: Credentials,
    pub metrics: Metrics,
}

/// How serving ended: how many connections were cut at the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    pub cut: usize,
}

/// A bound listener. Connections wait in its backlog until it serves.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
}

impl Listening {
    pub async fn bind(settings: &Settings) -> Result<Self, BindError> {
        let fault = |cause| BindError { address: settings.listen, cause };
        let listener = TcpListener::bind(settings.listen).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        Ok(Self { listener, address, settings: settings.clone() })
    }

    /// The address in fact, with the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is triggered and the requests under way are answered, or the deadline has come.
    pub async fn serve(self, served: Served, shutdown: &Shutdown) -> Drained {
        tracing::info!(address = %self.address, "listening");
        let traffic = Traffic::new(&served.metrics);
        let routes = routes(served, &self.settings, traffic.clone());
        connections::run(self.listener, routes, &self.settings, traffic, shutdown).await
    }
}

/// Sets a route's own limit for bodies, below the server's.
pub fn limit_body<S: Clone + Send + Sync + 'static>(routes: Router<S>, body_max: ByteSize) -> Router<S> {
    routes.layer(from_fn_with_state(body_max.as_usize(), guard::admit_body))
}

fn routes(served: Served, settings: &Settings, traffic: Traffic) -> Router {
    let guard = Guard::new(settings, served.credentials);
    let api = served
        .api
        .fallback(async || Problem::route_unknown())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(guard, guard::admit));
    let open = served.open.method_not_allowed_fallback(async || Problem::method_not_allowed());
    api.merge(open).layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(traffic, guard::watch))
}

/// The panic itself was logged by the hook; the answer tells nothing of it.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}
