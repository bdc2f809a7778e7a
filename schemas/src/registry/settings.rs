//! Where the registry is, and how long to wait for it.

use std::fmt;
use std::io;
use std::time::Duration;

/// Where the registry is. Several addresses of one registry are tried in turn.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    pub urls: Vec<String>,
    pub credentials: Credentials,
    /// Of one request.
    pub request_timeout: Duration,
    /// Rounds over all addresses before a call fails.
    pub attempts: u32,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self { urls: Vec::new(), credentials: Credentials::None, request_timeout: Duration::from_secs(2), attempts: 3 }
    }
}

/// Pause before round `n`, from 1; none before the first.
pub(super) fn pause_before(round: u32) -> Duration {
    Duration::from_millis(100) * round.saturating_sub(1).min(10)
}

impl RegistrySettings {
    /// The longest a call takes, and so the longest a caller waits.
    pub(super) fn patience(&self) -> Duration {
        let addresses = u32::try_from(self.urls.len()).unwrap_or(u32::MAX);
        let pauses: Duration = (1..=self.attempts).map(pause_before).sum();
        self.request_timeout.saturating_mul(addresses.saturating_mul(self.attempts)).saturating_add(pauses)
    }
}

/// How to speak to the registry. `Debug` shows no secret.
#[derive(Clone, Default)]
pub enum Credentials {
    #[default]
    None,
    Basic {
        user: String,
        password: String,
    },
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer(_) => "Bearer(***)",
        })
    }
}

/// Why the client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("no address of the schema registry is set; set one, or none at all for the built-in ids")]
    NoAddress,
    #[error("an address of the schema registry is no http or https address; write it like http://registry:8081")]
    Address,
    #[error("no attempt to reach the schema registry is allowed; set at least 1")]
    NoAttempt,
    #[error("the client of the schema registry cannot be built")]
    Client(#[source] reqwest::Error),
    #[error("the thread of the schema registry's client cannot be started")]
    Thread(#[source] io::Error),
}
