//! What a change of a schema may do: every released version reads every other (`FULL_TRANSITIVE`), for the log is replayed from
//! its beginning and services are upgraded one by one.
//!
//! Two judges, for each is blind to something: Avro's own rules of resolution (which take a date for any int, and bytes for
//! text), and a comparison of the texts: a field may come or go only with a default, and what stays keeps its exact type,
//! its logical type included.

use std::collections::BTreeMap;
use std::fmt;

use apache_avro::Schema;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use serde_json::Value;

/// One reason why two schemas do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Path within the schema, such as `Body.content.Event.subject`.
    pub path: String,
    pub what: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// Every reason why values of one schema cannot be read with the other, in either direction. Empty: they go together.
pub fn breaks(earlier: &str, later: &str) -> Vec<Break> {
    let mut found = Vec::new();
    match (serde_json::from_str::<Value>(earlier), serde_json::from_str::<Value>(later)) {
        (Ok(a), Ok(b)) => {
            let mut comparison = Comparison { a: names(&a), b: names(&b), found: &mut found };
            comparison.compare("", &a, &b);
        }
        (Err(_), _) | (_, Err(_)) => return vec![whole("is not JSON")],
    }
    match (Schema::parse_str(earlier), Schema::parse_str(later)) {
        (Ok(a), Ok(b)) => {
            for (reader, writer, direction) in
                [(&b, &a, "the later cannot read the earlier"), (&a, &b, "the earlier cannot read the later")]
            {
                if SchemaCompatibility::can_read(writer, reader) != Ok(Compatibility::Full) {
                    found.push(whole(direction));
                }
            }
        }
        (Err(error), _) | (_, Err(error)) => found.push(whole(&format!("is no schema: {error}"))),
    }
    found
}

fn whole(what: &str) -> Break {
    Break { path: String::new(), what: what.to_owned() }
}

type Names<'a> = BTreeMap<&'a str, &'a Value>;

/// The named types of a schema by their names; namespaces are left out, for no schema of ours has two.
fn names(schema: &Value) -> Names<'_> {
    let mut names = Names::new();
    collect(schema, &mut names);
    names
}

fn collect<'a>(schema: &'a Value, names: &mut Names<'a>) {
    match schema {
        Value::Array(branches) => branches.iter().for_each(|branch| collect(branch, names)),
        Value::Object(object) => {
            if let Some(name) = object.get("name").and_then(Value::as_str)
                && matches!(type_of(schema), "record" | "enum" | "fixed")
            {
                names.insert(name, schema);
            }
            let fields = object.get("fields").and_then(Value::as_array).into_iter().flatten();
            let types = fields.filter_map(|field| field.get("type"));
            types.chain(object.get("items")).chain(object.get("values")).chain(object.get("type")).for_each(|inner| {
                if !inner.is_string() {
                    collect(inner, names);
                }
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `union`, `record`, `array`, the name of a primitive type or of a named one.
fn type_of(schema: &Value) -> &str {
    match schema {
        Value::String(name) => name,
        Value::Array(_) => "union",
        Value::Object(object) => object.get("type").map_or("", type_of),
        Value::Null | Value::Bool(_) | Value::Number(_) => "",
    }
}

struct Comparison<'a, 'f> {
    a: Names<'a>,
    b: Names<'a>,
    found: &'f mut Vec<Break>,
}

impl<'a> Comparison<'a, '_> {
    fn report(&mut self, path: &str, what: impl Into<String>) {
        self.found.push(Break { path: path.to_owned(), what: what.into() });
    }

    fn compare(&mut self, path: &str, a: &'a Value, b: &'a Value) {
        // A name stands for its definition, wherever that is written.
        let a = a.as_str().and_then(|name| self.a.get(name).copied()).unwrap_or(a);
        let b = b.as_str().and_then(|name| self.b.get(name).copied()).unwrap_or(b);
        let (of_a, of_b) = (type_of(a), type_of(b));
        if of_a != of_b {
            return self.report(path, format!("was {of_a}, became {of_b}"));
        }
        for part in ["logicalType", "precision", "scale", "size", "symbols"] {
            if a.get(part) != b.get(part) {
                self.report(path, format!("its {part} changed"));
            }
        }
        match of_a {
            "union" => self.unions(path, a, b),
            "record" => self.records(path, a, b),
            "array" => self.inner(path, "items", a, b),
            "map" => self.inner(path, "values", a, b),
            _ => {}
        }
    }

    fn inner(&mut self, path: &str, part: &str, a: &'a Value, b: &'a Value) {
        if let (Some(a), Some(b)) = (a.get(part), b.get(part)) {
            self.compare(&format!("{path}[]"), a, b);
        }
    }

    /// Branches are told apart by their place, so their number and order stay.
    fn unions(&mut self, path: &str, a: &'a Value, b: &'a Value) {
        let branches = |union: &'a Value| union.as_array().map_or(&[][..], Vec::as_slice);
        let (a, b) = (branches(a), branches(b));
        if a.len() != b.len() {
            return self.report(path, format!("had {} branches, has {}", a.len(), b.len()));
        }
        for (a, b) in a.iter().zip(b) {
            self.compare(path, a, b);
        }
    }

    fn records(&mut self, path: &str, a: &'a Value, b: &'a Value) {
        let (name_a, name_b) = (a.get("name"), b.get("name"));
        if name_a != name_b || a.get("namespace") != b.get("namespace") {
            self.report(path, "its name changed");
        }
        let name = name_a.and_then(Value::as_str).unwrap_or_default();
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let (a, b) = (fields(a), fields(b));
        for (name, field) in &a {
            let path = format!("{path}.{name}");
            match b.get(name) {
                Some(other) => self.fields(&path, field, other),
                None if field.get("default").is_none() => self.report(&path, "was taken away and had no default"),
                None => {}
            }
        }
        for (name, field) in b {
            if !a.contains_key(name) && field.get("default").is_none() {
                self.report(&format!("{path}.{name}"), "was added without a default");
            }
        }
    }

    fn fields(&mut self, path: &str, a: &'a Value, b: &'a Value) {
        if a.get("default") != b.get("default") {
            self.report(path, "its default changed");
        }
        match (a.get("type"), b.get("type")) {
            (Some(a), Some(b)) => self.compare(path, a, b),
            (None, _) | (_, None) => self.report(path, "has no type"),
        }
    }
}

fn fields(record: &Value) -> BTreeMap<&str, &Value> {
    let fields = record.get("fields").and_then(Value::as_array).into_iter().flatten();
    fields.filter_map(|field| Some((field.get("name")?.as_str()?, field))).collect()
}
