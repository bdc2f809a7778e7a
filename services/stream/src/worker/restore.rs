//! What a partition without state does about it: a checkpoint is looked for beside the worker, once; then the log is
//! folded from wherever that led.

use std::time::{Duration, Instant};

use super::open::Closed;
use crate::checkpoint::background::{Bounds, Job};
use crate::log::TopicPartition;
use crate::probe::{DiskWork, Protection};
use crate::runtime::Context;
use crate::store::{Identity, is_absent, set_aside};

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
        self.from.map(|(offset, _)| offset)
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
        if !absent()? {
            return Ok(());
        }
        let (Some(checkpoints), Some(bounds)) = (&context.checkpoints, bounds) else { return Ok(()) };
        match &mut self.stage {
            Stage::Tried => Ok(()),
            Stage::NotTried => {
                self.from = None;
                self.stage = Stage::Running(checkpoints.restore(of, identity.clone(), bounds.clone()));
                Err(Closed::Restoring)
            }
            Stage::Running(job) if !job.is_over() => Err(Closed::Restoring),
            Stage::Running(job) => {
                let restored = job.take();
                self.stage = Stage::Tried;
                let Some(restored) = restored else { return Ok(()) };
                let offset = restored.name.next_offset();
                let settled = context.probed().disk(DiskWork::Settle).and_then(|()| restored.scratch.settle(&dir));
                if let Err(error) = settled {
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
