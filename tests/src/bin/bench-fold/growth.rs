//! What an event costs by how many records its subject has: it must not grow with them.

use std::time::{Duration, Instant as Clock};

use anyhow::Context;
use domain::event::{Body, Content};
use domain::time::Instant;
use jiff::civil::Date;
use stream::driver::TestDriver;

use crate::log::{Subjects, beginning, record_of};
use crate::register::Register;
use crate::sizes::Sizes;

/// The cost of an event at one place of the curve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Records that the subject has when it is measured.
    pub(crate) records: u64,
    /// Median of the transactions measured, for each event.
    pub(crate) cost: Duration,
}

/// Events of one transaction that is measured.
const TRANSACTION: usize = 20;

struct Bench<'a> {
    register: &'a Register,
    subjects: Subjects,
    driver: TestDriver,
    offset: i64,
    number: u64,
    adverse: bool,
}

/// The curve: harmless records, or those that restrict at once.
pub(crate) fn curve(register: &Register, sizes: &Sizes, adverse: bool) -> anyhow::Result<Vec<Place>> {
    let mut places = Vec::new();
    let mut records = 1;
    while records <= sizes.growth_max {
        let dir = tempfile::tempdir().context("no folder for the state")?;
        let driver = TestDriver::on_disk_with(dir.path(), register.fold(0), sizes.memory_mib << 20)?;
        let mut bench = Bench { register, subjects: Subjects::new()?, driver, offset: 0, number: 0, adverse };
        places.push(Place { records, cost: bench.measure(records, sizes.growth_events)? });
        records *= 10;
    }
    Ok(places)
}

impl Bench<'_> {
    /// Gives subjects `records` records each, then measures `events` more: spread over so many subjects that none comes to
    /// have twice as many.
    fn measure(&mut self, records: u64, events: u64) -> anyhow::Result<Duration> {
        for body in self.register.activations() {
            self.fold(vec![body])?;
        }
        let firms = events.div_ceil(records);
        let mut bodies = Vec::new();
        for n in 0..firms * records {
            bodies.extend(self.bodies(n % firms)?);
            if bodies.len() >= 5_000 {
                self.fold(std::mem::take(&mut bodies))?;
            }
        }
        self.fold(bodies)?;
        let mut costs = Vec::new();
        let mut n = 0;
        while n < events {
            let mut bodies = Vec::new();
            while bodies.len() < TRANSACTION {
                bodies.extend(self.bodies(n % firms)?);
                n += 1;
            }
            costs.push(self.fold(bodies)?);
        }
        costs.sort_unstable();
        costs.get(costs.len() / 2).copied().context("nothing was measured")
    }

    fn bodies(&mut self, firm: u64) -> anyhow::Result<Vec<Body>> {
        self.number += 1;
        let at = beginning().plus_days(10);
        let events = record_of(&self.subjects, firm, self.number, day(at), self.adverse)?;
        Ok(events.into_iter().map(|event| Body { written_at: at, content: Content::Event(event) }).collect())
    }

    /// Folds and commits; what it took for each.
    fn fold(&mut self, bodies: Vec<Body>) -> anyhow::Result<Duration> {
        let count = u32::try_from(bodies.len().max(1))?;
        let mut records = Vec::with_capacity(bodies.len());
        for body in bodies {
            let value = self.register.encoded(&body)?;
            records.push(self.register.record(self.offset, body.written_at, value));
            self.offset += 1;
        }
        let from = Clock::now();
        self.driver.apply(records)?;
        Ok(from.elapsed() / count)
    }
}

fn day(at: Instant) -> Date {
    at.day()
}
