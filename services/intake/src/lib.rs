//! Intake: where departments' events enter the register, by `POST /v1/events` and by `standing.inbox.<department>`.
//!
//! ```text
//! bytes -> tree of values -> checked, canonical event -> standing.events, by subject      -> receipt with a token
//!                         `> problem with a code      -> standing.rejects, no identifiers -> problem
//! ```
//!
//! - HTTP answers 202 only after the delivery report; one bad event of a batch never stops the others.
//! - Inboxes are consumed in transactions: what was taken is in the log exactly once.
//! - The order of a request's or an inbox partition's events is kept.
//! - Memory is bounded by settings: lines, batches and events under way are limited, and a full queue is back-pressure.
//!
//! No law is decided here beyond what [`domain::check`] says, and the fold judges every event again. An identifier lives as
//! long as one call: it reaches no topic but its inbox, no log, no error and no metric. Nothing that comes in panics or stops
//! the service.

mod acknowledged;
mod batch;
mod check;
pub mod code;
mod digest;
mod http;
mod inbox;
mod json;
mod lines;
mod metrics;
mod openapi;
mod records;
mod refusal;
mod report;
mod sender;
mod service;
mod settings;

pub use openapi::openapi;
pub use service::{Components, Error, Intake};
pub use settings::{InboxSettings, Settings};
