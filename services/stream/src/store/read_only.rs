//! A state opened for reading alone, beside the process that owns it: for audits. It shows one moment, and writes nothing.

use std::ops::ControlFlow;
use std::path::Path;

use bytes::Bytes;
use rocksdb::{DB, ReadOptions};

use super::manifest::MANIFEST_KEY;
use super::{Memory, POSITION_KEY, STAMP_KEY, StoreError, decode_position, framing, manifest, open_error, walk};
use crate::state::{KeyRange, Position, StateError, StateRead};

/// Blocks read once and in order need no large cache.
const MEMORY_BYTES: usize = 8 << 20;

pub struct ReadOnly {
    db: DB,
}

impl ReadOnly {
    /// Opens the state in `dir` as it stands. Whose state it is, the reader must judge by what is in it.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| StoreError::Io { dir: dir.display().to_string(), reason: error.to_string() };
        let damaged = |reason: String| StoreError::Damaged { dir: dir.display().to_string(), reason };
        if let Some(file) = framing::look(dir).map_err(io)?.endless {
            return Err(damaged(format!("{file} holds a record that none of ours is")));
        }
        let options = Memory::new(MEMORY_BYTES).options();
        let db = DB::open_for_read_only(&options, dir, false).map_err(|error| open_error(dir, &error))?;
        // The owner writes on: what is looked at later than the row is longer, if it is not damaged.
        if let Some(row) = db.get_pinned(MANIFEST_KEY).map_err(|error| open_error(dir, &error))?
            && manifest::lost_its_end(&row, &framing::look(dir).map_err(io)?.manifests)
        {
            return Err(damaged("the manifest lost its end".to_owned()));
        }
        let stamped = db.get_pinned(STAMP_KEY).map_err(|error| open_error(dir, &error))?.is_some();
        if stamped {
            Ok(Self { db })
        } else {
            Err(StoreError::Foreign { dir: dir.display().to_string(), reason: "it has no stamp".to_owned() })
        }
    }

    pub fn position(&self) -> Result<Position, StateError> {
        decode_position(self.db.get_pinned(POSITION_KEY)?.as_deref())
    }
}

impl StateRead for ReadOnly {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.db.get_pinned(key)?.map(|value| Bytes::copy_from_slice(&value)))
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        walk(&self.db, ReadOptions::default(), range, row)
    }
}
