//! The state of one partition on disk: one RocksDB, one column family, one write batch per transaction.
//!
//! The batch holds the changes and the position they lead to, so the state always stands exactly at its position.
//! The write-ahead log is on and never synced: the page cache survives a killed process, and what a power cut takes is
//! folded again. Keys that begin with byte 0 are the store's own:
//!
//! | key | value | written |
//! |---|---|---|
//! | `\0stamp` | see [`stamp`]: whose state this is | when the state is created, and when its topic gets an id |
//! | `\0manifest` | see [`manifest`]: how long RocksDB's own list of tables is | when that grew |
//! | `\0position` | version byte 1, next offset (i64 BE), 0 or 1, timestamp of the last record (i64 BE) | in every batch |
//!
//! State of another topic, partition, layout or version of the fold's rows is never served: opening it is an error that says what to do.

mod framing;
mod groups;
mod in_order;
mod in_use;
pub(crate) mod leftover;
mod manifest;
mod options;
mod read_only;
mod stamp;

use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rocksdb::{DB, WriteBatch, WriteOptions};

pub use in_order::InOrder;
pub(crate) use in_use::InUse;
use manifest::{MANIFEST_KEY, Manifest};
pub use options::Memory;
pub use read_only::{Inspected, ReadOnly};
use rocksdb::checkpoint::Checkpoint;
use stamp::Names;
pub use stamp::{Identity, LAYOUT};

use crate::log::TopicPartition;
use crate::overlay::Overlay;
use crate::state::{KeyRange, Position, StateError, StateRead};

const STAMP_KEY: &[u8] = b"\0stamp";
const POSITION_KEY: &[u8] = b"\0position";
const POSITION_VERSION: u8 = 1;
/// What a batch has beside the changes: its head, and the store's own rows.
const OWN_BYTES: usize = 128;
/// The first key a fold may use.
const FIRST_KEY: &[u8] = &[1];

/// Why a state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another topic's or partition's state, or no state of ours at all.
    #[error("{dir} holds the state of something else: {reason}; it will be set aside and rebuilt from the log")]
    Foreign { dir: String, reason: String },
    /// Written by a newer version of this program.
    #[error("{dir} has layout {found}, this program knows up to {LAYOUT}; run the newer version, or let it be rebuilt")]
    Newer { dir: String, found: u16 },
    /// Written by another version of this program, whose rows this one does not read.
    #[error(
        "{dir} has version {found} of the {what}, this program reads {expected}; it will be set aside, and taken from a checkpoint \
         of this version or rebuilt from the log"
    )]
    OtherVersion { dir: String, what: &'static str, found: u16, expected: u16 },
    /// The topic had another number of partitions: subjects are in other partitions than the state says.
    #[error(
        "{dir} was folded from {found} partitions and the topic has {expected}; the number of partitions of a log must \
         not change: restore the topic, or move to a new one"
    )]
    Repartitioned { dir: String, found: i32, expected: i32 },
    #[error("{dir} is damaged: {reason}; it will be set aside and rebuilt from the log")]
    Damaged { dir: String, reason: String },
    #[error(
        "{dir} cannot be opened: {reason}; check the disk's space, health and permissions, and that no other process uses it"
    )]
    Io { dir: String, reason: String },
}

impl StoreError {
    /// Stable, for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "state.foreign",
            Self::Newer { .. } => "state.newer",
            Self::OtherVersion { .. } => "state.other-version",
            Self::Repartitioned { .. } => "state.repartitioned",
            Self::Damaged { .. } => "state.damaged",
            Self::Io { .. } => "state.io",
        }
    }
}

pub struct Store {
    db: DB,
    write: WriteOptions,
    manifest: Manifest,
    /// The stamp names the topic.
    identified: AtomicBool,
}

impl Store {
    /// Opens the state in `dir`, creating an empty one at offset 0 if there is none.
    pub fn open(dir: &Path, identity: &Identity, memory: &Memory) -> Result<Self, StoreError> {
        let name = || dir.display().to_string();
        let io = |error: std::io::Error| StoreError::Io { dir: name(), reason: error.to_string() };
        std::fs::create_dir_all(dir).map_err(io)?;
        let look = framing::look(dir).map_err(io)?;
        let damaged = |reason: String| StoreError::Damaged { dir: name(), reason };
        if look.has_files && !look.has_current {
            return Err(damaged("the file CURRENT is missing".to_owned()));
        }
        if let Some(file) = look.endless {
            return Err(damaged(format!("{file} holds a record that none of ours is")));
        }
        let db = DB::open(&memory.options(identity.partition), dir).map_err(|error| open_error(dir, &error))?;
        let manifest = Manifest::open(dir).map_err(io)?;
        let store = Self { db, write: WriteOptions::default(), manifest, identified: AtomicBool::new(false) };
        let unreadable = |error: rocksdb::Error| open_error(dir, &error);
        if let Some(row) = store.db.get_pinned(MANIFEST_KEY).map_err(unreadable)?
            && manifest::lost_its_end(&row, &look.manifests)
        {
            return Err(damaged("the manifest lost its end".to_owned()));
        }
        store.check_stamp(dir, identity)?;
        if let Some(row) = store.manifest.grown() {
            store.db.put_opt(MANIFEST_KEY, row, &store.write).map_err(unreadable)?;
        }
        Ok(store)
    }

    /// Bytes of write-ahead log in `dir`, which an opening reads and writes to a table: nearly all of the time that it takes. 0 where
    /// that cannot be told; the opening says why.
    pub(crate) fn bytes_to_replay(dir: &Path) -> u64 {
        framing::log_bytes(dir).unwrap_or_default()
    }

    fn check_stamp(&self, dir: &Path, identity: &Identity) -> Result<(), StoreError> {
        let unreadable = |error: rocksdb::Error| open_error(dir, &error);
        let name = || dir.display().to_string();
        if let Some(found) = self.db.get_pinned(STAMP_KEY).map_err(unreadable)? {
            let names = stamp::check(&found, identity, dir)?;
            drop(found);
            self.position().map_err(|error| state_error(dir, error))?;
            return match names {
                Names::ATopic => {
                    self.identified.store(true, Ordering::Relaxed);
                    Ok(())
                }
                Names::Nothing => self.stamp(identity).map_err(unreadable),
            };
        }
        let mut rows = self.db.raw_iterator_opt(groups::all());
        rows.seek_to_first();
        rows.status().map_err(unreadable)?;
        if rows.valid() {
            return Err(StoreError::Foreign { dir: name(), reason: "it has rows and no stamp".to_owned() });
        }
        drop(rows);
        let mut batch = WriteBatch::default();
        batch.put(STAMP_KEY, stamp::encode(identity));
        batch.put(POSITION_KEY, encode_position(Position::default()));
        self.db.write_opt(batch, &self.write).map_err(unreadable)?;
        self.identified.store(!identity.topic_id.is_empty(), Ordering::Relaxed);
        Ok(())
    }

    fn stamp(&self, identity: &Identity) -> Result<(), rocksdb::Error> {
        self.db.put_opt(STAMP_KEY, stamp::encode(identity), &self.write)?;
        self.identified.store(!identity.topic_id.is_empty(), Ordering::Relaxed);
        Ok(())
    }

    /// Whether the state names the topic it was folded from. A topic may get its id with its first record only.
    pub fn is_identified(&self) -> bool {
        self.identified.load(Ordering::Relaxed)
    }

    /// Names the topic, if nothing did yet.
    pub fn identify(&self, identity: &Identity) -> Result<(), StateError> {
        if !self.is_identified() {
            self.stamp(identity)?;
        }
        Ok(())
    }

    /// Writes the changes and the position they lead to, in one batch.
    pub fn commit(&self, overlay: &Overlay, position: Position) -> Result<(), StateError> {
        let mut batch = WriteBatch::with_capacity_bytes(overlay.batch_bytes() + OWN_BYTES);
        for (key, change) in overlay.iter() {
            match change {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        batch.put(POSITION_KEY, encode_position(position));
        if let Some(row) = self.manifest.grown() {
            batch.put(MANIFEST_KEY, row);
        }
        self.db.write_opt(batch, &self.write)?;
        Ok(())
    }

    pub fn position(&self) -> Result<Position, StateError> {
        decode_position(self.db.get_pinned(POSITION_KEY)?.as_deref())
    }

    /// A consistent view of what is committed, for other threads.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot { db: &self.db, at: self.db.snapshot() }
    }

    /// Copies the state as of one moment into a folder that is not there yet: links to its files, which do not change.
    /// Memtables are flushed first, so this also makes what was written durable.
    pub(crate) fn checkpoint(&self, into: &Path) -> Result<(), StoreError> {
        let copied = Checkpoint::new(&self.db).and_then(|copy| copy.create_checkpoint(into));
        copied.map_err(|error| open_error(into, &error))
    }

    /// Estimates for metrics: rows, and bytes of live data on disk.
    pub fn size(&self) -> Result<(u64, u64), StateError> {
        let read = |name: &str| self.db.property_int_value(name).map(Option::unwrap_or_default);
        Ok((read("rocksdb.estimate-num-keys")?, read("rocksdb.estimate-live-data-size")?))
    }
}

impl StateRead for Store {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.db.get_pinned(key)?.map(|value| Bytes::copy_from_slice(&value)))
    }

    fn show(&self, key: &[u8], to: &mut dyn FnMut(&[u8])) -> Result<bool, StateError> {
        let value = self.db.get_pinned(key)?;
        if let Some(value) = &value {
            to(value);
        }
        Ok(value.is_some())
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        walk(&self.db, None, range, row)
    }
}

/// The committed state of one partition at one moment, with its position.
pub struct Snapshot<'a> {
    db: &'a DB,
    at: rocksdb::Snapshot<'a>,
}

impl Snapshot<'_> {
    pub fn position(&self) -> Result<Position, StateError> {
        decode_position(self.at.get_pinned(POSITION_KEY)?.as_deref())
    }
}

impl StateRead for Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.at.get_pinned(key)?.map(|value| Bytes::copy_from_slice(&value)))
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        walk(self.db, Some(&self.at), range, row)
    }
}

fn walk(
    db: &DB,
    at: Option<&rocksdb::Snapshot<'_>>,
    range: KeyRange<'_>,
    row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
) -> Result<(), StateError> {
    let (from, to) = range;
    let mut options = groups::options(range);
    if let Some(at) = at {
        options.set_snapshot(at);
    }
    match to {
        Bound::Unbounded => {}
        Bound::Excluded(end) => options.set_iterate_upper_bound(end),
        Bound::Included(end) => options.set_iterate_upper_bound([end, &[0]].concat()),
    }
    let mut rows = db.raw_iterator_opt(options);
    match from {
        Bound::Unbounded => rows.seek(FIRST_KEY),
        Bound::Included(start) => rows.seek(start.max(FIRST_KEY)),
        Bound::Excluded(start) => rows.seek([start, &[0]].concat().as_slice().max(FIRST_KEY)),
    }
    while let Some((key, value)) = rows.item() {
        if row(key, value).is_break() {
            return Ok(());
        }
        rows.next();
    }
    rows.status()?;
    Ok(())
}

/// The folder of a partition's state.
pub fn folder(state_dir: &Path, of: &TopicPartition) -> PathBuf {
    state_dir.join(format!("{}-{}", of.topic, of.partition))
}

/// Whether a folder holds no state at all, not even a damaged one.
pub fn is_absent(dir: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Moves a state that must not be served out of the way. One is kept per partition, the newest, so that the disk
/// does not fill.
pub fn set_aside(dir: &Path) -> std::io::Result<PathBuf> {
    renamed(dir, leftover::ASIDE)
}

/// Removes a state that is not open, in one step as far as a crash can tell.
pub(crate) fn remove(dir: &Path) -> std::io::Result<()> {
    std::fs::remove_dir_all(renamed(dir, leftover::REPLACED)?)
}

/// Gives a folder another extension, in the place of what had it before.
fn renamed(dir: &Path, extension: &str) -> std::io::Result<PathBuf> {
    let mut name = dir.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    let to = PathBuf::from(name);
    if to.exists() {
        std::fs::remove_dir_all(&to)?;
    }
    std::fs::rename(dir, &to)?;
    Ok(to)
}

fn open_error(dir: &Path, error: &rocksdb::Error) -> StoreError {
    // The directory is there, so it is one of the state's own files that is not: it does not come back by waiting.
    let reason = error.to_string();
    if reason.contains("No such file or directory") {
        return StoreError::Damaged { dir: dir.display().to_string(), reason };
    }
    state_error(dir, error.clone().into())
}

fn state_error(dir: &Path, error: StateError) -> StoreError {
    let dir = dir.display().to_string();
    match error {
        StateError::Damaged { reason } => StoreError::Damaged { dir, reason },
        StateError::Io { reason } => StoreError::Io { dir, reason },
    }
}

fn encode_position(position: Position) -> [u8; 18] {
    let mut row = [0; 18];
    row[0] = POSITION_VERSION;
    row[1..9].copy_from_slice(&position.next_offset.to_be_bytes());
    if let Some(at) = position.last_append_ms {
        row[9] = 1;
        row[10..].copy_from_slice(&at.to_be_bytes());
    }
    row
}

fn decode_position(row: Option<&[u8]>) -> Result<Position, StateError> {
    let damaged = |reason: &str| StateError::Damaged { reason: reason.to_owned() };
    let row = row.ok_or_else(|| damaged("its position is missing"))?;
    let row: &[u8; 18] = row.try_into().map_err(|_| damaged("its position has another length"))?;
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&row[at..at + 8]);
        i64::from_be_bytes(bytes)
    };
    let last_append_ms = match (row[0], row[9]) {
        (POSITION_VERSION, 0) => None,
        (POSITION_VERSION, 1) => Some(number(10)),
        _ => return Err(damaged("its position cannot be read")),
    };
    Ok(Position { next_offset: number(1), last_append_ms })
}

#[cfg(test)]
mod tests;
