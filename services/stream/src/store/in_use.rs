//! States that are open: a lookup or a checkpoint may hold one for a moment after its partition was closed. A folder is
//! moved only when nobody does, for RocksDB goes on writing by the folder's name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Store;

#[derive(Default)]
pub(crate) struct InUse(Mutex<BTreeMap<PathBuf, Weak<Store>>>);

impl InUse {
    pub(crate) fn opened(&self, dir: PathBuf, store: &Arc<Store>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(dir, Arc::downgrade(store));
    }

    pub(crate) fn holds(&self, dir: &Path) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(dir).is_some_and(|store| store.strong_count() > 0)
    }
}
