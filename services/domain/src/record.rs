//! What is known of one record: a join of facts that does not depend on the order they came in.
//!
//! The content is the greatest revision among upserts, corrections and withdrawals. Every other fact is kept under its
//! own id, and two facts of one id are joined by a fixed order: what is milder for the subject stays (a revocation, a grant,
//! an objection upheld), then the earlier filing, the later decision. A fact for a record not yet known waits in a
//! record without content.

mod join;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::{CommitmentState, Task};
use crate::event::{
    Change, Commitment, Document, EventType, FiledBy, Handling, Objection, ObjectionEffect, ObjectionOutcome, Review,
    ReviewKind, ReviewOutcome, Validity,
};
use crate::flag::{Exception, Served};
use crate::ids::{DepartmentId, MeasureId, RecordId};
use crate::time::{Instant, Interval};
use crate::value::Fields;

use self::join::{join_fact, join_part, keep_greatest, keep_least};

/// Most facts of one kind that others may bring to a record (filings, applications): far above any real procedure, so that a
/// record's row stays bounded.
pub const FACTS_MAX: usize = 64;

/// Most facts of one kind in all: what filings have used up, the publisher's own decisions still find room.
pub const DECIDED_FACTS_MAX: usize = 256;

/// Most times a record remembers that a measure's flag rested on it. Each takes a new interval, so a procedure or a correction;
/// beyond that the two oldest are taken for one, and what lay between them counts too: rather told once too often.
pub const RESTED_MAX: usize = 32;

/// Most refused corrections a record remembers; beyond that every older one counts as refused, so that the objection stays open.
pub const REFUSED_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub content: Option<Content>,
    /// A `record.corrected` was taken in, whatever came after it.
    pub corrected: bool,
    /// Revisions of the `record.corrected` that were refused, until one is taken in: sent again, they settle no objection.
    pub refused: BTreeSet<u32>,
    pub notices: BTreeMap<RecordId, Date>,
    pub objections: BTreeMap<RecordId, ObjectionFacts>,
    pub reviews: BTreeMap<RecordId, ReviewFacts>,
    pub repairs: BTreeMap<RecordId, RepairFacts>,
    pub permissions: BTreeMap<RecordId, PermissionFacts>,
    pub commitment: Option<(Commitment, Date)>,
    /// What the fold derived from these facts last: which rows of grounds are this record's. Not a fact.
    pub placed: BTreeMap<MeasureId, Placed>,
    /// And which rows of open tasks. Not a fact either.
    pub tasks: Vec<PlacedTask>,
    /// Which flags of ratings rest on it, by its points or as the notice it is. Not a fact.
    pub counted: BTreeMap<MeasureId, Counted>,
    /// When flags rested on this record and do so no more, oldest first; at most [`RESTED_MAX`] a measure. Not a fact.
    pub rested: Vec<Rested>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub revision: u32,
    pub state: ContentState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentState {
    Standing(Standing),
    Withdrawn { reason: Option<String> },
}

/// A record's content while it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub event_type: EventType,
    pub document: Document,
    pub fields: Fields,
    pub valid: Validity,
    pub adult_at_issue: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionFacts {
    pub filed: Option<Filing>,
    pub forwarded_on: Option<Date>,
    pub extended: Option<Extension>,
    pub resolved: Option<Resolution>,
}

/// Of two filings of one id the earlier stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Filing {
    pub filed_on: Date,
    pub grounds: String,
    /// Whose event it was: the publisher itself, or who hands it on.
    pub received_by: DepartmentId,
    pub by: FiledBy,
}

/// More time, approved by the head of the office (深圳条例 51, 82).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Extension {
    pub on: Date,
    pub approved_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resolution {
    pub outcome: ObjectionOutcome,
    pub effect: Option<ObjectionEffect>,
    pub resolved_on: Date,
    pub reason: Option<String>,
}

impl Resolution {
    /// The record is delisted, or no longer disclosed, which ends its use as well (深圳条例 51, 82).
    pub fn ends(&self) -> bool {
        matches!(self.effect(), Some(ObjectionEffect::Delisted | ObjectionEffect::Undisclosed))
    }

    /// What is wrong in the record, or missing, is to be put right (深圳条例 51).
    pub fn corrects(&self) -> bool {
        matches!(self.effect(), Some(ObjectionEffect::Corrected | ObjectionEffect::Supplemented))
    }

    /// Delisted unless said otherwise when upheld (design, "An event").
    pub fn effect(&self) -> Option<ObjectionEffect> {
        match (self.outcome, self.effect) {
            (ObjectionOutcome::Rejected, _) => None,
            (ObjectionOutcome::Upheld, None) => Some(ObjectionEffect::Delisted),
            (ObjectionOutcome::Partly, None) => Some(ObjectionEffect::Corrected),
            (ObjectionOutcome::Upheld | ObjectionOutcome::Partly, Some(effect)) => Some(effect),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewFacts {
    pub opened: Option<(Date, ReviewKind)>,
    pub closed: Option<ReviewClosing>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReviewClosing {
    pub outcome: ReviewOutcome,
    pub closed_on: Date,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairFacts {
    pub applied_on: Option<Date>,
    /// The day the applicant was told which papers are missing, and which: the first time counts (深圳条例 81).
    pub asked: Option<(Date, Option<String>)>,
    /// It was told again, which stops no clock.
    pub asked_again: bool,
    pub completed_on: Option<Date>,
    pub extended: Option<Extension>,
    pub decided: Option<RepairDecision>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RepairDecision {
    pub granted: bool,
    pub decided_on: Date,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionFacts {
    pub granted: Option<Exception>,
    pub ended: bool,
}

/// A rating's flag rests on this record in its values from the offset `from` on, at the instants of `interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub interval: Interval,
    pub from: i64,
}

/// A flag rested on this record: it was one of its grounds in the values of the flag that have an offset of `from..until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rested {
    pub measure: MeasureId,
    /// When that ground was in force, or its points counted.
    pub interval: Interval,
    /// Offset of the record of the log that made it a ground ...
    pub from: i64,
    /// ... and of the one that ended that, or moved its interval.
    pub until: i64,
}

/// Where a record's consequence for one measure stands in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placed {
    /// Waits for its notice, or is suspended, at most until this end.
    Pending { end: Option<Instant> },
    /// A row of grounds with this interval, since this offset of the log.
    Ground { interval: Interval, from: i64 },
}

/// Where an open task stands in the state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlacedTask {
    pub task: Task,
    /// Of the objection, repair or review; of the record itself where its notice is to be served.
    pub id: RecordId,
    pub due_on: Date,
    pub overdue: bool,
}

/// What joining a fact did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    Changed,
    Repeat,
    Older,
    /// A revision that is known with other content, or was when this correction came first.
    Conflict,
    /// More facts of one kind than a record holds.
    TooMany,
}

impl Record {
    pub fn standing(&self) -> Option<&Standing> {
        match &self.content.as_ref()?.state {
            ContentState::Standing(standing) => Some(standing),
            ContentState::Withdrawn { .. } => None,
        }
    }

    /// The notice that brings measures into force: the first served.
    pub fn served(&self) -> Option<Served> {
        let (notice_id, served_on) = self.notices.iter().min_by_key(|(id, on)| (**on, *id))?;
        Some(Served { notice_id: notice_id.clone(), served_on: *served_on })
    }

    /// How an objection was settled. One that was found right is settled when what was wrong is put right: the office owes the correction
    /// itself, not its announcement (深圳条例 51). In a record that was taken away there is nothing left to correct.
    pub fn settled<'a>(&self, facts: &'a ObjectionFacts) -> Option<&'a Resolution> {
        let owes = |resolution: &Resolution| {
            resolution.corrects() && !self.corrected && self.standing().is_some() && !self.revoked() && !self.delisted()
        };
        facts.resolved.as_ref().filter(|resolution| !owes(resolution))
    }

    pub fn objection_open(&self) -> bool {
        self.objections.values().any(|o| o.filed.is_some() && self.settled(o).is_none())
    }

    pub fn review_open(&self) -> bool {
        self.reviews.values().any(|r| r.opened.is_some() && r.closed.is_none())
    }

    /// Revoked on review: stays so.
    pub fn revoked(&self) -> bool {
        self.reviews.values().any(|r| matches!(&r.closed, Some(closing) if closing.outcome == ReviewOutcome::Revoked))
    }

    /// Taken off by an objection.
    pub fn delisted(&self) -> bool {
        self.objections.values().filter_map(|o| o.resolved.as_ref()).any(Resolution::ends)
    }

    /// How far a commitment has come, and the day it was found kept or broken.
    pub fn commitment_state(&self) -> (CommitmentState, Option<Date>) {
        match self.commitment {
            None => (CommitmentState::Made, None),
            Some((Commitment::Kept, on)) => (CommitmentState::Kept, Some(on)),
            Some((Commitment::Broken, on)) => (CommitmentState::Broken, Some(on)),
        }
    }

    /// Exceptions granted and not ended, in order of their ids.
    pub fn exceptions(&self) -> Vec<Exception> {
        let granted = self.permissions.values().filter(|p| !p.ended);
        granted.filter_map(|p| p.granted.clone()).collect()
    }

    /// A flag rests on it, or did.
    pub fn was_relied_on(&self) -> bool {
        let ground = |placed: &Placed| matches!(placed, Placed::Ground { .. });
        !self.rested.is_empty() || !self.counted.is_empty() || self.placed.values().any(ground)
    }

    /// It is no longer a ground of the measure with this interval, from the log's record `until` on.
    pub(crate) fn remember(&mut self, rested: Rested) {
        let of_measure = |held: &Rested| held.measure == rested.measure;
        if self.rested.iter().filter(|held| of_measure(held)).count() >= RESTED_MAX {
            let mut oldest = self.rested.iter().enumerate().filter(|(_, held)| of_measure(held)).map(|(at, _)| at);
            if let (Some(first), Some(second)) = (oldest.next(), oldest.next()) {
                let later = self.rested.remove(second);
                let held = &mut self.rested[first];
                held.interval = held.interval.hull(&later.interval);
                held.until = later.until;
            }
        }
        self.rested.push(rested);
    }

    /// Takes one fact in, sent by `source`. Events about the subject itself are not a record's.
    pub fn join(&mut self, change: &Change, source: &DepartmentId) -> Joined {
        let most = if change.event_type().is_decision() { DECIDED_FACTS_MAX } else { FACTS_MAX };
        match change {
            Change::Recorded { event_type, revision, document, fields, valid, adult_at_issue, .. } => {
                let standing = Standing {
                    event_type: *event_type,
                    document: document.clone(),
                    fields: fields.clone(),
                    valid: *valid,
                    adult_at_issue: *adult_at_issue,
                };
                let joined = self.join_content(*revision, ContentState::Standing(standing));
                let corrects = *event_type == EventType::RecordCorrected && !self.corrected;
                if corrects { self.join_correction(*revision, joined) } else { joined }
            }
            Change::Withdrawn { revision, reason, .. } => {
                self.join_content(*revision, ContentState::Withdrawn { reason: reason.clone() })
            }
            Change::NoticeServed { notice_id, served_on, .. } => {
                join_fact(&mut self.notices, notice_id, *served_on, |held, new| *held = (*held).min(new))
            }
            Change::Objection { objection_id, objection, .. } => {
                join_part(&mut self.objections, objection_id, most, |facts| match objection.clone() {
                    Objection::Filed { grounds, filed_on, by } => {
                        let received_by = source.clone();
                        keep_least(&mut facts.filed, Filing { filed_on, grounds, received_by, by });
                    }
                    Objection::Resolved { outcome, effect, resolved_on, reason } => {
                        keep_greatest(&mut facts.resolved, Resolution { outcome, effect, resolved_on, reason });
                    }
                })
            }
            Change::Handled { id, handling, on, note, .. } => {
                self.join_handling(id, *handling, *on, note.as_ref(), most)
            }
            Change::Review { review_id, review, .. } => {
                join_part(&mut self.reviews, review_id, most, |facts| match review.clone() {
                    Review::Opened { kind, opened_on } => keep_least(&mut facts.opened, (opened_on, kind)),
                    Review::Closed { outcome, closed_on, reason } => {
                        keep_greatest(&mut facts.closed, ReviewClosing { outcome, closed_on, reason });
                    }
                })
            }
            Change::RepairApplied { repair_id, applied_on, .. } => {
                join_part(&mut self.repairs, repair_id, most, |facts| keep_least(&mut facts.applied_on, *applied_on))
            }
            Change::RepairDecided { repair_id, granted, decided_on, reason, .. } => {
                let decision = RepairDecision { granted: *granted, decided_on: *decided_on, reason: reason.clone() };
                join_part(&mut self.repairs, repair_id, most, |facts| {
                    keep_greatest(&mut facts.decided, decision.clone())
                })
            }
            Change::Commitment { commitment, on, .. } => {
                let before = self.commitment;
                keep_greatest(&mut self.commitment, (*commitment, *on));
                if self.commitment == before { Joined::Repeat } else { Joined::Changed }
            }
            Change::PermissionGranted { permission_id, matter, from, until, by, .. } => {
                let exception = Exception {
                    permission_id: permission_id.clone(),
                    matter: matter.clone(),
                    by: by.clone(),
                    from: *from,
                    until: *until,
                };
                join_part(&mut self.permissions, permission_id, FACTS_MAX, |facts| {
                    keep_least(&mut facts.granted, exception.clone())
                })
            }
            Change::PermissionEnded { permission_id, .. } => {
                join_part(&mut self.permissions, permission_id, FACTS_MAX, |facts| facts.ended = true)
            }
            Change::SubjectRegistered | Change::SubjectEnded | Change::SubjectErased | Change::SubjectOpted { .. } => {
                Joined::Repeat
            }
        }
    }

    fn join_handling(
        &mut self,
        id: &RecordId,
        handling: Handling,
        on: Date,
        note: Option<&String>,
        most: usize,
    ) -> Joined {
        let extension = || Extension { on, approved_by: note.cloned() };
        match handling {
            Handling::ObjectionForwarded => {
                join_part(&mut self.objections, id, most, |facts| keep_least(&mut facts.forwarded_on, on))
            }
            Handling::ObjectionExtended => {
                join_part(&mut self.objections, id, most, |facts| keep_least(&mut facts.extended, extension()))
            }
            Handling::RepairIncomplete => join_part(&mut self.repairs, id, most, |facts| {
                let asked = (on, note.cloned());
                facts.asked_again |= facts.asked.as_ref().is_some_and(|held| *held != asked);
                keep_least(&mut facts.asked, asked);
            }),
            Handling::RepairCompleted => {
                join_part(&mut self.repairs, id, most, |facts| keep_least(&mut facts.completed_on, on))
            }
            Handling::RepairExtended => {
                join_part(&mut self.repairs, id, most, |facts| keep_least(&mut facts.extended, extension()))
            }
        }
    }

    /// Taken in in whatever order they come, and also where an upsert has said the same before.
    fn join_correction(&mut self, revision: u32, joined: Joined) -> Joined {
        let full = self.refused.len() >= REFUSED_MAX;
        match joined {
            Joined::Older if full || self.refused.contains(&revision) => Joined::Conflict,
            Joined::Changed | Joined::Repeat | Joined::Older => {
                self.corrected = true;
                self.refused.clear();
                Joined::Changed
            }
            Joined::Conflict if !full => {
                self.refused.insert(revision);
                joined
            }
            Joined::Conflict | Joined::TooMany => joined,
        }
    }

    fn join_content(&mut self, revision: u32, state: ContentState) -> Joined {
        match &self.content {
            Some(held) if revision < held.revision => Joined::Older,
            Some(held) if revision == held.revision && same_content(&held.state, &state) => Joined::Repeat,
            Some(held) if revision == held.revision => Joined::Conflict,
            Some(_) | None => {
                self.content = Some(Content { revision, state });
                Joined::Changed
            }
        }
    }
}

/// Whether an upsert says the same as a correction does not matter; what they say does.
fn same_content(held: &ContentState, new: &ContentState) -> bool {
    match (held, new) {
        (ContentState::Standing(a), ContentState::Standing(b)) => {
            a.document == b.document
                && a.fields == b.fields
                && a.valid == b.valid
                && a.adult_at_issue == b.adult_at_issue
        }
        (ContentState::Withdrawn { .. }, ContentState::Withdrawn { .. }) => true,
        (ContentState::Standing(_), ContentState::Withdrawn { .. })
        | (ContentState::Withdrawn { .. }, ContentState::Standing(_)) => false,
    }
}
