//! All law of Standing: subjects, records, the catalogue's types, the fold, flags and verdicts.
//!
//! Pure: no I/O, no clock, no randomness, no unordered maps, no floats. Time comes in with the log; everything else comes in
//! as an argument. (what is known about this subject, one event) -> (what is known now, what to tell the world).

#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

pub mod catalogue;
pub mod check;
mod compact;
pub mod evaluate;
pub mod event;
pub mod flag;
pub mod fold;
pub mod ids;
pub mod judge;
pub mod output;
pub mod problem;
pub mod pseudonym;
pub mod record;
pub mod rows;
pub mod state;
pub mod subject;
pub mod time;
pub mod value;
pub mod verdict;
