//! The schemas may change only so that every released version reads every other.

use std::path::Path;

use schemas::Kind;
use schemas::compatibility::breaks;
use serde_json::{Value, json};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_schema_is_released_as_it_stands() {
    for kind in Kind::ALL {
        let source = read(&format!("avro/{kind}.avsc"));
        let version = kind.released().len();
        assert_eq!(
            kind.current(),
            source,
            "avro/{kind}.avsc differs from released/{kind}/{version}.avsc: copy it to released/{kind}/{}.avsc and add that \
             number to Kind::released",
            version + 1
        );
    }
}

#[test]
fn no_schema_lies_about_that_belongs_to_no_kind() {
    let folder = |path: &str| {
        let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut kinds: Vec<_> = Kind::ALL.map(|kind| kind.to_string()).into();
    kinds.sort();
    assert_eq!(folder("released"), kinds);
    assert_eq!(folder("avro"), kinds.iter().map(|kind| format!("{kind}.avsc")).collect::<Vec<_>>());
    for kind in Kind::ALL {
        assert_eq!(folder(&format!("released/{kind}")).len(), kind.released().len(), "{kind}");
    }
}

#[test]
fn every_version_reads_every_other() {
    for kind in Kind::ALL {
        let released = kind.released();
        for (n, earlier) in released.iter().enumerate() {
            for (m, later) in released.iter().enumerate().skip(n) {
                let found = breaks(earlier, later);
                assert!(found.is_empty(), "{kind} {} and {}: {found:?}", n + 1, m + 1);
            }
        }
    }
}

#[test]
fn every_optional_part_of_a_schema_is_absent_by_default() {
    fn check(kind: Kind, schema: &Value) {
        if let Some(fields) = schema.get("fields").and_then(Value::as_array) {
            for field in fields {
                if field["type"].as_array().is_some_and(|branches| branches.contains(&json!("null"))) {
                    assert_eq!(field.get("default"), Some(&Value::Null), "{kind}: {}", field["name"]);
                }
            }
        }
        match schema {
            Value::Array(all) => all.iter().for_each(|inner| check(kind, inner)),
            Value::Object(all) => all.values().for_each(|inner| check(kind, inner)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for kind in Kind::ALL {
        let mut schema: Value = serde_json::from_str(kind.current()).unwrap();
        // The default of a union within a field's value is no field's default.
        if kind == Kind::Inbox {
            schema["fields"][9]["type"][1]["items"]["fields"] = json!([]);
        }
        check(kind, &schema);
    }
}

/// The breaks of a change to the schema of events. `$event` is its record of an event.
fn breaks_of(change: impl Fn(&mut Value)) -> Vec<String> {
    let earlier = Kind::Event.current();
    let mut later: Value = serde_json::from_str(earlier).unwrap();
    change(&mut later);
    assert_ne!(serde_json::from_str::<Value>(earlier).unwrap(), later, "the change changes nothing");
    breaks(earlier, &later.to_string()).iter().map(ToString::to_string).collect()
}

fn event(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"][1]["type"][0]["fields"].as_array_mut().unwrap()
}

fn field<'a>(schema: &'a mut Value, name: &str) -> &'a mut Value {
    event(schema).iter_mut().find(|field| field["name"] == name).unwrap()
}

#[test]
fn an_incompatible_change_is_refused() {
    type Edit<'a> = &'a dyn Fn(&mut Value);
    let refused: [(&str, Edit<'_>); 12] = [
        ("a field without default taken away", &|s| event(s).retain(|field| field["name"] != "source")),
        ("a field without default added", &|s| event(s).push(json!({"name": "extra", "type": "string"}))),
        ("a type changed", &|s| field(s, "subject")["type"] = json!("long")),
        ("text become bytes", &|s| field(s, "subject")["type"] = json!("bytes")),
        ("an optional field become required", &|s| field(s, "revision")["type"] = json!("long")),
        ("long become int", &|s| field(s, "revision")["type"] = json!(["null", "int"])),
        ("a logical type taken away", &|s| s["fields"][0]["type"] = json!("long")),
        ("a logical type changed", &|s| s["fields"][0]["type"]["logicalType"] = json!("timestamp-micros")),
        ("a branch added to a union", &|s| {
            let branch = json!({"type": "record", "name": "New", "fields": [{"name": "a", "type": "long"}]});
            s["fields"][1]["type"].as_array_mut().unwrap().push(branch);
        }),
        ("branches in another order", &|s| s["fields"][1]["type"].as_array_mut().unwrap().swap(0, 1)),
        ("a default changed", &|s| {
            event(s).iter_mut().find(|f| f["name"] == "facts").unwrap()["type"][1]["fields"][1]["default"] =
                json!([{}]);
        }),
        ("a record renamed", &|s| s["name"] = json!("Record")),
    ];
    for (what, change) in refused {
        assert!(!breaks_of(change).is_empty(), "{what} was let through");
    }
}

#[test]
fn a_break_says_where_it_is() {
    let found = breaks_of(|schema| field(schema, "subject")["type"] = json!("long"));
    assert!(found.contains(&"Body.content.Event.subject: was string, became long".to_owned()), "{found:?}");
}

#[test]
fn symbols_of_an_enum_may_not_change() {
    let of = |symbols: &[&str]| {
        let kind = json!({"type": "enum", "name": "Kind", "symbols": symbols, "default": "a"});
        json!({"type": "record", "name": "R", "fields": [{"name": "kind", "type": kind}]}).to_string()
    };
    assert_eq!(breaks(&of(&["a", "b"]), &of(&["a", "b"])), []);
    assert!(!breaks(&of(&["a", "b"]), &of(&["a", "b", "c"])).is_empty());
}

#[test]
fn a_type_used_by_its_name_is_compared_where_it_is_used() {
    let of = |items: Value| {
        let version = json!({"type": "record", "name": "Version", "fields": [{"name": "offset", "type": items}]});
        json!({"type": "record", "name": "R", "fields": [
            {"name": "first", "type": version}, {"name": "second", "type": "Version"},
        ]})
        .to_string()
    };
    let found = breaks(&of(json!("long")), &of(json!("string")));
    assert!(found.iter().any(|b| b.path == "R.second.Version.offset"), "{found:?}");
}

#[test]
fn a_compatible_change_is_let_through() {
    let optional = json!({"name": "extra", "type": ["null", "string"], "default": null});
    assert_eq!(breaks_of(|schema| event(schema).push(optional.clone())), [""; 0]);
    assert_eq!(breaks_of(|schema| event(schema).retain(|field| field["name"] != "occurred_at")), [""; 0]);
    assert_eq!(breaks_of(|schema| schema["doc"] = json!("other words")), [""; 0]);
}
