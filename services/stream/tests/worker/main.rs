//! The runtime, seen from outside: a toy fold over real logs and a real RocksDB.

#![allow(clippy::unwrap_used)]

mod bench;
mod crash;
mod driver;
mod faults;
mod faulty;
mod kafka;
mod live;
mod observed;
mod recovery;
mod soak;
mod toy;
