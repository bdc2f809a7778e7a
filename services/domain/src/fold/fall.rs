//! A correction reaches who decided on the error (R10): what is told when a record changes that flags rest on, or rested on.
//!
//! The record remembers of which values of which flags it was a reason ([`Record::rested`], what it is placed as, and for which ratings
//! it counts), whatever became of the flag since: shown or not, expired, suspended, taken away by other rules. So a fall names them all,
//! and who has the decisions needs nothing else.
//!
//! A flag that rests on the record now is published anew, also where it says the same as before: what was decided before the correction
//! rested on the value of before, and no clock has to tell the two apart.

use std::collections::BTreeMap;

use super::Fold;
use super::meaning::Meaning;
use super::work::Work;
use crate::evaluate::{Consequence, Ended};
use crate::event::{Document, EventType, RecordRef};
use crate::flag::{LiftReason, Served};
use crate::ids::MeasureId;
use crate::output::{Fall, FallMeasure, Happened, Left, Output, Span};
use crate::rating::Point;
use crate::record::{Placed, Record};
use crate::rows::Store;
use crate::time::Interval;

/// A record that flags rested on, before an event about it.
pub(super) struct RestedOn {
    revision: Option<u32>,
    document: Document,
    ended: Option<Ended>,
    repaired: bool,
    /// Of a record that is a rating's notice.
    notice: Option<Served>,
}

/// What of a record a flag rests on.
#[derive(PartialEq, Eq)]
enum Reason<'a> {
    Ground(&'a Consequence),
    Points(&'a [Point]),
}

impl<S: Store> Fold<'_, '_, S> {
    /// `None` where no flag ever rested on the record, or it does not stand.
    pub(super) fn rested(&self, work: &Work, key: &RecordRef, record: &Record, meaning: &Meaning) -> Option<RestedOn> {
        if !record.was_relied_on() {
            return None;
        }
        let notice = self.notice_document(work, key);
        let document = record.standing().map(|standing| standing.document.clone());
        Some(RestedOn {
            revision: record.content.as_ref().map(|content| content.revision),
            notice: record.served().filter(|_| notice.is_some()),
            ended: if notice.is_some() { taken_back(record) } else { meaning.evaluation.ended },
            repaired: meaning.evaluation.repaired,
            document: document.or(notice)?,
        })
    }

    /// Notes what is to be told of what the event did to the record.
    pub(super) fn note_fall(
        &self,
        work: &mut Work,
        key: &RecordRef,
        rested: &RestedOn,
        record: &Record,
        was: &Meaning,
        is: &Meaning,
    ) {
        let mut measures = self.fallen(record, was, is);
        let moved = measures.iter().any(|fallen| self.reason(was, &fallen.measure) != self.reason(is, &fallen.measure));
        let ended = if rested.notice.is_some() { taken_back(record) } else { is.evaluation.ended };
        let Some(happened) = happened(rested, ended, is.evaluation.repaired, record, moved) else { return };
        if let Some(served) = &rested.notice {
            let through = self.let_through(work, key, served);
            cut(&mut measures, |span| through.and_then(|through| span.interval.within(&through)));
        }
        if measures.is_empty() {
            return;
        }
        let here = self.at.offset;
        for fallen in measures.iter().filter(|fallen| fallen.spans.iter().any(|span| span.until == here)) {
            work.touched.entry(fallen.measure.clone()).or_insert(self.cause(LiftReason::Removed));
            work.corrected.insert(fallen.measure.clone());
        }
        work.falls.push(Fall {
            subject: work.subject.clone(),
            record: key.clone(),
            document: rested.document.clone(),
            happened,
            at: self.now(),
            measures,
            version: self.version(),
        });
    }

    fn fallen(&self, record: &Record, was: &Meaning, is: &Meaning) -> Vec<FallMeasure> {
        let here = self.at.offset;
        let mut spans: BTreeMap<MeasureId, Vec<Span>> = BTreeMap::new();
        for rested in &record.rested {
            let span = Span { interval: rested.interval, from: rested.from, until: rested.until };
            spans.entry(rested.measure.clone()).or_default().push(span);
        }
        let grounds = record.placed.iter().filter_map(|(measure, placed)| match placed {
            Placed::Ground { interval, from } => Some((measure, *interval, *from)),
            Placed::Pending { .. } => None,
        });
        let counted = record.counted.iter().map(|(measure, counted)| (measure, counted.interval, counted.from));
        for (measure, interval, from) in grounds.chain(counted).filter(|(_, _, from)| *from < here) {
            let span = Span { interval, from, until: here };
            spans.entry(measure.clone()).or_default().push(span);
        }
        let fallen = spans.into_iter().map(|(measure, spans)| {
            let left = match (self.reason(was, &measure), self.reason(is, &measure)) {
                (_, None) => Left::Nothing,
                (Some(was), Some(is)) if was == is => Left::Same,
                (_, Some(_)) => Left::Changed,
            };
            FallMeasure { measure, left, spans }
        });
        fallen.collect()
    }

    /// What a flag of this measure rests on, of what the record means and is not over.
    fn reason<'m>(&self, meaning: &'m Meaning, measure: &MeasureId) -> Option<Reason<'m>> {
        let now = self.now();
        if let Some(consequence) = meaning.evaluation.consequences.get(measure) {
            let ground = matches!(consequence, Consequence::Ground(_)) && !consequence.is_over(now);
            return ground.then_some(Reason::Ground(consequence));
        }
        let (rating, _) = self.rules.as_ref()?.catalogue.rating_measure(measure)?;
        let points = meaning.points.get(&rating.id)?;
        points.iter().any(|point| !point.interval().is_over(now)).then_some(Reason::Points(points))
    }

    /// Tells what was noted, after the flags: what rests on the record no more has a new value, or is lifted.
    pub(super) fn tell_falls(&mut self, work: &mut Work) {
        for mut fall in std::mem::take(&mut work.falls) {
            fall.version = self.version();
            self.outputs.push(Output::Fall(fall));
        }
    }
}

/// Keeps of every span what `within` leaves of it.
fn cut(measures: &mut Vec<FallMeasure>, within: impl Fn(&Span) -> Option<Interval>) {
    for fallen in measures.iter_mut() {
        let spans = fallen.spans.iter().filter_map(|span| Some(Span { interval: within(span)?, ..*span }));
        fallen.spans = spans.collect();
    }
    measures.retain(|fallen| !fallen.spans.is_empty());
}

/// A notice counts until it is taken back, whatever else becomes of its record.
fn taken_back(record: &Record) -> Option<Ended> {
    if record.revoked() { Some(Ended::Revoked) } else { record.delisted().then_some(Ended::Delisted) }
}

/// What of the kinds of corrections an event was, if it was one.
fn happened(was: &RestedOn, ended: Option<Ended>, repaired: bool, record: &Record, moved: bool) -> Option<Happened> {
    match (was.ended, ended) {
        (None, Some(Ended::Withdrawn)) => return Some(Happened::Withdrawn),
        (None, Some(Ended::Revoked)) => return Some(Happened::Revoked),
        (None, Some(Ended::Delisted)) => return Some(Happened::Delisted),
        // It had ended before: whoever decided on it was told.
        (Some(_), Some(_)) => return None,
        (Some(_), None) | (None, None) => {}
    }
    if repaired && !was.repaired {
        return Some(Happened::Repaired);
    }
    let revision = record.content.as_ref().map(|content| content.revision);
    let standing = record.standing().filter(|_| revision != was.revision)?;
    // Who publishes a record anew, and it says the same of its grounds and points, has corrected nothing.
    (moved || standing.event_type == EventType::RecordCorrected).then_some(Happened::Corrected)
}
