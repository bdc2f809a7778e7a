//! Folders for work under way, beside the states: hard links and renames need the same file system.

use std::path::{Path, PathBuf};

use super::error::CheckpointError;

/// Below the state directory.
const NAME: &str = ".scratch";

/// Removes what an earlier process left behind. Best effort: it costs room, nothing else.
pub(crate) fn sweep(state_dir: &Path) {
    let dir = state_dir.join(NAME);
    if let Err(error) = std::fs::remove_dir_all(&dir)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(dir = %dir.display(), %error, "left-over folders cannot be removed");
    }
}

/// A name for a folder that is removed when this is dropped. The folder itself is made by whoever uses it.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    pub(super) fn new(state_dir: &Path) -> Result<Self, CheckpointError> {
        let parent = state_dir.join(NAME);
        std::fs::create_dir_all(&parent)
            .map_err(CheckpointError::disk(format!("making the folder {}", parent.display())))?;
        Ok(Self { dir: parent.join(uuid::Uuid::new_v4().simple().to_string()) })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Moves the folder to its place, where there must be nothing, or an empty folder.
    pub(crate) fn settle(self, at: &Path) -> std::io::Result<()> {
        std::fs::rename(&self.dir, at)?;
        if let Some(parent) = at.parent() {
            std::fs::File::open(parent)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is not there before it was made, and after it was moved to its place.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
