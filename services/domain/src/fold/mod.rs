//! (what is known, one record of the log) -> (what is known after it, what to tell the world).
//!
//! One record, step by step: time moves; the record's own subject is brought up to date (its due timers, then the rules in
//! force); the event applies; then other due timers fire in order, then a sweep goes on. One record causes at most
//! [`CHANGES_MAX`] changes, cut between subjects, never inside one; what is left hangs on a `Continue` which the caller appends
//! to the same partition in the same transaction.
//!
//! The result depends on nothing but the state, the record and the catalogue it names.

mod cases;
mod counted;
mod event;
mod fall;
mod meaning;
mod notice;
mod place;
mod publish;
mod published;
mod rate;
mod reworded;
mod subject;
mod version;
mod work;

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::event::{Body, Content, Continue, ContinueKind, Control};
use crate::flag::{LiftReason, Version};
use crate::output::{Outcome, Output, Reject};
use crate::rows::{RowError, Rows, Store};
use crate::state::PartitionRow;
use crate::time::Instant;

use reworded::Reworded;

pub use published::published;
pub use version::{FOLD_VERSION, FoldVersion, VERSIONS, version};

/// Most changes one record of the log causes before it is cut between two subjects; a constant of the fold, so that every
/// replay cuts at the same place.
pub const CHANGES_MAX: usize = 5_000;

/// Where the record being folded stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub partition: i32,
    pub offset: i64,
    /// The broker's append time.
    pub appended_at: Instant,
}

/// Catalogues by digest, and the versions of the fold. What the log names and nobody has is an alarm, never a guess.
pub trait Catalogues {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>>;

    /// The versions there are, oldest first.
    fn folds(&self) -> &[FoldVersion] {
        VERSIONS
    }
}

/// The partition cannot go on; nothing of this record may be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Rows(#[from] RowError),
    #[error("the log activates fold version {0}, which this program does not know: run a newer one")]
    UnknownFold(u32),
    #[error("the log activates catalogue {0}, whose body is not in standing.catalogues")]
    UnknownCatalogue(String),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Applied {
    pub outcome: Outcome,
    pub outputs: Vec<Output>,
}

/// Applies one record of the log.
pub fn apply<S: Store>(store: &mut S, catalogues: &dyn Catalogues, at: Position, body: &Body) -> Result<Applied, Stop> {
    let mut rows = Rows::new(store);
    let mut partition = rows.partition()?;
    rows.expect_timers_from(partition.timers_from);
    partition.time = partition.time.max(at.appended_at.min(body.written_at));
    let mut fold = Fold::new(&mut rows, catalogues, at, partition);
    fold.load_rules()?;
    let outcome = match &body.content {
        Content::Event(event) => fold.event(event)?,
        Content::Control(control) => {
            fold.control(control)?;
            Outcome::Control
        }
    };
    fold.fire_timers()?;
    let Fold { mut partition, outputs, rows, .. } = fold;
    partition.timers_from = rows.timers_from();
    rows.put_partition(&partition)?;
    Ok(Applied { outcome, outputs })
}

/// The rules in force in a partition.
struct Rules {
    digest: String,
    fold: FoldVersion,
    catalogue: Arc<Catalogue>,
}

impl Rules {
    fn of(catalogues: &dyn Catalogues, fold: u32, digest: &str) -> Result<Arc<Self>, Stop> {
        let fold = version(catalogues.folds(), fold).ok_or(Stop::UnknownFold(fold))?;
        let catalogue = catalogues.catalogue(digest).ok_or_else(|| Stop::UnknownCatalogue(digest.to_owned()))?;
        Ok(Arc::new(Self { digest: digest.to_owned(), fold, catalogue }))
    }
}

struct Fold<'r, 'a, S> {
    rows: &'r mut Rows<'a, S>,
    catalogues: &'r dyn Catalogues,
    at: Position,
    partition: PartitionRow,
    rules: Option<Arc<Rules>>,
    /// What the rules in force say otherwise than others that subjects were last evaluated under.
    reworded: Reworded,
    outputs: Vec<Output>,
    changes: usize,
}

impl<'r, 'a, S: Store> Fold<'r, 'a, S> {
    fn new(rows: &'r mut Rows<'a, S>, catalogues: &'r dyn Catalogues, at: Position, partition: PartitionRow) -> Self {
        let reworded = Reworded::default();
        Self { rows, catalogues, at, partition, rules: None, reworded, outputs: Vec::new(), changes: 0 }
    }
}

impl<S: Store> Fold<'_, '_, S> {
    fn now(&self) -> Instant {
        self.partition.time
    }

    /// The version of the next output.
    fn version(&self) -> Version {
        let index = u32::try_from(self.outputs.len()).unwrap_or(u32::MAX);
        Version { partition: self.at.partition, offset: self.at.offset, index }
    }

    fn load_rules(&mut self) -> Result<(), Stop> {
        let (Some(fold), Some(digest)) = (self.partition.fold, &self.partition.catalogue) else {
            return Ok(());
        };
        self.rules = Some(Rules::of(self.catalogues, fold, digest)?);
        self.reworded = Reworded::default();
        Ok(())
    }

    fn control(&mut self, control: &Control) -> Result<(), Stop> {
        match control {
            Control::TimeAdvanced => Ok(()),
            Control::CatalogueActivated { digest } => {
                self.partition.catalogue = Some(digest.clone());
                self.load_rules()?;
                if self.rules.is_none() && self.catalogues.catalogue(digest).is_none() {
                    return Err(Stop::UnknownCatalogue(digest.clone()));
                }
                self.begin_sweep()
            }
            Control::FoldActivated { version: number } => {
                version(self.catalogues.folds(), *number).ok_or(Stop::UnknownFold(*number))?;
                self.partition.fold = Some(*number);
                self.load_rules()?;
                self.begin_sweep()
            }
            Control::Continue(Continue { kind: ContinueKind::Timers, .. }) => {
                self.partition.timers_outstanding = false;
                Ok(())
            }
            Control::Continue(Continue { kind: ContinueKind::Sweep, cause, cursor }) => {
                if self.partition.activation == Some(*cause) && self.partition.sweeping {
                    self.sweep(*cause, cursor.clone())?;
                }
                Ok(())
            }
        }
    }

    fn begin_sweep(&mut self) -> Result<(), Stop> {
        let cause = self.at.offset;
        self.partition.activation = Some(cause);
        self.partition.sweeping = true;
        self.sweep(cause, Vec::new())
    }

    /// Brings subjects up to date, one by one, after the one at `cursor`.
    fn sweep(&mut self, cause: i64, mut cursor: Vec<u8>) -> Result<(), Stop> {
        if self.rules.is_none() {
            self.partition.sweeping = false;
            return Ok(());
        }
        loop {
            let left = CHANGES_MAX.saturating_sub(self.changes);
            if left == 0 {
                let go_on = Continue { kind: ContinueKind::Sweep, cause, cursor };
                self.outputs.push(Output::Continue(go_on));
                return Ok(());
            }
            let page = self.rows.subjects_after(&cursor, left.min(256))?;
            if page.is_empty() {
                self.partition.sweeping = false;
                return Ok(());
            }
            for (key, subject) in page {
                if self.changes >= CHANGES_MAX {
                    break;
                }
                let mut work = self.open(subject)?;
                self.bring_up_to_date(&mut work)?;
                self.close(work)?;
                self.changes += 1;
                cursor = key;
            }
        }
    }

    /// Fires due timers in order, subject by subject.
    fn fire_timers(&mut self) -> Result<(), Stop> {
        while let Some(timer) = self.rows.first_timer_due(self.now())? {
            if self.changes >= CHANGES_MAX {
                if !self.partition.timers_outstanding {
                    self.partition.timers_outstanding = true;
                    let go_on = Continue { kind: ContinueKind::Timers, cause: self.at.offset, cursor: Vec::new() };
                    self.outputs.push(Output::Continue(go_on));
                }
                return Ok(());
            }
            let mut work = self.open(timer.subject)?;
            self.bring_up_to_date(&mut work)?;
            self.close(work)?;
            self.changes += 1;
        }
        Ok(())
    }

    fn reject(&mut self, reject: Reject) -> Outcome {
        self.outputs.push(Output::Reject(reject));
        Outcome::Refused
    }
}

/// Why a flag may be lifted in the course of this work.
#[derive(Clone, Copy)]
struct Cause {
    reason: LiftReason,
    at: Instant,
}
