//! From the bytes of one event to the event of the log, or to every fault it has.
//!
//! What an event says is judged by [`domain::check`]; here is only what comes before it: that it can be read, and that its
//! sender speaks for the department it names. What is kept of a refused event for others to see are names of the catalogue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::check::{Context, check};
use domain::event::{Event, EventType};
use domain::ids::{DepartmentId, ItemId};
use domain::problem::Problem;
use domain::pseudonym::PseudonymKey;
use domain::time::Instant;
use domain::value::Raw;
use kit::clock::Clock;

use crate::code;
use crate::json;

/// Faults of one event that are told: whoever mends these and sends it again learns of the others.
const FAULTS_MAX: usize = 20;
/// Longest event id that is repeated in an answer: the domain takes no longer text.
const EVENT_ID_BYTES_MAX: usize = 6_000;

/// Whom a sender speaks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Speaker<'a> {
    /// In the playground.
    Anyone,
    Department(&'a str),
}

/// What an event says of itself, as far as it is known to the catalogue: safe to be counted, logged and kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(crate) source: Option<DepartmentId>,
    pub(crate) event_type: Option<EventType>,
    pub(crate) item: Option<ItemId>,
}

/// The faults of an event, gravest first.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    pub(crate) first: Problem,
    pub(crate) further: Vec<Problem>,
}

/// One event, checked.
pub(crate) struct Checked {
    pub(crate) event_id: Option<String>,
    pub(crate) named: Named,
    pub(crate) outcome: Result<Event, Faults>,
}

pub(crate) struct Checker {
    pub(crate) key: Arc<PseudonymKey>,
    pub(crate) clock: Clock,
    pub(crate) event_bytes_max: usize,
}

impl From<Problem> for Faults {
    fn from(first: Problem) -> Self {
        Self { first, further: Vec::new() }
    }
}

impl Faults {
    fn of(mut problems: Vec<Problem>) -> Self {
        if problems.is_empty() {
            return internal().into();
        }
        problems.truncate(FAULTS_MAX);
        let first = problems.remove(0);
        Self { first, further: problems }
    }
}

impl Checked {
    /// An event of which nothing can be read but who sent it.
    pub(crate) fn unreadable(problem: Problem, speaker: Speaker<'_>, catalogue: &Catalogue) -> Self {
        let source = match speaker {
            Speaker::Anyone => None,
            Speaker::Department(own) => DepartmentId::new(own).ok().filter(|id| catalogue.departments.contains_key(id)),
        };
        Self { event_id: None, named: Named { source, ..Named::default() }, outcome: Err(problem.into()) }
    }
}

impl Checker {
    pub(crate) fn now(&self) -> Instant {
        Instant::from_ms(self.clock.now_ms())
    }

    /// An event as JSON.
    pub(crate) fn json(&self, bytes: &[u8], speaker: Speaker<'_>, catalogue: &Catalogue) -> Checked {
        if bytes.len() > self.event_bytes_max {
            return Checked::unreadable(self.too_large(), speaker, catalogue);
        }
        match json::parse(bytes) {
            Ok(raw) => self.raw(&raw, speaker, catalogue),
            Err(problem) => Checked::unreadable(problem, speaker, catalogue),
        }
    }

    /// An event as a tree of values, however it was written.
    pub(crate) fn raw(&self, raw: &Raw, speaker: Speaker<'_>, catalogue: &Catalogue) -> Checked {
        let event_id = text(raw, "event_id").filter(|id| id.len() <= EVENT_ID_BYTES_MAX).map(str::to_owned);
        let named = Named::of(raw, catalogue);
        let outcome = match json::bounded(raw).and_then(|()| entitled(&named, speaker)) {
            Ok(()) => self.judge(raw, catalogue),
            Err(problem) => Err(problem.into()),
        };
        Checked { event_id, named, outcome }
    }

    pub(crate) fn too_large(&self) -> Problem {
        let message =
            format!("an event has at most {} bytes; send one event a line, without attachments", self.event_bytes_max);
        Problem::new(code::EVENT_TOO_LARGE, "", message)
    }

    /// One event that the domain cannot cope with must not take the others of its batch with it.
    fn judge(&self, raw: &Raw, catalogue: &Catalogue) -> Result<Event, Faults> {
        let context = Context { catalogue, key: &self.key, now: self.now() };
        match catch_unwind(AssertUnwindSafe(|| check(raw, &context))) {
            Ok(outcome) => outcome.map_err(Faults::of),
            Err(_) => Err(internal().into()),
        }
    }
}

impl Named {
    fn of(raw: &Raw, catalogue: &Catalogue) -> Self {
        let source = text(raw, "source").and_then(|id| DepartmentId::new(id).ok());
        let item = text(raw, "item").and_then(|id| ItemId::new(id).ok());
        Self {
            source: source.filter(|id| catalogue.departments.contains_key(id)),
            event_type: text(raw, "type").and_then(EventType::parse),
            item: item.filter(|id| catalogue.items.contains_key(id)),
        }
    }
}

/// Whether the speaker may publish for the source; what is no department of the catalogue is refused as such later.
fn entitled(named: &Named, speaker: Speaker<'_>) -> Result<(), Problem> {
    match (speaker, &named.source) {
        (Speaker::Department(own), Some(source)) if source.as_str() != own => {
            let message =
                format!("the sender speaks for {own}; give it as the source, or send with {source}'s own credential");
            Err(Problem::new(code::NOT_ENTITLED, "source", message))
        }
        (Speaker::Department(_) | Speaker::Anyone, _) => Ok(()),
    }
}

fn text<'a>(raw: &'a Raw, name: &str) -> Option<&'a str> {
    let Raw::Object(members) = raw else { return None };
    match members.get(name)? {
        Raw::Text(text) => Some(text),
        Raw::Null | Raw::Boolean(_) | Raw::Integer(_) | Raw::OtherNumber(_) | Raw::List(_) | Raw::Object(_) => None,
    }
}

/// What a panic becomes: it is logged where it happens, and its text may quote the event.
pub(crate) fn internal() -> Problem {
    Problem::new(code::INTERNAL, "", "a fault of this program, which is logged; report it if it stays")
}
