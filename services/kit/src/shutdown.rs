//! One signal to stop, and one deadline for stopping.
//!
//! A [`Shutdown`] is a cloneable token: whoever runs a loop holds one, whoever decides triggers it, once and for
//! good. From then on everybody has the same deadline. Async code awaits [`Shutdown::triggered`]; threads sleep with
//! [`Shutdown::sleep`], which ends early, or ask [`Shutdown::is_triggered`] between two steps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The signal of an instance that is not to come back.
const LEAVE: &str = "SIGUSR1";

#[derive(Clone, Debug)]
pub struct Shutdown(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    drain: Duration,
    /// When it was triggered; never unset.
    at: Mutex<Option<Instant>>,
    threads: Condvar,
    tasks: watch::Sender<bool>,
    for_good: AtomicBool,
}

impl Shutdown {
    /// A token whose holders have `drain` to stop once it is triggered.
    pub fn new(drain: Duration) -> Self {
        let (tasks, _) = watch::channel(false);
        let for_good = AtomicBool::new(false);
        Self(Arc::new(Inner { drain, at: Mutex::new(None), threads: Condvar::new(), tasks, for_good }))
    }

    /// A token that SIGTERM and SIGINT trigger, and SIGUSR1 for an instance that is not to come back
    /// ([`Shutdown::is_for_good`]); a second signal ends the process at once with code 130, because whoever sends it no
    /// longer wants to wait. Needs a tokio runtime.
    pub fn on_signals(drain: Duration) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let shutdown = Self::new(drain);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut leave = signal(SignalKind::user_defined1())?;
        let token = shutdown.clone();
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                    _ = leave.recv() => LEAVE,
                }
            };
            let signal = next().await;
            tracing::info!(signal, drain_ms = u64::try_from(drain.as_millis()).unwrap_or(u64::MAX), "stopping");
            if signal == LEAVE {
                token.trigger_for_good();
            } else {
                token.trigger();
            }
            let signal = next().await;
            tracing::warn!(signal, "a second signal: ending without waiting");
            std::process::exit(130);
        });
        Ok(shutdown)
    }

    /// Tells every holder to stop. Later calls change nothing, the deadline included.
    pub fn trigger(&self) {
        let mut at = self.0.at.lock().unwrap_or_else(PoisonError::into_inner);
        if at.is_none() {
            *at = Some(Instant::now());
            self.0.tasks.send_replace(true);
            self.0.threads.notify_all();
        }
    }

    /// As [`Shutdown::trigger`], and nobody of this name will be back soon.
    pub fn trigger_for_good(&self) {
        if !self.is_triggered() {
            self.0.for_good.store(true, Ordering::SeqCst);
        }
        self.trigger();
    }

    /// Whether what this process holds should go to others at once: it will not be back.
    pub fn is_for_good(&self) -> bool {
        self.0.for_good.load(Ordering::SeqCst)
    }

    pub fn is_triggered(&self) -> bool {
        *self.0.tasks.borrow()
    }

    /// Ends when the token is triggered, at once if it was. Safe to cancel.
    pub async fn triggered(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.0.tasks.subscribe().wait_for(|stop| *stop).await;
    }

    /// Blocks this thread for `period` or until the token is triggered; true when it was.
    pub fn sleep(&self, period: Duration) -> bool {
        let at = self.0.at.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, _) =
            self.0.threads.wait_timeout_while(at, period, |at| at.is_none()).unwrap_or_else(PoisonError::into_inner);
        at.is_some()
    }

    /// When stopping must be over; `None` as long as nobody said stop.
    pub fn deadline(&self) -> Option<Instant> {
        let at = *self.0.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.map(|at| at + self.0.drain)
    }

    /// What is left until the deadline: the whole drain time before the token is triggered, zero after the deadline.
    pub fn remaining(&self) -> Duration {
        match self.deadline() {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => self.0.drain,
        }
    }

    /// Waits for the token, then for `work`, but not beyond the deadline: `None` when it did not end in time.
    pub async fn drain<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            () = self.triggered() => {}
        }
        tokio::time::timeout(self.remaining(), work).await.ok()
    }
}
