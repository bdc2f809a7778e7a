//! What a partition does whose state is not there, or far behind: a checkpoint is looked for beside the worker, once; then the log
//! is folded from wherever that led.

use std::time::{Duration, Instant};

use super::open::Closed;
use crate::checkpoint::background::{Bounds, Job};
use crate::log::TopicPartition;
use crate::probe::{DiskWork, Protection};
use crate::runtime::Context;
use crate::store::{Identity, is_absent, remove, set_aside};

/// Damage that a checkpoint brought with it shows when its rows are folded again; what shows later came from this disk.
const SUSPECT: Duration = Duration::from_secs(60 * 60);

/// How far a partition is with it.
#[derive(Default)]
pub(super) struct Restore {
    stage: Stage,
    /// The offset of the checkpoint that the present state came from, and when.
    from: Option<(i64, Instant)>,
    /// The state on disk must be set aside before it is opened again.
    unusable: bool,
    /// The state on disk is sound and old: a checkpoint that reaches this offset takes its place.
    better_from: Option<i64>,
}

#[derive(Default)]
enum Stage {
    #[default]
    NotTried,
    Running(Job),
    Tried,
}

impl Restore {
    pub(super) fn is_over(&self) -> bool {
        match &self.stage {
            Stage::Running(job) => job.is_over(),
            Stage::NotTried | Stage::Tried => true,
        }
    }

    /// The state is open. Returns the offset of the checkpoint it came from, if it did.
    pub(super) fn opened(&mut self) -> Option<i64> {
        self.stage = Stage::NotTried;
        self.better_from = None;
        self.from.map(|(offset, _)| offset)
    }

    /// Whether the state on disk, which stands at this offset, is so far behind that a checkpoint should be looked for first: an
    /// instance that gets back what it had long ago has less to fetch than to fold. At most once for an opening.
    pub(super) fn looks_for_better(&mut self, context: &Context, stored: i64, committed: i64) -> bool {
        let Some(checkpoints) = &context.checkpoints else { return false };
        let better_from = stored.saturating_add(i64::try_from(checkpoints.records_max()).unwrap_or(i64::MAX));
        let looks = matches!(self.stage, Stage::NotTried) && committed >= better_from;
        if looks {
            self.better_from = Some(better_from);
        }
        looks
    }

    /// The state must not be served: it is set aside before the partition is opened again.
    pub(super) fn found_unusable(&mut self) {
        self.unusable = true;
    }

    /// The same, for damage found when the state stood at this offset, if that is known: a checkpoint that the state came
    /// from lately is not taken again, nor what was copied from it.
    pub(super) fn found_damaged(&mut self, context: &Context, of: &TopicPartition, at: Option<i64>) {
        if !context.keeps(Protection::DamagedSetAside) {
            return;
        }
        self.found_unusable();
        if let (Some((offset, since)), Some(checkpoints)) = (self.from.take(), &context.checkpoints)
            && context.time().since(since) < SUSPECT
        {
            if context.keeps(Protection::CopiesDistrusted) {
                checkpoints.distrust(of, offset..=at.unwrap_or(offset).max(offset));
            }
            self.stage = Stage::NotTried;
        }
    }

    /// Sees to it that the partition's folder holds the best state there is, which may be none. An error means that this
    /// is not so yet.
    pub(super) fn prepare(
        &mut self,
        context: &Context,
        of: &TopicPartition,
        identity: &Identity,
        bounds: Option<&Bounds>,
    ) -> Result<(), Closed> {
        let dir = context.state_dir(of);
        if context.in_use.holds(&dir) {
            return Err(Closed::Wait("its state is still being read or copied".to_owned()));
        }
        let absent =
            || is_absent(&dir).map_err(|error| Closed::Wait(format!("{} cannot be read: {error}", dir.display())));
        if self.unusable {
            if !absent()? {
                set_aside(&dir)
                    .map_err(|error| Closed::Wait(format!("{} cannot be set aside: {error}", dir.display())))?;
            }
            self.unusable = false;
        }
        if absent()? {
            self.better_from = None;
        } else if self.better_from.is_none() {
            return Ok(());
        }
        let (Some(checkpoints), Some(bounds)) = (&context.checkpoints, bounds) else { return Ok(()) };
        match &mut self.stage {
            Stage::Tried => Ok(()),
            Stage::NotTried => {
                if self.better_from.is_none() {
                    self.from = None;
                }
                let bounds = Bounds { better_from: self.better_from, ..bounds.clone() };
                self.stage = Stage::Running(checkpoints.restore(of, identity.clone(), bounds));
                Err(Closed::Restoring)
            }
            Stage::Running(job) if !job.is_over() => Err(Closed::Restoring),
            Stage::Running(job) => {
                let restored = job.take();
                self.stage = Stage::Tried;
                let Some(restored) = restored else { return Ok(()) };
                let offset = restored.name.next_offset();
                // What it takes the place of is its own past.
                let settled = context
                    .probed()
                    .disk(DiskWork::Settle)
                    .and_then(|()| if self.better_from.is_some() { remove(&dir) } else { Ok(()) })
                    .and_then(|()| restored.scratch.settle(&dir));
                if let Err(error) = settled {
                    if self.better_from.take().is_some() && !absent()? {
                        tracing::warn!(partition = %of, %error, "its old state is folded on: it cannot be replaced");
                        return Ok(());
                    }
                    self.stage = Stage::NotTried;
                    let reason = format!("the restored state cannot be moved to {}: {error}", dir.display());
                    return Err(Closed::Wait(reason));
                }
                tracing::info!(partition = %of, checkpoint = %restored.name, "state restored");
                self.from = Some((offset, context.time().now()));
                Ok(())
            }
        }
    }
}
