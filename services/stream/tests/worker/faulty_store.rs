//! An object store that fails or stands still when it is told to, around another one.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::watch;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Put(String),
    Get(String),
    List(String),
    Delete(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Pass,
    Fail,
    /// Until the store is released.
    Wait,
}

pub(crate) type StorePlan = Box<dyn FnMut(&Operation) -> Does + Send>;

pub(crate) struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    plan: Arc<Mutex<StorePlan>>,
    released: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, plan: StorePlan) -> Arc<Self> {
        let (released, waiting) = (watch::Sender::new(false), watch::Sender::new(0));
        Arc::new(Self { inner, plan: Arc::new(Mutex::new(plan)), released, waiting })
    }

    /// How many operations have waited, or do.
    pub(crate) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }

    async fn before(&self, operation: Operation) -> Result<()> {
        let does = (self.plan.lock().unwrap())(&operation);
        match does {
            Does::Pass => Ok(()),
            Does::Fail => Err(failure()),
            Does::Wait => {
                self.waiting.send_modify(|waiting| *waiting += 1);
                let mut released = self.released.subscribe();
                released.wait_for(|released| *released).await.map_err(|_| failure())?;
                Ok(())
            }
        }
    }
}

fn failure() -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: "the test says so".into() }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faulty {}", self.inner)
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.before(Operation::Put(location.to_string())).await?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.before(Operation::Put(location.to_string())).await?;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.before(Operation::Get(location.to_string())).await?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.before(Operation::Get(location.to_string())).await?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let plan = Arc::clone(&self.plan);
        let allowed = locations.map(move |location| {
            let location = location?;
            let does = (plan.lock().unwrap())(&Operation::Delete(location.to_string()));
            if does == Does::Pass { Ok(location) } else { Err(failure()) }
        });
        self.inner.delete_stream(allowed.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let operation = Operation::List(prefix.map(ToString::to_string).unwrap_or_default());
        let does = (self.plan.lock().unwrap())(&operation);
        if does == Does::Pass { self.inner.list(prefix) } else { futures::stream::iter([Err(failure())]).boxed() }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
