//! What an event costs by how many records its subject has: it must not grow with them.
//!
//! All places of the curve are measured in one state, which holds subjects of every size: a larger state costs more by itself, and is
//! no part of what is asked. A transaction that is measured has one record of a subject of the place, and otherwise firms that are new:
//! were all of it about one subject, what is read of it would be read once for all, and at small places it cannot be. What writing the
//! transaction takes is its own, whoever it is about, and is left out. What is left of that: where there is one subject of so many records, it
//! is measured again and again, and what is read of it was written a transaction earlier.

use std::ops::Range;
use std::time::{Duration, Instant as Clock};

use anyhow::Context;
use domain::event::{Body, Content};
use domain::time::Instant;
use jiff::civil::Date;
use stream::driver::TestDriver;
use tempfile::TempDir;

use super::log::{Subjects, beginning, record_of};
use super::register::Register;
use super::sizes::Sizes;

/// The cost of an event at one place of the curve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Records that the subject has when it is measured.
    pub(crate) records: u64,
    /// Median of what an event about a subject of the place took, the transaction's writing left out.
    pub(crate) cost: Duration,
}

/// Events of a place that are measured before it is another's turn.
const TURN: u64 = 50;
/// Events of one transaction that is measured.
const TRANSACTION: usize = 20;
/// The first of the firms that are new.
const NEW: u64 = 1_000_000;
/// Events of one transaction that is not.
const FILLING: usize = 5_000;

/// Firms with so many records each.
struct Class {
    records: u64,
    firms: Range<u64>,
}

struct Bench<'a> {
    register: &'a Register,
    subjects: Subjects,
    driver: TestDriver,
    offset: i64,
    number: u64,
    new: u64,
    adverse: bool,
}

/// A state with subjects of every size, to be measured.
pub(crate) struct Filled<'a> {
    bench: Bench<'a>,
    classes: Vec<Class>,
    /// After the state in it, which is closed first.
    _dir: TempDir,
}

impl<'a> Filled<'a> {
    /// Of harmless records, or of those that restrict at once.
    pub(crate) fn new(register: &'a Register, sizes: &Sizes, adverse: bool) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir().context("no folder for the state")?;
        let driver = TestDriver::on_disk_with(dir.path(), register.fold(0), sizes.memory_mib << 20)?;
        let mut bench = Bench { register, subjects: Subjects::new()?, driver, offset: 0, number: 0, new: NEW, adverse };
        let most = if adverse { sizes.growth_adverse_max } else { sizes.growth_max };
        let classes = classes(most, sizes.growth_events);
        bench.fill(&classes)?;
        Ok(Self { bench, classes, _dir: dir })
    }

    /// The curve. Its places are measured in turns, a few events of each: what else the machine does for a second is in all of them.
    pub(crate) fn curve(mut self, sizes: &Sizes) -> anyhow::Result<Vec<Place>> {
        let mut firms: Vec<_> = self.classes.iter().map(|class| class.firms.clone().cycle()).collect();
        let mut costs = vec![Vec::new(); firms.len()];
        for turn in 0..sizes.growth_events.div_ceil(TURN) {
            let events = TURN.min(sizes.growth_events - turn * TURN);
            for (firms, costs) in firms.iter_mut().zip(&mut costs) {
                for _ in 0..events {
                    costs.push(self.bench.measure(firms.next().context("a class has firms")?)?);
                }
            }
        }
        let place = |(class, mut costs): (&Class, Vec<Duration>)| {
            costs.sort_unstable();
            let cost = *costs.get(costs.len() / 2).context("nothing was measured")?;
            Ok(Place { records: class.records, cost })
        };
        self.classes.iter().zip(costs).map(place).collect()
    }
}

/// As many firms of each size as it takes that none comes to have twice as many records while it is measured.
fn classes(most: u64, events: u64) -> Vec<Class> {
    let (mut classes, mut records, mut first) = (Vec::new(), 1, 0);
    while records <= most {
        let end = first + events.div_ceil(records);
        classes.push(Class { records, firms: first..end });
        (records, first) = (records * 10, end);
    }
    classes
}

impl Bench<'_> {
    /// Gives every firm its records: those of each spread over the whole time that it takes.
    fn fill(&mut self, classes: &[Class]) -> anyhow::Result<()> {
        for body in self.register.activations() {
            self.fold(vec![body], 0..0)?;
        }
        let most = classes.last().map_or(0, |class| class.records);
        let mut bodies = Vec::new();
        for step in 0..most {
            for class in classes.iter().filter(|class| (step + 1) * class.records / most > step * class.records / most)
            {
                for firm in class.firms.clone() {
                    bodies.extend(self.bodies(firm)?);
                }
            }
            if bodies.len() >= FILLING {
                self.fold(std::mem::take(&mut bodies), 0..0)?;
            }
        }
        self.fold(bodies, 0..0).map(|_| ())
    }

    /// Measures one more record of a firm.
    fn measure(&mut self, firm: u64) -> anyhow::Result<Duration> {
        // What a transaction's first event reads for all of them is not of the place.
        let mut bodies = self.of_new()?;
        let first = bodies.len();
        bodies.extend(self.bodies(firm)?);
        let of_place = first..bodies.len();
        while bodies.len() < TRANSACTION {
            bodies.extend(self.of_new()?);
        }
        self.fold(bodies, of_place)
    }

    fn bodies(&mut self, firm: u64) -> anyhow::Result<Vec<Body>> {
        self.number += 1;
        let at = beginning().plus_days(10);
        let events = record_of(&self.subjects, firm, self.number, day(at), self.adverse)?;
        Ok(events.into_iter().map(|event| Body { written_at: at, content: Content::Event(event) }).collect())
    }

    /// A record of a firm that has none.
    fn of_new(&mut self) -> anyhow::Result<Vec<Body>> {
        self.new += 1;
        self.bodies(self.new)
    }

    /// Folds and commits; what each of these took.
    fn fold(&mut self, bodies: Vec<Body>, these: Range<usize>) -> anyhow::Result<Duration> {
        let mut records = Vec::with_capacity(bodies.len());
        for body in bodies {
            let value = self.register.encoded(&body)?;
            records.push(self.register.record(self.offset, body.written_at, value));
            self.offset += 1;
        }
        let (mut from, mut took) = (Clock::now(), Duration::ZERO);
        // The driver asks for a record when it is done with the one before.
        let asked = records.into_iter().enumerate().inspect(|(number, _)| {
            if *number == these.start {
                from = Clock::now();
            }
            if *number == these.end {
                took = from.elapsed();
            }
        });
        self.driver.apply(asked.map(|(_, record)| record))?;
        Ok(took / u32::try_from(these.len().max(1))?)
    }
}

fn day(at: Instant) -> Date {
    at.day()
}
