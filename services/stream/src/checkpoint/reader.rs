//! Checkpoints for everybody but a worker: the command line and auditors list them, verify them, and bring one into a
//! folder. Blocking calls, for plain threads; nothing in the store is changed.

use std::path::Path;
use std::time::SystemTime;

use object_store::path::Path as StorePath;
use object_store::{ObjectStoreExt, PutMode, PutOptions};
use tokio::runtime::Runtime;

use super::depot::Depot;
use super::error::CheckpointError;
use super::manifest::{Manifest, ManifestName};
use super::place::Place;
use super::restore::bring;
use crate::store::{ReadOnly, is_absent};

/// Reads the checkpoints of a store.
pub struct Checkpoints {
    place: Place,
    runtime: Runtime,
}

/// A checkpoint in the store.
#[derive(Debug)]
pub struct Found {
    pub name: ManifestName,
    /// The folder of its log in the store: the topic's id, as the store spells it.
    pub log: String,
    pub partition: i32,
    /// When the store took it, by the store's clock.
    pub stored: SystemTime,
    /// What it says, or why that cannot be used.
    pub manifest: Result<Manifest, CheckpointError>,
    depot: Depot,
}

impl Found {
    /// Whether its rows are of this version. One whose manifest is bad counts as such: it says so when it is brought.
    pub fn is_of_rows(&self, version: u16) -> bool {
        self.manifest.as_ref().map_or(true, |manifest| manifest.rows == version)
    }
}

/// What a verified checkpoint holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub files: usize,
    pub bytes: u64,
    pub rows: u64,
}

impl Checkpoints {
    pub fn open(place: Place) -> Result<Self, CheckpointError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CheckpointError::disk("starting a runtime"))?;
        Ok(Self { place, runtime })
    }

    /// Every checkpoint of a topic, by log and partition, the newest first.
    pub fn list(&self, topic: &str) -> Result<Vec<Found>, CheckpointError> {
        self.runtime.block_on(self.find(topic))
    }

    async fn find(&self, topic: &str) -> Result<Vec<Found>, CheckpointError> {
        let mut found = Vec::new();
        for log in self.folders(&StorePath::from_iter([topic])).await? {
            for base in self.folders(&log).await? {
                let Some(partition) = base.filename().and_then(|name| name.parse().ok()) else { continue };
                let depot = Depot::at(&self.place, base);
                for (name, stored) in depot.manifests().await? {
                    let manifest = match depot.read(&name).await {
                        Err(error @ CheckpointError::Store { .. }) => return Err(error),
                        read => read,
                    };
                    let (log, depot) = (log.filename().unwrap_or_default().to_owned(), depot.clone());
                    found.push(Found { name, log, partition, stored, manifest, depot });
                }
            }
        }
        Ok(found)
    }

    /// Writes, lists, reads and removes a small object beside the logs of a topic: what a worker needs to be let do.
    pub fn try_rights(&self, topic: &str) -> Result<(), CheckpointError> {
        let path = StorePath::from_iter([topic, "rights", uuid::Uuid::new_v4().simple().to_string().as_str()]);
        let store = &self.place.store;
        self.runtime.block_on(async {
            let fault = |what: &str| CheckpointError::store(format!("{what} {path}"));
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            store.put_opts(&path, "may this be written?".into(), options).await.map_err(fault("writing"))?;
            store.head(&path).await.map_err(fault("reading"))?;
            store.delete(&path).await.map_err(fault("removing"))
        })
    }

    async fn folders(&self, below: &StorePath) -> Result<Vec<StorePath>, CheckpointError> {
        let listed = self.place.store.list_with_delimiter(Some(below)).await;
        Ok(listed.map_err(CheckpointError::store(format!("listing {below}")))?.common_prefixes)
    }

    /// Brings a checkpoint into a folder, every byte checked. The folder must not be there, or be empty; on a fault
    /// nothing is left in it. The state can then be opened by [`crate::store::Store::open`] with the manifest's identity.
    pub fn restore<'f>(&self, found: &'f Found, into: &Path) -> Result<&'f Manifest, CheckpointError> {
        let manifest = manifest(found)?;
        let shown = into.display();
        if !is_absent(into).map_err(CheckpointError::disk(format!("reading {shown}")))? {
            let source = std::io::Error::other("the folder is not empty");
            return Err(CheckpointError::Disk { what: format!("restoring into {shown}"), source });
        }
        let make = || CheckpointError::disk(format!("making the folder {shown}"));
        if into.exists() {
            std::fs::remove_dir(into).map_err(make())?;
        } else if let Some(parent) = into.parent() {
            std::fs::create_dir_all(parent).map_err(make())?;
        }
        let brought = self.runtime.block_on(bring(&found.depot, &found.name, manifest, into));
        if let Err(error) = brought {
            let _ = std::fs::remove_dir_all(into);
            return Err(error);
        }
        Ok(manifest)
    }

    /// Brings a checkpoint into an empty folder and reads every row of it. The folder is removed.
    pub fn verify(&self, found: &Found, folder: &Path) -> Result<Verified, CheckpointError> {
        let manifest = self.restore(found, folder)?;
        let read = ReadOnly::open(folder).and_then(|state| state.read_through());
        let _ = std::fs::remove_dir_all(folder);
        let rows = read.map_err(|error| CheckpointError::unsound(&found.name, error.to_string()))?;
        Ok(Verified { files: manifest.files.len(), bytes: manifest.bytes(), rows })
    }
}

fn manifest(found: &Found) -> Result<&Manifest, CheckpointError> {
    let manifest = match &found.manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            let known = if let CheckpointError::Unsound { reason, .. } = error { Some(reason.clone()) } else { None };
            return Err(CheckpointError::unsound(&found.name, known.unwrap_or_else(|| error.told())));
        }
    };
    if manifest.partition != found.partition {
        let reason = format!("it lies with partition {} and is of {}", found.partition, manifest.partition);
        return Err(CheckpointError::unsound(&found.name, reason));
    }
    Ok(manifest)
}
