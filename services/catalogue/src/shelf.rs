//! The catalogues a process knows: bodies by digest, and which one is active. Filled from `standing.catalogues`, where a body
//! stands under its digest before anything activates it, the active digest under [`ACTIVE_KEY`], the active version of the fold
//! under [`FOLD_KEY`]; plans and their confirmations stand beside them ([`crate::plan`]). It also says which versions of the fold
//! this program has.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::time::Duration;

use domain::catalogue::{Catalogue, CatalogueDigest};
use domain::fold::{FoldVersion, VERSIONS};

use crate::canonical::{CanonicalError, digest_of, from_canonical};
use crate::plan::{Confirmation, Kept, PlanRecord, Planned};

/// Key of the record of `standing.catalogues` whose value is the active digest.
pub const ACTIVE_KEY: &[u8] = b"!active";

/// Key of the record whose value is the active version of the fold, in decimal digits.
pub const FOLD_KEY: &[u8] = b"!fold";

/// Cheap to share; readers never wait for each other.
pub struct Shelf {
    inner: RwLock<Inner>,
    folds: &'static [FoldVersion],
    /// Counts changes, for those who wait for a body.
    changes: Mutex<u64>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    bodies: BTreeMap<CatalogueDigest, Arc<Catalogue>>,
    active: Option<(CatalogueDigest, Arc<Catalogue>)>,
    /// Named active before its body was seen.
    awaited: Option<CatalogueDigest>,
    fold: Option<u32>,
    /// By their keys.
    plans: BTreeMap<String, PlanRecord>,
    confirmations: BTreeMap<String, Confirmation>,
}

#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    #[error("a catalogue's body does not have the digest it stands under")]
    Digest,
    #[error("a catalogue's body cannot be read")]
    Body(#[source] CanonicalError),
    #[error("a record of the catalogues has neither a digest nor the active mark as its key")]
    Key,
    #[error("the active version of the fold is no number")]
    Fold,
    #[error(transparent)]
    Kept(#[from] crate::plan::KeptError),
}

impl Shelf {
    pub fn new() -> Arc<Self> {
        Self::with_folds(VERSIONS)
    }

    /// A shelf of a program that has these versions of the fold, oldest first.
    pub fn with_folds(folds: &'static [FoldVersion]) -> Arc<Self> {
        Arc::new(Self { inner: RwLock::default(), folds, changes: Mutex::default(), changed: Condvar::new() })
    }

    pub fn folds(&self) -> &'static [FoldVersion] {
        self.folds
    }

    /// Takes in one record of `standing.catalogues`.
    pub fn take(&self, key: &[u8], value: &[u8]) -> Result<(), ShelfError> {
        let key = std::str::from_utf8(key).map_err(|_| ShelfError::Key)?;
        if key.as_bytes() == ACTIVE_KEY {
            let digest = std::str::from_utf8(value).map_err(|_| ShelfError::Key)?;
            self.update(|inner| inner.awaited = Some(digest.to_owned()));
            return Ok(());
        }
        if key.as_bytes() == FOLD_KEY {
            let version = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(ShelfError::Fold)?;
            self.update(|inner| inner.fold = Some(version));
            return Ok(());
        }
        if let Some(kept) = Kept::read(key, value) {
            let (kept, key) = (kept?, key.to_owned());
            self.update(|inner| match kept {
                Kept::Plan(plan) => drop(inner.plans.insert(key, plan)),
                Kept::Confirmation(confirmation) => drop(inner.confirmations.insert(key, confirmation)),
            });
            return Ok(());
        }
        if digest_of(value) != key {
            return Err(ShelfError::Digest);
        }
        let catalogue = Arc::new(from_canonical(value).map_err(ShelfError::Body)?);
        self.update(|inner| {
            inner.bodies.insert(key.to_owned(), catalogue);
        });
        Ok(())
    }

    fn update(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner.write().expect("no holder of this lock panics");
        change(&mut inner);
        if let Some(digest) = inner.awaited.take() {
            match inner.bodies.get(&digest).cloned() {
                Some(body) => inner.active = Some((digest, body)),
                None => inner.awaited = Some(digest),
            }
        }
        drop(inner);
        *self.changes.lock().expect("no holder of this lock panics") += 1;
        self.changed.notify_all();
    }

    pub fn get(&self, digest: &str) -> Option<Arc<Catalogue>> {
        self.inner.read().expect("no holder of this lock panics").bodies.get(digest).cloned()
    }

    /// Waits for a body that the log names already.
    pub fn wait_for(&self, digest: &str, wait: Duration) -> Option<Arc<Catalogue>> {
        let held = self.changes.lock().expect("no holder of this lock panics");
        let waited = self.changed.wait_timeout_while(held, wait, |_| self.get(digest).is_none());
        drop(waited.expect("no holder of this lock panics"));
        self.get(digest)
    }

    /// The active catalogue and its digest.
    pub fn active(&self) -> Option<(CatalogueDigest, Arc<Catalogue>)> {
        self.inner.read().expect("no holder of this lock panics").active.clone()
    }

    /// The active version of the fold; `None` before the first activation.
    pub fn active_fold(&self) -> Option<u32> {
        self.inner.read().expect("no holder of this lock panics").fold
    }

    /// The newest plan of a catalogue, or of a version of the fold.
    pub fn plan(&self, of: &Planned) -> Option<PlanRecord> {
        self.inner.read().expect("no holder of this lock panics").plans.get(&of.key()).cloned()
    }

    /// The confirmation of just this plan.
    pub fn confirmation(&self, plan: &PlanRecord) -> Option<Confirmation> {
        let digest = plan.digest();
        let inner = self.inner.read().expect("no holder of this lock panics");
        inner.confirmations.values().find(|confirmation| confirmation.plan == digest).cloned()
    }
}
