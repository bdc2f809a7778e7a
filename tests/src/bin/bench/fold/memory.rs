//! The state as one plain map: the most that a fold could do, without a place to keep it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::rows::{RowError, Store, walk_map};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows in memory, in the codec of the profile service.
#[derive(Default)]
pub(crate) struct MemoryStore(BTreeMap<Vec<u8>, Vec<u8>>);

impl MemoryStore {
    pub(crate) fn rows(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        Ok(self.0.get(key).cloned())
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        walk_map(&self.0, from, to, row);
        Ok(())
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, value);
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.0.remove(&key);
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        profile::encode(value)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        profile::decode(bytes)
    }
}
