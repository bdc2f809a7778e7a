//! One partition: entries in offset order, open transactions, what a reader of either isolation may see, and cleaning.
//!
//! Offsets are given once and never again: markers and aborted records take one each, cleaning leaves gaps.

use std::collections::{BTreeMap, VecDeque};

use bytes::{BufMut, Bytes, BytesMut};

use super::waiters::Waiters;
use crate::log::{Header, Isolation, Outgoing, Record, Topic};

/// What an entry costs beside its bytes: the entry, its headers' slots and the allocation, rounded up.
const ENTRY_BYTES: usize = 192;

pub(super) type ProducerId = u64;

struct Data {
    key: Option<Bytes>,
    value: Option<Bytes>,
    headers: Box<[Header]>,
    /// Set while and after the record belongs to a transaction.
    producer: Option<ProducerId>,
    aborted: bool,
}

struct Entry {
    offset: i64,
    timestamp_ms: i64,
    /// `None` is a transaction marker.
    data: Option<Data>,
}

impl Entry {
    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.data.as_ref().map_or(0, |data| payload_bytes(&data.key, &data.value, &data.headers))
    }
}

/// Bytes of a record that count against `max.message.bytes`.
pub(super) fn payload_bytes(key: &Option<Bytes>, value: &Option<Bytes>, headers: &[Header]) -> usize {
    let headers: usize = headers.iter().map(|(name, bytes)| name.len() + bytes.len()).sum();
    key.as_ref().map_or(0, Bytes::len) + value.as_ref().map_or(0, Bytes::len) + headers
}

/// What a record will cost when it is kept.
pub(super) fn cost(record: &Outgoing) -> usize {
    ENTRY_BYTES + payload_bytes(&record.key, &record.value, &record.headers)
}

#[derive(Default)]
pub(super) struct Partition {
    entries: VecDeque<Entry>,
    /// First offset still held by retention; compaction does not move it.
    start: i64,
    next: i64,
    /// First offset of each open transaction.
    open: BTreeMap<ProducerId, i64>,
    bytes: usize,
    /// Entries kept by the last cleaning.
    cleaned: usize,
    pub(super) waiters: Waiters,
}

impl Partition {
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The offset after the last one a reader of this isolation may see.
    pub(super) fn end(&self, isolation: Isolation) -> i64 {
        match isolation {
            Isolation::ReadUncommitted => self.next,
            Isolation::ReadCommitted => self.open.values().copied().min().unwrap_or(self.next),
        }
    }

    pub(super) fn append(&mut self, record: &Outgoing, timestamp_ms: i64, producer: Option<ProducerId>) -> i64 {
        let offset = self.next;
        if let Some(producer) = producer {
            self.open.entry(producer).or_insert(offset);
        }
        let data = copied(record, producer);
        self.push(Entry { offset, timestamp_ms, data: Some(data) });
        let end = self.end(Isolation::ReadCommitted);
        self.waiters.wake(|isolation| isolation == Isolation::ReadUncommitted || end > offset);
        offset
    }

    /// Ends a transaction with its marker; the records of an aborted one are never shown to a committed reader.
    pub(super) fn end_transaction(&mut self, producer: ProducerId, committed: bool, timestamp_ms: i64) {
        let Some(first) = self.open.remove(&producer) else {
            return;
        };
        if !committed {
            let from = self.entries.partition_point(|entry| entry.offset < first);
            for entry in self.entries.range_mut(from..) {
                if let Some(data) = entry.data.as_mut().filter(|data| data.producer == Some(producer)) {
                    data.aborted = true;
                }
            }
        }
        self.push(Entry { offset: self.next, timestamp_ms, data: None });
        self.waiters.wake(|_| true);
    }

    fn push(&mut self, entry: Entry) {
        self.next = entry.offset + 1;
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    /// Hands out up to `most` records from `from` on and returns the position after what was passed.
    pub(super) fn read(
        &self,
        topic: &Topic,
        partition: i32,
        from: i64,
        isolation: Isolation,
        most: usize,
        out: &mut Vec<Record>,
    ) -> i64 {
        let end = self.end(isolation);
        let full = out.len() + most;
        let first = self.entries.partition_point(|entry| entry.offset < from);
        for entry in self.entries.range(first..).take_while(|entry| entry.offset < end) {
            if out.len() == full {
                return entry.offset;
            }
            let Some(data) = &entry.data else { continue };
            if data.aborted && isolation == Isolation::ReadCommitted {
                continue;
            }
            out.push(Record {
                topic: topic.clone(),
                partition,
                offset: entry.offset,
                timestamp_ms: entry.timestamp_ms,
                key: data.key.clone(),
                value: data.value.clone(),
                headers: data.headers.to_vec(),
            });
        }
        end.max(from)
    }

    /// Whether compaction is due: more entries came since the last cleaning than the ratio allows.
    pub(super) fn is_dirty(&self, ratio: f64) -> bool {
        /// Below this a partition is small enough to be read whole.
        const WORTH_CLEANING: usize = 1_000;
        let dirty = self.entries.len().saturating_sub(self.cleaned);
        self.entries.len() >= WORTH_CLEANING && dirty as f64 > ratio * self.entries.len() as f64
    }

    /// Keeps the last committed record of each key below the last stable offset, and everything from there on.
    /// Tombstones older than `tombstones_before` go too.
    pub(super) fn compact(&mut self, tombstones_before: i64) {
        let stable = self.end(Isolation::ReadCommitted);
        let mut last: BTreeMap<Bytes, i64> = BTreeMap::new();
        for entry in self.entries.iter().take_while(|entry| entry.offset < stable) {
            if let Some(Data { key: Some(key), aborted: false, .. }) = &entry.data {
                last.insert(key.clone(), entry.offset);
            }
        }
        self.entries.retain(|entry| {
            if entry.offset >= stable {
                return true;
            }
            let Some(Data { key: Some(key), value, aborted: false, .. }) = &entry.data else {
                return false;
            };
            last.get(key) == Some(&entry.offset) && (value.is_some() || entry.timestamp_ms >= tombstones_before)
        });
        self.entries.shrink_to_fit();
        self.cleaned = self.entries.len();
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
    }

    /// Drops entries from the front, below the last stable offset, that are older than `before` or more than
    /// `bytes_max` allows.
    pub(super) fn retain(&mut self, before: Option<i64>, bytes_max: Option<usize>) {
        let stable = self.end(Isolation::ReadCommitted);
        while let Some(entry) = self.entries.front().filter(|entry| entry.offset < stable) {
            let old = before.is_some_and(|before| entry.timestamp_ms < before);
            let large = bytes_max.is_some_and(|most| self.bytes > most);
            if !old && !large {
                break;
            }
            self.bytes -= entry.bytes();
            self.start = entry.offset + 1;
            self.entries.pop_front();
        }
        self.cleaned = self.cleaned.min(self.entries.len());
    }
}

/// The record's own copy in one allocation: a slice of a large buffer would keep that buffer alive unseen.
fn copied(record: &Outgoing, producer: Option<ProducerId>) -> Data {
    let mut buffer = BytesMut::with_capacity(payload_bytes(&record.key, &record.value, &record.headers));
    let mut copy = |bytes: &Bytes| {
        buffer.put_slice(bytes);
        buffer.split().freeze()
    };
    let key = record.key.as_ref().map(&mut copy);
    let value = record.value.as_ref().map(&mut copy);
    let headers = record.headers.iter().map(|(name, bytes)| (name.clone(), copy(bytes))).collect();
    Data { key, value, headers, producer, aborted: false }
}
