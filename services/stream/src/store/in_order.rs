//! Reads of a state for whoever goes through it in the order of its keys, while nobody writes it: iterators stay where they are, so that
//! a range that begins where one before it ended is reached by a step or two and not by a search through every file.
//!
//! There is one for each first byte of a key, which in a fold's rows is their kind: a sweep takes one subject after the other, and of
//! each its rows of every kind. Ranges in any other order are read too. Iterators have no end of their own: beside a long stretch of
//! deleted rows they pass over more of them than a search for the range alone would.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use bytes::Bytes;
use rocksdb::DBRawIterator;

use super::{FIRST_KEY, Store, groups};
use crate::state::{KeyRange, StateError, StateRead};

/// Rows that are stepped over before it is searched.
const STEPS: usize = 8;

pub struct InOrder<'a> {
    store: &'a Store,
    /// By first byte; one that is being walked is not here.
    cursors: RefCell<BTreeMap<u8, Cursor<'a>>>,
}

struct Cursor<'a> {
    rows: DBRawIterator<'a>,
    /// `rows` stands at the first row from this key on.
    from: Vec<u8>,
}

impl<'a> Cursor<'a> {
    fn at(store: &'a Store, key: &[u8]) -> Self {
        let mut rows = store.db.raw_iterator_opt(groups::all());
        rows.seek(key);
        Self { rows, from: key.to_vec() }
    }

    fn go(&mut self, to: &[u8]) {
        if self.from.as_slice() <= to {
            for _ in 0..STEPS {
                match self.rows.key() {
                    Some(key) if key < to => self.rows.next(),
                    // Also where there is none: it is behind the last.
                    Some(_) | None => return,
                }
            }
        }
        self.rows.seek(to);
    }

    /// Shows the rows up to the end, from where it stands.
    fn show(&mut self, end: &[u8], row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>) -> Result<(), StateError> {
        self.from.clear();
        while let Some((key, value)) = self.rows.item().filter(|(key, _)| *key < end) {
            if row(key, value).is_break() {
                self.from.extend_from_slice(key);
                return Ok(());
            }
            self.rows.next();
        }
        self.from.extend_from_slice(end);
        Ok(self.rows.status()?)
    }
}

impl Store {
    /// Reads in the order of the keys. What is committed after it was made may be missed.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder { store: self, cursors: RefCell::default() }
    }
}

impl StateRead for InOrder<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.store.get(key)
    }

    fn show(&self, key: &[u8], to: &mut dyn FnMut(&[u8])) -> Result<bool, StateError> {
        self.store.show(key, to)
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        let (Bound::Included(start), Bound::Excluded(end)) = range else { return self.store.walk(range, row) };
        let start = start.max(FIRST_KEY);
        let Some(kind) = start.first().copied().filter(|_| start < end) else { return Ok(()) };
        // Out of its place meanwhile: a row may be shown to somebody who walks again.
        let kept = self.cursors.borrow_mut().remove(&kind);
        let mut cursor = match kept {
            Some(mut cursor) => {
                cursor.go(start);
                cursor
            }
            None => Cursor::at(self.store, start),
        };
        // After a failure it is not known where it stands: it is dropped.
        cursor.show(end, row)?;
        self.cursors.borrow_mut().insert(kind, cursor);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::overlay::Overlay;
    use crate::state::Position;
    use crate::store::tests::{identity, memory};

    /// Keys of three kinds with up to two further bytes of few values, so that ranges meet rows.
    fn key() -> impl Strategy<Value = Vec<u8>> {
        (1_u8..4, vec(0_u8..6, 0..3)).prop_map(|(kind, rest)| [vec![kind], rest].concat())
    }

    fn shown(state: &dyn StateRead, from: &[u8], to: &[u8], most: usize) -> Vec<Vec<u8>> {
        let rows = state.scan((Bound::Included(from), Bound::Excluded(to)), most).unwrap();
        rows.into_iter().map(|(key, _)| key.to_vec()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_ranges_in_any_order_show_what_a_search_for_each_shows(
            first in btree_set(key(), 0..60),
            then in btree_set(key(), 0..20),
            ranges in vec((key(), key(), 1_usize..5), 1..60),
            sorted in any::<bool>(),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(&dir.path().join("state"), &identity(), &memory()).unwrap();
            let (mut set, mut gone) = (Overlay::default(), Overlay::default());
            first.iter().chain(&then).for_each(|key| set.set(key, Some(Bytes::from_static(b"value"))));
            then.iter().for_each(|key| gone.set(key, None));
            store.commit(&set, Position::default()).unwrap();
            // What was set is in a table then, and what deletes it is not.
            store.checkpoint(&dir.path().join("copy")).unwrap();
            store.commit(&gone, Position::default()).unwrap();
            let in_order = store.in_order();
            let mut ranges = ranges;
            if sorted {
                ranges.sort();
            }
            for (from, to, most) in ranges {
                prop_assert_eq!(shown(&in_order, &from, &to, most), shown(&store, &from, &to, most));
            }
        }
    }

    #[test]
    fn who_is_shown_a_row_may_walk_among_the_same_rows() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
        let mut set = Overlay::default();
        [b"a1", b"a2", b"a3"].iter().for_each(|key| set.set(key.as_slice(), Some(Bytes::new())));
        store.commit(&set, Position::default()).unwrap();
        let in_order = store.in_order();
        let mut seen = Vec::new();
        let outer = in_order.walk((Bound::Included(b"a"), Bound::Excluded(b"b")), &mut |key, _| {
            seen.push((key.to_vec(), shown(&in_order, b"a2", b"a3", 9).len()));
            ControlFlow::Continue(())
        });
        outer.unwrap();
        assert_eq!(seen, [(b"a1".to_vec(), 1), (b"a2".to_vec(), 1), (b"a3".to_vec(), 1)]);
        assert_eq!(shown(&in_order, b"a", b"b", 9).len(), 3);
    }
}
