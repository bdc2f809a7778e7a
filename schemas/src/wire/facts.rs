//! The whole of a record, as `record.upserted` and `record.corrected` carry it.

use std::borrow::Cow;

use domain::event::{self, Change, EventType, Validity};
use domain::ids::FieldName;
use domain::value::{FieldValue, Fields};
use jiff::civil::Date;
use rust_decimal::Decimal as Number;
use serde::{Deserialize, Serialize};

use super::parts::{Day, Document, name};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts<'a> {
    document: Document<'a>,
    #[serde(default)]
    fields: Vec<Field<'a>>,
    #[serde(default)]
    valid_from: Option<Day>,
    #[serde(default)]
    valid_until: Option<Day>,
    #[serde(default)]
    adult_at_issue: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Value<'a>,
}

// The order of the variants is that of the union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Value<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Decimal(Decimal<'a>),
    Boolean(bool),
    Date(Day),
}

/// A decimal number written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Decimal<'a> {
    pub(super) digits: Cow<'a, str>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        document: &'a event::Document,
        fields: &'a Fields,
        valid: Validity,
        adult_at_issue: Option<bool>,
    ) -> Self {
        let field =
            |(name, value): (&'a FieldName, &'a FieldValue)| Field { name: name.as_str().into(), value: value.into() };
        Self {
            document: document.into(),
            fields: fields.iter().map(field).collect(),
            valid_from: valid.from.map(Day::from),
            valid_until: valid.until.map(Day::from),
            adult_at_issue,
        }
    }

    pub(super) fn recorded(
        self,
        event_type: EventType,
        record: event::RecordRef,
        revision: u32,
    ) -> Result<Change, Invalid> {
        let day = |day: Option<Day>| day.map(Date::try_from).transpose();
        let valid =
            Validity { from: day(self.valid_from).at("valid_from")?, until: day(self.valid_until).at("valid_until")? };
        Ok(Change::Recorded {
            event_type,
            record,
            revision,
            document: self.document.try_into().at("document")?,
            fields: fields(self.fields).at("fields")?,
            valid,
            adult_at_issue: self.adult_at_issue,
        })
    }
}

fn fields(list: Vec<Field<'_>>) -> Result<Fields, Invalid> {
    let mut fields = Fields::new();
    for (i, field) in list.into_iter().enumerate() {
        let name = name(field.name, FieldName::new).at("name").map_err(|e| e.at_index(i))?;
        let value = field.value.try_into().at("value").map_err(|e: Invalid| e.at_index(i))?;
        if fields.insert(name, value).is_some() {
            return Err(Invalid::new("has the name of an earlier field").at("name").at_index(i));
        }
    }
    Ok(fields)
}

impl<'a> From<&'a FieldValue> for Value<'a> {
    fn from(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Text(text) => Self::Text(text.as_str().into()),
            FieldValue::Integer(integer) => Self::Integer(*integer),
            FieldValue::Decimal(number) => Self::Decimal(Decimal { digits: number.to_string().into() }),
            FieldValue::Boolean(boolean) => Self::Boolean(*boolean),
            FieldValue::Date(date) => Self::Date((*date).into()),
        }
    }
}

impl TryFrom<Value<'_>> for FieldValue {
    type Error = Invalid;

    fn try_from(wire: Value<'_>) -> Result<Self, Invalid> {
        match wire {
            Value::Text(text) => Ok(Self::Text(text.into_owned())),
            Value::Integer(integer) => Ok(Self::Integer(integer)),
            Value::Decimal(Decimal { digits }) => Number::from_str_exact(&digits)
                .map(Self::Decimal)
                .map_err(|_| Invalid::new("is no decimal number of at most 28 digits").at("digits")),
            Value::Boolean(boolean) => Ok(Self::Boolean(boolean)),
            Value::Date(day) => Ok(Self::Date(day.try_into()?)),
        }
    }
}
