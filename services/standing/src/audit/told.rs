//! What whoever decided must have been told: every decision that rested on a flag, with every correction that concerns it, in one
//! partition, against what stands in `standing.corrections`. Pure: records in, findings out.
//!
//! The corrections themselves are the reference's ([`super::reference`]), the decisions those of `standing.decisions`; of the
//! service that joins them nothing is taken. One decision, measure and correction is told once.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::ids::MeasureId;
use domain::output::Fall;
use domain::subject::SubjectKey;
use domain::time::Instant;
use schemas::{Act, Codec, DecodeError, ErrorKind, Shown};
use stream::log::{Record, Topic};

use super::digest::Digest;
use super::finding::{Code, Finding, Findings};
use super::outputs::At;

struct Decided {
    id: Digest,
    at: Instant,
    flags: Vec<Shown>,
}

/// A correction of a decision, by its names.
type Told = (Digest, MeasureId, At);

pub(crate) struct ToldCheck {
    partition: i32,
    decisions: Topic,
    corrections: Topic,
    decided: HashMap<SubjectKey, Vec<Decided>>,
    known: HashSet<Digest>,
    told: BTreeMap<Told, (i64, u32)>,
    findings: Findings,
}

impl ToldCheck {
    pub(crate) fn new(decisions: &Topic, corrections: &Topic, partition: i32) -> Self {
        Self {
            partition,
            decisions: decisions.clone(),
            corrections: corrections.clone(),
            decided: HashMap::new(),
            known: HashSet::new(),
            told: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    /// An error ends the audit: a schema registry does not answer.
    pub(crate) fn take(&mut self, codec: &Codec, record: &Record) -> anyhow::Result<()> {
        let value = record.value.as_deref().unwrap_or_default();
        let taken =
            if record.topic == self.decisions { self.decision(codec, value) } else { self.correction(codec, record) };
        match taken {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::Retry => Err(error.into()),
            // What the join cannot read it rejects; the audit of the rejects finds that.
            Err(_) if record.topic == self.decisions => Ok(()),
            Err(error) => {
                let finding =
                    Finding::new(Code::OutputUnreadable, &self.corrections, self.partition, error.to_string());
                self.findings.add(finding.at(record.offset));
                Ok(())
            }
        }
    }

    fn decision(&mut self, codec: &Codec, value: &[u8]) -> Result<(), DecodeError> {
        let decision = codec.decode_decision(value)?;
        let id = Digest::of(decision.decision_id.as_bytes());
        // A decision may stand twice, under one id.
        if decision.act == Act::Check && !decision.flags.is_empty() && self.known.insert(id) {
            let decided = Decided { id, at: decision.at, flags: decision.flags };
            self.decided.entry(decision.subject).or_default().push(decided);
        }
        Ok(())
    }

    fn correction(&mut self, codec: &Codec, record: &Record) -> Result<(), DecodeError> {
        let correction = codec.decode_correction(record.value.as_deref().unwrap_or_default())?;
        let id = Digest::of(correction.decision_id.as_bytes());
        let (_, times) =
            self.told.entry((id, correction.measure, At::of(correction.fell))).or_insert((record.offset, 0));
        *times += 1;
        Ok(())
    }

    /// `complete`: everything that is decided and corrected is joined, and all of it was read.
    pub(crate) fn finish(mut self, falls: &[Fall], complete: bool) -> Findings {
        let mut wanted: HashSet<Told> = HashSet::new();
        for fall in falls {
            for decided in self.decided.get(&fall.subject).into_iter().flatten() {
                let rested =
                    decided.flags.iter().filter(|shown| fall.concerns(&shown.measure, shown.version, decided.at));
                wanted.extend(rested.map(|shown| (decided.id, shown.measure.clone(), At::of(fall.version))));
            }
        }
        let (topic, partition) = (self.corrections, self.partition);
        let finding = |code, detail: &str, (_, _, fell): &Told| {
            Finding::new(code, &topic, partition, detail).of(fell.version(partition))
        };
        for (told, (offset, times)) in &self.told {
            if *times > 1 {
                self.findings
                    .add(finding(Code::OutputDoubled, "a decision was told twice of one correction", told).at(*offset));
            }
            // A decision that retention has taken away is not known any more.
            if complete && self.known.contains(&told.0) && !wanted.contains(told) {
                let detail = "a decision was told of a correction it did not rest on";
                self.findings.add(finding(Code::OutputUnexpected, detail, told).at(*offset));
            }
        }
        if complete {
            for told in wanted.iter().filter(|told| !self.told.contains_key(*told)) {
                self.findings.add(finding(Code::CorrectionLost, "a decision was not told of it", told));
            }
        }
        self.findings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::{Document, RecordRef};
    use domain::flag::Version;
    use domain::ids::{ConsumerId, DepartmentId, ItemId, MatterId, RecordId};
    use domain::output::{FallMeasure, Happened, Left, Span};
    use domain::subject::fictitious;
    use domain::time::Interval;
    use jiff::civil::date;
    use schemas::{Correction, DecisionRecord};

    use super::*;

    const AT: Instant = Instant::from_ms(1_780_286_400_000);

    fn version(offset: i64) -> Version {
        Version { partition: 0, offset, index: 0 }
    }

    fn subject() -> SubjectKey {
        SubjectKey::parse(&format!("uscc:{}", fictitious::uscc(1))).unwrap()
    }

    fn decision(id: &str) -> DecisionRecord {
        DecisionRecord {
            decision_id: id.to_owned(),
            at: AT,
            act: Act::Check,
            consumer: ConsumerId::new("district.finance").unwrap(),
            matter: MatterId::new("procurement.bid").unwrap(),
            subject: subject(),
            decision: None,
            reason: None,
            flags: vec![Shown { measure: MeasureId::new("procurement-ban").unwrap(), version: version(5) }],
            staleness_ms: None,
            catalogue: None,
            case: None,
        }
    }

    fn fall() -> Fall {
        let span = Span { interval: Interval::new(AT.plus_days(-1), None).unwrap(), from: 0, until: 9 };
        Fall {
            subject: subject(),
            record: RecordRef {
                publisher: DepartmentId::new("district.court").unwrap(),
                item: ItemId::new("court.judgment-defaulter").unwrap(),
                record_id: RecordId::new("虚构1").unwrap(),
            },
            document: Document {
                number: "虚构1".to_owned(),
                kind: "listing-decision".to_owned(),
                issuer: "district.court".to_owned(),
                issued_on: date(2026, 5, 8),
                effective_on: date(2026, 5, 8),
            },
            happened: Happened::Withdrawn,
            at: AT,
            measures: vec![FallMeasure {
                measure: MeasureId::new("procurement-ban").unwrap(),
                left: Left::Nothing,
                spans: vec![span],
            }],
            version: version(9),
        }
    }

    fn correction(id: &str, measure: &str) -> Correction {
        let DecisionRecord { consumer, matter, .. } = decision(id);
        Correction {
            decision_id: id.to_owned(),
            consumer,
            matter,
            subject: subject().as_str().to_owned(),
            measure: MeasureId::new(measure).unwrap(),
            shown: version(5),
            fell: version(9),
            at: AT,
            happened: Happened::Withdrawn,
            case: None,
            left: None,
            decided_at: None,
            record: None,
            document: None,
        }
    }

    /// The codes of what is found, given who decided and who was told.
    fn found(decided: &[&str], told: &[(&str, &str)], complete: bool) -> Vec<(Code, u64)> {
        let (codec, topics): (Codec, [Topic; 2]) = (Codec::built_in(), ["decisions".into(), "corrections".into()]);
        let mut check = ToldCheck::new(&topics[0], &topics[1], 0);
        let record = |topic: &Topic, value| Record {
            topic: topic.clone(),
            partition: 0,
            offset: 1,
            timestamp_ms: 0,
            key: None,
            value: Some(value),
            headers: Vec::new(),
        };
        for id in decided {
            check.take(&codec, &record(&topics[0], codec.encode_decision(&decision(id)).unwrap())).unwrap();
        }
        for (id, measure) in told {
            check
                .take(&codec, &record(&topics[1], codec.encode_correction(&correction(id, measure)).unwrap()))
                .unwrap();
        }
        check.finish(&[fall()], complete).counts.into_iter().collect()
    }

    #[test]
    fn who_was_not_told_told_twice_or_told_wrongly_is_found() {
        let ban = "procurement-ban";
        assert_eq!(found(&["A", "B", "B"], &[("A", ban), ("B", ban)], true), []);
        assert_eq!(found(&["A", "B"], &[("A", ban)], true), [(Code::CorrectionLost, 1)]);
        assert_eq!(found(&["A", "B"], &[("A", ban)], false), [], "the service is not done yet");
        assert_eq!(found(&["A"], &[("A", ban), ("A", ban)], false), [(Code::OutputDoubled, 1)]);
        assert_eq!(found(&["A"], &[("A", ban), ("A", "other")], true), [(Code::OutputUnexpected, 1)]);
        assert_eq!(found(&[], &[("gone", ban)], true), [], "a decision that retention took away");
    }
}
