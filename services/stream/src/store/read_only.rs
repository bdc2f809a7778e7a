//! A state opened for reading alone: a copy, or one beside the process that owns it. It shows one moment, and nothing of it
//! is changed.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rocksdb::DB;

use super::manifest::MANIFEST_KEY;
use super::{
    Identity, Memory, POSITION_KEY, STAMP_KEY, StoreError, decode_position, framing, groups, manifest, open_error,
    stamp, state_error, walk,
};
use crate::state::{KeyRange, Position, StateError, StateRead};

/// Blocks read once and in order need no large cache.
const MEMORY_BYTES: usize = 8 << 20;

pub struct ReadOnly {
    db: DB,
    dir: PathBuf,
    identity: Identity,
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    pub identity: Identity,
    pub position: Position,
}

impl ReadOnly {
    /// Opens the state in `dir` as it stands, whosever it is.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| StoreError::Io { dir: dir.display().to_string(), reason: error.to_string() };
        let fault = |error: rocksdb::Error| open_error(dir, &error);
        let damaged = |reason: String| StoreError::Damaged { dir: dir.display().to_string(), reason };
        if let Some(file) = framing::look(dir).map_err(io)?.endless {
            return Err(damaged(format!("{file} holds a record that none of ours is")));
        }
        let mut options = Memory::new(MEMORY_BYTES).options(0);
        options.create_if_missing(false);
        let db = DB::open_for_read_only(&options, dir, false).map_err(fault)?;
        // The owner writes on: what is looked at later than the row is longer, if it is not damaged.
        if let Some(row) = db.get_pinned(MANIFEST_KEY).map_err(fault)?
            && manifest::lost_its_end(&row, &framing::look(dir).map_err(io)?.manifests)
        {
            return Err(damaged("the manifest lost its end".to_owned()));
        }
        let Some(stamp) = db.get(STAMP_KEY).map_err(fault)? else {
            return Err(StoreError::Foreign { dir: dir.display().to_string(), reason: "it has no stamp".to_owned() });
        };
        let identity = stamp::decode(&stamp, dir)?;
        Ok(Self { db, dir: dir.to_owned(), identity })
    }

    pub fn position(&self) -> Result<Position, StateError> {
        decode_position(self.db.get_pinned(POSITION_KEY)?.as_deref())
    }

    /// Whose state it is, and how far it is.
    pub fn inspect(&self) -> Result<Inspected, StoreError> {
        let position = self.position().map_err(|error| state_error(&self.dir, error))?;
        Ok(Inspected { identity: self.identity.clone(), position })
    }

    /// Reads every row, and with it the checksum of every block. Returns how many rows there are.
    pub fn read_through(&self) -> Result<u64, StoreError> {
        let mut options = groups::all();
        options.set_verify_checksums(true);
        options.fill_cache(false);
        let mut rows = self.db.raw_iterator_opt(options);
        rows.seek_to_first();
        let mut count = 0;
        while rows.valid() {
            count += 1;
            rows.next();
        }
        rows.status().map_err(|error| open_error(&self.dir, &error))?;
        Ok(count)
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
        walk(&self.db, None, range, row)
    }
}
