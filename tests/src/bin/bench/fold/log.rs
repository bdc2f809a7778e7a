//! A made-up log of any length: three years in the life of subjects that do not exist.
//!
//! Everything follows from a seed. Subjects are as uneven as a register's are: of every hundred records, 70 are about any subject,
//! 25 about one in a hundred, and 5 about a few that come to have a hundred thousand each in a log of twenty million. Most records are harmless
//! (permits, inspections, commitments); some restrict in four measures at once, and take effect when their notice is served.

use std::collections::VecDeque;

use anyhow::Context;
use domain::event::{Body, Change, Commitment, Content, Document, Event, EventType, RecordRef, Validity};
use domain::ids::{DepartmentId, FieldName, ItemId, RecordId};
use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, SubjectKey, fictitious};
use domain::time::Instant;
use domain::value::{FieldValue, Fields};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The first day of the log, and how many follow it.
const FIRST_DAY: Date = date(2023, 6, 1);
const DAYS: u64 = 1_095;
/// Records about a subject that has very many.
const CROWDED: u64 = 100_000;
/// Adverse records whose notice may still be served, and records that may still be corrected or withdrawn.
const RECENT_MAX: usize = 5_000;

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone)]
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }
}

/// Subjects by their number: of twenty, thirteen are firms, six people and one a building.
pub(crate) struct Subjects {
    key: PseudonymKey,
}

impl Subjects {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { key: PseudonymKey::new("bench", &[7; 32])? })
    }

    pub(crate) fn of(&self, number: u64) -> anyhow::Result<SubjectKey> {
        let known = |scheme: &str, id: String| {
            Identifier::parse(scheme, &id, &|_| false).ok().context("a made-up identifier is well-formed")
        };
        Ok(match number % 20 {
            0..13 => SubjectKey::plain(&known("uscc", fictitious::uscc(number))?).context("a firm has a plain key")?,
            13..19 => self.key.pseudonymise(&known("cn-id", fictitious::adult(number))?),
            _ => SubjectKey::plain(&known("building", fictitious::building(number))?).context("a building has one")?,
        })
    }
}

/// A record that was written a short while ago.
struct Recent {
    subject: SubjectKey,
    record: RecordRef,
    document: Document,
    fields: Fields,
    valid: Validity,
    revision: u32,
    issued_on: Date,
}

/// What a record of an item says.
struct Form {
    source: &'static str,
    item: &'static str,
    document: &'static str,
    fields: Fields,
    /// Days until its document says that it ends.
    ends_in: Option<i64>,
    noticed: bool,
}

/// The events of a log, one after the other.
pub(crate) struct Log {
    dice: Dice,
    subjects: Subjects,
    many: u64,
    count: u64,
    crowded: u64,
    next: u64,
    unserved: VecDeque<Recent>,
    recent: VecDeque<Recent>,
}

impl Log {
    /// `count` events of `subjects` subjects.
    pub(crate) fn new(seed: u64, count: u64, subjects: u64) -> anyhow::Result<Self> {
        let crowded = (count / 20).div_ceil(CROWDED).max(1);
        Ok(Self {
            dice: Dice(seed),
            subjects: Subjects::new()?,
            many: subjects.max(100),
            count,
            crowded,
            next: 0,
            unserved: VecDeque::new(),
            recent: VecDeque::new(),
        })
    }

    /// The day and the moment of the event that comes next.
    fn now(&self) -> Instant {
        let first = Instant::day_start(FIRST_DAY).ms();
        let span = u128::from(DAYS) * 86_400_000;
        let passed = span * u128::from(self.next) / u128::from(self.count.max(1));
        Instant::from_ms(first + i64::try_from(passed).unwrap_or(i64::MAX))
    }

    fn subject(&mut self) -> u64 {
        match self.dice.below(100) {
            0..5 => self.dice.below(self.crowded) * 20,
            5..30 => self.dice.below(self.many / 100),
            _ => self.dice.below(self.many),
        }
    }

    /// The next event, and the number of its subject's record in the log.
    pub(crate) fn event(&mut self) -> anyhow::Result<Body> {
        let (at, number) = (self.now(), self.next);
        self.next += 1;
        let day = at.day();
        let event = match self.dice.below(1_000) {
            0..40 => match self.unserved.pop_front() {
                Some(recent) => notice(&recent, number, day)?,
                None => self.recorded(number, day)?,
            },
            40..55 => match self.recent.pop_front() {
                Some(recent) => withdrawn(&recent)?,
                None => self.recorded(number, day)?,
            },
            55..70 => match self.recent.pop_front() {
                Some(recent) => corrected(&recent)?,
                None => self.recorded(number, day)?,
            },
            _ => self.recorded(number, day)?,
        };
        Ok(Body { written_at: at, content: Content::Event(event) })
    }

    fn recorded(&mut self, number: u64, day: Date) -> anyhow::Result<Event> {
        let of = self.subject();
        let subject = self.subjects.of(of)?;
        let form = self.form(of)?;
        let issued_on = day.saturating_sub(i64::try_from(1 + self.dice.below(9))?.days());
        let record_id = format!("虚构〔{}〕{number}号", issued_on.year());
        let recent = Recent {
            subject,
            record: RecordRef {
                publisher: DepartmentId::new(form.source)?,
                item: ItemId::new(form.item)?,
                record_id: RecordId::new(record_id.as_str())?,
            },
            document: Document {
                number: record_id,
                kind: form.document.to_owned(),
                issuer: form.source.to_owned(),
                issued_on,
                effective_on: issued_on,
            },
            fields: form.fields,
            valid: Validity { from: None, until: form.ends_in.map(|days| issued_on.saturating_add(days.days())) },
            revision: 1,
            issued_on,
        };
        let event = recent.event(EventType::RecordUpserted)?;
        let kept = if form.noticed { &mut self.unserved } else { &mut self.recent };
        // Every record may be kept; one in eight is, so that what changes it comes a while later.
        if kept.len() < RECENT_MAX && (form.noticed || number.is_multiple_of(8)) {
            kept.push_back(recent);
        }
        Ok(event)
    }

    /// What may be recorded of this kind of subject, at the frequency of a register.
    fn form(&mut self, subject: u64) -> anyhow::Result<Form> {
        let plain =
            |source, item, document, fields| Form { source, item, document, fields, ends_in: None, noticed: false };
        let (firm, person) = (subject % 20 < 13, (13..19).contains(&(subject % 20)));
        let fine = self.dice.below(90) + 10;
        Ok(match self.dice.below(1_000) {
            0..16 if firm || person => Form {
                noticed: true,
                ..plain(
                    "district.court",
                    "court.judgment-defaulter",
                    "listing-decision",
                    fields([("ground", FieldValue::Integer(2)), ("duty", text("虚构的给付义务"))])?,
                )
            },
            16..36 => Form { noticed: true, ..penalty("serious", fine)? },
            36..120 => penalty(if fine.is_multiple_of(2) { "general" } else { "minor" }, fine)?,
            120..150 if firm || person => plain(
                "district.market",
                "honour.award",
                "award",
                fields([("title", text("虚构的质量奖")), ("level", text("district"))])?,
            ),
            150..300 if firm || person => plain(
                "district.finance",
                "commitment.made",
                "commitment",
                fields([("kind", text("approval")), ("matter", text("licence.food-operation"))])?,
            ),
            300..550 if firm => Form {
                ends_in: Some(700),
                ..plain(
                    "district.market",
                    "market.permit",
                    "permit",
                    fields([("permit", text("虚构的经营许可")), ("scope", text("虚构的经营范围，包括若干项目"))])?,
                )
            },
            _ if person => {
                plain("district.housing", "commitment.made", "commitment", fields([("kind", text("voluntary"))])?)
            }
            _ => plain("district.fire", "inspection.result", "inspection", fields([("result", text("pass"))])?),
        })
    }
}

fn penalty(severity: &str, fine: u64) -> anyhow::Result<Form> {
    let amount = FieldValue::Decimal(format!("{fine}000.00").parse()?);
    Ok(Form {
        source: "district.fire",
        item: "fire.penalty",
        document: "penalty-decision",
        fields: fields([("severity", text(severity)), ("fine_cny", amount), ("act", text("虚构的违法行为"))])?,
        ends_in: None,
        noticed: false,
    })
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

fn fields<const N: usize>(list: [(&str, FieldValue); N]) -> anyhow::Result<Fields> {
    list.into_iter().map(|(name, value)| Ok((FieldName::new(name)?, value))).collect()
}

impl Recent {
    fn event(&self, event_type: EventType) -> anyhow::Result<Event> {
        let change = Change::Recorded {
            event_type,
            record: self.record.clone(),
            revision: self.revision,
            document: self.document.clone(),
            fields: self.fields.clone(),
            valid: self.valid,
            adult_at_issue: self.subject.is_person().then_some(true),
        };
        self.with(change)
    }

    fn with(&self, change: Change) -> anyhow::Result<Event> {
        Ok(Event {
            source: self.record.publisher.clone(),
            event_id: format!("{}-{}", self.document.number, self.revision),
            subject: self.subject.clone(),
            occurred_at: Some(Instant::day_start(self.issued_on)),
            change,
        })
    }
}

fn notice(of: &Recent, number: u64, day: Date) -> anyhow::Result<Event> {
    let notice_id = RecordId::new(format!("N-{number}"))?;
    of.with(Change::NoticeServed { record: of.record.clone(), notice_id, served_on: day })
}

fn withdrawn(of: &Recent) -> anyhow::Result<Event> {
    of.with(Change::Withdrawn {
        record: of.record.clone(), revision: 2, reason: Some("虚构的撤销理由".to_owned())
    })
}

/// A commitment is kept; anything else is said again, in other words.
fn corrected(of: &Recent) -> anyhow::Result<Event> {
    if of.record.item.as_str() == "commitment.made" {
        let (record, on) = (of.record.clone(), of.issued_on.saturating_add(30.days()));
        return of.with(Change::Commitment { record, commitment: Commitment::Kept, on });
    }
    let mut again = Recent { revision: 2, ..of.copy() };
    if let Some(FieldValue::Text(scope)) = FieldName::new("scope").ok().and_then(|name| again.fields.get_mut(&name)) {
        scope.push_str("（更正）");
    }
    again.event(EventType::RecordCorrected)
}

impl Recent {
    fn copy(&self) -> Self {
        Self {
            subject: self.subject.clone(),
            record: self.record.clone(),
            document: self.document.clone(),
            fields: self.fields.clone(),
            valid: self.valid,
            revision: self.revision,
            issued_on: self.issued_on,
        }
    }
}

/// The moment a log begins.
pub(crate) fn beginning() -> Instant {
    Instant::day_start(FIRST_DAY)
}

/// A plain record of a firm that restricts nothing, and one that is a ground of four measures from its first day on.
pub(crate) fn record_of(
    subjects: &Subjects,
    firm: u64,
    number: u64,
    day: Date,
    adverse: bool,
) -> anyhow::Result<Vec<Event>> {
    let record_id = format!("虚构〔{}〕{number}号", day.year());
    let (source, item, document, given) = if adverse {
        ("district.court", "court.judgment-defaulter", "listing-decision", ("ground", FieldValue::Integer(2)))
    } else {
        ("district.fire", "inspection.result", "inspection", ("result", text("pass")))
    };
    let recent = Recent {
        subject: subjects.of(firm * 20)?,
        record: RecordRef {
            publisher: DepartmentId::new(source)?,
            item: ItemId::new(item)?,
            record_id: RecordId::new(record_id.as_str())?,
        },
        document: Document {
            number: record_id,
            kind: document.to_owned(),
            issuer: source.to_owned(),
            issued_on: day,
            effective_on: day,
        },
        fields: fields([given])?,
        valid: Validity::default(),
        revision: 1,
        issued_on: day,
    };
    let mut events = vec![recent.event(EventType::RecordUpserted)?];
    if adverse {
        events.push(notice(&recent, number, day)?);
    }
    Ok(events)
}
