//! What all folds of this service share: what becomes of a record that cannot be read.

use std::sync::Arc;

use bytes::Bytes;
use schemas::topics::Topics;
use schemas::{Codec, DecodeError, EncodeError, ErrorKind, Place, Rejection};
use stream::fold::{FoldError, Rejection as Refused};
use stream::log::{Header, Outgoing, Record};
use stream::state::StateError;

/// The record, for `standing.rejects`.
pub(crate) fn rejected(topics: &Topics, codec: &Codec, record: &Record, reason: &Refused) -> Outgoing {
    let place = Place { topic: record.topic.to_string(), partition: record.partition, offset: record.offset };
    let bytes = record.value.as_ref().and_then(|value| u64::try_from(value.len()).ok());
    let rejection = Rejection::of_runtime(reason.code, &reason.reason, place, bytes);
    let value = codec.encode_reject(&rejection).expect("a rejection has no part that cannot be encoded");
    Outgoing { key: None, ..outgoing(topics.rejects(), record.partition, String::new(), Some(value), Vec::new()) }
}

pub(crate) fn outgoing(
    topic: &Arc<str>,
    partition: i32,
    key: String,
    value: Option<Bytes>,
    headers: Vec<Header>,
) -> Outgoing {
    Outgoing { topic: Arc::clone(topic), partition, key: Some(Bytes::from(key)), value, headers, timestamp_ms: None }
}

pub(crate) fn decode_fault(error: DecodeError) -> FoldError {
    match error.kind {
        ErrorKind::Malformed => FoldError::Skip { code: error.code, reason: error.to_string() },
        ErrorKind::Retry => again(error.to_string()),
        ErrorKind::Unsupported => FoldError::Stop { reason: error.to_string() },
    }
}

pub(crate) fn encode_fault(error: EncodeError) -> FoldError {
    match error.kind {
        ErrorKind::Retry => again(error.to_string()),
        ErrorKind::Malformed | ErrorKind::Unsupported => FoldError::Stop { reason: error.to_string() },
    }
}

/// The runtime opens the state anew and folds the record again, a little later each time.
fn again(reason: String) -> FoldError {
    FoldError::State(StateError::Io { reason })
}
