//! Threads beside the workers: one for each checkpoint and each restore, while it lasts. It reads and writes the disk
//! itself; what it asks a store for goes on in a small runtime that all share.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use tokio::runtime::Runtime;

use crate::time::{self, Time, Waited};

pub(super) struct Work {
    app: String,
    time: Arc<dyn Time>,
    network: Arc<Network>,
    started: AtomicU64,
    under_way: Mutex<Vec<Weak<Piece>>>,
}

/// One checkpoint or restore.
pub(super) struct Piece {
    abort: AbortHandle,
    over: AtomicBool,
}

impl Piece {
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// It ends when it next waits for a store.
    pub(super) fn drop_it(&self) {
        self.abort.abort();
    }
}

impl Work {
    pub(super) fn new(app: &str, time: Arc<dyn Time>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(format!("{app}-store"))
            .enable_all()
            .build()?;
        let network = Arc::new(Network(Some(runtime)));
        let (started, under_way) = (AtomicU64::new(0), Mutex::default());
        Ok(Self { app: app.to_owned(), time, network, started, under_way })
    }

    /// Starts a thread that waits for a slot, if there is one to wait for, and does the work.
    pub(super) fn start(
        &self,
        what: &str,
        slot: Option<&Arc<Slots>>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Arc<Piece>> {
        let (abort, registration) = AbortHandle::new_pair();
        let piece = Arc::new(Piece { abort, over: AtomicBool::new(false) });
        let name = format!("{}-{what}-{}", self.app, self.started.fetch_add(1, Ordering::Relaxed));
        let (over, network, its_time, slot) =
            (Over(Arc::clone(&piece)), Arc::clone(&self.network), Arc::clone(&self.time), slot.cloned());
        time::spawn(&self.time, name, move || {
            let over = over;
            let _slot = match &slot {
                Some(slots) => match slots.wait(its_time.as_ref(), &over.0) {
                    Some(slot) => Some(slot),
                    None => return,
                },
                None => None,
            };
            // Dropped early or done: what either leaves behind is the same as after a crash.
            let _ = network.wait(Abortable::new(work, registration));
        })?;
        let mut under_way = self.under_way();
        under_way.retain(|piece| piece.strong_count() > 0);
        under_way.push(Arc::downgrade(&piece));
        Ok(piece)
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<Weak<Piece>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Work {
    /// Nobody is waited for: what is cut off here a crash may cut off too.
    fn drop(&mut self) {
        self.under_way().iter().filter_map(Weak::upgrade).for_each(|piece| piece.drop_it());
    }
}

/// Says that a piece of work is over, however that comes.
struct Over(Arc<Piece>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
    }
}

/// `None` only while it is dropped.
struct Network(Option<Runtime>);

impl Network {
    fn wait<F: Future>(&self, work: F) -> Option<F::Output> {
        self.0.as_ref().map(|runtime| runtime.block_on(work))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Not waited for: this may be a thread of another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// So many at once.
pub(super) struct Slots {
    free: Mutex<usize>,
    changed: Condvar,
}

/// Given back when dropped.
pub(super) struct Slot(Arc<Slots>);

impl Slots {
    /// Between two looks whether the work is still wanted.
    const LOOK: Duration = Duration::from_millis(250);

    pub(super) fn new(free: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(free), changed: Condvar::new() })
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(self: &Arc<Self>) -> Option<Slot> {
        let mut free = self.free();
        *free = free.checked_sub(1)?;
        Some(Slot(Arc::clone(self)))
    }

    fn wait(self: &Arc<Self>, time: &dyn Time, piece: &Piece) -> Option<Slot> {
        loop {
            if piece.abort.is_aborted() {
                return None;
            }
            if let Some(slot) = self.take() {
                return Some(slot);
            }
            if time.waited(Self::LOOK) == Waited::No {
                let waited = self.changed.wait_timeout_while(self.free(), Self::LOOK, |free| *free == 0);
                drop(waited);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.changed.notify_one();
    }
}
