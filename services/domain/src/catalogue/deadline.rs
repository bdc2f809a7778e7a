//! Deadlines: what an office has to do with a record, and within what time.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Article, Dated, Title, Window, WorkingDays};
use crate::ids::{DeadlineId, ItemId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    pub id: DeadlineId,
    /// Unique among the entries of one id.
    pub version: u32,
    pub in_force: Window,
    pub title: Title,
    pub task: Task,
    /// The items it is for; none: all items for which no other entry stands.
    #[serde(default)]
    pub items: BTreeSet<ItemId>,
    pub within: Period,
    /// How much longer the head of the office may make it.
    #[serde(default)]
    pub extension: Option<Period>,
    pub basis: Vec<Article>,
    pub verified: bool,
}

impl Dated for Deadline {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

/// What there is to do. The mechanism is code, its time the catalogue's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Whoever received an objection to another's record checks it and hands it on (深圳条例 51).
    ObjectionCheck,
    /// The record's publisher decides an objection.
    ObjectionDecision,
    /// The record's publisher decides a repair (谁认定谁修复).
    RepairDecision,
    /// A review that was applied for is decided; litigation has its own terms, which bind the court alone.
    ReviewDecision,
    /// The document is served, with the repair notice (两书同达).
    NoticeService,
}

impl Task {
    pub const ALL: [Self; 5] = [
        Self::ObjectionCheck,
        Self::ObjectionDecision,
        Self::RepairDecision,
        Self::ReviewDecision,
        Self::NoticeService,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ObjectionCheck => "objection_check",
            Self::ObjectionDecision => "objection_decision",
            Self::RepairDecision => "repair_decision",
            Self::ReviewDecision => "review_decision",
            Self::NoticeService => "notice_service",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == name)
    }
}

/// `{working_days: 2}`, or `{days: 15}`, which end on the next working day where the last is none (民事诉讼法 85).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    WorkingDays(u16),
    Days(u16),
}

impl Period {
    /// Its last day, where it begins with the day after `day`.
    pub fn last_day(self, day: Date, calendar: WorkingDays<'_>) -> Date {
        match self {
            Self::WorkingDays(number) => calendar.after(day, number),
            Self::Days(number) => calendar.not_before(day.checked_add(i64::from(number).days()).unwrap_or(Date::MAX)),
        }
    }

    pub fn number(self) -> u16 {
        match self {
            Self::WorkingDays(number) | Self::Days(number) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_that_end_on_no_working_day_go_on_to_the_next() {
        let years = BTreeMap::new();
        let calendar = WorkingDays::new(&years);
        assert_eq!(Period::Days(15).last_day(date(2026, 5, 8), calendar), date(2026, 5, 25), "the 23rd is a Saturday");
        assert_eq!(Period::Days(14).last_day(date(2026, 5, 8), calendar), date(2026, 5, 22));
    }
}
