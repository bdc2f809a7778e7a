//! Avro's binary form of our own types, without looking at a schema.
//!
//! A wire type and its newest schema say the same: fields in one order, an optional field a union of null and the type, an
//! enumeration a union in the order of its variants. So the type itself tells what stands in the bytes, and a value is read and
//! written in one pass. Whatever this does not take, the reader that follows the schema is asked about, and says what is wrong
//! and where: a value read here is the one that it would give (tests hold both to each other). Older versions of a schema, and
//! those of a registry, are never read here.

mod read;
mod write;

use std::fmt;

use serde::{de, ser};

pub(super) use read::read;
pub(super) use write::write;

/// This form has no place for the value, or the bytes are none of it.
#[derive(Debug)]
pub(in crate::codec) struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not in the plain form")
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
