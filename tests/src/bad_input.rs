//! What departments send by mistake, each with the code it must be refused with.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::event::{Record, Subject};

/// One refused event.
pub struct Bad {
    /// What is wrong with it, for the message of a failing test.
    pub what: &'static str,
    pub bytes: Vec<u8>,
    pub code: &'static str,
}

/// Of the court: an event that would be taken were it not for its one fault.
pub fn all(today: Date) -> Vec<Bad> {
    let issued_on = today.saturating_sub(2.days());
    let of = |number: u64| Record::defaulter(&format!("坏{number}"), &Subject::firm(900_000 + number), issued_on);
    let good = || of(1).upserted(1, json!({ "ground": 2 }));
    let with = |pointer: &str, value: Value| {
        let mut event = good();
        if let Some(place) = event.pointer_mut(pointer) {
            *place = value;
        }
        event
    };
    let without = |parent: &str, name: &str| {
        let mut event = good();
        if let Some(Value::Object(members)) = event.pointer_mut(parent) {
            members.remove(name);
        }
        event
    };
    let valid = |from: Date, until: Date| {
        let mut event = good();
        event["valid"] = json!({ "from": from, "until": until });
        event
    };
    let far = today.saturating_add(3.days());
    let child = Subject::child(1, date(today.year() - 10, 1, 1));

    let mut all = Vec::new();
    let mut bytes = |what, code, bytes: Vec<u8>| all.push(Bad { what, code, bytes });
    bytes("no JSON", "json.malformed", b"{\"source\":\"district.court\",".to_vec());
    bytes("a list instead of an object", "event.not-an-object", b"[1,2]".to_vec());
    bytes("a name twice", "json.malformed", b"{\"source\":\"district.court\",\"source\":\"district.fire\"}".to_vec());
    let mut invalid = good().to_string().into_bytes();
    invalid.splice(1..1, [b'"', 0xff, 0xfe, b'"', b':', b'1', b',']);
    bytes("no UTF-8", "encoding.invalid-utf8", invalid);
    let mut huge = good();
    huge["fields"]["duty"] = "义务".repeat(10 * (1 << 20) / 6).into();
    bytes("ten megabytes", "event.too-large", huge.to_string().into_bytes());

    let mut event = |what, code, event: Value| bytes(what, code, event.to_string().into_bytes());
    event("an unknown type", "type.unknown", with("/type", json!("record.deleted")));
    event("an unknown department", "source.unknown", with("/source", json!("district.nowhere")));
    event("an unknown item", "item.unknown", with("/item", json!("court.nothing")));
    event("an unknown scheme", "subject.scheme-unknown", with("/subject/scheme", json!("passport")));
    event("a wrong check character", "subject.check-digit", with("/subject/id", json!("919900000000000193")));
    event("no identifier at all", "subject.malformed", with("/subject/id", json!("1")));
    event("a date that is none", "date.invalid", with("/document/issued_on", json!("2026-02-30")));
    event("a document of the future", "date.future", with("/document/issued_on", json!(far)));
    event("an event of the future", "date.future", with("/occurred_at", json!(format!("{far}T23:00:00+08:00"))));
    event("it ends before it begins", "date.order", valid(issued_on, issued_on.saturating_sub(1.days())));
    event("longer than the law allows", "valid.over-maximum", valid(issued_on, issued_on.saturating_add(9.years())));
    event("no document", "document.missing", without("", "document"));
    event("a document without number", "document.missing", without("/document", "number"));
    event("a document without issuer", "document.missing", without("/document", "issuer"));
    event("a document without date", "document.missing", without("/document", "issued_on"));
    event("a document of another kind", "document.kind", with("/document/kind", json!("award")));
    event("a required field is missing", "field.missing", without("/fields", "ground"));
    event("a required member is missing", "field.missing", without("", "record_id"));
    event("an unknown field", "field.unknown", of(2).upserted(1, json!({ "ground": 2, "colour": "red" })));
    event("a field out of range", "field.invalid", of(3).upserted(1, json!({ "ground": 7 })));
    event("an item of another department", "source.not-entitled", {
        let mut event = Record::fire_penalty("坏", &Subject::firm(900_004), issued_on)
            .upserted(1, json!({ "severity": "general" }));
        event["source"] = json!("district.court");
        event["publisher"] = json!("district.fire");
        event
    });
    event("a minor", "subject.minor", Record::defaulter("坏5", &child, issued_on).upserted(1, json!({ "ground": 2 })));
    event("a permission for an unknown matter", "matter.unknown", {
        let fields = json!({ "permission_id": "P-1", "matter": "subsidy.nothing", "from": today, "until": far, "by": "虚构法院" });
        of(6).event("permission.granted", today, json!({ "fields": fields }))
    });
    event("a kind of subject that the item is not about", "subject.kind-not-lawful", {
        let mut event = good();
        event["subject"] = json!({ "scheme": "building", "id": "990000-000000001" });
        event
    });
    all
}

/// Of the credit centre, which decides nothing: a step that is the publisher's to take.
pub fn undecided(today: Date) -> Value {
    let record = Record::defaulter("坏7", &Subject::firm(900_007), today.saturating_sub(2.days()));
    let mut event =
        record.event("repair.granted", today, json!({ "fields": { "repair_id": "R-1", "decided_on": today } }));
    event["source"] = json!("district.credit-centre");
    event["publisher"] = json!("district.court");
    event
}
