//! Checkpoints and restores beside the workers, on threads of their own ([`super::work`]). A worker starts what is due and
//! looks whether what it waits for is over; it never waits here.
//!
//! A slow store means fewer checkpoints, never a queue of them: a checkpoint that is due while the one before is still
//! under way is skipped. Dropping a [`Job`] drops its restore, wherever it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::around::Around;
use super::depot::Depot;
use super::error::CheckpointError;
use super::place::Place;
use super::restore::{Restored, newest_sound};
use super::settings::CheckpointSettings;
use super::take::{self, Digests};
use super::upload::{Maker, Sent, upload};
use super::work::{Piece, Slots, Work};
use super::{retention, scratch};
use crate::log::{Topic, TopicPartition};
use crate::observer::{Checkpointed, Observer, Restoration};
use crate::probe::Probed;
use crate::settings::{Clock, RuntimeComponents, RuntimeSettings};
use crate::store::{Identity, Store, leftover};

pub(crate) use super::restore::Bounds;

/// Hashing and sending takes a core while it lasts; the workers need theirs.
const UPLOADS_AT_ONCE: usize = 2;
/// Restores of a process that lost its disk go by fours: each brings several files at once.
const RESTORES_AT_ONCE: usize = 4;

pub(crate) struct Background {
    place: Place,
    settings: CheckpointSettings,
    app: String,
    state_dir: PathBuf,
    clock: Clock,
    around: Around,
    observer: Arc<dyn Observer>,
    uploads: Arc<Slots>,
    restores: Arc<Slots>,
    distrusted: Mutex<BTreeMap<TopicPartition, Vec<RangeInclusive<i64>>>>,
    /// Names of checkpoints that were found unsound: nothing is copied on top of them, nor spared for them.
    unsound: Arc<Mutex<BTreeMap<TopicPartition, BTreeSet<String>>>>,
    work: Work,
}

impl Background {
    /// Nothing, if there is no place for checkpoints.
    pub(crate) fn start(parts: &RuntimeComponents, settings: &RuntimeSettings) -> std::io::Result<Option<Self>> {
        scratch::sweep(&settings.state_dir);
        leftover::sweep(&settings.state_dir, SystemTime::now());
        let Some(place) = parts.checkpoints.clone() else { return Ok(None) };
        Ok(Some(Self {
            place,
            settings: settings.checkpoints,
            app: settings.app.clone(),
            state_dir: settings.state_dir.clone(),
            clock: parts.clock.clone(),
            around: Around { time: parts.time.clone(), probe: Probed(parts.probe.clone()) },
            observer: parts.observer.clone(),
            uploads: Slots::new(UPLOADS_AT_ONCE),
            restores: Slots::new(RESTORES_AT_ONCE),
            distrusted: Mutex::default(),
            unsound: Arc::default(),
            work: Work::new(&settings.app, parts.time.clone())?,
        }))
    }

    /// Starts a checkpoint of an open state, if one is due and there is room for it.
    pub(crate) fn consider(&self, of: &TopicPartition, store: &Arc<Store>, next_offset: i64, track: &mut Track) {
        let now = self.around.time.now();
        if !track.is_due(now, next_offset, &self.settings) || !store.is_identified() {
            return;
        }
        if track.shared.busy.load(Ordering::Acquire) {
            tracing::warn!(partition = %of, "a checkpoint is skipped: the one before is still under way");
            self.observer.checkpointed(of, &Checkpointed::Skipped);
            track.began(now, next_offset);
            return;
        }
        let Some(slot) = self.uploads.take() else { return };
        track.began(now, next_offset);
        let busy = Busy::new(&track.shared);
        let copy = Copy {
            place: self.place.clone(),
            topic: of.topic.clone(),
            maker: Maker { app: self.app.clone(), now_ms: (self.clock)() },
            unsound: locked(&self.unsound).get(of).cloned().unwrap_or_default(),
            state_dir: self.state_dir.clone(),
            keep: self.settings.keep,
            around: self.around.clone(),
        };
        let (whose, store, observer, time) =
            (of.clone(), Arc::clone(store), self.observer.clone(), self.around.time.clone());
        let started = self.work.start("checkpoint", None, async move {
            let _slot = slot;
            let began = time.now();
            let outcome = match copy.run(store, &busy.0).await {
                Ok((offset, sent)) => {
                    busy.0.done.fetch_max(offset, Ordering::AcqRel);
                    tell(&whose, &sent, time.since(began))
                }
                Err(error) => {
                    let (code, error) = (error.code(), error.told());
                    tracing::warn!(partition = %whose, code, error, "no checkpoint was made; it is tried again when due");
                    Checkpointed::Failed
                }
            };
            drop(busy);
            observer.checkpointed(&whose, &outcome);
        });
        if let Err(error) = started {
            tracing::warn!(partition = %of, %error, "no thread for a checkpoint; it is tried again when due");
            self.observer.checkpointed(of, &Checkpointed::Failed);
        }
    }

    /// Starts to bring back the newest sound checkpoint within the bounds.
    pub(crate) fn restore(&self, of: &TopicPartition, identity: Identity, mut bounds: Bounds) -> Job {
        bounds.distrusted = locked(&self.distrusted).get(of).cloned().unwrap_or_default();
        let depot = Depot::new(&self.place, &of.topic, &identity, self.around.clone());
        let state_dir = self.state_dir.clone();
        let found = Arc::new(Mutex::new(None));
        let (put, observer, whose) = (Arc::clone(&found), self.observer.clone(), of.clone());
        let (time, unsound) = (self.around.time.clone(), Arc::clone(&self.unsound));
        let work = async move {
            let began = time.now();
            let passed_over = |error: &CheckpointError| {
                tracing::warn!(partition = %whose, code = error.code(), error = error.told(), "not restored from this");
                observer.restoration(&whose, &Restoration::PassedOver);
                if let CheckpointError::Unsound { name, .. } = error {
                    locked(&unsound).entry(whose.clone()).or_default().insert(name.clone());
                }
            };
            let restored = newest_sound(&depot, &identity, &bounds, &state_dir, passed_over).await;
            let outcome = match &restored {
                // Nothing was missing, so nothing is told.
                None if bounds.better_from.is_some() => return,
                None => Restoration::Absent,
                Some(restored) => Restoration::Restored {
                    offset: restored.name.next_offset(),
                    bytes: restored.bytes,
                    took: time.since(began),
                },
            };
            *locked(&put) = restored;
            observer.restoration(&whose, &outcome);
        };
        let piece = self.work.start("restore", Some(&self.restores), work);
        let piece = piece.inspect_err(|error| tracing::warn!(partition = %of, %error, "no thread for a restore")).ok();
        Job { of: of.clone(), piece, found, observer: self.observer.clone() }
    }

    /// After so many records a partition is copied again: a state that is farther behind is worth a look into the store.
    pub(crate) fn records_max(&self) -> u64 {
        self.settings.records_max
    }

    /// A state from the first of these offsets was found damaged at the last: what was copied from it meanwhile is as well.
    pub(crate) fn distrust(&self, of: &TopicPartition, copies: RangeInclusive<i64>) {
        locked(&self.distrusted).entry(of.clone()).or_default().push(copies);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(of: &TopicPartition, sent: &Sent, took: Duration) -> Checkpointed {
    match sent {
        Sent::Nothing => Checkpointed::Current,
        Sent::Checkpoint { name, files, bytes } => {
            tracing::info!(partition = %of, checkpoint = %name, files, bytes, ?took, "checkpoint made");
            Checkpointed::Made { offset: name.next_offset(), files: *files, bytes: *bytes, took }
        }
    }
}

/// What one checkpoint needs.
struct Copy {
    place: Place,
    topic: Topic,
    maker: Maker,
    unsound: BTreeSet<String>,
    state_dir: PathBuf,
    keep: usize,
    around: Around,
}

impl Copy {
    async fn run(self, store: Arc<Store>, shared: &Arc<Shared>) -> Result<(i64, Sent), CheckpointError> {
        let linked = take::link(&store, &self.state_dir, &self.around.probe)?;
        // Reading takes longer, and the links stay what they are.
        drop(store);
        let taken = {
            let mut digests = locked(&shared.digests);
            take::read(linked, &mut digests, &self.around.probe)?
        };
        let depot = Depot::new(&self.place, &self.topic, &taken.state.identity, self.around);
        let sent = upload(&depot, &self.topic, &taken, &self.maker, &self.unsound).await?;
        if let Sent::Checkpoint { name, .. } = &sent {
            match retention::retain(&depot, name, self.keep).await {
                Ok(swept) => tracing::debug!(checkpoint = %name, ?swept, "checkpoints tidied"),
                Err(error) => tracing::warn!(error = error.told(), "old checkpoints are removed another time"),
            }
        }
        Ok((taken.state.position.next_offset, sent))
    }
}

/// When a partition's next checkpoint is due.
pub(crate) struct Track {
    since: Instant,
    offset: i64,
    shared: Arc<Shared>,
}

struct Shared {
    busy: AtomicBool,
    /// The greatest offset that the store has a checkpoint of, as far as is known here.
    done: AtomicI64,
    digests: Mutex<Digests>,
}

impl Track {
    /// From an opening at this offset on; `done` is a position that the store has.
    pub(crate) fn new(now: Instant, offset: i64, done: Option<i64>) -> Self {
        let shared = Shared {
            busy: AtomicBool::new(false),
            // An empty state is not worth a checkpoint.
            done: AtomicI64::new(done.unwrap_or(0)),
            digests: Mutex::default(),
        };
        Self { since: now, offset, shared: Arc::new(shared) }
    }

    fn is_due(&self, now: Instant, next_offset: i64, settings: &CheckpointSettings) -> bool {
        let records = u64::try_from(next_offset - self.offset).unwrap_or(0);
        next_offset > self.shared.done.load(Ordering::Acquire)
            && (records >= settings.records_max || now.saturating_duration_since(self.since) >= settings.interval)
    }

    fn began(&mut self, now: Instant, next_offset: i64) {
        self.since = now;
        self.offset = next_offset;
    }
}

/// Marks a partition's checkpoint as under way until it is dropped, however that comes.
struct Busy(Arc<Shared>);

impl Busy {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.busy.store(true, Ordering::Release);
        Self(Arc::clone(shared))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

/// A restore under way.
pub(crate) struct Job {
    of: TopicPartition,
    piece: Option<Arc<Piece>>,
    found: Arc<Mutex<Option<Restored>>>,
    observer: Arc<dyn Observer>,
}

impl Job {
    pub(crate) fn is_over(&self) -> bool {
        self.piece.as_ref().is_none_or(|piece| piece.is_over())
    }

    /// What was restored, if anything sound was there. Called when it is over.
    pub(crate) fn take(&mut self) -> Option<Restored> {
        locked(&self.found).take()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take().filter(|piece| !piece.is_over()) {
            piece.drop_it();
            tracing::info!(partition = %self.of, "its restore is dropped");
            self.observer.restoration(&self.of, &Restoration::Dropped);
        }
    }
}
