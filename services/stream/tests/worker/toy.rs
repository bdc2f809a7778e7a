//! A small deterministic fold: running sums per key, with an output for every change, timers, and records that fail in
//! every way a record can. And its reference: the same arithmetic over a plain map.

use std::collections::BTreeMap;

use bytes::Bytes;
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::{Outgoing, Record, Topic};
use stream::outbox::{OUTPUT_BYTES_MAX, Outbox};
use stream::state::StateRead;
use stream::view::View;

/// Names of the topics of one test: `<prefix>.in`, `.out`, `.rejects`, `.marks`.
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
}

/// Commands, in a record's value: `+N` adds; `arm T` sets a timer; `time T` fires the timers due by then; `bad` is
/// skipped after half its changes, `panic` panics after them, `huge` sends an output too large, `stop` stops.
pub(crate) struct Sums {
    pub(crate) topics: Topics,
    /// Decoded sums, to show that a fold may cache and is told when to forget.
    cache: BTreeMap<Bytes, i64>,
}

impl Sums {
    pub(crate) fn new(topics: Topics) -> Self {
        Self { topics, cache: BTreeMap::new() }
    }

    fn add(&mut self, view: &mut View<'_>, record: &Record, amount: i64, out: &mut Outbox) -> Result<(), FoldError> {
        let key = record.key.clone().unwrap_or_default();
        let row = [b"k|", key.as_ref()].concat();
        let before = match self.cache.get(&key) {
            Some(&sum) => sum,
            None => view.get(&row)?.map_or(0, |value| number(&value)),
        };
        let sum = before + amount;
        self.cache.insert(key.clone(), sum);
        if sum == 0 {
            view.delete(&row)
        } else {
            view.put(&row, sum.to_string())
        }
        out.send(outgoing(&self.topics.out, record.partition, &key, &format!("{}:{sum}", record.offset)));
        Ok(())
    }
}

impl Fold for Sums {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let text = text(record.value.as_deref().unwrap_or_default());
        let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
        match verb {
            "arm" => view.put(format!("t|{:0>15}|{}", rest, record.offset).as_bytes(), Bytes::new()),
            "time" => {
                let due = view.scan_prefix(b"t|", usize::MAX)?;
                let until = format!("t|{rest:0>15}|~");
                for (timer, _) in due.into_iter().filter(|(timer, _)| timer.as_ref() <= until.as_bytes()) {
                    view.delete(&timer);
                    let key = record.key.clone().unwrap_or_default();
                    out.send(outgoing(
                        &self.topics.out,
                        record.partition,
                        &key,
                        &format!("fired {}", self::text(&timer)),
                    ));
                }
            }
            "bad" => {
                self.add(view, record, 1_000_000, out)?;
                return Err(FoldError::Skip { code: "toy.bad", reason: "the record says so".to_owned() });
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
            "stop" => {
                return Err(FoldError::Stop { reason: "the record says so".to_owned() });
            }
            _ => self.add(view, record, number(text.as_bytes()), out)?,
        }
        Ok(())
    }

    fn reject(&mut self, view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        let count = view.get(b"rejected").ok().flatten().map_or(0, |value| number(&value));
        view.put(b"rejected", (count + 1).to_string());
        let body = format!("{}:{}", record.offset, reason.code);
        out.send(outgoing(&self.topics.rejects, record.partition, b"", &body));
    }

    fn mark(&mut self, _view: &View<'_>, progress: &Progress, out: &mut Outbox) {
        let body = format!("{} {}", progress.next_offset, progress.caught_up_at_ms.unwrap_or(0));
        out.send(outgoing(&self.topics.marks, progress.partition, b"!mark", &body));
    }

    fn tick(&mut self, view: &View<'_>, partition: i32, now_ms: i64, out: &mut Outbox) {
        let first = view.scan_prefix(b"t|", 1).unwrap_or_default();
        let due = first.first().is_some_and(|(timer, _)| number(&timer[2..17]) <= now_ms);
        if due {
            out.send(outgoing(&self.topics.input, partition, b"clock", &format!("time {now_ms}")));
        }
    }

    fn reset(&mut self) {
        self.cache.clear();
    }
}

/// What the fold should make of the records of one partition: the rows of its state, and its outputs by topic.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) rows: BTreeMap<String, String>,
    pub(crate) out: Vec<String>,
    pub(crate) rejects: Vec<String>,
}

/// The reference: `records` are (offset, key, command); only sums and failing records.
pub(crate) fn reference<'a>(records: impl IntoIterator<Item = (i64, &'a str, &'a str)>) -> Expected {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut expected = Expected::default();
    for (offset, key, command) in records {
        let code = match command {
            "bad" => "toy.bad",
            "panic" => "fold.panicked",
            "huge" => "output.too-large",
            _ => {
                let sum = sums.entry(key.to_owned()).or_default();
                *sum += command.parse::<i64>().expect("a number");
                expected.out.push(format!("{key}={offset}:{sum}"));
                continue;
            }
        };
        expected.rejects.push(format!("{offset}:{code}"));
    }
    expected.rows =
        sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(k, s)| (format!("k|{k}"), s.to_string())).collect();
    if !expected.rejects.is_empty() {
        expected.rows.insert("rejected".to_owned(), expected.rejects.len().to_string());
    }
    expected
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
    text(bytes).parse().expect("the toy writes numbers only")
}
