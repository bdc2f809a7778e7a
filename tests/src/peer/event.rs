//! The records of the benchmark as bytes: what both sides read, and the flags both write. The layout stands in
//! `tests/bench/kafka-streams/README.md`; all numbers are big-endian.

use anyhow::{Context, ensure};

const VERSION: u8 = 1;
/// Bytes of an event before its body.
const HEAD: usize = 40;
const FLAG: usize = 22;

/// How many measures there are: an event names its own in a set of so many bits.
pub const MEASURES: usize = 16;

/// Whom an event is about, and the key of its record.
pub type Subject = [u8; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Upsert,
    Withdraw,
}

/// One change of one record of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub op: Op,
    /// Time as the events tell it, microseconds since the epoch. It drives timers, and need not be anybody's clock.
    pub at_us: i64,
    /// Carried into the flags it brings about and otherwise without meaning: when the event was due to be sent.
    pub stamp: u64,
    pub record: u64,
    pub revision: u32,
    /// When the record ends by itself; 0: never.
    pub expires_us: i64,
    /// The measures that the record is a ground of, one bit each.
    pub measures: u16,
    /// Kept with the record, and not looked at.
    pub body: &'a [u8],
}

impl<'a> Event<'a> {
    pub fn encode_into(&self, to: &mut Vec<u8>) {
        to.clear();
        to.push(VERSION);
        to.push(match self.op {
            Op::Upsert => 1,
            Op::Withdraw => 2,
        });
        to.extend_from_slice(&self.at_us.to_be_bytes());
        to.extend_from_slice(&self.stamp.to_be_bytes());
        to.extend_from_slice(&self.record.to_be_bytes());
        to.extend_from_slice(&self.revision.to_be_bytes());
        to.extend_from_slice(&self.expires_us.to_be_bytes());
        to.extend_from_slice(&self.measures.to_be_bytes());
        to.extend_from_slice(self.body);
    }

    /// `None`: no event of this layout. Both sides pass over such a record.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(HEAD)?;
        let op = match head[..2] {
            [VERSION, 1] => Op::Upsert,
            [VERSION, 2] => Op::Withdraw,
            _ => return None,
        };
        Some(Self {
            op,
            at_us: i64::from_be_bytes(at(head, 2)?),
            stamp: u64::from_be_bytes(at(head, 10)?),
            record: u64::from_be_bytes(at(head, 18)?),
            revision: u32::from_be_bytes(at(head, 26)?),
            expires_us: i64::from_be_bytes(at(head, 30)?),
            measures: u16::from_be_bytes(at(head, 38)?),
            body,
        })
    }
}

/// A change of one flag: the value of its record. The key is the subject and one byte for the measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    pub on: bool,
    /// How often this flag has changed.
    pub version: u32,
    /// Time and stamp of the event that brought the change about, by itself or by the timers it made due.
    pub at_us: i64,
    pub stamp: u64,
}

impl Flag {
    pub fn encode(&self) -> [u8; FLAG] {
        let mut bytes = [0; FLAG];
        bytes[0] = VERSION;
        bytes[1] = u8::from(self.on);
        bytes[2..6].copy_from_slice(&self.version.to_be_bytes());
        bytes[6..14].copy_from_slice(&self.at_us.to_be_bytes());
        bytes[14..].copy_from_slice(&self.stamp.to_be_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        ensure!(bytes.len() == FLAG && bytes[0] == VERSION && bytes[1] <= 1, "this is no flag: {bytes:02x?}");
        let what = "a flag is long enough";
        Ok(Self {
            on: bytes[1] == 1,
            version: u32::from_be_bytes(at(bytes, 2).context(what)?),
            at_us: i64::from_be_bytes(at(bytes, 6).context(what)?),
            stamp: u64::from_be_bytes(at(bytes, 14).context(what)?),
        })
    }
}

pub fn flag_key(subject: &Subject, measure: usize) -> [u8; 17] {
    let mut key = [0; 17];
    key[..16].copy_from_slice(subject);
    // Below MEASURES.
    key[16] = u8::try_from(measure).unwrap_or(u8::MAX);
    key
}

/// Where a subject's events and flags stand: subjects are evenly distributed by themselves.
pub fn partition_of(subject: &Subject, partitions: i32) -> i32 {
    let first = u32::from_be_bytes([subject[0], subject[1], subject[2], subject[3]]);
    let partitions = u32::try_from(partitions).unwrap_or(1).max(1);
    i32::try_from(first % partitions).unwrap_or_default()
}

/// So many bytes from a place.
pub(super) fn at<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_event_and_a_flag_read_as_they_were_written() {
        let event = Event {
            op: Op::Withdraw,
            at_us: -5,
            stamp: u64::MAX,
            record: 7,
            revision: 8,
            expires_us: 9,
            measures: 0x8001,
            body: b"body",
        };
        let mut bytes = Vec::new();
        event.encode_into(&mut bytes);
        assert_eq!(Event::decode(&bytes), Some(event));
        let flag = Flag { on: true, version: 3, at_us: 4, stamp: 5 };
        assert_eq!(Flag::decode(&flag.encode()).unwrap(), flag);
    }

    /// As the README says, and the Java side reads.
    #[test]
    fn the_layout_of_an_event_stays_what_it_is() {
        let event = Event {
            op: Op::Upsert,
            at_us: 1,
            stamp: 2,
            record: 3,
            revision: 4,
            expires_us: 5,
            measures: 6,
            body: b"b",
        };
        let mut bytes = Vec::new();
        event.encode_into(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "01010000000000000001000000000000000200000000000000030000000400000000000000050006".to_owned() + "62"
        );
    }

    #[test]
    fn what_is_no_event_is_none() {
        let mut bytes = vec![1, 1];
        bytes.resize(HEAD, 0);
        assert!(Event::decode(&bytes).is_some());
        assert_eq!(Event::decode(&bytes[..HEAD - 1]), None);
        bytes[1] = 3;
        assert_eq!(Event::decode(&bytes), None);
        bytes[..2].copy_from_slice(&[2, 1]);
        assert_eq!(Event::decode(&bytes), None);
        assert_eq!(Event::decode(b""), None);
    }
}
