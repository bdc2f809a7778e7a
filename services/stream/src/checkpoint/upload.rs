//! Sending a checkpoint: the files that the checkpoint before does not have, then the manifest, then a look whether all
//! is there. Whatever ends it in between leaves files that no manifest names, which are swept later.

use std::collections::BTreeMap;

use super::depot::Depot;
use super::error::CheckpointError;
use super::manifest::{File, Manifest, ManifestName};
use super::take::{Taken, TakenFile};

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

pub(super) async fn upload(depot: &Depot, topic: &str, taken: &Taken, maker: &Maker) -> Result<Sent, CheckpointError> {
    let position = taken.state.position;
    let parent = parent(depot, taken).await?;
    if let Some((name, _)) = parent.as_ref().filter(|(name, _)| name.next_offset() == position.next_offset) {
        tracing::debug!(checkpoint = %name, "the store has this position already");
        return Ok(Sent::Nothing);
    }
    let mut manifest = Manifest::new(topic, &taken.state.identity, position);
    manifest.created_ms = maker.now_ms;
    manifest.created_by.clone_from(&maker.app);
    manifest.parent = parent.as_ref().map(|(name, _)| name.to_string());
    let known: BTreeMap<(&str, u64), &str> = parent
        .iter()
        .flat_map(|(_, parent)| &parent.files)
        .map(|file| ((file.sha256.as_str(), file.size), file.object.as_str()))
        .collect();
    let (mut files, mut bytes) = (0, 0);
    for TakenFile { name, path, size, sha256 } in &taken.files {
        let object = match known.get(&(sha256.as_str(), *size)) {
            Some(object) => (*object).to_owned(),
            None => {
                // Never a name that was used before: what a sweep found needless cannot become needed again.
                let object = format!("{sha256}-{}", uuid::Uuid::new_v4().simple());
                depot.put_file(&object, path, *size).await?;
                files += 1;
                bytes += size;
                object
            }
        };
        manifest.files.push(File { name: name.clone(), size: *size, sha256: sha256.clone(), object });
    }
    let (name, encoded) = manifest.encode()?;
    depot.add(&name, encoded).await?;
    if let Some(missing) = missing(depot, &manifest).await? {
        depot.remove(&name).await?;
        return Err(CheckpointError::unsound(&name, format!("{missing} went away while it was sent")));
    }
    Ok(Sent::Checkpoint { name, files, bytes })
}

/// The newest checkpoint not ahead of this one that can be read: its files need not be sent again.
async fn parent(depot: &Depot, taken: &Taken) -> Result<Option<(ManifestName, Manifest)>, CheckpointError> {
    for (name, _) in depot.manifests().await? {
        if name.next_offset() > taken.state.position.next_offset {
            continue;
        }
        match depot.read(&name).await {
            Ok(manifest) if manifest.identity() == taken.state.identity => return Ok(Some((name, manifest))),
            Ok(_) => tracing::warn!(checkpoint = %name, "a checkpoint of another partition lies here"),
            Err(error @ CheckpointError::Unsound { .. }) => tracing::warn!(error = %error.told(), "no parent"),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// A file of the manifest that the store does not have as it should be.
async fn missing(depot: &Depot, manifest: &Manifest) -> Result<Option<String>, CheckpointError> {
    let there: BTreeMap<String, u64> =
        depot.files().await?.into_iter().map(|object| (object.name, object.size)).collect();
    let missing = manifest.files.iter().find(|file| there.get(&file.object) != Some(&file.size));
    Ok(missing.map(|file| file.name.clone()))
}
