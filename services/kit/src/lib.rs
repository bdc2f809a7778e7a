//! What every service binary needs and nothing else: settings, telemetry, metrics, admin endpoints, problem
//! documents, credentials, an HTTP server with limits, shutdown, and the clock.
//!
//! This crate knows nothing of the domain: a department, a consumer and a matter are names to it. It keeps no state
//! that must survive a restart, and nothing in it panics on what came from outside.
//!
//! How a service's `main` reads: [`settings::load`] (all problems printed, exit 64), [`telemetry::init`],
//! [`metrics::Metrics::new`], [`shutdown::Shutdown::on_signals`], [`credentials::Credentials::load`],
//! [`serve::Listening::bind`], components, [`serve::Listening::serve`].

pub mod admin;
pub mod body;
pub mod clock;
pub mod credentials;
pub mod metrics;
pub mod problem;
mod process;
pub mod readiness;
pub mod serve;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
