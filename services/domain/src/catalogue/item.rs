//! Items: what may be recorded at all. Outside them nothing is kept (R9; 深圳条例 31-35).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Article, Dated, Predicate, Title, Window};
use crate::event::EventType;
use crate::ids::{DepartmentId, FieldName, InstrumentId, ItemId, ListId};
use crate::subject::SubjectKind;
use crate::time::Term;
use crate::value::Fields;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub id: ItemId,
    /// Unique among the entries of one id.
    pub version: u32,
    pub in_force: Window,
    pub title: Title,
    pub publishers: Publishers,
    /// Who besides the record's publisher may send an event type. A type that is not named is the publisher's alone.
    #[serde(default)]
    pub senders: BTreeMap<EventType, SenderRule>,
    pub class: ItemClass,
    pub polarity: Polarity,
    pub subjects: BTreeSet<SubjectKind>,
    pub document: DocumentKind,
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The first rule whose condition holds counts; the last has none.
    pub term: Vec<TermRule>,
    /// How long the record is kept after its term, for appeals and audits.
    pub retention: Term,
    pub disclosure: Disclosure,
    pub update_cycle: UpdateCycle,
    pub basis: Vec<Article>,
    pub responsible_unit: DepartmentId,
    /// The serious list whose listing decision this item records.
    #[serde(default)]
    pub list: Option<ListId>,
    /// The subject may decline to have it recorded: honours, volunteering, donations, brave deeds (深圳条例 39). Never adverse items.
    #[serde(default)]
    pub opt_out: bool,
    /// Where a record names a matter that is handled on it. Commitments only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handles: Option<HandledMatter>,
    /// Impact assessment of items about people (个人信息保护法 55).
    #[serde(default)]
    pub impact_assessment: Option<String>,
    /// False where the text of the law could not be checked.
    pub verified: bool,
}

impl Dated for Item {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

impl Item {
    /// The rule of publication for a record with these fields.
    pub fn term_for(&self, fields: &Fields) -> Option<&TermEnd> {
        let rule = self.term.iter().find(|rule| rule.when.as_ref().is_none_or(|when| when.holds(fields)))?;
        Some(&rule.end)
    }

    /// Whether `source` may send `event_type` for a record of `publisher`.
    pub fn may_send(&self, source: &DepartmentId, publisher: &DepartmentId, event_type: EventType) -> bool {
        if !self.publishers.contain(publisher) {
            return false;
        }
        match self.senders.get(&event_type) {
            Some(rule) => (rule.publisher && source == publisher) || rule.departments.contains(source),
            None => source == publisher,
        }
    }

    pub fn field(&self, name: &FieldName) -> Option<&Field> {
        self.fields.iter().find(|field| &field.name == name)
    }
}

/// Where a commitment names the matter that is handled on it (深圳条例 57): it has to, and is refused for a matter that is never
/// handled so (59).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandledMatter {
    /// The field that names the matter.
    pub matter: FieldName,
    /// Which commitments; without it, every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Predicate>,
}

/// `any`, or the departments by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publishers {
    Any,
    Only(BTreeSet<DepartmentId>),
}

impl Publishers {
    pub fn contain(&self, department: &DepartmentId) -> bool {
        match self {
            Self::Any => true,
            Self::Only(departments) => departments.contains(department),
        }
    }

    /// The publisher where there is exactly one.
    pub fn single(&self) -> Option<&DepartmentId> {
        match self {
            Self::Only(departments) if departments.len() == 1 => departments.first(),
            Self::Any | Self::Only(_) => None,
        }
    }
}

impl Serialize for Publishers {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.collect_seq(["any"]),
            Self::Only(departments) => serializer.collect_seq(departments),
        }
    }
}

impl<'de> Deserialize<'de> for Publishers {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = BTreeSet::<DepartmentId>::deserialize(deserializer)?;
        if names.is_empty() {
            return Err(serde::de::Error::custom("name the publishers, or [any]"));
        }
        if names.len() == 1 && names.iter().all(|name| name.as_str() == "any") {
            return Ok(Self::Any);
        }
        Ok(Self::Only(names))
    }
}

/// Who may send one event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SenderRule {
    /// The record's publisher may.
    pub publisher: bool,
    #[serde(default)]
    pub departments: BTreeSet<DepartmentId>,
}

/// The seven classes of disclosure of the districts' platforms, and commitments and inspections apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemClass {
    Basic,
    Licence,
    Penalty,
    Judicial,
    Honour,
    Warning,
    Commitment,
    Inspection,
    Other,
}

impl ItemClass {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Licence => "licence",
            Self::Penalty => "penalty",
            Self::Judicial => "judicial",
            Self::Honour => "honour",
            Self::Warning => "warning",
            Self::Commitment => "commitment",
            Self::Inspection => "inspection",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    Adverse,
    Positive,
    Neutral,
}

/// What kind of document carries the record, such as `penalty-decision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    pub kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: FieldName,
    /// What the field is called on a notice; without it, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    #[serde(rename = "type")]
    pub kind: FieldType,
    #[serde(default)]
    pub required: bool,
    /// What values are called on a notice: of a choice, a number, or yes and no, as they are written; without it, as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Title>,
}

/// `text: {max: 200}`, `choice: [minor, general]`, `integer: {min: 1, max: 6}`, `decimal: {scale: 2}`, `boolean: {}`, `date: {}`,
/// `matter: {}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldType {
    Text {
        max: u32,
    },
    Choice(Vec<String>),
    Integer {
        min: i64,
        max: i64,
    },
    /// Not negative, at most `scale` digits after the point, given as a string.
    Decimal {
        scale: u32,
    },
    Boolean {},
    Date {},
    /// The id of a matter of the catalogue.
    Matter {},
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermRule {
    #[serde(default)]
    pub when: Option<Predicate>,
    pub end: TermEnd,
}

/// When a record's publication, and whatever follows from it, ends (R3). Terms count from the document's date (order 36 of 2025).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TermEnd {
    /// Kept, never published, nothing follows.
    Unpublished {},
    /// Repair from the minimum on; over at the maximum by itself.
    Fixed {
        #[serde(default)]
        minimum: Option<Term>,
        maximum: Term,
    },
    /// The document must say until when.
    AsDocument {
        #[serde(default)]
        minimum: Option<Term>,
    },
    /// Ends when a condition is met that a law names.
    Condition {
        text: String,
        law: Article,
        #[serde(default)]
        minimum: Option<Term>,
    },
}

impl TermEnd {
    /// The first day on which a repair of a record of this date may be applied for.
    pub fn repairable_from(&self, issued_on: Date) -> Date {
        match self {
            Self::Fixed { minimum: Some(term), .. }
            | Self::AsDocument { minimum: Some(term) }
            | Self::Condition { minimum: Some(term), .. } => term.over_on(issued_on),
            Self::Unpublished {} | Self::Fixed { .. } | Self::AsDocument { .. } | Self::Condition { .. } => issued_on,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// Published.
    Public,
    /// Shared between the bodies whose function needs it.
    Shared,
    /// The subject alone, or with its authorisation.
    Subject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateCycle {
    Realtime,
    Daily,
    Monthly,
}

/// Instruments an item refers to, for the linter.
impl Item {
    pub fn instruments(&self) -> impl Iterator<Item = &InstrumentId> {
        let laws = self.term.iter().filter_map(|rule| match &rule.end {
            TermEnd::Condition { law, .. } => Some(&law.instrument),
            TermEnd::Unpublished {} | TermEnd::Fixed { .. } | TermEnd::AsDocument { .. } => None,
        });
        self.basis.iter().map(|article| &article.instrument).chain(laws)
    }
}
