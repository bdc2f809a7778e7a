//! Chance that is the same on every machine and in every version of every library: SplitMix64 (Steele, Lea and Flood, 2014).

/// A sequence of numbers that follows from where it was begun.
pub(super) struct Dice(u64);

impl Dice {
    /// A sequence of its own for these parts, such as the seed and the number of a subject.
    pub(super) fn of(parts: &[u64]) -> Self {
        let mut dice = Self(0x5354_414e_4449_4e47);
        for part in parts {
            dice.0 = dice.next() ^ *part;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where that is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// A number of days from `first` to `last`.
    pub(super) fn days(&mut self, first: u16, last: u16) -> i64 {
        let span = u64::from(last.saturating_sub(first)) + 1;
        i64::from(first) + i64::try_from(self.below(span)).expect("below 65,536")
    }

    /// True in `chance` of 100 cases.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(from.len()).unwrap_or(u64::MAX));
        from.get(usize::try_from(at).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_follows_from_its_parts_alone() {
        let first = |parts: &[u64]| Dice::of(parts).next();
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1, 2]), first(&[1, 3]));
    }

    #[test]
    fn nothing_is_picked_of_nothing() {
        let mut dice = Dice::of(&[1]);
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.pick::<u8>(&[]), None);
        assert_eq!(dice.days(3, 3), 3);
    }
}
