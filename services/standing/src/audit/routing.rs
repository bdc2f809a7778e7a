//! What the topics of the domains must hold, from the flags of the reference alone: per flag and domain the newest version that
//! concerns the domain, and whether it holds a flag there, a lift, or nothing any more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::flag::{Flag, FlagChange, FlagValue};
use domain::ids::{DomainId, MatterPattern};
use schemas::topics::keys;
use schemas::{Codec, ErrorKind, FlagEntry};
use stream::log::Record;

use super::digest::Digest;
use super::finding::{Code, Finding, Findings};
use super::outputs::At;

/// What stands under a flag's key in a domain's topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// With a digest of the intervals it is in force in.
    Flag(Digest),
    Lift,
    Tombstone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    at: At,
    holds: Holds,
}

/// Follows flags in the order of their versions.
#[derive(Default)]
pub(crate) struct Routing {
    /// By the key of the flag in `standing.flags`.
    told: BTreeMap<Digest, BTreeMap<DomainId, Told>>,
    /// Which flag a version belongs to: a domain's key is a pseudonym.
    flags: HashMap<At, Digest>,
}

impl Routing {
    pub(crate) fn route(&mut self, change: &FlagChange) {
        let (at, key) = (At::of(change.version), Digest::of(keys::flag(&change.subject, &change.measure).as_bytes()));
        self.flags.insert(at, key);
        let told = self.told.entry(key).or_default();
        let is_flag = |told: &Told| matches!(told.holds, Holds::Flag(_));
        match &change.value {
            FlagValue::Set(flag) => {
                let holds = Holds::Flag(intervals(flag));
                for told in told.values_mut().filter(|told| is_flag(told)) {
                    *told = Told { at, holds: Holds::Lift };
                }
                told.extend(domains(&flag.matters).map(|domain| (domain, Told { at, holds })));
            }
            FlagValue::Lifted(lift) => {
                let lifted = Told { at, holds: Holds::Lift };
                for told in told.values_mut().filter(|told| is_flag(told)) {
                    *told = lifted;
                }
                for domain in domains(&lift.matters) {
                    told.entry(domain).or_insert(lifted);
                }
            }
            FlagValue::Tombstone => {
                for told in told.values_mut() {
                    *told = Told { at, holds: Holds::Tombstone };
                }
            }
        }
    }
}

fn domains(matters: &[MatterPattern]) -> impl Iterator<Item = DomainId> {
    matters.iter().map(MatterPattern::domain)
}

fn intervals(flag: &Flag) -> Digest {
    Digest::of(format!("{:?}", flag.intervals).as_bytes())
}

/// Whether a domain's topic may lag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// Everything is routed: each domain has the newest version.
    Yes,
    /// Older versions are no fault.
    No,
}

/// Takes the records of one domain's topic and partition in the order of the log.
pub(crate) struct DomainCheck {
    domain: DomainId,
    topic: Arc<str>,
    partition: i32,
    committed: i64,
    /// By the domain's own key.
    newest: HashMap<Digest, Told>,
    marked: Option<i64>,
    findings: Findings,
}

impl DomainCheck {
    pub(crate) fn new(domain: DomainId, topic: Arc<str>, partition: i32, committed: i64) -> Self {
        let (newest, findings) = (HashMap::new(), Findings::default());
        Self { domain, topic, partition, committed, newest, marked: None, findings }
    }

    fn finding(&self, code: Code, detail: impl Into<String>) -> Finding {
        Finding::new(code, &self.topic, self.partition, detail)
    }

    pub(crate) fn take(&mut self, codec: &Codec, record: &Record) -> anyhow::Result<()> {
        let key = record.key.as_deref().unwrap_or_default();
        let origin = record.headers.iter().find(|(name, _)| &**name == keys::ORIGIN).map(|(_, value)| value.as_ref());
        let flag = match codec.decode_flag(key, record.value.as_deref(), origin) {
            Ok(FlagEntry::Flag(flag)) => flag,
            Ok(FlagEntry::Mark(mark)) => {
                if self.marked.is_some_and(|before| mark.events_offset < before) {
                    let finding = self.finding(Code::MarkFell, "a mark went back").at(record.offset);
                    self.findings.add(finding);
                }
                self.marked = self.marked.max(Some(mark.events_offset));
                return Ok(());
            }
            Err(error) if error.kind == ErrorKind::Retry => return Err(error.into()),
            Err(error) => {
                let finding = self.finding(Code::OutputUnreadable, error.to_string()).at(record.offset);
                self.findings.add(finding);
                return Ok(());
            }
        };
        let (at, key) = (At::of(flag.version), Digest::of(key));
        if at.offset >= self.committed {
            return Ok(());
        }
        let holds = match &flag.value {
            FlagValue::Set(flag) => {
                if flag.matters.iter().any(|pattern| pattern.domain() != self.domain) {
                    let detail = "it names matters of another domain";
                    let finding = self.finding(Code::DomainDiffers, detail).at(record.offset).keyed(&key);
                    self.findings.add(finding);
                }
                Holds::Flag(intervals(flag))
            }
            FlagValue::Lifted(_) => Holds::Lift,
            FlagValue::Tombstone => Holds::Tombstone,
        };
        if let Some(before) = self.newest.get(&key).filter(|before| before.at >= at) {
            let (code, detail) = if before.at == at {
                (Code::OutputDoubled, "its origin stands before under this key")
            } else {
                (Code::VersionFell, "a newer value of its key stands before it")
            };
            let finding = self.finding(code, detail).at(record.offset).of(flag.version).keyed(&key);
            self.findings.add(finding);
            return Ok(());
        }
        self.newest.insert(key, Told { at, holds });
        Ok(())
    }

    pub(crate) fn finish(mut self, routing: &Routing, quiet: Quiet) -> Findings {
        let mut held: HashMap<Digest, Told> = HashMap::new();
        for (key, told) in &self.newest {
            let flag = routing.flags.get(&told.at);
            let expected = flag.and_then(|flag| routing.told.get(flag)?.get(&self.domain));
            let fault = match expected {
                None => Some((Code::DomainUnexpected, "standing.flags implies nothing of it for this domain")),
                Some(expected) if told.at > expected.at => {
                    Some((Code::DomainUnexpected, "it is newer than what standing.flags implies"))
                }
                Some(expected) if told.at == expected.at && told.holds != expected.holds => Some((
                    Code::DomainDiffers,
                    "it holds something else, or at other times, than the flag of this version",
                )),
                Some(_) => None,
            };
            if let Some((code, detail)) = fault {
                let version = told.at.version(self.partition);
                let finding = self.finding(code, detail).of(version).keyed(key);
                self.findings.add(finding);
            }
            if let Some(flag) = flag {
                held.insert(*flag, *told);
            }
        }
        if quiet == Quiet::Yes {
            for (flag, domains) in &routing.told {
                let Some(expected) = domains.get(&self.domain) else { continue };
                let behind = held.get(flag).is_none_or(|held| held.at < expected.at);
                // A tombstone is not kept for ever.
                let gone = expected.holds == Holds::Tombstone && !held.contains_key(flag);
                if behind && !gone {
                    let version = expected.at.version(self.partition);
                    let finding =
                        self.finding(Code::DomainBehind, "its newest version is missing").of(version).keyed(flag);
                    self.findings.add(finding);
                }
            }
        }
        self.findings
    }
}
