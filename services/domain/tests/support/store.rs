//! A partition's state as a plain map.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::rows::{RowError, Store, walk_map};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Clone, Default, PartialEq, Eq)]
pub struct MemoryStore(pub BTreeMap<Vec<u8>, Vec<u8>>);

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
        bincode::serialize(value).map_err(|e| RowError::Encode(e.to_string()))
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        bincode::deserialize(bytes).map_err(|e| RowError::Decode(e.to_string()))
    }
}
