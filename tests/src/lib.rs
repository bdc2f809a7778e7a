//! What the tests of the whole share: the tests themselves are in `tests/`, one file an idea.
//!
//! Nothing here is part of the product, and nothing of the product but the wire contract (`schemas`, `domain`) may be
//! used here: these tests look from outside, as a department or an approval system does.

pub mod repository;
