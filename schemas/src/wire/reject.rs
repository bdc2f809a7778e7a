//! `standing.rejects`: what was refused and why.

use std::borrow::Cow;

use domain::event::EventType;
use domain::ids::{DepartmentId, ItemId};
use domain::time::Instant;
use serde::{Deserialize, Serialize};

use super::parts::{Millis, choice, count, name};
use crate::error::{AtField, Invalid};
use crate::record::{Place, Rejection, Stage};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reject<'a> {
    stage: Cow<'a, str>,
    code: Cow<'a, str>,
    #[serde(default)]
    field: Option<Cow<'a, str>>,
    message: Cow<'a, str>,
    #[serde(default)]
    source: Option<Cow<'a, str>>,
    #[serde(default, rename = "type")]
    event_type: Option<Cow<'a, str>>,
    #[serde(default)]
    item: Option<Cow<'a, str>>,
    #[serde(default)]
    at: Option<Millis>,
    #[serde(default)]
    position: Option<Position<'a>>,
    #[serde(default)]
    line: Option<i64>,
    #[serde(default)]
    digest: Option<Cow<'a, str>>,
    #[serde(default)]
    bytes: Option<i64>,
    #[serde(default)]
    index: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position<'a> {
    topic: Cow<'a, str>,
    partition: i32,
    offset: i64,
}

impl<'a> From<&'a Rejection> for Reject<'a> {
    fn from(rejection: &'a Rejection) -> Self {
        let position = |place: &'a Place| Position {
            topic: place.topic.as_str().into(),
            partition: place.partition,
            offset: place.offset,
        };
        let size = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Self {
            stage: rejection.stage.as_str().into(),
            code: rejection.code.as_str().into(),
            field: rejection.field.as_ref().map(|f| f.as_str().into()),
            message: rejection.message.as_str().into(),
            source: rejection.source.as_ref().map(|s| s.as_str().into()),
            event_type: rejection.event_type.map(|t| t.as_str().into()),
            item: rejection.item.as_ref().map(|i| i.as_str().into()),
            at: rejection.at.map(Millis::from),
            position: rejection.place.as_ref().map(position),
            line: rejection.line.map(size),
            digest: rejection.digest.as_ref().map(|d| d.as_str().into()),
            bytes: rejection.bytes.map(size),
            index: rejection.index.map(i64::from),
        }
    }
}

impl TryFrom<Reject<'_>> for Rejection {
    type Error = Invalid;

    fn try_from(wire: Reject<'_>) -> Result<Self, Invalid> {
        let place = |p: Position<'_>| Place { topic: p.topic.into_owned(), partition: p.partition, offset: p.offset };
        let event_type = |t: Cow<'_, str>| choice(&t, &EventType::ALL, EventType::as_str);
        Ok(Self {
            stage: choice(&wire.stage, &Stage::ALL, Stage::as_str).at("stage")?,
            code: wire.code.into_owned(),
            field: wire.field.map(Cow::into_owned),
            message: wire.message.into_owned(),
            source: wire.source.map(|s| name(s, DepartmentId::new)).transpose().at("source")?,
            event_type: wire.event_type.map(event_type).transpose().at("type")?,
            item: wire.item.map(|i| name(i, ItemId::new)).transpose().at("item")?,
            at: wire.at.map(Instant::from),
            place: wire.position.map(place),
            line: wire.line.map(size).transpose().at("line")?,
            digest: wire.digest.map(Cow::into_owned),
            bytes: wire.bytes.map(size).transpose().at("bytes")?,
            index: wire.index.map(count).transpose().at("index")?,
        })
    }
}

fn size(n: i64) -> Result<u64, Invalid> {
    u64::try_from(n).map_err(|_| Invalid::new("is negative"))
}
