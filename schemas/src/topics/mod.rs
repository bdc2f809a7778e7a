//! Every topic of Standing: its name, its settings, the keys of its records.
//!
//! All names begin with one prefix (`standing`), so that several registers, or several tests, can share a broker.
//! Everything that is keyed by subject has the same number of partitions, for a subject's events, flags, decisions and
//! marks share a number ([`domain::subject::partition_of`]). That number is fixed for the life of a register: with
//! another one every subject would live elsewhere, so [`plan`] refuses to change it.

pub mod keys;
mod plan;
mod spec;

use std::num::NonZeroU16;
use std::sync::Arc;

use domain::ids::{DepartmentId, DomainId};

pub use plan::{Action, Difference, TopicDescription, plan};
pub use spec::{BATCH_BYTES_MAX, CATALOGUE_BYTES_MAX, DECISIONS_KEPT, EventsTime, TopicSpec};

/// Default prefix of all names.
pub const PREFIX: &str = "standing";
/// Longest prefix: a topic of Kafka has at most 249 characters, and a department or domain takes up to 120.
const PREFIX_BYTES_MAX: usize = 64;

/// The topics of one register. Names are cheap to clone.
#[derive(Clone, Debug)]
pub struct Topics {
    prefix: String,
    partitions: NonZeroU16,
    replication: NonZeroU16,
    events: Arc<str>,
    rejects: Arc<str>,
    flags: Arc<str>,
    profiles: Arc<str>,
    notices: Arc<str>,
    corrections: Arc<str>,
    reliance: Arc<str>,
    decisions: Arc<str>,
    catalogues: Arc<str>,
}

/// Why a prefix was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a prefix of topics has 1 to {PREFIX_BYTES_MAX} characters of a-z, 0-9, '-' and '.', and no empty part; name it like standing"
)]
pub struct PrefixError;

impl Topics {
    pub fn new(prefix: &str, partitions: NonZeroU16, replication: NonZeroU16) -> Result<Self, PrefixError> {
        let part =
            |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if prefix.len() > PREFIX_BYTES_MAX || !prefix.split('.').all(part) {
            return Err(PrefixError);
        }
        let name = |rest: &str| Arc::from(format!("{prefix}.{rest}"));
        Ok(Self {
            prefix: prefix.to_owned(),
            partitions,
            replication,
            events: name("events"),
            rejects: name("rejects"),
            flags: name("flags"),
            profiles: name("profiles"),
            notices: name("notices"),
            corrections: name("corrections"),
            reliance: name("reliance"),
            decisions: name("decisions"),
            catalogues: name("catalogues"),
        })
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Of every topic keyed by subject.
    pub fn partitions(&self) -> NonZeroU16 {
        self.partitions
    }

    pub fn replication(&self) -> NonZeroU16 {
        self.replication
    }

    /// The log: subject events and control records. Written by intake, by `catalogue activate` and by the profile workers.
    pub fn events(&self) -> &Arc<str> {
        &self.events
    }

    /// What was refused, without the identifiers of its payload. Written by intake and by the profile workers.
    pub fn rejects(&self) -> &Arc<str> {
        &self.rejects
    }

    /// Every flag of every domain, its lift, and the progress marks. Written by the profile workers.
    pub fn flags(&self) -> &Arc<str> {
        &self.flags
    }

    /// Summaries of subjects. Written by the profile workers.
    pub fn profiles(&self) -> &Arc<str> {
        &self.profiles
    }

    /// What must be served on whom. Written by the profile workers.
    pub fn notices(&self) -> &Arc<str> {
        &self.notices
    }

    /// Decisions that rested on what was corrected, of all domains. Written by `flags`.
    pub fn corrections(&self) -> &Arc<str> {
        &self.corrections
    }

    /// What decisions rested on, and what was corrected, in one order. Written by the profile workers and by `flags`, which joins
    /// them.
    pub fn reliance(&self) -> &Arc<str> {
        &self.reliance
    }

    /// Every answer given. Written by the gate.
    pub fn decisions(&self) -> &Arc<str> {
        &self.decisions
    }

    /// Bodies of catalogues by digest, stored before they are activated.
    pub fn catalogues(&self) -> &Arc<str> {
        &self.catalogues
    }

    /// What the approval systems of one domain subscribe to. Written by `flags`.
    pub fn domain_flags(&self, domain: &DomainId) -> Arc<str> {
        Arc::from(format!("{}.{domain}", self.flags))
    }

    /// The corrections of decisions in one domain's matters. Written by `flags`.
    pub fn domain_corrections(&self, domain: &DomainId) -> Arc<str> {
        Arc::from(format!("{}.{domain}", self.corrections))
    }

    /// What one department sends by Kafka, identifiers in clear: own ACL, kept 7 days.
    pub fn inbox(&self, department: &DepartmentId) -> Arc<str> {
        Arc::from(format!("{}.inbox.{department}", self.prefix))
    }
}
