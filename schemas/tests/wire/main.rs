//! The wire contract from outside: bytes, hostile bytes, changes of schemas, a registry.

#![allow(clippy::unwrap_used)]

mod compatibility;
mod golden;
mod hostile;
mod registry;
mod registry_mock;
mod samples;
