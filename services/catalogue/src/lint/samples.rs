//! Records that stand for all records of an item, as far as conditions can tell them apart.
//!
//! A condition compares a field with literals. So for each field that a condition names, the values worth trying are its choices,
//! the literals and their neighbours, a value that no condition names, and none at all where the field may be absent. Every
//! combination of them is one sample: a condition that holds for any record holds for a sample.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{Field, FieldType, Item, Literal, Predicate};
use domain::ids::FieldName;
use domain::value::{FieldValue, Fields};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Ten fields of two values each are a thousand; a condition beyond this is beyond its readers as well.
const SAMPLES_MAX: usize = 20_000;

/// `None` when there are too many to try.
pub(super) fn samples(item: &Item, conditions: &[&Predicate]) -> Option<Vec<Fields>> {
    let mut named: BTreeMap<&FieldName, Named<'_>> = BTreeMap::new();
    for condition in conditions {
        collect(condition, &mut named);
    }
    let mut samples = vec![Fields::new()];
    for field in &item.fields {
        let Some(named) = named.get(&field.name) else { continue };
        let values = values(field, named);
        let absent = usize::from(!field.required);
        if samples.len() * (values.len() + absent) > SAMPLES_MAX {
            return None;
        }
        let mut next = if absent == 1 { samples.clone() } else { Vec::new() };
        for value in values {
            next.extend(samples.iter().map(|sample| {
                let mut sample = sample.clone();
                sample.insert(field.name.clone(), value.clone());
                sample
            }));
        }
        samples = next;
    }
    Some(samples)
}

#[derive(Default)]
struct Named<'a> {
    literals: Vec<&'a Literal>,
    days: Vec<Date>,
}

fn collect<'a>(condition: &'a Predicate, named: &mut BTreeMap<&'a FieldName, Named<'a>>) {
    match condition {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| collect(part, named)),
        Predicate::Not(part) => collect(part, named),
        Predicate::Eq { field, value } | Predicate::Lt { field, value } => {
            named.entry(field).or_default().literals.push(value);
        }
        Predicate::In { field, values } => named.entry(field).or_default().literals.extend(values),
        Predicate::Before { field, day } => named.entry(field).or_default().days.push(*day),
        Predicate::Exists { field } => {
            named.entry(field).or_default();
        }
    }
}

fn values(field: &Field, named: &Named<'_>) -> BTreeSet<FieldValue> {
    match &field.kind {
        FieldType::Choice(choices) => choices.iter().cloned().map(FieldValue::Text).collect(),
        FieldType::Boolean {} => [true, false].map(FieldValue::Boolean).into(),
        FieldType::Text { .. } | FieldType::Matter {} => {
            let texts = named.literals.iter().filter_map(|literal| match literal {
                Literal::Text(text) => Some(text.clone()),
                Literal::Boolean(_) | Literal::Integer(_) => None,
            });
            texts.chain([String::from("\u{0}")]).map(FieldValue::Text).collect()
        }
        FieldType::Integer { min, max } => {
            let bounds = named.literals.iter().filter_map(|literal| number(literal)).flat_map(|number| {
                let whole = i64::try_from(number.floor()).unwrap_or(*max);
                [whole.saturating_sub(1), whole, whole.saturating_add(1)]
            });
            let within = bounds.chain([*min, *max]).filter(|value| min <= value && value <= max);
            within.map(FieldValue::Integer).collect()
        }
        FieldType::Decimal { scale } => {
            let step = Decimal::new(1, (*scale).min(28));
            let bounds = named.literals.iter().filter_map(|literal| number(literal)).flat_map(|number| {
                [number.checked_sub(step).unwrap_or(number), number, number.checked_add(step).unwrap_or(number)]
            });
            let within = bounds.chain([Decimal::ZERO]).filter(|value| !value.is_sign_negative() || value.is_zero());
            within.map(FieldValue::Decimal).collect()
        }
        FieldType::Date {} => {
            let texts = named.literals.iter().filter_map(|literal| match literal {
                Literal::Text(text) => text.parse::<Date>().ok(),
                Literal::Boolean(_) | Literal::Integer(_) => None,
            });
            let days = named.days.iter().copied().chain(texts).chain([jiff::civil::date(2000, 1, 1)]);
            days.flat_map(|day| [day.yesterday().unwrap_or(day), day, day.tomorrow().unwrap_or(day)])
                .map(FieldValue::Date)
                .collect()
        }
    }
}

fn number(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::Integer(value) => Some(Decimal::from(*value)),
        Literal::Text(text) => text.parse().ok(),
        Literal::Boolean(_) => None,
    }
}
