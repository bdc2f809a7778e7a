//! Reads parts of partitions from one offset up to another, in the order of each partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::bail;
use catalogue::Shelf;
use schemas::topics::Topics;
use stream::log::{Isolation, Log, LogError, Reader, Record, Start, TopicPartition};

const BATCH: usize = 5_000;
const POLL: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(200);
/// A reader that gets no further for so long is not waiting any more.
const STALLED: Duration = Duration::from_secs(60);

/// From `from` to before `until`; `until` must not lie behind the last stable offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) of: TopicPartition,
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// Hands over every committed record of the parts. A client that fails is replaced and goes on where it stood.
pub(crate) fn committed(
    log: &dyn Log,
    parts: &[Part],
    mut take: impl FnMut(&Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut left: BTreeMap<TopicPartition, (i64, i64)> =
        parts.iter().map(|part| (part.of.clone(), (part.from, part.until))).collect();
    left.retain(|_, (from, until)| from < until);
    let mut progressed = Instant::now();
    while !left.is_empty() {
        let from: Vec<(TopicPartition, Start)> =
            left.iter().map(|(of, (from, _))| (of.clone(), Start::Offset(*from))).collect();
        let failed = log
            .reader(&from, Isolation::ReadCommitted)
            .and_then(|mut reader| drain(reader.as_mut(), &mut left, &mut progressed, &mut take));
        match failed {
            Ok(result) => result?,
            Err(error @ LogError::Refused { .. }) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "reading anew after a failure"),
        }
        if let Some((of, (at, until))) = left.iter().next() {
            if progressed.elapsed() > STALLED {
                bail!("{of} was read up to {at} of {until} and then nothing came for {STALLED:?}: is the broker well?");
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn drain(
    reader: &mut dyn Reader,
    left: &mut BTreeMap<TopicPartition, (i64, i64)>,
    progressed: &mut Instant,
    take: &mut impl FnMut(&Record) -> anyhow::Result<()>,
) -> Result<anyhow::Result<()>, LogError> {
    while !left.is_empty() && progressed.elapsed() <= STALLED {
        for record in reader.poll(BATCH, POLL)? {
            let of = TopicPartition::new(record.topic.clone(), record.partition);
            let Some((next, until)) = left.get_mut(&of) else { continue };
            if record.offset < *next || record.offset >= *until {
                continue;
            }
            if let Err(error) = take(&record) {
                return Ok(Err(error));
            }
            *next = record.offset + 1;
            *progressed = Instant::now();
        }
        for (of, position) in reader.positions() {
            if let Some((next, _)) = left.get_mut(&of)
                && position > *next
            {
                *next = position;
                *progressed = Instant::now();
            }
        }
        left.retain(|_, (next, until)| next < until);
    }
    Ok(Ok(()))
}

/// Every catalogue there is, by its digest.
pub(crate) fn catalogues(log: &dyn Log, topics: &Topics) -> anyhow::Result<std::sync::Arc<Shelf>> {
    let shelf = Shelf::new();
    catalogues_into(log, topics, &shelf)?;
    Ok(shelf)
}

/// The same, into a shelf.
pub(crate) fn catalogues_into(log: &dyn Log, topics: &Topics, shelf: &Shelf) -> anyhow::Result<()> {
    let of = TopicPartition::new(topics.catalogues().clone(), 0);
    let ends = log.watermarks(&of, Isolation::ReadCommitted)?;
    committed(log, &[Part { of, from: ends.low, until: ends.high }], |record| {
        if let (Some(key), Some(value)) = (&record.key, &record.value) {
            match shelf.take(key, value) {
                // A plan says nothing of what was folded.
                Ok(()) | Err(catalogue::ShelfError::Kept(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    })
}
