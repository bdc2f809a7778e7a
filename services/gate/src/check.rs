//! `POST /v1/check` and `POST /v1/check/batch`: from a question to an answer on record.
//!
//! Judged, waited for, decided, logged, given: in this order, and a batch waits once at each step. Whether the view is fit to
//! answer is decided here, what the flags mean is [`domain::verdict`]'s.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use axum::Json;
use axum::extract::State;
use domain::subject::SubjectKind;
use domain::time::Instant;
use domain::verdict::{Decision, Held, decide};
use futures::future::join_all;
use kit::body::JsonBody;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::{Act, DecisionRecord, Shown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{self, Answer, Reason};
use crate::decisions::{DecisionId, Urgency};
use crate::gate::Shared;
use crate::question::{About, CheckRequest, Question, element};
use crate::refusal;
use crate::view::{Mark, Standing};

/// Checks in one call: the interface's promise.
pub(crate) const BATCH_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRequest {
    checks: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
pub(crate) struct BatchAnswer {
    answers: Vec<Entry>,
}

/// In the place of its check: the answer, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Answer(Box<Answer>),
    Problem { problem: Value },
}

pub(crate) async fn check(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    JsonBody(request): JsonBody<CheckRequest>,
) -> Result<Json<Answer>, Problem> {
    let started = Stopwatch::now();
    let question = shared.judge(&principal, |judge| judge.question(request));
    let question = question.inspect_err(|_| shared.metrics.refused())?;
    let answer = answers(&shared, vec![question]).await.pop();
    shared.metrics.seconds.observe(started.elapsed().as_secs_f64());
    answer.map(Json).ok_or_else(Problem::internal)
}

pub(crate) async fn batch(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    JsonBody(request): JsonBody<BatchRequest>,
) -> Result<Json<BatchAnswer>, Problem> {
    let started = Stopwatch::now();
    if request.checks.len() > BATCH_MAX {
        shared.metrics.refused();
        return Err(refusal::too_many("checks", BATCH_MAX));
    }
    let judged = shared.judge(&principal, |judge| {
        let one = |check: &RawValue| element::<CheckRequest>(check).and_then(|request| judge.question(request));
        Ok(request.checks.iter().map(|check| one(check)).collect::<Vec<_>>())
    })?;
    let questions = judged.iter().filter_map(|question| question.as_ref().ok().cloned()).collect();
    let mut answered = answers(&shared, questions).await.into_iter();
    let entries = judged.into_iter().map(|question| match question {
        Ok(_) => match answered.next() {
            Some(answer) => Entry::Answer(Box::new(answer)),
            None => Entry::Problem { problem: Problem::internal().to_json() },
        },
        Err(problem) => {
            shared.metrics.refused();
            Entry::Problem { problem: problem.to_json() }
        }
    });
    let answers = entries.collect();
    shared.metrics.seconds.observe(started.elapsed().as_secs_f64());
    Ok(Json(BatchAnswer { answers }))
}

/// Answers in the order of the questions, each of them on record.
async fn answers(shared: &Shared, questions: Vec<Question>) -> Vec<Answer> {
    let waits = questions.iter().map(async |question| match question.at_least {
        Some(offset) => shared.view.wait_for(question.partition, offset, question.deadline).await,
        None => true,
    });
    let reached = join_all(waits).await;
    let now = Instant::from_ms(shared.clock.now_ms());
    // Taken before the flags are: an answer may be newer than its token says, never older.
    let as_of = shared.as_of();
    let mut answers = Vec::with_capacity(questions.len());
    let mut records = Vec::with_capacity(questions.len());
    for (question, reached) in questions.iter().zip(reached) {
        let (mut answer, flags) = answer(shared, question.about(), now, reached);
        let id = shared.decisions.id(question.partition);
        answer.as_of.clone_from(&as_of);
        answer.decision_id = id.to_string();
        records.push((id, record(&answer, question, now, flags), urgency(&answer, question)));
        answers.push(answer);
    }
    let logged = shared.decisions.log(records).await;
    for ((answer, question), logged) in answers.iter_mut().zip(&questions).zip(logged) {
        if logged.is_err() {
            not_given(shared, answer, question, now);
        }
        shared.metrics.answered(answer.decision);
        if let Some(ms) = answer.staleness_ms {
            shared.metrics.staleness.observe(std::time::Duration::from_millis(ms.unsigned_abs()).as_secs_f64());
        }
    }
    answers
}

fn urgency(answer: &Answer, question: &Question) -> Urgency {
    if answer.decision == Decision::Restricted || question.subject.is_person() {
        Urgency::BeforeTheAnswer
    } else {
        Urgency::AfterTheAnswer
    }
}

/// The answer, and the flags it rests on.
pub(crate) fn answer(shared: &Shared, about: About<'_>, now: Instant, reached: bool) -> (Answer, Vec<Shown>) {
    // The mark before the flags: they are at least as new.
    let mark = shared.view.mark(about.partition);
    let age_ms = mark.as_ref().and_then(|mark| shared.age_ms(mark, now));
    let (mut answer, flags) = match standing(shared, about, mark.as_ref(), age_ms, reached) {
        Ok(standing) => decided(&standing, about, now),
        Err(reason) => (answer::unknown(reason), Vec::new()),
    };
    answer.staleness_ms = age_ms;
    answer.catalogue = mark.and_then(|mark| mark.catalogue);
    (answer, flags)
}

/// The flags to decide by, or why nothing can be decided.
fn standing(
    shared: &Shared,
    about: About<'_>,
    mark: Option<&Mark>,
    age_ms: Option<i64>,
    reached: bool,
) -> Result<Vec<Standing>, Reason> {
    mark.filter(|_| shared.view.is_loaded()).ok_or(Reason::NotReady)?;
    if age_ms.is_none_or(|age| age.unsigned_abs() > shared.settings.staleness_max.as_millis()) {
        return Err(Reason::Stale);
    }
    if !reached {
        return Err(Reason::NotReached);
    }
    shared.view.standing(about.partition, about.subject).map_err(|_| Reason::Unreadable)
}

fn decided(standing: &[Standing], about: About<'_>, now: Instant) -> (Answer, Vec<Shown>) {
    let held = standing.iter().map(|standing| Held {
        measure: &standing.flag.common.measure,
        flag: standing.flag.by_ref(),
        version: standing.version,
    });
    let verdict = decide(held, about.matter, now);
    let kind: SubjectKind = about.subject.kind();
    let rested_on = |in_force: &domain::verdict::InForce<'_>| Shown {
        measure: in_force.held.measure.clone(),
        version: in_force.held.version,
    };
    (answer::shown(&verdict, standing, about.matter, now, kind), verdict.flags.iter().map(rested_on).collect())
}

fn record(answer: &Answer, question: &Question, at: Instant, flags: Vec<Shown>) -> DecisionRecord {
    DecisionRecord {
        decision_id: answer.decision_id.clone(),
        at,
        act: Act::Check,
        consumer: question.consumer.clone(),
        matter: question.matter.clone(),
        subject: question.subject.clone(),
        decision: Some(answer.decision),
        reason: answer.reason.map(|reason| reason.as_str().to_owned()),
        flags,
        staleness_ms: answer.staleness_ms,
        catalogue: answer.catalogue.clone(),
        case: question.case.clone(),
    }
}

/// The answer that could not be put on record becomes one that says so, under an id of its own.
fn not_given(shared: &Shared, answer: &mut Answer, question: &Question, now: Instant) {
    let id: DecisionId = shared.decisions.id(question.partition);
    *answer = Answer {
        as_of: std::mem::take(&mut answer.as_of),
        staleness_ms: answer.staleness_ms,
        catalogue: answer.catalogue.take(),
        decision_id: id.to_string(),
        ..answer::unknown(Reason::DecisionLog)
    };
    shared.decisions.note(id, record(answer, question, now, Vec::new()));
}
