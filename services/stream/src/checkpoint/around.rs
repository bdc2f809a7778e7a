//! What checkpoints live in: the runtime's time, and the probe of a test.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::probe::Probed;
use crate::time::{RealTime, Time, Waited};

#[derive(Clone)]
pub(crate) struct Around {
    pub(super) time: Arc<dyn Time>,
    pub(super) probe: Probed,
}

impl Around {
    /// For whoever is no runtime.
    pub(super) fn real() -> Self {
        Self { time: Arc::new(RealTime), probe: Probed::default() }
    }

    pub(super) async fn pause(&self, pause: Duration) {
        if self.time.waited(pause) == Waited::No {
            tokio::time::sleep(pause).await;
        }
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Around")
    }
}
