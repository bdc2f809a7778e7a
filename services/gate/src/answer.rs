//! The answer to a check as it goes out: every flag with its grounds, its basis, its end and its remedies.
//!
//! An answer holds the flags it rests on as the view held them, and copies none of them: what is said of them is read there when it
//! is written out.

use domain::catalogue::{Article, Effect, HumanReview, Remedies, Title};
use domain::event::RecordRef;
use domain::flag::{End, Exception, FlagRef, Ground, GroundStatus, Served, Version};
use domain::ids::{MatterId, MeasureId};
use domain::rating::RatingGround;
use domain::subject::SubjectKind;
use domain::time::{Instant, Interval};
use domain::verdict::{Decision, Excepted, Verdict};
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::rating::RatingShown;
use crate::view::Standing;

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

// No `Debug` here and below: what is held of a person is more than what is shown.
#[derive(Clone, Serialize)]
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

/// A flag in force for the question.
#[derive(Clone)]
pub(crate) struct FlagShown {
    standing: Standing,
    /// That the present lies in.
    interval: Interval,
    matter: MatterId,
    now: Instant,
    kind: SubjectKind,
}

impl Serialize for FlagShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FlagBody::from(self).serialize(serializer)
    }
}

#[derive(Debug, Serialize)]
struct FlagBody<'a> {
    measure: &'a MeasureId,
    effect: Effect,
    title: &'a Title,
    status: GroundStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentShown<'a>>,
    basis: &'a [Article],
    /// First and last day of the interval that the present lies in.
    since: Date,
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_condition: Option<ConditionShown<'a>>,
    notice: Option<&'a Served>,
    remedies: &'a Remedies,
    grounds: Vec<GroundShown<'a>>,
    grounds_total: u32,
    /// Instead of grounds, where it follows from a rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingShown<'a>>,
    #[serde(serialize_with = "as_text")]
    version: Version,
}

#[derive(Debug, Serialize)]
struct DocumentShown<'a> {
    number: &'a str,
    issuer: &'a str,
    issued_on: Date,
}

#[derive(Debug, Serialize)]
pub(crate) struct ConditionShown<'a> {
    text: &'a str,
    law: &'a Article,
}

#[derive(Debug, Serialize)]
pub(crate) struct GroundShown<'a> {
    record: RecordShown<'a>,
    document: DocumentShown<'a>,
    basis: &'a [Article],
    since: Date,
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_condition: Option<ConditionShown<'a>>,
    status: GroundStatus,
    notice: Option<&'a Served>,
}

/// Which record a ground rests on. Of a person's record the number is left out: the document's is enough to contest it.
#[derive(Debug, Serialize)]
struct RecordShown<'a> {
    publisher: &'a str,
    item: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_id: Option<&'a str>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExceptionShown {
    permission_id: String,
    by: String,
    until: Date,
}

/// What a verdict on the flags that stand says, for whom it is about.
pub(crate) fn shown(
    verdict: &Verdict<'_>,
    standing: &[Standing],
    matter: &MatterId,
    now: Instant,
    kind: SubjectKind,
) -> Answer {
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
    let flags = verdict.flags.iter().map(|in_force| {
        // Of one subject and measure there is one flag.
        let of_measure = |standing: &&Standing| *standing.flag.common.measure == *in_force.held.measure;
        let standing = standing.iter().find(of_measure).expect("the verdict is on these flags").clone();
        FlagShown { standing, interval: in_force.interval, matter: matter.clone(), now, kind }
    });
    Answer {
        decision: verdict.decision,
        reason: None,
        flags: flags.collect(),
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

impl<'a> From<&'a FlagShown> for FlagBody<'a> {
    fn from(shown: &'a FlagShown) -> Self {
        let FlagShown { standing, interval, matter, now, kind } = shown;
        let held: FlagRef<'a> = standing.flag.by_ref();
        let grounds: Vec<&Ground> = held.grounds_in_force(matter, *now).collect();
        // What is shown is refreshed by a timer a moment after a ground begins or ends; the flag decides by its intervals alone.
        let first = grounds.first().copied().or(held.grounds.first());
        let (since, until) = days(interval);
        let rated = held.rating.map(RatingGround::parts);
        let basis = first.map(Ground::basis).or(rated.map(|r| r.basis.as_slice()));
        Self {
            measure: &standing.flag.common.measure,
            effect: held.effect,
            title: held.title,
            status: first.map(Ground::status).or(rated.map(|r| r.status)).unwrap_or(GroundStatus::InForce),
            document: first.map(document),
            basis: basis.unwrap_or_default(),
            since,
            until,
            until_condition: first.filter(|_| until.is_none()).and_then(|ground| condition(ground.end())),
            notice: first.and_then(Ground::served).or(rated.and_then(|r| r.served.as_ref())),
            remedies: held.remedies,
            grounds: grounds.into_iter().map(|shown| ground(shown, *kind)).collect(),
            grounds_total: held.grounds_total,
            rating: held.rating.map(RatingShown::from),
            version: standing.version,
        }
    }
}

fn as_text<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(version)
}

/// First and last day of an interval, in Asia/Shanghai; no last day when it is open.
fn days(interval: &Interval) -> (Date, Option<Date>) {
    let last = interval.end.map(|end| Instant::from_ms(end.ms().saturating_sub(1)).day());
    (interval.start.day(), last)
}

pub(crate) fn ground(ground: &Ground, kind: SubjectKind) -> GroundShown<'_> {
    GroundShown {
        record: record(ground.record(), kind),
        document: document(ground),
        basis: ground.basis(),
        since: ground.since(),
        until: ground.until(),
        until_condition: condition(ground.end()),
        status: ground.status(),
        notice: ground.served(),
    }
}

fn record(record: &RecordRef, kind: SubjectKind) -> RecordShown<'_> {
    let record_id = match kind {
        SubjectKind::Person => None,
        SubjectKind::Organisation | SubjectKind::Building => Some(record.record_id.as_str()),
    };
    RecordShown { publisher: record.publisher.as_str(), item: record.item.as_str(), record_id }
}

fn document(ground: &Ground) -> DocumentShown<'_> {
    let document = ground.document();
    DocumentShown { number: &document.number, issuer: &document.issuer, issued_on: document.issued_on }
}

fn condition(end: &End) -> Option<ConditionShown<'_>> {
    match end {
        End::On(_) => None,
        End::Condition { text, law } => Some(ConditionShown { text, law }),
    }
}

fn exception(exception: &Exception) -> ExceptionShown {
    ExceptionShown {
        permission_id: exception.permission_id.as_str().to_owned(),
        by: exception.by.clone(),
        until: exception.until,
    }
}
