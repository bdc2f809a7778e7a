//! Conditions over one record's own fields. There is nothing to count with, and no other record to look at: a rule that
//! turns several minor records into a graver one cannot be written (R4).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::FieldName;
use crate::value::{FieldValue, Fields};

/// A literal as it stands in a catalogue; checked against the field's type when the catalogue is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Literal {
    /// Whether a field of this value equals the literal. Dates and decimals are written as text.
    fn equals(&self, value: &FieldValue) -> bool {
        match (self, value) {
            (Self::Boolean(a), FieldValue::Boolean(b)) => a == b,
            (Self::Integer(a), FieldValue::Integer(b)) => a == b,
            (Self::Integer(a), FieldValue::Decimal(b)) => Decimal::from(*a) == *b,
            (Self::Text(a), FieldValue::Text(b)) => a == b,
            (Self::Text(a), FieldValue::Decimal(b)) => a.parse::<Decimal>().is_ok_and(|a| a == *b),
            (Self::Text(a), FieldValue::Date(b)) => a.parse::<Date>().is_ok_and(|a| a == *b),
            (Self::Boolean(_) | Self::Integer(_) | Self::Text(_), _) => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Eq {
        field: FieldName,
        value: Literal,
    },
    In {
        field: FieldName,
        values: Vec<Literal>,
    },
    /// A number below a bound; false when the field is absent.
    Lt {
        field: FieldName,
        value: Literal,
    },
    /// A date before a day; false when the field is absent.
    Before {
        field: FieldName,
        day: Date,
    },
    Exists {
        field: FieldName,
    },
}

impl Predicate {
    pub fn holds(&self, fields: &Fields) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|p| p.holds(fields)),
            Self::Any(parts) => parts.iter().any(|p| p.holds(fields)),
            Self::Not(part) => !part.holds(fields),
            Self::Eq { field, value } => fields.get(field).is_some_and(|v| value.equals(v)),
            Self::In { field, values } => fields.get(field).is_some_and(|v| values.iter().any(|l| l.equals(v))),
            Self::Lt { field, value } => fields.get(field).is_some_and(|v| below(v, value)),
            Self::Before { field, day } => matches!(fields.get(field), Some(FieldValue::Date(v)) if v < day),
            Self::Exists { field } => fields.contains_key(field),
        }
    }

    /// Every field and literal it names, for checking against an item. A literal is absent where the form has none.
    pub fn mentions(&self) -> Vec<(&FieldName, Option<&Literal>)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::mentions).collect(),
            Self::Not(part) => part.mentions(),
            Self::Eq { field, value } | Self::Lt { field, value } => vec![(field, Some(value))],
            Self::In { field, values } => values.iter().map(|v| (field, Some(v))).collect(),
            Self::Before { field, .. } | Self::Exists { field } => vec![(field, None)],
        }
    }
}

fn below(value: &FieldValue, bound: &Literal) -> bool {
    let bound = match bound {
        Literal::Integer(bound) => Some(Decimal::from(*bound)),
        Literal::Text(bound) => bound.parse().ok(),
        Literal::Boolean(_) => None,
    };
    let value = match value {
        FieldValue::Integer(value) => Some(Decimal::from(*value)),
        FieldValue::Decimal(value) => Some(*value),
        FieldValue::Text(_) | FieldValue::Boolean(_) | FieldValue::Date(_) => None,
    };
    matches!((value, bound), (Some(value), Some(bound)) if value < bound)
}
