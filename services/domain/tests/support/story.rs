//! Stories as text: events in, answers and refusals out. One line, one step:
//!
//! ```text
//! story NAME
//! now DATE                     the clock, at noon
//! clock DATE                   moves it (a TimeAdvanced to the log)
//! event TYPE key=value ...     an event that must be accepted
//! refuse CODE event TYPE ...   an event that must be refused with this code
//! expect MATTER DECISION [until=DATE|none] [status=S] [exceptions=N] [grounds=N]
//! pending MEASURE N            records of the last subject that wait for their notice
//! record ITEM NUMBER STATE      standing until=DATE|none, unpublished, repaired, expired, withdrawn, revoked, delisted; with before-minimum or shielded=DATE
//! case TASK ID due=DATE [extended=true] [overdue=true]   an open task of the last subject
//! no-case TASK ID              that task is not open
//! activate DIGEST              another catalogue
//! rating ID BAND|none [held-back] [points=N]   how the last subject is rated, as the profile says
//! notice RECORD STATUS         what was last told of a record's notice: to-serve, served, void
//! ```
//! Values with blanks stand in double quotes; `subject=uscc:3` is the third fictitious firm; `fields={a: b, c: 1}`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::check::{Context, check};
use domain::evaluate::{end_of, evaluate, shielded_until};
use domain::event::{Body, Content, Control, RecordRef};
use domain::flag::{End, Flag, FlagChange, FlagValue, Version};
use domain::fold::{Applied, Catalogues, FOLD_VERSION, Position, apply};
use domain::ids::{MatterId, MeasureId, RatingId};
use domain::output::{NoticeStatus, Outcome, Output};
use domain::pseudonym::PseudonymKey;
use domain::rows::{CaseKey, Rows};
use domain::subject::{SubjectKey, fictitious};
use domain::time::{Instant, parse_date};
use domain::value::Raw;
use domain::verdict::{Held, decide};

use super::store::MemoryStore;

/// A partition, what it told the world, and a clock.
pub struct District<'a> {
    pub store: MemoryStore,
    pub catalogues: &'a dyn Catalogues,
    pub digest: String,
    pub now: Instant,
    pub offset: i64,
    /// The flags as a reader holds them.
    pub flags: BTreeMap<(SubjectKey, MeasureId), (Version, Option<Flag>)>,
    pub outputs: Vec<Output>,
    key: PseudonymKey,
}

pub fn noon(date: &str) -> Instant {
    Instant::from_ms(Instant::day_start(parse_date(date).expect(date)).ms() + 12 * 3_600_000)
}

impl<'a> District<'a> {
    pub fn new(catalogues: &'a dyn Catalogues, digest: &str, now: Instant) -> Self {
        let mut district = Self {
            store: MemoryStore::default(),
            catalogues,
            digest: digest.to_owned(),
            now,
            offset: 0,
            flags: BTreeMap::new(),
            outputs: Vec::new(),
            key: PseudonymKey::new("test", &[7; 32]).unwrap(),
        };
        district.control(Control::FoldActivated { version: FOLD_VERSION });
        district.control(Control::CatalogueActivated { digest: digest.to_owned() });
        district
    }

    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogues.catalogue(&self.digest).unwrap()
    }

    pub fn control(&mut self, control: Control) -> Applied {
        self.append(Content::Control(control))
    }

    pub fn append(&mut self, content: Content) -> Applied {
        let at = Position { partition: 0, offset: self.offset, appended_at: self.now };
        self.offset += 1;
        let body = Body { written_at: self.now, content };
        let applied = apply(&mut self.store, self.catalogues, at, &body).unwrap();
        let mut continues = Vec::new();
        for output in &applied.outputs {
            match output {
                Output::Flag(change) => self.read(change),
                Output::Continue(go_on) => continues.push(go_on.clone()),
                Output::Profile(_) | Output::Notice(_) | Output::Fall(_) | Output::Reject(_) => {}
            }
        }
        self.outputs.extend(applied.outputs.iter().cloned());
        for go_on in continues {
            self.control(Control::Continue(go_on));
        }
        applied
    }

    pub fn read(&mut self, change: &FlagChange) {
        let key = (change.subject.clone(), change.measure.clone());
        let held = self.flags.get(&key).map(|(version, _)| *version);
        assert!(held.is_none_or(|held| held < change.version), "versions of a key only rise");
        let flag = match &change.value {
            FlagValue::Set(flag) => Some(flag.clone()),
            FlagValue::Lifted(_) | FlagValue::Tombstone => None,
        };
        self.flags.insert(key, (change.version, flag));
    }

    /// Checks an event as intake would; appends it when it is accepted.
    pub fn send(&mut self, raw: &Raw) -> Result<Applied, String> {
        let catalogue = self.catalogue();
        let context = Context { catalogue: &catalogue, key: &self.key, now: self.now };
        match check(raw, &context) {
            Ok(event) => {
                let applied = self.append(Content::Event(event));
                match (&applied.outcome, applied.outputs.iter().find_map(reject_code)) {
                    (Outcome::Refused, Some(code)) => Err(code),
                    _ => Ok(applied),
                }
            }
            Err(problems) => Err(problems[0].code.clone()),
        }
    }

    pub fn held(&self, subject: &SubjectKey) -> Vec<Held<'_>> {
        let of_subject = self.flags.iter().filter(|((s, _), _)| s == subject);
        of_subject
            .filter_map(|((_, measure), (version, flag))| {
                Some(Held { measure, flag: flag.as_ref()?.by_ref(), version: *version })
            })
            .collect()
    }

    pub fn subject_key(&self, scheme: &str, id: &str) -> SubjectKey {
        let identifier = domain::subject::Identifier::parse(scheme, id, &|_| false).unwrap();
        SubjectKey::plain(&identifier).unwrap_or_else(|| self.key.pseudonymise(&identifier))
    }
}

fn reject_code(output: &Output) -> Option<String> {
    match output {
        Output::Reject(reject) => Some(reject.code.clone()),
        Output::Flag(_) | Output::Profile(_) | Output::Notice(_) | Output::Fall(_) | Output::Continue(_) => None,
    }
}

pub fn text(value: impl Into<String>) -> Raw {
    Raw::Text(value.into())
}

pub fn object<const N: usize>(members: [(&str, Raw); N]) -> Raw {
    Raw::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// `uscc:3` is a fictitious subject, `cn-id:child` a minor; anything else is taken as it stands.
pub fn subject_of(spec: &str) -> (String, String) {
    let (scheme, rest) = spec.split_once(':').expect(spec);
    let id = match (scheme, rest.parse::<u64>()) {
        ("uscc", Ok(n)) if rest.len() < 10 => fictitious::uscc(n),
        ("cn-id", Ok(n)) if rest.len() < 10 => fictitious::adult(n),
        ("building", Ok(n)) => fictitious::building(n),
        ("cn-id", Err(_)) if rest == "child" => fictitious::cn_id(1, jiff::civil::date(2012, 6, 1)),
        _ => rest.to_owned(),
    };
    (scheme.to_owned(), id)
}

/// The words of a line; quotes hold blanks together, braces too.
/// The words of a line: at blanks outside quotes and braces.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut depth) = (Vec::new(), String::new(), false, 0_usize);
    for c in line.chars() {
        match c {
            '"' if depth == 0 => quoted = !quoted,
            '{' => {
                depth += 1;
                word.push(c);
            }
            '}' => {
                depth -= 1;
                word.push(c);
            }
            c if c.is_whitespace() && !quoted && depth == 0 => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn scalar(value: &str) -> Raw {
    let value = value.trim();
    match value {
        "true" => Raw::Boolean(true),
        "false" => Raw::Boolean(false),
        quoted if quoted.starts_with('"') => text(quoted.trim_matches('"')),
        number => number.parse().map_or_else(|_| text(value), Raw::Integer),
    }
}

fn braces(value: &str) -> BTreeMap<String, Raw> {
    let inner = value.trim().trim_start_matches('{').trim_end_matches('}');
    let pairs = inner.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once(':').expect(pair);
            (name.trim().to_owned(), scalar(value))
        })
        .collect()
}

/// An event from `TYPE key=value ...`.
pub fn event(words: &[String]) -> Raw {
    let mut members = BTreeMap::from([("type".to_owned(), text(&words[0])), ("event_id".to_owned(), text("E1"))]);
    let (mut fields, mut document, mut valid) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for word in &words[1..] {
        let (name, value) = word.split_once('=').expect(word);
        match name {
            "source" | "item" | "publisher" => drop(members.insert(name.to_owned(), text(value))),
            "record" => drop(members.insert("record_id".to_owned(), text(value))),
            "revision" => drop(members.insert(name.to_owned(), scalar(value))),
            "subject" => {
                let (scheme, id) = subject_of(value);
                members.insert(name.to_owned(), object([("scheme", text(scheme)), ("id", text(id))]));
            }
            "issued" => drop(document.insert("issued_on".to_owned(), text(value))),
            "effective" => drop(document.insert("effective_on".to_owned(), text(value))),
            "kind" if words[0].starts_with("record.") => drop(document.insert("kind".to_owned(), text(value))),
            "from" | "until" if words[0].starts_with("record.") => drop(valid.insert(name.to_owned(), text(value))),
            "fields" => fields.extend(braces(value)),
            _ => drop(fields.insert(name.to_owned(), text(value))),
        }
    }
    if !document.is_empty() {
        let number = members.get("record_id").cloned().unwrap_or(Raw::Null);
        document.insert("number".to_owned(), number);
        document.insert("issuer".to_owned(), members["source"].clone());
        members.insert("document".to_owned(), Raw::Object(document));
    }
    if !valid.is_empty() {
        members.insert("valid".to_owned(), Raw::Object(valid));
    }
    if !fields.is_empty() {
        members.insert("fields".to_owned(), Raw::Object(fields));
    }
    Raw::Object(members)
}

/// Runs every story of a text; panics with the line that does not hold.
pub fn run(stories: &str, catalogues: &dyn Catalogues, digest: &str) -> usize {
    run_seen(stories, catalogues, digest, &mut |_, _, _| Ok(()))
}

/// The same, and shows after each step what came of it: the step's words, and the last subject.
pub fn run_seen(
    stories: &str,
    catalogues: &dyn Catalogues,
    digest: &str,
    seen: &mut dyn FnMut(&mut District<'_>, &[String], Option<&SubjectKey>) -> Result<(), String>,
) -> usize {
    let (mut district, mut subject, mut told, mut name) = (None::<District<'_>>, None, 0, String::new());
    for (number, line) in stories.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = format!("line {}: {name}: {line}", number + 1);
        let words = words(line);
        match words[0].as_str() {
            "story" => {
                name = line.to_owned();
                district = None;
                told += 1;
            }
            "now" => district = Some(District::new(catalogues, digest, noon(&words[1]))),
            step => {
                let district = district.as_mut().unwrap_or_else(|| panic!("{at}: no `now` yet"));
                if let Some(spec) = words.iter().find_map(|w| w.strip_prefix("subject=")) {
                    let (scheme, id) = subject_of(spec);
                    subject = domain::subject::Identifier::parse(&scheme, &id, &|_| false)
                        .ok()
                        .map(|_| district.subject_key(&scheme, &id));
                }
                let result = take(district, step, &words[1..], subject.as_ref());
                let result = result.and_then(|()| seen(district, &words, subject.as_ref()));
                assert!(result.is_ok(), "{at}: {}", result.unwrap_err());
            }
        }
    }
    told
}

fn take(district: &mut District<'_>, step: &str, words: &[String], subject: Option<&SubjectKey>) -> Result<(), String> {
    match step {
        "clock" => {
            district.now = noon(&words[0]);
            district.control(Control::TimeAdvanced);
            Ok(())
        }
        "activate" => {
            district.digest.clone_from(&words[0]);
            district.control(Control::CatalogueActivated { digest: words[0].clone() });
            Ok(())
        }
        "event" => district.send(&event(words)).map(|_| ()).map_err(|code| format!("refused with {code}")),
        "repeat" => match district.send(&event(words))?.outcome {
            Outcome::Repeat | Outcome::Older => Ok(()),
            other => Err(format!("was {other:?}")),
        },
        "refuse" => match district.send(&event(&words[2..])) {
            Err(code) if code == words[0] => Ok(()),
            Err(code) => Err(format!("refused with {code}")),
            Ok(_) => Err("was accepted".to_owned()),
        },
        "expect" => expect(district, words, subject.ok_or("no subject yet")?),
        "pending" => {
            let row = Rows::new(&mut district.store).subject(subject.ok_or("no subject yet")?).unwrap();
            let measure = MeasureId::new(words[0].as_str()).unwrap();
            let pending = row.and_then(|row| Some(row.measures.get(&measure)?.pending)).unwrap_or(0);
            let same = pending.to_string() == words[1];
            if same { Ok(()) } else { Err(format!("{pending} are pending")) }
        }
        "case" => {
            let shown = case(district, subject.ok_or("no subject yet")?, &words[0], &words[1]);
            let wanted = words[2..].join(" ");
            if shown.as_deref() == Some(&wanted) { Ok(()) } else { Err(format!("there is {shown:?}")) }
        }
        "record" => {
            let shown = record(district, subject.ok_or("no subject yet")?, &words[0], &words[1]);
            let wanted = words[2..].join(" ");
            if shown.as_deref() == Some(&wanted) { Ok(()) } else { Err(format!("it is {shown:?}")) }
        }
        "no-case" => match case(district, subject.ok_or("no subject yet")?, &words[0], &words[1]) {
            None => Ok(()),
            Some(shown) => Err(format!("there is {shown}")),
        },
        "rating" => rated(district, words, subject.ok_or("no subject yet")?),
        "notice" => {
            let last = district.outputs.iter().rev().find_map(|output| match output {
                Output::Notice(change) if change.record.record_id.as_str() == words[0] => Some(&change.notice.status),
                _ => None,
            });
            let said = match last {
                Some(NoticeStatus::ToServe) => "to-serve",
                Some(NoticeStatus::Served(_)) => "served",
                Some(NoticeStatus::Void) => "void",
                None => "none",
            };
            if said == words[1] { Ok(()) } else { Err(format!("the notice is {said}")) }
        }
        other => Err(format!("no such step: {other}")),
    }
}

/// Where a record of a subject stands.
fn record(district: &mut District<'_>, subject: &SubjectKey, item: &str, number: &str) -> Option<String> {
    let (catalogue, now) = (district.catalogue(), district.now);
    let rows = Rows::new(&mut district.store).records(subject, None, usize::MAX).unwrap();
    let is = |key: &RecordRef| key.item.as_str() == item && key.record_id.as_str() == number;
    let (key, record) = rows.into_iter().find(|(key, _)| is(key))?;
    let evaluation = evaluate(subject.kind(), &key, &record, &catalogue);
    let end = record
        .standing()
        .and_then(|standing| end_of(catalogue.item(&key.item, standing.document.issued_on)?, standing));
    let mut shown = match (evaluation.repaired, evaluation.ended, end) {
        (true, _, _) => "repaired".to_owned(),
        (_, Some(ended), _) => format!("{ended:?}").to_lowercase(),
        (_, None, Some(End::On(day))) if Instant::day_end(day) <= now => "expired".to_owned(),
        (_, None, Some(End::On(day))) => format!("standing until={day}"),
        (_, None, Some(End::Condition { .. })) => "standing until=none".to_owned(),
        (_, None, None) => "unpublished".to_owned(),
    };
    if evaluation.repair_before_minimum {
        shown.push_str(" before-minimum");
    }
    if let Some(until) = shielded_until(&record, &catalogue).filter(|until| now < Instant::day_end(*until)) {
        write!(shown, " shielded={until}").unwrap();
    }
    Some(shown)
}

/// An open task of a subject as the state has it.
fn case(district: &mut District<'_>, subject: &SubjectKey, task: &str, id: &str) -> Option<String> {
    let rows = Rows::new(&mut district.store).cases_after(&[], usize::MAX).unwrap();
    let is = |key: &CaseKey| &key.subject == subject && key.task.as_str() == task && key.id.as_str() == id;
    let (key, row) = rows.into_iter().find(|(key, _)| is(key))?;
    let mut shown = format!("due={}", key.due_on);
    for (name, value) in [("extended", row.extended), ("overdue", row.overdue)] {
        if value {
            write!(shown, " {name}=true").unwrap();
        }
    }
    Some(shown)
}

fn rated(district: &mut District<'_>, words: &[String], subject: &SubjectKey) -> Result<(), String> {
    let row = Rows::new(&mut district.store).subject(subject).unwrap();
    let rating = row.and_then(|row| row.ratings.get(&RatingId::new(words[0].as_str()).unwrap()).cloned());
    let mut said = rating.as_ref().and_then(|r| r.band.clone()).unwrap_or_else(|| "none".to_owned());
    if rating.as_ref().is_some_and(|r| r.held_back) {
        said += " held-back";
    }
    if words.iter().any(|word| word.starts_with("points=")) {
        let points = rating.and_then(|r| r.points).map_or_else(|| "none".to_owned(), |n| n.to_string());
        write!(said, " points={points}").unwrap();
    }
    if said == words[1..].join(" ") { Ok(()) } else { Err(format!("the rating is {said}")) }
}

fn expect(district: &District<'_>, words: &[String], subject: &SubjectKey) -> Result<(), String> {
    let matter = MatterId::new(words[0].as_str()).unwrap();
    let verdict = decide(district.held(subject), &matter, district.now);
    let mut said = verdict.decision.as_str().to_owned();
    let first = verdict.flags.first();
    for word in &words[2..] {
        let (name, _) = word.split_once('=').expect(word);
        let value = match name {
            "until" => first
                .and_then(|f| f.interval.end)
                .map_or("none".to_owned(), |end| Instant::from_ms(end.ms() - 1).day().to_string()),
            "since" => first.map_or("none".to_owned(), |f| f.interval.start.day().to_string()),
            "status" => {
                let rated = first.and_then(|f| Some(f.held.flag.rating.as_ref()?.parts().status));
                let ground =
                    first.and_then(|f| f.held.flag.grounds_in_force(&matter, district.now).next()).map(|g| g.status());
                ground.or(rated).map_or("none", |status| status.as_str()).to_owned()
            }
            "exceptions" => verdict.exceptions.len().to_string(),
            "grounds" => first.map_or(0, |f| f.held.flag.grounds_total).to_string(),
            other => return Err(format!("no such property: {other}")),
        };
        write!(said, " {name}={value}").unwrap();
    }
    let wanted = words[1..].join(" ");
    if said == wanted { Ok(()) } else { Err(format!("the answer is {said}")) }
}
