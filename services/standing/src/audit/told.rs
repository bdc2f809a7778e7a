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
