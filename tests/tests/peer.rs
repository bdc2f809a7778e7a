//! The benchmark's fold is right: on the runtime it gives what a model gives that recomputes everything from all records after every
//! step, and so does the fold in memory that the benchmark compares both sides with.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use e2e::peer::event::{Event, Flag, MEASURES, Op, Subject, flag_key};
use e2e::peer::fold::{PeerFold, TICK_US};
use e2e::peer::load::{Dice, Load};
use e2e::peer::memory::Memory;
use stream::driver::TestDriver;
use stream::log::Record;

type Sent = (Vec<u8>, Vec<u8>);

#[derive(Clone, Debug)]
struct Known {
    revision: u32,
    ended: bool,
    expires_us: i64,
    measures: u16,
}

/// Everything that is known, and nothing that could be derived from it but for flags sent.
#[derive(Default)]
struct Model {
    time_us: i64,
    records: BTreeMap<(Subject, u64), Known>,
    on: BTreeSet<(Subject, usize)>,
    versions: BTreeMap<(Subject, usize), u32>,
}

impl Model {
    fn apply(&mut self, subject: Subject, event: &Event<'_>, sent: &mut Vec<Sent>) {
        self.time_us = self.time_us.max(event.at_us / TICK_US * TICK_US);
        let due = |known: &Known, time_us| !known.ended && known.expires_us != 0 && known.expires_us <= time_us;
        let mut over: Vec<(i64, Subject, u64)> = self
            .records
            .iter()
            .filter(|(_, known)| due(known, self.time_us))
            .map(|((subject, record), known)| (known.expires_us, *subject, *record))
            .collect();
        over.sort_unstable();
        for (_, of, record) in over {
            self.records.get_mut(&(of, record)).unwrap().ended = true;
            self.compare(of, event, sent);
        }
        let known = self.records.get(&(subject, event.record));
        if known.is_none_or(|known| known.revision < event.revision) {
            let mut known = Known {
                revision: event.revision,
                ended: event.op == Op::Withdraw,
                expires_us: event.expires_us,
                measures: event.measures,
            };
            known.ended |= due(&known, self.time_us);
            self.records.insert((subject, event.record), known);
            self.compare(subject, event, sent);
        }
    }

    /// Sends what differs from what was sent before.
    fn compare(&mut self, subject: Subject, event: &Event<'_>, sent: &mut Vec<Sent>) {
        for measure in 0..MEASURES {
            let is_ground = |((of, _), known): (&(Subject, u64), &Known)| {
                *of == subject && !known.ended && known.measures >> measure & 1 == 1
            };
            let on = self.records.iter().any(is_ground);
            if on != self.on.contains(&(subject, measure)) {
                if on {
                    self.on.insert((subject, measure));
                } else {
                    self.on.remove(&(subject, measure));
                }
                let version = self.versions.entry((subject, measure)).or_default();
                *version += 1;
                let flag = Flag { on, version: *version, at_us: event.at_us, stamp: event.stamp };
                sent.push((flag_key(&subject, measure).to_vec(), flag.encode().to_vec()));
            }
        }
    }
}

fn record(offset: usize, key: &[u8], value: Vec<u8>) -> Record {
    Record {
        topic: "events".into(),
        partition: 0,
        offset: offset.try_into().unwrap(),
        timestamp_ms: 0,
        key: Some(Bytes::copy_from_slice(key)),
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

fn driver() -> TestDriver {
    TestDriver::in_memory(Box::new(PeerFold::new("flags".into(), 0)))
}

/// Folds in transactions of so many records.
fn folded(records: &[Record], at_once: usize) -> Vec<Sent> {
    let mut driver = driver();
    let mut sent = Vec::new();
    for records in records.chunks(at_once) {
        for output in driver.apply(records.to_vec()).unwrap() {
            sent.push((output.key.unwrap().to_vec(), output.value.unwrap().to_vec()));
        }
    }
    assert_eq!(driver.rejected(), 0);
    sent
}

/// Few subjects and records, so that everything meets everything: late events, old revisions, ends in the past, long silence.
fn events(seed: u64) -> Vec<(Subject, Vec<u8>)> {
    let mut dice = Dice(seed);
    let mut now_us = 0;
    (0..400)
        .map(|number| {
            let mut below = |bound: u64| i64::try_from(dice.below(bound)).unwrap();
            now_us += below(3) * below(2_000_000);
            let expires_us = if below(2) == 0 { 0 } else { (now_us + below(20_000_000) - 4_000_000).max(1) };
            let body = [7; 3];
            let event = Event {
                op: if below(5) == 0 { Op::Withdraw } else { Op::Upsert },
                at_us: now_us - below(3_000_000),
                stamp: below(1_000).try_into().unwrap(),
                record: below(6).try_into().unwrap(),
                revision: (1 + number / 8 + below(10)).try_into().unwrap(),
                expires_us,
                measures: [0, 1, 6, 0x8003][usize::try_from(below(4)).unwrap()],
                body: &body[..usize::try_from(below(4)).unwrap()],
            };
            let mut bytes = Vec::new();
            event.encode_into(&mut bytes);
            ([u8::try_from(below(3)).unwrap(); 16], bytes)
        })
        .collect()
}

fn expected(events: &[(Subject, Vec<u8>)]) -> Vec<Sent> {
    let (mut model, mut sent) = (Model::default(), Vec::new());
    for (subject, bytes) in events {
        model.apply(*subject, &Event::decode(bytes).unwrap(), &mut sent);
    }
    sent
}

fn in_memory(events: &[(Subject, Vec<u8>)]) -> Vec<Sent> {
    let (mut memory, mut sent) = (Memory::default(), Vec::new());
    for (subject, bytes) in events {
        let event = Event::decode(bytes).unwrap();
        memory.apply(subject, &event, &mut |key, value| sent.push((key.to_vec(), value.to_vec())));
    }
    sent
}

fn records(events: &[(Subject, Vec<u8>)]) -> Vec<Record> {
    events.iter().enumerate().map(|(offset, (subject, bytes))| record(offset, subject, bytes.clone())).collect()
}

#[test]
fn the_fold_of_the_benchmark_gives_what_recomputing_everything_gives() {
    let mut flags = 0;
    for seed in 0..60 {
        let events = events(seed);
        let expected = expected(&events);
        flags += expected.len();
        for at_once in [1, 7, 400] {
            assert_eq!(folded(&records(&events), at_once), expected, "seed {seed}, {at_once} at once");
        }
        assert_eq!(in_memory(&events), expected, "seed {seed}, in memory");
    }
    assert!(flags > 60 * 50, "the events bring about too little: {flags} flags");
}

#[test]
fn the_load_of_the_benchmark_is_folded_alike_and_brings_about_every_kind_of_change() {
    let mut load = Load::new(7, 4_000, 40, 16);
    let events = load.encoded(4_000);
    let expected = expected(&events);
    assert_eq!(folded(&records(&events), 1_000), expected);
    assert_eq!(in_memory(&events), expected);
    let off = expected.iter().filter(|(_, flag)| !Flag::decode(flag).unwrap().on).count();
    assert!(off > 20 && expected.len() > 2 * off - 1, "{off} of {} flags went off", expected.len());
    let kinds = |wanted: Op| events.iter().filter(|(_, bytes)| Event::decode(bytes).unwrap().op == wanted).count();
    assert!(kinds(Op::Withdraw) > 50 && kinds(Op::Upsert) > 3_000);
}

#[test]
fn what_is_no_event_is_passed_over() {
    let mut driver = driver();
    let good = &events(1)[0];
    let records = vec![
        record(0, b"short", good.1.clone()),
        record(1, &good.0, b"nothing".to_vec()),
        Record { key: None, ..record(2, &good.0, good.1.clone()) },
        Record { value: None, ..record(3, &good.0, Vec::new()) },
    ];
    assert_eq!(driver.apply(records).unwrap(), []);
    assert_eq!((driver.rejected(), driver.position().next_offset), (4, 4));
    assert_eq!(driver.state().unwrap(), []);
}
