//! What the rows are kept in, whatever it is.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::GroundCache;

/// The state of a partition as an ordered map of bytes, and the codec of its values.
pub trait Store {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError>;
    /// Shows the value of a key, if it has one: what holds it elsewhere need not hand out a copy.
    fn show<R>(&self, key: &[u8], to: impl FnOnce(&[u8]) -> Result<R, RowError>) -> Result<Option<R>, RowError> {
        self.get(key)?.map(|value| to(&value)).transpose()
    }
    /// Shows the rows with `from <= key < to`, in order, until `row` breaks.
    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError>;
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>);
    fn delete(&mut self, key: Vec<u8>);
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError>;
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError>;
    /// What is known of these rows without reading them, where it outlives one record of the log.
    fn ground_cache(&mut self) -> Option<&mut GroundCache> {
        None
    }
}

/// [`Store::walk`] where the rows are a plain map.
pub fn walk_map(
    rows: &BTreeMap<Vec<u8>, Vec<u8>>,
    from: &[u8],
    to: &[u8],
    row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
) {
    if from < to {
        let mut within = rows.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        let _ = within.try_for_each(|(key, value)| row(key, value));
    }
}

/// The state cannot be read: stop the partition, serve nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("the state cannot be read: {0}")]
    Read(String),
    #[error("a row of the state cannot be decoded: {0}")]
    Decode(String),
    #[error("a row of the state cannot be encoded: {0}")]
    Encode(String),
    #[error("a key of the state has an unknown form")]
    Key,
    #[error("what is remembered of the state's rows is not what they say")]
    Remembered,
}
