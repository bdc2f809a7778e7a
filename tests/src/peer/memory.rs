//! The same fold over plain maps in memory, without a runtime, a store or a log: the most that a fold could do, and what the
//! flags of both sides are compared with. It shares the bytes of events and flags with the fold, and none of its rows.

use std::collections::{BTreeSet, HashMap};

use super::event::{Event, Flag, MEASURES, Op, Subject, flag_key};
use super::fold::tick_of;

struct Held {
    revision: u32,
    live: bool,
    expires_us: i64,
    measures: u16,
    /// What a register would have to give back.
    #[expect(dead_code, reason = "it is the memory that counts")]
    body: Box<[u8]>,
}

#[derive(Default)]
struct Head {
    grounds: [u32; MEASURES],
    versions: [u32; MEASURES],
}

/// One partition's state.
#[derive(Default)]
pub struct Memory {
    time_us: i64,
    records: HashMap<(Subject, u64), Held>,
    heads: HashMap<Subject, Head>,
    timers: BTreeSet<(i64, Subject, u64)>,
}

impl Memory {
    /// Folds one event and hands over the flags that change, encoded as a side would write them.
    pub fn apply(&mut self, subject: &Subject, event: &Event<'_>, flag: &mut dyn FnMut(&[u8], &[u8])) {
        let mut send = |subject: &Subject, measure: usize, on: bool, version: u32| {
            let value = Flag { on, version, at_us: event.at_us, stamp: event.stamp };
            flag(&flag_key(subject, measure), &value.encode());
        };
        self.time_us = self.time_us.max(tick_of(event.at_us));
        while let Some((due_us, of, id)) = self.timers.first().copied().filter(|(due, _, _)| *due <= self.time_us) {
            self.timers.remove(&(due_us, of, id));
            if let Some(held) = self.records.get_mut(&(of, id)) {
                held.live = false;
                change(self.heads.entry(of).or_default(), held.measures, 0, |m, on, v| send(&of, m, on, v));
            }
        }
        let ends = event.expires_us != 0;
        let live = event.op == Op::Upsert && (!ends || event.expires_us > self.time_us);
        let held = Held {
            revision: event.revision,
            live,
            expires_us: event.expires_us,
            measures: event.measures,
            body: event.body.into(),
        };
        let key = (*subject, event.record);
        let mut before = 0;
        if let Some(old) = self.records.get_mut(&key) {
            if held.revision <= old.revision {
                return;
            }
            if old.live {
                before = old.measures;
                self.timers.remove(&(old.expires_us, *subject, event.record));
            }
            *old = held;
        } else {
            self.records.insert(key, held);
        }
        if live && ends {
            self.timers.insert((event.expires_us, *subject, event.record));
        }
        let after = if live { event.measures } else { 0 };
        if before != after {
            let head = self.heads.entry(*subject).or_default();
            change(head, before, after, |measure, on, version| send(subject, measure, on, version));
        }
    }
}

fn change(head: &mut Head, before: u16, after: u16, mut send: impl FnMut(usize, bool, u32)) {
    for measure in 0..MEASURES {
        let (was, is) = (before >> measure & 1 == 1, after >> measure & 1 == 1);
        if was == is {
            continue;
        }
        let grounds = &mut head.grounds[measure];
        let turned = if is {
            *grounds += 1;
            *grounds == 1
        } else {
            *grounds = grounds.saturating_sub(1);
            *grounds == 0
        };
        if turned {
            head.versions[measure] += 1;
            send(measure, is, head.versions[measure]);
        }
    }
}
