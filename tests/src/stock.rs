//! A stock of firms with the events of their records, in an order that keeps each record's own, and the flags that must
//! follow from it: known beforehand, from the stock alone.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::event::{Record, Subject};
use crate::story::RESTRICTED;

/// Firms of which each is listed by the court, served its notice, and every third struck off again.
pub struct Stock {
    pub firms: Vec<Subject>,
    pub events: Vec<Value>,
    /// Where the events of each 300 firms end.
    ends: Vec<usize>,
    withdrawn: Vec<bool>,
}

/// How often a flag is published: set, and lifted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    Set,
    SetAndLifted,
}

impl Stock {
    /// Firms with numbers from `first` on. Each event comes a few hundred events after the one before of the same record.
    pub fn new(first: u64, count: usize, today: Date) -> Self {
        let (issued_on, served_on) = (today.saturating_sub(2.days()), today.saturating_sub(1.days()));
        let numbers: Vec<u64> = (first..).take(count).collect();
        let firms: Vec<Subject> = numbers.iter().map(|number| Subject::firm(*number)).collect();
        let withdrawn: Vec<bool> = numbers.iter().map(|number| number % 3 == 0).collect();
        let (mut events, mut ends) = (Vec::with_capacity(count * 3), Vec::new());
        let records: Vec<Record> = numbers
            .iter()
            .zip(&firms)
            .map(|(number, firm)| Record::defaulter(&number.to_string(), firm, issued_on))
            .collect();
        for (records, withdrawn) in records.chunks(300).zip(withdrawn.chunks(300)) {
            events.extend(records.iter().map(|record| record.upserted(1, json!({ "ground": 2 }))));
            events.extend(records.iter().map(|record| record.served(served_on)));
            let struck = records.iter().zip(withdrawn).filter(|(_, withdrawn)| **withdrawn);
            events.extend(struck.map(|(record, _)| record.withdrawn(2, today)));
            ends.push(events.len());
        }
        Self { firms, events, ends, withdrawn }
    }

    /// The events as lines, in batches of so many blocks of 300 firms, 700 events each. No firm has events in two of them, so they may be
    /// sent at once.
    pub fn batches(&self, blocks: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut from = 0;
        self.ends.chunks(blocks.max(1)).filter_map(|ends| ends.last()).map(move |end| {
            let events = &self.events[from..*end];
            from = *end;
            events.iter().flat_map(|event| format!("{event}\n").into_bytes()).collect()
        })
    }

    /// The decision on each firm in any of the matters of [`RESTRICTED`], once everything has arrived.
    pub fn decisions(&self) -> Vec<&'static str> {
        self.withdrawn.iter().map(|withdrawn| if *withdrawn { "clear" } else { "restricted" }).collect()
    }

    /// What stands in the topics in the end, by key of subject and measure.
    pub fn published(&self) -> BTreeMap<(String, &'static str), Published> {
        let of = |withdrawn: bool| if withdrawn { Published::SetAndLifted } else { Published::Set };
        let firms = self.firms.iter().zip(&self.withdrawn);
        firms
            .flat_map(|(firm, withdrawn)| RESTRICTED.map(|(_, measure)| ((firm.key(), measure), of(*withdrawn))))
            .collect()
    }
}
