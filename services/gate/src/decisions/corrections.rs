//! What was told of one decision: `standing.corrections`, read from the decision's partition for a limited time. There are few:
//! they come where a record was corrected after somebody had decided on it. It blocks: not for an async thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::pseudonym::DomainPseudonym;
use schemas::topics::Topics;
use schemas::{Codec, Correction};
use stream::log::{Isolation, Log, LogError, Start, TopicPartition};

use super::DecisionId;

const BATCH: usize = 1_000;
const POLL: Duration = Duration::from_millis(50);

/// In the order in which they were told; `None` where the time was over first.
pub(crate) fn corrections_of(
    log: &dyn Log,
    topics: &Topics,
    codec: &Codec,
    id: &DecisionId,
    subject: &DomainPseudonym,
    most: Duration,
) -> Result<Option<Vec<Correction>>, LogError> {
    let deadline = Instant::now() + most;
    let of = TopicPartition::new(Arc::clone(topics.corrections()), id.partition);
    let ends = log.watermarks(&of, Isolation::ReadCommitted)?;
    let (text, mut found) = (id.to_string(), Vec::new());
    if ends.low >= ends.high {
        return Ok(Some(found));
    }
    let mut reader = log.reader(&[(of, Start::Offset(ends.low))], Isolation::ReadCommitted)?;
    while Instant::now() < deadline {
        for record in reader.poll(BATCH, POLL)? {
            // Most are of other subjects, and need not be decoded.
            if record.key.as_deref() != Some(subject.as_str().as_bytes()) {
                continue;
            }
            let correction = record.value.as_deref().map(|value| codec.decode_correction(value));
            if let Some(Ok(correction)) = correction
                && correction.decision_id == text
            {
                found.push(correction);
            }
        }
        if reader.positions().iter().all(|(_, next)| *next >= ends.high) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
