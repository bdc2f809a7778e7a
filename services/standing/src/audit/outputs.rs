//! The outputs of one topic and partition as they were read, against what the reference expects. Pure: records in, findings out.
//!
//! Outputs carry their origin, and a partition's only owner sends them in the order of its records. So in the order of the log
//! origins strictly rise, none stands twice, and what is missing was lost, unless cleaning may have removed it:
//!
//! A compacted topic keeps one record a key up to the point it was cleaned to, so that point lies before the first record whose
//! key stood before. A value may be missing only if it and the next one of its key lie before it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use domain::flag::Version;
use domain::ids::ItemId;
use schemas::topics::keys;
use schemas::{Codec, DecodeError, ErrorKind, FlagEntry, RelianceEntry, Stage};
use stream::log::Record;

use super::digest::Digest;
use super::finding::{Code, Finding, Findings};
use super::reference::Expected;

/// The record an output comes from, and which of its outputs it is; within one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub(crate) offset: i64,
    pub(crate) index: u32,
}

impl At {
    pub(crate) fn of(version: Version) -> Self {
        Self { offset: version.offset, index: version.index }
    }

    pub(crate) fn version(self, partition: i32) -> Version {
        Version { partition, offset: self.offset, index: self.index }
    }
}

/// What a topic holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Flag,
    Profile,
    Notice,
    Reject,
    Fall,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Flag, Self::Profile, Self::Notice, Self::Reject, Self::Fall];

    fn lost(self) -> Code {
        match self {
            Self::Flag => Code::FlagLost,
            Self::Profile => Code::ProfileLost,
            Self::Notice => Code::NoticeLost,
            Self::Reject => Code::RejectMissing,
            Self::Fall => Code::FallLost,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flags",
            Self::Profile => "profiles",
            Self::Notice => "notices",
            Self::Reject => "rejects",
            Self::Fall => "falls",
        })
    }
}

/// Rejects have no key.
pub(crate) fn no_key() -> Digest {
    Digest::of(b"")
}

/// What of a refusal is compared: its texts may be worded anew by a later version.
pub(crate) fn reject_digest(stage: Stage, code: &str, item: Option<&ItemId>) -> Digest {
    Digest::of(format!("{}|{code}|{}", stage.as_str(), item.map_or("", ItemId::as_str)).as_bytes())
}

/// What bounds the reading of one topic and partition.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) kind: Kind,
    /// Outputs of records from here on came after the audit began.
    pub(crate) committed: i64,
    /// The topic's first offset: with retention, what lies before is gone.
    pub(crate) low: i64,
    pub(crate) compacted: bool,
    /// It could not be read to its end: what is behind an open transaction is not known to be lost.
    pub(crate) cut: bool,
}

/// One output as it was read.
struct Seen {
    at: At,
    offset: i64,
    key: Digest,
    value: Option<Digest>,
}

/// A record as it concerns the audit.
enum Read {
    Output {
        version: Version,
        key: Digest,
        value: Option<Digest>,
    },
    Mark {
        events_offset: i64,
    },
    /// Of another stage or service.
    Other,
}

/// Takes the records of one topic and partition in the order of the log.
pub(crate) struct OutputCheck {
    span: Span,
    seen: Vec<Seen>,
    versions: HashSet<At>,
    newest: HashMap<Digest, At>,
    last: Option<At>,
    marked: Option<i64>,
    /// Nothing at or behind it was removed by cleaning.
    uncleaned_from: Option<At>,
    findings: Findings,
}

impl OutputCheck {
    pub(crate) fn new(span: Span) -> Self {
        Self {
            span,
            seen: Vec::new(),
            versions: HashSet::new(),
            newest: HashMap::new(),
            last: None,
            marked: None,
            uncleaned_from: None,
            findings: Findings::default(),
        }
    }

    fn finding(&self, code: Code, detail: impl Into<String>) -> Finding {
        Finding::new(code, &self.span.topic, self.span.partition, detail)
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    /// An error ends the audit: a schema registry does not answer.
    pub(crate) fn take(&mut self, codec: &Codec, events: &str, record: &Record) -> anyhow::Result<()> {
        match read(self.span.kind, codec, events, record) {
            Ok(Read::Output { version, key, value }) => self.output(record, version, key, value),
            Ok(Read::Mark { events_offset }) => self.mark(record, events_offset),
            Ok(Read::Other) => {}
            Err(error) if error.kind == ErrorKind::Retry => return Err(error.into()),
            Err(error) => {
                let finding = self.finding(Code::OutputUnreadable, error.to_string()).at(record.offset);
                self.findings.add(finding);
            }
        }
        Ok(())
    }

    fn mark(&mut self, record: &Record, events_offset: i64) {
        match self.marked {
            Some(before) if events_offset < before => {
                let detail = format!("a mark says {events_offset} behind one that said {before}");
                let finding = self.finding(Code::MarkFell, detail).at(record.offset);
                self.findings.add(finding);
            }
            Some(_) => {
                // A second mark: cleaning did not come as far as here.
                self.uncleaned_from.get_or_insert(At { offset: events_offset, index: 0 });
                self.marked = Some(events_offset);
            }
            None => self.marked = Some(events_offset),
        }
    }

    fn output(&mut self, record: &Record, version: Version, key: Digest, value: Option<Digest>) {
        let at = At::of(version);
        if at.offset >= self.span.committed {
            return;
        }
        let (topic, partition) = (Arc::clone(&self.span.topic), self.span.partition);
        let finding = |code, detail: &str| {
            Finding::new(code, &topic, partition, detail).at(record.offset).of(version).keyed(&key)
        };
        if version.partition != self.span.partition {
            let detail = "its origin is a record of another partition";
            let finding = finding(Code::OutputUnexpected, detail);
            return self.findings.add(finding);
        }
        let keyed = self.span.kind != Kind::Reject;
        if !self.versions.insert(at) {
            let finding = finding(Code::OutputDoubled, "its origin stands before in this partition");
            return self.findings.add(finding);
        }
        let newest = self.newest.get(&key).copied().filter(|_| keyed);
        let fault = if newest.is_some_and(|newest| at < newest) {
            Some(finding(Code::VersionFell, "a newer value of its key stands before it"))
        } else if self.last.is_some_and(|last| at < last) {
            Some(finding(Code::OriginFell, "an output of a later record stands before it"))
        } else if self.marked.is_some_and(|marked| at.offset < marked) {
            Some(finding(Code::OriginFell, "a mark before it says that its record was folded and told long since"))
        } else {
            None
        };
        if let Some(fault) = fault {
            self.findings.add(fault);
        }
        if newest.is_some() {
            self.uncleaned_from.get_or_insert(at);
        }
        self.newest.insert(key, newest.map_or(at, |newest| newest.max(at)));
        self.last = self.last.max(Some(at));
        self.seen.push(Seen { at, offset: record.offset, key, value });
    }

    /// Compares with what must be there; `expected` is in the order in which it was made.
    pub(crate) fn finish(mut self, expected: &[Expected]) -> Findings {
        let of_kind = || expected.iter().filter(|expected| expected.kind == self.span.kind);
        let wanted: HashMap<At, &Expected> = of_kind().map(|expected| (expected.at, expected)).collect();
        let mut found = Findings::default();
        for seen in &self.seen {
            let code = match wanted.get(&seen.at) {
                None => Some((Code::OutputUnexpected, "its record gives rise to no such output")),
                Some(expected) if expected.key != seen.key => {
                    Some((Code::OutputDiffers, "it stands under another key"))
                }
                Some(expected) if expected.value != seen.value => {
                    Some((Code::OutputDiffers, "its value is another one"))
                }
                Some(_) => None,
            };
            if let Some((code, detail)) = code {
                let version = seen.at.version(self.span.partition);
                found.add(self.finding(code, detail).at(seen.offset).of(version).keyed(&seen.key));
            }
        }
        let mut next_of_key: HashMap<Digest, At> = HashMap::new();
        let ordered: Vec<&Expected> = of_kind().collect();
        for expected in ordered.into_iter().rev() {
            let next = next_of_key.insert(expected.key, expected.at);
            if !self.versions.contains(&expected.at) && !self.may_be_gone(expected, next) {
                let version = expected.at.version(self.span.partition);
                found.add(self.finding(self.span.kind.lost(), "it is missing").of(version).keyed(&expected.key));
            }
        }
        self.findings.extend(found);
        self.findings
    }

    /// Whether cleaning, retention or an open transaction may be why it is not there.
    fn may_be_gone(&self, expected: &Expected, next: Option<At>) -> bool {
        if self.span.cut && self.last.is_none_or(|last| expected.at > last) {
            return true;
        }
        if self.span.compacted && self.span.kind != Kind::Reject {
            let cleaned = |at: At| self.uncleaned_from.is_none_or(|from| at < from);
            return match next {
                Some(next) => cleaned(next),
                // A tombstone that was kept as long as it had to be.
                None => expected.value.is_none() && cleaned(expected.at),
            };
        }
        self.span.low > 0 && self.seen.first().is_none_or(|first| expected.at < first.at)
    }
}

fn read(kind: Kind, codec: &Codec, events: &str, record: &Record) -> Result<Read, DecodeError> {
    let key = record.key.as_deref().unwrap_or_default();
    let value = record.value.as_deref();
    let origin = record.headers.iter().find(|(name, _)| &**name == keys::ORIGIN).map(|(_, value)| value.as_ref());
    let digest = |bytes: &[u8]| Some(Digest::of(bytes));
    // A value is compared as this version writes it, whichever schema it was written with.
    let again = |error: schemas::EncodeError| DecodeError {
        kind: error.kind,
        code: error.code,
        position: schemas::Position::Whole,
        what: error.what,
    };
    let (version, value) = match kind {
        Kind::Flag => match codec.decode_flag(key, value, origin)? {
            FlagEntry::Mark(mark) => return Ok(Read::Mark { events_offset: mark.events_offset }),
            FlagEntry::Flag(flag) => {
                let version = flag.version;
                match flag.into_change() {
                    Some(change) => (version, codec.encode_flag(&change).map_err(again)?.as_deref().and_then(digest)),
                    None => (version, digest(b"not about a subject of the register")),
                }
            }
        },
        Kind::Profile => {
            let change = codec.decode_profile(key, value, origin)?;
            (change.version, codec.encode_profile(&change).map_err(again)?.as_deref().and_then(digest))
        }
        Kind::Notice => {
            let change = codec.decode_notice(value.unwrap_or_default())?;
            (change.version, digest(&codec.encode_notice(&change).map_err(again)?))
        }
        Kind::Fall => match codec.decode_reliance(value.unwrap_or_default())? {
            RelianceEntry::Fall(fall) => (fall.version, digest(&codec.encode_fall(&fall).map_err(again)?)),
            // Of the service that joins them.
            RelianceEntry::Relied(_) | RelianceEntry::GoOn(_) => return Ok(Read::Other),
        },
        Kind::Reject => {
            let rejection = codec.decode_reject(value.unwrap_or_default())?;
            let place = rejection.place.as_ref().filter(|place| place.topic == events);
            let (Some(place), Stage::Fold | Stage::Runtime) = (place, rejection.stage) else { return Ok(Read::Other) };
            let index = rejection.index.unwrap_or_default();
            let version = Version { partition: place.partition, offset: place.offset, index };
            let value = reject_digest(rejection.stage, &rejection.code, rejection.item.as_ref());
            return Ok(Read::Output { version, key: no_key(), value: Some(value) });
        }
    };
    let said = origin.and_then(keys::parse_origin);
    // A subscriber of tombstones goes by the header: it must say what the value says.
    let value = if said == Some(version) { value } else { digest(b"the header says another origin") };
    Ok(Read::Output { version, key: Digest::of(key), value })
}
