//! Starts the workers of one group member's instance, and the handle by which everybody else sees them.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::checkpoint::background::Background;
use crate::ends::Ends;
use crate::log::TopicPartition;
use crate::probe::{Probed, Protection, Step, Verdict};
use crate::settings::{BadSettings, RuntimeComponents, RuntimeSettings};
use crate::status::{Board, Phase, Status, WorkerState};
use crate::store::{InUse, Memory, Snapshot, folder};
use crate::time::{self, Time, Waited};
use crate::unowned::{self, Turn};
use crate::worker;

/// Everything the workers of one runtime share.
pub(crate) struct Context {
    pub(crate) parts: RuntimeComponents,
    pub(crate) settings: RuntimeSettings,
    pub(crate) memory: Memory,
    pub(crate) board: Board,
    pub(crate) stop: StopSignal,
    pub(crate) ends: Ends,
    pub(crate) unowned: Turn,
    pub(crate) in_use: InUse,
    /// Without it, states are rebuilt from the log alone.
    pub(crate) checkpoints: Option<Background>,
}

impl Context {
    pub(crate) fn state_dir(&self, of: &TopicPartition) -> PathBuf {
        folder(&self.settings.state_dir, of)
    }

    fn raise_stop(&self, leaving: Leaving) {
        self.stop.raise(leaving);
        self.ends.close();
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.parts.clock)()
    }

    /// What the test wants at this step.
    pub(crate) fn probe(&self, slot: usize, step: Step) -> Verdict {
        self.parts.probe.as_ref().map_or(Verdict::GoOn, |probe| probe.reached(slot, step))
    }

    pub(crate) fn probed(&self) -> Probed {
        Probed(self.parts.probe.clone())
    }

    /// Whether the protection is on: it is, unless a test switched it off.
    pub(crate) fn keeps(&self, protection: Protection) -> bool {
        self.probed().keeps(protection)
    }

    pub(crate) fn time(&self) -> &dyn Time {
        self.parts.time.as_ref()
    }

    fn spawn(self: &Arc<Self>, name: String, work: impl FnOnce(&Self) + Send + 'static) -> io::Result<JoinHandle<()>> {
        let context = self.clone();
        time::spawn(&self.parts.time, name, move || work(&context))
    }

    /// Waits, unless a stop is asked for first; returns whether it is.
    pub(crate) fn wait_for_stop(&self, most: Duration) -> bool {
        if self.stop.is_raised() {
            return true;
        }
        match self.time().waited(most) {
            Waited::Already => self.stop.is_raised(),
            Waited::No => self.stop.wait(most),
        }
    }
}

/// What becomes of the partitions of an instance that stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// It is expected back: they wait for it, for as long as a session lasts, and nothing moves.
    Returns,
    /// It is not: the other instances take them at once.
    ForGood,
}

/// Raised once; a worker that waits for something else waits on it.
#[derive(Default)]
pub(crate) struct StopSignal {
    raised: Mutex<Option<Leaving>>,
    changed: Condvar,
}

impl StopSignal {
    fn raise(&self, leaving: Leaving) {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(leaving);
        self.changed.notify_all();
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn is_for_good(&self) -> bool {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) == Some(Leaving::ForGood)
    }

    /// Waits, unless it is raised first; returns whether it is.
    fn wait(&self, most: Duration) -> bool {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(raised, most, |raised| raised.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }
}

/// The runtime could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Settings(#[from] BadSettings),
    #[error("the state directory {dir} cannot be made")]
    StateDir { dir: String, source: std::io::Error },
    #[error("worker {slot} cannot be started")]
    Thread { slot: usize, source: std::io::Error },
    #[error("the thread that asks where partitions end cannot be started")]
    Ends { source: std::io::Error },
    #[error("the thread that looks for partitions without an owner cannot be started")]
    Unowned { source: std::io::Error },
    #[error("the threads that make checkpoints cannot be started")]
    Checkpoints { source: std::io::Error },
}

/// A partition cannot be read here and now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("{of} is not owned by this instance; ask the one that owns it")]
    NotHere { of: TopicPartition },
    #[error("{of} is {}; try again when it is live", .phase.name())]
    NotReady { of: TopicPartition, phase: Phase },
}

/// Workers that had not ended in time. They hold nothing that a new instance could not take over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("workers {slots:?} did not stop in time; ending the process is safe")]
pub struct StopTimeout {
    pub slots: Vec<usize>,
}

/// The stateful runtime: see the crate's documentation.
pub struct Runtime;

impl Runtime {
    /// Starts the workers and returns at once: [`Handle::status`] says how far they are.
    pub fn start(parts: RuntimeComponents, settings: RuntimeSettings) -> Result<Handle, StartError> {
        settings.check()?;
        std::fs::create_dir_all(&settings.state_dir)
            .map_err(|source| StartError::StateDir { dir: settings.state_dir.display().to_string(), source })?;
        let compacts = parts.probe.as_ref().is_none_or(|probe| probe.compacts());
        let memory = Memory::new(settings.memory_bytes).compacting(compacts);
        let checkpoints = Background::start(&parts, &settings).map_err(|source| StartError::Checkpoints { source })?;
        let slots = settings.slots;
        let context = Arc::new(Context {
            parts,
            settings,
            memory,
            board: Board::default(),
            stop: StopSignal::default(),
            ends: Ends::default(),
            unowned: Turn::default(),
            in_use: InUse::default(),
            checkpoints,
        });
        let handle = Handle { context: context.clone(), threads: Mutex::default() };
        let ends = format!("{}-ends", context.settings.app);
        context.spawn(ends, |context| context.ends.run(context)).map_err(|source| StartError::Ends { source })?;
        let watch = format!("{}-unowned", context.settings.app);
        context.spawn(watch, unowned::run).map_err(|source| StartError::Unowned { source })?;
        context.parts.log.clone().prepare(&context.settings.group, &context.settings.topics);
        for slot in 0..slots {
            context.board.worker(slot, WorkerState::Starting);
            match context.spawn(context.settings.member(slot), move |context| worker::run(context, slot)) {
                Ok(thread) => handle.threads().push(thread),
                Err(source) => return Err(StartError::Thread { slot, source }),
            }
        }
        Ok(handle)
    }
}

/// A running runtime, shared behind an `Arc`. Dropping it stops the workers without waiting for them.
pub struct Handle {
    context: Arc<Context>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Handle {
    /// Reads the committed state of a partition that is owned and live here, as of one moment. For any thread; what
    /// `read` does should be short, for it keeps the state open.
    pub fn read<R>(&self, of: &TopicPartition, read: impl FnOnce(&Snapshot<'_>) -> R) -> Result<R, ReadError> {
        let store = self.context.board.store(of).map_err(|phase| match phase {
            None => ReadError::NotHere { of: of.clone() },
            Some(phase) => ReadError::NotReady { of: of.clone(), phase },
        })?;
        Ok(read(&store.snapshot()))
    }

    pub fn status(&self) -> Status {
        self.context.board.status()
    }

    /// Waits until the status is as wished; `false` when the time is over first.
    pub fn wait(&self, most: Duration, wished: impl FnMut(&Status) -> bool) -> bool {
        self.context.board.wait(most, wished)
    }

    /// Bytes of cache and memtables in use.
    pub fn memory_bytes(&self) -> usize {
        self.context.memory.used_bytes()
    }

    /// Begins to stop an instance that is not to come back, so that the others take its partitions at once. Does not wait, which is
    /// [`Handle::stop`]'s: what the process still has to do for others may go on meanwhile.
    pub fn begin_leaving(&self) {
        self.context.raise_stop(Leaving::ForGood);
    }

    /// Commits what is folded and closes state and clients, waiting at most so long. For a session the partitions stay those
    /// of this instance, so that a restart moves none, unless it is leaving.
    pub fn stop(&self, deadline: Duration) -> Result<(), StopTimeout> {
        self.context.raise_stop(Leaving::Returns);
        let until = Instant::now() + deadline;
        let ended = |status: &Status| status.workers.iter().all(|worker| worker.state == WorkerState::Ended);
        if self.context.board.wait(until.saturating_duration_since(Instant::now()), ended) {
            for thread in std::mem::take(&mut *self.threads()) {
                // A worker's panics are caught and reported inside.
                let _ = thread.join();
            }
            return Ok(());
        }
        let late = self.status().workers.into_iter().filter(|worker| worker.state != WorkerState::Ended);
        Err(StopTimeout { slots: late.map(|worker| worker.slot).collect() })
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.context.raise_stop(Leaving::Returns);
    }
}
