//! Looks a decision up in the log: from where its id says, forward, for a limited time.
//!
//! An id names a place at or before its record, and records are sent within seconds of their ids, so the search is short; it
//! is long only for what waited in a spool. It blocks: not for an async thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::topics::Topics;
use schemas::{Codec, DecisionRecord};
use stream::log::{Isolation, Log, LogError, Start, TopicPartition};

use super::DecisionId;

const BATCH: usize = 1_000;
const POLL: Duration = Duration::from_millis(50);

pub(crate) enum Found {
    Yes(Box<DecisionRecord>),
    /// It is not in the log, up to where it ended when the search began.
    No,
    /// The time was over first.
    OutOfTime,
}

pub(crate) fn find(
    log: &dyn Log,
    topics: &Topics,
    codec: &Codec,
    id: &DecisionId,
    most: Duration,
) -> Result<Found, LogError> {
    if id.partition < 0 || id.partition >= i32::from(topics.partitions().get()) {
        return Ok(Found::No);
    }
    let deadline = Instant::now() + most;
    let of = TopicPartition::new(Arc::clone(topics.decisions()), id.partition);
    let ends = log.watermarks(&of, Isolation::ReadUncommitted)?;
    if id.from >= ends.high {
        return Ok(Found::No);
    }
    let text = id.to_string();
    let mut reader = log.reader(&[(of, Start::Offset(id.from.max(ends.low)))], Isolation::ReadUncommitted)?;
    while Instant::now() < deadline {
        for record in reader.poll(BATCH, POLL)? {
            let decision = record.value.as_deref().map(|value| codec.decode_decision(value));
            if let Some(Ok(decision)) = decision
                && decision.decision_id == text
            {
                return Ok(Found::Yes(Box::new(decision)));
            }
        }
        if reader.positions().iter().all(|(_, next)| *next >= ends.high) {
            return Ok(Found::No);
        }
    }
    Ok(Found::OutOfTime)
}
