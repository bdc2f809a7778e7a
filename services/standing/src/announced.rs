//! What the instances of a register say of themselves in their progress marks: which versions of the fold they have, and how far a
//! sweep is.
//!
//! Every partition has an owner, and its owner writes a mark every second. So what the marks of all partitions say is what every
//! instance that folds says. An instance without partitions says nothing: should it get one later and not have the fold in
//! force, it stops that partition with an alarm and is not ready.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use catalogue::plan::Planned;
use schemas::topics::keys;
use schemas::{FlagEntry, Mark};
use stream::log::{Isolation, Start, TopicPartition};

use crate::activation::Register;
use crate::admission::Refused;

/// Marks come every second; a rebalance takes some.
pub(crate) const ANNOUNCED_WITHIN: Duration = Duration::from_secs(30);
/// A sweep of millions of subjects under load.
const SWEPT_WITHIN: Duration = Duration::from_secs(3_600);
const BATCH: usize = 5_000;
const POLL: Duration = Duration::from_millis(200);

/// Waits until the owner of every partition announces a version of the fold, in marks written from now on.
pub(crate) fn wait(register: &Register, version: u32, within: Duration) -> anyhow::Result<()> {
    let missing = until(register, within, &mut |mark| mark.fold_known.is_some_and(|known| known >= version))?;
    if missing.is_empty() {
        return Ok(());
    }
    let partitions = missing.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    Err(Refused::NotAnnounced { version, partitions }.into())
}

/// Waits until a sweep that follows an activation is through in every partition.
pub(crate) fn swept(register: &Register, planned: &Planned) -> anyhow::Result<()> {
    let mut through = |mark: &Mark| {
        let under = match planned {
            Planned::Catalogue(digest) => mark.catalogue.as_ref() == Some(digest),
            Planned::Fold(version) => mark.fold == Some(*version),
        };
        under && mark.swept
    };
    let missing = until(register, SWEPT_WITHIN, &mut through)?;
    if missing.is_empty() {
        return Ok(());
    }
    bail!("after {SWEPT_WITHIN:?} partitions {missing:?} are not swept yet; the sweep goes on; see /readyz of profile")
}

/// Reads marks from the topic's present end on until each partition has one that holds; gives those that have none in time.
fn until(register: &Register, within: Duration, holds: &mut dyn FnMut(&Mark) -> bool) -> anyhow::Result<BTreeSet<i32>> {
    let flags = register.topics.flags();
    let mut missing: BTreeSet<i32> = (0..i32::from(register.topics.partitions().get())).collect();
    let from: Vec<(TopicPartition, Start)> =
        missing.iter().map(|n| (TopicPartition::new(Arc::clone(flags), *n), Start::Latest)).collect();
    let mut reader = register.log.reader(&from, Isolation::ReadCommitted)?;
    let deadline = Instant::now() + within;
    while !missing.is_empty() && Instant::now() < deadline {
        for record in reader.poll(BATCH, POLL)? {
            let Some(key) = record.key.as_deref().filter(|key| *key == keys::MARK.as_bytes()) else { continue };
            if let Ok(FlagEntry::Mark(mark)) = register.codec.decode_flag(key, record.value.as_deref(), None)
                && holds(&mark)
            {
                missing.remove(&record.partition);
            }
        }
    }
    Ok(missing)
}
