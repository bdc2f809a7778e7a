//! What the flags of a log must be, and how fast they can be had: the fold in memory, over events made up beforehand.

use std::time::{Duration, Instant};

use super::digest::{Digest, Digested};
use super::event::{Event, Flag, partition_of};
use super::load::Load;
use super::memory::Memory;
use super::topics::PARTITIONS;

/// Events made up at a time.
const PIECE: u64 = 20_000;

pub(super) struct Folded {
    pub(super) events: u64,
    pub(super) wall: Duration,
    pub(super) digested: Digested,
}

/// Folds the first `events` of a load on one thread. What counts is decoding, folding and encoding; making events up and
/// hashing flags does not.
pub(super) fn fold(mut load: Load, events: u64) -> anyhow::Result<Folded> {
    let mut partitions: Vec<Memory> = (0..PARTITIONS).map(|_| Memory::default()).collect();
    let mut digest = Digest::new(partitions.len());
    let mut wall = Duration::ZERO;
    let mut flags: Vec<(usize, Vec<u8>, Vec<u8>)> = Vec::new();
    while load.made() < events {
        let piece = load.encoded(PIECE.min(events - load.made()));
        let from = Instant::now();
        for (subject, bytes) in &piece {
            let partition = usize::try_from(partition_of(subject, PARTITIONS))?;
            if let (Some(event), Some(memory)) = (Event::decode(bytes), partitions.get_mut(partition)) {
                memory.apply(subject, &event, &mut |key, value| flags.push((partition, key.to_vec(), value.to_vec())));
            }
        }
        wall += from.elapsed();
        for (partition, key, value) in flags.drain(..) {
            digest.add(partition, &key, &Flag::decode(&value)?);
        }
    }
    Ok(Folded { events, wall, digested: digest.so_far() })
}
