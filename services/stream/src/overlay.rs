//! What was changed since the last commit, in memory: an ordered map of key to new value, `None` for a deletion.
//!
//! Every change is journalled with what it replaced, so that a record that fails half-way is undone alone
//! ([`Overlay::savepoint`], [`Overlay::roll_back`]); [`Overlay::settle`] forgets the journal once a record is applied.
//! The overlay is lost in a crash and dropped after an abort: nothing may depend on its surviving.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use smallvec::SmallVec;

/// What one row costs beside its bytes: its place for a key and a `Bytes` in a node of the map that is two thirds full, and what the
/// allocator has for the value. (The bytes of a key that has its place there are counted beside it: rather too much than too little.)
const ROW_OVERHEAD_BYTES: usize = 160;

/// The same in a batch: what is done to it, and two lengths.
const BATCH_ROW_OVERHEAD_BYTES: usize = 8;

/// The key of a row. One of up to so many bytes, with its length as large as a cache line, is within the map's own nodes: a search compares
/// what stands side by side, and nothing is allocated for it. A longer one is on the heap.
pub(crate) type Key = SmallVec<[u8; 56]>;

/// A place in the journal to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Savepoint(usize);

/// A value, or `None` for a deleted row.
pub(crate) type Change = Option<Bytes>;

#[derive(Debug, Default)]
pub struct Overlay {
    rows: BTreeMap<Key, Change>,
    /// Key and what the overlay held for it before (`None`: nothing).
    journal: Vec<(Key, Option<Change>)>,
    bytes: usize,
}

impl Overlay {
    /// `None`: the overlay says nothing of this key. `Some(None)`: the row is deleted.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Change> {
        self.rows.get(key)
    }

    pub(crate) fn set(&mut self, key: &[u8], change: Change) {
        match self.rows.entry(Key::from_slice(key)) {
            Entry::Occupied(mut held) => {
                let key = held.key().clone();
                self.bytes += cost(&key, &change);
                let before = held.insert(change);
                self.bytes -= cost(&key, &before);
                self.journal.push((key, Some(before)));
            }
            Entry::Vacant(place) => {
                let key = place.key().clone();
                self.bytes += cost(&key, &change);
                place.insert(change);
                self.journal.push((key, None));
            }
        }
    }

    pub(crate) fn range<'a>(
        &'a self,
        range: crate::state::KeyRange<'_>,
    ) -> impl Iterator<Item = (&'a [u8], &'a Change)> + use<'a> {
        let rows = (!crate::state::is_empty_range(range)).then(|| self.rows.range::<[u8], _>(range));
        rows.into_iter().flatten().map(|(key, change)| (&key[..], change))
    }

    /// All changes in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Option<Bytes>)> {
        self.rows.iter().map(|(key, change)| (&key[..], change))
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// An estimate of the memory held, counted to the commit limit.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// About how many bytes the changes have as one batch.
    pub(crate) fn batch_bytes(&self) -> usize {
        self.bytes - self.rows.len() * (ROW_OVERHEAD_BYTES - BATCH_ROW_OVERHEAD_BYTES)
    }

    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.len())
    }

    /// Undoes every change since the savepoint.
    pub fn roll_back(&mut self, to: Savepoint) {
        while self.journal.len() > to.0 {
            let Some((key, before)) = self.journal.pop() else {
                return;
            };
            let undone = match before {
                Some(before) => {
                    self.bytes += cost(&key, &before);
                    self.rows.insert(key.clone(), before)
                }
                None => self.rows.remove(&key),
            };
            if let Some(undone) = undone {
                self.bytes -= cost(&key, &undone);
            }
        }
    }

    /// Keeps every change made so far: no savepoint taken before may be used again.
    pub fn settle(&mut self) {
        self.journal.clear();
    }

    pub fn clear(&mut self) {
        self.rows.clear();
        self.journal.clear();
        self.bytes = 0;
    }
}

fn cost(key: &[u8], change: &Change) -> usize {
    key.len() + change.as_ref().map_or(0, Bytes::len) + ROW_OVERHEAD_BYTES
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rolling_back_restores_rows_and_size() {
        let mut overlay = Overlay::default();
        overlay.set(b"kept", Some(Bytes::from_static(b"1")));
        overlay.settle();
        let size = overlay.bytes();
        let savepoint = overlay.savepoint();
        overlay.set(b"kept", None);
        overlay.set(b"new", Some(Bytes::from_static(b"22")));
        overlay.set(b"kept", Some(Bytes::from_static(b"333")));
        overlay.roll_back(savepoint);
        assert_eq!(overlay.get(b"kept"), Some(&Some(Bytes::from_static(b"1"))));
        assert_eq!(overlay.get(b"new"), None);
        assert_eq!(overlay.bytes(), size);
    }

    #[test]
    fn a_batch_needs_no_more_room_than_was_made_for_it() {
        let mut overlay = Overlay::default();
        let mut batch = rocksdb::WriteBatch::default();
        for number in 0..300_u16 {
            let key = [vec![1], vec![7; usize::from(number)]].concat();
            let value = Bytes::from(vec![9; 3 * usize::from(number)]);
            batch.put(&key, &value);
            overlay.set(&key, Some(value));
            overlay.set(&[&[2], &key[..]].concat(), None);
            batch.delete([&[2], &key[..]].concat());
        }
        let room = overlay.batch_bytes();
        assert!((batch.size_in_bytes()..batch.size_in_bytes() * 11 / 10).contains(&room), "{room}");
    }

    /// Keys in the order of their numbers. From 15 on they have more in common than [`Key`] has room for within the map's nodes.
    pub(crate) fn key(number: u8) -> Vec<u8> {
        if number < 15 { vec![number] } else { [vec![15; 60], vec![number]].concat() }
    }

    proptest! {
        #[test]
        fn any_changes_rolled_back_leave_what_was_there(
            before in prop::collection::vec(((12u8..18).prop_map(key), prop::option::of(0u8..9)), 0..20),
            after in prop::collection::vec(((12u8..18).prop_map(key), prop::option::of(0u8..9)), 0..20),
        ) {
            let mut overlay = Overlay::default();
            for (key, value) in &before {
                overlay.set(key, value.map(|v| Bytes::copy_from_slice(&[v])));
            }
            let rows: BTreeMap<_, _> = overlay.iter().map(|(k, v)| (k.to_vec(), v.clone())).collect();
            let bytes = overlay.bytes();
            let savepoint = overlay.savepoint();
            for (key, value) in &after {
                overlay.set(key, value.map(|v| Bytes::copy_from_slice(&[v])));
            }
            overlay.roll_back(savepoint);
            let rolled: BTreeMap<_, _> = overlay.iter().map(|(k, v)| (k.to_vec(), v.clone())).collect();
            prop_assert_eq!(rows, rolled);
            prop_assert_eq!(bytes, overlay.bytes());
        }
    }
}
