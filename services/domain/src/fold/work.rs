//! One subject under work: its head, and which of its measures must be looked at again before the work is closed.

use std::collections::BTreeMap;

use super::{Cause, Fold, Stop};
use crate::flag::{Ground, LiftReason};
use crate::ids::MeasureId;
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
}

impl Work {
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
                fold: rules.map_or(0, |r| r.fold),
                ..SubjectRow::default()
            }
        });
        Ok(Work { subject, row, before, touched: BTreeMap::new(), written: BTreeMap::new() })
    }

    pub(super) fn cause(&self, reason: LiftReason) -> Cause {
        Cause { reason, at: self.now() }
    }
}
