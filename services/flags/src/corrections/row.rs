//! Rows of the join, one database a partition of `standing.reliance`.
//!
//! ```text
//! d | subject | measure | shown offset | shown index | decision   a decision that rested on this value of the flag
//! f | subject | measure | fell offset | fell index                a correction that concerns the flag
//! t | due | key of the row                                        when the row is forgotten
//! ```
//! Text parts are length-prefixed (two bytes, big-endian), numbers eight bytes (an index four), big-endian. Values of `d` and `f`
//! as in [`crate::row`]; `t` has none. Written when the record is folded, deleted when the log's time has passed `due`.

use domain::event::{Document, RecordRef};
use domain::flag::Version;
use domain::ids::{ConsumerId, MatterId, MeasureId};
use domain::output::{FallMeasure, Happened};
use domain::subject::SubjectKey;
use domain::time::Instant;
use serde::{Deserialize, Serialize};

pub(super) const TIMERS: &[u8] = b"t";

/// A decision that rested on a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DecisionRow {
    pub(super) consumer: ConsumerId,
    pub(super) matter: MatterId,
    pub(super) at: Instant,
    pub(super) case: Option<String>,
    /// Offset of its record in `standing.reliance`.
    pub(super) arrived: i64,
}

/// A correction, as far as it concerns one flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FallRow {
    pub(super) record: RecordRef,
    pub(super) document: Document,
    pub(super) happened: Happened,
    pub(super) at: Instant,
    pub(super) fallen: FallMeasure,
    pub(super) version: Version,
    /// Offset of its record in `standing.reliance`.
    pub(super) arrived: i64,
}

fn flag(kind: u8, subject: &SubjectKey, measure: &MeasureId) -> Vec<u8> {
    let mut key = vec![kind];
    for text in [subject.as_str(), measure.as_str()] {
        let length = u16::try_from(text.len()).expect("keys and names are far shorter than 64 KiB");
        key.extend_from_slice(&length.to_be_bytes());
        key.extend_from_slice(text.as_bytes());
    }
    key
}

/// Offsets are never negative, so they sort as they are.
fn place(mut key: Vec<u8>, offset: i64, index: u32) -> Vec<u8> {
    key.extend_from_slice(&offset.to_be_bytes());
    key.extend_from_slice(&index.to_be_bytes());
    key
}

/// Before every decision that rested on a value of the flag from this offset on.
pub(super) fn decisions_from(subject: &SubjectKey, measure: &MeasureId, offset: i64) -> Vec<u8> {
    place(flag(b'd', subject, measure), offset.max(0), 0)
}

pub(super) fn decision(subject: &SubjectKey, measure: &MeasureId, shown: Version, id: &str) -> Vec<u8> {
    let mut key = place(flag(b'd', subject, measure), shown.offset, shown.index);
    key.extend_from_slice(id.as_bytes());
    key
}

/// The version and the id of a decision's key; `None` where it is none of this flag's.
pub(super) fn parse_decision<'a>(
    key: &'a [u8],
    subject: &SubjectKey,
    measure: &MeasureId,
    partition: i32,
) -> Option<(Version, &'a str)> {
    let rest = key.strip_prefix(flag(b'd', subject, measure).as_slice())?;
    let (offset, rest) = rest.split_first_chunk()?;
    let (index, id) = rest.split_first_chunk()?;
    let version = Version { partition, offset: i64::from_be_bytes(*offset), index: u32::from_be_bytes(*index) };
    Some((version, std::str::from_utf8(id).ok()?))
}

/// Where the falls of a flag begin that a value of it can rest on, and where all of them end: a correction names values from before it.
pub(super) fn falls_after(subject: &SubjectKey, measure: &MeasureId, shown_offset: i64) -> (Vec<u8>, Vec<u8>) {
    let falls = flag(b'f', subject, measure);
    (place(falls.clone(), shown_offset.saturating_add(1), 0), place(falls, i64::MAX, u32::MAX))
}

pub(super) fn fall(subject: &SubjectKey, measure: &MeasureId, version: Version) -> Vec<u8> {
    place(flag(b'f', subject, measure), version.offset, version.index)
}

pub(super) fn timer(due_ms: i64, key: &[u8]) -> Vec<u8> {
    [TIMERS, &due_ms.max(0).to_be_bytes(), key].concat()
}

/// Before every timer that is due after this time.
pub(super) fn timers_until(now_ms: i64) -> Vec<u8> {
    timer(now_ms.saturating_add(1), &[])
}

/// The key that a timer forgets.
pub(super) fn parse_timer(key: &[u8]) -> Option<&[u8]> {
    key.get(TIMERS.len() + size_of::<i64>()..)
}
