//! Events a second: the pure core over a plain map, and the profile service's fold over RocksDB, on the same log.

use anyhow::{Context, ensure};
use domain::fold::{Catalogues, Position, apply};
use domain::output::Outcome;
use domain::time::Instant;
use stream::driver::TestDriver;
use stream::log::Record;

use super::clock::{Cost, Meter};
use super::log::Log;
use super::memory::MemoryStore;
use super::register::Register;
use super::sizes::Sizes;

const SEED: u64 = 20_260_501;
/// Events after which a long run says how far it is.
const MILESTONE: u64 = 1_000_000;

/// What folding a log took, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folded {
    pub(crate) events: u64,
    pub(crate) cost: Cost,
    /// Outputs of the fold; marks are none.
    pub(crate) outputs: u64,
    /// Size of the events as they stand in the log.
    pub(crate) event_bytes: u64,
}

impl Folded {
    pub(crate) fn per_second(&self) -> f64 {
        self.events as f64 / self.cost.wall.as_secs_f64()
    }

    /// Events in a second of one core, the threads that compact included.
    pub(crate) fn per_core_second(&self) -> f64 {
        self.events as f64 / self.cost.cpu.as_secs_f64()
    }

    pub(crate) fn written_per_event(&self) -> f64 {
        self.cost.written as f64 / self.events as f64
    }
}

/// A log in pieces, made up while nothing is counted.
struct Pieces<'a> {
    register: &'a Register,
    log: Log,
    offset: i64,
    left: u64,
    bytes: u64,
}

impl<'a> Pieces<'a> {
    fn new(register: &'a Register, sizes: &Sizes) -> anyhow::Result<Self> {
        Ok(Self {
            register,
            log: Log::new(SEED, sizes.events, sizes.subjects)?,
            offset: 0,
            left: sizes.events,
            bytes: 0,
        })
    }

    fn next(&mut self, most: usize) -> anyhow::Result<Vec<Record>> {
        let mut records = Vec::new();
        if self.offset == 0 {
            for body in self.register.activations() {
                let value = self.register.encoded(&body)?;
                records.push(self.register.record(self.offset, body.written_at, value));
                self.offset += 1;
            }
        }
        while self.left > 0 && records.len() < most {
            let body = self.log.event()?;
            let value = self.register.encoded(&body)?;
            self.bytes += value.len() as u64;
            records.push(self.register.record(self.offset, body.written_at, value));
            self.offset += 1;
            self.left -= 1;
        }
        Ok(records)
    }
}

/// Decode and fold over a map in memory: no overlay, no disk, no outputs encoded.
pub(crate) fn in_memory(register: &Register, sizes: &Sizes) -> anyhow::Result<Folded> {
    struct Shelf<'a>(&'a Register);
    impl Catalogues for Shelf<'_> {
        fn catalogue(&self, digest: &str) -> Option<std::sync::Arc<domain::catalogue::Catalogue>> {
            self.0.shelf.get(digest)
        }
    }
    let mut pieces = Pieces::new(register, sizes)?;
    let (mut store, shelf, mut outputs, mut refused) = (MemoryStore::default(), Shelf(register), 0, 0);
    let mut meter = Meter::start()?;
    loop {
        let records = meter.aside(|| pieces.next(sizes.batch))??;
        if records.is_empty() {
            break;
        }
        meter.count(|| {
            for record in &records {
                let body = register.codec.decode_event(record.value.as_deref().unwrap_or_default())?;
                let appended_at = Instant::from_ms(record.timestamp_ms);
                let at = Position { partition: 0, offset: record.offset, appended_at };
                let applied = apply(&mut store, &shelf, at, &body)?;
                outputs += applied.outputs.len() as u64;
                refused += u64::from(applied.outcome == Outcome::Refused);
            }
            anyhow::Ok(())
        })?;
    }
    let cost = meter.stop()?;
    ensure!(refused == 0, "{refused} events of the made-up log were refused");
    eprintln!("bench: {} rows of {} MiB in the state", store.rows(), store.bytes() >> 20);
    Ok(Folded { events: sizes.events, cost, outputs, event_bytes: pieces.bytes })
}

/// The way of a worker, Kafka aside: decode, fold, overlay, outputs encoded, and one batch to RocksDB for each transaction. Says after
/// every million of events how far it is.
pub(crate) fn on_disk(register: &Register, sizes: &Sizes) -> anyhow::Result<Folded> {
    let dir = tempfile::tempdir().context("no folder for the state")?;
    let mut driver = TestDriver::on_disk_with(dir.path(), register.fold(0), sizes.memory_mib << 20)?;
    let mut pieces = Pieces::new(register, sizes)?;
    let (mut outputs, mut told) = (0, 0);
    let mut meter = Meter::start()?;
    loop {
        let records = meter.aside(|| pieces.next(sizes.batch))??;
        if records.is_empty() {
            break;
        }
        outputs += meter.count(|| driver.apply(records).map(|outputs| outputs.len() as u64))?;
        let done = sizes.events - pieces.left;
        if done / MILESTONE > told {
            told = done / MILESTONE;
            eprintln!("bench: {done} events folded in {:.0} s", meter.counted().as_secs_f64());
        }
    }
    let cost = meter.stop()?;
    ensure!(driver.rejected() == 0, "{} events of the made-up log were refused", driver.rejected());
    Ok(Folded { events: sizes.events, cost, outputs, event_bytes: pieces.bytes })
}
