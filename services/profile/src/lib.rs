//! The one stateful hop: folds `standing.events` into each subject's record, publishes flags, profiles, notices and marks, and
//! answers lookups from the state.
//!
//! All law is in the crate `domain`; all of transactions, recovery and RocksDB in `stream`. This crate ties them together and adds
//! the codec of the state. It must never decide anything itself.

mod cases;
mod codec;
mod fold;
mod lookup;
mod marks;
mod metrics;
mod peers;
mod rating_view;
mod record_view;
mod service;
mod store;

pub use codec::{ROW_VERSION, decode, encode};
pub use fold::ProfileFold;
pub use metrics::FoldMetrics;
pub use service::{Components, Error, Profile, Settings};
pub use store::ReadStore;

/// This service's part of the OpenAPI document.
pub fn openapi() -> serde_json::Value {
    serde_json::from_str(include_str!("openapi.json")).expect("checked by a test")
}
