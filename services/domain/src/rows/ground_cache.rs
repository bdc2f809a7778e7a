//! Grounds that were read last, decoded: where a subject has many records, the few that its flags show are the same from one event to
//! the next, and are not read and decoded for each.
//!
//! Says nothing that the rows do not say: whoever keeps one forgets it ([`GroundCache::clear`]) when rows were undone or are others.

use std::hash::BuildHasherDefault;
use std::num::NonZeroUsize;

use lru::LruCache;

use crate::flag::{GROUNDS_SHOWN_MAX, Ground};

/// Grounds that are kept of a measure: as many as a flag shows. Of measures that have fewer nothing is kept.
pub const GROUNDS_CACHED: usize = GROUNDS_SHOWN_MAX;

/// The first grounds of those measures that were read last.
pub struct GroundCache(LruCache<Vec<u8>, First, Hasher>);

#[expect(clippy::disallowed_types, reason = "nobody sees where in memory an entry lies")]
type Hasher = BuildHasherDefault<std::hash::DefaultHasher>;

/// The first rows of a measure, by their keys and in order, all of them up to the last one here.
struct First(Vec<(Vec<u8>, Ground)>);

impl GroundCache {
    /// Of so many measures of subjects: about 4 KiB each.
    pub fn new(measures: NonZeroUsize) -> Self {
        Self(LruCache::with_hasher(measures, Hasher::default()))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The first [`GROUNDS_CACHED`] grounds below `prefix`, if so many are known.
    pub(super) fn get(&mut self, prefix: &[u8]) -> Option<Vec<Ground>> {
        let First(rows) = self.0.get(prefix)?;
        (rows.len() == GROUNDS_CACHED).then(|| rows.iter().map(|(_, ground)| ground.clone()).collect())
    }

    /// Takes the first grounds below `prefix`, with their keys, as they have just been read: of a measure that is read again, for most
    /// are not.
    pub(super) fn offer(&mut self, prefix: Vec<u8>, rows: impl FnOnce() -> Vec<(Vec<u8>, Ground)>) {
        match self.0.get_mut(&prefix) {
            Some(First(held)) => *held = rows(),
            None => {
                self.0.put(prefix, First(Vec::new()));
            }
        }
    }

    /// A row below `prefix` was written.
    pub(super) fn put(&mut self, prefix: &[u8], key: &[u8], ground: &Ground) {
        let Some(First(rows)) = self.0.peek_mut(prefix) else { return };
        match rows.binary_search_by(|(held, _)| held.as_slice().cmp(key)) {
            Ok(at) => rows[at].1 = ground.clone(),
            // After those here others may come that are not.
            Err(at) if at == rows.len() => {}
            Err(at) => {
                rows.insert(at, (key.to_vec(), ground.clone()));
                rows.truncate(GROUNDS_CACHED);
            }
        }
    }

    /// A row below `prefix` was deleted.
    pub(super) fn delete(&mut self, prefix: &[u8], key: &[u8]) {
        let Some(First(rows)) = self.0.peek_mut(prefix) else { return };
        rows.retain(|(held, _)| held != key);
    }
}
