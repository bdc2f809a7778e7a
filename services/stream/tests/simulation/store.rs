//! The object store as one process sees it: every call is a place at which others may run, the process may die, the store may
//! be slow, dead, or answer with an error; and what was asked of it may take place later, when whoever asked is gone.
//!
//! Calls of one kind that follow on each other are one place: a checkpoint has many files.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use stream::log::TopicPartition;

use crate::depot::{Depot, Object, is_manifest, partition_of};
use crate::process::Process;
use crate::world::{Event, World};

/// A client gives up a store that says nothing for so long.
const SILENCE: Duration = Duration::from_secs(30);

thread_local! {
    static LAST: Cell<&'static str> = const { Cell::new("") };
}

/// What is asked of the store.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Put(Path, Bytes),
    /// With the manifests that whoever removes it knew of.
    Delete(Path, BTreeSet<Path>),
}

impl Request {
    fn what(&self) -> &'static str {
        match self {
            Self::Put(path, _) if is_manifest(path) => "store put manifest",
            Self::Put(..) => "store put file",
            Self::Delete(path, _) if is_manifest(path) => "store delete manifest",
            Self::Delete(..) => "store delete file",
        }
    }

    /// It takes place. Whether it created something.
    pub(crate) fn take_place(self, world: &World) -> bool {
        let now = world.store_time();
        let ahead = self.is_ahead(world);
        let mut depot = world.depot();
        let (done, created) = match self {
            Self::Put(path, bytes) => match depot.put(&path, bytes, now) {
                Ok(created) => (Ok(()), created),
                Err(fault) => (Err(fault), true),
            },
            Self::Delete(path, listed) => (depot.delete(&path, &listed, now), false),
        };
        drop(depot);
        world.ledger().store_faults.extend(done.err().into_iter().chain(ahead));
        created
    }

    /// A checkpoint of what was never committed.
    fn is_ahead(&self, world: &World) -> Option<String> {
        let Self::Put(path, _) = self else { return None };
        let offset: i64 = path.filename()?.split_once('-').filter(|_| is_manifest(path))?.0.parse().ok()?;
        let of = TopicPartition::new(world.topics.input.clone(), partition_of(path));
        let most = world.ledger().most_committed.get(&of).copied().unwrap_or(0);
        (offset > most).then(|| format!("{path} is put, and no more than {most} was ever committed"))
    }
}

pub(crate) struct ItsStore(pub(crate) Arc<Process>);

impl ItsStore {
    /// One call, with what may befall it. With a request the store may only do it later.
    async fn call<T>(
        &self,
        what: &'static str,
        request: Option<Request>,
        act: impl FnOnce(&World) -> Result<T>,
    ) -> Result<T> {
        let (process, world) = (&self.0, &self.0.world);
        if process.is_dead() {
            return Err(failure("the process is dead"));
        }
        if LAST.replace(what) == what {
            return act(world);
        }
        process.point(what).map_err(|_| failure("the process is dead"))?;
        let answer = self.answer(world, request, act);
        if let Err(error @ Error::Generic { .. }) = &answer {
            process.say(format_args!("{what}: {error}"));
            process.faulted();
            LAST.set("");
        }
        process.point("answered").map_err(|_| failure("the process is dead"))?;
        yield_once().await;
        answer
    }

    fn answer<T>(&self, world: &World, request: Option<Request>, act: impl FnOnce(&World) -> Result<T>) -> Result<T> {
        let process = &self.0;
        if world.happens(world.faults.store_slow, "store slow") {
            process.sleep(Duration::from_millis(world.dice.between(20, 3_000)));
        }
        let mut silent = Duration::ZERO;
        while world.store_is_dead() && !process.is_dead() {
            if silent >= SILENCE {
                return Err(failure("the store says nothing"));
            }
            silent += Duration::from_millis(200);
            process.sleep(Duration::from_millis(200));
        }
        if process.is_dead() {
            return Err(failure("the process is dead"));
        }
        if world.store_is_out_of_reach() {
            return Err(failure("the store is out of reach"));
        }
        if !world.happens(world.faults.store_error, "store error") {
            return act(world);
        }
        match (world.dice.roll(3), request) {
            (0, _) => {}
            (1, Some(request)) => {
                world.count("late request");
                let on_the_way = Duration::from_millis(world.dice.between(1, 2_000));
                world.after(on_the_way, Event::LateRequest { request });
            }
            _ => {
                act(world)?;
            }
        }
        Err(failure("the simulation says so"))
    }

    fn ask(&self, request: Request) -> impl Future<Output = Result<bool>> {
        let copy = request.clone();
        self.call(request.what(), Some(copy), move |world| Ok(request.take_place(world)))
    }
}

fn failure(why: &'static str) -> Error {
    Error::Generic { store: "simulated", source: why.into() }
}

/// Lets whoever waits for this see whether it is still wanted.
async fn yield_once() {
    let mut yielded = false;
    futures::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn about(path: &Path, object: &Object) -> ObjectMeta {
    ObjectMeta {
        location: path.clone(),
        last_modified: object.stored.into(),
        size: object.bytes.len() as u64,
        e_tag: None,
        version: None,
    }
}

pub(crate) fn get(depot: &Depot, path: &Path) -> Result<GetResult> {
    let Some(object) = depot.objects.get(path) else {
        return Err(Error::NotFound { path: path.to_string(), source: "nothing is there".into() });
    };
    let bytes = object.bytes.clone();
    let meta = about(path, object);
    Ok(GetResult {
        range: 0..meta.size,
        payload: GetResultPayload::Stream(futures::stream::iter([Ok(bytes)]).boxed()),
        meta,
        attributes: Default::default(),
        extensions: Default::default(),
    })
}

pub(crate) fn list(depot: &Depot, prefix: Option<&Path>) -> Vec<ObjectMeta> {
    let within = |path: &Path| prefix.is_none_or(|prefix| path.prefix_matches(prefix));
    let mut found: Vec<(&Path, &Object)> = depot.objects.iter().filter(|(path, _)| within(path)).collect();
    // Names are random.
    found.sort_by_key(|(_, object)| object.stored);
    found.into_iter().map(|(path, object)| about(path, object)).collect()
}

impl fmt::Display for ItsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated")
    }
}

impl fmt::Debug for ItsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for ItsStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, _options: PutOptions) -> Result<PutResult> {
        let bytes: Vec<u8> = payload.iter().flat_map(|part| part.to_vec()).collect();
        if is_manifest(location) {
            self.0.writes(location);
        }
        if self.ask(Request::Put(location.clone(), bytes.into())).await? {
            return Ok(PutResult { e_tag: None, version: None, extensions: Default::default() });
        }
        Err(Error::AlreadyExists { path: location.to_string(), source: "it is there".into() })
    }

    async fn put_multipart_opts(
        &self,
        _location: &Path,
        _options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(failure("no file of the simulation is so large"))
    }

    async fn get_opts(&self, location: &Path, _options: GetOptions) -> Result<GetResult> {
        let what = if is_manifest(location) { "store get manifest" } else { "store get file" };
        self.call(what, None, |world| get(&world.depot(), location)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let its = Self(self.0.clone());
        let deleted = locations.then(move |location| {
            let its = Self(its.0.clone());
            async move {
                let location = location?;
                let listed = its.0.listed();
                its.ask(Request::Delete(location.clone(), listed)).await?;
                Ok(location)
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (its, prefix) = (Self(self.0.clone()), prefix.cloned());
        let manifests = prefix.as_ref().is_some_and(|prefix| prefix.as_ref().ends_with("/manifests"));
        let what = if manifests { "store list manifests" } else { "store list files" };
        let listed = async move {
            let listed = its
                .call(what, None, |world| {
                    let listed = list(&world.depot(), prefix.as_ref());
                    if manifests {
                        its.0.lists(&listed);
                    }
                    Ok(listed)
                })
                .await;
            match listed {
                Ok(listed) => listed.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        };
        futures::stream::once(listed).flat_map(futures::stream::iter).boxed()
    }

    async fn list_with_delimiter(&self, _prefix: Option<&Path>) -> Result<ListResult> {
        Err(failure("no worker asks for this"))
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _options: CopyOptions) -> Result<()> {
        Err(failure("no worker asks for this"))
    }
}
