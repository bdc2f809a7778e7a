//! The wire types: one file per kind of record, each struct named and shaped as the record of its Avro schema.
//!
//! They borrow on the way out and own on the way in. Conversion to the types of the domain is where everything is checked
//! that Avro does not say: names, dates, keys, which parts go together.

pub(crate) mod correction;
pub(crate) mod decision;
pub(crate) mod event;
mod facts;
pub(crate) mod flag;
mod ground;
pub(crate) mod inbox;
mod letter;
pub(crate) mod notice;
mod parts;
pub(crate) mod profile;
mod rating;
pub(crate) mod reject;
pub(crate) mod reliance;
mod step;
