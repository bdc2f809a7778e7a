//! Grounds that were read last, decoded: where a subject has many records, the few that its flags show are the same from one event to
//! the next, and are not read and decoded for each.
//!
//! Says nothing that the rows do not say: whoever keeps one forgets it ([`GroundCache::clear`]) when rows were undone or are others.

use std::hash::BuildHasherDefault;
use std::num::NonZeroUsize;

use lru::LruCache;

use crate::flag::{GROUNDS_SHOWN_MAX, Ground};

/// Grounds that are kept of a measure: as many as a flag shows. Of measures that have fewer from the beginning nothing is kept.
pub(super) const GROUNDS_CACHED: usize = GROUNDS_SHOWN_MAX;

/// Most bytes of the row of a ground that is kept, encoded: a bound of entries alone would bound no memory.
const ROW_BYTES_MAX: usize = 1_024;

/// The first grounds of those measures of subjects that were met last.
pub struct GroundCache(LruCache<Vec<u8>, First, Hasher>);

#[expect(clippy::disallowed_types, reason = "nobody sees where in memory an entry lies")]
type Hasher = BuildHasherDefault<std::hash::DefaultHasher>;

/// The first rows of a measure, by their keys and in order, all of them up to the last one here. Of one that was met once there are none.
struct First(Vec<Row>);

/// A row of a ground as it is read and written.
pub(super) struct Row {
    pub(super) key: Vec<u8>,
    pub(super) bytes: usize,
    pub(super) ground: Ground,
}

/// What is known of the first grounds of a measure.
pub(super) enum Known {
    These(Vec<Ground>),
    /// It was met before.
    Met,
    Nothing,
}

impl GroundCache {
    /// Of so many measures of subjects: less than 10 KiB each as they usually are, and four times as much or so where their rows are as
    /// long as is kept.
    pub fn new(measures: NonZeroUsize) -> Self {
        Self(LruCache::with_hasher(measures, Hasher::default()))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The first [`GROUNDS_CACHED`] grounds below `prefix`, if so many are known.
    pub(super) fn get(&mut self, prefix: &[u8]) -> Known {
        match self.0.get(prefix) {
            Some(First(rows)) if rows.len() == GROUNDS_CACHED => {
                Known::These(rows.iter().map(|row| row.ground.clone()).collect())
            }
            Some(First(_)) => Known::Met,
            None => Known::Nothing,
        }
    }

    /// The measure with this prefix has as many grounds as are kept: they are when it is met again, which most are not.
    pub(super) fn meet(&mut self, prefix: Vec<u8>) {
        self.0.put(prefix, First(Vec::new()));
    }

    /// Takes the first rows below `prefix`, as they have just been read, unless one is too long. Returns their grounds.
    pub(super) fn fill(&mut self, prefix: &[u8], rows: Vec<Row>) -> Vec<Ground> {
        match self.0.get_mut(prefix) {
            Some(first) if rows.iter().all(|row| row.bytes <= ROW_BYTES_MAX) => {
                let grounds = rows.iter().map(|row| row.ground.clone()).collect();
                first.0 = rows;
                grounds
            }
            Some(_) | None => rows.into_iter().map(|row| row.ground).collect(),
        }
    }

    /// A row below `prefix` was written.
    pub(super) fn put(&mut self, prefix: &[u8], key: &[u8], bytes: usize, ground: &Ground) {
        let Some(First(rows)) = self.0.peek_mut(prefix) else { return };
        let at = rows.binary_search_by(|held| held.key.as_slice().cmp(key));
        // After those here others may come that are not.
        if at == Err(rows.len()) {
            return;
        }
        if bytes > ROW_BYTES_MAX {
            rows.clear();
            return;
        }
        let row = Row { key: key.to_vec(), bytes, ground: ground.clone() };
        match at {
            Ok(at) => rows[at] = row,
            Err(at) => {
                if rows.len() == GROUNDS_CACHED {
                    rows.pop();
                }
                rows.insert(at, row);
            }
        }
    }

    /// A row below `prefix` was deleted.
    pub(super) fn delete(&mut self, prefix: &[u8], key: &[u8]) {
        let Some(First(rows)) = self.0.peek_mut(prefix) else { return };
        rows.retain(|row| row.key != key);
    }
}
