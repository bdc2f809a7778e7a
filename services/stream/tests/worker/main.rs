//! The runtime, seen from outside: a small fold over real logs and a real RocksDB.

#![allow(clippy::unwrap_used)]

mod bench;
mod checkpoint;
mod copies;
mod crash;
mod driver;
mod faults;
mod faulty;
mod faulty_store;
mod kafka;
mod live;
mod observed;
mod opening;
mod recovery;
mod restore;
mod soak;
// Shared with the simulation.
#[allow(dead_code)]
#[path = "../sums/mod.rs"]
mod sums;
mod unowned;
mod unsound;
