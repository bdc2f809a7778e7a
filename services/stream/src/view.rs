//! What a fold sees of its partition's state: the overlay over what is committed, read as one ordered map.
//!
//! A fold reads and writes state through its [`View`] and through nothing else. Keys that begin with byte 0 belong to
//! the store and are refused (a panic: a fold that writes one is wrong for every record).
//! A read error is remembered: the runtime drops the transaction even if the fold swallowed it.

use std::cell::RefCell;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::overlay::Overlay;
use crate::state::{KeyRange, StateError, StateRead};

pub struct View<'a> {
    base: &'a dyn StateRead,
    overlay: &'a mut Overlay,
    fault: RefCell<Option<StateError>>,
}

impl<'a> View<'a> {
    pub fn new(base: &'a dyn StateRead, overlay: &'a mut Overlay) -> Self {
        Self { base, overlay, fault: RefCell::new(None) }
    }

    /// Writes a row. Its key must not begin with byte 0.
    pub fn put(&mut self, key: &[u8], value: impl Into<Bytes>) {
        check_key(key);
        self.overlay.set(key, Some(value.into()));
    }

    /// Deletes a row; an absent one stays absent.
    pub fn delete(&mut self, key: &[u8]) {
        check_key(key);
        self.overlay.set(key, None);
    }

    pub(crate) fn overlay(&mut self) -> &mut Overlay {
        self.overlay
    }

    pub(crate) fn take_fault(&mut self) -> Option<StateError> {
        self.fault.take()
    }

    fn noting<T>(&self, result: Result<T, StateError>) -> Result<T, StateError> {
        if let Err(error) = &result {
            self.fault.replace(Some(error.clone()));
        }
        result
    }
}

fn check_key(key: &[u8]) {
    assert!(key.first().is_some_and(|&byte| byte != 0), "a key of the state is not empty and does not begin with 0");
}

impl StateRead for View<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        match self.overlay.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.noting(self.base.get(key)),
        }
    }

    fn show(&self, key: &[u8], to: &mut dyn FnMut(&[u8])) -> Result<bool, StateError> {
        match self.overlay.get(key) {
            Some(Some(value)) => {
                to(value);
                Ok(true)
            }
            Some(None) => Ok(false),
            None => self.noting(self.base.show(key, to)),
        }
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        let mut changes = self.overlay.range(range).peekable();
        let mut broken = false;
        self.noting(self.base.walk(range, &mut |key, value| {
            while let Some((changed, change)) = changes.next_if(|(changed, _)| *changed < key) {
                if let Some(value) = change
                    && row(changed, value).is_break()
                {
                    broken = true;
                    return ControlFlow::Break(());
                }
            }
            let flow = match changes.next_if(|(changed, _)| *changed == key) {
                Some((changed, Some(value))) => row(changed, value),
                Some((_, None)) => ControlFlow::Continue(()),
                None => row(key, value),
            };
            broken = flow.is_break();
            flow
        }))?;
        if broken {
            return Ok(());
        }
        for (changed, change) in changes {
            if let Some(value) = change
                && row(changed, value).is_break()
            {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::ops::Bound;

    use proptest::prelude::*;

    use super::*;
    use crate::memory_state::MemoryState;
    use crate::overlay::tests::key;

    fn bound(kind: u8, key: &[u8]) -> Bound<&[u8]> {
        match kind {
            0 => Bound::Unbounded,
            1 => Bound::Included(key),
            _ => Bound::Excluded(key),
        }
    }

    proptest! {
        #[test]
        fn a_view_reads_like_one_map_with_the_changes_applied(
            base in prop::collection::btree_map(1u8..30, 0u8..9, 0..25),
            changes in prop::collection::vec((1u8..30, prop::option::of(0u8..9)), 0..25),
            from in (0u8..3, 1u8..30),
            to in (0u8..3, 1u8..30),
            limit in 0usize..30,
        ) {
            let mut state = MemoryState::default();
            let mut expected = BTreeMap::new();
            for (number, value) in base {
                state.insert(&key(number), &[value]);
                expected.insert(key(number), vec![value]);
            }
            let mut overlay = Overlay::default();
            let mut view = View::new(&state, &mut overlay);
            for (number, value) in changes {
                match value {
                    Some(value) => {
                        view.put(&key(number), vec![value]);
                        expected.insert(key(number), vec![value]);
                    }
                    None => {
                        view.delete(&key(number));
                        expected.remove(&key(number));
                    }
                }
            }
            for key in (0..30).map(key) {
                let row = view.get(&key).unwrap().map(|value| value.to_vec());
                prop_assert_eq!(row, expected.get(&key).cloned());
            }
            let (from_key, to_key) = (key(from.1), key(to.1));
            let range = (bound(from.0, &from_key), bound(to.0, &to_key));
            let scanned: Vec<_> =
                view.scan(range, limit).unwrap().into_iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect();
            let wanted: Vec<_> = expected
                .into_iter()
                .filter(|(key, _)| {
                    (match range.0 { Bound::Unbounded => true, Bound::Included(a) => key.as_slice() >= a, Bound::Excluded(a) => key.as_slice() > a })
                    && (match range.1 { Bound::Unbounded => true, Bound::Included(b) => key.as_slice() <= b, Bound::Excluded(b) => key.as_slice() < b })
                })
                .take(limit)
                .collect();
            prop_assert_eq!(scanned, wanted);
        }
    }

    #[test]
    fn a_read_error_is_remembered_even_if_the_fold_ignores_it() {
        struct Broken;
        impl StateRead for Broken {
            fn get(&self, _: &[u8]) -> Result<Option<Bytes>, StateError> {
                Err(StateError::Io { reason: "no".into() })
            }
            fn walk(
                &self,
                _: KeyRange<'_>,
                _: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
            ) -> Result<(), StateError> {
                Ok(())
            }
        }
        let mut overlay = Overlay::default();
        let mut view = View::new(&Broken, &mut overlay);
        let _ = view.get(b"a");
        assert_eq!(view.take_fault(), Some(StateError::Io { reason: "no".into() }));
    }

    #[test]
    #[should_panic(expected = "does not begin with 0")]
    fn a_key_of_the_store_cannot_be_written() {
        let state = MemoryState::default();
        let mut overlay = Overlay::default();
        View::new(&state, &mut overlay).put(b"\0next", Bytes::new());
    }
}
