//! The runtime, seen from outside: a toy fold over real logs and a real RocksDB.

#![allow(clippy::unwrap_used)]

mod bench;
mod driver;
mod live;
mod toy;
