//! Sending a checkpoint: the files that the store does not have from the checkpoint before, then the manifest, then a look
//! whether all is there. Whatever ends it in between leaves files that no manifest names, which are swept later.

use std::collections::{BTreeMap, BTreeSet};

use super::depot::Depot;
use super::error::CheckpointError;
use super::manifest::{File, Manifest, ManifestName};
use super::take::{Taken, TakenFile};
use crate::probe::Protection;

/// Who made a checkpoint, and when.
pub(super) struct Maker {
    pub(super) app: String,
    pub(super) now_ms: i64,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The store has a checkpoint of this very position.
    Nothing,
    Checkpoint {
        name: ManifestName,
        files: usize,
        bytes: u64,
    },
}

/// Checkpoints named in `unsound` count as not there.
pub(super) async fn upload(
    depot: &Depot,
    topic: &str,
    taken: &Taken,
    maker: &Maker,
    unsound: &BTreeSet<String>,
) -> Result<Sent, CheckpointError> {
    let position = taken.state.position;
    let listed = depot.manifests().await?;
    let (bad, sound) =
        listed.iter().map(|(name, _)| name).partition::<Vec<_>, _>(|name| unsound.contains(&name.to_string()));
    let parent = parent(depot, taken, &sound).await?;
    let there = match &parent {
        Some(_) => there(depot).await?,
        None => BTreeMap::new(),
    };
    if let Some((name, parent)) = parent.as_ref().filter(|(name, _)| name.next_offset() == position.next_offset)
        && missing(&there, parent).is_none()
    {
        tracing::debug!(checkpoint = %name, "the store has this position already");
        return Ok(Sent::Nothing);
    }
    let suspect = suspect(depot, &bad).await?;
    let mut manifest = Manifest::new(topic, &taken.state.identity, position);
    manifest.created_ms = maker.now_ms;
    manifest.created_by.clone_from(&maker.app);
    manifest.parent = parent.as_ref().map(|(name, _)| name.to_string());
    let known: BTreeMap<(&str, u64), &str> = parent
        .iter()
        .flat_map(|(_, parent)| &parent.files)
        .filter(|file| is_there(&there, file) || !depot.keeps(Protection::SharedIfThere))
        // The others are small, and a state that was built anew has some of the same content: if the store's copy were damaged, so
        // would every later checkpoint be. Tables are of one state alone.
        .filter(|file| file.name.ends_with(".sst"))
        .filter(|file| suspect.as_ref().is_some_and(|suspect| !suspect.contains(&file.object)))
        .map(|file| ((file.sha256.as_str(), file.size), file.object.as_str()))
        .collect();
    let mut new = Vec::new();
    for taken @ TakenFile { name, size, sha256, .. } in &taken.files {
        let object = match known.get(&(sha256.as_str(), *size)) {
            Some(object) => (*object).to_owned(),
            None => {
                // Never a name that was used before: what a sweep found needless cannot become needed again.
                let object = format!("{sha256}-{}", uuid::Uuid::new_v4().simple());
                new.push((object.clone(), taken));
                object
            }
        };
        manifest.files.push(File { name: name.clone(), size: *size, sha256: sha256.clone(), object });
    }
    let (name, encoded) = manifest.encode()?;
    if !depot.keeps(Protection::ManifestLast) {
        depot.add(&name, encoded.clone()).await?;
    }
    for (object, file) in &new {
        depot.put_file(object, &file.path, file.size).await?;
    }
    depot.add(&name, encoded).await?;
    if let Some(missing) = missing(&self::there(depot).await?, &manifest)
        && depot.keeps(Protection::UploadChecked)
    {
        depot.remove(&name).await?;
        return Err(CheckpointError::unsound(&name, format!("{missing} went away while it was sent")));
    }
    let bytes = new.iter().map(|(_, file)| file.size).sum();
    Ok(Sent::Checkpoint { name, files: new.len(), bytes })
}

/// The objects that unsound checkpoints name; `None` when it cannot be told which those are.
async fn suspect(depot: &Depot, unsound: &[&ManifestName]) -> Result<Option<BTreeSet<String>>, CheckpointError> {
    let mut objects = BTreeSet::new();
    for name in unsound {
        match depot.read(name).await {
            Ok(manifest) => objects.extend(manifest.files.into_iter().map(|file| file.object)),
            Err(CheckpointError::Unsound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(objects))
}

/// The newest checkpoint not ahead of this one that can be read: its files need not be sent again.
async fn parent(
    depot: &Depot,
    taken: &Taken,
    newest_first: &[&ManifestName],
) -> Result<Option<(ManifestName, Manifest)>, CheckpointError> {
    for &name in newest_first {
        if name.next_offset() > taken.state.position.next_offset {
            continue;
        }
        match depot.read(name).await {
            Ok(manifest) if manifest.identity() == taken.state.identity => return Ok(Some((name.clone(), manifest))),
            Ok(_) => {
                tracing::warn!(checkpoint = %name, "a checkpoint of another partition, or of rows of another version, lies here")
            }
            Err(error @ CheckpointError::Unsound { .. }) => tracing::warn!(error = %error.told(), "no parent"),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The files that the store has, with their sizes.
async fn there(depot: &Depot) -> Result<BTreeMap<String, u64>, CheckpointError> {
    Ok(depot.files().await?.into_iter().map(|object| (object.name, object.size)).collect())
}

fn is_there(there: &BTreeMap<String, u64>, file: &File) -> bool {
    there.get(&file.object) == Some(&file.size)
}

/// A file of the manifest that the store does not have as it should be.
fn missing<'a>(there: &BTreeMap<String, u64>, manifest: &'a Manifest) -> Option<&'a str> {
    manifest.files.iter().find(|file| !is_there(there, file)).map(|file| file.name.as_str())
}
