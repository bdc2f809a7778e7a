//! The rows of the state: their keys, who writes them, and typed access.
//!
//! ```text
//! m                                        one row: the partition's time, rules in force, outstanding work
//! s | subject                              head of a subject: its measures, counts, life
//! r | subject | publisher | item | record  facts of one record
//! g | subject | measure | until desc | publisher | item | record   one ground of a flag
//! a | subject | rating                     how the sums of a rating run
//! p | subject | rating | gained? | size desc | until desc | publisher | item | record | dimension | criterion   one point of a rating
//! t | due | subject | measure | kind | publisher | item | record   a timer, by time
//! c | due day | subject | publisher | item | record | task | id   a task of an office that is open, by its last day
//! u | subject | due | measure | kind | publisher | item | record   the same timer, by subject
//! ```
//! Text parts are length-prefixed (two bytes, big-endian), instants are eight bytes, big-endian, with the sign bit flipped, so
//! that keys sort by time. Values are encoded by the [`Store`]; timers have empty values. An event touches a bounded
//! number of rows; only taking a ground away, or a change of the rules, may scan.

mod case;
mod ground_cache;
mod grounds;
mod rating;
mod store;

pub use case::CaseKey;
pub use ground_cache::GroundCache;
pub use store::{RowError, Store, walk_map};

use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event::RecordRef;
use crate::ids::{DepartmentId, ItemId, MeasureId, RecordId};
use crate::record::Record;
use crate::state::{PartitionRow, SubjectRow};
use crate::subject::SubjectKey;
use crate::time::Instant;

/// Codes of the kinds of row. A code is never used again for another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Partition = b'm',
    Subject = b's',
    Record = b'r',
    Ground = b'g',
    Rating = b'a',
    Point = b'p',
    TimerByTime = b't',
    TimerBySubject = b'u',
    Case = b'c',
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum TimerKind {
    /// A ground comes into force: what is shown changes.
    Start = 1,
    /// A ground ends.
    End = 2,
    /// A lifted flag's key is removed.
    Tombstone = 3,
    /// The last day of an open task of a record is over.
    Deadline = 8,
    /// A rating changes; `measure` is its id.
    Rating = 9,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    pub due: Instant,
    pub subject: SubjectKey,
    /// Absent for [`TimerKind::Deadline`].
    pub measure: Option<MeasureId>,
    pub kind: TimerKind,
    /// Absent for [`TimerKind::Tombstone`] and [`TimerKind::Rating`].
    pub record: Option<RecordRef>,
}

struct Key(Vec<u8>);

impl Key {
    fn of(kind: Kind) -> Self {
        // Most keys are shorter; a longer one grows.
        let mut key = Vec::with_capacity(160);
        key.push(kind as u8);
        Self(key)
    }

    fn text(mut self, part: &str) -> Self {
        let length = u16::try_from(part.len()).expect("names and numbers are far shorter than 64 KiB");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(part.as_bytes());
        self
    }

    fn instant(mut self, at: Instant) -> Self {
        self.0.extend_from_slice(&sortable(at).to_be_bytes());
        self
    }

    fn instant_descending(mut self, at: Instant) -> Self {
        self.0.extend_from_slice(&(!sortable(at)).to_be_bytes());
        self
    }

    fn number_descending(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&(!number).to_be_bytes());
        self
    }

    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn record(self, record: &RecordRef) -> Self {
        self.text(record.publisher.as_str()).text(record.item.as_str()).text(record.record_id.as_str())
    }

    /// The first key after all that begin with this one.
    fn after(&self) -> Vec<u8> {
        after(&self.0)
    }
}

fn sortable(at: Instant) -> u64 {
    (at.ms() as u64) ^ (1 << 63)
}

/// The first key after all that begin with `prefix`.
pub fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; 9]
}

struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], RowError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(RowError::Key)?;
        self.0 = rest;
        Ok(head)
    }

    fn text(&mut self) -> Result<&'a str, RowError> {
        let length = self.take(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        std::str::from_utf8(self.take(length)?).map_err(|_| RowError::Key)
    }

    fn instant(&mut self) -> Result<Instant, RowError> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| RowError::Key)?;
        Ok(Instant::from_ms((u64::from_be_bytes(bytes) ^ (1 << 63)) as i64))
    }

    fn subject(&mut self) -> Result<SubjectKey, RowError> {
        SubjectKey::parse(self.text()?).map_err(|_| RowError::Key)
    }

    fn record(&mut self) -> Result<RecordRef, RowError> {
        Ok(RecordRef {
            publisher: DepartmentId::new(self.text()?).map_err(|_| RowError::Key)?,
            item: ItemId::new(self.text()?).map_err(|_| RowError::Key)?,
            record_id: RecordId::new(self.text()?).map_err(|_| RowError::Key)?,
        })
    }

    fn timer_tail(&mut self, due: Instant, subject: SubjectKey) -> Result<Timer, RowError> {
        let measure = match self.text()? {
            "" => None,
            name => Some(MeasureId::new(name).map_err(|_| RowError::Key)?),
        };
        let kind = match self.take(1)?[0] {
            1 => TimerKind::Start,
            2 => TimerKind::End,
            3 => TimerKind::Tombstone,
            8 => TimerKind::Deadline,
            9 => TimerKind::Rating,
            _ => return Err(RowError::Key),
        };
        let record = if self.0.is_empty() { None } else { Some(self.record()?) };
        Ok(Timer { due, subject, measure, kind, record })
    }
}

impl Timer {
    fn tail(&self, key: Key) -> Vec<u8> {
        let key = key.text(self.measure.as_ref().map_or("", MeasureId::as_str)).byte(self.kind as u8);
        match &self.record {
            Some(record) => key.record(record).0,
            None => key.0,
        }
    }

    fn by_time(&self) -> Vec<u8> {
        self.tail(Key::of(Kind::TimerByTime).instant(self.due).text(self.subject.as_str()))
    }

    fn by_subject(&self) -> Vec<u8> {
        self.tail(Key::of(Kind::TimerBySubject).text(self.subject.as_str()).instant(self.due))
    }
}

/// Typed access to the rows of one partition.
pub struct Rows<'a, S> {
    store: &'a mut S,
    /// No timer is due before this: what is asked of earlier times need not be looked for.
    timers_from: Instant,
    /// The key by time of the timer that was due last: those before it are gone. Empty: nobody asked yet.
    passed: Vec<u8>,
}

impl<'a, S: Store> Rows<'a, S> {
    pub fn new(store: &'a mut S) -> Self {
        Self { store, timers_from: Instant::from_ms(i64::MIN), passed: Vec::new() }
    }

    /// Takes it that no timer is due before this; what is armed from here on is taken account of.
    pub(crate) fn expect_timers_from(&mut self, from: Instant) {
        self.timers_from = from;
    }

    /// No timer is due before this.
    pub(crate) fn timers_from(&self) -> Instant {
        self.timers_from
    }

    fn read<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, RowError> {
        self.store.show(key, |bytes| self.store.decode(bytes))
    }

    /// Shows the rows with `from <= key < to`, in order, where the store holds them, until `row` breaks or fails.
    fn visit(
        &self,
        from: &[u8],
        to: &[u8],
        mut row: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, RowError>,
    ) -> Result<(), RowError> {
        let mut failed = None;
        self.store.walk(from, to, &mut |key, value| {
            row(key, value).unwrap_or_else(|error| {
                failed = Some(error);
                ControlFlow::Break(())
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// What `read` makes of each of up to `limit` rows with `from <= key < to`, in order.
    fn each<T>(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<T, RowError>,
    ) -> Result<Vec<T>, RowError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        self.visit(from, to, |key, value| {
            rows.push(read(key, value)?);
            Ok(if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }

    fn write<T: Serialize>(&mut self, key: Vec<u8>, value: &T) -> Result<(), RowError> {
        let bytes = self.store.encode(value)?;
        self.store.put(key, bytes);
        Ok(())
    }

    pub fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        self.store.encode(value)
    }

    pub fn partition(&self) -> Result<PartitionRow, RowError> {
        Ok(self.read(&Key::of(Kind::Partition).0)?.unwrap_or_default())
    }

    pub fn put_partition(&mut self, row: &PartitionRow) -> Result<(), RowError> {
        self.write(Key::of(Kind::Partition).0, row)
    }

    pub fn subject(&self, subject: &SubjectKey) -> Result<Option<SubjectRow>, RowError> {
        self.read(&Key::of(Kind::Subject).text(subject.as_str()).0)
    }

    pub fn put_subject(&mut self, subject: &SubjectKey, row: &SubjectRow) -> Result<(), RowError> {
        self.write(Key::of(Kind::Subject).text(subject.as_str()).0, row)
    }

    /// Up to `limit` subjects after the one whose state key is `cursor` (empty: from the first), with their state keys.
    pub fn subjects_after(&self, cursor: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, SubjectKey)>, RowError> {
        let prefix = Key::of(Kind::Subject);
        let from = if cursor.is_empty() { prefix.0.clone() } else { [cursor, &[0]].concat() };
        self.each(&from, &prefix.after(), limit, |key, _| {
            let subject = Parts(key.get(1..).ok_or(RowError::Key)?).subject()?;
            Ok((key.to_vec(), subject))
        })
    }

    fn record_key(subject: &SubjectKey, record: &RecordRef) -> Vec<u8> {
        Key::of(Kind::Record).text(subject.as_str()).record(record).0
    }

    pub fn record(&self, subject: &SubjectKey, record: &RecordRef) -> Result<Option<Record>, RowError> {
        self.read(&Self::record_key(subject, record))
    }

    pub fn put_record(&mut self, subject: &SubjectKey, key: &RecordRef, record: &Record) -> Result<(), RowError> {
        self.write(Self::record_key(subject, key), record)
    }

    pub fn delete_record(&mut self, subject: &SubjectKey, key: &RecordRef) {
        self.store.delete(Self::record_key(subject, key));
    }

    /// Up to `limit` records of a subject, in order, after `after`.
    pub fn records(
        &self,
        subject: &SubjectKey,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<(RecordRef, Record)>, RowError> {
        let prefix = Key::of(Kind::Record).text(subject.as_str());
        let from = match after {
            Some(record) => [Self::record_key(subject, record).as_slice(), &[0]].concat(),
            None => prefix.0.clone(),
        };
        self.each(&from, &prefix.after(), limit, |key, value| {
            let record = Parts(&key[prefix.0.len()..]).record()?;
            Ok((record, self.store.decode(value)?))
        })
    }

    pub fn put_timer(&mut self, timer: &Timer) {
        let by_time = timer.by_time();
        self.timers_from = self.timers_from.min(timer.due);
        if by_time < self.passed {
            self.passed.clear();
        }
        self.store.put(by_time, Vec::new());
        self.store.put(timer.by_subject(), Vec::new());
    }

    pub fn delete_timer(&mut self, timer: &Timer) {
        self.store.delete(timer.by_time());
        self.store.delete(timer.by_subject());
    }

    /// The first timer due at or before `now`, by time, which the caller then fires. If there is none, when the next will be is
    /// remembered, so that nobody looks again before.
    pub(crate) fn first_timer_due(&mut self, now: Instant) -> Result<Option<Timer>, RowError> {
        if now < self.timers_from {
            return Ok(None);
        }
        let from = Key::of(Kind::TimerByTime).instant(self.timers_from).0.max(std::mem::take(&mut self.passed));
        let Some((key, timer)) = self.first_timer(&from)? else {
            self.timers_from = Instant::from_ms(i64::MAX);
            return Ok(None);
        };
        self.timers_from = timer.due;
        if timer.due > now {
            return Ok(None);
        }
        self.passed = key;
        Ok(Some(timer))
    }

    /// The first timer by time whose key is not less.
    fn first_timer(&self, from: &[u8]) -> Result<Option<(Vec<u8>, Timer)>, RowError> {
        let mut timers = self.each(from, &Key::of(Kind::TimerByTime).after(), 1, |key, _| {
            let mut parts = Parts(&key[1..]);
            let due = parts.instant()?;
            let subject = parts.subject()?;
            let timer = parts.timer_tail(due, subject)?;
            Ok((key.to_vec(), timer))
        })?;
        Ok(timers.pop())
    }

    /// When the first timer of all is due, in a partition that stands so.
    pub fn next_due(&self, partition: &PartitionRow) -> Result<Option<Instant>, RowError> {
        let from = Key::of(Kind::TimerByTime).instant(partition.timers_from);
        Ok(self.first_timer(&from.0)?.map(|(_, timer)| timer.due))
    }

    /// Timers of one subject due at or before `now`, in order.
    pub fn subject_timers_due(&self, subject: &SubjectKey, now: Instant) -> Result<Vec<Timer>, RowError> {
        if now < self.timers_from {
            return Ok(Vec::new());
        }
        let prefix = Key::of(Kind::TimerBySubject).text(subject.as_str());
        let end = Key(prefix.0.clone()).instant(now).after();
        self.timers_between(subject, &prefix.0, &end, prefix.0.len())
    }

    /// All timers of one subject.
    pub fn subject_timers(&self, subject: &SubjectKey) -> Result<Vec<Timer>, RowError> {
        let prefix = Key::of(Kind::TimerBySubject).text(subject.as_str());
        self.timers_between(subject, &prefix.0, &prefix.after(), prefix.0.len())
    }

    fn timers_between(
        &self,
        subject: &SubjectKey,
        from: &[u8],
        to: &[u8],
        skip: usize,
    ) -> Result<Vec<Timer>, RowError> {
        self.each(from, to, usize::MAX, |key, _| {
            let mut parts = Parts(&key[skip..]);
            let due = parts.instant()?;
            parts.timer_tail(due, subject.clone())
        })
    }
}
