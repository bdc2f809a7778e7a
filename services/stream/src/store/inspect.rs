//! Looking at a state without serving it: whose it is, how far, and whether every row can be read. Opens for reading
//! only; nothing of the state changes.

use std::path::Path;

use rocksdb::{DB, ReadOptions};

use super::{Identity, Memory, POSITION_KEY, STAMP_KEY, StoreError, decode_position, open_error, stamp, state_error};
use crate::state::Position;

/// Cache while looking; nothing is read twice.
const MEMORY_BYTES: usize = 8 << 20;

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    pub identity: Identity,
    pub position: Position,
}

/// Whose state a folder holds, and how far it is.
pub fn inspect(dir: &Path) -> Result<Inspected, StoreError> {
    look(dir).map(|(_, found)| found)
}

/// The same, having read every row, and with it the checksum of every block. Returns how many rows there are.
pub fn inspect_rows(dir: &Path) -> Result<(Inspected, u64), StoreError> {
    let (db, found) = look(dir)?;
    let mut options = ReadOptions::default();
    options.set_verify_checksums(true);
    options.fill_cache(false);
    let mut rows = db.raw_iterator_opt(options);
    rows.seek_to_first();
    let mut count = 0;
    while rows.valid() {
        count += 1;
        rows.next();
    }
    rows.status().map_err(|error| open_error(dir, &error))?;
    Ok((found, count))
}

fn look(dir: &Path) -> Result<(DB, Inspected), StoreError> {
    let fault = |error: rocksdb::Error| open_error(dir, &error);
    let mut options = Memory::new(MEMORY_BYTES).options();
    options.create_if_missing(false);
    let db = DB::open_for_read_only(&options, dir, false).map_err(fault)?;
    let stamp = db.get(STAMP_KEY).map_err(fault)?;
    let Some(stamp) = stamp else {
        return Err(StoreError::Foreign { dir: dir.display().to_string(), reason: "it has no stamp".to_owned() });
    };
    let identity = stamp::decode(&stamp, dir)?;
    let position = db.get(POSITION_KEY).map_err(fault)?;
    let position = decode_position(position.as_deref()).map_err(|error| state_error(dir, error))?;
    Ok((db, Inspected { identity, position }))
}
