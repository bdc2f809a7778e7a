//! Departments, laws, matters, lists, consumers: what items and measures refer to.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Article, Dated, Title, Window};
use crate::event::EventType;
use crate::ids::{ConsumerId, DepartmentId, DomainId, InstrumentId, ItemId, ListId, MatterId, MatterPattern};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub id: DepartmentId,
    pub title: Title,
    /// Where a subject turns to: an office and how to reach it.
    pub contact: String,
    /// May see the open cases of every department (深圳条例 7): the credit centre.
    #[serde(default)]
    pub oversees: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    pub id: InstrumentId,
    pub title: Title,
    pub kind: InstrumentKind,
    pub in_force: Window,
    /// Where the text comes from.
    pub source: String,
    pub verified: bool,
}

impl Dated for Instrument {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

/// Rank of an instrument: what it may found is the linter's to judge (国办发〔2020〕49号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    Law,
    AdministrativeRegulation,
    LocalRegulation,
    JudicialInterpretation,
    DepartmentRule,
    CentralPolicy,
    /// A notice or a fund's own rules: founds facilitations and contractual exclusions, never a restriction by itself.
    Rule,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    pub id: DomainId,
    pub title: Title,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    pub id: MatterId,
    pub in_force: Window,
    pub title: Title,
    /// Who decides it.
    pub unit: DepartmentId,
    pub basis: Vec<Article>,
    pub verified: bool,
}

impl Dated for Matter {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

/// A serious list (国办发〔2020〕49号: four fields only).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriousList {
    pub id: ListId,
    pub title: Title,
    pub field: ListField,
    pub authority: DepartmentId,
    pub item: ItemId,
    pub standard: Article,
    /// Days the draft standard was open for comment; at least 30.
    pub comment_days: u32,
    /// How a subject comes off the list.
    pub delisting: String,
    pub verified: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListField {
    LifeAndHealth,
    MarketOrder,
    JudicialAndAdministrativeAuthority,
    NationalDefence,
}

/// An approval system and what it may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    pub id: ConsumerId,
    pub title: Title,
    pub unit: DepartmentId,
    pub matters: Vec<MatterPattern>,
    /// May ask about people.
    pub people: bool,
    pub since: Date,
}

impl Consumer {
    pub fn may_ask(&self, matter: &MatterId) -> bool {
        self.matters.iter().any(|pattern| pattern.matches(matter))
    }
}

impl Registry {
    pub fn may_send(&self, source: &DepartmentId, event_type: EventType) -> bool {
        let of_honours = matches!(event_type, EventType::SubjectOptedOut | EventType::SubjectOptedIn);
        if of_honours && !self.opt_outs.is_empty() {
            return self.opt_outs.contains(source);
        }
        self.departments.contains(source)
    }
}

/// Who may register, end and erase subjects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    pub departments: BTreeSet<DepartmentId>,
    /// Who takes a subject's word that it will not have its honours recorded (深圳条例 39); none: the departments above.
    #[serde(default)]
    pub opt_outs: BTreeSet<DepartmentId>,
}
