//! Copying a live state into a folder: hard links, a moment's work whatever the size. RocksDB flushes its memtables
//! first and copies as of one moment, so a batch is in the copy as a whole or not at all, and the position with it.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::CheckpointError;
use super::manifest::hex;
use super::scratch::Scratch;
use crate::probe::{DiskWork, Probed};
use crate::store::{Inspected, ReadOnly, Store};

/// A copy on this machine.
pub(super) struct Taken {
    pub(super) state: Inspected,
    pub(super) files: Vec<TakenFile>,
    /// Holds the files until it is dropped.
    _scratch: Scratch,
}

pub(super) struct TakenFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: String,
}

/// Digests of files that were read before. Table files do not change, and a link has its file's inode.
#[derive(Default)]
pub(super) struct Digests(HashMap<(u64, u64, i64, i64), String>);

impl Digests {
    fn of(&mut self, path: &Path, about: &Metadata) -> std::io::Result<String> {
        let key = (about.ino(), about.size(), about.mtime(), about.mtime_nsec());
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let mut file = std::fs::File::open(path)?;
        let mut digest = Sha256::new();
        let mut chunk = vec![0; 256 << 10];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            digest.update(&chunk[..read]);
        }
        let text = hex(&digest.finalize());
        self.0.insert(key, text.clone());
        Ok(text)
    }
}

/// Links the state into a scratch folder. The state must not be closed meanwhile; it may be written to.
pub(super) fn link(store: &Store, state_dir: &Path, probe: &Probed) -> Result<Scratch, CheckpointError> {
    probe.disk(DiskWork::Link).map_err(CheckpointError::disk("linking the state"))?;
    let scratch = Scratch::new(state_dir)?;
    store.checkpoint(scratch.dir()).map_err(CheckpointError::State)?;
    Ok(scratch)
}

/// Reads what was linked: whose state, how far, and the digest of every file that is new.
pub(super) fn read(scratch: Scratch, digests: &mut Digests, probe: &Probed) -> Result<Taken, CheckpointError> {
    let dir = scratch.dir();
    let reading = || CheckpointError::disk(format!("reading {}", dir.display()));
    probe.disk(DiskWork::Read).map_err(reading())?;
    let mut files = Vec::new();
    let mut seen = Digests::default();
    // Listed before it is opened: opening writes a log file of its own.
    for entry in std::fs::read_dir(dir).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let about = std::fs::metadata(&path).map_err(reading())?;
        let sha256 = digests.of(&path, &about).map_err(reading())?;
        seen.0.insert((about.ino(), about.size(), about.mtime(), about.mtime_nsec()), sha256.clone());
        files.push(TakenFile { name, path, size: about.size(), sha256 });
    }
    *digests = seen;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let state = ReadOnly::open(dir).and_then(|state| state.inspect()).map_err(CheckpointError::State)?;
    Ok(Taken { state, files, _scratch: scratch })
}
