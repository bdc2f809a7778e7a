//! The fold over `standing.reliance`: decisions and corrections meet, in whichever order they come.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use domain::flag::Version;
use domain::ids::MeasureId;
use domain::output::Fall;
use domain::pseudonym::PseudonymKey;
use domain::subject::{SubjectKey, SubjectKind};
use schemas::topics::{DECISIONS_KEPT, Topics};
use schemas::{Codec, Correction, GoOn, RelianceEntry, Relied};
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::Record;
use stream::outbox::Outbox;
use stream::state::StateRead;
use stream::view::View;

use super::row::{self, DecisionRow, FallRow};
use crate::metrics::CorrectionMetrics;
use crate::refuse::{decode_fault, encode_fault, outgoing, rejected};
use crate::row::{decode, encode};

/// Decisions looked at for one record before the rest is left to a record of its own. A constant of the fold, so that every
/// replay cuts at the same place.
const DECISIONS_AT_ONCE: usize = 5_000;
/// Corrections read at once for one decision.
const FALLS_AT_ONCE: usize = 64;
/// Rows forgotten on one record: more than one record writes, so that what is due goes faster than it comes.
const FORGOTTEN_AT_ONCE: usize = 256;

pub(crate) struct JoinFold {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    key: Arc<PseudonymKey>,
    metrics: CorrectionMetrics,
    at_once: usize,
}

/// One decision that rested on one flag.
struct Decided<'a> {
    id: &'a str,
    subject: &'a SubjectKey,
    measure: &'a MeasureId,
    shown: Version,
    row: &'a DecisionRow,
}

impl JoinFold {
    pub(crate) fn new(
        topics: Arc<Topics>,
        codec: Arc<Codec>,
        key: Arc<PseudonymKey>,
        metrics: CorrectionMetrics,
    ) -> Self {
        Self { topics, codec, key, metrics, at_once: DECISIONS_AT_ONCE }
    }

    #[cfg(test)]
    pub(super) fn at_once(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    fn relied(&self, view: &mut View<'_>, at: &Record, relied: &Relied, out: &mut Outbox) -> Result<(), FoldError> {
        for shown in &relied.flags {
            let key = row::decision(&relied.subject, &shown.measure, shown.version, &relied.decision_id);
            if view.get(&key)?.is_some() {
                // A decision may reach the log twice, under one id.
                self.metrics.repeated.inc();
                continue;
            }
            let row = DecisionRow {
                consumer: relied.consumer.clone(),
                matter: relied.matter.clone(),
                at: relied.at,
                case: relied.case.clone(),
                arrived: at.offset,
            };
            self.keep(view, at, &key, encode(&row));
            let decided = Decided {
                id: &relied.decision_id,
                subject: &relied.subject,
                measure: &shown.measure,
                shown: shown.version,
                row: &row,
            };
            self.tell_of(view, at, &decided, out)?;
        }
        Ok(())
    }

    /// Tells a decision of the corrections that came before it: none, unless it rested on a value that was replaced.
    fn tell_of(
        &self,
        view: &mut View<'_>,
        at: &Record,
        decided: &Decided<'_>,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let (from, end) = row::falls_after(decided.subject, decided.measure, decided.shown.offset);
        let mut from = Bound::Included(Bytes::from(from));
        loop {
            let range = (from.as_ref().map(|key| &**key), Bound::Excluded(end.as_slice()));
            let page = view.scan(range, FALLS_AT_ONCE)?;
            for (_, fall) in &page {
                self.tell(at, decided, &decode(fall)?, out)?;
            }
            match page.into_iter().nth(FALLS_AT_ONCE - 1) {
                Some((last, _)) => from = Bound::Excluded(last),
                None => return Ok(()),
            }
        }
    }

    fn fell(&self, view: &mut View<'_>, at: &Record, fall: Fall, out: &mut Outbox) -> Result<(), FoldError> {
        let Fall { subject, record, document, happened, at: fell_at, measures, version } = fall;
        for fallen in measures {
            let measure = fallen.measure.clone();
            let key = row::fall(&subject, &measure, version);
            if view.get(&key)?.is_some() {
                self.metrics.repeated.inc();
                continue;
            }
            let row = FallRow {
                record: record.clone(),
                document: document.clone(),
                happened,
                at: fell_at,
                fallen,
                version,
                arrived: at.offset,
            };
            self.keep(view, at, &key, encode(&row));
            let from = row.fallen.spans.iter().map(|span| span.from).min().unwrap_or(i64::MAX);
            let from = row::decisions_from(&subject, &measure, from);
            self.tell_from(view, at, &subject, &row, Bound::Included(from), out)?;
        }
        Ok(())
    }

    fn go_on(&self, view: &mut View<'_>, at: &Record, go_on: &GoOn, out: &mut Outbox) -> Result<(), FoldError> {
        let GoOn { subject, measure, fell, shown, decision_id } = go_on;
        // Nothing is left to tell of a correction that is forgotten.
        let Some(row) = view.get(&row::fall(subject, measure, *fell))? else { return Ok(()) };
        let after = row::decision(subject, measure, *shown, decision_id);
        self.tell_from(view, at, subject, &decode(&row)?, Bound::Excluded(after), out)
    }

    /// Tells the decisions that were there when the correction came; those that come later find it themselves.
    fn tell_from(
        &self,
        view: &mut View<'_>,
        at: &Record,
        subject: &SubjectKey,
        fall: &FallRow,
        from: Bound<Vec<u8>>,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let measure = &fall.fallen.measure;
        let until = fall.fallen.spans.iter().map(|span| span.until).max().unwrap_or(0);
        let until = row::decisions_from(subject, measure, until);
        let range = (from.as_ref().map(Vec::as_slice), Bound::Excluded(until.as_slice()));
        let page = view.scan(range, self.at_once)?;
        for (key, value) in &page {
            let Some((shown, id)) = row::parse_decision(key, subject, measure, fall.version.partition) else {
                continue;
            };
            let row: DecisionRow = decode(value)?;
            if row.arrived < fall.arrived {
                self.tell(at, &Decided { id, subject, measure, shown, row: &row }, fall, out)?;
            }
        }
        let last = page.last().filter(|_| page.len() == self.at_once);
        if let Some((shown, id)) =
            last.and_then(|(key, _)| row::parse_decision(key, subject, measure, fall.version.partition))
        {
            let go_on = GoOn {
                subject: subject.clone(),
                measure: measure.clone(),
                fell: fall.version,
                shown,
                decision_id: id.to_owned(),
            };
            let value = self.codec.encode_go_on(&go_on).map_err(encode_fault)?;
            let key = subject.as_str().to_owned();
            out.send(outgoing(self.topics.reliance(), at.partition, key, Some(value), Vec::new()));
        }
        Ok(())
    }

    fn tell(&self, at: &Record, decided: &Decided<'_>, fall: &FallRow, out: &mut Outbox) -> Result<(), FoldError> {
        let Decided { id, subject, measure, shown, row } = *decided;
        let concerned = shown.partition == fall.version.partition && fall.fallen.concerns(shown.offset, row.at);
        if !concerned {
            return Ok(());
        }
        let domain = row.matter.domain();
        let pseudonym = self.key.domain_pseudonym(subject, &domain).as_str().to_owned();
        let correction = Correction {
            decision_id: id.to_owned(),
            consumer: row.consumer.clone(),
            matter: row.matter.clone(),
            subject: pseudonym.clone(),
            measure: measure.clone(),
            shown,
            fell: fall.version,
            at: fall.at,
            happened: fall.happened,
            case: row.case.clone(),
            left: Some(fall.fallen.left),
            decided_at: Some(row.at),
            record: (subject.kind() != SubjectKind::Person).then(|| fall.record.clone()),
            document: Some(fall.document.clone()),
        };
        let value = self.codec.encode_correction(&correction).map_err(encode_fault)?;
        for topic in [self.topics.corrections(), &self.topics.domain_corrections(&domain)] {
            out.send(outgoing(topic, at.partition, pseudonym.clone(), Some(value.clone()), Vec::new()));
        }
        self.metrics.told(fall.happened);
        Ok(())
    }

    /// Writes a row, and when it is forgotten.
    fn keep(&self, view: &mut View<'_>, at: &Record, key: &[u8], value: Vec<u8>) {
        let kept_ms = i64::try_from(DECISIONS_KEPT.as_millis()).unwrap_or(i64::MAX);
        view.put(&row::timer(at.timestamp_ms.saturating_add(kept_ms), key), Vec::new());
        view.put(key, value);
    }

    fn forget(&self, view: &mut View<'_>, now_ms: i64) -> Result<(), FoldError> {
        let until = row::timers_until(now_ms);
        let range = (Bound::Included(row::TIMERS), Bound::Excluded(until.as_slice()));
        for (timer, _) in view.scan(range, FORGOTTEN_AT_ONCE)? {
            if let Some(key) = row::parse_timer(&timer) {
                view.delete(key);
            }
            view.delete(&timer);
            self.metrics.forgotten.inc();
        }
        Ok(())
    }
}

impl Fold for JoinFold {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let entry = self.codec.decode_reliance(record.value.as_deref().unwrap_or_default()).map_err(decode_fault)?;
        self.forget(view, record.timestamp_ms)?;
        match entry {
            RelianceEntry::Relied(relied) => self.relied(view, record, &relied, out),
            RelianceEntry::Fall(fall) => self.fell(view, record, *fall, out),
            RelianceEntry::GoOn(go_on) => self.go_on(view, record, &go_on, out),
        }
    }

    fn reject(&mut self, _view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        self.metrics.rejected.inc();
        out.send(rejected(&self.topics, &self.codec, record, reason));
    }

    fn mark(&mut self, _view: &View<'_>, _progress: &Progress, _out: &mut Outbox) {}

    fn tick(&mut self, _view: &View<'_>, _partition: i32, _now_ms: i64, _out: &mut Outbox) {}
}
