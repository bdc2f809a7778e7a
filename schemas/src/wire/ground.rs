//! A ground of a flag.

use std::borrow::Cow;

use domain::catalogue;
use domain::flag::{self, End, GroundStatus};
use domain::ids::{MatterId, RecordId};
use domain::time::Interval;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::parts::{Article, Day, Document, RecordRef, Served, choice, count, each, name};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ground<'a> {
    record: RecordRef<'a>,
    measure_version: i64,
    document: Document<'a>,
    #[serde(default)]
    basis: Vec<Article<'a>>,
    since: Day,
    #[serde(default)]
    until: Option<Day>,
    #[serde(default)]
    until_condition: Option<Condition<'a>>,
    #[serde(default)]
    notice: Option<Served<'a>>,
    status: Cow<'a, str>,
    #[serde(default)]
    exceptions: Vec<Exception<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Condition<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) law: Article<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Exception<'a> {
    permission_id: Cow<'a, str>,
    matter: Cow<'a, str>,
    by: Cow<'a, str>,
    from: Day,
    until: Day,
}

impl<'a> From<&'a flag::Ground> for Ground<'a> {
    fn from(ground: &'a flag::Ground) -> Self {
        let until_condition = match ground.end() {
            End::On(_) => None,
            End::Condition { text, law } => Some(Condition { text: text.as_str().into(), law: law.into() }),
        };
        Self {
            record: ground.record().into(),
            measure_version: i64::from(ground.measure_version()),
            document: ground.document().into(),
            basis: ground.basis().iter().map(Article::from).collect(),
            since: ground.since().into(),
            until: ground.until().map(Day::from),
            until_condition,
            notice: ground.served().map(Served::from),
            status: ground.status().as_str().into(),
            exceptions: ground.exceptions().iter().map(Exception::from).collect(),
        }
    }
}

impl TryFrom<Ground<'_>> for flag::Ground {
    type Error = Invalid;

    fn try_from(wire: Ground<'_>) -> Result<Self, Invalid> {
        const STATUSES: [GroundStatus; 3] = [GroundStatus::InForce, GroundStatus::Objection, GroundStatus::Review];
        let since = wire.since.try_into().at("since")?;
        let end = end(since, wire.until, wire.until_condition)?;
        if wire.basis.is_empty() {
            return Err(Invalid::new("names no article of law (R1)").at("basis"));
        }
        let parts = flag::PublishedGround {
            record: wire.record.try_into().at("record")?,
            measure_version: count(wire.measure_version).at("measure_version")?,
            document: wire.document.try_into().at("document")?,
            basis: each(wire.basis, catalogue::Article::try_from).at("basis")?,
            since,
            end,
            served: wire.notice.map(flag::Served::try_from).transpose().at("notice")?,
            status: choice(&wire.status, &STATUSES, GroundStatus::as_str).at("status")?,
            exceptions: each(wire.exceptions, flag::Exception::try_from).at("exceptions")?,
        };
        flag::Ground::published(parts).map_err(|fault| Invalid::new(fault.to_string()))
    }
}

/// R3: on a day, or on a condition that names its law.
fn end(since: Date, until: Option<Day>, condition: Option<Condition<'_>>) -> Result<End, Invalid> {
    match (until, condition) {
        (Some(day), None) => {
            let day = Date::try_from(day).at("until")?;
            whole_days(since, Some(day)).at("until")?;
            Ok(End::On(day))
        }
        (None, Some(Condition { text, law })) => {
            let law = law.try_into().at("law").at("until_condition")?;
            whole_days(since, None).at("since")?;
            Ok(End::Condition { text: text.into_owned(), law })
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Invalid::new("either this or until_condition is given (R3)").at("until"))
        }
    }
}

/// Invariant of [`flag::Ground`]: its days are an interval.
fn whole_days(first: Date, last: Option<Date>) -> Result<(), Invalid> {
    let interval = Interval::of_days(first, last);
    interval.map(|_| ()).ok_or_else(|| Invalid::new("ends before it begins, or lies at the edge of the calendar"))
}

impl<'a> From<&'a flag::Exception> for Exception<'a> {
    fn from(exception: &'a flag::Exception) -> Self {
        Self {
            permission_id: exception.permission_id.as_str().into(),
            matter: exception.matter.as_str().into(),
            by: exception.by.as_str().into(),
            from: exception.from.into(),
            until: exception.until.into(),
        }
    }
}

impl TryFrom<Exception<'_>> for flag::Exception {
    type Error = Invalid;

    fn try_from(wire: Exception<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            permission_id: name(wire.permission_id, RecordId::new).at("permission_id")?,
            matter: name(wire.matter, MatterId::new).at("matter")?,
            by: wire.by.into_owned(),
            from: wire.from.try_into().at("from")?,
            until: wire.until.try_into().at("until")?,
        })
    }
}
