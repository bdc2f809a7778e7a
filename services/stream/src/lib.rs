//! The stateful runtime: consumes partitions of a log, folds each record into a RocksDB-backed state through an
//! overlay, and commits outputs and offsets in one transaction before the state is written.
//!
//! Knows Kafka and RocksDB, nothing of the domain. See docs/ARCHITECTURE.md.

pub mod embedded;
pub mod log;

pub mod driver;
pub mod fold;
pub mod memory_state;
pub mod outbox;
pub mod overlay;
pub mod state;
pub mod store;
mod task;
pub mod view;

pub use task::Applied;
