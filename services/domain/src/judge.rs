//! What the catalogue says of an event: whether it may be kept at all (R9), from whom, about whom, and until when.
//!
//! The fold judges every event so, whoever wrote it; intake asks the same beforehand, to answer early. Nothing here depends on
//! the clock or on what is stored.

use jiff::civil::Date;

use crate::catalogue::{Article, Catalogue, FieldType, Item, Polarity, TermEnd};
use crate::event::{Change, Document, Event, EventType, RecordRef, Validity};
use crate::ids::{DepartmentId, ItemId, MatterId};
use crate::problem::{Problem, code};
use crate::subject::SubjectKind;
use crate::value::{FieldValue, Fields};

/// Every fault of an event, gravest first: source and item, then subject, then the missing end, then the others.
pub fn judge(event: &Event, catalogue: &Catalogue) -> Vec<Problem> {
    let event_type = event.change.event_type();
    match event.change.record() {
        None => judge_registry(&event.source, event.subject.kind(), event_type, catalogue),
        Some(record) => {
            let mut problems = judge_sender(&event.source, record, event_type, catalogue);
            if let Change::Recorded { record, document, fields, valid, adult_at_issue, .. } = &event.change {
                let content = Content { record, document, fields, valid, adult_at_issue: *adult_at_issue };
                problems.extend(judge_content(&content, event.subject.kind(), catalogue));
            }
            problems.extend(judge_lifecycle(record, event_type, event.subject.kind(), catalogue));
            if let Change::PermissionGranted { matter, from, until, by, .. } = &event.change {
                problems.extend(judge_permission(matter, (*from, *until), by, event.subject.kind(), catalogue));
            }
            problems
        }
    }
}

fn judge_registry(
    source: &DepartmentId,
    kind: SubjectKind,
    event_type: EventType,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let entitled = catalogue.registries.get(&kind).is_some_and(|registry| registry.may_send(source, event_type));
    if entitled {
        return Vec::new();
    }
    let message = format!("{source} keeps no register of this kind of subject; {event_type} is its registry's to send");
    vec![Problem::new(code::SOURCE_NOT_ENTITLED, "source", message)]
}

/// Whether the source exists and may send this type for the record.
pub fn judge_sender(
    source: &DepartmentId,
    record: &RecordRef,
    event_type: EventType,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    if !catalogue.departments.contains_key(source) {
        let message = "no department of this id; use the id the catalogue gives (standing catalogue show)";
        return vec![Problem::new(code::SOURCE_UNKNOWN, "source", message)];
    }
    let Some(item) = catalogue.newest_item(&record.item) else {
        return vec![item_unknown()];
    };
    if item.may_send(source, &record.publisher, event_type) {
        return Vec::new();
    }
    let message = format!(
        "{source} may not send {event_type} for {} of {}; the catalogue names who may",
        record.item, record.publisher
    );
    vec![Problem::new(code::SOURCE_NOT_ENTITLED, "source", message)]
}

pub fn item_unknown() -> Problem {
    let message = "the catalogue has no item of this id; what stands outside the catalogue is not kept";
    Problem::new(code::ITEM_UNKNOWN, "item", message)
}

/// Nothing is kept about a subject that the item may not be recorded of; a record judges by its own date instead.
fn judge_lifecycle(
    record: &RecordRef,
    event_type: EventType,
    kind: SubjectKind,
    catalogue: &Catalogue,
) -> Option<Problem> {
    let item = catalogue.newest_item(&record.item).filter(|_| !event_type.carries_record())?;
    (!item.subjects.contains(&kind)).then(|| kind_not_lawful(item))
}

fn kind_not_lawful(item: &Item) -> Problem {
    let message = format!("{} may not be recorded of this kind of subject", item.id);
    Problem::new(code::SUBJECT_KIND, "subject.scheme", message)
}

struct Content<'a> {
    record: &'a RecordRef,
    document: &'a Document,
    fields: &'a Fields,
    valid: &'a Validity,
    adult_at_issue: Option<bool>,
}

/// What can be said of the item and the subject of a record whose other parts may be faulty.
pub fn judge_whether(
    item: &ItemId,
    issued_on: Option<Date>,
    subject: Option<(SubjectKind, Option<bool>)>,
    catalogue: &Catalogue,
) -> Option<Problem> {
    let newest = catalogue.newest_item(item)?;
    let entry = match issued_on {
        Some(issued_on) => catalogue.item(item, issued_on),
        None => Some(newest),
    };
    match (entry, subject) {
        (None, _) => Some(not_in_force(item)),
        (Some(entry), Some((kind, adult))) if issued_on.is_some() => judge_subject(entry, kind, adult),
        (Some(entry), Some((kind, _))) => (!entry.subjects.contains(&kind)).then(|| kind_not_lawful(entry)),
        (Some(_), None) => None,
    }
}

fn not_in_force(item: &ItemId) -> Problem {
    Problem::new(code::ITEM_NOT_IN_FORCE, "item", format!("{item} was not in force on the document's date"))
}

fn judge_content(content: &Content<'_>, kind: SubjectKind, catalogue: &Catalogue) -> Vec<Problem> {
    let issued_on = content.document.issued_on;
    let Some(item) = catalogue.item(&content.record.item, issued_on) else {
        if catalogue.newest_item(&content.record.item).is_none() {
            return Vec::new();
        }
        return vec![not_in_force(&content.record.item)];
    };
    let mut problems = Vec::new();
    problems.extend(judge_subject(item, kind, content.adult_at_issue));
    problems.extend(judge_end(item, content.document, content.fields, content.valid));
    problems.extend(judge_document(item, content.document));
    problems.extend(judge_fields(item, content.fields, catalogue));
    problems.extend(judge_handled(item, content.fields, issued_on, catalogue));
    problems
}

/// A commitment names the matter that is handled on it. Some matters never are (深圳条例 59 (1) to (3), (5)), by what was law on the
/// document's date; the ordinary procedure stays open (62).
fn judge_handled(item: &Item, fields: &Fields, issued_on: Date, catalogue: &Catalogue) -> Option<Problem> {
    let handled =
        item.handles.as_ref().filter(|handled| handled.when.as_ref().is_none_or(|when| when.holds(fields)))?;
    let path = format!("fields.{}", handled.matter);
    let Some(named) = fields.get(&handled.matter) else {
        // What every record of the item has to name is missed already.
        let is_required = item.field(&handled.matter).is_some_and(|field| field.required);
        if is_required {
            return None;
        }
        let message = "a matter is handled on this commitment; name it";
        return Some(Problem::new(code::FIELD_MISSING, &path, message));
    };
    let FieldValue::Text(named) = named else { return None };
    let matter = catalogue.matter(&MatterId::new(named.as_str()).ok()?, issued_on)?;
    let was_law = |article: &&Article| {
        catalogue.instruments.get(&article.instrument).is_some_and(|law| law.in_force.contains(issued_on))
    };
    matter.not_on_commitment.iter().find(was_law).map(|article| {
        let message = format!(
            "the matter is never handled on a commitment ({} {}); take the ordinary procedure",
            article.instrument, article.article
        );
        Problem::new(code::COMMITMENT_EXCLUDED, &path, message)
    })
}

fn judge_subject(item: &Item, kind: SubjectKind, adult_at_issue: Option<bool>) -> Option<Problem> {
    if !item.subjects.contains(&kind) {
        return Some(kind_not_lawful(item));
    }
    let minor = kind == SubjectKind::Person && item.polarity == Polarity::Adverse && adult_at_issue != Some(true);
    minor.then(|| {
        let message =
            "adverse records of who was a minor on the document's date are not kept; withdraw it at the source";
        Problem::new(code::SUBJECT_MINOR, "subject", message)
    })
}

fn judge_end(item: &Item, document: &Document, fields: &Fields, valid: &Validity) -> Vec<Problem> {
    let issued_on = document.issued_on;
    let mut problems = Vec::new();
    match (item.term_for(fields), valid.until) {
        (Some(TermEnd::AsDocument { .. }) | None, None) => {
            let message = "neither the record nor the catalogue says when this ends; give valid.until";
            problems.push(Problem::new(code::DOCUMENT_NO_END, "valid.until", message));
        }
        (Some(TermEnd::Fixed { maximum, .. }), Some(until)) if until > maximum.over_on(issued_on) => {
            let message = format!("the law allows at most {maximum} from the document's date; give an earlier end");
            problems.push(Problem::new(code::VALID_OVER_MAXIMUM, "valid.until", message));
        }
        (Some(_) | None, _) => {}
    }
    let begin = valid.from.unwrap_or(issued_on).max(document.effective_on);
    if valid.until.is_some_and(|until| until < begin) {
        let message = "ends before it begins; correct the dates";
        problems.push(Problem::new(code::DATE_ORDER, "valid.until", message));
    }
    problems
}

fn judge_document(item: &Item, document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (text, field) in [(&document.number, "document.number"), (&document.issuer, "document.issuer")] {
        if text.trim().is_empty() {
            let message = "a record without it cannot be kept; give what the document says";
            problems.push(Problem::new(code::DOCUMENT_MISSING, field, message));
        } else if text.len() > SHOWN_BYTES_MAX {
            problems.push(too_long(field));
        }
    }
    if document.kind != item.document.kind {
        let message = format!("{} is recorded from a {}", item.id, item.document.kind);
        problems.push(Problem::new(code::DOCUMENT_KIND, "document.kind", message));
    }
    problems
}

/// The fields of a record against its item.
pub fn judge_fields(item: &Item, fields: &Fields, catalogue: &Catalogue) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in item.fields.iter().filter(|field| field.required && !fields.contains_key(&field.name)) {
        let path = format!("fields.{}", field.name);
        problems.push(Problem::new(code::FIELD_MISSING, &path, "the item requires it"));
    }
    for (name, value) in fields {
        let path = format!("fields.{name}");
        match item.field(name) {
            None => problems.push(Problem::new(code::FIELD_UNKNOWN, &path, "the item has no such field; leave it out")),
            Some(field) => {
                if let Some(message) = fault_of(value, &field.kind, catalogue) {
                    problems.push(Problem::new(code::FIELD_INVALID, &path, message));
                }
            }
        }
    }
    problems
}

fn fault_of(value: &FieldValue, kind: &FieldType, catalogue: &Catalogue) -> Option<String> {
    match (kind, value) {
        (FieldType::Text { max }, FieldValue::Text(text)) => {
            let fits = text.chars().count() <= usize::try_from(*max).unwrap_or(usize::MAX);
            (!fits).then(|| format!("at most {max} characters"))
        }
        (FieldType::Choice(values), FieldValue::Text(text)) => {
            (!values.contains(text)).then(|| format!("one of {}", values.join(", ")))
        }
        (FieldType::Integer { min, max }, FieldValue::Integer(n)) => {
            (n < min || n > max).then(|| format!("an integer from {min} to {max}"))
        }
        (FieldType::Decimal { scale }, FieldValue::Decimal(n)) => (n.is_sign_negative() || n.scale() > *scale)
            .then(|| format!("a number of at least 0 with at most {scale} digits after the point, as a string")),
        (FieldType::Boolean {}, FieldValue::Boolean(_)) | (FieldType::Date {}, FieldValue::Date(_)) => None,
        (FieldType::Matter {}, FieldValue::Text(text)) => {
            let known = MatterId::new(text.as_str()).is_ok_and(|matter| catalogue.knows_matter(&matter));
            (!known).then(|| "a matter of the catalogue".to_owned())
        }
        (
            FieldType::Text { .. }
            | FieldType::Choice(_)
            | FieldType::Integer { .. }
            | FieldType::Decimal { .. }
            | FieldType::Boolean {}
            | FieldType::Date {}
            | FieldType::Matter {},
            _,
        ) => Some(form_of(kind)),
    }
}

/// What a field wants, in words.
pub fn form_of(kind: &FieldType) -> String {
    match kind {
        FieldType::Text { max } => format!("a string of at most {max} characters"),
        FieldType::Choice(values) => format!("one of {}", values.join(", ")),
        FieldType::Integer { min, max } => format!("an integer from {min} to {max}"),
        FieldType::Decimal { scale } => {
            format!("a number of at least 0 with at most {scale} digits after the point, as a string")
        }
        FieldType::Boolean {} => "true or false".to_owned(),
        FieldType::Date {} => "a date like 2026-05-08".to_owned(),
        FieldType::Matter {} => "a matter of the catalogue".to_owned(),
    }
}

/// Longest text that a flag shows: what keeps a flag with eight grounds and all their permissions far below the largest record
/// of a topic.
pub const SHOWN_BYTES_MAX: usize = 240;

fn too_long(field: &str) -> Problem {
    Problem::new(code::FIELD_INVALID, field, format!("at most {SHOWN_BYTES_MAX} bytes; shorten it"))
}

fn judge_permission(
    matter: &MatterId,
    (from, until): (Date, Date),
    by: &str,
    kind: SubjectKind,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shields = catalogue.matter(matter, from).is_some_and(|matter| matter.shields);
    if shields && kind != SubjectKind::Organisation {
        let message = "only an organisation is reorganised; permit the matters themselves";
        problems.push(Problem::new(code::SUBJECT_KIND, "subject.scheme", message));
    }
    if by.len() > SHOWN_BYTES_MAX {
        problems.push(too_long("fields.by"));
    }
    if !catalogue.knows_matter(matter) {
        let message = "the catalogue has no matter of this id";
        problems.push(Problem::new(code::MATTER_UNKNOWN, "fields.matter", message));
    }
    if until < from {
        let message = "ends before it begins; correct the dates";
        problems.push(Problem::new(code::DATE_ORDER, "fields.until", message));
    }
    problems
}
