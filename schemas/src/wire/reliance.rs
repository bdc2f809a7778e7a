//! `standing.reliance`: what decisions rested on, and what was corrected.

use std::borrow::Cow;

use domain::flag;
use domain::ids::{ConsumerId, MatterId, MeasureId};
use domain::output::{self, Happened, Left};
use domain::time;
use serde::{Deserialize, Serialize};

use super::parts::{Document, Millis, RecordRef, Version, choice, each, name, subject};
use crate::error::{AtField, Invalid};
use crate::record::{self, RelianceEntry};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RelianceRecord<'a> {
    value: Value<'a>,
}

// The order of the variants is that of the union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Value<'a> {
    Relied(Relied<'a>),
    Fall(Box<Fall<'a>>),
    GoOn(GoOn<'a>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Relied<'a> {
    decision_id: Cow<'a, str>,
    at: Millis,
    consumer: Cow<'a, str>,
    matter: Cow<'a, str>,
    subject: Cow<'a, str>,
    #[serde(default)]
    flags: Vec<Shown<'a>>,
    #[serde(default)]
    case: Option<Cow<'a, str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shown<'a> {
    measure: Cow<'a, str>,
    version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fall<'a> {
    subject: Cow<'a, str>,
    record: RecordRef<'a>,
    document: Document<'a>,
    happened: Cow<'a, str>,
    at: Millis,
    #[serde(default)]
    measures: Vec<FallMeasure<'a>>,
    version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FallMeasure<'a> {
    measure: Cow<'a, str>,
    left: Cow<'a, str>,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    start: Millis,
    #[serde(default)]
    end: Option<Millis>,
    from: i64,
    #[serde(default)]
    until: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GoOn<'a> {
    subject: Cow<'a, str>,
    measure: Cow<'a, str>,
    fell: Version,
    shown: Version,
    decision_id: Cow<'a, str>,
}

impl<'a> From<&'a record::Relied> for RelianceRecord<'a> {
    fn from(relied: &'a record::Relied) -> Self {
        let shown =
            |shown: &'a record::Shown| Shown { measure: shown.measure.as_str().into(), version: shown.version.into() };
        Self {
            value: Value::Relied(Relied {
                decision_id: relied.decision_id.as_str().into(),
                at: relied.at.into(),
                consumer: relied.consumer.as_str().into(),
                matter: relied.matter.as_str().into(),
                subject: relied.subject.as_str().into(),
                flags: relied.flags.iter().map(shown).collect(),
                case: relied.case.as_ref().map(|case| case.as_str().into()),
            }),
        }
    }
}

impl<'a> From<&'a output::Fall> for RelianceRecord<'a> {
    fn from(fall: &'a output::Fall) -> Self {
        let span = |span: &output::Span| Span {
            start: span.interval.start.into(),
            end: span.interval.end.map(Millis::from),
            from: span.from,
            until: Some(span.until),
        };
        let measure = |fallen: &'a output::FallMeasure| FallMeasure {
            measure: fallen.measure.as_str().into(),
            left: fallen.left.as_str().into(),
            spans: fallen.spans.iter().map(span).collect(),
        };
        Self {
            value: Value::Fall(Box::new(Fall {
                subject: fall.subject.as_str().into(),
                record: (&fall.record).into(),
                document: (&fall.document).into(),
                happened: fall.happened.as_str().into(),
                at: fall.at.into(),
                measures: fall.measures.iter().map(measure).collect(),
                version: fall.version.into(),
            })),
        }
    }
}

impl<'a> From<&'a record::GoOn> for RelianceRecord<'a> {
    fn from(go_on: &'a record::GoOn) -> Self {
        Self {
            value: Value::GoOn(GoOn {
                subject: go_on.subject.as_str().into(),
                measure: go_on.measure.as_str().into(),
                fell: go_on.fell.into(),
                shown: go_on.shown.into(),
                decision_id: go_on.decision_id.as_str().into(),
            }),
        }
    }
}

impl TryFrom<RelianceRecord<'_>> for RelianceEntry {
    type Error = Invalid;

    fn try_from(wire: RelianceRecord<'_>) -> Result<Self, Invalid> {
        Ok(match wire.value {
            Value::Relied(relied) => Self::Relied(relied.try_into()?),
            Value::Fall(fall) => Self::Fall(Box::new((*fall).try_into()?)),
            Value::GoOn(go_on) => Self::GoOn(go_on.try_into()?),
        })
    }
}

impl TryFrom<Relied<'_>> for record::Relied {
    type Error = Invalid;

    fn try_from(wire: Relied<'_>) -> Result<Self, Invalid> {
        let flags = each(wire.flags, |wire| {
            Ok(record::Shown {
                measure: name(wire.measure, MeasureId::new).at("measure")?,
                version: wire.version.try_into().at("version")?,
            })
        });
        Ok(Self {
            decision_id: wire.decision_id.into_owned(),
            at: wire.at.into(),
            consumer: name(wire.consumer, ConsumerId::new).at("consumer")?,
            matter: name(wire.matter, MatterId::new).at("matter")?,
            subject: subject(&wire.subject)?,
            flags: flags.at("flags")?,
            case: wire.case.map(Cow::into_owned),
        })
    }
}

impl TryFrom<Fall<'_>> for output::Fall {
    type Error = Invalid;

    fn try_from(wire: Fall<'_>) -> Result<Self, Invalid> {
        let version: flag::Version = wire.version.try_into().at("version")?;
        let measures = each(wire.measures, |wire| {
            Ok(output::FallMeasure {
                measure: name(wire.measure, MeasureId::new).at("measure")?,
                left: choice(&wire.left, &Left::ALL, Left::as_str).at("left")?,
                spans: each(wire.spans, |wire| span(wire, version.offset)).at("spans")?,
            })
        });
        Ok(Self {
            subject: subject(&wire.subject)?,
            record: wire.record.try_into().at("record")?,
            document: wire.document.try_into().at("document")?,
            happened: choice(&wire.happened, &Happened::ALL, Happened::as_str).at("happened")?,
            at: wire.at.into(),
            measures: measures.at("measures")?,
            version,
        })
    }
}

/// A span without an end is from when a correction did not make a new value of the flag: it ends with the fall.
fn span(wire: Span, fell: i64) -> Result<output::Span, Invalid> {
    let interval = time::Interval::new(wire.start.into(), wire.end.map(Into::into));
    let interval = interval.ok_or_else(|| Invalid::new("ends before it begins"))?;
    Ok(output::Span { interval, from: wire.from, until: wire.until.unwrap_or(fell) })
}

impl TryFrom<GoOn<'_>> for record::GoOn {
    type Error = Invalid;

    fn try_from(wire: GoOn<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            subject: subject(&wire.subject)?,
            measure: name(wire.measure, MeasureId::new).at("measure")?,
            fell: wire.fell.try_into().at("fell")?,
            shown: wire.shown.try_into().at("shown")?,
            decision_id: wire.decision_id.into_owned(),
        })
    }
}
