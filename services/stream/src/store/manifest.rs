//! How far the manifest is whole, kept in the state itself.
//!
//! The manifest says which tables the state has. RocksDB takes one that lost its end for whole: tables that its end named are
//! gone, while the write-ahead log brings later rows, and the position with them. So each batch after the manifest grew
//! says how long it is, and a manifest that is found whole only up to an earlier place is damage.
//!
//! Row `\0manifest`: length (u64 BE), name (the rest, UTF-8). Absent in a state of before there was this row.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const MANIFEST_KEY: &[u8] = b"\0manifest";

/// The manifest of a state that is open.
pub(super) struct Manifest {
    name: String,
    file: File,
    /// The length that was last written down.
    noted: AtomicU64,
}

impl Manifest {
    pub(super) fn open(dir: &Path) -> std::io::Result<Self> {
        let name = std::fs::read_to_string(dir.join("CURRENT"))?.trim_end().to_owned();
        let file = File::open(dir.join(&name))?;
        Ok(Self { name, file, noted: AtomicU64::new(0) })
    }

    /// The row to write, if the manifest grew since the last one. A length that cannot be had is asked for again next time.
    pub(super) fn grown(&self) -> Option<Vec<u8>> {
        let length = self.file.metadata().ok()?.len();
        if self.noted.swap(length, Ordering::Relaxed) == length {
            return None;
        }
        Some([&length.to_be_bytes(), self.name.as_bytes()].concat())
    }
}

/// Whether the manifest named in the row is found whole less far than it was.
pub(super) fn lost_its_end(row: &[u8], found: &BTreeMap<String, u64>) -> bool {
    let Some((length, name)) = row.split_first_chunk() else { return true };
    let name = String::from_utf8_lossy(name);
    found.get(name.as_ref()).is_some_and(|found| *found < u64::from_be_bytes(*length))
}
