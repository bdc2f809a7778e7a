//! `standing.inbox.<department>`: events that departments write to Kafka themselves, as JSON or Avro.
//!
//! Each worker consumes inboxes as a member of one group and writes what it took in transactions that hold its offsets: every
//! record of an inbox becomes exactly one event or one refusal, whatever fails in between. Records are read, judged and
//! encoded before the transaction begins, so that it is open for as short a time as its sending takes: readers of
//! `standing.events` wait at an open transaction.
//!
//! There is no state. Every failure takes the same way out: both clients are dropped, and new ones begin at the offsets that
//! are committed. Bytes that cannot be read are refused like any other fault; only a schema registry that does not answer is
//! waited for.

mod entry;
mod session;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::ids::DepartmentId;
use kit::shutdown::Shutdown;
use stream::log::{LogError, Topic};
use stream::unowned::{LOOK_INTERVAL, Turn, Watch};

use crate::service::Shared;
use session::{Ended, Failure, Session};

/// Before the first attempt after a failure, and at most before a later one.
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);
const BACK_OFF_MOST: Duration = Duration::from_secs(5);
/// The first inbox is looked for more often than further ones: at a start the catalogue comes in a moment.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// The threads that read inboxes. They end when the shutdown they were given is triggered.
pub(crate) struct Inbox {
    workers: Vec<JoinHandle<()>>,
}

/// Inboxes that are read, each with its department.
pub(crate) type Inboxes = BTreeMap<Topic, DepartmentId>;

impl Inbox {
    pub(crate) fn start(shared: &Arc<Shared>, shutdown: &Shutdown) -> std::io::Result<Self> {
        let (mut workers, sharing) = (Vec::new(), Arc::new(Sharing::default()));
        for slot in 0..shared.settings.inbox.workers {
            let (shared, shutdown, sharing) = (Arc::clone(shared), shutdown.clone(), Arc::clone(&sharing));
            let thread = std::thread::Builder::new().name(format!("intake-inbox-{slot}"));
            workers.push(thread.spawn(move || run(&shared, &shutdown, &sharing, slot))?);
        }
        // Nobody waits for it at a stop: what it asks may take a while to be answered.
        let (shared, shutdown) = (Arc::clone(shared), shutdown.clone());
        let thread = std::thread::Builder::new().name("intake-inbox-unowned".to_owned());
        thread.spawn(move || watch(&shared, &shutdown, &sharing))?;
        Ok(Self { workers })
    }

    pub(crate) fn join(self) {
        for worker in self.workers {
            // A panic was reported where it happened; what the worker held begins anew elsewhere.
            let _ = worker.join();
        }
    }
}

/// What came of one attempt to read.
enum Attempt {
    Ended,
    NoInbox,
    Failed { failure: Failure, committed: bool },
}

fn run(shared: &Shared, shutdown: &Shutdown, sharing: &Sharing, slot: u32) {
    let mut back_off = BACK_OFF_FIRST;
    while !shutdown.is_triggered() {
        match catch_unwind(AssertUnwindSafe(|| attempt(shared, shutdown, sharing, slot))) {
            Ok(Attempt::Ended) => {
                back_off = BACK_OFF_FIRST;
                continue;
            }
            Ok(Attempt::NoInbox) => {
                shutdown.sleep(FIRST_LOOK.min(shared.settings.inbox.look_every.get()));
                continue;
            }
            Ok(Attempt::Failed { failure, committed }) => {
                if committed {
                    back_off = BACK_OFF_FIRST;
                }
                tracing::warn!(slot, %failure, "reading inboxes anew from what is committed");
            }
            Err(_) => tracing::error!(slot, "a reader of inboxes panicked; reading anew from what is committed"),
        }
        shared.metrics.inbox_restarts.inc();
        shutdown.sleep(back_off);
        back_off = (back_off * 2).min(BACK_OFF_MOST);
    }
}

fn attempt(shared: &Shared, shutdown: &Shutdown, sharing: &Sharing, slot: u32) -> Attempt {
    let failed = |failure: LogError| Attempt::Failed { failure: failure.into(), committed: false };
    let inboxes = match inboxes(shared) {
        Ok(inboxes) if inboxes.is_empty() => return Attempt::NoInbox,
        Ok(inboxes) => inboxes,
        Err(error) => return failed(error),
    };
    *sharing.asked() = inboxes.keys().cloned().collect();
    let mut session = match Session::open(shared, &sharing.turn, slot, inboxes) {
        Ok(session) => session,
        Err(error) => return failed(error),
    };
    let ended = session.run(shutdown);
    let committed = session.has_committed();
    let leaves = ended.as_ref().is_ok_and(|ended| ended.leaves());
    if leaves {
        tracing::warn!(slot, ?ended, "leaves the group of those who read inboxes, and joins anew");
    }
    session.close(leaves);
    match ended {
        Ok(Ended::Stopped | Ended::OtherInboxes | Ended::NotAsked | Ended::Unowned) => Attempt::Ended,
        Err(failure) => Attempt::Failed { failure, committed },
    }
}

/// What the readers of this process share.
#[derive(Default)]
struct Sharing {
    /// Whose turn it is to leave the group and join anew.
    turn: Turn,
    /// The inboxes that the last session asked for.
    asked: Mutex<Vec<Topic>>,
}

impl Sharing {
    fn asked(&self) -> MutexGuard<'_, Vec<Topic>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks whether every inbox is somebody's, and whose turn it is to leave if one is not.
fn watch(shared: &Shared, shutdown: &Shutdown, sharing: &Sharing) {
    let mut watch = Watch::new(group(shared), []);
    loop {
        shutdown.sleep(watch.pause(LOOK_INTERVAL));
        if shutdown.is_triggered() {
            return;
        }
        let asked = sharing.asked().clone();
        if asked.is_empty() {
            continue;
        }
        if !watch.topics().eq(&asked) {
            watch = Watch::new(group(shared), asked);
        }
        let chosen = watch.look(shared.log.as_ref()).ok().flatten();
        let is_chosen = |slot: &u32| chosen.as_ref().is_some_and(|chosen| *chosen == member(shared, *slot));
        let slot = (0..shared.settings.inbox.workers).find(is_chosen);
        sharing.turn.give(slot.map(|slot| slot as usize));
    }
}

fn group(shared: &Shared) -> String {
    format!("{}-intake-inbox", shared.topics.prefix())
}

/// A reader's static membership id, and its transactional id.
fn member(shared: &Shared, slot: u32) -> String {
    format!("{}-{}-inbox-{slot}", shared.topics.prefix(), shared.settings.instance)
}

/// The inboxes there are: none before a catalogue is in force, for nothing could be judged.
fn inboxes(shared: &Shared) -> Result<Inboxes, LogError> {
    let Some(catalogue) = shared.catalogue() else { return Ok(Inboxes::new()) };
    let there = shared.log.topics()?;
    let named: Vec<DepartmentId> = match shared.settings.inbox.departments.as_slice() {
        [] => catalogue.departments.keys().cloned().collect(),
        // Validated with the settings.
        names => names.iter().filter_map(|name| DepartmentId::new(name.as_str()).ok()).collect(),
    };
    let inboxes = named.into_iter().map(|department| (shared.topics.inbox(&department), department));
    Ok(inboxes.filter(|(topic, _)| there.contains(topic)).collect())
}
