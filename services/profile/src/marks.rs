//! The last committed mark of a partition: how far its outputs stand in the log, for a group that has lost its offset.

use std::sync::Arc;
use std::time::Duration;

use schemas::topics::{Topics, keys};
use schemas::{Codec, FlagEntry};
use stream::log::{Isolation, Log, LogError, Start, TopicPartition};

const BATCH: usize = 5_000;
const POLL: Duration = Duration::from_millis(200);

/// The `events_offset` of the last mark in `standing.flags`; `None` where there is none. Reads the whole partition, which only
/// a group without an offset needs: at the very first start it is empty. An open transaction hides what was committed after
/// it began: the caller comes again when it is over.
pub(crate) fn last_mark(
    log: &dyn Log,
    topics: &Topics,
    codec: &Codec,
    partition: i32,
) -> Result<Option<i64>, LogError> {
    let of = TopicPartition::new(Arc::clone(topics.flags()), partition);
    let written = log.watermarks(&of, Isolation::ReadUncommitted)?.high;
    let end = log.watermarks(&of, Isolation::ReadCommitted)?.high;
    if end < written {
        let reason = format!("a transaction is open in {of}, and may hide the last mark");
        return Err(LogError::Retry { what: "last mark", reason });
    }
    let mut last = None;
    if end == 0 {
        return Ok(last);
    }
    let mut reader = log.reader(&[(of.clone(), Start::Earliest)], Isolation::ReadCommitted)?;
    while !reader.positions().iter().any(|(held, next)| *held == of && *next >= end) {
        for record in reader.poll(BATCH, POLL)? {
            let Some(key) = record.key.as_deref().filter(|key| *key == keys::MARK.as_bytes()) else { continue };
            if let Ok(FlagEntry::Mark(mark)) = codec.decode_flag(key, record.value.as_deref(), None) {
                last = Some(mark.events_offset);
            }
        }
    }
    Ok(last)
}
