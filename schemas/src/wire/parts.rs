//! Parts that several kinds of records share.

use std::borrow::Cow;

use domain::catalogue;
use domain::event;
use domain::flag;
use domain::ids::{DepartmentId, InstrumentId, ItemId, MatterPattern, NameError, RecordId};
use domain::subject::SubjectKey;
use domain::time;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{AtField, Invalid};

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Avro's `date`: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Day(i32);

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        let days = EPOCH.duration_until(date).as_hours() / 24;
        Self(i32::try_from(days).expect("the calendar has some seven million days"))
    }
}

impl TryFrom<Day> for Date {
    type Error = Invalid;

    fn try_from(day: Day) -> Result<Self, Invalid> {
        let since_epoch = SignedDuration::from_hours(i64::from(day.0) * 24);
        EPOCH.checked_add(since_epoch).map_err(|_| Invalid::new("is no date of the calendar"))
    }
}

/// Avro's `timestamp-millis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Millis(i64);

impl From<time::Instant> for Millis {
    fn from(instant: time::Instant) -> Self {
        Self(instant.ms())
    }
}

impl From<Millis> for time::Instant {
    fn from(millis: Millis) -> Self {
        Self::from_ms(millis.0)
    }
}

/// A name of the domain from its text.
pub(crate) fn name<T>(text: Cow<'_, str>, new: fn(String) -> Result<T, NameError>) -> Result<T, Invalid> {
    new(text.into_owned()).map_err(|e| Invalid::new(e.to_string()))
}

pub(crate) fn subject(text: &str) -> Result<SubjectKey, Invalid> {
    SubjectKey::parse(text).map_err(|e| Invalid::new(e.to_string())).at("subject")
}

/// A count that the domain keeps in 32 bits.
pub(crate) fn count(value: i64) -> Result<u32, Invalid> {
    u32::try_from(value).map_err(|_| Invalid::new("is negative or beyond 32 bits"))
}

/// Converts a list, naming the element that fails.
pub(crate) fn each<W, D>(list: Vec<W>, convert: impl Fn(W) -> Result<D, Invalid>) -> Result<Vec<D>, Invalid> {
    let converted = list.into_iter().enumerate().map(|(i, wire)| convert(wire).map_err(|e| e.at_index(i)));
    converted.collect()
}

pub(crate) fn matters(list: Vec<Cow<'_, str>>) -> Result<Vec<MatterPattern>, Invalid> {
    each(list, |text| name(text, MatterPattern::new)).at("matters")
}

/// A choice by its name; a name not known was written by something newer.
pub(crate) fn choice<T: Copy>(text: &str, all: &[T], as_str: fn(T) -> &'static str) -> Result<T, Invalid> {
    all.iter().copied().find(|choice| as_str(*choice) == text).ok_or_else(|| {
        Invalid::newer("is none of the choices this program knows; run a version at least as new as the writer's")
    })
}

pub(crate) fn effect(text: &str) -> Result<catalogue::Effect, Invalid> {
    use catalogue::Effect;
    choice(text, &[Effect::Restrict, Effect::Supervise, Effect::Facilitate], Effect::as_str).at("effect")
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordRef<'a> {
    publisher: Cow<'a, str>,
    item: Cow<'a, str>,
    record_id: Cow<'a, str>,
}

impl<'a> From<&'a event::RecordRef> for RecordRef<'a> {
    fn from(record: &'a event::RecordRef) -> Self {
        Self {
            publisher: record.publisher.as_str().into(),
            item: record.item.as_str().into(),
            record_id: record.record_id.as_str().into(),
        }
    }
}

impl TryFrom<RecordRef<'_>> for event::RecordRef {
    type Error = Invalid;

    fn try_from(wire: RecordRef<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            publisher: name(wire.publisher, DepartmentId::new).at("publisher")?,
            item: name(wire.item, ItemId::new).at("item")?,
            record_id: name(wire.record_id, RecordId::new).at("record_id")?,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document<'a> {
    number: Cow<'a, str>,
    kind: Cow<'a, str>,
    issuer: Cow<'a, str>,
    issued_on: Day,
    effective_on: Day,
}

impl<'a> From<&'a event::Document> for Document<'a> {
    fn from(document: &'a event::Document) -> Self {
        Self {
            number: document.number.as_str().into(),
            kind: document.kind.as_str().into(),
            issuer: document.issuer.as_str().into(),
            issued_on: document.issued_on.into(),
            effective_on: document.effective_on.into(),
        }
    }
}

impl TryFrom<Document<'_>> for event::Document {
    type Error = Invalid;

    fn try_from(wire: Document<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            number: wire.number.into_owned(),
            kind: wire.kind.into_owned(),
            issuer: wire.issuer.into_owned(),
            issued_on: wire.issued_on.try_into().at("issued_on")?,
            effective_on: wire.effective_on.try_into().at("effective_on")?,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Article<'a> {
    instrument: Cow<'a, str>,
    article: Cow<'a, str>,
}

impl<'a> From<&'a catalogue::Article> for Article<'a> {
    fn from(article: &'a catalogue::Article) -> Self {
        Self { instrument: article.instrument.as_str().into(), article: article.article.as_str().into() }
    }
}

impl TryFrom<Article<'_>> for catalogue::Article {
    type Error = Invalid;

    fn try_from(wire: Article<'_>) -> Result<Self, Invalid> {
        let instrument = name(wire.instrument, InstrumentId::new).at("instrument")?;
        Ok(Self { instrument, article: wire.article.into_owned() })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Title<'a> {
    zh: Cow<'a, str>,
    en: Cow<'a, str>,
}

impl<'a> From<&'a catalogue::Title> for Title<'a> {
    fn from(title: &'a catalogue::Title) -> Self {
        Self { zh: title.zh.as_str().into(), en: title.en.as_str().into() }
    }
}

impl From<Title<'_>> for catalogue::Title {
    fn from(wire: Title<'_>) -> Self {
        Self { zh: wire.zh.into_owned(), en: wire.en.into_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remedies<'a> {
    object: Cow<'a, str>,
    repair: Cow<'a, str>,
}

impl<'a> From<&'a catalogue::Remedies> for Remedies<'a> {
    fn from(remedies: &'a catalogue::Remedies) -> Self {
        Self { object: remedies.object.as_str().into(), repair: remedies.repair.as_str().into() }
    }
}

impl From<Remedies<'_>> for catalogue::Remedies {
    fn from(wire: Remedies<'_>) -> Self {
        Self { object: wire.object.into_owned(), repair: wire.repair.into_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HumanReview<'a> {
    unit: Cow<'a, str>,
    route: Cow<'a, str>,
}

impl<'a> From<&'a catalogue::HumanReview> for HumanReview<'a> {
    fn from(review: &'a catalogue::HumanReview) -> Self {
        Self { unit: review.unit.as_str().into(), route: review.route.as_str().into() }
    }
}

impl TryFrom<HumanReview<'_>> for catalogue::HumanReview {
    type Error = Invalid;

    fn try_from(wire: HumanReview<'_>) -> Result<Self, Invalid> {
        Ok(Self { unit: name(wire.unit, DepartmentId::new).at("unit")?, route: wire.route.into_owned() })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Served<'a> {
    notice_id: Cow<'a, str>,
    served_on: Day,
}

impl<'a> From<&'a flag::Served> for Served<'a> {
    fn from(served: &'a flag::Served) -> Self {
        Self { notice_id: served.notice_id.as_str().into(), served_on: served.served_on.into() }
    }
}

impl TryFrom<Served<'_>> for flag::Served {
    type Error = Invalid;

    fn try_from(wire: Served<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            notice_id: name(wire.notice_id, RecordId::new).at("notice_id")?,
            served_on: wire.served_on.try_into().at("served_on")?,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interval {
    start: Millis,
    end: Option<Millis>,
}

pub(crate) fn intervals_to_wire(intervals: &time::Intervals) -> Vec<Interval> {
    let wire = |i: &time::Interval| Interval { start: i.start.into(), end: i.end.map(Millis::from) };
    intervals.as_slice().iter().map(wire).collect()
}

/// The set, exactly as written: overlapping or empty intervals are refused, not mended.
pub(crate) fn intervals(list: Vec<Interval>) -> Result<time::Intervals, Invalid> {
    let length = list.len();
    let listed = each(list, |wire| {
        time::Interval::new(wire.start.into(), wire.end.map(time::Instant::from))
            .ok_or_else(|| Invalid::new("ends before it begins"))
    })
    .at("intervals")?;
    let ordered = listed.is_sorted();
    let set: time::Intervals = listed.into_iter().collect();
    if !ordered || set.as_slice().len() != length {
        return Err(Invalid::new("are out of order, or touch each other").at("intervals"));
    }
    Ok(set)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    partition: i32,
    offset: i64,
    index: i64,
}

impl From<flag::Version> for Version {
    fn from(version: flag::Version) -> Self {
        Self { partition: version.partition, offset: version.offset, index: i64::from(version.index) }
    }
}

impl TryFrom<Version> for flag::Version {
    type Error = Invalid;

    fn try_from(wire: Version) -> Result<Self, Invalid> {
        if wire.partition < 0 || wire.offset < 0 {
            return Err(Invalid::new("is no place in a log"));
        }
        Ok(Self { partition: wire.partition, offset: wire.offset, index: count(wire.index).at("index")? })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_are_days_since_the_epoch() {
        for (day, expected) in [(date(1970, 1, 1), 0), (date(1969, 12, 31), -1), (date(2026, 5, 8), 20_581)] {
            assert_eq!(Day::from(day), Day(expected));
        }
        for day in [Date::MIN, Date::MAX, date(2024, 2, 29)] {
            assert_eq!(Date::try_from(Day::from(day)), Ok(day));
        }
    }

    #[test]
    fn days_outside_the_calendar_are_refused() {
        for day in [i32::MIN, i32::MAX, 2_932_897, -4_371_588] {
            assert!(Date::try_from(Day(day)).is_err(), "{day}");
        }
    }

    #[test]
    fn a_set_of_intervals_is_taken_as_written_or_not_at_all() {
        let of = |start, end| Interval { start: Millis(start), end: Some(Millis(end)) };
        assert!(intervals(vec![of(0, 1), of(2, 3)]).is_ok());
        for bad in [vec![of(2, 3), of(0, 1)], vec![of(0, 2), of(1, 3)], vec![of(0, 1), of(1, 2)], vec![of(1, 1)]] {
            assert!(intervals(bad).is_err());
        }
    }
}
