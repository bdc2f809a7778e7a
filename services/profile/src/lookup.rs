//! `POST /v1/subjects/lookup`: one subject's record for one entitled consumer, logged before it is shown (R12).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::catalogue::Catalogue;
use domain::event::RecordRef;
use domain::ids::{ConsumerId, DepartmentId, ItemId, MatterId, RecordId};
use domain::rows::Rows;
use domain::state::SubjectRow;
use domain::subject::{Identifier, SubjectKey, SubjectKind, holds_identity_number, partition_of};
use domain::time::Instant;
use kit::body::JsonBody;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::{Act, DecisionRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stream::log::{Outgoing, TopicPartition};
use stream::runtime::ReadError;

use crate::peers::FORWARDED;
use crate::rating_view;
use crate::record_view::{self, SubjectView};
use crate::service::Shared;
use crate::store::ReadStore;

/// Most records in one answer; `after` asks for the next ones.
const RECORDS_MAX: usize = 200;

/// How long the log may take to acknowledge that a lookup was made.
const LOG_WAIT: Duration = Duration::from_secs(5);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    consumer: Option<String>,
    matter: String,
    subject: Subject,
    /// The last record of the answer before.
    after: Option<After>,
    /// The applicant's file number, logged only.
    case: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    scheme: String,
    id: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct After {
    publisher: DepartmentId,
    item: ItemId,
    record_id: RecordId,
}

/// What may be logged as the applicant's file number.
fn is_file_number(case: &str) -> bool {
    let plain = case.len() <= 200 && !case.trim().is_empty() && !case.chars().any(char::is_control);
    plain && Identifier::parse("cn-id", case, &|_| false).is_err() && !holds_identity_number(case)
}

fn refuse(status: StatusCode, code: &'static str, title: &'static str, detail: &'static str) -> Problem {
    Problem::new(status, code, title).detail(detail)
}

pub(crate) async fn lookup(
    State(shared): State<Arc<Shared>>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<Request>,
) -> Result<Response, Problem> {
    let now = shared.now();
    let Some((digest, catalogue)) = shared.shelf.active() else {
        let detail = "no catalogue is active yet; try again shortly";
        return Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "catalogue.none", "No catalogue", detail).retry_after(1));
    };
    let (consumer, matter) = entitle(&principal, &catalogue, &request, now)?;
    let subject = subject_key(&shared, &principal, &catalogue, &consumer, &request.subject)?;
    if request.case.as_deref().is_some_and(|case| !is_file_number(case)) {
        let detail = "a file number of at most 200 bytes, without control characters, and no identity number";
        return Err(
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "field.invalid", "Invalid case", detail).with("field", "case")
        );
    }
    let after =
        request.after.clone().map(|a| RecordRef { publisher: a.publisher, item: a.item, record_id: a.record_id });
    let partition = partition_of(&subject, shared.topics.partitions());
    let answer = {
        let (shared, subject, catalogue) = (Arc::clone(&shared), subject.clone(), Arc::clone(&catalogue));
        let read = move || read(&shared, &subject, partition, &catalogue, after.as_ref(), now);
        tokio::task::spawn_blocking(read).await.map_err(|_| Problem::internal())?
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(Unread::Here(problem)) => return Err(problem),
        Err(Unread::Elsewhere) if headers.contains_key(FORWARDED) => {
            let detail = "this instance does not own the subject's partition";
            let title = "Another instance owns it";
            return Err(refuse(StatusCode::MISDIRECTED_REQUEST, "lookup.misdirected", title, detail));
        }
        Err(Unread::Elsewhere) => {
            let owner = shared.peers.ask(partition, "/v1/subjects/lookup", &headers, &request).await;
            return owner.ok_or_else(|| unavailable("no instance within reach owns the subject's partition just now"));
        }
    };
    let decision_id = shared.decision_id(partition);
    let record = DecisionRecord {
        decision_id: decision_id.clone(),
        at: now,
        act: Act::Lookup,
        consumer,
        matter,
        subject,
        decision: None,
        reason: None,
        flags: Vec::new(),
        staleness_ms: Some(answer.staleness_ms),
        catalogue: Some(digest.clone()),
        case: request.case,
    };
    log(&shared, &record, partition).await?;
    let Answer { head, ratings, records, next, staleness_ms } = answer;
    let shown = Json(json!({
        "subject": { "scheme": request.subject.scheme },
        "life": head.as_ref().map(|h| h.life),
        "counts": head.as_ref().map(|h| &h.counts),
        "opted_out": head.as_ref().is_some_and(SubjectRow::has_opted_out),
        "ratings": ratings,
        "records": records,
        "next": next,
        "staleness_ms": staleness_ms,
        "catalogue": digest,
        "decision_id": decision_id,
    }));
    Ok(shown.into_response())
}

fn entitle(
    principal: &Principal,
    catalogue: &Catalogue,
    request: &Request,
    now: Instant,
) -> Result<(ConsumerId, MatterId), Problem> {
    let unknown = || {
        let detail = "no matter of this id in the catalogue in force";
        refuse(StatusCode::UNPROCESSABLE_ENTITY, "matter.unknown", "Unknown matter", detail).with("field", "matter")
    };
    let matter =
        MatterId::new(request.matter.as_str()).ok().filter(|m| catalogue.knows_matter(m)).ok_or_else(unknown)?;
    let missing = || {
        let detail = "name the consumer that asks";
        refuse(StatusCode::UNPROCESSABLE_ENTITY, "consumer.missing", "No consumer", detail).with("field", "consumer")
    };
    let consumer = request.consumer.as_deref().or(principal.consumer()).ok_or_else(missing)?;
    principal.may_ask(consumer, matter.as_str())?;
    let not_entitled = || {
        let detail = "the catalogue does not entitle this consumer to this matter";
        refuse(StatusCode::FORBIDDEN, "consumer.not-entitled", "Not entitled", detail)
    };
    let consumer = ConsumerId::new(consumer).map_err(|_| not_entitled())?;
    let own = principal.is_open() && principal.consumer() == Some(consumer.as_str());
    let listed = catalogue.consumers.get(&consumer).is_some_and(|c| c.since <= now.day() && c.may_ask(&matter));
    if own || listed { Ok((consumer, matter)) } else { Err(not_entitled()) }
}

fn subject_key(
    shared: &Shared,
    principal: &Principal,
    catalogue: &Catalogue,
    consumer: &ConsumerId,
    subject: &Subject,
) -> Result<SubjectKey, Problem> {
    let confirmed = |code: &str| catalogue.confirmed_codes.contains(code);
    let identifier = Identifier::parse(&subject.scheme, &subject.id, &confirmed).map_err(|problem| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, problem.code, "Invalid subject")
            .detail(problem.message)
            .with("field", "subject")
    })?;
    if identifier.kind() == SubjectKind::Person {
        principal.may_ask_about_people()?;
        if !principal.is_open() && !catalogue.consumers.get(consumer).is_some_and(|c| c.people) {
            let detail = "the catalogue does not entitle this consumer to ask about natural persons";
            return Err(refuse(StatusCode::FORBIDDEN, "consumer.not-entitled", "Not entitled", detail));
        }
    }
    Ok(shared.key.pseudonymise(&identifier))
}

fn unavailable(detail: &'static str) -> Problem {
    refuse(StatusCode::SERVICE_UNAVAILABLE, "view.not-ready", "Not ready", detail).retry_after(1)
}

/// Why a record was not read.
enum Unread {
    Here(Problem),
    /// Another instance owns the subject's partition.
    Elsewhere,
}

struct Answer {
    head: Option<SubjectRow>,
    ratings: Vec<Value>,
    records: Vec<Value>,
    next: Option<Value>,
    staleness_ms: i64,
}

fn read(
    shared: &Shared,
    subject: &SubjectKey,
    partition: i32,
    catalogue: &Catalogue,
    after: Option<&RecordRef>,
    now: Instant,
) -> Result<Answer, Unread> {
    let of = TopicPartition::new(Arc::clone(shared.topics.events()), partition);
    let rows = shared.runtime.read(&of, |snapshot| {
        let mut store = ReadStore(snapshot);
        let rows = Rows::new(&mut store);
        let records = rows.records(subject, after, RECORDS_MAX + 1)?;
        Ok::<_, domain::rows::RowError>((rows.subject(subject)?, rows.ratings(subject)?, records))
    });
    let (head, ratings, mut records) = match rows {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => {
            tracing::error!(%error, partition, "a lookup could not read the state");
            return Err(Unread::Here(unavailable("the state cannot be read")));
        }
        Err(ReadError::NotHere { .. }) => return Err(Unread::Elsewhere),
        Err(ReadError::NotReady { .. }) => {
            return Err(Unread::Here(unavailable("the subject's partition is being restored")));
        }
    };
    let caught_up = shared.runtime.status().partition(&of).and_then(|p| p.current_as_of_ms(now.ms()));
    let more = records.len() > RECORDS_MAX;
    records.truncate(RECORDS_MAX);
    let next = records.last().filter(|_| more).map(|(key, _)| {
        json!(After { publisher: key.publisher.clone(), item: key.item.clone(), record_id: key.record_id.clone() })
    });
    let restrictions = head.as_ref().map(SubjectRow::restrictions).unwrap_or_default();
    let opted_out = head.as_ref().is_some_and(SubjectRow::has_opted_out);
    let view = SubjectView { kind: subject.kind(), catalogue, now, restrictions: &restrictions, opted_out };
    Ok(Answer {
        ratings: rating_view::ratings(&ratings, catalogue, now),
        head,
        records: record_view::records(&view, &records),
        next,
        staleness_ms: (now.ms() - caught_up.unwrap_or(0)).max(0),
    })
}

/// Nothing is shown unless the log has the record of who asked.
async fn log(shared: &Shared, record: &DecisionRecord, partition: i32) -> Result<(), Problem> {
    let unavailable = || {
        let detail = "that somebody asked could not be recorded, so nothing is shown; try again";
        refuse(StatusCode::SERVICE_UNAVAILABLE, "decision-log.unavailable", "Decision log unavailable", detail)
            .retry_after(1)
    };
    let value = shared.codec.encode_decision(record).map_err(|_| unavailable())?;
    let outgoing = Outgoing {
        topic: Arc::clone(shared.topics.decisions()),
        partition,
        key: Some(record.subject.to_string().into()),
        value: Some(value),
        headers: Vec::new(),
        timestamp_ms: None,
    };
    let report = shared.producer.send(outgoing).map_err(|_| unavailable())?;
    match tokio::time::timeout(LOG_WAIT, report).await {
        Ok(Ok(delivery)) => {
            shared.decided(delivery);
            Ok(())
        }
        Ok(Err(_)) | Err(_) => Err(unavailable()),
    }
}
