//! `standing.inbox.<department>` in Avro: the JSON form of an event, field by field.
//!
//! Read, it becomes the same tree of values that a JSON event becomes, so that both are checked by the same code and
//! answered with the same codes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::time::Instant;
use domain::value::Raw;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::Decimal;
use super::parts::{Day, Millis};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InboxEvent<'a> {
    #[serde(default)]
    source: Option<Cow<'a, str>>,
    #[serde(default)]
    event_id: Option<Cow<'a, str>>,
    #[serde(default, rename = "type")]
    event_type: Option<Cow<'a, str>>,
    #[serde(default)]
    item: Option<Cow<'a, str>>,
    #[serde(default)]
    record_id: Option<Cow<'a, str>>,
    #[serde(default)]
    publisher: Option<Cow<'a, str>>,
    #[serde(default)]
    revision: Option<i64>,
    #[serde(default)]
    subject: Option<Subject<'a>>,
    #[serde(default)]
    document: Option<Document<'a>>,
    #[serde(default)]
    fields: Option<Vec<Field<'a>>>,
    #[serde(default)]
    valid: Option<Valid<'a>>,
    #[serde(default)]
    occurred_at: When<'a>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Subject<'a> {
    #[serde(default)]
    scheme: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Document<'a> {
    #[serde(default)]
    number: Option<Cow<'a, str>>,
    #[serde(default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    issuer: Option<Cow<'a, str>>,
    #[serde(default)]
    issued_on: OnDay<'a>,
    #[serde(default)]
    effective_on: OnDay<'a>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Valid<'a> {
    #[serde(default)]
    from: OnDay<'a>,
    #[serde(default)]
    until: OnDay<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Value<'a>,
}

// The order of the variants is that of the unions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum OnDay<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Date(Day),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum When<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Instant(Millis),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Decimal(Decimal<'a>),
    Boolean(bool),
    Date(Day),
}

/// An object in the making.
#[derive(Default)]
struct Object(BTreeMap<String, Raw>);

impl Object {
    fn put(&mut self, name: &str, value: Option<Raw>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }

    fn text(&mut self, name: &str, text: Option<Cow<'_, str>>) {
        self.put(name, text.map(|t| Raw::Text(t.into_owned())));
    }

    fn day(&mut self, name: &str, day: OnDay<'_>) -> Result<(), Invalid> {
        match day {
            OnDay::Absent => {}
            OnDay::Text(text) => self.text(name, Some(text)),
            OnDay::Date(day) => self.put(name, Some(date(day).at(name)?)),
        }
        Ok(())
    }
}

fn date(day: Day) -> Result<Raw, Invalid> {
    Ok(Raw::Text(Date::try_from(day)?.to_string()))
}

impl TryFrom<InboxEvent<'_>> for Raw {
    type Error = Invalid;

    fn try_from(wire: InboxEvent<'_>) -> Result<Self, Invalid> {
        let mut event = Object::default();
        event.text("source", wire.source);
        event.text("event_id", wire.event_id);
        event.text("type", wire.event_type);
        event.text("item", wire.item);
        event.text("record_id", wire.record_id);
        event.text("publisher", wire.publisher);
        event.put("revision", wire.revision.map(Self::Integer));
        event.put("subject", wire.subject.map(subject));
        event.put("document", wire.document.map(document).transpose().at("document")?);
        event.put("fields", wire.fields.map(fields).transpose().at("fields")?);
        event.put("valid", wire.valid.map(valid).transpose().at("valid")?);
        match wire.occurred_at {
            When::Absent => {}
            When::Text(text) => event.text("occurred_at", Some(text)),
            When::Instant(millis) => event.put("occurred_at", Some(Self::Text(Instant::from(millis).to_string()))),
        }
        Ok(Self::Object(event.0))
    }
}

fn subject(wire: Subject<'_>) -> Raw {
    let mut subject = Object::default();
    subject.text("scheme", wire.scheme);
    subject.text("id", wire.id);
    subject.text("name", wire.name);
    Raw::Object(subject.0)
}

fn document(wire: Document<'_>) -> Result<Raw, Invalid> {
    let mut document = Object::default();
    document.text("number", wire.number);
    document.text("kind", wire.kind);
    document.text("issuer", wire.issuer);
    document.day("issued_on", wire.issued_on)?;
    document.day("effective_on", wire.effective_on)?;
    Ok(Raw::Object(document.0))
}

fn valid(wire: Valid<'_>) -> Result<Raw, Invalid> {
    let mut valid = Object::default();
    valid.day("from", wire.from)?;
    valid.day("until", wire.until)?;
    Ok(Raw::Object(valid.0))
}

fn fields(list: Vec<Field<'_>>) -> Result<Raw, Invalid> {
    let mut fields = BTreeMap::new();
    for (i, Field { name, value }) in list.into_iter().enumerate() {
        let value = match value {
            Value::Null => Raw::Null,
            Value::Text(text) => Raw::Text(text.into_owned()),
            Value::Integer(integer) => Raw::Integer(integer),
            Value::Decimal(Decimal { digits }) => Raw::Text(digits.into_owned()),
            Value::Boolean(boolean) => Raw::Boolean(boolean),
            Value::Date(day) => date(day).at("value").map_err(|e| e.at_index(i))?,
        };
        if fields.insert(name.into_owned(), value).is_some() {
            return Err(Invalid::new("has the name of an earlier field").at("name").at_index(i));
        }
    }
    Ok(Raw::Object(fields))
}

/// What a tree of values has under its names, each taken once.
struct Names<'a>(BTreeMap<&'a str, &'a Raw>);

impl<'a> Names<'a> {
    fn of(raw: &'a Raw) -> Result<Self, Invalid> {
        match raw {
            Raw::Object(object) => Ok(Self(object.iter().map(|(name, value)| (name.as_str(), value)).collect())),
            Raw::Null | Raw::Boolean(_) | Raw::Integer(_) | Raw::OtherNumber(_) | Raw::Text(_) | Raw::List(_) => {
                Err(Invalid::new(format!("is {}, and an object is needed", raw.kind())))
            }
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Invalid> {
        match self.0.remove(name) {
            None | Some(Raw::Null) => Ok(None),
            Some(Raw::Text(text)) => Ok(Some(text.as_str().into())),
            Some(other) => Err(Invalid::new(format!("is {}, and a string is needed", other.kind())).at(name)),
        }
    }

    fn day(&mut self, name: &str) -> Result<OnDay<'a>, Invalid> {
        Ok(self.text(name)?.map_or(OnDay::Absent, OnDay::Text))
    }

    fn integer(&mut self, name: &str) -> Result<Option<i64>, Invalid> {
        match self.0.remove(name) {
            None | Some(Raw::Null) => Ok(None),
            Some(Raw::Integer(integer)) => Ok(Some(*integer)),
            Some(other) => Err(Invalid::new(format!("is {}, and a whole number is needed", other.kind())).at(name)),
        }
    }

    fn part<T>(&mut self, name: &str, read: fn(Names<'a>) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
        match self.0.remove(name) {
            None | Some(Raw::Null) => Ok(None),
            Some(raw) => Self::of(raw).and_then(read).map(Some).at(name),
        }
    }

    /// Nothing may be left that the schema has no place for.
    fn end(self) -> Result<(), Invalid> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(Invalid::new("has no place in the Avro form; send the event as JSON").at(name)),
        }
    }
}

impl<'a> TryFrom<&'a Raw> for InboxEvent<'a> {
    type Error = Invalid;

    fn try_from(raw: &'a Raw) -> Result<Self, Invalid> {
        let mut names = Names::of(raw)?;
        let event = Self {
            source: names.text("source")?,
            event_id: names.text("event_id")?,
            event_type: names.text("type")?,
            item: names.text("item")?,
            record_id: names.text("record_id")?,
            publisher: names.text("publisher")?,
            revision: names.integer("revision")?,
            subject: names.part("subject", read_subject)?,
            document: names.part("document", read_document)?,
            fields: names.part("fields", read_fields)?,
            valid: names.part("valid", read_valid)?,
            occurred_at: names.text("occurred_at")?.map_or(When::Absent, When::Text),
        };
        names.end()?;
        Ok(event)
    }
}

fn read_subject(mut names: Names<'_>) -> Result<Subject<'_>, Invalid> {
    let subject = Subject { scheme: names.text("scheme")?, id: names.text("id")?, name: names.text("name")? };
    names.end()?;
    Ok(subject)
}

fn read_document(mut names: Names<'_>) -> Result<Document<'_>, Invalid> {
    let document = Document {
        number: names.text("number")?,
        kind: names.text("kind")?,
        issuer: names.text("issuer")?,
        issued_on: names.day("issued_on")?,
        effective_on: names.day("effective_on")?,
    };
    names.end()?;
    Ok(document)
}

fn read_valid(mut names: Names<'_>) -> Result<Valid<'_>, Invalid> {
    let valid = Valid { from: names.day("from")?, until: names.day("until")? };
    names.end()?;
    Ok(valid)
}

fn read_fields(names: Names<'_>) -> Result<Vec<Field<'_>>, Invalid> {
    let field = |(name, raw): (&'_ str, &'_ Raw)| {
        let value = match raw {
            Raw::Null => Value::Null,
            Raw::Boolean(boolean) => Value::Boolean(*boolean),
            Raw::Integer(integer) => Value::Integer(*integer),
            Raw::OtherNumber(digits) => Value::Decimal(Decimal { digits: digits.clone().into() }),
            Raw::Text(text) => Value::Text(text.clone().into()),
            Raw::List(_) | Raw::Object(_) => {
                return Err(Invalid::new("has no place in the Avro form; send the event as JSON").at(name));
            }
        };
        Ok(Field { name: name.to_owned().into(), value })
    };
    names.0.into_iter().map(field).collect()
}
