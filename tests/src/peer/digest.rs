//! What flags a side wrote, in a few bytes: for every partition a hash over its flags in their order. Stamps are left out:
//! they tell when an event was sent.

use sha2::{Digest as _, Sha256};

use super::event::Flag;

pub(super) struct Digest {
    partitions: Vec<Sha256>,
    flags: u64,
}

/// Equal where the same flags were written in the same order, partition by partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digested {
    pub(super) flags: u64,
    pub(super) hash: String,
}

impl Digest {
    pub(super) fn new(partitions: usize) -> Self {
        Self { partitions: (0..partitions).map(|_| Sha256::new()).collect(), flags: 0 }
    }

    pub(super) fn add(&mut self, partition: usize, key: &[u8], flag: &Flag) {
        let Some(hash) = self.partitions.get_mut(partition) else { return };
        self.flags += 1;
        hash.update(key);
        hash.update(Flag { stamp: 0, ..*flag }.encode());
    }

    pub(super) fn so_far(&self) -> Digested {
        let mut all = Sha256::new();
        for partition in &self.partitions {
            all.update(partition.clone().finalize());
        }
        let hash = all.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Digested { flags: self.flags, hash }
    }
}
