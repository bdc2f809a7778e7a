//! What is kept of a plan in `standing.catalogues`, so that an activation can be held to it: the plan, and its confirmation.
//!
//! | key | value |
//! |---|---|
//! | `!plan:<digest>`, `!plan:fold-<version>` | [`PlanRecord`] as JSON: the newest plan of that catalogue, or version of the fold |
//! | `!confirmation:<digest of the plan record>` | [`Confirmation`] as JSON |
//!
//! A plan that is made anew has another digest, so that a confirmation never speaks for a plan that its operator has not seen.

use std::collections::BTreeMap;

use domain::catalogue::CatalogueDigest;
use domain::ids::MeasureId;
use serde::{Deserialize, Serialize};

use super::change::Kind;
use crate::canonical::digest_of;

/// Version of the form of these records.
pub const PLAN_FORM: u32 = 1;

const PLAN: &str = "!plan:";
const CONFIRMATION: &str = "!confirmation:";

/// What would be activated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planned {
    Catalogue(CatalogueDigest),
    Fold(u32),
}

/// The rules that the plan was compared with: those in force when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub catalogue: CatalogueDigest,
    pub fold: u32,
}

/// The state that was folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// Milliseconds since the epoch, by the clock of who planned: grounds that end or begin by then have.
    pub time_ms: i64,
    /// How far the log was read.
    pub token: String,
}

/// A person at the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    pub name: String,
    /// Proved by a token of the credentials file; else the name is the system's word for who is logged in.
    pub by_credential: bool,
}

impl Operator {
    /// Two people, as far as can be known: both proved who they are, by tokens of two names.
    pub fn is_known_to_differ_from(&self, other: &Self) -> bool {
        self.by_credential && other.by_credential && self.name != other.name
    }
}

/// Flags by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub restricted: u64,
    pub widened: u64,
    pub supervised: u64,
    pub facilitated: u64,
    pub lifted: u64,
    pub changed: u64,
}

impl Counts {
    pub fn of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Restricted => self.restricted,
            Kind::Widened => self.widened,
            Kind::Supervised => self.supervised,
            Kind::Facilitated => self.facilitated,
            Kind::Lifted => self.lifted,
            Kind::Changed => self.changed,
        }
    }

    pub fn add(&mut self, kind: Kind) {
        let count = match kind {
            Kind::Restricted => &mut self.restricted,
            Kind::Widened => &mut self.widened,
            Kind::Supervised => &mut self.supervised,
            Kind::Facilitated => &mut self.facilitated,
            Kind::Lifted => &mut self.lifted,
            Kind::Changed => &mut self.changed,
        };
        *count += 1;
    }

    pub fn merge(&mut self, other: Self) {
        self.restricted += other.restricted;
        self.widened += other.widened;
        self.supervised += other.supervised;
        self.facilitated += other.facilitated;
        self.lifted += other.lifted;
        self.changed += other.changed;
    }

    pub fn total(&self) -> u64 {
        Kind::ALL.into_iter().map(|kind| self.of(kind)).sum()
    }
}

/// A plan, as an activation is held to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    pub form: u32,
    pub of: Planned,
    pub base: Base,
    pub as_of: AsOf,
    pub by: Operator,
    /// Subjects of the register that would be evaluated anew.
    pub subjects: u64,
    /// Subjects with any change.
    pub subjects_changed: u64,
    /// Subjects with a restriction that comes or is widened.
    pub subjects_graver: u64,
    pub measures: BTreeMap<MeasureId, Counts>,
}

/// When a plan is a mass change, which takes a second person: whoever is lifted by mistake is as wrong as whoever is restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// More subjects than this with any change ...
    pub subjects: u64,
    /// ... or a larger share of all, in percent, where that is more than [`Threshold::FEW`].
    pub percent: u64,
}

impl Threshold {
    /// In a small register one subject is a large share. So few are not a mass.
    pub const FEW: u64 = 100;

    pub fn is_exceeded_by(&self, plan: &PlanRecord) -> bool {
        let changed = plan.subjects_changed;
        let share = changed.saturating_mul(100) > self.percent.saturating_mul(plan.subjects);
        changed > self.subjects || (changed > Self::FEW && share)
    }
}

/// A second person's word for a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub form: u32,
    /// [`PlanRecord::digest`].
    pub plan: String,
    pub by: Operator,
    /// Milliseconds since the epoch.
    pub at_ms: i64,
}

/// A record of `standing.catalogues` that is about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Plan(PlanRecord),
    Confirmation(Confirmation),
}

/// The record is not one of this version's.
#[derive(Debug, thiserror::Error)]
#[error("a plan or a confirmation cannot be read; a newer version may have written it")]
pub struct KeptError(#[source] Option<serde_json::Error>);

impl Kept {
    /// `None` where the key is of something else.
    pub(crate) fn read(key: &str, value: &[u8]) -> Option<Result<Self, KeptError>> {
        let failed = |error| KeptError(Some(error));
        let kept = if key.starts_with(PLAN) {
            serde_json::from_slice::<PlanRecord>(value).map_err(failed).and_then(|plan| {
                let sound = plan.form == PLAN_FORM && plan.key() == key;
                if sound { Ok(Self::Plan(plan)) } else { Err(KeptError(None)) }
            })
        } else if key.starts_with(CONFIRMATION) {
            serde_json::from_slice::<Confirmation>(value).map_err(failed).and_then(|confirmation| {
                let sound = confirmation.form == PLAN_FORM && confirmation.key() == key;
                if sound { Ok(Self::Confirmation(confirmation)) } else { Err(KeptError(None)) }
            })
        } else {
            return None;
        };
        Some(kept)
    }
}

impl Planned {
    /// The key of its newest plan.
    pub fn key(&self) -> String {
        match self {
            Self::Catalogue(digest) => format!("{PLAN}{digest}"),
            Self::Fold(version) => format!("{PLAN}fold-{version}"),
        }
    }
}

impl PlanRecord {
    pub fn key(&self) -> String {
        self.of.key()
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("its keys are texts")
    }

    /// What a confirmation names it by.
    pub fn digest(&self) -> String {
        digest_of(&self.bytes())
    }
}

impl Confirmation {
    pub fn key(&self) -> String {
        format!("{CONFIRMATION}{}", self.plan)
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("it has no maps")
    }
}
