//! Ids of decisions: `<partition>-<offset>-<32 hex digits>`.
//!
//! The first two say where in `standing.decisions` the record is to be looked for: its partition, and an offset at or
//! before its own. Both are plain to see and prove nothing; what cannot be guessed are the 128 random bits.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DecisionId {
    pub(crate) partition: i32,
    /// The partition's end as last seen when the id was made.
    pub(crate) from: i64,
    random: u128,
}

impl DecisionId {
    pub(crate) fn new(partition: i32, from: i64) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the system has random bytes for a process that has started");
        Self { partition, from, random: u128::from_be_bytes(random) }
    }

    /// `None` for a text that no id is written as.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let id = Self {
            partition: parts.next()?.parse().ok()?,
            from: parts.next()?.parse().ok()?,
            random: u128::from_str_radix(parts.next()?, 16).ok()?,
        };
        (parts.next().is_none() && id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:032x}", self.partition, self.from, self.random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_no_other_text_is_one() {
        let id = DecisionId::new(3, 120);
        assert_eq!(DecisionId::parse(&id.to_string()), Some(id));
        let random = "0".repeat(32);
        for bad in [
            "",
            "3",
            "3-120",
            "3-120-",
            "3-120-0",
            "3-120-xyz",
            "+3-120-1",
            "３-1-2",
            "99999999999-1-2",
            &format!("-3-1-{random}"),
            &format!("3-120-{random}-1"),
            &format!("03-120-{random}"),
            &format!("3-120-+{}", &random[1..]),
        ] {
            assert_eq!(DecisionId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn no_two_ids_are_alike() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(|_| DecisionId::new(0, 0)).collect();
        assert_eq!(ids.len(), 1_000);
    }
}
