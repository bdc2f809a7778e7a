//! What every request passes on its way in: counting, limits, the credential.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use prometheus::{HistogramVec, IntCounterVec, IntGauge};
use tokio::sync::Semaphore;

use super::Settings;
use super::rate::Rates;
use crate::body;
use crate::credentials::Credentials;
use crate::metrics::{ANSWER_SECONDS, Metrics};
use crate::problem::Problem;

/// The metrics of a process's HTTP.
#[derive(Clone)]
pub(super) struct Traffic {
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
    pub(super) connections: IntGauge,
}

impl Traffic {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            requests: metrics.counters(
                "standing_http_requests_total",
                "Requests answered, by route, method and status.",
                &["route", "method", "status"],
            ),
            seconds: metrics.histograms(
                "standing_http_seconds",
                "From a request's head to its answer's head, by route.",
                &["route"],
                &ANSWER_SECONDS,
            ),
            in_flight: metrics.gauge("standing_http_requests_in_flight", "Requests being answered."),
            connections: metrics.gauge("standing_http_connections", "Open connections."),
        }
    }
}

/// Counts a gauge down again however the work ends.
pub(super) struct Counted(IntGauge);

impl Counted {
    pub(super) fn up(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Outermost, on every route: counts and times.
pub(super) async fn watch(State(traffic): State<Traffic>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let _counted = Counted::up(&traffic.in_flight);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method(request.method());
    let mut response = next.run(request).await;
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status();
    traffic.requests.with_label_values(&[route, method, status.as_str()]).inc();
    traffic.seconds.with_label_values(&[route]).observe(started.elapsed().as_secs_f64());
    tracing::debug!(route, method, status = status.as_u16(), "answered");
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Label values are ours: a method that somebody made up is `other`.
fn method(method: &Method) -> &'static str {
    let known = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH];
    let names = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    known.iter().position(|known| known == method).map_or("other", |position| names[position])
}

/// What an API's requests have to pass.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) credentials: Credentials,
    slots: Arc<Semaphore>,
    rates: Option<Arc<Rates>>,
    timeout: Duration,
    body_max: usize,
}

impl Guard {
    pub(super) fn new(settings: &Settings, credentials: Credentials) -> Self {
        let rates =
            (settings.rate_per_second > 0).then(|| Arc::new(Rates::new(settings.rate_per_second, settings.rate_burst)));
        Self {
            credentials,
            slots: Arc::new(Semaphore::new(settings.requests_max as usize)),
            rates,
            timeout: settings.request_timeout.get(),
            body_max: settings.body_max.as_usize(),
        }
    }
}

/// On every route of an API. The time limit is for the answer's head: a stream may last.
pub(super) async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Ok(_slot) = guard.slots.try_acquire() else {
        return Problem::overloaded().into_response();
    };
    let principal = match guard.credentials.authenticate(request.headers()) {
        Ok(principal) => principal,
        Err(problem) => return problem.into_response(),
    };
    if let Some(rates) = &guard.rates
        && let Err(wait) = rates.take(principal.key(), Instant::now())
    {
        return too_many(wait).into_response();
    }
    request.extensions_mut().insert(principal);
    match limited(request, guard.body_max) {
        Ok(request) => match tokio::time::timeout(guard.timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::timed_out().into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

/// On a single route: see [`super::limit_body`].
pub(super) async fn admit_body(State(body_max): State<usize>, request: Request, next: Next) -> Response {
    match limited(request, body_max) {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Refuses a body that says it is too long, and cuts one that turns out to be.
fn limited(request: Request, body_max: usize) -> Result<Request, Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > u64::try_from(body_max).unwrap_or(u64::MAX)) {
        return Err(body::too_large());
    }
    Ok(request.map(|body| Body::new(Limited::new(body, body_max))))
}

fn too_many(wait: Duration) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "too many requests of this credential")
        .detail("nothing was done; send the request again after the seconds in Retry-After.")
        .retry_after(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}
