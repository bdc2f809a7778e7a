//! Numbers from a seed: the only source of chance in a simulation.

use std::sync::atomic::{AtomicU64, Ordering};

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A counter, mixed (splitmix64). Shared by threads of which one runs at a time.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    /// Numbers of their own for each purpose, so that one more roll here changes nothing there.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        let dice = Self(AtomicU64::new(seed.wrapping_mul(STEP).wrapping_add(purpose << 32)));
        dice.roll(2);
        dice
    }

    /// A number below `below`.
    pub(crate) fn roll(&self, below: u64) -> u64 {
        let mut x = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % below
    }

    /// Whether something that happens once in `n` times happens now; with 0 it never does.
    pub(crate) fn one_in(&self, n: u64) -> bool {
        n > 0 && self.roll(n) == 0
    }

    pub(crate) fn between(&self, least: u64, most: u64) -> u64 {
        least + self.roll(most - least + 1)
    }

    pub(crate) fn choose<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}
