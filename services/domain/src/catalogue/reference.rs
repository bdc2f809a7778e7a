//! Departments, laws, matters, lists, consumers: what items and measures refer to.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Article, Dated, Title, Window};
use crate::event::EventType;
use crate::ids::{ConsumerId, DepartmentId, DomainId, InstrumentId, ItemId, ListId, MatterId, MatterPattern};
use crate::time::Term;

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

/// How a subject contests documents of some kinds, and until when: what a notice must say (深圳条例 69, 74; 行政处罚法 59).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recourse {
    /// Unique among all recourses.
    pub id: String,
    pub in_force: Window,
    pub route: Route,
    /// Kinds of documents it is open against, as items name them.
    pub documents: BTreeSet<String>,
    /// Only against documents of these publishers; empty: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub issuers: BTreeSet<DepartmentId>,
    /// Not against documents of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_issuers: BTreeSet<DepartmentId>,
    /// From the day the subject received the document; without it there is no deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Term>,
    /// Who is turned to.
    pub to: Title,
    pub basis: Vec<Article>,
    pub verified: bool,
}

impl Recourse {
    pub fn is_open_against(&self, document_kind: &str, publisher: &DepartmentId) -> bool {
        self.documents.contains(document_kind)
            && (self.issuers.is_empty() || self.issuers.contains(publisher))
            && !self.not_issuers.contains(publisher)
    }
}

impl Dated for Recourse {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// To the credit centre or the publisher: the record is wrong, or stands longer than it may.
    Objection,
    /// Administrative review.
    Review,
    /// Before a court.
    Litigation,
}

impl Route {
    pub const ALL: [Self; 3] = [Self::Objection, Self::Review, Self::Litigation];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Objection => "objection",
            Self::Review => "review",
            Self::Litigation => "litigation",
        }
    }
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
    /// A permission for it keeps its record from having any consequence, and from being shown, until its last day: an organisation is
    /// shielded while a court-approved plan of reorganisation is carried out (order 36 of 2025).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shields: bool,
    /// What says that it is never handled on a commitment, for everybody (深圳条例 59 (1) to (3), (5)), each article while it is law.
    /// Which affairs are handled so is their units' list to say (60).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_on_commitment: Vec<Article>,
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
