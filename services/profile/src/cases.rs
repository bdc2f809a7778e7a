//! `POST /v1/cases`: the open tasks of a department, or of all for who oversees them, by their last day.
//!
//! A department sees its own; one that the catalogue lets oversee others (the credit centre, 深圳条例 7) sees any. Subjects are
//! named by their keys, so people by the register's pseudonym alone; what a record says is not shown. A page goes through the
//! partitions in their order and ends with the first that has something to show; where another instance owns the next one, the question
//! is passed on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::case::is_over;
use domain::catalogue::{Catalogue, Task};
use domain::ids::DepartmentId;
use domain::rows::{CaseKey, RowError, Rows};
use domain::state::{CaseCounts, CaseRow};
use domain::time::Instant;
use kit::body::JsonBody;
use kit::credentials::Principal;
use kit::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stream::log::TopicPartition;
use stream::runtime::{Handle, ReadError};

use crate::peers::FORWARDED;
use crate::service::Shared;
use crate::store::ReadStore;

/// Most cases in one answer.
const CASES_MAX: usize = 200;

/// Most rows looked at for one answer: a department with few open tasks among many is found a page at a time.
const LOOKED_MAX: usize = 10_000;

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// Whose tasks; without it the caller's own, or everybody's for who oversees them.
    department: Option<String>,
    task: Option<Task>,
    /// Only those whose last day is over.
    #[serde(default)]
    overdue: bool,
    /// The member `next` of the answer before.
    after: Option<After>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct After {
    partition: i32,
    /// The last case of the answer before; none: from the first of the partition.
    key: Option<String>,
}

pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<Request>,
) -> Result<Response, Problem> {
    let Some((_, catalogue)) = shared.shelf.active() else {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "catalogue.none", "No catalogue");
        return Err(problem.detail("no catalogue is active yet; try again shortly").retry_after(1));
    };
    let department = entitle(&principal, &catalogue, request.department.as_deref())?;
    let partitions = i32::from(shared.topics.partitions().get());
    let (from, cursor) = match &request.after {
        None => (0, Vec::new()),
        Some(after) => (after.partition, after.key.as_deref().map_or(Ok(Vec::new()), unhex)?),
    };
    if !(0..partitions).contains(&from) {
        return Err(bad_after());
    }
    let wanted = Wanted { department, task: request.task, overdue: request.overdue, now: shared.now() };
    let mut cursor = cursor;
    for partition in from..partitions {
        let page = {
            let (shared, wanted) = (Arc::clone(&shared), wanted.clone());
            let read = move || read(&shared.runtime, shared.topics.events(), partition, &cursor, &wanted);
            tokio::task::spawn_blocking(read).await.map_err(|_| Problem::internal())?
        };
        cursor = Vec::new();
        match page {
            Ok(page) if page.cases.is_empty() && page.next.is_none() && partition + 1 < partitions => {}
            Ok(page) => return Ok(answer(page, partition, partitions)),
            Err(Unread::Here(problem)) => return Err(problem),
            Err(Unread::Elsewhere) if headers.contains_key(FORWARDED) && partition == from => {
                let title = "Another instance owns it";
                let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, "lookup.misdirected", title);
                return Err(problem.detail("this instance does not own the partition"));
            }
            Err(Unread::Elsewhere) if headers.contains_key(FORWARDED) => {
                return Ok(answer(Page { cases: Vec::new(), next: None }, partition - 1, partitions));
            }
            Err(Unread::Elsewhere) => {
                let after = if partition == from { request.after.clone() } else { None };
                let after = after.or(Some(After { partition, key: None }));
                let question = Request { after, ..request.clone() };
                let owner = shared.peers.ask(partition, "/v1/cases", &headers, &question).await;
                return owner.ok_or_else(|| not_ready("no instance within reach owns the next partition just now"));
            }
        }
    }
    Ok(answer(Page { cases: Vec::new(), next: None }, partitions - 1, partitions))
}

/// Whose tasks may be shown: of one department, or of all.
fn entitle(principal: &Principal, catalogue: &Catalogue, asked: Option<&str>) -> Result<Option<DepartmentId>, Problem> {
    let refused = || {
        let problem = Problem::new(StatusCode::FORBIDDEN, "credential.not-entitled", "Not entitled");
        problem.detail("a department sees its own open cases; the catalogue names who oversees those of others")
    };
    let unknown = || {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "department.unknown", "Unknown department");
        problem.detail("no department of this id in the catalogue in force").with("field", "department")
    };
    let asked = match asked {
        Some(id) => {
            let id = DepartmentId::new(id).ok().filter(|id| catalogue.departments.contains_key(id));
            Some(id.ok_or_else(unknown)?)
        }
        None => None,
    };
    if principal.is_open() {
        return Ok(asked);
    }
    let own = principal.department().and_then(|id| DepartmentId::new(id).ok()).ok_or_else(refused)?;
    let oversees = catalogue.departments.get(&own).is_some_and(|department| department.oversees);
    match asked {
        None if oversees => Ok(None),
        None => Ok(Some(own)),
        Some(asked) if oversees || asked == own => Ok(Some(asked)),
        Some(_) => Err(refused()),
    }
}

#[derive(Clone)]
struct Wanted {
    department: Option<DepartmentId>,
    task: Option<Task>,
    overdue: bool,
    now: Instant,
}

impl Wanted {
    fn takes(&self, key: &CaseKey, row: &CaseRow) -> bool {
        self.department.as_ref().is_none_or(|department| *department == row.unit)
            && self.task.is_none_or(|task| task == key.task)
            && (!self.overdue || is_over(key.due_on, self.now))
    }
}

struct Page {
    cases: Vec<Value>,
    /// Where the partition goes on; `None` at its end.
    next: Option<String>,
}

enum Unread {
    Here(Problem),
    Elsewhere,
}

fn not_ready(detail: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "view.not-ready", "Not ready").detail(detail).retry_after(1)
}

fn read(runtime: &Handle, events: &Arc<str>, partition: i32, cursor: &[u8], wanted: &Wanted) -> Result<Page, Unread> {
    let of = TopicPartition::new(Arc::clone(events), partition);
    let rows = runtime.read(&of, |snapshot| Rows::new(&mut ReadStore(snapshot)).cases_after(cursor, LOOKED_MAX));
    let rows = match rows {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => {
            tracing::error!(%error, partition, "a list of cases could not read the state");
            return Err(Unread::Here(not_ready("the state cannot be read")));
        }
        Err(ReadError::NotHere { .. }) => return Err(Unread::Elsewhere),
        Err(ReadError::NotReady { .. }) => return Err(Unread::Here(not_ready("a partition is being restored"))),
    };
    let whole = rows.len() < LOOKED_MAX;
    let mut page = Page { cases: Vec::new(), next: None };
    let mut looked = 0;
    for (key, row) in &rows {
        looked += 1;
        if wanted.takes(key, row) {
            page.cases.push(shown(key, row, wanted.now));
        }
        if page.cases.len() == CASES_MAX {
            break;
        }
    }
    if looked < rows.len() || !whole {
        page.next = rows.get(looked - 1).map(|(key, _)| hex(&key.encode()));
    }
    Ok(page)
}

fn shown(key: &CaseKey, row: &CaseRow, now: Instant) -> Value {
    json!({
        "task": key.task,
        "id": key.id,
        "unit": row.unit,
        "subject": key.subject.as_str(),
        "record": { "publisher": key.record.publisher, "item": key.record.item, "record_id": key.record.record_id },
        "began_on": row.began_on,
        "due_on": key.due_on,
        "extended": row.extended,
        "overdue": is_over(key.due_on, now),
    })
}

fn answer(page: Page, partition: i32, partitions: i32) -> Response {
    let next = match page.next {
        Some(key) => Some(After { partition, key: Some(key) }),
        None if partition + 1 < partitions => Some(After { partition: partition + 1, key: None }),
        None => None,
    };
    Json(json!({ "cases": page.cases, "next": next })).into_response()
}

fn bad_after() -> Problem {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.invalid", "Invalid after");
    problem.detail("send the member `next` of the answer before as it was").with("field", "after")
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text does not refuse to be written");
        text
    })
}

/// A cursor back from its text, and only one of this kind of row.
fn unhex(text: &str) -> Result<Vec<u8>, Problem> {
    let pairs = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = pairs.collect::<Option<_>>().ok_or_else(bad_after)?;
    CaseKey::decode(&bytes).map(|_| bytes).map_err(|_| bad_after())
}

/// How many open tasks the partitions here have, by kind. What cannot be read just now is left out.
pub(crate) fn counts(runtime: &Handle, events: &Arc<str>, partitions: &[i32]) -> Vec<(Task, CaseCounts)> {
    let mut sums: Vec<(Task, CaseCounts)> = Task::ALL.iter().map(|task| (*task, CaseCounts::default())).collect();
    for partition in partitions {
        let of = TopicPartition::new(Arc::clone(events), *partition);
        let row = runtime.read(&of, |snapshot| {
            let row = Rows::new(&mut ReadStore(snapshot)).partition()?;
            Ok::<_, RowError>(row.cases)
        });
        let Ok(Ok(cases)) = row else { continue };
        for (task, sum) in &mut sums {
            let of_task = cases.get(task).copied().unwrap_or_default();
            sum.open = sum.open.saturating_add(of_task.open);
            sum.overdue = sum.overdue.saturating_add(of_task.overdue);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_back_only_as_it_was_given() {
        for bad in ["", "6", "63", "zz", "6300", "é1"] {
            assert!(unhex(bad).is_err(), "{bad}");
        }
    }
}
