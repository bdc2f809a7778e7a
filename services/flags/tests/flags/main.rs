//! The routing of flags on the embedded log.
#![allow(clippy::unwrap_used)]

mod bench;
mod marks;
mod people;
mod routing;
