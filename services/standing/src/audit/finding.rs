//! What an audit may find: a stable code, the invariant it breaks, what it means, and what to do.
//!
//! A finding names topics, partitions, offsets and versions, and of a key its hash: nothing of a subject.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Findings of one code that are listed one by one; the rest is counted.
const LISTED_MAX: u64 = 20;

/// What is wrong. The texts of [`Code::as_str`] are stable and are explained in docs/audit.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    FlagLost,
    ProfileLost,
    NoticeLost,
    RejectMissing,
    FallLost,
    CorrectionLost,
    ContinueLost,
    OutputDoubled,
    OutputUnexpected,
    OutputDiffers,
    OutputUnreadable,
    VersionFell,
    OriginFell,
    MarkFell,
    TransactionOpen,
    NotCaughtUp,
    OffsetAhead,
    StateAhead,
    StateDiffers,
    StateUnreadable,
    CannotFold,
    DomainBehind,
    DomainUnexpected,
    DomainDiffers,
}

impl Code {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 24] = [
        Self::FlagLost,
        Self::ProfileLost,
        Self::NoticeLost,
        Self::RejectMissing,
        Self::FallLost,
        Self::CorrectionLost,
        Self::ContinueLost,
        Self::OutputDoubled,
        Self::OutputUnexpected,
        Self::OutputDiffers,
        Self::OutputUnreadable,
        Self::VersionFell,
        Self::OriginFell,
        Self::MarkFell,
        Self::TransactionOpen,
        Self::NotCaughtUp,
        Self::OffsetAhead,
        Self::StateAhead,
        Self::StateDiffers,
        Self::StateUnreadable,
        Self::CannotFold,
        Self::DomainBehind,
        Self::DomainUnexpected,
        Self::DomainDiffers,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The invariant, as docs/audit.md numbers them.
    pub(crate) fn invariant(self) -> &'static str {
        self.entry().1
    }

    pub(crate) fn meaning(self) -> &'static str {
        self.entry().2
    }

    pub(crate) fn remedy(self) -> &'static str {
        self.entry().3
    }

    fn entry(self) -> (&'static str, &'static str, &'static str, &'static str) {
        const REBUILD: &str = "stop the profile instance of this partition, move its state directory of the partition away, and start it: \
             the state is folded anew from the log";
        const REPORT: &str = "keep the logs of the profile instances and report it as a fault of this program";
        match self {
            Self::FlagLost => {
                ("audit.flag-lost", "I2", "the log implies a flag, or its lift, that readers never got", REPORT)
            }
            Self::ProfileLost => {
                ("audit.profile-lost", "I2", "the log implies a summary that readers never got", REPORT)
            }
            Self::NoticeLost => ("audit.notice-lost", "I2", "the log implies a notice that was never told", REPORT),
            Self::RejectMissing => {
                ("audit.reject-missing", "I8", "a record that cannot be folded was passed over without a word", REPORT)
            }
            Self::FallLost => (
                "audit.fall-lost",
                "I2",
                "the log implies a correction of which whoever decided on it is not told",
                REPORT,
            ),
            Self::CorrectionLost => (
                "audit.correction-lost",
                "I15",
                "whoever decided on a flag was not told that what it rested on was corrected",
                "see /readyz of the flags instances; if they are ready, report it with their logs",
            ),
            Self::ContinueLost => (
                "audit.continue-lost",
                "I2",
                "work that was cut in two has no second half: timers or a sweep stand still in this partition",
                REPORT,
            ),
            Self::OutputDoubled => {
                ("audit.output-doubled", "I4", "one output of one record was committed more than once", REPORT)
            }
            Self::OutputUnexpected => (
                "audit.output-unexpected",
                "I2",
                "a committed output that no record of the log gives rise to",
                "find out who else may write to this topic, and take the right away",
            ),
            Self::OutputDiffers => {
                ("audit.output-differs", "I2", "a committed output says something else than the log implies", REPORT)
            }
            Self::OutputUnreadable => (
                "audit.output-unreadable",
                "I2",
                "a record of an output topic cannot be read",
                "find out who wrote it; only the register's services may write to this topic",
            ),
            Self::VersionFell => {
                ("audit.version-fell", "I2", "under one key an older value stands behind a newer one", REPORT)
            }
            Self::OriginFell => (
                "audit.origin-fell",
                "I6",
                "outputs of earlier records stand behind those of later ones: two owners wrote at the same time",
                REPORT,
            ),
            Self::MarkFell => ("audit.mark-fell", "I6", "a progress mark went back", REPORT),
            Self::TransactionOpen => (
                "audit.transaction-open",
                "I5",
                "a transaction stays open longer than it may: nobody reads past it",
                "find its producer with Kafka's kafka-transactions.sh find-hanging, and abort it with the same tool",
            ),
            Self::NotCaughtUp => (
                "audit.not-caught-up",
                "I3",
                "records of the log are not folded, though nothing was to come any more",
                "see /readyz of the profile instances; audit a register under load with --live",
            ),
            Self::OffsetAhead => (
                "audit.offset-ahead",
                "I3",
                "the group's committed offset lies behind the end of the log: committed records are gone",
                "restore the log; the profile instances refuse to fold it",
            ),
            Self::StateAhead => ("audit.state-ahead", "I3", "a state stands ahead of what is committed", REBUILD),
            Self::StateDiffers => {
                ("audit.state-differs", "I1", "a row of the state is not what the log implies", REBUILD)
            }
            Self::StateUnreadable => ("audit.state-unreadable", "I1", "a state cannot be read", REBUILD),
            Self::CannotFold => (
                "audit.cannot-fold",
                "I1",
                "the log cannot be folded any further: nothing behind this record was audited",
                "run the audit of a version at least as new as the services",
            ),
            Self::DomainBehind => (
                "audit.domain-behind",
                "I12",
                "a domain's topic does not have the newest version of a flag that concerns it",
                "see /readyz of the flags instances",
            ),
            Self::DomainUnexpected => (
                "audit.domain-unexpected",
                "I12",
                "a domain's topic holds what standing.flags does not imply for it",
                "find out who else may write to this topic, and take the right away",
            ),
            Self::DomainDiffers => (
                "audit.domain-differs",
                "I12",
                "a domain is told something else of a flag than standing.flags says",
                REPORT,
            ),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One fault at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// Where in the topic, for what stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<i64>,
    /// `partition:offset:index` of the record of the log that the output comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    /// Hash of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    pub(crate) detail: String,
}

impl Finding {
    pub(crate) fn new(code: Code, topic: &Arc<str>, partition: i32, detail: impl Into<String>) -> Self {
        let topic = Arc::clone(topic);
        Self { code, topic, partition, offset: None, origin: None, key: None, detail: detail.into() }
    }

    pub(crate) fn at(mut self, offset: i64) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(crate) fn of(mut self, origin: impl fmt::Display) -> Self {
        self.origin = Some(origin.to_string());
        self
    }

    pub(crate) fn keyed(mut self, key: &super::digest::Digest) -> Self {
        self.key = Some(key.short());
        self
    }
}

/// Everything found: the first of each code one by one, all of them counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) listed: Vec<Finding>,
    pub(crate) counts: BTreeMap<Code, u64>,
}

impl Findings {
    pub(crate) fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.code).or_default();
        *count += 1;
        if *count <= LISTED_MAX {
            self.listed.push(finding);
        }
    }

    pub(crate) fn extend(&mut self, others: Self) {
        for finding in others.listed {
            let count = self.counts.get(&finding.code).copied().unwrap_or_default();
            if count < LISTED_MAX {
                self.listed.push(finding);
            }
        }
        for (code, count) in others.counts {
            *self.counts.entry(code).or_default() += count;
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

impl Findings {
    fn sum(&self, codes: &[Code]) -> u64 {
        codes.iter().filter_map(|code| self.counts.get(code)).sum()
    }

    /// Outputs that should be there and are not.
    pub(crate) fn lost(&self) -> u64 {
        self.sum(&[
            Code::FlagLost,
            Code::ProfileLost,
            Code::NoticeLost,
            Code::RejectMissing,
            Code::FallLost,
            Code::CorrectionLost,
            Code::ContinueLost,
        ])
    }

    /// Outputs that stand more than once.
    pub(crate) fn doubled(&self) -> u64 {
        self.sum(&[Code::OutputDoubled])
    }
}
