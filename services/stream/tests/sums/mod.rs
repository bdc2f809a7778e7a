//! The fold of the runtime's tests: running sums with an output for each change, notes that send nothing, timers, and records
//! that fail in every way a record can. Each output says where it comes from: offset of its record, index. And its
//! [`reference`].

use std::collections::BTreeMap;

use bytes::Bytes;
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::{Outgoing, Record, Topic};
use stream::outbox::{OUTPUT_BYTES_MAX, Outbox};
use stream::state::StateRead;
use stream::view::View;

pub(crate) mod reference;

/// The key of the records by which a worker tells the time.
pub(crate) const CLOCK: &str = "clock";

/// Names of topics: `<prefix>.in`, `.out`, `.rejects`, `.marks`.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    pub(crate) input: Topic,
    pub(crate) out: Topic,
    pub(crate) rejects: Topic,
    pub(crate) marks: Topic,
}

impl Topics {
    pub(crate) fn new(prefix: &str) -> Self {
        let name = |kind: &str| Topic::from(format!("{prefix}.{kind}"));
        Self { input: name("in"), out: name("out"), rejects: name("rejects"), marks: name("marks") }
    }

    pub(crate) fn all(&self) -> [&Topic; 4] {
        [&self.input, &self.out, &self.rejects, &self.marks]
    }
}

/// A record's value is a command: a number adds; `note N` is kept and tells nobody; `arm T` sets a timer; `time T` fires those
/// due by then; `bad`, `panic` and `huge` fail after they changed and sent something; `stop` stops the partition.
pub(crate) struct Sums {
    topics: Topics,
    broken: Broken,
    /// Decoded sums: what a fold may remember.
    sums: BTreeMap<Bytes, i64>,
}

/// What the fold does wrong, to see whether that is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Broken {
    /// It does not forget what it remembers of a state that was given up.
    pub(crate) remembers: bool,
    /// A record that fails keeps what it changed and sent before.
    pub(crate) keeps_halves: bool,
}

impl Sums {
    pub(crate) fn new(topics: Topics) -> Self {
        Self::broken(topics, Broken::default())
    }

    pub(crate) fn broken(topics: Topics, broken: Broken) -> Self {
        Self { topics, broken, sums: BTreeMap::new() }
    }

    fn add(&mut self, view: &mut View<'_>, record: &Record, amount: i64, out: &mut Outbox) -> Result<(), FoldError> {
        let key = record.key.clone().unwrap_or_default();
        let row = [b"sum|", key.as_ref()].concat();
        let before = match self.sums.get(&key) {
            Some(&sum) => sum,
            None => view.get(&row)?.map_or(0, |value| number(&value)),
        };
        let sum = before + amount;
        self.sums.insert(key.clone(), sum);
        if sum == 0 {
            view.delete(&row)
        } else {
            view.put(&row, sum.to_string())
        }
        out.send(outgoing(&self.topics.out, record.partition, &key, &format!("{}.0 {sum}", record.offset)));
        Ok(())
    }

    fn fire(&self, view: &mut View<'_>, record: &Record, until: &str, out: &mut Outbox) -> Result<(), FoldError> {
        let due = format!("timer|{until:0>15}|~");
        let timers = view.scan_prefix(b"timer|", usize::MAX)?;
        let key = record.key.clone().unwrap_or_default();
        for (index, (timer, _)) in timers.iter().take_while(|(timer, _)| timer.as_ref() <= due.as_bytes()).enumerate() {
            view.delete(timer);
            let line = format!("{}.{index} {}", record.offset, text(timer));
            out.send(outgoing(&self.topics.out, record.partition, &key, &line));
        }
        Ok(())
    }

    fn command(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let command = text(record.value.as_deref().unwrap_or_default());
        let (verb, rest) = command.split_once(' ').unwrap_or((&command, ""));
        match verb {
            "note" => view.put(&[b"note|", record.key.as_deref().unwrap_or_default()].concat(), rest.to_owned()),
            "arm" => view.put(format!("timer|{rest:0>15}|{:0>9}", record.offset).as_bytes(), Bytes::new()),
            "time" => self.fire(view, record, rest, out)?,
            "bad" => {
                self.add(view, record, 1_000_000, out)?;
                return Err(FoldError::Skip { code: "sums.bad", reason: "the record says so".to_owned() });
            }
            "panic" => {
                self.add(view, record, 1_000_000, out)?;
                // Unwinds as a panic does, without its report on stderr.
                std::panic::resume_unwind(Box::new("the record says so"));
            }
            "huge" => {
                self.add(view, record, 1_000_000, out)?;
                let filler = "x".repeat(OUTPUT_BYTES_MAX + 1);
                out.send(outgoing(&self.topics.out, record.partition, b"huge", &filler));
            }
            "stop" => return Err(FoldError::Stop { reason: "the record says so".to_owned() }),
            _ => self.add(view, record, number(command.as_bytes()), out)?,
        }
        Ok(())
    }
}

impl Fold for Sums {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        match self.command(view, record, out) {
            Err(FoldError::Skip { code, reason }) if self.broken.keeps_halves => {
                self.reject(view, record, &Rejection { code, reason }, out);
                Ok(())
            }
            result => result,
        }
    }

    fn reject(&mut self, view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        let count = view.get(b"rejected").ok().flatten().map_or(0, |value| number(&value));
        view.put(b"rejected", (count + 1).to_string());
        let body = format!("{}.0 {}", record.offset, reason.code);
        out.send(outgoing(&self.topics.rejects, record.partition, b"", &body));
    }

    fn mark(&mut self, _view: &View<'_>, progress: &Progress, out: &mut Outbox) {
        let body = format!("{} {}", progress.next_offset, progress.caught_up_at_ms.unwrap_or(0));
        out.send(outgoing(&self.topics.marks, progress.partition, b"!mark", &body));
    }

    fn tick(&mut self, view: &View<'_>, partition: i32, now_ms: i64, out: &mut Outbox) {
        let first = view.scan_prefix(b"timer|", 1).unwrap_or_default();
        let due = first.first().is_some_and(|(timer, _)| number(&timer[6..21]) <= now_ms);
        if due {
            out.send(outgoing(&self.topics.input, partition, CLOCK.as_bytes(), &format!("time {now_ms}")));
        }
    }

    fn reset(&mut self) {
        if !self.broken.remembers {
            self.sums.clear();
        }
    }
}

pub(crate) fn outgoing(topic: &Topic, partition: i32, key: &[u8], value: &str) -> Outgoing {
    Outgoing {
        topic: topic.clone(),
        partition,
        key: Some(Bytes::copy_from_slice(key)),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number(bytes: &[u8]) -> i64 {
    text(bytes).parse().expect("the tests write numbers only")
}
