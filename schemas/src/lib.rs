//! The wire contract: what stands in the topics, byte for byte, and what the topics are.
//!
//! - [`topics`]: names, settings, keys and headers.
//! - `avro/*.avsc`: the schemas, one for each [`Kind`] of record; `released/`: every version of them that may stand in a
//!   topic; `golden/`: one value of each kind as bytes.
//! - [`Codec`]: domain types to bytes and back.
//! - [`compatibility`]: what a change of a schema may do.
//! - [`token`]: the tokens of receipts.
//!
//! Money is written out as text, so that nothing is rounded; dates are Avro's `date`, instants `timestamp-millis`. Choices
//! are text, not enums: an Avro enum can never gain a symbol without breaking older readers, or silently turning into its
//! default in them. A reader that meets a choice it does not know says so and stops.
//!
//! This crate must never decide anything of the law, and never log or repeat what a payload says.

mod codec;
pub mod compatibility;
mod error;
mod kind;
mod record;
mod registry;
pub mod token;
pub mod topics;
mod wire;

pub use codec::Codec;
pub use error::{DecodeError, EncodeError, ErrorKind, Position, code};
pub use kind::Kind;
pub use record::{
    Act, Correction, DecisionRecord, FlagEntry, GoOn, Mark, Place, PublishedFlag, Rejection, RelianceEntry, Relied,
    Shown, Stage,
};
pub use registry::{Credentials, RegistrySettings, SetupError};
