//! What is visible from outside against what should be, while a run goes on and at its end. Reads topics and served state, and
//! compares with [`Reference`].

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stream::log::{Isolation, Log, Reader, Record, Start, Topic, TopicPartition};
use stream::runtime::Handle;
use stream::state::StateRead;
use stream::status::{Phase, Status};

use crate::sums::reference::{Input, Line, Reference};
use crate::sums::{CLOCK, text};
use crate::world::{GROUP, World};

/// Right, or what is wrong.
pub(crate) type Finding = Result<(), String>;

#[derive(Default)]
struct Partition {
    inputs: Vec<Input>,
    reference: Reference,
    out: Vec<String>,
    rejects: Vec<String>,
    /// Of the records of other producers: when each was appended, and its offset.
    appended: Vec<(i64, i64)>,
    /// The last mark: how far it says the partition is.
    marked: i64,
    /// Offsets that an operator set back, from and to: what lies between is sent again.
    set_back: Vec<(i64, i64)>,
}

pub(crate) struct Auditor {
    world: Arc<World>,
    input: Box<dyn Reader>,
    out: Box<dyn Reader>,
    rejects: Box<dyn Reader>,
    marks: Box<dyn Reader>,
    partitions: BTreeMap<i32, Partition>,
}

impl Auditor {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let reader = |topic: &Topic| {
            let from: Vec<_> = (0..world.partitions)
                .map(|partition| (TopicPartition::new(topic.clone(), partition), Start::Earliest))
                .collect();
            world.log.reader(&from, Isolation::ReadCommitted).unwrap()
        };
        let (input, out, rejects) =
            (reader(&world.topics.input), reader(&world.topics.out), reader(&world.topics.rejects));
        let marks = reader(&world.topics.marks);
        let partitions = (0..world.partitions).map(|partition| (partition, Partition::default())).collect();
        Self { world, input, out, rejects, marks, partitions }
    }

    /// What is visible is, in order, the beginning of what should be.
    pub(crate) fn look(&mut self) -> Finding {
        for record in read(self.input.as_mut()) {
            let partition = self.partitions.get_mut(&record.partition).unwrap();
            let (key, command) = (part(&record.key), part(&record.value));
            if key != CLOCK {
                partition.appended.push((record.timestamp_ms, record.offset));
            }
            let input = Input { offset: record.offset, key, command };
            partition.reference.apply(&input);
            partition.inputs.push(input);
        }
        for record in read(self.out.as_mut()) {
            self.partitions.get_mut(&record.partition).unwrap().out.push(line(&record));
        }
        for record in read(self.rejects.as_mut()) {
            self.partitions.get_mut(&record.partition).unwrap().rejects.push(line(&record));
        }
        for record in read(self.marks.as_mut()) {
            let clock_is_moved = self.world.faults.clock > 0;
            self.partitions.get_mut(&record.partition).unwrap().mark(&record, clock_is_moved)?;
        }
        if let Some(fault) = self.world.ledger().store_faults.first() {
            return Err(fault.clone());
        }
        for (number, partition) in &self.partitions {
            let Partition { reference, set_back, .. } = partition;
            is_beginning(&format!("out/{number}"), &partition.out, &expected(&reference.out, set_back))?;
            is_beginning(&format!("rejects/{number}"), &partition.rejects, &expected(&reference.rejects, set_back))?;
        }
        Ok(())
    }

    /// No state is ahead of what is committed (I3).
    pub(crate) fn nothing_is_ahead(&self, status: &Status) -> Finding {
        let ledger = self.world.ledger();
        for partition in &status.partitions {
            let committed = ledger.committed.get(&partition.of).copied().unwrap_or(0);
            if partition.next_offset > committed {
                let (of, at) = (&partition.of, partition.next_offset);
                return Err(format!("the state of {of} stands at {at}, and {committed} is committed"));
            }
        }
        Ok(())
    }

    /// What is served of a partition is what should be as of its position.
    pub(crate) fn served(&self, handle: &Handle, of: &TopicPartition) -> Finding {
        let everything = (Bound::Unbounded, Bound::Unbounded);
        let read = handle.read(of, |state| Ok((state.position()?, state.scan(everything, usize::MAX)?)));
        // Not served here, or not at the moment.
        let Ok(read) = read else { return Ok(()) };
        let (position, rows) = match read {
            Ok(read) => read,
            Err(error) => {
                // Found damaged or out of reach, which is no wrong answer.
                let _: stream::state::StateError = error;
                return Ok(());
            }
        };
        let rows: BTreeMap<String, String> = rows.iter().map(|(key, value)| (text(key), text(value))).collect();
        let wanted = self.rows(of.partition, position.next_offset);
        if rows == wanted {
            return Ok(());
        }
        Err(format!("{of} serves at {} {rows:?} instead of {wanted:?}", position.next_offset))
    }

    /// The rows that a state has at this position.
    pub(crate) fn rows(&self, partition: i32, next_offset: i64) -> BTreeMap<String, String> {
        let mut reference = Reference::default();
        let inputs = &self.partitions[&partition].inputs;
        inputs.iter().take_while(|input| input.offset < next_offset).for_each(|input| reference.apply(input));
        reference.rows()
    }

    /// Where a partition ends, as far as it was looked at.
    pub(crate) fn end(&self, partition: i32) -> i64 {
        self.partitions[&partition].inputs.last().map_or(0, |input| input.offset + 1)
    }

    /// An operator sets the offset back.
    pub(crate) fn set_back(&mut self, partition: i32, from: i64, to: i64) {
        self.partitions.get_mut(&partition).unwrap().set_back.push((from, to));
    }

    /// Everything appended is folded, committed, visible and written, by one owner each; if not, what is missing.
    pub(crate) fn is_settled(&self, handles: &[&Handle]) -> Finding {
        let statuses: Vec<Status> = handles.iter().map(|handle| handle.status()).collect();
        for number in self.partitions.keys() {
            let of = TopicPartition::new(self.world.topics.input.clone(), *number);
            let mut owners = statuses.iter().filter_map(|status| status.partition(&of));
            let (Some(owner), None) = (owners.next(), owners.next()) else {
                return Err(format!("{of} has not exactly one owner: {statuses:?}"));
            };
            let end = self.end(*number);
            if owner.phase != Phase::Live || owner.next_offset != end {
                return Err(format!("{of} is at {} of {end}, {:?}", owner.next_offset, owner.phase));
            }
            let committed = self.world.log.committed(GROUP, std::slice::from_ref(&of), Duration::ZERO);
            if !matches!(committed.as_deref(), Ok([Some(committed)]) if *committed == end) {
                return Err(format!("{of} stands at {end}, and {committed:?} is committed"));
            }
        }
        self.all_is_visible()
    }

    /// Everything that was appended is folded, and its outputs are to be seen.
    pub(crate) fn all_is_visible(&self) -> Finding {
        for (number, Partition { reference, out, rejects, set_back, .. }) in &self.partitions {
            let missing = expected(&reference.out, set_back).len() - out.len();
            let unrejected = expected(&reference.rejects, set_back).len() - rejects.len();
            if missing + unrejected > 0 {
                return Err(format!("partition {number}: {missing} outputs and {unrejected} rejections are missing"));
            }
        }
        Ok(())
    }

    /// Of each key, every output has a greater version than the one before (I2), unless offsets were set back.
    pub(crate) fn versions_rise(&self) -> Finding {
        for (number, partition) in self.partitions.iter().filter(|(_, partition)| partition.set_back.is_empty()) {
            let mut newest: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
            for line in &partition.out {
                let (key, value) = line.split_once('=').unwrap();
                let (offset, index) = value.split_once(' ').unwrap().0.split_once('.').unwrap();
                let version = (offset.parse().unwrap(), index.parse().unwrap());
                if newest.insert(key, version).is_some_and(|before| before >= version) {
                    return Err(format!("out/{number}: the versions of {key} do not rise at {line}"));
                }
            }
        }
        Ok(())
    }

    /// Every transaction is over: a committed reader sees to the end (I5).
    pub(crate) fn nothing_is_open(&self) -> Finding {
        for topic in self.world.topics.all() {
            for partition in 0..self.world.partitions {
                let of = TopicPartition::new(topic.clone(), partition);
                let end = |isolation| self.world.log.watermarks(&of, isolation).unwrap().high;
                let (stable, end) = (end(Isolation::ReadCommitted), end(Isolation::ReadUncommitted));
                if stable != end {
                    return Err(format!("{of} has an open transaction: stable to {stable} of {end}"));
                }
            }
        }
        Ok(())
    }
}

impl Partition {
    /// Marks never go back, and what one says was folded by a moment was.
    fn mark(&mut self, record: &Record, clock_is_moved: bool) -> Finding {
        let text = part(&record.value);
        let (next, as_of_ms) = text.split_once(' ').unwrap();
        let (next, as_of_ms): (i64, i64) = (next.parse().unwrap(), as_of_ms.parse().unwrap());
        if next < self.marked && self.set_back.is_empty() {
            return Err(format!("marks/{}: {next} after {}", record.partition, self.marked));
        }
        self.marked = next;
        let before = |(at, offset): &&(i64, i64)| *at < as_of_ms && *offset >= next;
        match self.appended.iter().find(before) {
            Some((at, offset)) if !clock_is_moved => Err(format!(
                "marks/{}: a mark at {next} says that it is as of {as_of_ms}, and offset {offset} was appended at {at}",
                record.partition
            )),
            Some(_) | None => Ok(()),
        }
    }
}

fn read(reader: &mut dyn Reader) -> Vec<Record> {
    reader.poll(100_000, Duration::ZERO).unwrap()
}

fn part(bytes: &Option<Bytes>) -> String {
    text(bytes.as_deref().unwrap_or_default())
}

fn line(record: &Record) -> String {
    format!("{}={}", part(&record.key), part(&record.value))
}

/// The lines in the order in which they should be seen.
fn expected<'a>(lines: &'a [Line], set_back: &[(i64, i64)]) -> Vec<&'a Line> {
    let (mut expected, mut start) = (Vec::with_capacity(lines.len()), 0);
    let ends = set_back.iter().copied().chain([(i64::MAX, 0)]);
    for (from, to) in ends {
        expected.extend(lines.iter().filter(|line| (start..from).contains(&line.offset)));
        start = to;
    }
    expected
}

fn is_beginning(what: &str, seen: &[String], wanted: &[&Line]) -> Finding {
    for (index, line) in seen.iter().enumerate() {
        let should = wanted.get(index).map(|wanted| wanted.text.as_str());
        if should != Some(line) {
            return Err(format!("{what}: output {index} is {line:?} and should be {should:?}"));
        }
    }
    Ok(())
}
