//! Working days (工作日): Monday to Friday, less the holidays that the State Council arranges for a year, and the days it has worked for
//! them (调休).
//!
//! A year that the catalogue does not have counts by the week alone. Days are days in Asia/Shanghai.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// The arrangement of one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarYear {
    pub year: i16,
    pub days_off: Vec<DaysOff>,
    /// Saturdays and Sundays that are worked.
    #[serde(default)]
    pub working_days: BTreeSet<Date>,
    /// The notice that arranges them.
    pub source: String,
    pub verified: bool,
}

/// Days off in a row, both inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaysOff {
    pub name: String,
    pub from: Date,
    pub until: Date,
}

/// Which days are worked.
#[derive(Clone, Copy, Debug)]
pub struct WorkingDays<'a> {
    years: &'a BTreeMap<i16, CalendarYear>,
}

impl<'a> WorkingDays<'a> {
    pub fn new(years: &'a BTreeMap<i16, CalendarYear>) -> Self {
        Self { years }
    }

    pub fn contain(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let Some(year) = self.years.get(&day.year()) else { return !weekend };
        let off = year.days_off.iter().any(|off| off.from <= day && day <= off.until);
        year.working_days.contains(&day) || (!weekend && !off)
    }

    /// The `number`th working day after `day`, which itself does not count (民法典 201).
    pub fn after(&self, day: Date, number: u16) -> Date {
        (0..number).fold(day, |day, _| self.not_before(day.tomorrow().unwrap_or(Date::MAX)))
    }

    /// The day itself if it is worked, else the next that is.
    pub fn not_before(&self, day: Date) -> Date {
        let mut day = day;
        while day < Date::MAX && !self.contain(day) {
            day = day.tomorrow().unwrap_or(Date::MAX);
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn years() -> BTreeMap<i16, CalendarYear> {
        let year = CalendarYear {
            year: 2026,
            days_off: vec![DaysOff { name: "国庆节".to_owned(), from: date(2026, 10, 1), until: date(2026, 10, 7) }],
            working_days: [date(2026, 9, 20), date(2026, 10, 10)].into(),
            source: "虚构通知".to_owned(),
            verified: false,
        };
        [(2026, year)].into()
    }

    #[test]
    fn a_weekend_is_passed_over_and_the_first_day_does_not_count() {
        let years = years();
        let days = WorkingDays::new(&years);
        assert_eq!(days.after(date(2026, 5, 8), 1), date(2026, 5, 11), "from Friday to Monday");
        assert_eq!(days.after(date(2026, 5, 9), 2), date(2026, 5, 12), "from Saturday to Tuesday");
        assert_eq!(days.after(date(2026, 5, 8), 0), date(2026, 5, 8));
    }

    #[test]
    fn holidays_are_passed_over_and_days_worked_for_them_count() {
        let years = years();
        let days = WorkingDays::new(&years);
        assert_eq!(days.after(date(2026, 9, 30), 1), date(2026, 10, 8));
        assert_eq!(days.after(date(2026, 9, 30), 3), date(2026, 10, 10), "a Saturday that is worked");
        assert_eq!(days.after(date(2026, 9, 18), 1), date(2026, 9, 20), "a Sunday that is worked");
        assert_eq!(days.not_before(date(2026, 10, 1)), date(2026, 10, 8));
    }

    #[test]
    fn a_year_without_an_arrangement_counts_by_the_week() {
        let years = years();
        assert_eq!(WorkingDays::new(&years).after(date(2031, 9, 30), 2), date(2031, 10, 2));
    }
}
