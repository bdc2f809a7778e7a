//! What happened, in order: as one number, so that two runs of a seed can be compared, and as lines if they are wanted.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use crate::scheduler::Seat;

/// Whether the lines are printed as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    Printed,
    Dropped,
}

pub(crate) struct Trace {
    lines: Lines,
    hash: Mutex<DefaultHasher>,
}

impl Trace {
    pub(crate) fn new(lines: Lines) -> Self {
        Self { lines, hash: Mutex::new(DefaultHasher::new()) }
    }

    pub(crate) fn event(&self, at_us: u64, seat: &Seat, what: &str) {
        (at_us, seat.process, &*seat.thread, what).hash(&mut *self.hash.lock().unwrap());
        if self.lines == Lines::Printed {
            println(at_us, seat, &what);
        }
    }

    /// For what is worth a sentence.
    pub(crate) fn say(&self, at_us: u64, seat: &Seat, what: fmt::Arguments<'_>) {
        self.event(at_us, seat, &what.to_string());
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.lock().unwrap().finish()
    }
}

fn println(at_us: u64, seat: &Seat, what: &dyn fmt::Display) {
    eprintln!("{:>10.3} ms {}:{} {what}", at_us as f64 / 1_000.0, seat.process, seat.thread);
}
