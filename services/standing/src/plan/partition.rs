//! One partition of a plan: its state brought up to date in a folder of its own, then the trial.

use std::convert::Infallible;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use catalogue::Shelf;
use catalogue::plan::{Ran, Tally, TrialError, trial};
use domain::catalogue::{Catalogue, CatalogueDigest};
use domain::event::{Body, Content, Continue, ContinueKind, Control};
use domain::fold::{Catalogues, FoldVersion, Position};
use domain::rows::Rows;
use domain::state::PartitionRow;
use domain::time::Instant;
use kit::metrics::Metrics;
use profile::{FoldMetrics, ProfileFold, ReadStore};
use stream::checkpoint::Checkpoints;
use stream::log::{Record, TopicPartition};
use stream::offline::Offline;
use stream::store::{Identity, Memory};

use super::list::Rows as Listed;
use super::{Done, Work};
use crate::audit::read::{self, Part};

/// Block cache and memtables of one partition's copy.
const MEMORY_BYTES: usize = 128 << 20;

/// The catalogues of the log, and the one that is proposed.
struct Proposed<'a> {
    shelf: &'a Shelf,
    new: Option<&'a (CatalogueDigest, Arc<Catalogue>)>,
}

impl Catalogues for Proposed<'_> {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        match self.new {
            Some((new, catalogue)) if new == digest => Some(Arc::clone(catalogue)),
            Some(_) | None => self.shelf.get(digest),
        }
    }

    fn folds(&self) -> &[FoldVersion] {
        self.shelf.folds()
    }
}

impl Work<'_> {
    pub(super) fn partition(&self, partition: i32, listed: bool) -> anyhow::Result<Done> {
        let end = self.ends[&partition];
        let folder = self.folder.join(format!("state-{partition}"));
        let (mut state, tail) = self.brought(partition, end, &folder)?;
        state.skip_to(end);
        let now = Instant::from_ms(self.planner.now_ms);
        self.bring_to_time(&mut state, partition, now)?;
        state.commit()?;
        let at = Position { partition, offset: state.position().next_offset, appended_at: now };
        let (tally, ran) = self.tried(&state, at, listed)?;
        drop(state);
        // The next partition needs the room.
        std::fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
        Ok(Done { tally, ran, tail })
    }

    /// The state at the log's end: of the newest checkpoint that can be used, else of the log alone.
    fn brought(&self, partition: i32, end: i64, folder: &Path) -> anyhow::Result<(Offline, u64)> {
        let copies = self.copies.get(&partition).map(Vec::as_slice).unwrap_or_default();
        if let Some(place) = self.planner.checkpoints.as_ref().filter(|_| !copies.is_empty()) {
            let store = Checkpoints::open(place.clone())?;
            for found in copies.iter().filter(|found| found.name.next_offset() <= end) {
                let brought = store.restore(found, folder).map_err(anyhow::Error::from);
                match brought.and_then(|_| self.followed(partition, end, folder)) {
                    Ok(state) => return Ok(state),
                    Err(error) => tracing::warn!(partition, checkpoint = %found.name, error = format!("{error:#}"),
                        "a checkpoint cannot be used; the one before is tried, at last the log from its start"),
                }
                if folder.exists() {
                    std::fs::remove_dir_all(folder)?;
                }
            }
        }
        self.followed(partition, end, folder)
    }

    /// Opens the state in a folder and folds the log from its position up to the end.
    fn followed(&self, partition: i32, end: i64, folder: &Path) -> anyhow::Result<(Offline, u64)> {
        let planner = self.planner;
        let topic_id = self.events.id.clone();
        let rows = profile::ROW_VERSION.into();
        let identity = Identity { topic_id, partition, partitions: self.events.partitions, rows };
        let metrics = FoldMetrics::new(&Metrics::new("plan", env!("CARGO_PKG_VERSION")));
        let (topics, codec, shelf) = (&planner.topics, &planner.codec, &planner.shelf);
        let fold = ProfileFold::new(Arc::clone(topics), Arc::clone(codec), Arc::clone(shelf), metrics, partition);
        let mut state = Offline::open(folder, &identity, &Memory::new(MEMORY_BYTES), Box::new(fold))?;
        let of = TopicPartition::new(Arc::clone(topics.events()), partition);
        let mut tail = 0;
        let rest = Part { of, from: state.position().next_offset, until: end };
        read::committed(planner.log.as_ref(), &[rest], |record| {
            tail += 1;
            state.fold(record)?;
            Ok(())
        })?;
        Ok((state, tail))
    }

    /// Fires every timer that is due: what they change is not the activation's.
    fn bring_to_time(&self, state: &mut Offline, partition: i32, now: Instant) -> anyhow::Result<()> {
        let mut control = Control::TimeAdvanced;
        loop {
            let body = Body { written_at: now, content: Content::Control(control) };
            let record = Record {
                topic: Arc::clone(self.planner.topics.events()),
                partition,
                offset: state.position().next_offset,
                timestamp_ms: now.ms(),
                key: None,
                value: Some(self.planner.codec.encode_event(&body)?),
                headers: Vec::new(),
            };
            state.fold(&record)?;
            state.commit()?;
            if !row(state)?.timers_outstanding {
                return Ok(());
            }
            control = Control::Continue(Continue { kind: ContinueKind::Timers, cause: 0, cursor: Vec::new() });
        }
    }

    fn tried(&self, state: &Offline, at: Position, listed: bool) -> anyhow::Result<(Tally, Ran)> {
        let catalogues = Proposed { shelf: &self.planner.shelf, new: self.proposal.catalogue.as_ref() };
        let rows = state.in_order();
        let base = ReadStore(&rows);
        let control = self.proposal.control();
        let mut tally = Tally::default();
        if !listed {
            let ran = trial(&base, &catalogues, at, control, &mut |change| {
                tally.count(&change);
                Ok::<(), Infallible>(())
            });
            return Ok((tally, ran.map_err(told)?));
        }
        let mut rows = Listed::new(File::create(self.part(at.partition)).context("no room for the list of changes")?);
        let ran = trial(&base, &catalogues, at, control, &mut |change| {
            tally.count(&change);
            rows.write(&change)
        });
        let ran = ran.map_err(told)?;
        rows.finish()?;
        Ok((tally, ran))
    }
}

fn told<E: std::error::Error + Send + Sync + 'static>(error: TrialError<E>) -> anyhow::Error {
    anyhow::Error::new(error)
}

fn row(state: &Offline) -> anyhow::Result<PartitionRow> {
    let mut store = ReadStore(state.state());
    Ok(Rows::new(&mut store).partition()?)
}
