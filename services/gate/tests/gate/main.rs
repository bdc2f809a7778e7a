//! The gate on the embedded log, through its routes.
#![allow(clippy::unwrap_used)]

mod batch;
mod bench;
mod check;
mod decisions;
mod entitlement;
mod faulty;
mod grounds;
mod openapi;
mod pseudonyms;
mod unknown;
mod watch;
