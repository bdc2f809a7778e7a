//! The gate: answers whether a subject is restricted, supervised or facilitated in a matter, and why.
//!
//! It follows `standing.flags` into memory and decides by [`domain::verdict`]. There is no law here and no state that must
//! survive: what it adds is who may ask, whether the view is fit to answer, and that every answer is on record.
//!
//! ```text
//! question -> entitled? -> wait for its token -> view fresh? -> verdict -> decision log -> answer
//! ```
//!
//! A view that is stale, unread or behind the token answers `unknown` with a reason, never `clear` and never `restricted`
//! (R11). An answer that restricts or is about a natural person is given only once its record is acknowledged (R12).
//! Identifiers live as long as one call, and reach no log, error or metric.

mod answer;
mod check;
mod decisions;
mod gate;
mod lookup;
mod metrics;
mod openapi;
mod pseudonyms;
mod question;
mod rating;
mod refusal;
mod settings;
mod view;
mod watch;

pub use decisions::SpoolError;
pub use gate::{Components, Error, Gate};
pub use openapi::openapi;
pub use settings::Settings;
