//! What a process tells of itself. Of its checkpoints and restores it is held against what lies in the store: each is a thread
//! of its own, and what it saw of the store is kept with the thread.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use object_store::ObjectMeta;
use object_store::path::Path;
use stream::log::TopicPartition;
use stream::observer::{Cause, Checkpointed, Observer, Restoration};

use crate::depot::partition_of;
use crate::process::Process;

#[derive(Default)]
struct Seen {
    /// The committed offsets that its process knew when it began.
    committed: BTreeMap<i32, Option<i64>>,
    /// The manifests that there were at its last look.
    listed: BTreeSet<Path>,
    /// Of these the one that a restore should take, and how often the store had been hurt by then.
    expected: Option<(Path, i64)>,
    hurts: u64,
    /// Something did not answer as it should.
    faulted: bool,
    /// The manifest that it last wrote.
    wrote: Option<Path>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

impl Process {
    /// A thread begins that others wait for to sit down.
    pub(crate) fn remember_committed(&self) {
        let committed = self.told_committed.lock().unwrap().clone();
        SEEN.with_borrow_mut(|seen| seen.committed = committed);
    }

    pub(crate) fn faulted(&self) {
        SEEN.with_borrow_mut(|seen| seen.faulted = true);
    }

    pub(crate) fn writes(&self, manifest: &Path) {
        SEEN.with_borrow_mut(|seen| seen.wrote = Some(manifest.clone()));
    }

    pub(crate) fn lists(&self, listed: &[ObjectMeta]) {
        let depot = self.world.depot();
        SEEN.with_borrow_mut(|seen| {
            seen.listed = listed.iter().map(|object| object.location.clone()).collect();
            seen.hurts = depot.hurts;
            seen.expected = None;
            let Some(partition) = seen.listed.first().map(partition_of) else { return };
            let Some(Some(committed)) = seen.committed.get(&partition) else { return };
            let found = depot.manifests_of(partition);
            seen.expected =
                found.into_iter().find(|(manifest, offset)| offset <= committed && depot.is_sound(manifest));
        });
    }

    pub(crate) fn listed(&self) -> BTreeSet<Path> {
        SEEN.with_borrow(|seen| seen.listed.clone())
    }

    fn finds(&self, fault: Option<String>) {
        if let Some(fault) = fault.filter(|_| !self.is_dead()) {
            self.say(format_args!("{fault}"));
            self.world.ledger().store_faults.push(fault);
        }
    }
}

pub(crate) struct ItsObserver(pub(crate) Arc<Process>);

impl ItsObserver {
    /// A checkpoint that could be used was, no older one, and none that could not be.
    fn judge(&self, of: &TopicPartition, restored: Option<i64>) -> Option<String> {
        let world = &self.0.world;
        let depot = world.depot();
        SEEN.with_borrow_mut(|seen| {
            let expected = seen.expected.take();
            let at = |offset| depot.manifests_of(of.partition).into_iter().filter(move |(_, its)| *its == offset);
            if let Some(offset) = restored.filter(|_| depot.hurts == seen.hurts)
                && at(offset).next().is_some()
                && !at(offset).any(|(manifest, _)| depot.is_sound(&manifest))
            {
                return Some(format!("{of} is restored from {offset}, and no sound checkpoint is there"));
            }
            let (manifest, offset) = expected?;
            // What was copied from a damaged state is distrusted, and nobody else knows how far.
            let excused = seen.faulted || depot.hurts != seen.hurts || world.is_known("state damaged");
            let wrong = restored != Some(offset) && !excused && depot.is_sound(&manifest);
            wrong.then(|| format!("{of} is restored from {restored:?}, and {manifest} is sound"))
        })
    }
}

impl Observer for ItsObserver {
    fn gave_up(&self, cause: Cause) {
        if matches!(cause, Cause::Fenced | Cause::Rival) {
            self.0.world.count("fenced");
        }
        if cause == Cause::Rival {
            self.0.world.count("makes way");
        }
    }

    fn checkpointed(&self, of: &TopicPartition, outcome: &Checkpointed) {
        let (process, world) = (&self.0, &self.0.world);
        process.say(format_args!("{of}: checkpoint {}", outcome.name()));
        match outcome {
            Checkpointed::Made { .. } => {
                world.count("checkpoint made");
                let wrote = SEEN.with_borrow(|seen| seen.wrote.clone());
                process.finds(wrote.and_then(|manifest| world.depot().missing(&manifest, true)));
            }
            Checkpointed::Current => world.count("checkpoint current"),
            Checkpointed::Skipped => world.count("checkpoint skipped"),
            Checkpointed::Failed => world.count("checkpoint failed"),
        }
    }

    fn restoration(&self, of: &TopicPartition, outcome: &Restoration) {
        let (process, world) = (&self.0, &self.0.world);
        process.say(format_args!("{of}: restore {}", outcome.name()));
        match outcome {
            Restoration::Restored { offset, .. } => {
                world.count("restored");
                process.finds(self.judge(of, Some(*offset)));
            }
            Restoration::Absent => {
                world.count("restored from nothing");
                process.finds(self.judge(of, None));
            }
            Restoration::PassedOver => world.count("checkpoint passed over"),
            Restoration::Dropped => world.count("restore dropped"),
        }
    }
}
