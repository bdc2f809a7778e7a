//! Made-up events of any number, the same for the same seed.
//!
//! Subjects are as uneven as a register's: of every hundred events 70 are about any subject, 25 about one in a hundred, and 5
//! about a few that come to have a hundred thousand each. Of a thousand events 100 correct a record, 60 withdraw one,
//! 30 say again what is known; two in a hundred come up to two seconds late. Six records in ten restrict nothing, three are a ground
//! of one measure, one of four; four in ten end by themselves within 1,000 seconds. From one event to the next
//! a millisecond passes, however fast they are sent.

use std::collections::VecDeque;

use super::event::{Event, MEASURES, Op, Subject};

/// The time of the first event: 2026-01-01.
const FIRST_US: i64 = 1_767_225_600_000_000;
const STEP_US: i64 = 1_000;
const CROWDED: u64 = 100_000;
/// Records that may still be corrected or withdrawn.
const RECENT: usize = 50_000;

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }
}

fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A subject's key, as even as the keyed pseudonyms of a register are.
fn subject(number: u64) -> Subject {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&mixed(number.wrapping_mul(2)).to_be_bytes());
    key[8..].copy_from_slice(&mixed(number.wrapping_mul(2) + 1).to_be_bytes());
    key
}

#[derive(Clone, Copy)]
struct Recent {
    subject: Subject,
    record: u64,
    revision: u32,
}

/// The events, one after the other.
#[derive(Clone)]
pub struct Load {
    dice: Dice,
    subjects: u64,
    crowded: u64,
    made: u64,
    recent: VecDeque<Recent>,
    body: Vec<u8>,
}

impl Load {
    /// `count` is how many events are expected: it says how many subjects come to have very many records.
    pub fn new(seed: u64, count: u64, subjects: u64, body_bytes: usize) -> Self {
        Self {
            dice: Dice(seed),
            subjects: subjects.max(100),
            crowded: (count / 20).div_ceil(CROWDED).max(1),
            made: 0,
            recent: VecDeque::new(),
            body: vec![0; body_bytes],
        }
    }

    /// How many events were made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// The next events, as they stand in the log.
    pub fn encoded(&mut self, count: u64) -> Vec<(Subject, Vec<u8>)> {
        let one = |subject: &Subject, event: &Event<'_>| {
            let mut bytes = Vec::new();
            event.encode_into(&mut bytes);
            (*subject, bytes)
        };
        (0..count).map(|_| self.next(0, one)).collect()
    }

    /// Makes the next event and shows it, with its subject.
    pub fn next<R>(&mut self, stamp: u64, show: impl FnOnce(&Subject, &Event<'_>) -> R) -> R {
        let number = self.made;
        self.made += 1;
        let now_us = FIRST_US.saturating_add(i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(STEP_US));
        let late_us = if self.dice.below(100) < 2 { self.dice.below(2_000_000) } else { 0 };
        let (op, of) = self.change(number);
        let measures = if op == Op::Upsert { self.measures() } else { 0 };
        let expires_us = if op == Op::Upsert && self.dice.below(10) < 4 {
            now_us + i64::try_from(10_000_000 + self.dice.below(990_000_000)).unwrap_or_default()
        } else {
            0
        };
        let body_bytes = if op == Op::Upsert { self.fill_body() } else { 0 };
        let event = Event {
            op,
            at_us: now_us - i64::try_from(late_us).unwrap_or_default(),
            stamp,
            record: of.record,
            revision: of.revision,
            expires_us,
            measures,
            body: &self.body[..body_bytes],
        };
        show(&of.subject, &event)
    }

    /// What happens, and to which record.
    fn change(&mut self, number: u64) -> (Op, Recent) {
        let place = usize::try_from(self.dice.below(self.recent.len() as u64)).unwrap_or_default();
        let what = self.dice.below(1_000);
        match (what, self.recent.get_mut(place)) {
            (0..100, Some(recent)) => {
                recent.revision += 1;
                (Op::Upsert, *recent)
            }
            (100..160, Some(recent)) => {
                recent.revision += 1;
                let of = *recent;
                self.recent.swap_remove_back(place);
                (Op::Withdraw, of)
            }
            (160..190, Some(recent)) => (Op::Upsert, *recent),
            (_, _) => (Op::Upsert, self.recorded(number)),
        }
    }

    fn recorded(&mut self, number: u64) -> Recent {
        let of = match self.dice.below(100) {
            0..5 => self.dice.below(self.crowded),
            5..30 => self.dice.below(self.subjects / 100),
            _ => self.dice.below(self.subjects),
        };
        let recent = Recent { subject: subject(of), record: number, revision: 1 };
        // One in four may change; which stays when there is no room is drawn too.
        if number.is_multiple_of(4) {
            if self.recent.len() >= RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(recent);
        }
        recent
    }

    fn measures(&mut self) -> u16 {
        let bits = match self.dice.below(10) {
            0..6 => 0,
            6..9 => 1,
            _ => 4,
        };
        (0..bits).fold(0, |set, _| set | 1 << self.dice.below(MEASURES as u64))
    }

    /// Half of it is news, as hexadecimal digits are.
    fn fill_body(&mut self) -> usize {
        for digits in self.body.chunks_mut(16) {
            let mut news = self.dice.roll();
            for digit in digits {
                *digit = b"0123456789abcdef"[usize::from(news.to_be_bytes()[7] & 15)];
                news >>= 4;
            }
        }
        self.body.len()
    }
}
