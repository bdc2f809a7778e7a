//! From an event as a department sends it to the canonical event of the log, or to every fault it has.
//!
//! This is where an identifier ends: a natural person's is replaced by a keyed pseudonym, the name is dropped, and whether the
//! person was of age on the document's date is vouched for. Dates that have happened are held against the clock here and
//! nowhere else. What the catalogue says is asked of [`crate::judge`], as the fold will ask again.

mod lifecycle;
mod reader;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::catalogue::{Catalogue, FieldType, Item, TermEnd};
use crate::event::{Change, Document, Event, EventType, RecordRef, Validity};
use crate::ids::{DepartmentId, FieldName, ItemId, RecordId};
use crate::judge;
use crate::problem::{Problem, code};
use crate::pseudonym::PseudonymKey;
use crate::subject::{self, Identifier, SubjectKey};
use crate::time::{Instant, parse_date};
use crate::value::{FieldValue, Fields, Raw};
use reader::Reader;

/// What an event is held against.
pub struct Context<'a> {
    pub catalogue: &'a Catalogue,
    pub key: &'a PseudonymKey,
    /// Intake's clock.
    pub now: Instant,
}

/// Checks one event. The faults come gravest first: those of source, item and subject, then `document.no-end`, then the others
/// in the order of the event's members.
pub fn check(raw: &Raw, context: &Context<'_>) -> Result<Event, Vec<Problem>> {
    let Raw::Object(members) = raw else {
        let message = format!("an event is an object, this is {}", raw.kind());
        return Err(vec![Problem::new(code::EVENT_NOT_AN_OBJECT, "", message)]);
    };
    let mut check = Check { context, reader: Reader::new(members, ""), problems: Vec::new() };
    let event = check.event();
    // After the others: what is wrong with a member by itself says more of how to mend it.
    check.identity_numbers(members, "");
    let mut problems = check.problems;
    match event {
        Some(event) if problems.is_empty() => {
            problems = judge::judge(&event, context.catalogue);
            if problems.is_empty() {
                return Ok(event);
            }
        }
        Some(_) | None => {}
    }
    problems.sort_by_key(rank);
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert((problem.code.clone(), problem.field.clone())));
    Err(problems)
}

/// Refusals of source, item and subject come first, then a missing end (design, "An event").
fn rank(problem: &Problem) -> u8 {
    let is = |name: &str| {
        let of_code = problem.code.split('.').next() == Some(name);
        let of_field = problem.field.as_deref().and_then(|f| f.split('.').next()) == Some(name);
        of_code || of_field
    };
    if is("source") || is("type") {
        0
    } else if is("item") || is("publisher") {
        1
    } else if is("subject") {
        2
    } else if problem.code == code::DOCUMENT_NO_END {
        3
    } else {
        4
    }
}

struct Check<'a> {
    context: &'a Context<'a>,
    reader: Reader<'a>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn event(&mut self) -> Option<Event> {
        let source = self.source();
        let event_type = self.event_type();
        let event_id = self.reader.required_text("event_id", &mut self.problems);
        if event_id.as_deref().is_some_and(|id| id.trim().is_empty()) {
            self.problem(code::FIELD_MISSING, "event_id", "is required; give it");
        }
        let occurred_at = self.occurred_at();
        let subject = self.subject();
        let change = match event_type {
            Some(EventType::SubjectRegistered) => self.subject_change(Change::SubjectRegistered),
            Some(EventType::SubjectEnded) => self.subject_change(Change::SubjectEnded),
            Some(EventType::SubjectErased) => self.subject_change(Change::SubjectErased),
            Some(EventType::SubjectOptedOut) => self.subject_opted(true),
            Some(EventType::SubjectOptedIn) => self.subject_opted(false),
            Some(event_type) => self.record_change(event_type, source.as_ref(), subject.as_ref()),
            // Which members an event of no type has, nobody can say.
            None => {
                self.reader.skip_all();
                None
            }
        };
        self.unknown_members();
        let key = subject.as_ref().map(|identifier| self.key_of(identifier));
        Some(Event { source: source?, event_id: event_id?, subject: key?, occurred_at, change: change? })
    }

    fn problem(&mut self, code: &str, field: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(code, field, message));
    }

    fn source(&mut self) -> Option<DepartmentId> {
        let text = self.reader.required_text("source", &mut self.problems)?;
        match DepartmentId::new(text) {
            Ok(source) if self.context.catalogue.departments.contains_key(&source) => Some(source),
            Ok(_) | Err(_) => {
                let message = "no department of this id; use the id the catalogue gives";
                self.problem(code::SOURCE_UNKNOWN, "source", message);
                None
            }
        }
    }

    fn event_type(&mut self) -> Option<EventType> {
        let text = self.reader.required_text("type", &mut self.problems)?;
        let event_type = EventType::parse(&text);
        if event_type.is_none() {
            let known = EventType::ALL.map(EventType::as_str).join(", ");
            self.problem(code::TYPE_UNKNOWN, "type", format!("one of {known}"));
        }
        event_type
    }

    fn occurred_at(&mut self) -> Option<Instant> {
        let text = self.reader.text("occurred_at", &mut self.problems)?;
        match text.parse::<jiff::Timestamp>() {
            Ok(at) => {
                let at = Instant::from_ms(at.as_millisecond());
                if at > self.context.now.plus_days(1) {
                    self.problem(code::DATE_FUTURE, "occurred_at", FUTURE);
                }
                Some(at)
            }
            Err(_) => {
                let message = "an instant with its offset, like 2026-05-08T10:00:00+08:00";
                self.problem(code::DATE_INVALID, "occurred_at", message);
                None
            }
        }
    }

    fn subject(&mut self) -> Option<Identifier> {
        let mut members = self.reader.required_object("subject", &mut self.problems)?;
        let scheme = members.required_text("scheme", &mut self.problems);
        let id = members.required_text("id", &mut self.problems);
        let _dropped = members.text("name", &mut self.problems);
        members.unknown(&mut self.problems);
        let confirmed = |code: &str| self.context.catalogue.confirmed_codes.contains(code);
        match Identifier::parse(&scheme?, &id?, &confirmed) {
            Ok(identifier) => Some(identifier),
            Err(problem) => {
                let field = if problem.code == "subject.scheme-unknown" { "subject.scheme" } else { "subject.id" };
                self.problem(problem.code, field, problem.message);
                None
            }
        }
    }

    fn key_of(&self, identifier: &Identifier) -> SubjectKey {
        SubjectKey::plain(identifier).unwrap_or_else(|| self.context.key.pseudonymise(identifier))
    }

    fn subject_change(&mut self, change: Change) -> Option<Change> {
        for ignored in ["item", "record_id", "publisher", "revision", "document", "valid"] {
            self.reader.skip(ignored);
        }
        if let Some(mut fields) = self.reader.object("fields", &mut self.problems) {
            let _reason = fields.text("reason", &mut self.problems);
            fields.unknown(&mut self.problems);
        }
        Some(change)
    }

    /// 深圳条例 39.
    fn subject_opted(&mut self, out: bool) -> Option<Change> {
        for ignored in ["item", "record_id", "publisher", "revision", "document", "valid"] {
            self.reader.skip(ignored);
        }
        let mut fields = self.reader.object("fields", &mut self.problems).unwrap_or_else(Reader::empty);
        let on = self.happened(&mut fields, "on");
        fields.unknown(&mut self.problems);
        Some(Change::SubjectOpted { out, on: on? })
    }

    fn record_change(
        &mut self,
        event_type: EventType,
        source: Option<&DepartmentId>,
        subject: Option<&Identifier>,
    ) -> Option<Change> {
        let item = self.item();
        let publisher = self.publisher(source, item);
        let record_id = self.record_id("record_id");
        if let (Some(source), Some(item), Some(publisher)) = (source, item, &publisher) {
            let record = RecordRef {
                publisher: publisher.clone(),
                item: item.id.clone(),
                record_id: RecordId::new("-").expect("a dash is a number"),
            };
            self.problems.extend(judge::judge_sender(source, &record, event_type, self.context.catalogue));
        }
        let record = || Some(RecordRef { publisher: publisher?, item: item?.id.clone(), record_id: record_id? });
        if event_type.carries_record() {
            return self.recorded(event_type, item, subject, record);
        }
        self.lifecycle(event_type, record)
    }

    fn item(&mut self) -> Option<&'a Item> {
        let text = self.reader.required_text("item", &mut self.problems)?;
        let item = ItemId::new(text).ok().and_then(|id| self.context.catalogue.newest_item(&id));
        if item.is_none() {
            self.problems.push(judge::item_unknown());
        }
        item
    }

    fn publisher(&mut self, source: Option<&DepartmentId>, item: Option<&Item>) -> Option<DepartmentId> {
        if let Some(text) = self.reader.text("publisher", &mut self.problems) {
            let publisher = DepartmentId::new(text).ok();
            let known = publisher.filter(|p| self.context.catalogue.departments.contains_key(p));
            if known.is_none() {
                self.problem(
                    code::PUBLISHER_UNKNOWN,
                    "publisher",
                    "no department of this id; use the id the catalogue gives",
                );
            }
            return known;
        }
        let (source, item) = (source?, item?);
        if item.publishers.contain(source) {
            return Some(source.clone());
        }
        let single = item.publishers.single().cloned();
        if single.is_none() {
            let message = "the item has several publishers and the source is none of them; name the record's publisher";
            self.problem(code::PUBLISHER_MISSING, "publisher", message);
        }
        single
    }

    fn record_id(&mut self, name: &str) -> Option<RecordId> {
        let text = self.reader.required_text(name, &mut self.problems)?;
        RecordId::new(text).map_err(|e| self.problem(code::FIELD_INVALID, name, format!("the number {e}"))).ok()
    }

    fn recorded(
        &mut self,
        event_type: EventType,
        item: Option<&'a Item>,
        subject: Option<&Identifier>,
        record: impl FnOnce() -> Option<RecordRef>,
    ) -> Option<Change> {
        let revision = self.revision();
        let (document, issued_on) = self.document(item);
        let kind = subject.map(|s| (s.kind(), issued_on.and_then(|on| s.adult_on(on))));
        let fault = item.and_then(|item| judge::judge_whether(&item.id, issued_on, kind, self.context.catalogue));
        self.problems.extend(fault);
        let item = self.item_on(item, issued_on);
        let fields = self.fields(item);
        let (valid, until) = self.valid();
        if let Some(item) = item {
            let endless = matches!(item.term_for(&fields), Some(TermEnd::AsDocument { .. }) | None);
            if endless && until.is_none() {
                let message = "neither the record nor the catalogue says when this ends; give valid.until";
                self.problem(code::DOCUMENT_NO_END, "valid.until", message);
            }
        }
        let document = document?;
        let adult_at_issue = subject?.adult_on(document.issued_on);
        Some(Change::Recorded {
            event_type,
            record: record()?,
            revision: revision?,
            document,
            fields,
            valid: valid?,
            adult_at_issue,
        })
    }

    /// The entry in force on the document's date, else the newest: there is more to say of a faulty event than that.
    fn item_on(&self, newest: Option<&'a Item>, issued_on: Option<Date>) -> Option<&'a Item> {
        let newest = newest?;
        issued_on.and_then(|on| self.context.catalogue.item(&newest.id, on)).or(Some(newest))
    }

    fn revision(&mut self) -> Option<u32> {
        let raw = self.reader.required("revision", &mut self.problems)?;
        let number = if let Raw::Integer(number) = raw { i32::try_from(*number).ok() } else { None };
        let revision = number.filter(|number| *number >= 1).and_then(|number| u32::try_from(number).ok());
        if revision.is_none() {
            let message = "an integer from 1 on; each change of a record is the next one";
            self.problem(code::FIELD_INVALID, "revision", message);
        }
        revision
    }

    /// The document, and its date even where other parts are faulty.
    fn document(&mut self, item: Option<&Item>) -> (Option<Document>, Option<Date>) {
        let Some(mut members) = self.reader.object("document", &mut self.problems) else {
            if !self.reader.has("document") {
                let message = "nothing is recorded without a document; give its number, issuer and date";
                self.problem(code::DOCUMENT_MISSING, "document", message);
            }
            return (None, None);
        };
        let mut part = |name: &str, problems: &mut Vec<Problem>| match members.text(name, problems) {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) | None => {
                let message = "a record without it cannot be kept; give what the document says";
                problems.push(Problem::new(code::DOCUMENT_MISSING, &format!("document.{name}"), message));
                None
            }
        };
        let number = part("number", &mut self.problems);
        let issuer = part("issuer", &mut self.problems);
        let issued = part("issued_on", &mut self.problems);
        let issued_on = issued.and_then(|text| self.past_date(&text, "document.issued_on"));
        let kind = members.text("kind", &mut self.problems).or_else(|| item.map(|i| i.document.kind.clone()));
        let effective = members.text("effective_on", &mut self.problems);
        members.unknown(&mut self.problems);
        let effective_on = match effective {
            Some(text) => self.date(&text, "document.effective_on"),
            None => issued_on,
        };
        let whole = || {
            Some(Document {
                number: number?,
                kind: kind?,
                issuer: issuer?,
                issued_on: issued_on?,
                effective_on: effective_on?,
            })
        };
        (whole(), issued_on)
    }

    /// The days it is valid, where they are well-formed, and its last day.
    fn valid(&mut self) -> (Option<Validity>, Option<Date>) {
        let Some(mut members) = self.reader.object("valid", &mut self.problems) else {
            return (Some(Validity::default()), None);
        };
        let from = members.text("from", &mut self.problems);
        let until = members.text("until", &mut self.problems);
        members.unknown(&mut self.problems);
        let (given_from, given_until) = (from.is_some(), until.is_some());
        let from = from.and_then(|text| self.date(&text, "valid.from"));
        let until = until.and_then(|text| self.date(&text, "valid.until"));
        let whole = given_from == from.is_some() && given_until == until.is_some();
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.problem(code::DATE_ORDER, "valid.until", "ends before it begins; correct the dates");
        }
        (whole.then_some(Validity { from, until }), until)
    }

    fn fields(&mut self, item: Option<&Item>) -> Fields {
        let Some(mut members) = self.reader.object("fields", &mut self.problems) else {
            if let Some(item) = item {
                self.problems.extend(judge::judge_fields(item, &BTreeMap::new(), self.context.catalogue));
            }
            return BTreeMap::new();
        };
        let Some(item) = item else {
            members.skip_all();
            return BTreeMap::new();
        };
        let mut fields = BTreeMap::new();
        let mut faulty = Vec::new();
        for field in &item.fields {
            let Some(raw) = members.take(field.name.as_str()) else { continue };
            match typed(raw, &field.kind) {
                Some(value) => {
                    fields.insert(field.name.clone(), value);
                }
                None => {
                    let path = format!("fields.{}", field.name);
                    self.problem(code::FIELD_INVALID, &path, judge::form_of(&field.kind));
                    faulty.push(field.name.clone());
                }
            }
        }
        members.unknown(&mut self.problems);
        let judged = judge::judge_fields(item, &fields, self.context.catalogue);
        let about_faulty =
            |p: &Problem| faulty.iter().any(|name: &FieldName| p.field.as_deref() == Some(&format!("fields.{name}")));
        self.problems.extend(judged.into_iter().filter(|p| !about_faulty(p)));
        fields
    }

    fn date(&mut self, text: &str, field: &str) -> Option<Date> {
        let date = parse_date(text);
        if date.is_none() {
            self.problem(
                code::DATE_INVALID,
                field,
                "a date of the calendar like 2026-05-08, of the years 1850 to 2999",
            );
        }
        date
    }

    /// A date of what has happened: at most a day after the present.
    fn past_date(&mut self, text: &str, field: &str) -> Option<Date> {
        let date = self.date(text, field)?;
        if date > self.context.now.plus_days(1).day() {
            self.problem(code::DATE_FUTURE, field, FUTURE);
        }
        Some(date)
    }

    /// A number of somebody anywhere in the texts would stand in the topics in the clear.
    fn identity_numbers(&mut self, members: &BTreeMap<String, Raw>, path: &str) {
        for (name, value) in members {
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let path = format!("{path}{}", if plain { name } else { "?" });
            match value {
                Raw::Text(text) if subject::holds_identity_number(text) => {
                    let message = "holds a resident identity number; leave it out, the subject says who it is about";
                    self.problem(code::TEXT_IDENTITY_NUMBER, &path, message);
                }
                Raw::Object(inner) if path != "subject" => self.identity_numbers(inner, &format!("{path}.")),
                Raw::Null
                | Raw::Boolean(_)
                | Raw::Integer(_)
                | Raw::OtherNumber(_)
                | Raw::Text(_)
                | Raw::List(_)
                | Raw::Object(_) => {}
            }
        }
    }

    fn unknown_members(&mut self) {
        let reader = std::mem::replace(&mut self.reader, Reader::empty());
        reader.unknown(&mut self.problems);
    }
}

const FUTURE: &str = "lies more than a day ahead; what has not happened cannot be recorded";

/// A raw value as the type of a field, if it is one.
fn typed(raw: &Raw, kind: &FieldType) -> Option<FieldValue> {
    match (kind, raw) {
        (FieldType::Text { .. } | FieldType::Choice(_) | FieldType::Matter {}, Raw::Text(text)) => {
            let printable = !text.chars().any(|c| c.is_control() && c != '\n');
            (printable && !text.trim().is_empty()).then(|| FieldValue::Text(text.clone()))
        }
        (FieldType::Integer { .. }, Raw::Integer(n)) => Some(FieldValue::Integer(*n)),
        (FieldType::Decimal { .. }, Raw::Text(text)) => {
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
            text.parse().ok().filter(|_| plain).map(FieldValue::Decimal)
        }
        (FieldType::Decimal { .. }, Raw::Integer(n)) => Some(FieldValue::Decimal((*n).into())),
        (FieldType::Boolean {}, Raw::Boolean(b)) => Some(FieldValue::Boolean(*b)),
        (FieldType::Date {}, Raw::Text(text)) => parse_date(text).map(FieldValue::Date),
        (
            FieldType::Text { .. }
            | FieldType::Choice(_)
            | FieldType::Integer { .. }
            | FieldType::Decimal { .. }
            | FieldType::Boolean {}
            | FieldType::Date {}
            | FieldType::Matter {},
            _,
        ) => None,
    }
}
