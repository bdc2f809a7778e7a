//! `standing.flags` and the topics of the domains: flags, lifts and progress marks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::catalogue::{Effect, Rating};
use domain::flag::{self, LiftReason};
use domain::ids::{MatterId, MeasureId};
use domain::rating;
use domain::time;
use serde::{Deserialize, Serialize};

use super::ground::Ground;
use super::parts::{
    HumanReview, Interval, Millis, Remedies, Title, Version, choice, count, each, effect, intervals, intervals_to_wire,
    matters, name,
};
use super::rating::RatingGround;
use crate::error::{AtField, Invalid};
use crate::record::{FlagEntry, Mark, PublishedFlag};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlagRecord<'a> {
    value: Value<'a>,
}

// The order of the variants is that of the union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Value<'a> {
    Flag(Box<Flag<'a>>),
    Lift(Lift<'a>),
    Mark(WireMark<'a>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Flag<'a> {
    subject: Cow<'a, str>,
    measure: Cow<'a, str>,
    version: Version,
    effect: Cow<'a, str>,
    title: Title<'a>,
    #[serde(default)]
    matters: Vec<Cow<'a, str>>,
    #[serde(default)]
    intervals: Vec<Interval>,
    #[serde(default)]
    excepted: Vec<Excepted<'a>>,
    #[serde(default)]
    grounds: Vec<Ground<'a>>,
    grounds_total: i64,
    #[serde(default)]
    rating: Option<RatingGround<'a>>,
    remedies: Remedies<'a>,
    #[serde(default)]
    human_review: Option<HumanReview<'a>>,
    catalogue: Cow<'a, str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Excepted<'a> {
    matter: Cow<'a, str>,
    #[serde(default)]
    intervals: Vec<Interval>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lift<'a> {
    subject: Cow<'a, str>,
    measure: Cow<'a, str>,
    version: Version,
    ended_at: Millis,
    reason: Cow<'a, str>,
    effect: Cow<'a, str>,
    #[serde(default)]
    matters: Vec<Cow<'a, str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Mark")]
struct WireMark<'a> {
    events_offset: i64,
    time: Millis,
    current_as_of: Millis,
    #[serde(default)]
    catalogue: Option<Cow<'a, str>>,
    swept: bool,
    #[serde(default)]
    fold: Option<i32>,
    #[serde(default)]
    fold_known: Option<i32>,
}

impl<'a> FlagRecord<'a> {
    /// A flag under whatever stands for its subject.
    pub(crate) fn flag(subject: &'a str, measure: &'a MeasureId, flag: &'a flag::Flag, version: flag::Version) -> Self {
        let excepted = |(matter, intervals): (&'a MatterId, &time::Intervals)| Excepted {
            matter: matter.as_str().into(),
            intervals: intervals_to_wire(intervals),
        };
        Self {
            value: Value::Flag(Box::new(Flag {
                subject: subject.into(),
                measure: measure.as_str().into(),
                version: version.into(),
                effect: flag.effect.as_str().into(),
                title: (&flag.title).into(),
                matters: flag.matters.iter().map(|m| m.as_str().into()).collect(),
                intervals: intervals_to_wire(&flag.intervals),
                excepted: flag.excepted.iter().map(excepted).collect(),
                grounds: flag.grounds.iter().map(Ground::from).collect(),
                grounds_total: i64::from(flag.grounds_total),
                rating: flag.rating.as_deref().map(RatingGround::from),
                remedies: (&flag.remedies).into(),
                human_review: flag.human_review.as_ref().map(HumanReview::from),
                catalogue: flag.catalogue.as_str().into(),
            })),
        }
    }

    pub(crate) fn lift(subject: &'a str, measure: &'a MeasureId, lift: &'a flag::Lift, version: flag::Version) -> Self {
        Self {
            value: Value::Lift(Lift {
                subject: subject.into(),
                measure: measure.as_str().into(),
                version: version.into(),
                ended_at: lift.ended_at.into(),
                reason: lift.reason.as_str().into(),
                effect: lift.effect.as_str().into(),
                matters: lift.matters.iter().map(|m| m.as_str().into()).collect(),
            }),
        }
    }
}

impl<'a> From<&'a Mark> for FlagRecord<'a> {
    fn from(mark: &'a Mark) -> Self {
        Self {
            value: Value::Mark(WireMark {
                events_offset: mark.events_offset,
                time: mark.time.into(),
                current_as_of: mark.current_as_of.into(),
                catalogue: mark.catalogue.as_ref().map(|digest| digest.as_str().into()),
                swept: mark.swept,
                fold: mark.fold.map(version),
                fold_known: mark.fold_known.map(version),
            }),
        }
    }
}

/// Versions of the fold are few.
fn version(of: u32) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

impl TryFrom<FlagRecord<'_>> for FlagEntry {
    type Error = Invalid;

    fn try_from(wire: FlagRecord<'_>) -> Result<Self, Invalid> {
        match wire.value {
            Value::Flag(flag) => Ok(Self::Flag(Box::new(set(*flag)?))),
            Value::Lift(lift) => Ok(Self::Flag(Box::new(lifted(lift)?))),
            Value::Mark(mark) => Ok(Self::Mark(Mark {
                events_offset: mark.events_offset,
                time: mark.time.into(),
                current_as_of: mark.current_as_of.into(),
                catalogue: mark.catalogue.map(Cow::into_owned),
                swept: mark.swept,
                fold: mark.fold.and_then(|fold| u32::try_from(fold).ok()),
                fold_known: mark.fold_known.and_then(|fold| u32::try_from(fold).ok()),
            })),
        }
    }
}

fn set(wire: Flag<'_>) -> Result<PublishedFlag, Invalid> {
    let effect = effect(&wire.effect)?;
    let grounds = each(wire.grounds, flag::Ground::try_from).at("grounds")?;
    if effect == Effect::Restrict
        && let Some(unserved) = grounds.iter().position(|ground| ground.served().is_none())
    {
        return Err(Invalid::new("restricts without a notice (R2)").at("notice").at_index(unserved).at("grounds"));
    }
    if effect == Effect::Restrict && wire.subject.starts_with("person") && wire.human_review.is_none() {
        return Err(Invalid::new("restricts a person without a route to human review (R6)").at("human_review"));
    }
    let matters = matters(wire.matters)?;
    if wire.rating.is_some() {
        if effect == Effect::Restrict {
            return Err(Invalid::new("restricts, and a rating cannot (R1)").at("rating"));
        }
        if wire.subject.starts_with("person") {
            return Err(Invalid::new("rates a person (R5)").at("rating"));
        }
        if !matters.iter().all(Rating::may_steer) {
            return Err(Invalid::new("follows from a rating, which bears on inspections alone (R5)").at("matters"));
        }
    }
    let human_review = wire.human_review.map(TryInto::try_into).transpose().at("human_review")?;
    let flag = flag::Flag {
        effect,
        title: wire.title.into(),
        matters,
        intervals: intervals(wire.intervals)?,
        excepted: excepted(wire.excepted).at("excepted")?,
        grounds,
        grounds_total: count(wire.grounds_total).at("grounds_total")?,
        rating: wire.rating.map(rating::RatingGround::try_from).transpose().at("rating")?.map(Box::new),
        remedies: wire.remedies.into(),
        human_review,
        catalogue: wire.catalogue.into_owned(),
    };
    Ok(PublishedFlag {
        subject: wire.subject.into_owned(),
        measure: name(wire.measure, MeasureId::new).at("measure")?,
        value: flag::FlagValue::Set(flag),
        version: wire.version.try_into().at("version")?,
    })
}

fn excepted(list: Vec<Excepted<'_>>) -> Result<BTreeMap<MatterId, time::Intervals>, Invalid> {
    let pairs = each(list, |wire| Ok((name(wire.matter, MatterId::new).at("matter")?, intervals(wire.intervals)?)))?;
    Ok(pairs.into_iter().collect())
}

fn lifted(wire: Lift<'_>) -> Result<PublishedFlag, Invalid> {
    const REASONS: [LiftReason; 4] = [LiftReason::Expired, LiftReason::Removed, LiftReason::Rules, LiftReason::Erased];
    let lift = flag::Lift {
        ended_at: wire.ended_at.into(),
        reason: choice(&wire.reason, &REASONS, LiftReason::as_str).at("reason")?,
        effect: effect(&wire.effect)?,
        matters: matters(wire.matters)?,
    };
    Ok(PublishedFlag {
        subject: wire.subject.into_owned(),
        measure: name(wire.measure, MeasureId::new).at("measure")?,
        value: flag::FlagValue::Lifted(lift),
        version: wire.version.try_into().at("version")?,
    })
}
