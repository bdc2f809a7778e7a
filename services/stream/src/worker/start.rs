//! Where a partition starts: a decision from facts that were read before. No I/O.

use crate::settings::LogStart;

/// What was read about a partition when it was assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The position of the state on disk.
    pub(super) stored: i64,
    /// The offset of the group, or of the last committed mark if the group has none.
    pub(super) committed: Option<i64>,
    /// The first offset the log holds, and the offset after the last committed one.
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) log_start: LogStart,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Fold from `at`, quietly up to `live_from`.
    Fold { at: i64, live_from: i64 },
    /// The state must not be used: set it aside and decide again with an empty one.
    Rebuild { why: String },
    /// No correct state can be had: stop and call somebody.
    Refuse { why: String },
}

pub(super) fn decide(facts: &Facts) -> Decision {
    let Facts { stored, committed, low, high, log_start } = *facts;
    if let Some(committed) = committed
        && committed > high
    {
        let why = format!(
            "offset {committed} is committed and the log ends at {high}: committed records are gone; restore the log"
        );
        return Decision::Refuse { why };
    }
    if stored > committed.unwrap_or(0) {
        let why = match committed {
            Some(committed) => format!("the state stands at {stored}, ahead of the committed offset {committed}"),
            None => format!("the state stands at {stored} and no offset is committed"),
        };
        return Decision::Rebuild { why };
    }
    let at = match log_start {
        LogStart::Moves => stored.max(low),
        LogStart::Complete if stored < low => {
            let why = format!(
                "the state stands at {stored} and the log begins at {low}: the records between are gone; restore the \
                 log, or a state that reaches {low}"
            );
            return Decision::Refuse { why };
        }
        LogStart::Complete => stored,
    };
    Decision::Fold { at, live_from: committed.unwrap_or(at).max(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts { stored: 0, committed: None, low: 0, high: 100, log_start: LogStart::Complete };

    #[test]
    fn a_partition_never_seen_is_folded_live_from_its_start() {
        assert_eq!(decide(&FACTS), Decision::Fold { at: 0, live_from: 0 });
    }

    #[test]
    fn state_behind_the_committed_offset_is_folded_quietly_up_to_it() {
        let behind = Facts { stored: 40, committed: Some(60), ..FACTS };
        assert_eq!(decide(&behind), Decision::Fold { at: 40, live_from: 60 });
        let lost = Facts { stored: 0, committed: Some(60), ..FACTS };
        assert_eq!(decide(&lost), Decision::Fold { at: 0, live_from: 60 });
    }

    #[test]
    fn state_ahead_of_the_committed_offset_is_rebuilt() {
        let ahead = Facts { stored: 61, committed: Some(60), ..FACTS };
        assert!(matches!(decide(&ahead), Decision::Rebuild { .. }));
        let uncommitted = Facts { stored: 1, committed: None, ..FACTS };
        assert!(matches!(decide(&uncommitted), Decision::Rebuild { .. }));
    }

    #[test]
    fn a_log_that_lost_records_stops_the_partition() {
        let gone = Facts { stored: 5, committed: Some(60), low: 6, ..FACTS };
        assert!(matches!(decide(&gone), Decision::Refuse { .. }));
        let cut = Facts { stored: 40, committed: Some(60), high: 59, ..FACTS };
        assert!(matches!(decide(&cut), Decision::Refuse { .. }));
    }

    #[test]
    fn a_log_that_forgets_is_folded_from_its_first_record() {
        let moving = Facts { low: 6, committed: Some(60), log_start: LogStart::Moves, ..FACTS };
        assert_eq!(decide(&Facts { stored: 5, ..moving }), Decision::Fold { at: 6, live_from: 60 });
        assert_eq!(decide(&Facts { committed: None, ..moving }), Decision::Fold { at: 6, live_from: 6 });
        let all_gone = Facts { committed: Some(4), ..moving };
        assert_eq!(decide(&all_gone), Decision::Fold { at: 6, live_from: 6 });
    }
}
