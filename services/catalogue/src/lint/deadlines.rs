//! Deadlines and the calendar they are counted in: terms that can be kept, one for each task and item, and years whose days are their own.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{CalendarYear, Deadline, Period};
use jiff::civil::{Date, Weekday};

use super::Report;
use super::index::{Found, Index, overlap};
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index as At, Key};

/// No office has more time for what a subject asks of it: twice the sixty days of 行政复议法 62 for a review, with their prolongation.
const DAYS_MAX: u16 = 120;

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    for entry in &draft.deadlines {
        let deadline = &entry.value;
        period(entry, "within", deadline.within, report);
        if let Some(extension) = deadline.extension {
            period(entry, "extension", extension, report);
        }
        for id in &deadline.items {
            if let Found::Nothing = index.item(id) {
                let path = [Key("items")];
                let at = entry.origin.node.element(&path, id.as_str());
                let path: Vec<Step<'_>> = path.into_iter().chain(at.map(At)).collect();
                let message = format!("there is no item `{id}`");
                report.error(entry, &path, "reference.item", message, "declare it under `items`, or mend the id");
            }
        }
    }
    ambiguous(&draft.deadlines, report);
    years(&draft.calendar, report);
}

fn period(entry: &Entry<Deadline>, key: &'static str, period: Period, report: &mut Report) {
    if period.number() == 0 {
        let help = "give at least one day, or leave the deadline out where the law sets none";
        report.error(entry, &[Key(key)], "deadline.zero", "nothing can be done in no time", help);
    }
    if period.number() > DAYS_MAX {
        let message = format!("nobody may be kept waiting for {} days", period.number());
        let help = "give the law's term in days; at most 120";
        report.error(entry, &[Key(key)], "deadline.too-long", message, help);
    }
}

/// Two entries that would both be the one for a task and an item on some day.
fn ambiguous(entries: &[Entry<Deadline>], report: &mut Report) {
    for (n, entry) in entries.iter().enumerate() {
        let deadline = &entry.value;
        let other = entries[..n].iter().find(|other| {
            let other = &other.value;
            let same = if deadline.items.is_empty() {
                other.items.is_empty()
            } else {
                !deadline.items.is_disjoint(&other.items)
            };
            other.id != deadline.id
                && other.task == deadline.task
                && same
                && overlap(&other.in_force, &deadline.in_force)
        });
        if let Some(other) = other {
            let message = format!("`{}` sets a deadline for the same task, of the same items, too", other.value.id);
            let help = "end one before the other begins, or name different items";
            report.error(entry, &[Key("task")], "deadline.ambiguous", message, help);
        }
    }
}

fn years(entries: &[Entry<CalendarYear>], report: &mut Report) {
    let mut first: BTreeSet<i16> = BTreeSet::new();
    for entry in entries {
        let year = &entry.value;
        if !first.insert(year.year) {
            let message = format!("the year {} is arranged a second time", year.year);
            report.error(entry, &[Key("year")], "calendar.twice", message, "keep one entry for each year");
        }
        let mut off: BTreeMap<Date, usize> = BTreeMap::new();
        for (at, days) in year.days_off.iter().enumerate() {
            let path = [Key("days_off"), At(at)];
            if days.until < days.from || days.from.year() != year.year || days.until.year() != year.year {
                let message = format!("{} to {} are no days in a row of {}", days.from, days.until, year.year);
                let help = "both days are inclusive and of this year; split what reaches over its end";
                report.error(entry, &path, "calendar.year", message, help);
                continue;
            }
            for day in days.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= days.until) {
                if off.insert(day, at).is_some() {
                    let message = format!("{day} is given off a second time");
                    report.error(entry, &path, "calendar.day", message, "name each day once");
                    break;
                }
            }
        }
        for day in &year.working_days {
            let path = [Key("working_days")];
            let at = entry.origin.node.element(&path, &day.to_string());
            let path: Vec<Step<'_>> = path.into_iter().chain(at.map(At)).collect();
            if day.year() != year.year {
                let message = format!("{day} is no day of {}", year.year);
                report.error(entry, &path, "calendar.year", message, "name it under its own year");
            } else if off.contains_key(day) {
                let message = format!("{day} is both off and worked");
                report.error(entry, &path, "calendar.day", message, "look the day up in the notice");
            } else if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                let message = format!("{day} is worked anyhow: it is no Saturday or Sunday");
                let help = "name only days of weekends that are worked for a holiday (调休)";
                report.error(entry, &path, "calendar.weekday", message, help);
            }
        }
    }
}
