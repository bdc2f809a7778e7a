//! Instants, legal days and sets of intervals.
//!
//! A legal day is a day in Asia/Shanghai; a legal period runs from 00:00 of its first day to the end of its last.
//! An [`Interval`] is half-open: `[start, end)`, in milliseconds since the epoch, `end` absent when it is open.
//! The time zone comes from the database compiled in, never from the machine.

use std::fmt;
use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn ms(self) -> i64 {
        self.0
    }

    /// 00:00 of a day in Asia/Shanghai (the first instant of the day where the clock was moved).
    pub fn day_start(day: Date) -> Self {
        let zoned = day.to_zoned(shanghai().clone());
        Self(zoned.map_or(i64::MAX, |z| z.timestamp().as_millisecond()))
    }

    /// The first instant after a day in Asia/Shanghai.
    pub fn day_end(day: Date) -> Self {
        day.tomorrow().map_or(Self(i64::MAX), Self::day_start)
    }

    /// The day in Asia/Shanghai that this instant lies in.
    pub fn day(self) -> Date {
        self.timestamp().to_zoned(shanghai().clone()).date()
    }

    /// Whether it lies where dates of the register do: before the year 3000.
    pub fn is_plausible(self) -> bool {
        YEARS.contains(&self.day().year())
    }

    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(86_400_000)))
    }

    fn timestamp(self) -> Timestamp {
        let edge = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(edge)
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

fn shanghai() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::get("Asia/Shanghai").expect("the zone is compiled in"))
}

/// A legal term in years, months and days, written `P1Y6M`, `P90D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    years: i16,
    months: i16,
    days: i16,
}

impl Term {
    pub const ZERO: Self = Self { years: 0, months: 0, days: 0 };

    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('P')?;
        let mut term = Self::ZERO;
        let mut seen = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let value: i16 = rest.get(..digits)?.parse().ok()?;
            let unit = rest[digits..].chars().next()?;
            let (rank, slot) = match unit {
                'Y' => (1, &mut term.years),
                'M' => (2, &mut term.months),
                'D' => (3, &mut term.days),
                _ => return None,
            };
            if rank <= seen || value > 1_200 {
                return None;
            }
            seen = rank;
            *slot = value;
            rest = &rest[digits + 1..];
        }
        (seen > 0).then_some(term)
    }

    /// The day after the term that begins with `first`: a year from 2026-05-08 is over on 2027-05-08, its last day is the
    /// 7th. Months end on the last day where the day does not exist.
    pub fn over_on(self, first: Date) -> Date {
        first.checked_add(i64::from(self.years).years().months(self.months).days(self.days)).unwrap_or(Date::MAX)
    }

    /// The last day of the term that begins with `first`.
    pub fn last_day(self, first: Date) -> Date {
        self.over_on(first).yesterday().unwrap_or(Date::MIN)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        if self.years > 0 {
            write!(f, "{}Y", self.years)?;
        }
        if self.months > 0 {
            write!(f, "{}M", self.months)?;
        }
        if self.days > 0 || (self.years == 0 && self.months == 0) {
            write!(f, "{}D", self.days)?;
        }
        Ok(())
    }
}

impl Serialize for Term {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a term is written like P1Y, P3M or P90D"))
    }
}

/// `[start, end)`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    pub start: Instant,
    pub end: Option<Instant>,
}

impl Interval {
    /// `None` when nothing lies between.
    pub fn new(start: Instant, end: Option<Instant>) -> Option<Self> {
        match end {
            Some(end) if end <= start => None,
            Some(_) | None => Some(Self { start, end }),
        }
    }

    /// From 00:00 of `first` to the end of `last`.
    pub fn of_days(first: Date, last: Option<Date>) -> Option<Self> {
        Self::new(Instant::day_start(first), last.map(Instant::day_end))
    }

    pub fn contains(&self, at: Instant) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end)
    }

    /// The least interval that holds both.
    pub fn hull(&self, other: &Self) -> Self {
        let end = self.end.zip(other.end).map(|(one, other)| one.max(other));
        Self { start: self.start.min(other.start), end }
    }

    /// What lies in both; `None` if nothing does.
    pub fn within(&self, other: &Self) -> Option<Self> {
        let end = [self.end, other.end].into_iter().flatten().min();
        Self::new(self.start.max(other.start), end)
    }

    /// Over at `at`, for good.
    pub fn is_over(&self, at: Instant) -> bool {
        self.end.is_some_and(|end| end <= at)
    }

    fn end_or_max(&self) -> Instant {
        self.end.unwrap_or(Instant(i64::MAX))
    }
}

/// A set of instants: disjoint intervals in order, none touching the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Intervals(Vec<Interval>);

impl Intervals {
    pub fn as_slice(&self) -> &[Interval] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, at: Instant) -> bool {
        self.containing(at).is_some()
    }

    pub fn containing(&self, at: Instant) -> Option<&Interval> {
        self.0.iter().find(|i| i.contains(at))
    }

    /// The end of the last interval; `None` when open or empty.
    pub fn last_end(&self) -> Option<Instant> {
        self.0.last().and_then(|i| i.end)
    }

    pub fn insert(&mut self, interval: Interval) {
        let mut merged = interval;
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        for other in self.0.drain(..) {
            if other.start <= merged.end_or_max() && merged.start <= other.end_or_max() {
                merged.start = merged.start.min(other.start);
                let end = merged.end_or_max().max(other.end_or_max());
                merged.end = (end.0 != i64::MAX).then_some(end);
            } else {
                rest.push(other);
            }
        }
        let at = rest.partition_point(|other| other.start < merged.start);
        rest.insert(at, merged);
        self.0 = rest;
    }

    pub fn union(mut self, other: &Self) -> Self {
        for interval in &other.0 {
            self.insert(*interval);
        }
        self
    }

    /// What is in `self` and not in `other`.
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for interval in &self.0 {
            let mut start = interval.start;
            let end = interval.end_or_max();
            for cut in &other.0 {
                if cut.end_or_max() <= start || end <= cut.start {
                    continue;
                }
                left.extend(Interval::new(start, Some(cut.start)));
                start = cut.end_or_max();
            }
            let open = interval.end.is_none();
            if start.0 != i64::MAX {
                left.extend(Interval::new(start, if open { None } else { Some(end) }));
            }
        }
        Self(left)
    }
}

impl FromIterator<Interval> for Intervals {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Self {
        let mut all: Vec<Interval> = intervals.into_iter().collect();
        all.sort();
        let mut set = Self::default();
        for interval in all {
            match set.0.last_mut() {
                Some(last) if interval.start <= last.end_or_max() => {
                    let end = last.end_or_max().max(interval.end_or_max());
                    last.end = (end.0 != i64::MAX).then_some(end);
                }
                Some(_) | None => set.0.push(interval),
            }
        }
        set
    }
}

/// Years that a date may have: 9999-12-31 is how people write "no end", and no end is not an end (R3).
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2999;

/// Parses `2026-05-08`; nothing else is a legal date, and nothing beyond the year 2999.
pub fn parse_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date: Option<Date> = if shape { text.parse().ok() } else { None };
    date.filter(|date| YEARS.contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_legal_day_begins_at_sixteen_hundred_utc_the_day_before() {
        assert_eq!(Instant::day_start(date(2026, 5, 8)).to_string(), "2026-05-07T16:00:00Z");
        assert_eq!(Instant::day_end(date(2026, 5, 8)), Instant::day_start(date(2026, 5, 9)));
        assert_eq!(Instant::day_start(date(2026, 5, 8)).day(), date(2026, 5, 8));
    }

    #[test]
    fn summer_time_of_1988_is_known() {
        assert_eq!(Instant::day_start(date(1988, 7, 1)).to_string(), "1988-06-30T15:00:00Z");
    }

    #[test]
    fn terms_are_written_and_counted_as_days_inclusive() {
        let year = Term::parse("P1Y").expect("a term");
        assert_eq!(year.last_day(date(2026, 5, 8)), date(2027, 5, 7));
        assert_eq!(Term::parse("P3M").expect("a term").last_day(date(2026, 11, 30)), date(2027, 2, 27));
        assert_eq!(Term::parse("P1Y6M10D").expect("a term").to_string(), "P1Y6M10D");
        for bad in ["", "P", "1Y", "P1", "PY", "P1D1Y", "P-1Y", "P1H", "P99999Y", "P1Y1Y"] {
            assert_eq!(Term::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_whole_dates_are_dates() {
        assert_eq!(parse_date("2026-02-28"), Some(date(2026, 2, 28)));
        for bad in [
            "9999-12-31",
            "0001-01-01",
            "2026-02-30",
            "2026-2-3",
            "20260203",
            "2026-02-03T00:00:00Z",
            "",
            "２０２６-02-03",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    fn arbitrary_interval() -> impl Strategy<Value = Interval> {
        (0_i64..60, prop::option::of(1_i64..20))
            .prop_map(|(start, length)| Interval { start: Instant(start), end: length.map(|l| Instant(start + l)) })
    }

    proptest! {
        #[test]
        fn sets_of_intervals_agree_with_instants_one_by_one(
            a in prop::collection::vec(arbitrary_interval(), 0..8),
            b in prop::collection::vec(arbitrary_interval(), 0..8),
        ) {
            let (left, right): (Intervals, Intervals) = (a.iter().copied().collect(), b.iter().copied().collect());
            let mut inserted = Intervals::default();
            a.iter().for_each(|i| inserted.insert(*i));
            prop_assert_eq!(&inserted, &left);
            let union = left.clone().union(&right);
            let minus = left.minus(&right);
            for at in (0..90).map(Instant) {
                let (in_a, in_b) = (a.iter().any(|i| i.contains(at)), b.iter().any(|i| i.contains(at)));
                prop_assert_eq!(left.contains(at), in_a);
                prop_assert_eq!(union.contains(at), in_a || in_b);
                prop_assert_eq!(minus.contains(at), in_a && !in_b);
            }
            for pair in union.as_slice().windows(2) {
                prop_assert!(pair[0].end_or_max() < pair[1].start);
            }
            for (one, other) in a.iter().zip(&b) {
                let both = one.within(other);
                for at in (0..90).map(Instant) {
                    let in_both = one.contains(at) && other.contains(at);
                    prop_assert_eq!(both.is_some_and(|both| both.contains(at)), in_both);
                }
            }
        }
    }
}
