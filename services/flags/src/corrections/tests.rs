//! The join without a log: decisions and corrections in any order, cut into any transactions.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU16;
use std::sync::Arc;

use domain::event::{Document, RecordRef};
use domain::flag::Version;
use domain::ids::{ConsumerId, DepartmentId, ItemId, MatterId, MeasureId, RecordId};
use domain::output::{Fall, FallMeasure, Happened, Left, Span};
use domain::pseudonym::PseudonymKey;
use domain::subject::{SubjectKey, fictitious};
use domain::time::{Instant, Interval};
use jiff::civil::date;
use kit::metrics::Metrics;
use proptest::prelude::*;
use schemas::topics::{DECISIONS_KEPT, Topics};
use schemas::{Codec, Correction, RelianceEntry, Relied, Shown};
use stream::driver::TestDriver;
use stream::log::{Outgoing, Record};

use super::JoinFold;
use crate::metrics::CorrectionMetrics;

const MEASURES: [&str; 2] = ["procurement-ban", "subsidy-restriction"];
const DAY_MS: i64 = 86_400_000;

fn topics() -> Topics {
    Topics::new("standing", NonZeroU16::MIN, NonZeroU16::MIN).unwrap()
}

fn key() -> PseudonymKey {
    PseudonymKey::new("k1", &[7; 32]).unwrap()
}

/// Two firms and a person.
fn subject(n: u8) -> SubjectKey {
    let (scheme, id) = match n {
        0 => ("uscc", fictitious::uscc(1)),
        1 => ("uscc", fictitious::uscc(2)),
        _ => ("cn-id", fictitious::adult(1)),
    };
    key().pseudonymise(&domain::subject::Identifier::parse(scheme, &id, &|_| false).unwrap())
}

fn version(offset: i64) -> Version {
    Version { partition: 0, offset, index: 0 }
}

/// `(subject, offset of the flag's value, day)`; it rested on the measures of the mask.
fn relied(n: usize, subject_n: u8, offset: i64, day: i64, measures: u8) -> Relied {
    let shown = MEASURES.iter().enumerate().filter(|(n, _)| measures & (1 << n) != 0);
    Relied {
        decision_id: format!("D{n}"),
        at: Instant::from_ms(day * DAY_MS),
        consumer: ConsumerId::new("district.finance").unwrap(),
        matter: MatterId::new("procurement.bid").unwrap(),
        subject: subject(subject_n),
        flags: shown
            .map(|(_, measure)| Shown { measure: MeasureId::new(*measure).unwrap(), version: version(offset) })
            .collect(),
        case: Some(format!("虚构案{n}")),
    }
}

fn fall(n: usize, subject_n: u8, measure: usize, (from, length): (i64, i64), days: (i64, i64)) -> Fall {
    let interval = Interval::new(Instant::from_ms(days.0 * DAY_MS), Some(Instant::from_ms((days.0 + days.1) * DAY_MS)));
    let span = Span { interval: interval.unwrap(), from, until: from + length };
    let measure = MeasureId::new(MEASURES[measure]).unwrap();
    Fall {
        subject: subject(subject_n),
        record: RecordRef {
            publisher: DepartmentId::new("district.court").unwrap(),
            item: ItemId::new("court.judgment-defaulter").unwrap(),
            record_id: RecordId::new(format!("R{n}")).unwrap(),
        },
        document: Document {
            number: format!("虚构〔2026〕{n}号"),
            kind: "listing-decision".to_owned(),
            issuer: "district.court".to_owned(),
            issued_on: date(2026, 5, 1),
            effective_on: date(2026, 5, 1),
        },
        happened: Happened::ALL[n % 5],
        at: Instant::from_ms(20 * DAY_MS),
        measures: vec![FallMeasure { measure, left: Left::Nothing, spans: vec![span] }],
        // Several may come with one record of the log.
        version: Version { index: u32::try_from(n).unwrap(), ..version(span.until) },
    }
}

struct Join {
    driver: TestDriver,
    codec: Codec,
    topics: Topics,
    offset: i64,
    now_ms: i64,
    told: Vec<Correction>,
    domain_told: usize,
}

impl Join {
    fn new(at_once: usize) -> Self {
        let topics = topics();
        let metrics = CorrectionMetrics::new(&Metrics::new("flags", "0.0.0"));
        let fold = JoinFold::new(Arc::new(topics.clone()), Arc::new(Codec::built_in()), Arc::new(key()), metrics);
        Self {
            driver: TestDriver::in_memory(Box::new(fold.at_once(at_once))),
            codec: Codec::built_in(),
            topics,
            offset: 0,
            now_ms: 30 * DAY_MS,
            told: Vec::new(),
            domain_told: 0,
        }
    }

    fn record(&mut self, value: bytes::Bytes) -> Record {
        let offset = self.offset;
        self.offset += 1;
        Record {
            topic: Arc::clone(self.topics.reliance()),
            partition: 0,
            offset,
            timestamp_ms: self.now_ms,
            key: None,
            value: Some(value),
            headers: Vec::new(),
        }
    }

    /// Folds these in one transaction; what it leaves for later comes behind `rest`, as in the log.
    fn take(&mut self, entries: &[RelianceEntry]) -> Vec<bytes::Bytes> {
        let values: Vec<bytes::Bytes> = entries.iter().map(|entry| self.encode(entry)).collect();
        self.fold(values)
    }

    fn encode(&self, entry: &RelianceEntry) -> bytes::Bytes {
        match entry {
            RelianceEntry::Relied(relied) => self.codec.encode_relied(relied).unwrap(),
            RelianceEntry::Fall(fall) => self.codec.encode_fall(fall).unwrap(),
            RelianceEntry::GoOn(go_on) => self.codec.encode_go_on(go_on).unwrap(),
        }
    }

    fn fold(&mut self, values: Vec<bytes::Bytes>) -> Vec<bytes::Bytes> {
        let records: Vec<Record> = values.into_iter().map(|value| self.record(value)).collect();
        let mut later = Vec::new();
        for Outgoing { topic, value, key, .. } in self.driver.apply(records).unwrap() {
            let value = value.unwrap();
            if topic == *self.topics.reliance() {
                later.push(value);
            } else if topic == *self.topics.corrections() {
                let correction = self.codec.decode_correction(&value).unwrap();
                assert_eq!(key.unwrap(), correction.subject.as_bytes());
                self.told.push(correction);
            } else {
                assert_eq!(topic, self.topics.domain_corrections(&MatterId::new("procurement.bid").unwrap().domain()));
                self.domain_told += 1;
            }
        }
        later
    }

    fn rows(&self) -> usize {
        self.driver.state().unwrap().len()
    }
}

/// Which decisions are told of what: each pair that belongs together, once.
fn expected(entries: &[RelianceEntry]) -> BTreeMap<(String, String, Version), usize> {
    let mut pairs = BTreeMap::new();
    let falls: Vec<&Fall> =
        entries.iter().filter_map(|e| if let RelianceEntry::Fall(fall) = e { Some(&**fall) } else { None }).collect();
    for entry in entries {
        let RelianceEntry::Relied(relied) = entry else { continue };
        for shown in &relied.flags {
            for fall in falls.iter().filter(|fall| fall.subject == relied.subject) {
                if fall.concerns(&shown.measure, shown.version, relied.at) {
                    pairs.insert((relied.decision_id.clone(), shown.measure.to_string(), fall.version), 1);
                }
            }
        }
    }
    pairs
}

fn told(join: &Join) -> BTreeMap<(String, String, Version), usize> {
    let mut told = BTreeMap::new();
    for correction in &join.told {
        *told.entry((correction.decision_id.clone(), correction.measure.to_string(), correction.fell)).or_default() +=
            1;
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whichever topic is read first and however far, also when a decision comes twice: each decision is told once of each
    /// correction it rested on, and nothing else.
    #[test]
    fn every_interleaving_tells_each_decision_once(
        decisions in prop::collection::vec((0..3_u8, 0..12_i64, 0..20_i64, 0..4_u8), 0..14),
        falls in prop::collection::vec((0..3_u8, 0..2_usize, (0..10_i64, 1..6_i64), (0..15_i64, 1..15_i64)), 0..7),
        order in prop::collection::vec(any::<prop::sample::Index>(), 30),
        cuts in prop::collection::vec(1..4_usize, 1..6),
        at_once in 1..4_usize,
    ) {
        let mut entries: Vec<RelianceEntry> = Vec::new();
        for (n, (subject, offset, day, measures)) in decisions.into_iter().enumerate() {
            entries.push(RelianceEntry::Relied(relied(n, subject, offset, day, measures)));
        }
        for (n, (subject, measure, span, days)) in falls.into_iter().enumerate() {
            entries.push(RelianceEntry::Fall(Box::new(fall(n, subject, measure, span, days))));
        }
        let mut shuffled = entries.clone();
        for (n, pick) in order.iter().enumerate() {
            if !shuffled.is_empty() {
                let len = shuffled.len();
                shuffled.swap(n % len, pick.index(len));
            }
        }
        // A spool may send a decision again.
        shuffled.extend(entries.iter().filter(|entry| matches!(entry, RelianceEntry::Relied(_))).take(3).cloned());
        let mut join = Join::new(at_once);
        let mut log: VecDeque<bytes::Bytes> = shuffled.iter().map(|entry| join.encode(entry)).collect();
        let mut cut = cuts.iter().cycle();
        while !log.is_empty() {
            let values: Vec<_> = log.drain(..(*cut.next().unwrap()).min(log.len())).collect();
            log.extend(join.fold(values));
        }
        prop_assert_eq!(told(&join), expected(&entries));
        prop_assert_eq!(join.domain_told, join.told.len());
    }
}

#[test]
fn a_correction_names_the_decision_and_the_document_and_of_a_person_no_number() {
    for (subject_n, person) in [(0, false), (2, true)] {
        let mut join = Join::new(100);
        let decision = relied(1, subject_n, 5, 3, 1);
        let fell = fall(2, subject_n, 0, (2, 8), (0, 10));
        join.take(&[RelianceEntry::Relied(decision.clone()), RelianceEntry::Fall(Box::new(fell.clone()))]);
        let pseudonym = key().domain_pseudonym(&subject(subject_n), &decision.matter.domain());
        let correction = Correction {
            decision_id: "D1".to_owned(),
            consumer: decision.consumer,
            matter: decision.matter,
            subject: pseudonym.as_str().to_owned(),
            measure: MeasureId::new("procurement-ban").unwrap(),
            shown: version(5),
            fell: fell.version,
            at: fell.at,
            happened: Happened::Revoked,
            case: Some("虚构案1".to_owned()),
            left: Some(Left::Nothing),
            decided_at: Some(decision.at),
            record: (!person).then_some(fell.record),
            document: Some(fell.document),
        };
        assert_eq!(join.told, [correction]);
        assert_eq!(pseudonym.as_str() == subject(subject_n).as_str(), !person);
    }
}

#[test]
fn rows_are_forgotten_when_decisions_are() {
    let mut join = Join::new(100);
    let kept_ms = i64::try_from(DECISIONS_KEPT.as_millis()).unwrap();
    let entries: Vec<RelianceEntry> = (0..40).map(|n| RelianceEntry::Relied(relied(n, 0, 5, 3, 3))).collect();
    join.take(&entries);
    join.take(&[RelianceEntry::Fall(Box::new(fall(0, 0, 0, (2, 8), (0, 10))))]);
    assert_eq!(join.rows(), 2 * (40 * 2 + 1), "a row and its timer each");
    join.now_ms += kept_ms - 1;
    join.take(&[RelianceEntry::Relied(relied(99, 1, 5, 3, 1))]);
    assert_eq!(join.rows(), 2 * (40 * 2 + 1 + 1), "kept to the last moment");
    join.now_ms += 1;
    join.take(&[RelianceEntry::Relied(relied(100, 1, 5, 3, 1))]);
    assert_eq!(join.rows(), 2 * 2, "only what came now is left");
}
