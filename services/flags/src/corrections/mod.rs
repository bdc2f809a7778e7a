//! A correction reaches whoever decided on the error (R10; 深圳条例 48 to 51, 79 to 82; 处罚法 48).
//!
//! ```text
//! profile: a record was corrected that flags rest on ─► standing.reliance ─┐
//! standing.decisions ─► relay: checks that rested on flags ─► the same ────┤
//!                                                                          └─► join ─► standing.corrections
//!                                                                                  └─► standing.corrections.<domain>
//! ```
//!
//! Two topics that are read side by side come in any order, and two partitions of one number may have two owners. So what must
//! meet is written to one topic first, and its order decides: of a decision and a correction that belong together the later one
//! finds the row of the earlier one, and tells. A decision that arrives after the correction is told like one from before.
//!
//! What belongs together says the correction itself: it names the values of the flag that its record was a ground of, shown among
//! the flag's grounds or not ([`domain::output::Fall`]). No law is here, and no flag is read: the flags' topic is compacted, and
//! a value that was replaced may be gone.
//!
//! Rows are kept as long as decisions are, by the log's own time; the topic as well, so the state can be rebuilt from it.

mod join;
mod relay;
mod row;
#[cfg(test)]
mod tests;

pub(crate) use join::JoinFold;
pub(crate) use relay::RelayFold;
