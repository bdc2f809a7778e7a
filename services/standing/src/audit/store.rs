//! The reference's state: one ordered map, written through, with an undo list for the record being folded.
//!
//! Values are encoded as the state's are (docs/adr/0005-the-codec-of-state.md): a version byte, then bincode with integers as
//! short as they are. The lines are written again here on purpose, so that a state that was encoded wrongly differs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use bincode::Options;
use domain::rows::{RowError, Store, walk_map};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const ROW_VERSION: u8 = 6;

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_varint_encoding().reject_trailing_bytes()
}

#[derive(Default)]
pub(crate) struct PlainStore {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What stood under each key before the present record wrote it, in order.
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl PlainStore {
    pub(crate) fn rows(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.rows
    }

    /// The record is folded.
    pub(crate) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The record is refused: nothing of it stays.
    pub(crate) fn undo(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

impl Store for PlainStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        Ok(self.rows.get(key).cloned())
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        walk_map(&self.rows, from, to, row);
        Ok(())
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        let before = self.rows.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    fn delete(&mut self, key: Vec<u8>) {
        let before = self.rows.remove(&key);
        self.undo.push((key, before));
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        let mut bytes = vec![ROW_VERSION];
        options().serialize_into(&mut bytes, value).map_err(|error| RowError::Encode(error.to_string()))?;
        Ok(bytes)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        match bytes.split_first() {
            Some((&ROW_VERSION, rest)) => {
                options().deserialize(rest).map_err(|error| RowError::Decode(error.to_string()))
            }
            Some(_) | None => Err(RowError::Decode("not a row of this version".to_owned())),
        }
    }
}
