//! One subject under work: its head, and which of its measures must be looked at again before the work is closed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Fold, Stop};
use crate::catalogue::Catalogue;
use crate::event::RecordRef;
use crate::flag::{Ground, LiftReason};
use crate::ids::{MeasureId, RatingId};
use crate::output::Fall;
use crate::rating::{Course, RatingRow};
use crate::rows::Store;
use crate::state::SubjectRow;
use crate::subject::SubjectKey;

pub(super) struct Work {
    pub(super) subject: SubjectKey,
    pub(super) row: SubjectRow,
    /// The head as it was read; `None` for a subject not known before.
    pub(super) before: Option<SubjectRow>,
    pub(super) touched: BTreeMap<MeasureId, Cause>,
    /// Grounds written in this work and not taken away since: where a measure has one ground, it is this one.
    pub(super) written: BTreeMap<MeasureId, Ground>,
    /// Ratings whose sums changed, or whose time has come.
    pub(super) ratings: BTreeMap<RatingId, (RatingRow, Cause)>,
    /// How those that were brought up to date in this work run.
    pub(super) courses: BTreeMap<RatingId, Course>,
    /// Flags that are published anew even if they say the same: what rested on them before is told of a correction.
    pub(super) corrected: BTreeSet<MeasureId>,
    /// What is to be told after the flags.
    pub(super) falls: Vec<Fall>,
}

impl Work {
    /// The subject will not have records of this item (深圳条例 39).
    pub(super) fn declines(&self, catalogue: &Catalogue, key: &RecordRef) -> bool {
        self.row.has_opted_out() && catalogue.newest_item(&key.item).is_some_and(|item| item.opt_out)
    }

    /// A subject as it stands in the state.
    pub(super) fn read(subject: SubjectKey, row: SubjectRow) -> Self {
        Self::begin(subject, row.clone(), Some(row))
    }

    fn begin(subject: SubjectKey, row: SubjectRow, before: Option<SubjectRow>) -> Self {
        Self {
            subject,
            row,
            before,
            touched: BTreeMap::new(),
            written: BTreeMap::new(),
            ratings: BTreeMap::new(),
            courses: BTreeMap::new(),
            corrected: BTreeSet::new(),
            falls: Vec::new(),
        }
    }

    pub(super) fn touch(&mut self, measure: &MeasureId, cause: Cause) {
        self.touched.insert(measure.clone(), cause);
    }
}

impl<S: Store> Fold<'_, '_, S> {
    pub(super) fn open(&mut self, subject: SubjectKey) -> Result<Work, Stop> {
        let before = self.rows.subject(&subject)?;
        let row = before.clone().unwrap_or_else(|| {
            let rules = self.rules.as_ref();
            SubjectRow {
                catalogue: rules.map_or_else(String::new, |r| r.digest.clone()),
                fold: rules.map_or(0, |r| r.fold.number),
                ..SubjectRow::default()
            }
        });
        Ok(Work::begin(subject, row, before))
    }

    pub(super) fn cause(&self, reason: LiftReason) -> Cause {
        Cause { reason, at: self.now() }
    }
}
