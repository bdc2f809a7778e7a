//! The stateful runtime: consumes partitions of a log, folds each record into a RocksDB-backed state through an
//! overlay, and commits outputs and offsets in one transaction before the state is written.
//!
//! Knows Kafka and RocksDB, nothing of the domain. See docs/ARCHITECTURE.md.

pub mod embedded;
pub mod kafka;
pub mod log;

pub mod follow;

pub mod checkpoint;
pub mod driver;
mod ends;
pub mod fold;
pub mod memory_state;
pub mod observer;
pub mod offline;
pub mod outbox;
pub mod overlay;
pub mod probe;
pub mod runtime;
pub mod settings;
pub mod state;
pub mod status;
pub mod store;
mod task;
pub mod time;
pub mod unowned;
pub mod view;
mod worker;

pub use task::Applied;
