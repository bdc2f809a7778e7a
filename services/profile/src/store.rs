//! The domain's rows over the runtime's state.

use std::cell::RefCell;
use std::ops::{Bound, ControlFlow};

use domain::rows::{GroundCache, RowError, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;
use stream::state::{StateError, StateRead};
use stream::view::View;

use crate::codec;

fn read_error(error: &StateError) -> RowError {
    RowError::Read(error.to_string())
}

fn get(state: &dyn StateRead, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
    Ok(state.get(key)?.map(|value| value.to_vec()))
}

fn show<R>(state: &dyn StateRead, key: &[u8], to: impl FnOnce(&[u8]) -> R) -> Result<Option<R>, StateError> {
    let (mut to, mut shown) = (Some(to), None);
    state.show(key, &mut |value| shown = to.take().map(|to| to(value)))?;
    Ok(shown)
}

/// The state while a record is being folded. Keeps the state's own error, so that the runtime learns of it as such.
pub(crate) struct ViewStore<'v, 'a> {
    view: &'v mut View<'a>,
    grounds: &'v mut GroundCache,
    error: RefCell<Option<StateError>>,
}

impl<'v, 'a> ViewStore<'v, 'a> {
    pub(crate) fn new(view: &'v mut View<'a>, grounds: &'v mut GroundCache) -> Self {
        Self { view, grounds, error: RefCell::new(None) }
    }

    pub(crate) fn take_error(&self) -> Option<StateError> {
        self.error.borrow_mut().take()
    }

    fn kept<T>(&self, result: Result<T, StateError>) -> Result<T, RowError> {
        result.map_err(|error| {
            let row_error = read_error(&error);
            *self.error.borrow_mut() = Some(error);
            row_error
        })
    }
}

impl Store for ViewStore<'_, '_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        self.kept(get(&*self.view, key))
    }

    fn show<R>(&self, key: &[u8], to: impl FnOnce(&[u8]) -> Result<R, RowError>) -> Result<Option<R>, RowError> {
        self.kept(show(&*self.view, key, to))?.transpose()
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        self.kept(self.view.walk((Bound::Included(from), Bound::Excluded(to)), row))
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.view.put(&key, value);
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.view.delete(&key);
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        codec::encode(value)
    }

    /// A row of this state that is not one is damage: the state is set aside.
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        codec::decode(bytes).inspect_err(|error: &RowError| {
            *self.error.borrow_mut() = Some(StateError::Damaged { reason: error.to_string() });
        })
    }

    fn ground_cache(&mut self) -> Option<&mut GroundCache> {
        Some(self.grounds)
    }
}

/// State that is only read: a lookup's snapshot, or the view of a mark. Writing to it is a bug and panics.
pub struct ReadStore<'a>(pub &'a dyn StateRead);

impl Store for ReadStore<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        get(self.0, key).map_err(|e| read_error(&e))
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        self.0.walk((Bound::Included(from), Bound::Excluded(to)), row).map_err(|e| read_error(&e))
    }

    fn put(&mut self, _key: Vec<u8>, _value: Vec<u8>) {
        unreachable!("nothing writes through a read-only store");
    }

    fn delete(&mut self, _key: Vec<u8>) {
        unreachable!("nothing writes through a read-only store");
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        codec::encode(value)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        codec::decode(bytes)
    }
}
