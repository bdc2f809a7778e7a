//! `POST /v1/events`: extract, check, send, answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant as Moment;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, RequestExt, Router};
use bytes::BytesMut;
use domain::catalogue::Catalogue;
use futures::{StreamExt, stream};
use kit::body::{QueryParams, media_type, unsupported_media_type};
use kit::credentials::Principal;
use kit::problem::Problem;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::batch::{Batch, Interrupted};
use crate::check::{Checked, Speaker};
use crate::digest::Trace;
use crate::records::Origin;
use crate::refusal;
use crate::report::{Receipt, Report, Status};
use crate::service::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default)]
    dry_run: bool,
}

enum Form {
    Event,
    Batch,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/v1/events", post(events)).with_state(shared)
}

async fn events(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    mut request: Request,
) -> Result<Response, Problem> {
    let QueryParams(Query { dry_run }) = request.extract_parts().await?;
    let speaker = speaker(&principal)?;
    let form = form(request.headers())?;
    let catalogue = shared.catalogue().ok_or_else(refusal::no_catalogue)?;
    let body = request.into_body().into_data_stream();
    match form {
        Form::Event => event(&shared, &catalogue, speaker, dry_run, body).await,
        Form::Batch => {
            let Ok(permit) = Arc::clone(&shared.batches).try_acquire_owned() else {
                return Err(refusal::batches_full());
            };
            batch(&shared, &catalogue, speaker, dry_run, body, permit).await
        }
    }
}

fn speaker(principal: &Principal) -> Result<Speaker<'_>, Problem> {
    match principal.department() {
        Some(department) => Ok(Speaker::Department(department)),
        None if principal.is_open() => Ok(Speaker::Anyone),
        None => Err(refusal::no_department()),
    }
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    match media_type(headers).as_deref() {
        Some("application/json") if plain => Ok(Form::Event),
        Some("application/x-ndjson") if plain => Ok(Form::Batch),
        _ => Err(unsupported_media_type("application/json or application/x-ndjson, not compressed")),
    }
}

/// What was read of a single event's body: all of it, or too much.
enum Read {
    Whole(BytesMut),
    TooLong(Trace),
}

async fn event(
    shared: &Shared,
    catalogue: &Catalogue,
    speaker: Speaker<'_>,
    dry_run: bool,
    body: BodyDataStream,
) -> Result<Response, Problem> {
    let read = read(shared, body).await?;
    let started = Moment::now();
    let checked = match &read {
        Read::Whole(bytes) => shared.checker.json(bytes, speaker, catalogue),
        Read::TooLong(_) => Checked::unreadable(shared.checker.too_large(), speaker, catalogue),
    };
    shared.metrics.check_seconds.observe(started.elapsed().as_secs_f64());
    if dry_run {
        return match checked.outcome {
            Ok(_) => Ok(accepted(checked.event_id.as_deref(), None)),
            Err(faults) => Err(refusal::event(checked.event_id.as_deref(), &faults)),
        };
    }
    shared.metrics.received(&checked.named);
    let Checked { event_id, named, outcome } = checked;
    let now = shared.checker.now();
    let (record, faults) = match outcome {
        Ok(event) => (shared.records.event(event, now), None),
        Err(faults) => {
            let trace = match read {
                Read::Whole(bytes) => shared.digest.of(&bytes),
                Read::TooLong(trace) => trace,
            };
            (shared.records.reject(&named, &faults.first, &Origin::Line(1), trace, now), Some(faults))
        }
    };
    let started = Moment::now();
    let delivered = match record {
        Ok(record) => shared.sender.deliver(record).await,
        Err(error) => Err(shared.not_written(&error)),
    };
    shared.metrics.delivery_seconds.observe(started.elapsed().as_secs_f64());
    let event_id = event_id.as_deref();
    let faults = match (delivered, faults) {
        (Ok(delivery), None) => {
            shared.acknowledged.record(delivery);
            shared.metrics.accepted(&named, shared.checker.now().ms());
            return Ok(accepted(event_id, Some(&shared.acknowledged.token())));
        }
        (Ok(_), Some(faults)) => faults,
        (Err(why), _) => refusal::undelivered(why).into(),
    };
    shared.metrics.rejected(&named, &faults.first.code);
    Err(refusal::event(event_id, &faults))
}

/// Reads a body to its end, and keeps no more of it than an event may be long.
async fn read(shared: &Shared, mut body: BodyDataStream) -> Result<Read, Problem> {
    let mut held = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|fault| kit::body::interrupted(&fault))?;
        if held.len() + piece.len() <= shared.checker.event_bytes_max {
            held.extend_from_slice(&piece);
            continue;
        }
        let mut running = shared.digest.start();
        running.update(&held);
        running.update(&piece);
        while let Some(piece) = body.next().await {
            running.update(&piece.map_err(|fault| kit::body::interrupted(&fault))?);
        }
        return Ok(Read::TooLong(running.finish()));
    }
    Ok(Read::Whole(held))
}

fn accepted(event_id: Option<&str>, token: Option<&str>) -> Response {
    (StatusCode::ACCEPTED, Json(Receipt { event_id, status: Status::Accepted, token })).into_response()
}

async fn batch(
    shared: &Shared,
    catalogue: &Catalogue,
    speaker: Speaker<'_>,
    dry_run: bool,
    body: BodyDataStream,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Problem> {
    let slots = VecDeque::new();
    let batch = Batch { shared, catalogue, speaker, dry_run, slots, report: Report::default(), outage: false };
    let report = batch.take(body).await.map_err(|Interrupted(fault)| kit::body::interrupted(&fault))?;
    let token = (!dry_run).then(|| shared.acknowledged.token());
    // The answer is memory of this batch until its last piece is sent.
    let pieces = report.pieces(token).map(move |piece| {
        let _held = &permit;
        Ok::<_, std::convert::Infallible>(piece)
    });
    let mut response = (StatusCode::ACCEPTED, Body::from_stream(stream::iter(pieces))).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
