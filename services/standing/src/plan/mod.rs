//! `standing catalogue plan`: what an activation would do to the register as it stands.
//!
//! ```text
//! newest sound checkpoint of a partition, or nothing ─► the log's tail, folded by the service's own fold ─► time, as of now
//!     ─► catalogue::plan::trial over the state in a folder of its own ─► changes: counted, and written as CSV
//! ```
//! Partitions are taken one after the other by a thread a core. It joins no group, writes to no topic and touches no state but
//! its own copy, so it may run beside a register at work.

mod list;
mod partition;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, ensure};
use catalogue::Shelf;
use catalogue::plan::{AsOf, Base, Notices, Operator, PLAN_FORM, PlanRecord, Planned, Ran, Tally};
use domain::catalogue::{Catalogue, CatalogueDigest};
use domain::event::Control;
use schemas::Codec;
use schemas::token::Token;
use schemas::topics::Topics;
use stream::checkpoint::{Checkpoints, Found, Place};
use stream::log::{Isolation, Log, TopicDescription, TopicPartition};

pub(crate) use self::report::Report;
use crate::topics::patiently;

/// What is planned: an activation, and the body of the catalogue it names, which no topic holds yet.
#[derive(Clone)]
pub(crate) struct Proposal {
    pub(crate) planned: Planned,
    pub(crate) catalogue: Option<(CatalogueDigest, Arc<Catalogue>)>,
}

impl Proposal {
    pub(crate) fn catalogue(catalogue: Catalogue) -> Self {
        let digest = catalogue::digest(&catalogue);
        let planned = Planned::Catalogue(digest.clone());
        Self { planned, catalogue: Some((digest, Arc::new(catalogue))) }
    }

    pub(crate) fn fold(version: u32) -> Self {
        Self { planned: Planned::Fold(version), catalogue: None }
    }

    fn control(&self) -> Control {
        match &self.planned {
            Planned::Catalogue(digest) => Control::CatalogueActivated { digest: digest.clone() },
            Planned::Fold(version) => Control::FoldActivated { version: *version },
        }
    }
}

/// A register to be planned for.
pub(crate) struct Planner {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    /// Every catalogue that the log names.
    pub(crate) shelf: Arc<Shelf>,
    /// Where checkpoints are; without it the log is folded from its start.
    pub(crate) checkpoints: Option<Place>,
    /// Has room for a copy of the state.
    pub(crate) scratch: PathBuf,
    pub(crate) now_ms: i64,
    pub(crate) threads: usize,
}

/// What came of a plan.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) tally: Tally,
    pub(crate) ran: Ran,
    pub(crate) as_of: AsOf,
    pub(crate) base: Option<Base>,
    pub(crate) planned: Planned,
    /// Records folded behind the checkpoints.
    pub(crate) tail: u64,
}

impl Plan {
    /// What is kept of it. `None` where nothing is in force: the first activation needs no plan.
    pub(crate) fn record(&self, by: Operator) -> Option<PlanRecord> {
        Some(PlanRecord {
            form: PLAN_FORM,
            of: self.planned.clone(),
            base: self.base.clone()?,
            as_of: self.as_of.clone(),
            by,
            subjects: self.ran.subjects,
            subjects_changed: self.tally.subjects,
            subjects_graver: self.tally.subjects_graver,
            measures: self.tally.measures.clone(),
        })
    }
}

/// What a partition's work needs.
struct Work<'a> {
    planner: &'a Planner,
    proposal: &'a Proposal,
    events: &'a TopicDescription,
    /// Behind the last record that is looked at, by partition.
    ends: &'a BTreeMap<i32, i64>,
    /// The checkpoints of this log, by partition, the newest first.
    copies: &'a BTreeMap<i32, Vec<Found>>,
    folder: &'a Path,
}

/// What came of one partition.
struct Done {
    tally: Tally,
    ran: Ran,
    tail: u64,
}

impl Planner {
    /// Plans. `changes` takes the whole list as CSV.
    pub(crate) fn plan(&self, proposal: &Proposal, changes: Option<&Path>) -> anyhow::Result<Plan> {
        let topic = self.topics.events();
        let described = patiently(|| self.log.describe(topic)).context("Kafka does not describe the log")?;
        let events = described.with_context(|| format!("there is no topic {topic}: check topics.prefix"))?;
        let partitions = 0..events.partitions;
        let mut ends = BTreeMap::new();
        for partition in partitions.clone() {
            let of = TopicPartition::new(Arc::clone(topic), partition);
            ends.insert(partition, patiently(|| self.log.watermarks(&of, Isolation::ReadCommitted))?.high);
        }
        let copies = self.copies(&events.id)?;
        let folder = tempfile::Builder::new().prefix("standing-plan-").tempdir_in(&self.scratch);
        let folder = folder.with_context(|| format!("no room to work in at {}", self.scratch.display()))?;
        let work =
            Work { planner: self, proposal, events: &events, ends: &ends, copies: &copies, folder: folder.path() };
        let mut done = work.all(changes.is_some())?;
        if let Some(file) = changes {
            let parts: Vec<PathBuf> = partitions.clone().map(|partition| work.part(partition)).collect();
            list::join(&parts, file)?;
        }
        let (mut tally, mut ran, mut tail) = (Tally::default(), Ran::default(), 0);
        while let Some((_, part)) = done.pop_first() {
            tally.merge(part.tally);
            ran.records += part.ran.records;
            ran.subjects += part.ran.subjects;
            let Notices { to_serve, void } = part.ran.notices;
            ran.notices.to_serve += to_serve;
            ran.notices.void += void;
            tail += part.tail;
        }
        let offsets = ends.values().map(|end| end - 1).collect();
        let token = Token { topic_id: events.id.clone(), offsets }.encode();
        let base = self.shelf.active().map(|(catalogue, _)| Base {
            catalogue,
            fold: self.shelf.active_fold().unwrap_or(domain::fold::FOLD_VERSION),
        });
        let as_of = AsOf { time_ms: self.now_ms, token };
        Ok(Plan { tally, ran, as_of, base, planned: proposal.planned.clone(), tail })
    }

    /// The checkpoints of this log, as far as there is a store.
    fn copies(&self, log: &str) -> anyhow::Result<BTreeMap<i32, Vec<Found>>> {
        let mut copies: BTreeMap<i32, Vec<Found>> = BTreeMap::new();
        let Some(place) = &self.checkpoints else { return Ok(copies) };
        let store = Checkpoints::open(place.clone())?;
        for found in store.list(self.topics.events()).context("the checkpoints cannot be listed")? {
            if found.log == log && found.is_of_rows(profile::ROW_VERSION.into()) {
                copies.entry(found.partition).or_default().push(found);
            }
        }
        Ok(copies)
    }
}

impl Work<'_> {
    /// Where a partition's changes are written before they are joined.
    fn part(&self, partition: i32) -> PathBuf {
        self.folder.join(format!("{partition}.csv"))
    }

    fn all(&self, listed: bool) -> anyhow::Result<BTreeMap<i32, Done>> {
        let partitions: Vec<i32> = self.ends.keys().copied().collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let one_after_the_other = || -> anyhow::Result<()> {
            while let Some(partition) = partitions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let came = self.partition(*partition, listed);
                let came = came.with_context(|| format!("partition {partition}"))?;
                done.lock().expect("no holder of this lock panics").insert(*partition, came);
            }
            Ok(())
        };
        let ended: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.planner.threads.max(1)).map(|_| scope.spawn(one_after_the_other)).collect();
            let panicked = |_| Err(anyhow::anyhow!("a thread of the plan panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        ended.into_iter().collect::<anyhow::Result<()>>()?;
        let done = done.into_inner().expect("no holder of this lock panics");
        ensure!(done.len() == partitions.len(), "not every partition was planned");
        Ok(done)
    }
}
