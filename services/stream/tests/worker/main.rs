//! The runtime, seen from outside: a toy fold over real logs and a real RocksDB.

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
mod recovery;
mod restore;
mod soak;
mod toy;
mod unsound;
