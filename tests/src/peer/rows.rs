//! The rows of the benchmark's state: the same keys and values on both sides, in one ordered store per partition.
//!
//! | key | value |
//! |---|---|
//! | `h`, subject | its flags: of every measure that ever was on, ascending: measure (1 byte), grounds (u32), version (u32) |
//! | `m` | time of the partition (i64, microseconds), in whole ticks |
//! | `r`, subject, record (u64) | state (1 live, 2 withdrawn, 3 expired), revision (u32), expiry (i64), measures (u16), body |
//! | `t`, expiry (i64), subject, record (u64) | empty |
//!
//! A timer's row is there exactly while its record is live and ends by itself.

use super::event::{MEASURES, Subject, at};

pub(super) const TIME: &[u8] = b"m";
const GROUNDS: usize = 9;
const RECORD: usize = 15;

pub(super) fn head_key(subject: &Subject) -> [u8; 17] {
    let mut key = [b'h'; 17];
    key[1..].copy_from_slice(subject);
    key
}

pub(super) fn record_key(subject: &Subject, record: u64) -> [u8; 25] {
    let mut key = [b'r'; 25];
    key[1..17].copy_from_slice(subject);
    key[17..].copy_from_slice(&record.to_be_bytes());
    key
}

pub(super) fn timer_key(due_us: i64, subject: &Subject, record: u64) -> [u8; 33] {
    let mut key = [b't'; 33];
    key[1..9].copy_from_slice(&due_us.to_be_bytes());
    key[9..25].copy_from_slice(subject);
    key[25..].copy_from_slice(&record.to_be_bytes());
    key
}

/// The least key of a timer that is due at this time or after.
pub(super) fn timers_from(due_us: i64) -> [u8; 9] {
    let mut key = [b't'; 9];
    key[1..].copy_from_slice(&due_us.to_be_bytes());
    key
}

/// Due time, subject and record of a timer's key.
pub(super) fn timer(key: &[u8]) -> Option<(i64, Subject, u64)> {
    Some((i64::from_be_bytes(at(key, 1)?), at(key, 9)?, u64::from_be_bytes(at(key, 25)?)))
}

/// What is true of a record, its body aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Live = 1,
    Withdrawn = 2,
    Expired = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordRow {
    pub(super) standing: Standing,
    pub(super) revision: u32,
    pub(super) expires_us: i64,
    pub(super) measures: u16,
}

impl RecordRow {
    pub(super) fn encode(&self, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(RECORD + body.len());
        bytes.push(self.standing as u8);
        bytes.extend_from_slice(&self.revision.to_be_bytes());
        bytes.extend_from_slice(&self.expires_us.to_be_bytes());
        bytes.extend_from_slice(&self.measures.to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            standing: match bytes.first()? {
                1 => Standing::Live,
                2 => Standing::Withdrawn,
                3 => Standing::Expired,
                _ => return None,
            },
            revision: u32::from_be_bytes(at(bytes, 1)?),
            expires_us: i64::from_be_bytes(at(bytes, 5)?),
            measures: u16::from_be_bytes(at(bytes, 13)?),
        })
    }

    pub(super) fn body(bytes: &[u8]) -> &[u8] {
        bytes.get(RECORD..).unwrap_or_default()
    }

    /// The measures it is a ground of while it stands so.
    pub(super) fn grounds(&self) -> u16 {
        if self.standing == Standing::Live { self.measures } else { 0 }
    }
}

/// Of each measure: how many live records are a ground of it, and how often its flag has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeadRow {
    pub(super) grounds: [u32; MEASURES],
    pub(super) versions: [u32; MEASURES],
}

impl HeadRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(GROUNDS * MEASURES);
        for (measure, (grounds, version)) in (0u8..).zip(self.grounds.iter().zip(&self.versions)) {
            if *version > 0 {
                bytes.push(measure);
                bytes.extend_from_slice(&grounds.to_be_bytes());
                bytes.extend_from_slice(&version.to_be_bytes());
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut head = Self::default();
        for entry in bytes.chunks(GROUNDS) {
            let measure = usize::from(*entry.first()?);
            *head.grounds.get_mut(measure)? = u32::from_be_bytes(at(entry, 1)?);
            *head.versions.get_mut(measure)? = u32::from_be_bytes(at(entry, 5)?);
        }
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_as_they_were_written() {
        let row = RecordRow { standing: Standing::Expired, revision: 1, expires_us: 2, measures: 3 };
        let bytes = row.encode(b"body");
        assert_eq!(RecordRow::decode(&bytes), Some(row));
        assert_eq!(RecordRow::body(&bytes), b"body");
        let mut head = HeadRow::default();
        (head.grounds[15], head.versions[15], head.versions[2]) = (4, 5, 6);
        assert_eq!(head.encode().len(), 2 * GROUNDS);
        assert_eq!(HeadRow::decode(&head.encode()), Some(head));
        assert_eq!(timer(&timer_key(7, &[8; 16], 9)), Some((7, [8; 16], 9)));
        assert!(timer_key(7, &[0; 16], 0)[..] >= timers_from(7)[..]);
        assert!(timer_key(7, &[255; 16], u64::MAX)[..] < timers_from(8)[..]);
    }

    #[test]
    fn a_row_that_is_none_of_ours_is_none() {
        assert_eq!(RecordRow::decode(&[4; RECORD]), None);
        assert_eq!(RecordRow::decode(&[1; RECORD - 1]), None);
        assert_eq!(HeadRow::decode(&[16; GROUNDS]), None);
        assert_eq!(HeadRow::decode(&[1; GROUNDS - 1]), None);
        assert_eq!(timer(b"t"), None);
    }
}
