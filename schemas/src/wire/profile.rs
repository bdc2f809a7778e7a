//! `standing.profiles`: summaries of subjects.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::flag;
use domain::ids::MeasureId;
use domain::output::{self, Life, ProfileChange, ProfileMeasure};
use serde::{Deserialize, Serialize};

use super::parts::{Interval, Version, count, each, effect, intervals, intervals_to_wire, name, subject};
use super::rating::ProfileRating;
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile<'a> {
    subject: Cow<'a, str>,
    version: Version,
    #[serde(default)]
    counts: BTreeMap<Cow<'a, str>, i64>,
    #[serde(default)]
    measures: Vec<Measure<'a>>,
    #[serde(default)]
    ratings: Vec<ProfileRating<'a>>,
    #[serde(default)]
    registered: bool,
    #[serde(default)]
    ended: bool,
    #[serde(default)]
    erased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Measure<'a> {
    measure: Cow<'a, str>,
    effect: Cow<'a, str>,
    #[serde(default)]
    intervals: Vec<Interval>,
    grounds_total: i64,
    pending_total: i64,
}

impl<'a> Profile<'a> {
    pub(crate) fn new(subject: &'a str, profile: &'a output::Profile, version: flag::Version) -> Self {
        let measure = |(id, measure): (&'a MeasureId, &'a ProfileMeasure)| Measure {
            measure: id.as_str().into(),
            effect: measure.effect.as_str().into(),
            intervals: intervals_to_wire(&measure.intervals),
            grounds_total: i64::from(measure.grounds_total),
            pending_total: i64::from(measure.pending_total),
        };
        Self {
            subject: subject.into(),
            version: version.into(),
            counts: profile.counts.iter().map(|(class, n)| (class.as_str().into(), i64::from(*n))).collect(),
            measures: profile.measures.iter().map(measure).collect(),
            ratings: profile.ratings.iter().map(|(id, rating)| ProfileRating::new(id, rating)).collect(),
            registered: profile.life.registered,
            ended: profile.life.ended,
            erased: profile.life.erased,
        }
    }
}

impl TryFrom<Profile<'_>> for ProfileChange {
    type Error = Invalid;

    fn try_from(wire: Profile<'_>) -> Result<Self, Invalid> {
        let counts = wire.counts.into_iter().map(|(class, n)| {
            let n = count(n).map_err(|e| e.at("counts"))?;
            Ok((class.into_owned(), n))
        });
        let measures = each(wire.measures, |wire| {
            let id = name(wire.measure, MeasureId::new).at("measure")?;
            let measure = ProfileMeasure {
                effect: effect(&wire.effect)?,
                intervals: intervals(wire.intervals)?,
                grounds_total: count(wire.grounds_total).at("grounds_total")?,
                pending_total: count(wire.pending_total).at("pending_total")?,
            };
            Ok((id, measure))
        });
        let profile = output::Profile {
            counts: counts.collect::<Result<_, Invalid>>()?,
            measures: measures.at("measures")?.into_iter().collect(),
            ratings: each(wire.ratings, ProfileRating::into_domain).at("ratings")?.into_iter().collect(),
            life: Life { registered: wire.registered, ended: wire.ended, erased: wire.erased },
        };
        Ok(Self {
            subject: subject(&wire.subject)?,
            profile: Some(profile),
            version: wire.version.try_into().at("version")?,
        })
    }
}
