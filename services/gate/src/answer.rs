//! The answer to a check as it goes out: every flag with its grounds, its basis, its end and its remedies.

use domain::catalogue::{Article, Effect, HumanReview, Remedies, Title};
use domain::event::RecordRef;
use domain::flag::{End, Exception, Ground, GroundStatus, Served};
use domain::ids::MeasureId;
use domain::rating::RatingGround;
use domain::subject::SubjectKind;
use domain::time::{Instant, Interval};
use domain::verdict::{Decision, Excepted, InForce, Verdict};
use jiff::civil::Date;
use serde::Serialize;

use crate::rating::RatingShown;

/// Why an answer is `unknown`. Stable names: a client decides by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Reason {
    /// The view is older than it may be.
    #[serde(rename = "view.stale")]
    Stale,
    /// The partition of the subject was not seen yet, or not to its end.
    #[serde(rename = "view.not-ready")]
    NotReady,
    /// A record about the subject cannot be read.
    #[serde(rename = "view.unreadable")]
    Unreadable,
    /// What the token stands for did not arrive in time.
    #[serde(rename = "at-least.not-reached")]
    NotReached,
    /// The answer could not be put on record.
    #[serde(rename = "decision-log.unavailable")]
    DecisionLog,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "view.stale",
            Self::NotReady => "view.not-ready",
            Self::Unreadable => "view.unreadable",
            Self::NotReached => "at-least.not-reached",
            Self::DecisionLog => "decision-log.unavailable",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) decision: Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    pub(crate) flags: Vec<FlagShown>,
    pub(crate) exceptions: Vec<ExceptionShown>,
    pub(crate) human_review: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) human_review_route: Option<HumanReview>,
    /// The token of what the view had seen: an answer to a later check with it is not from before this one.
    pub(crate) as_of: String,
    /// Absent while the partition of the subject was never seen, or speaks of a time far ahead of this machine's clock.
    pub(crate) staleness_ms: Option<i64>,
    pub(crate) catalogue: Option<String>,
    pub(crate) decision_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FlagShown {
    measure: MeasureId,
    effect: Effect,
    title: Title,
    status: GroundStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentShown>,
    basis: Vec<Article>,
    /// First and last day of the interval that the present lies in.
    since: Date,
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_condition: Option<ConditionShown>,
    notice: Option<Served>,
    remedies: Remedies,
    grounds: Vec<GroundShown>,
    grounds_total: u32,
    /// Instead of grounds, where it follows from a rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingShown>,
    version: String,
}

#[derive(Clone, Debug, Serialize)]
struct DocumentShown {
    number: String,
    issuer: String,
    issued_on: Date,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConditionShown {
    text: String,
    law: Article,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroundShown {
    record: RecordShown,
    document: DocumentShown,
    basis: Vec<Article>,
    since: Date,
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_condition: Option<ConditionShown>,
    status: GroundStatus,
    notice: Option<Served>,
}

/// Which record a ground rests on. Of a person's record the number is left out: the document's is enough to contest it.
#[derive(Clone, Debug, Serialize)]
struct RecordShown {
    publisher: String,
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_id: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExceptionShown {
    permission_id: String,
    by: String,
    until: Date,
}

/// What a verdict says, for whom it is about.
pub(crate) fn shown(verdict: &Verdict<'_>, kind: SubjectKind) -> Answer {
    let person = kind == SubjectKind::Person;
    let human_review = person
        && match verdict.decision {
            Decision::Restricted | Decision::Supervised => true,
            Decision::Clear | Decision::Facilitated | Decision::Unknown => false,
        };
    let route = || verdict.flags.iter().find_map(|in_force| in_force.held.flag.human_review.cloned());
    let mut exceptions: Vec<&Excepted<'_>> = verdict.exceptions.iter().collect();
    exceptions.sort_by(|a, b| a.exception.permission_id.cmp(&b.exception.permission_id));
    // One permission names one record, which may be a ground of several measures.
    exceptions.dedup_by(|a, b| a.exception == b.exception);
    Answer {
        decision: verdict.decision,
        reason: None,
        flags: verdict.flags.iter().map(|in_force| flag(in_force, kind)).collect(),
        exceptions: exceptions.into_iter().map(|excepted| exception(excepted.exception)).collect(),
        human_review,
        human_review_route: if human_review { route() } else { None },
        as_of: String::new(),
        staleness_ms: None,
        catalogue: None,
        decision_id: String::new(),
    }
}

/// An answer that says nothing, and why.
pub(crate) fn unknown(reason: Reason) -> Answer {
    Answer {
        decision: Decision::Unknown,
        reason: Some(reason),
        flags: Vec::new(),
        exceptions: Vec::new(),
        human_review: false,
        human_review_route: None,
        as_of: String::new(),
        staleness_ms: None,
        catalogue: None,
        decision_id: String::new(),
    }
}

fn flag(in_force: &InForce<'_>, kind: SubjectKind) -> FlagShown {
    let held = in_force.held.flag;
    // What is shown is refreshed by a timer a moment after a ground begins or ends; the flag decides by its intervals alone.
    let first = in_force.grounds.first().copied().or(held.grounds.first());
    let (since, until) = days(&in_force.interval);
    let rated = held.rating.map(RatingGround::parts);
    let condition = first.filter(|_| until.is_none()).and_then(|ground| condition(ground.end()));
    FlagShown {
        measure: in_force.held.measure.clone(),
        effect: held.effect,
        title: held.title.clone(),
        status: first.map(Ground::status).or(rated.map(|r| r.status)).unwrap_or(GroundStatus::InForce),
        document: first.map(document),
        basis: first.map(|g| g.basis().to_vec()).or(rated.map(|r| r.basis.clone())).unwrap_or_default(),
        since,
        until,
        until_condition: condition,
        notice: first.and_then(|g| g.served().cloned()).or(rated.and_then(|r| r.served.clone())),
        remedies: held.remedies.clone(),
        grounds: in_force.grounds.iter().map(|shown| ground(shown, kind)).collect(),
        grounds_total: held.grounds_total,
        rating: held.rating.map(RatingShown::from),
        version: in_force.held.version.to_string(),
    }
}

/// First and last day of an interval, in Asia/Shanghai; no last day when it is open.
fn days(interval: &Interval) -> (Date, Option<Date>) {
    let last = interval.end.map(|end| Instant::from_ms(end.ms().saturating_sub(1)).day());
    (interval.start.day(), last)
}

pub(crate) fn ground(ground: &Ground, kind: SubjectKind) -> GroundShown {
    GroundShown {
        record: record(ground.record(), kind),
        document: document(ground),
        basis: ground.basis().to_vec(),
        since: ground.since(),
        until: ground.until(),
        until_condition: condition(ground.end()),
        status: ground.status(),
        notice: ground.served().cloned(),
    }
}

fn record(record: &RecordRef, kind: SubjectKind) -> RecordShown {
    let record_id = match kind {
        SubjectKind::Person => None,
        SubjectKind::Organisation | SubjectKind::Building => Some(record.record_id.as_str().to_owned()),
    };
    RecordShown { publisher: record.publisher.as_str().to_owned(), item: record.item.as_str().to_owned(), record_id }
}

fn document(ground: &Ground) -> DocumentShown {
    let document = ground.document();
    DocumentShown { number: document.number.clone(), issuer: document.issuer.clone(), issued_on: document.issued_on }
}

fn condition(end: &End) -> Option<ConditionShown> {
    match end {
        End::On(_) => None,
        End::Condition { text, law } => Some(ConditionShown { text: text.clone(), law: law.clone() }),
    }
}

fn exception(exception: &Exception) -> ExceptionShown {
    ExceptionShown {
        permission_id: exception.permission_id.as_str().to_owned(),
        by: exception.by.clone(),
        until: exception.until,
    }
}
