//! The wire contract.
pub mod topics;
