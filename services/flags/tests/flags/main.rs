//! The routing of flags, and the corrections, on the embedded log.
#![allow(clippy::unwrap_used)]

mod bench;
mod corrections;
mod marks;
mod people;
mod routing;
