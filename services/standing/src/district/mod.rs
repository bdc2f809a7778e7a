//! A made-up district for the playground: from a seed and a number of subjects to the events its departments would send.
//!
//! Every subject follows from the seed and its own number alone, so that it is the same in a district of any size, on any
//! machine. Its records are drawn from the items of the catalogue that are lawful for its kind, dated within the three years
//! before `today` and filled in as the entry in force on that day asks; what became of them (notices, objections, reviews,
//! repairs, permissions, corrections, withdrawals) ends at `today`. Every fourth subject takes the items in turn, so that
//! each item and each department occurs even in a small district.
//!
//! Nobody in it exists: identifiers are of the division 990000, names and numbers say 虚构. It must never be given, or make
//! up, anything about real people or firms, and never write an event that the catalogue would refuse.

mod dice;
mod item;
mod live;
mod record;
mod showcase;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use domain::catalogue::{Catalogue, Polarity};
use domain::event::EventType;
use domain::subject::SubjectKind;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use dice::Dice;
use item::{Among, Book, Form};
use record::Record;
pub(crate) use showcase::Showcase;
use subject::Subject;

/// Documents are at most this old: what is older has mostly run out.
const DAYS_BACK: u16 = 1_095;
/// How often another day is tried when an item was not in force on the one drawn.
const TRIES: u32 = 8;

/// The events of a district, in the JSON form of the interface, subject by subject.
pub(crate) struct Generator {
    seed: u64,
    subjects: u64,
    today: Date,
    book: Book,
    next: u64,
    ready: VecDeque<Value>,
}

impl Generator {
    pub(crate) fn new(seed: u64, subjects: u64, catalogue: &Catalogue, today: Date) -> Self {
        Self { seed, subjects, today, book: Book::of(catalogue, today), next: 0, ready: VecDeque::new() }
    }

    fn events_of(&self, number: u64) -> Vec<Value> {
        let subject = Subject::of(number);
        let mut dice = Dice::of(&[self.seed, number]);
        let mut events = Vec::new();
        events.extend(self.registration(&subject, &mut dice));
        let records = match subject.kind {
            SubjectKind::Person => 1 + u64::from(dice.percent(30)),
            SubjectKind::Organisation => 1 + dice.below(4),
            SubjectKind::Building => 1 + dice.below(3),
        };
        for index in 0..records {
            let in_turn = (index == 0 && subject.ordinal.is_multiple_of(4)).then_some(subject.ordinal / 4);
            if let Some(record) = self.record(&subject, index, in_turn, &mut dice) {
                events.extend(record.life(self.today, &mut dice));
            }
        }
        events
    }

    /// Firms and buildings are registered; here and there a firm has ended.
    fn registration(&self, subject: &Subject, dice: &mut Dice) -> Vec<Value> {
        if subject.kind == SubjectKind::Person {
            return Vec::new();
        }
        let registered_on = self.today.saturating_sub(dice.days(DAYS_BACK, 3 * DAYS_BACK).days());
        let mut events = vec![registered(&self.book, subject, EventType::SubjectRegistered, registered_on, dice)];
        if subject.kind == SubjectKind::Organisation && dice.percent(1) {
            let ended_on = self.today.saturating_sub(dice.days(1, 90).days());
            events.push(registered(&self.book, subject, EventType::SubjectEnded, ended_on, dice));
        }
        events
    }

    fn record<'a>(
        &'a self,
        subject: &'a Subject,
        index: u64,
        in_turn: Option<u64>,
        dice: &mut Dice,
    ) -> Option<Record<'a>> {
        let form = match in_turn {
            Some(turn) => {
                let all = self.book.forms(subject.kind, Among::All);
                let at = turn.checked_rem(u64::try_from(all.len()).ok()?)?;
                all.get(usize::try_from(at).ok()?).copied()?
            }
            None => self.form(subject.kind, dice)?,
        };
        let publisher = self.book.publisher(form, dice)?;
        for _ in 0..TRIES {
            let issued_on = self.today.saturating_sub(dice.days(1, DAYS_BACK).days());
            let Some(item) = form.entry_on(issued_on) else { continue };
            let lawful = item.polarity != Polarity::Adverse || subject.is_answerable_on(issued_on);
            if !lawful || !item.subjects.contains(&subject.kind) {
                continue;
            }
            let (number, year) = (subject.number, issued_on.year());
            return Some(Record {
                book: &self.book,
                form,
                item,
                subject,
                publisher,
                record_id: format!("虚构〔{year}〕{number}-{index}号"),
                issued_on,
                tag: format!("playground-{number}-{index}"),
            });
        }
        None
    }

    /// Most records are harmless.
    fn form(&self, kind: SubjectKind, dice: &mut Dice) -> Option<&Form> {
        let among = if dice.percent(40) { Among::Adverse } else { Among::Calm };
        let forms = self.book.forms(kind, among);
        dice.pick(&forms).copied()
    }
}

/// A registry's event about a subject itself.
fn registered(book: &Book, subject: &Subject, event_type: EventType, on: Date, dice: &mut Dice) -> Value {
    json!({
        "source": book.registry(subject.kind, dice), "event_id": format!("playground-{}-{event_type}", subject.number),
        "type": event_type, "subject": subject.json(), "occurred_at": format!("{on}T09:00:00+08:00"),
    })
}

impl Iterator for Generator {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        while self.ready.is_empty() && self.next < self.subjects {
            self.ready = self.events_of(self.next).into();
            self.next += 1;
        }
        self.ready.pop_front()
    }
}
