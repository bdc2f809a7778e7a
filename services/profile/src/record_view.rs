//! A record as a lookup shows it: its facts, what follows from it, and why it follows or does not.

use domain::case::{Case, cases};
use domain::catalogue::{Catalogue, Disclosure, Effect, Item, Polarity};
use domain::evaluate::{Consequence, Ended, Evaluation, Pending, end_of, evaluate, shielded_until};
use domain::event::{RecordRef, ReviewOutcome};
use domain::flag::{End, Ground};
use domain::record::{ContentState, Extension, Filing, Record, ReviewClosing, Standing};
use domain::subject::SubjectKind;
use domain::time::{Instant, Intervals};
use serde_json::{Map, Value, json};

use crate::rating_view;

#[cfg(test)]
mod tests;

/// The subject whose records are shown, and when.
pub(crate) struct SubjectView<'a> {
    pub(crate) kind: SubjectKind,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) now: Instant,
    /// When the subject is restricted in any matter: no facilitation is in force then.
    pub(crate) restrictions: &'a Intervals,
    /// It will not have recorded what it may decline.
    pub(crate) opted_out: bool,
}

/// What a consumer is shown of a subject's records; of those that the subject declines nothing (深圳条例 39).
pub(crate) fn records(view: &SubjectView<'_>, records: &[(RecordRef, Record)]) -> Vec<Value> {
    let declined =
        |key: &RecordRef| view.opted_out && view.catalogue.newest_item(&key.item).is_some_and(|item| item.opt_out);
    records.iter().filter(|(key, _)| !declined(key)).map(|(key, record)| show(view, key, record)).collect()
}

/// What a consumer is shown of one record. Records that are the subject's alone to see are named by item and class only.
fn show(view: &SubjectView<'_>, key: &RecordRef, record: &Record) -> Value {
    let SubjectView { kind, catalogue, now, .. } = *view;
    let entry = match record.standing() {
        Some(standing) => catalogue.item(&key.item, standing.document.issued_on),
        None => None,
    };
    let item = entry.or_else(|| catalogue.newest_item(&key.item));
    let mut shown = Map::new();
    shown.insert("item".to_owned(), json!(key.item));
    shown.insert("publisher".to_owned(), json!(key.publisher));
    if let Some(item) = item {
        shown.insert("title".to_owned(), json!(item.title));
        shown.insert("class".to_owned(), json!(item.class));
        shown.insert("disclosure".to_owned(), json!(item.disclosure));
    }
    if item.is_some_and(|item| item.disclosure == Disclosure::Subject) {
        return Value::Object(shown);
    }
    if let Some(annotation) = annotation(record) {
        shown.insert("annotation".to_owned(), json!(annotation));
    }
    let evaluation = evaluate(kind, key, record, catalogue);
    let status = match status(record, &evaluation, item, now) {
        "standing" if is_shielded(record, item, catalogue, now) => "shielded",
        other => other,
    };
    shown.insert("status".to_owned(), json!(status));
    if !matches!(status, "standing" | "awaited") {
        // Publication, sharing and use have ended (order 36 of 2025; 深圳条例 82): that it stood is said, not what it said.
        let dates =
            history(record, &evaluation).into_iter().map(|fact| json!({ "on": fact["on"], "what": fact["what"] }));
        shown.insert("history".to_owned(), Value::Array(dates.collect()));
        shown.insert("reason".to_owned(), json!(reason(record, &evaluation)));
        return Value::Object(shown);
    }
    shown.insert("record_id".to_owned(), json!(key.record_id));
    if let Some(content) = &record.content {
        shown.insert("revision".to_owned(), json!(content.revision));
        match &content.state {
            ContentState::Standing(standing) => show_standing(&mut shown, standing, item),
            ContentState::Withdrawn { .. } => {}
        }
    }
    shown.insert("history".to_owned(), json!(history(record, &evaluation)));
    shown.insert("cases".to_owned(), json!(tasks(view, key, record, &evaluation)));
    shown.insert("measures".to_owned(), json!(measures(view, &evaluation, record)));
    shown.insert("points".to_owned(), json!(rating_view::points(kind, key, record, &evaluation, catalogue)));
    Value::Object(shown)
}

fn show_standing(shown: &mut Map<String, Value>, standing: &Standing, item: Option<&Item>) {
    let document = &standing.document;
    shown.insert(
        "document".to_owned(),
        json!({ "number": document.number, "kind": document.kind, "issuer": document.issuer,
            "issued_on": document.issued_on, "effective_on": document.effective_on }),
    );
    let fields: Map<String, Value> =
        standing.fields.iter().map(|(name, value)| (name.to_string(), json!(value.to_string()))).collect();
    shown.insert("fields".to_owned(), Value::Object(fields));
    match item.and_then(|item| end_of(item, standing)) {
        Some(End::On(day)) => drop(shown.insert("until".to_owned(), json!(day))),
        Some(End::Condition { text, law }) => {
            shown.insert("until".to_owned(), Value::Null);
            shown.insert("until_condition".to_owned(), json!({ "text": text, "law": law }));
        }
        None => {}
    }
}

/// It is neither shown nor used while its subject is reorganised (order 36 of 2025).
fn is_shielded(record: &Record, item: Option<&Item>, catalogue: &Catalogue, now: Instant) -> bool {
    let adverse = item.is_some_and(|item| item.polarity == Polarity::Adverse);
    adverse && shielded_until(record, catalogue).is_some_and(|until| now < Instant::day_end(until))
}

/// What is going on about the record: said wherever more of it is shown than that there is one, from when it was filed (深圳条例 48 to 51).
fn annotation(record: &Record) -> Option<&'static str> {
    if record.review_open() {
        Some("review")
    } else if record.objection_open() {
        Some("objection")
    } else {
        None
    }
}

/// One word for where the record stands.
fn status(record: &Record, evaluation: &Evaluation, item: Option<&Item>, now: Instant) -> &'static str {
    if record.content.is_none() {
        return "awaited";
    }
    if evaluation.repaired {
        return "repaired";
    }
    match evaluation.ended {
        Some(Ended::Withdrawn) => return "withdrawn",
        Some(Ended::Revoked) => return "revoked",
        Some(Ended::Delisted) => return "delisted",
        None => {}
    }
    let end = record.standing().zip(item).and_then(|(standing, item)| end_of(item, standing));
    match end {
        Some(End::On(day)) if Instant::day_end(day) <= now => "expired",
        Some(_) => "standing",
        None => "unpublished",
    }
}

/// Why a record does not stand any more, in the words of who took it away (处罚法 48).
fn reason<'a>(record: &'a Record, evaluation: &Evaluation) -> Option<&'a str> {
    match evaluation.ended? {
        Ended::Withdrawn => match &record.content.as_ref()?.state {
            ContentState::Withdrawn { reason } => reason.as_deref(),
            ContentState::Standing(_) => None,
        },
        Ended::Revoked => {
            let mut closed = record.reviews.values().filter_map(|review| review.closed.as_ref());
            closed.find(|closing| closing.outcome == ReviewOutcome::Revoked)?.reason.as_deref()
        }
        Ended::Delisted => {
            let mut resolved = record.objections.values().filter_map(|objection| objection.resolved.as_ref());
            resolved.find(|resolution| resolution.ends())?.reason.as_deref()
        }
    }
}

/// What offices have to do with the record, or had, and by when.
fn tasks(view: &SubjectView<'_>, key: &RecordRef, record: &Record, evaluation: &Evaluation) -> Vec<Value> {
    let shown = |case: Case| {
        json!({ "task": case.task, "id": case.id, "unit": case.unit, "began_on": case.began_on, "due_on": case.due_on,
            "extended": case.extended, "done_on": case.done_on, "overdue": case.is_overdue(view.now) || case.was_late(),
            "basis": case.basis })
    };
    cases(key, record, evaluation, view.catalogue).into_iter().map(shown).collect()
}

/// Every fact, by its date.
fn history(record: &Record, evaluation: &Evaluation) -> Vec<Value> {
    let mut facts: Vec<(String, Value)> = Vec::new();
    let mut tell = |on: String, what: &str, detail: Value| {
        facts.push((on.clone(), json!({ "on": on, "what": what, "detail": detail })));
    };
    if let Some(standing) = record.standing() {
        let document = &standing.document;
        tell(document.issued_on.to_string(), standing.event_type.as_str(), json!({ "document": document.number }));
    }
    for (id, on) in &record.notices {
        tell(on.to_string(), "notice.served", json!({ "notice_id": id }));
    }
    for (id, objection) in &record.objections {
        if let Some(Filing { filed_on, grounds, by, .. }) = &objection.filed {
            let detail = json!({ "objection_id": id, "grounds": grounds, "by": by });
            tell(filed_on.to_string(), "objection.filed", detail);
        }
        if let Some(on) = &objection.forwarded_on {
            tell(on.to_string(), "objection.forwarded", json!({ "objection_id": id }));
        }
        if let Some(Extension { on, approved_by }) = &objection.extended {
            let detail = json!({ "objection_id": id, "approved_by": approved_by });
            tell(on.to_string(), "objection.extended", detail);
        }
        if let Some(resolved) = &objection.resolved {
            let detail = json!({ "objection_id": id, "outcome": resolved.outcome, "effect": resolved.effect(),
                "reason": resolved.reason });
            tell(resolved.resolved_on.to_string(), "objection.resolved", detail);
        }
    }
    for (id, review) in &record.reviews {
        if let Some((on, kind)) = &review.opened {
            tell(on.to_string(), "review.opened", json!({ "review_id": id, "kind": kind }));
        }
        if let Some(ReviewClosing { outcome, closed_on, reason }) = &review.closed {
            let detail = json!({ "review_id": id, "outcome": outcome, "reason": reason });
            tell(closed_on.to_string(), "review.closed", detail);
        }
    }
    for (id, repair) in &record.repairs {
        if let Some(on) = &repair.applied_on {
            tell(on.to_string(), "repair.applied", json!({ "repair_id": id }));
        }
        if let Some((on, papers)) = &repair.asked {
            let note = repair.asked_again.then_some("repair.asked-again");
            let detail = json!({ "repair_id": id, "papers": papers, "note": note });
            tell(on.to_string(), "repair.incomplete", detail);
        }
        if let Some(on) = &repair.completed_on {
            tell(on.to_string(), "repair.completed", json!({ "repair_id": id }));
        }
        if let Some(Extension { on, approved_by }) = &repair.extended {
            let detail = json!({ "repair_id": id, "approved_by": approved_by });
            tell(on.to_string(), "repair.extended", detail);
        }
        if let Some(decided) = &repair.decided {
            let what = if decided.granted { "repair.granted" } else { "repair.refused" };
            let note = (decided.granted && evaluation.repair_before_minimum).then_some("repair.before-minimum");
            let detail = json!({ "repair_id": id, "reason": decided.reason, "note": note });
            tell(decided.decided_on.to_string(), what, detail);
        }
    }
    for (id, permission) in &record.permissions {
        if let Some(granted) = &permission.granted {
            let detail = json!({ "permission_id": id, "matter": granted.matter, "by": granted.by,
                "from": granted.from, "until": granted.until, "ended": permission.ended });
            tell(granted.from.to_string(), "permission.granted", detail);
        }
    }
    if let Some((commitment, on)) = &record.commitment {
        tell(on.to_string(), "commitment", json!({ "state": commitment }));
    }
    facts.sort_by(|a, b| a.0.cmp(&b.0));
    facts.into_iter().map(|(_, fact)| fact).collect()
}

fn measures(view: &SubjectView<'_>, evaluation: &Evaluation, record: &Record) -> Vec<Value> {
    let Some(standing) = record.standing() else { return Vec::new() };
    let entries = evaluation.consequences.iter().filter_map(|(measure, consequence)| {
        Some((view.catalogue.measure(measure, standing.document.issued_on)?, consequence))
    });
    entries
        .map(|(entry, consequence)| {
            let mut shown = Map::new();
            shown.insert("measure".to_owned(), json!(entry.id));
            shown.insert("version".to_owned(), json!(entry.version));
            shown.insert("title".to_owned(), json!(entry.title));
            shown.insert("effect".to_owned(), json!(entry.effect));
            shown.insert("matters".to_owned(), json!(entry.matters));
            shown.insert("remedies".to_owned(), json!(entry.remedies));
            match consequence {
                Consequence::Pending(pending, _) => {
                    let reason = match pending {
                        Pending::Notice => "notice.not-served",
                        Pending::Suspended => "suspended",
                    };
                    shown.insert("state".to_owned(), json!("pending"));
                    shown.insert("reason".to_owned(), json!(reason));
                }
                Consequence::Ground(ground) => show_ground(&mut shown, view, entry.effect, ground),
            }
            Value::Object(shown)
        })
        .collect()
}

fn show_ground(shown: &mut Map<String, Value>, view: &SubjectView<'_>, effect: Effect, ground: &Ground) {
    let (interval, now) = (ground.interval(), view.now);
    let state = if interval.is_over(now) {
        "over"
    } else if effect == Effect::Facilitate && interval.contains(now) && view.restrictions.contains(now) {
        // The award stands, but the subject is restricted somewhere.
        "blocked"
    } else if interval.contains(now) {
        "in_force"
    } else {
        "coming"
    };
    shown.insert("state".to_owned(), json!(state));
    shown.insert("status".to_owned(), json!(ground.status()));
    shown.insert("basis".to_owned(), json!(ground.basis()));
    shown.insert("since".to_owned(), json!(ground.since()));
    shown.insert("until".to_owned(), json!(ground.until()));
    if let End::Condition { text, law } = ground.end() {
        shown.insert("until_condition".to_owned(), json!({ "text": text, "law": law }));
    }
    shown.insert("notice".to_owned(), json!(ground.served()));
    shown.insert("exceptions".to_owned(), json!(ground.exceptions()));
}
