//! Who waits for what: each client sleeps on its own condition variable, so that an append wakes only those who can
//! see it.

use std::sync::{Arc, Condvar};

use crate::log::Isolation;

#[derive(Default)]
pub(super) struct Waiters(Vec<(Arc<Condvar>, Isolation)>);

impl Waiters {
    pub(super) fn add(&mut self, waiter: &Arc<Condvar>, isolation: Isolation) {
        self.0.push((waiter.clone(), isolation));
    }

    pub(super) fn remove(&mut self, waiter: &Arc<Condvar>) {
        self.0.retain(|(other, _)| !Arc::ptr_eq(other, waiter));
    }

    /// Wakes those whose isolation lets them see what happened.
    pub(super) fn wake(&mut self, sees: impl Fn(Isolation) -> bool) {
        self.0.retain(|(waiter, isolation)| {
            if sees(*isolation) {
                waiter.notify_all();
            }
            !sees(*isolation)
        });
    }
}
