//! Whether a service may be asked: named conditions, each ready or with a reason why not.
//!
//! A service declares its conditions at start (`kafka`, `restore`, `catalogue`) and whoever owns one keeps it up to
//! date. It is ready when all are. A condition starts not ready, so that nobody is ready by forgetting.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

/// Why a condition is not ready; `None` when it is.
type Reason = Option<Cow<'static, str>>;

/// A cheap handle on all conditions of a process.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<BTreeMap<Cow<'static, str>, Reason>>>);

/// A handle on one condition, for its owner.
#[derive(Clone, Debug)]
pub struct Condition {
    name: Cow<'static, str>,
    readiness: Readiness,
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Readiness {
    /// Without conditions a process is ready.
    pub fn new() -> Self {
        let (sender, _) = watch::channel(BTreeMap::new());
        Self(Arc::new(sender))
    }

    /// Declares a condition, not ready because it is `starting`. Declared twice, it is the same condition.
    pub fn condition(&self, name: impl Into<Cow<'static, str>>) -> Condition {
        let name = name.into();
        self.0.send_if_modified(|conditions| {
            let before = conditions.len();
            conditions.entry(name.clone()).or_insert(Some(Cow::Borrowed("starting")));
            conditions.len() != before
        });
        Condition { name, readiness: self.clone() }
    }

    pub fn is_ready(&self) -> bool {
        self.0.borrow().values().all(Option::is_none)
    }

    /// The conditions that are not ready, with their reasons, sorted by name.
    pub fn reasons(&self) -> Vec<(String, String)> {
        let conditions = self.0.borrow();
        let open =
            conditions.iter().filter_map(|(name, reason)| Some((name.to_string(), reason.as_ref()?.to_string())));
        open.collect()
    }

    /// All conditions' names, sorted.
    pub fn names(&self) -> Vec<String> {
        self.0.borrow().keys().map(ToString::to_string).collect()
    }

    /// Ends as soon as all conditions are ready. Safe to cancel.
    pub async fn ready(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.0.subscribe().wait_for(|conditions| conditions.values().all(Option::is_none)).await;
    }
}

impl Condition {
    pub fn ready(&self) {
        self.set(None);
    }

    /// Not ready, for a reason that an operator can act on. Never anything about a subject.
    pub fn not_ready(&self, reason: impl Into<Cow<'static, str>>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Reason) {
        self.readiness.0.send_if_modified(|conditions| {
            let before = conditions.insert(self.name.clone(), reason.clone());
            let changed = before.as_ref() != Some(&reason);
            // One line when a condition turns, none when only its reason's wording moves on.
            if before.as_ref().map(Option::is_none) != Some(reason.is_none()) {
                let ready = reason.is_none();
                tracing::info!(condition = %self.name, ready, reason = reason.as_deref().unwrap_or(""), "readiness");
            }
            changed
        });
    }
}
