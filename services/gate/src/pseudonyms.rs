//! `POST /v1/pseudonyms`: under what names the flag topic of a matter's domain speaks of these subjects.
//!
//! A person's pseudonym lets its holder read what that topic says of the person, so it is given only to who is entitled, and
//! only once that is on record. Organisations and buildings have no pseudonyms; their plain keys come back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::pseudonym::DomainPseudonym;
use domain::subject::{SubjectKey, partition_of};
use domain::time::Instant;
use kit::body::JsonBody;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::{Act, DecisionRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::decisions::Urgency;
use crate::gate::Shared;
use crate::question::{Entitled, SubjectRequest, element};
use crate::refusal;

/// Subjects in one call, as many as checks.
pub(crate) const SUBJECTS_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PseudonymsRequest {
    consumer: Option<String>,
    matter: String,
    subjects: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
pub(crate) struct PseudonymsAnswer {
    pseudonyms: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Pseudonym { pseudonym: DomainPseudonym },
    Problem { problem: Value },
}

pub(crate) async fn pseudonyms(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    JsonBody(request): JsonBody<PseudonymsRequest>,
) -> Result<Json<PseudonymsAnswer>, Problem> {
    if request.subjects.len() > SUBJECTS_MAX {
        return Err(refusal::too_many("subjects", SUBJECTS_MAX));
    }
    let (entitled, subjects) = shared.judge(&principal, |judge| {
        let entitled = judge.entitle(request.consumer.as_deref(), &request.matter)?;
        let one = |subject: &RawValue| {
            element::<SubjectRequest>(subject).and_then(|subject| judge.subject(&entitled, &subject))
        };
        let subjects: Vec<_> = request.subjects.iter().map(|subject| one(subject)).collect();
        Ok((entitled, subjects))
    })?;
    let people: Vec<&SubjectKey> = subjects.iter().flatten().filter(|subject| subject.is_person()).collect();
    let mut logged = log(&shared, &entitled, &people).await.into_iter();
    let domain = entitled.matter.domain();
    let entries = subjects.iter().map(|subject| match subject {
        Ok(subject) if subject.is_person() && !logged.next().unwrap_or(false) => {
            Entry::Problem { problem: refusal::decision_log_unavailable().to_json() }
        }
        Ok(subject) => Entry::Pseudonym { pseudonym: shared.key.domain_pseudonym(subject, &domain) },
        Err(problem) => Entry::Problem { problem: problem.to_json() },
    });
    Ok(Json(PseudonymsAnswer { pseudonyms: entries.collect() }))
}

/// Of each person whether the record of it was acknowledged.
async fn log(shared: &Shared, entitled: &Entitled, people: &[&SubjectKey]) -> Vec<bool> {
    let at = Instant::from_ms(shared.clock.now_ms());
    let records = people.iter().map(|subject| {
        let id = shared.decisions.id(partition_of(subject, shared.topics.partitions()));
        let record = DecisionRecord {
            decision_id: id.to_string(),
            at,
            act: Act::Pseudonym,
            consumer: entitled.consumer.clone(),
            matter: entitled.matter.clone(),
            subject: (*subject).clone(),
            decision: None,
            reason: None,
            flags: Vec::new(),
            staleness_ms: None,
            catalogue: None,
            case: None,
        };
        (id, record, Urgency::BeforeTheAnswer)
    });
    shared.decisions.log(records.collect()).await.into_iter().map(|logged| logged.is_ok()).collect()
}
