//! `GET /v1/decisions/{id}`: an answer given before, for whoever asked.
//!
//! What comes back is the record of the decision log: the decision and the flag versions it rested on, not the whole answer; and
//! what was corrected of it since (R10). It is found among this process's latest answers, or in the log from where the id points, for a limited time. An
//! answer that waits in the spool of another process is not found until it is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::pseudonym::DomainPseudonym;
use domain::time::Instant;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::{Act, Correction, DecisionRecord};
use serde::Serialize;

use crate::decisions::{DecisionId, Found, corrections_of, find};
use crate::gate::Shared;
use crate::refusal;

#[derive(Serialize)]
pub(crate) struct DecisionAnswer {
    decision_id: String,
    at: String,
    act: &'static str,
    consumer: String,
    matter: String,
    /// A person under the pseudonym of the matter's domain.
    subject: DomainPseudonym,
    decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    flags: Vec<FlagVersion>,
    staleness_ms: Option<i64>,
    catalogue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    /// What the decision rested on and was corrected since, in the order it was told; `null` where that could not be found out in
    /// time: ask again.
    corrections: Option<Vec<CorrectionShown>>,
}

#[derive(Serialize)]
struct CorrectionShown {
    at: String,
    happened: &'static str,
    /// What is left of the ground.
    left: Option<&'static str>,
    measure: String,
    /// The document as it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    /// The correction's version.
    fell: String,
}

#[derive(Serialize)]
struct FlagVersion {
    measure: String,
    version: String,
}

pub(crate) async fn decision(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<DecisionAnswer>, Problem> {
    let id = id.ok().and_then(|Path(id)| DecisionId::parse(&id)).ok_or_else(refusal::decision_unknown)?;
    let record = match shared.decisions.recent(&id) {
        Some(record) => record,
        None => Arc::new(search(Arc::clone(&shared), id).await?),
    };
    // Whoever did not ask learns nothing, not even that somebody did.
    if !principal.is_open() && principal.consumer() != Some(record.consumer.as_str()) {
        return Err(refusal::decision_unknown());
    }
    let corrections = corrections(&shared, id, &record).await?;
    Ok(Json(shown(&shared, &record, corrections)))
}

/// Only a check that rested on a flag can have any.
async fn corrections(
    shared: &Arc<Shared>,
    id: DecisionId,
    record: &DecisionRecord,
) -> Result<Option<Vec<Correction>>, Problem> {
    if record.act != Act::Check || record.flags.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let Ok(_turn) = shared.searches.try_acquire() else {
        return Err(Problem::overloaded());
    };
    let searching = Arc::clone(shared);
    let subject = shared.key.domain_pseudonym(&record.subject, &record.matter.domain());
    let found = tokio::task::spawn_blocking(move || {
        let most = searching.settings.decision_search.get();
        corrections_of(searching.log.as_ref(), &searching.topics, &searching.codec, &id, &subject, most)
    });
    match found.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the corrections cannot be searched");
            Ok(None)
        }
        Err(_) => Err(Problem::internal()),
    }
}

async fn search(shared: Arc<Shared>, id: DecisionId) -> Result<DecisionRecord, Problem> {
    let Ok(_turn) = shared.searches.try_acquire() else {
        return Err(Problem::overloaded());
    };
    let searching = Arc::clone(&shared);
    let found = tokio::task::spawn_blocking(move || {
        let most = searching.settings.decision_search.get();
        find(searching.log.as_ref(), &searching.topics, &searching.codec, &id, most)
    });
    match found.await {
        Ok(Ok(Found::Yes(record))) => Ok(*record),
        Ok(Ok(Found::No)) => Err(refusal::decision_unknown()),
        Ok(Ok(Found::OutOfTime)) => Err(refusal::decision_not_found_in_time()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the decision log cannot be searched");
            Err(refusal::decision_not_found_in_time())
        }
        Err(_) => Err(Problem::internal()),
    }
}

fn shown(shared: &Shared, record: &DecisionRecord, corrections: Option<Vec<Correction>>) -> DecisionAnswer {
    let correction = |correction: Correction| CorrectionShown {
        at: Instant::to_string(&correction.at),
        happened: correction.happened.as_str(),
        left: correction.left.map(|left| left.as_str()),
        measure: correction.measure.as_str().to_owned(),
        document: correction.document.map(|document| document.number),
        fell: correction.fell.to_string(),
    };
    let flag = |shown: &schemas::Shown| FlagVersion {
        measure: shown.measure.as_str().to_owned(),
        version: shown.version.to_string(),
    };
    DecisionAnswer {
        decision_id: record.decision_id.clone(),
        at: Instant::to_string(&record.at),
        act: record.act.as_str(),
        consumer: record.consumer.as_str().to_owned(),
        matter: record.matter.as_str().to_owned(),
        subject: shared.key.domain_pseudonym(&record.subject, &record.matter.domain()),
        decision: record.decision.map(|decision| decision.as_str()),
        reason: record.reason.clone(),
        flags: record.flags.iter().map(flag).collect(),
        staleness_ms: record.staleness_ms,
        catalogue: record.catalogue.clone(),
        case: record.case.clone(),
        corrections: corrections.map(|all| all.into_iter().map(correction).collect()),
    }
}
