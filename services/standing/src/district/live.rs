//! What happens while the playground runs: a new record, then what follows, then the next subject.

use domain::catalogue::Polarity;
use domain::event::EventType;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::dice::Dice;
use super::record::Record;
use super::subject::Subject;
use super::{Among, Generator};

/// Events of one story: a record is published; its notice is served, or it is corrected; a third event follows or repeats.
const STEPS: u64 = 3;
/// Keeps the numbers of live events apart from those of the records that the district began with.
const LIVE: u64 = 0x4c49_5645;
/// How many subjects and items are tried for one story.
const TRIES: u64 = 16;

impl Generator {
    /// The live event of number `n`, dated `today`; numbers are taken in order, from 0 on and without end. `None` where there is
    /// nobody, or where the catalogue has nothing in force for those who were drawn.
    pub(crate) fn live(&self, n: u64, today: Date) -> Option<Value> {
        if self.subjects == 0 {
            return None;
        }
        let (story, step) = (n / STEPS, n % STEPS);
        let dice = |attempt| Dice::of(&[self.seed, LIVE, story, attempt]);
        (0..TRIES).find_map(|attempt| self.story(story, step, today, dice(attempt)))
    }

    /// `None` where the dice name an item that this subject cannot have today: the same for every step of a story.
    fn story(&self, story: u64, step: u64, today: Date, mut dice: Dice) -> Option<Value> {
        let subject = Subject::of(dice.below(self.subjects));
        let forms = self.book.forms(subject.kind, Among::All);
        let form = *dice.pick(&forms)?;
        let item = form.entry_on(today).filter(|item| item.subjects.contains(&subject.kind))?;
        let adverse = item.polarity == Polarity::Adverse;
        if adverse && !subject.is_answerable_on(today) {
            return None;
        }
        let record = Record {
            book: &self.book,
            form,
            item,
            subject: &subject,
            publisher: self.book.publisher(form, &mut dice)?,
            record_id: format!("虚构实时〔{today}〕{story}号"),
            issued_on: today,
            tag: format!("playground-live-{story}"),
        };
        let fields = self.book.fields(item, today, &mut dice);
        let of_type = |event_type, rest| record.event(record.publisher, event_type, today, usize::from(step > 0), rest);
        Some(match step {
            1 if adverse => {
                let served = json!({ "fields": { "notice_id": format!("N-{}", record.tag), "served_on": today } });
                of_type(EventType::NoticeServed, served)
            }
            2 if story.is_multiple_of(3) => {
                let reason = json!({ "revision": 3, "fields": { "reason": "虚构的撤销理由" } });
                of_type(EventType::RecordWithdrawn, reason)
            }
            // Once more, as departments do: a repeat changes nothing.
            0 | 2 => record.recorded(EventType::RecordUpserted, 1, &fields, today, 0, &mut dice),
            _ => record.recorded(EventType::RecordCorrected, 2, &fields, today, 1, &mut dice),
        })
    }
}
