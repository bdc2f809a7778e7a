//! Events of a fictitious district, as departments send them.

use domain::subject::fictitious;
use jiff::civil::date;
use serde_json::{Value, json};

/// A firm.
pub const FIRM: &str = "919900000000000192";

/// A general penalty of the fire department against the firm.
pub fn penalty(event_id: &str) -> Value {
    json!({
        "source": "district.fire", "event_id": event_id, "type": "record.upserted", "item": "fire.penalty",
        "record_id": format!("虚构消罚〔2026〕{event_id}号"), "revision": 1,
        "subject": {"scheme": "uscc", "id": FIRM, "name": "虚构消防设备有限公司"},
        "document": {
            "number": format!("虚构消罚〔2026〕{event_id}号"), "kind": "penalty-decision", "issuer": "district.fire",
            "issued_on": "2026-05-08", "effective_on": "2026-05-08"
        },
        "fields": {"severity": "general", "fine_cny": "20000.00"},
        "valid": {"from": "2026-05-08", "until": "2027-05-07"},
        "occurred_at": "2026-05-08T10:00:00+08:00"
    })
}

/// The same against somebody else.
pub fn penalty_of(event_id: &str, scheme: &str, id: &str) -> Value {
    let mut event = penalty(event_id);
    event["subject"] = json!({"scheme": scheme, "id": id, "name": "虚构某某"});
    event
}

/// Who was fifteen when the document was issued.
pub fn minor() -> String {
    fictitious::cn_id(1, date(2011, 1, 1))
}

/// A lifecycle event of the penalty's record.
pub fn lifecycle(event_id: &str, event_type: &str, fields: Value) -> Value {
    json!({
        "source": "district.fire", "event_id": event_id, "type": event_type, "item": "fire.penalty",
        "record_id": "虚构消罚〔2026〕1号", "subject": {"scheme": "uscc", "id": FIRM}, "fields": fields
    })
}

/// An event with one member, named by its path, taken out or set.
pub fn with(mut event: Value, path: &str, value: Option<Value>) -> Value {
    let mut parts: Vec<&str> = path.split('.').collect();
    let last = parts.pop().expect("a path has a last part");
    let parent = parts.into_iter().fold(&mut event, |node, part| &mut node[part]);
    let members = parent.as_object_mut().expect("the parent is an object");
    match value {
        Some(value) => members.insert(last.to_owned(), value),
        None => members.remove(last),
    };
    event
}

pub fn lines<'a>(events: impl IntoIterator<Item = &'a Value>) -> String {
    events.into_iter().map(|event| format!("{event}\n")).collect()
}
