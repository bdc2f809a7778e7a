//! Measures: what may follow from a record. A measure outside this list cannot be taken (深圳条例 70-73).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Article, Dated, Predicate, Title, Window};
use crate::ids::{DepartmentId, ItemId, MatterPattern, MeasureId};
use crate::subject::SubjectKind;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub id: MeasureId,
    /// Unique among the entries of one id.
    pub version: u32,
    pub in_force: Window,
    pub title: Title,
    pub effect: Effect,
    /// Class in the national basic list of measures, such as `B1`; absent for facilitations.
    #[serde(default)]
    pub class: Option<String>,
    pub basis: Vec<Article>,
    /// Kinds of subject it is lawful for.
    pub targets: BTreeSet<SubjectKind>,
    pub matters: Vec<MatterPattern>,
    pub triggers: Vec<Trigger>,
    pub on_objection: OnProcedure,
    pub on_review: OnProcedure,
    pub on_repair: OnRepair,
    pub implementing_unit: DepartmentId,
    pub remedies: Remedies,
    /// Required where people are among the targets of a restriction (R6; 个人信息保护法 24).
    #[serde(default)]
    pub human_review: Option<HumanReview>,
    pub verified: bool,
}

impl Dated for Measure {
    fn window(&self) -> &Window {
        &self.in_force
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Restrict,
    Supervise,
    Facilitate,
}

impl Effect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restrict => "restrict",
            Self::Supervise => "supervise",
            Self::Facilitate => "facilitate",
        }
    }
}

/// One record of this item, alone, brings the measure about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub item: ItemId,
    #[serde(default)]
    pub when: Option<Predicate>,
    /// The states of a commitment in which it holds; none: any, and also for what is no commitment (深圳条例 64).
    #[serde(default)]
    pub commitment: BTreeSet<CommitmentState>,
    /// The articles that tie this item to this measure.
    pub basis: Vec<Article>,
}

/// How far a commitment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentState {
    Made,
    Kept,
    Broken,
}

/// What an open objection or review does to the measure: the record is annotated in any case (深圳条例 43, 48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnProcedure {
    Annotate,
    Suspend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRepair {
    Lift,
    Keep,
}

/// How to contest and how to repair, in words for the subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedies {
    pub object: String,
    pub repair: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HumanReview {
    pub unit: DepartmentId,
    /// How to reach the person who decides.
    pub route: String,
}
