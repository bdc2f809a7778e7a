//! What may be recorded of whom: the items of a catalogue as forms to fill in.

use std::collections::BTreeMap;

use domain::catalogue::{Catalogue, Dated, Effect, Field, FieldType, Item, Polarity, TermEnd};
use domain::event::EventType;
use domain::ids::{DepartmentId, MatterId};
use domain::subject::SubjectKind;
use domain::value::{FieldValue, Fields};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::dice::Dice;

/// Every item of a catalogue, and who and what its records may name.
pub(super) struct Book {
    forms: Vec<Form>,
    departments: Vec<DepartmentId>,
    credit_centre: Option<DepartmentId>,
    /// What a record may name: every matter that can be handled on a commitment.
    named: Vec<MatterId>,
    registries: BTreeMap<SubjectKind, Vec<DepartmentId>>,
}

/// One item: its entries by date, the newest last.
pub(super) struct Form {
    entries: Vec<Item>,
    /// What the restrictions that follow from it restrict: what a permission can be for.
    restricted: Vec<MatterId>,
}

/// Which items to draw from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    All,
    Adverse,
    Calm,
}

impl Book {
    pub(super) fn of(catalogue: &Catalogue, today: Date) -> Self {
        let matters: Vec<MatterId> = catalogue.matters.keys().cloned().collect();
        let form = |entries: &Vec<Item>| {
            let item = entries.last()?;
            let measures = catalogue.measures_of(&item.id, today).filter(|(m, _)| m.effect == Effect::Restrict);
            let patterns: Vec<_> = measures.flat_map(|(measure, _)| &measure.matters).collect();
            let restricted = matters.iter().filter(|m| patterns.iter().any(|p| p.matches(m))).cloned().collect();
            Some(Form { entries: entries.clone(), restricted })
        };
        let handled =
            |matter: &MatterId| catalogue.matters[matter].iter().all(|entry| entry.not_on_commitment.is_empty());
        let registries =
            catalogue.registries.iter().map(|(kind, r)| (*kind, r.departments.iter().cloned().collect())).collect();
        Self {
            forms: catalogue.items.values().filter_map(form).collect(),
            departments: catalogue.departments.keys().cloned().collect(),
            credit_centre: catalogue.departments.keys().find(|id| id.as_str().ends_with("credit-centre")).cloned(),
            named: matters.into_iter().filter(|matter| handled(matter)).collect(),
            registries,
        }
    }

    /// The forms for a kind of subject, in the catalogue's order.
    pub(super) fn forms(&self, kind: SubjectKind, among: Among) -> Vec<&Form> {
        let fits = |form: &&Form| {
            let item = form.newest();
            let wanted = match among {
                Among::All => true,
                Among::Adverse => item.polarity == Polarity::Adverse,
                Among::Calm => item.polarity != Polarity::Adverse,
            };
            wanted && item.subjects.contains(&kind)
        };
        self.forms.iter().filter(fits).collect()
    }

    pub(super) fn registry(&self, kind: SubjectKind, dice: &mut Dice) -> Option<&DepartmentId> {
        dice.pick(self.registries.get(&kind)?)
    }

    pub(super) fn publisher(&self, form: &Form, dice: &mut Dice) -> Option<&DepartmentId> {
        let may: Vec<&DepartmentId> = self.departments.iter().filter(|d| form.newest().publishers.contain(d)).collect();
        dice.pick(&may).copied()
    }

    /// Who sends this type for a record of `publisher`: the credit centre half the time where it may, else the publisher.
    pub(super) fn sender<'a>(
        &'a self,
        form: &Form,
        publisher: &'a DepartmentId,
        event_type: EventType,
        dice: &mut Dice,
    ) -> Option<&'a DepartmentId> {
        let may = |source: &&DepartmentId| form.newest().may_send(source, publisher, event_type);
        let centre = self.credit_centre.as_ref().filter(may).filter(|_| dice.percent(50));
        centre.or(Some(publisher).filter(may))
    }

    /// Fields as the entry asks for them: those required, and most of the others.
    pub(super) fn fields(&self, item: &Item, issued_on: Date, dice: &mut Dice) -> Fields {
        let mut fields = Fields::new();
        for field in &item.fields {
            if !field.required && !dice.percent(60) {
                continue;
            }
            if let Some(value) = self.value(item, field, issued_on, dice) {
                fields.insert(field.name.clone(), value);
            }
        }
        if let Some(field) = item.handles.as_ref().and_then(|handled| item.field(&handled.matter))
            && let Some(value) = self.value(item, field, issued_on, dice)
        {
            fields.entry(field.name.clone()).or_insert(value);
        }
        fields
    }

    fn value(&self, item: &Item, field: &Field, issued_on: Date, dice: &mut Dice) -> Option<FieldValue> {
        Some(match &field.kind {
            FieldType::Text { max } => {
                let text = format!("虚构内容（{}）", item.title.zh);
                FieldValue::Text(text.chars().take(usize::try_from(*max).unwrap_or(usize::MAX)).collect())
            }
            FieldType::Choice(values) => FieldValue::Text(dice.pick(values)?.clone()),
            FieldType::Integer { min, max } if field.name.as_str() == "year" => {
                FieldValue::Integer(i64::from(issued_on.year() - 1).clamp(*min, *max))
            }
            FieldType::Integer { min, max } => {
                let span = max.abs_diff(*min).min(24) + 1;
                FieldValue::Integer(min.saturating_add_unsigned(dice.below(span)))
            }
            FieldType::Decimal { scale } => {
                let thousands = 1 + dice.below(200);
                let fraction = if *scale == 0 { String::new() } else { format!(".{:0<1$}", "", *scale as usize) };
                FieldValue::Decimal(format!("{thousands}000{fraction}").parse().ok()?)
            }
            FieldType::Boolean {} => FieldValue::Boolean(dice.percent(25)),
            FieldType::Date {} => FieldValue::Date(issued_on),
            FieldType::Matter {} => FieldValue::Text(dice.pick(&self.named)?.to_string()),
        })
    }
}

impl Form {
    pub(super) fn newest(&self) -> &Item {
        self.entries.last().expect("a form is made of at least one entry")
    }

    pub(super) fn entry_on(&self, day: Date) -> Option<&Item> {
        self.entries.iter().find(|entry| entry.window().contains(day))
    }

    pub(super) fn restricted(&self) -> &[MatterId] {
        &self.restricted
    }
}

/// `valid` as the entry needs it: an end where the document must say one, and here and there a shorter term than the longest.
pub(super) fn validity(item: &Item, fields: &Fields, issued_on: Date, dice: &mut Dice) -> Option<Value> {
    let until = match item.term_for(fields)? {
        TermEnd::AsDocument { .. } => issued_on.saturating_add(dice.days(360, 1_800).days()),
        TermEnd::Fixed { maximum, .. } if dice.percent(30) => maximum.last_day(issued_on),
        TermEnd::Fixed { .. } | TermEnd::Unpublished {} | TermEnd::Condition { .. } => return None,
    };
    (until >= issued_on).then(|| json!({ "from": issued_on, "until": until }))
}

/// Fields as they stand in an event.
pub(super) fn json_fields(fields: &Fields) -> Value {
    let value = |value: &FieldValue| match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Integer(n) => json!(n),
        FieldValue::Decimal(n) => json!(n.to_string()),
        FieldValue::Boolean(b) => json!(b),
        FieldValue::Date(day) => json!(day),
    };
    Value::Object(fields.iter().map(|(name, v)| (name.to_string(), value(v))).collect::<Map<_, _>>())
}
