//! What the tests of the whole share: the tests themselves are in `tests/`, one file an idea.
//!
//! Nothing here is part of the product, and no service may be used here: these tests look from outside, as a department or
//! an approval system does. Below the services, they may use the wire contract and what it takes to run and watch a log.

pub mod bad_input;
pub mod chaos;
pub mod chart;
pub mod check;
pub mod compose;
pub mod environment;
pub mod event;
pub mod installation;
pub mod kafka;
pub mod metrics;
pub mod path;
pub mod peer;
pub mod playground;
pub mod process;
pub mod published;
pub mod recover;
pub mod register;
pub mod report;
pub mod repository;
pub mod rulebook;
pub mod stock;
pub mod story;
pub mod told;
pub mod usage;
pub mod warm;
