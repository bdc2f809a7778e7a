//! A client of a Confluent-compatible schema registry: two calls, used from any thread.
//!
//! `GET /schemas/ids/{id}` and `POST /subjects/{subject}/versions` are made by one thread with a small runtime of its own,
//! one after the other, so that callers may be plain threads or tasks and the same id is asked for once. What a registry
//! said about an id or a subject is true for ever and is never asked again; that it does not know an id is remembered for a
//! while; that it does not answer, for a moment, so that a flood of records does not wait one by one.
//!
//! Every wait is bounded. Credentials never stand in an error.

mod client;
mod settings;

use std::collections::BTreeMap;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use client::Client;
pub use settings::{Credentials, RegistrySettings, SetupError};

/// An id the registry does not know is asked for again after this: schemas are registered before they are used, so that
/// it almost never helps.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);
/// A registry that did not answer is asked again after this.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(1);
/// Most unknown ids remembered: beyond, the oldest are forgotten.
const UNKNOWN_MAX: usize = 1_024;
/// Callers that may wait at once; more find the registry busy.
const WAITING_MAX: usize = 256;
/// Confluent's ids are Java's `int`.
const ID_MAX: u32 = i32::MAX as u32;

/// Why the registry gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the registry knows nothing under this id")]
    Unknown,
    #[error("the schema registry does not answer: {0}; see that it runs and can be reached")]
    Unavailable(String),
    #[error("the schema registry refused: {0}")]
    Refused(String),
}

enum Ask {
    Schema { id: u32, reply: SyncSender<Result<Arc<str>, Failure>> },
    Register { subject: String, schema: String, reply: SyncSender<Result<u32, Failure>> },
}

/// A handle on the client. Its thread ends when it is dropped.
pub(crate) struct Registry {
    asks: SyncSender<Ask>,
    known: Arc<Mutex<Known>>,
    patience: Duration,
}

#[derive(Default)]
struct Known {
    schemas: BTreeMap<u32, Arc<str>>,
    ids: BTreeMap<(String, String), u32>,
    unknown: BTreeMap<u32, Instant>,
    unavailable: Option<(Instant, String)>,
}

impl Registry {
    pub(crate) fn start(settings: RegistrySettings) -> Result<Self, SetupError> {
        let client = Client::new(&settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SetupError::Thread)?;
        let (asks, inbox) = mpsc::sync_channel::<Ask>(WAITING_MAX);
        let known = Arc::new(Mutex::new(Known::default()));
        let shared = known.clone();
        let serve = move || {
            for ask in inbox {
                runtime.block_on(answer(ask, &client, &shared));
            }
        };
        std::thread::Builder::new().name("schema-registry".to_owned()).spawn(serve).map_err(SetupError::Thread)?;
        Ok(Self { asks, known, patience: settings.patience() })
    }

    /// The text of a schema. Waits for a bounded time where it is not known yet.
    pub(crate) fn schema(&self, id: u32) -> Result<Arc<str>, Failure> {
        if id > ID_MAX {
            return Err(Failure::Unknown);
        }
        if let Some(answer) = lock(&self.known).schema(id) {
            return answer;
        }
        self.ask(|reply| Ask::Schema { id, reply })
    }

    /// The id of a schema under a subject, registering it where it is new.
    pub(crate) fn register(&self, subject: &str, schema: &str) -> Result<u32, Failure> {
        if let Some(answer) = lock(&self.known).id(subject, schema) {
            return answer;
        }
        self.ask(|reply| Ask::Register { subject: subject.to_owned(), schema: schema.to_owned(), reply })
    }

    fn ask<T>(&self, ask: impl FnOnce(SyncSender<Result<T, Failure>>) -> Ask) -> Result<T, Failure> {
        let unavailable = |why: &str| Failure::Unavailable(why.to_owned());
        let (reply, answer) = mpsc::sync_channel(1);
        self.asks.try_send(ask(reply)).map_err(|_| unavailable("too many wait for it"))?;
        answer.recv_timeout(self.patience).unwrap_or_else(|_| Err(unavailable("no answer in time")))
    }
}

/// Makes one call, unless an earlier one settled it while this one waited.
async fn answer(ask: Ask, client: &Client, known: &Mutex<Known>) {
    match ask {
        Ask::Schema { id, reply } => {
            let settled = lock(known).schema(id);
            let answer = match settled {
                Some(answer) => answer,
                None => {
                    let answer = client.schema(id).await;
                    lock(known).note(&answer);
                    lock(known).note_schema(id, &answer);
                    answer
                }
            };
            // Whoever asked may have given up; the answer is kept for the next.
            let _ = reply.send(answer);
        }
        Ask::Register { subject, schema, reply } => {
            let settled = lock(known).id(&subject, &schema);
            let answer = match settled {
                Some(answer) => answer,
                None => {
                    let answer = client.register(&subject, &schema).await;
                    lock(known).note(&answer);
                    if let Ok(id) = answer {
                        lock(known).ids.insert((subject, schema), id);
                    }
                    answer
                }
            };
            let _ = reply.send(answer);
        }
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().expect("no holder of this lock panics")
}

impl Known {
    fn schema(&self, id: u32) -> Option<Result<Arc<str>, Failure>> {
        if let Some(schema) = self.schemas.get(&id) {
            return Some(Ok(schema.clone()));
        }
        if self.unknown.get(&id).is_some_and(|since| since.elapsed() < UNKNOWN_FOR) {
            return Some(Err(Failure::Unknown));
        }
        self.unavailable().map(Err)
    }

    fn id(&self, subject: &str, schema: &str) -> Option<Result<u32, Failure>> {
        let id = self.ids.get(&(subject.to_owned(), schema.to_owned())).copied();
        id.map(Ok).or_else(|| self.unavailable().map(Err))
    }

    fn unavailable(&self) -> Option<Failure> {
        let (since, why) = self.unavailable.as_ref()?;
        (since.elapsed() < UNAVAILABLE_FOR).then(|| Failure::Unavailable(why.clone()))
    }

    fn note<T>(&mut self, answer: &Result<T, Failure>) {
        self.unavailable = match answer {
            Err(Failure::Unavailable(why)) => Some((Instant::now(), why.clone())),
            Ok(_) | Err(Failure::Unknown | Failure::Refused(_)) => None,
        };
    }

    fn note_schema(&mut self, id: u32, answer: &Result<Arc<str>, Failure>) {
        match answer {
            Ok(schema) => {
                self.unknown.remove(&id);
                self.schemas.insert(id, schema.clone());
            }
            Err(Failure::Unknown) => {
                self.unknown.retain(|_, since| since.elapsed() < UNKNOWN_FOR);
                let oldest = self.unknown.iter().min_by_key(|(_, since)| **since).map(|(id, _)| *id);
                if let Some(oldest) = oldest.filter(|_| self.unknown.len() >= UNKNOWN_MAX) {
                    self.unknown.remove(&oldest);
                }
                self.unknown.insert(id, Instant::now());
            }
            Err(Failure::Unavailable(_) | Failure::Refused(_)) => {}
        }
    }
}
