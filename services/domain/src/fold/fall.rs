//! A correction reaches who decided on the error (R10): what is told when a record changes that flags rest on, or rested on.
//!
//! The record remembers of which values of which flags it was a ground ([`Record::rested`] and what it is placed as), whatever
//! became of the flag since: shown or not, expired, suspended, taken away by other rules. So a fall names them all, and who
//! has the decisions needs nothing else.

use std::collections::BTreeMap;

use super::Fold;
use super::work::Work;
use crate::evaluate::{Consequence, Ended, Evaluation, evaluate};
use crate::event::{Document, EventType, RecordRef};
use crate::ids::MeasureId;
use crate::output::{Fall, FallMeasure, Happened, Left, Output, Span};
use crate::record::{Placed, Record};
use crate::rows::Store;
use crate::state::Published;
use crate::subject::SubjectKey;

/// A record that flags rested on, before an event about it.
pub(super) struct RestedOn {
    revision: u32,
    document: Document,
    evaluation: Evaluation,
}

impl<S: Store> Fold<'_, '_, S> {
    /// `None` where no flag ever rested on the record, or it does not stand.
    pub(super) fn rested(&self, subject: &SubjectKey, key: &RecordRef, record: &Record) -> Option<RestedOn> {
        let standing = record.standing()?;
        let placed = record.placed.values().any(|placed| matches!(placed, Placed::Ground { .. }));
        if !placed && record.rested.is_empty() {
            return None;
        }
        let rules = self.rules.as_ref()?;
        Some(RestedOn {
            revision: record.content.as_ref()?.revision,
            document: standing.document.clone(),
            evaluation: evaluate(subject.kind(), key, record, &rules.catalogue),
        })
    }

    /// Notes what is to be told of what the event did to the record.
    pub(super) fn note_fall(&self, work: &mut Work, key: &RecordRef, was: &RestedOn, record: &Record) {
        let Some(rules) = &self.rules else { return };
        let is = evaluate(work.subject.kind(), key, record, &rules.catalogue);
        let measures = self.fallen(&was.evaluation, &is, record);
        let moved = measures
            .iter()
            .any(|fallen| self.ground(&was.evaluation, &fallen.measure) != self.ground(&is, &fallen.measure));
        let Some(happened) = happened(was, &is, record, moved) else { return };
        work.falls.push(Fall {
            subject: work.subject.clone(),
            record: key.clone(),
            document: was.document.clone(),
            happened,
            at: self.now(),
            measures,
            version: self.version(),
        });
    }

    fn fallen(&self, was: &Evaluation, is: &Evaluation, record: &Record) -> Vec<FallMeasure> {
        let here = self.at.offset;
        let mut spans: BTreeMap<MeasureId, Vec<Span>> = BTreeMap::new();
        for rested in &record.rested {
            let span = Span { interval: rested.interval, from: rested.from, until: Some(rested.until) };
            spans.entry(rested.measure.clone()).or_default().push(span);
        }
        for (measure, placed) in &record.placed {
            match placed {
                Placed::Ground { interval, from } if *from < here => {
                    let span = Span { interval: *interval, from: *from, until: Some(here) };
                    spans.entry(measure.clone()).or_default().push(span);
                }
                Placed::Ground { .. } | Placed::Pending { .. } => {}
            }
        }
        let fallen = spans.into_iter().map(|(measure, spans)| {
            let left = match (self.ground(was, &measure), self.ground(is, &measure)) {
                (_, None) => Left::Nothing,
                (Some(was), Some(is)) if was == is => Left::Same,
                (_, Some(_)) => Left::Changed,
            };
            FallMeasure { measure, left, spans }
        });
        fallen.collect()
    }

    fn ground<'e>(&self, evaluation: &'e Evaluation, measure: &MeasureId) -> Option<&'e Consequence> {
        let ground = evaluation.consequences.get(measure)?;
        (matches!(ground, Consequence::Ground(_)) && !ground.is_over(self.now())).then_some(ground)
    }

    /// Tells what was noted, after the flags: what ends here ends with a new value of the flag, if there is one.
    pub(super) fn tell_falls(&mut self, work: &mut Work) {
        for mut fall in std::mem::take(&mut work.falls) {
            for fallen in &mut fall.measures {
                let published = work.row.measures.get(&fallen.measure).map(|row| &row.published);
                let newest = match published {
                    Some(Published::Set { version, .. } | Published::Lifted { version, .. }) => Some(version.offset),
                    Some(Published::Never) | None => None,
                };
                if newest == Some(self.at.offset) {
                    continue;
                }
                for span in fallen.spans.iter_mut().filter(|span| span.until == Some(self.at.offset)) {
                    span.until = None;
                }
            }
            fall.version = self.version();
            self.outputs.push(Output::Fall(fall));
        }
    }
}

/// What of the kinds of corrections an event was, if it was one.
fn happened(was: &RestedOn, is: &Evaluation, record: &Record, moved: bool) -> Option<Happened> {
    match (was.evaluation.ended, is.ended) {
        (None, Some(Ended::Withdrawn)) => return Some(Happened::Withdrawn),
        (None, Some(Ended::Revoked)) => return Some(Happened::Revoked),
        (None, Some(Ended::Delisted)) => return Some(Happened::Delisted),
        // It had ended before: whoever decided on it was told.
        (Some(_), Some(_)) => return None,
        (Some(_), None) | (None, None) => {}
    }
    if is.repaired && !was.evaluation.repaired {
        return Some(Happened::Repaired);
    }
    let revision = record.content.as_ref().map(|content| content.revision);
    let standing = record.standing().filter(|_| revision != Some(was.revision))?;
    // Who publishes a record anew, and it says the same of its grounds, has corrected nothing.
    (moved || standing.event_type == EventType::RecordCorrected).then_some(Happened::Corrected)
}
