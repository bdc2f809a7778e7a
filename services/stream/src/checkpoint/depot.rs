//! What the store holds of one partition: the only place that knows its paths. Creates and removes, never replaces.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::SystemTime;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, WriteMultipart};
use sha2::{Digest, Sha256};

use super::around::Around;
use super::error::CheckpointError;
use super::manifest::{File as Listed, MANIFEST_BYTES_MAX, Manifest, ManifestName, hex};
use super::place::Place;
use crate::probe::{DiskWork, Protection};
use crate::store::Identity;

/// Files up to this size go in one request, larger ones in parts of it (S3 takes parts of 5 MiB and more).
const PART: usize = 8 << 20;
/// Parts of one file under way at once.
const PARTS_AT_ONCE: usize = 2;

/// The checkpoints of one partition.
#[derive(Clone, Debug)]
pub(super) struct Depot {
    store: Arc<dyn ObjectStore>,
    base: Path,
    around: Around,
}

/// An object, as a listing shows it.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) size: u64,
    /// By the store's clock.
    pub(super) stored: SystemTime,
}

impl Depot {
    pub(super) fn new(place: &Place, topic: &str, identity: &Identity, around: Around) -> Self {
        let partition = format!("{:05}", identity.partition);
        let base = Path::from_iter([topic, identity.topic_id.as_str(), partition.as_str()]);
        Self { store: Arc::clone(&place.store), base, around }
    }

    /// By the folder in the store.
    pub(super) fn at(place: &Place, base: Path) -> Self {
        Self { store: Arc::clone(&place.store), base, around: Around::real() }
    }

    pub(super) fn around(&self) -> &Around {
        &self.around
    }

    pub(super) fn keeps(&self, protection: Protection) -> bool {
        self.around.probe.keeps(protection)
    }

    fn manifest_path(&self, name: &ManifestName) -> Path {
        self.base.clone().join("manifests").join(format!("{name}.json"))
    }

    fn file_path(&self, object: &str) -> Path {
        self.base.clone().join("files").join(object)
    }

    async fn list(&self, folder: &str) -> Result<Vec<Object>, CheckpointError> {
        let path = self.base.clone().join(folder);
        let listed = self.store.list(Some(&path)).try_collect::<Vec<_>>().await;
        let listed = listed.map_err(CheckpointError::store(format!("listing {path}")))?;
        Ok(listed
            .into_iter()
            .filter_map(|object| {
                let name = object.location.filename()?.to_owned();
                Some(Object { name, size: object.size, stored: object.last_modified.into() })
            })
            .collect())
    }

    /// Every manifest there is, with the time it was stored, the newest first: by offset, and of one offset the one stored
    /// last, for it was made because an earlier one could not be used. What has no name of ours is not one.
    pub(super) async fn manifests(&self) -> Result<Vec<(ManifestName, SystemTime)>, CheckpointError> {
        let objects = self.list("manifests").await?;
        let mut found: Vec<(ManifestName, SystemTime)> = objects
            .into_iter()
            .filter_map(|object| Some((object.name.strip_suffix(".json")?.parse().ok()?, object.stored)))
            .collect();
        let by_offset = self.keeps(Protection::NewestByOffset);
        let age = |(name, stored): &(ManifestName, SystemTime)| {
            let offset = if by_offset { name.next_offset() } else { 0 };
            Reverse((offset, *stored, name.clone()))
        };
        found.sort_by_cached_key(age);
        Ok(found)
    }

    pub(super) async fn files(&self) -> Result<Vec<Object>, CheckpointError> {
        self.list("files").await
    }

    /// Reads a manifest and checks that it is what its name says.
    pub(super) async fn read(&self, name: &ManifestName) -> Result<Manifest, CheckpointError> {
        let path = self.manifest_path(name);
        let what = || format!("reading {path}");
        let found = self.store.get(&path).await.map_err(|error| absent(name, what(), error))?;
        if found.meta.size > MANIFEST_BYTES_MAX {
            return Err(CheckpointError::unsound(name, format!("its manifest has {} bytes", found.meta.size)));
        }
        let bytes = found.bytes().await.map_err(CheckpointError::store(what()))?;
        Manifest::decode(name, &bytes)
    }

    /// Makes the checkpoint exist. Everything that it names must be there.
    pub(super) async fn add(&self, name: &ManifestName, bytes: Vec<u8>) -> Result<(), CheckpointError> {
        let path = self.manifest_path(name);
        self.create(&path, bytes.into()).await.map_err(CheckpointError::store(format!("writing {path}")))
    }

    async fn create(&self, path: &Path, bytes: PutPayload) -> Result<(), object_store::Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(path, bytes, options).await {
            Ok(_) => Ok(()),
            // A first attempt of this very request, whose answer was lost: nobody else uses the name.
            Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn remove(&self, name: &ManifestName) -> Result<(), CheckpointError> {
        self.delete(&self.manifest_path(name)).await
    }

    pub(super) async fn remove_file(&self, object: &str) -> Result<(), CheckpointError> {
        self.delete(&self.file_path(object)).await
    }

    async fn delete(&self, path: &Path) -> Result<(), CheckpointError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(CheckpointError::store(format!("removing {path}"))(error)),
        }
    }

    /// Stores a file under a name that was never used.
    pub(super) async fn put_file(&self, object: &str, from: &FilePath, size: u64) -> Result<(), CheckpointError> {
        let path = self.file_path(object);
        let what = || format!("writing {path}");
        let read = || CheckpointError::disk(format!("reading {}", from.display()));
        let mut file = File::open(from).map_err(read())?;
        if size <= PART as u64 {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
            file.read_to_end(&mut bytes).map_err(read())?;
            return self.create(&path, bytes.into()).await.map_err(CheckpointError::store(what()));
        }
        let upload = self.store.put_multipart(&path).await.map_err(CheckpointError::store(what()))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let sent = send_parts(&mut file, &mut upload).await;
        if let Err(fault) = sent {
            // What is left of an upload that was not ended, the store's own rules remove.
            let _ = upload.abort().await;
            return Err(match fault {
                PartFault::Read(error) => read()(error),
                PartFault::Sent(error) => CheckpointError::store(what())(error),
            });
        }
        upload.finish().await.map_err(CheckpointError::store(what()))?;
        Ok(())
    }

    /// Brings a file into a folder, and checks every byte of it.
    pub(super) async fn get_file(
        &self,
        name: &ManifestName,
        file: &Listed,
        into: &FilePath,
    ) -> Result<(), CheckpointError> {
        let to = into.join(&file.name);
        let write = || CheckpointError::disk(format!("writing {}", to.display()));
        self.around.probe.disk(DiskWork::Write).map_err(write())?;
        let mut target = File::create(&to).map_err(write())?;
        let mut chunks = self.open(name, file).await?;
        let mut check = Check::new(name, file);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            check.take(&chunk);
            target.write_all(&chunk).map_err(write())?;
        }
        check.end().or_else(|fault| if self.keeps(Protection::FilesChecked) { Err(fault) } else { Ok(()) })?;
        target.sync_all().map_err(write())?;
        Ok(())
    }

    async fn open(
        &self,
        name: &ManifestName,
        file: &Listed,
    ) -> Result<futures::stream::BoxStream<'static, Result<bytes::Bytes, CheckpointError>>, CheckpointError> {
        let path = self.file_path(&file.object);
        let what = format!("reading {path}");
        let found = self.store.get(&path).await.map_err(|error| absent(name, what.clone(), error))?;
        if found.meta.size != file.size {
            let reason = format!("{} has {} bytes, not {}", file.name, found.meta.size, file.size);
            return Err(CheckpointError::unsound(name, reason));
        }
        Ok(found.into_stream().map_err(move |error| CheckpointError::store(what.clone())(error)).boxed())
    }
}

/// An object that is not there makes its checkpoint unsound; everything else is the store's fault.
fn absent(name: &ManifestName, what: String, error: object_store::Error) -> CheckpointError {
    if matches!(error, object_store::Error::NotFound { .. }) {
        CheckpointError::unsound(name, format!("{what} finds nothing"))
    } else {
        CheckpointError::store(what)(error)
    }
}

enum PartFault {
    Read(std::io::Error),
    Sent(object_store::Error),
}

async fn send_parts(file: &mut File, upload: &mut WriteMultipart) -> Result<(), PartFault> {
    loop {
        let mut part = Vec::with_capacity(PART);
        let read = Read::by_ref(file).take(PART as u64).read_to_end(&mut part).map_err(PartFault::Read)?;
        if read == 0 {
            return Ok(());
        }
        upload.wait_for_capacity(PARTS_AT_ONCE).await.map_err(PartFault::Sent)?;
        upload.put(part.into());
    }
}

/// Compares what comes with what a manifest says of a file.
struct Check<'a> {
    name: &'a ManifestName,
    file: &'a Listed,
    digest: Sha256,
    size: u64,
}

impl<'a> Check<'a> {
    fn new(name: &'a ManifestName, file: &'a Listed) -> Self {
        Self { name, file, digest: Sha256::new(), size: 0 }
    }

    fn take(&mut self, chunk: &[u8]) {
        self.size += chunk.len() as u64;
        self.digest.update(chunk);
    }

    fn end(self) -> Result<(), CheckpointError> {
        let fault = if self.size != self.file.size {
            format!("{} came with {} bytes, not {}", self.file.name, self.size, self.file.size)
        } else if hex(&self.digest.finalize()) != self.file.sha256 {
            format!("{} is damaged: its checksum is another", self.file.name)
        } else {
            return Ok(());
        };
        Err(CheckpointError::unsound(self.name, fault))
    }
}
