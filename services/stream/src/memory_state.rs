//! A state in memory: an ordered map, for the test driver and for comparisons. Never used by a worker.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::overlay::{Key, Overlay};
use crate::state::{KeyRange, StateError, StateRead, is_empty_range};

#[derive(Debug, Default)]
pub struct MemoryState {
    rows: BTreeMap<Key, Bytes>,
}

impl MemoryState {
    pub fn insert(&mut self, key: &[u8], value: &[u8]) {
        self.rows.insert(Key::from_slice(key), Bytes::copy_from_slice(value));
    }

    pub(crate) fn commit(&mut self, overlay: &Overlay) {
        for (key, change) in overlay.iter() {
            match change {
                Some(value) => self.rows.insert(Key::from_slice(key), value.clone()),
                None => self.rows.remove(key),
            };
        }
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.rows.get(key).cloned())
    }

    fn walk(
        &self,
        range: KeyRange<'_>,
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StateError> {
        if is_empty_range(range) {
            return Ok(());
        }
        for (key, value) in self.rows.range::<[u8], _>(range) {
            if row(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }
}
