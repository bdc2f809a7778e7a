//! What stands in the log: facts about subjects, and the records that control the fold.

mod control;
mod types;

pub use control::{Continue, ContinueKind, Control};
pub use types::{
    Body, Change, Commitment, Content, Document, Event, EventType, FiledBy, Handling, Objection, ObjectionEffect,
    ObjectionOutcome, RecordRef, Review, ReviewKind, ReviewOutcome, Validity,
};
