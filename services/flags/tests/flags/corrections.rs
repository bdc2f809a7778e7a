//! Whoever decided on what is corrected is told once, whichever came first and however often the service starts anew.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use domain::event::{Document, RecordRef};
use domain::flag::Version;
use domain::ids::{ConsumerId, DepartmentId, ItemId, MatterId, MeasureId, RecordId};
use domain::output::{Fall, FallMeasure, Happened, Left, Span};
use domain::subject::{SubjectKey, fictitious, partition_of};
use domain::time::{Instant, Interval};
use domain::verdict::Decision;
use jiff::civil::date;
use schemas::{Act, DecisionRecord, Shown};

use crate::bench::{Bench, PATIENCE, domain, eventually};

const MEASURE: &str = "procurement-ban";

fn partition(subject: &SubjectKey) -> i32 {
    partition_of(subject, NonZeroU16::new(2).unwrap())
}

fn decide(bench: &Bench, subject: &SubjectKey, id: &str, act: Act, offset: i64) {
    let partition = partition(subject);
    let version = Version { partition, offset, index: 0 };
    let decision = DecisionRecord {
        decision_id: id.to_owned(),
        at: Instant::from_ms(bench.clock.now_ms()),
        act,
        consumer: ConsumerId::new("district.finance.procurement").unwrap(),
        matter: MatterId::new("procurement.bid").unwrap(),
        subject: subject.clone(),
        decision: Some(Decision::Restricted),
        reason: None,
        flags: vec![Shown { measure: MeasureId::new(MEASURE).unwrap(), version }],
        staleness_ms: Some(3),
        catalogue: None,
        case: None,
    };
    let value = bench.codec.encode_decision(&decision).unwrap();
    bench.append_to(bench.topics.decisions(), partition, subject.as_str(), Some(value), None);
}

/// The record was a ground of the flag's values from offset 0 up to this one.
fn fall(bench: &Bench, subject: &SubjectKey, offset: i64) {
    let partition = partition(subject);
    let start = Instant::from_ms(bench.clock.now_ms()).plus_days(-10);
    let span = Span { interval: Interval::new(start, None).unwrap(), from: 0, until: offset };
    let fallen = FallMeasure { measure: MeasureId::new(MEASURE).unwrap(), left: Left::Nothing, spans: vec![span] };
    let fall = Fall {
        subject: subject.clone(),
        record: RecordRef {
            publisher: DepartmentId::new("district.court").unwrap(),
            item: ItemId::new("court.judgment-defaulter").unwrap(),
            record_id: RecordId::new("虚构执〔2026〕1号").unwrap(),
        },
        document: Document {
            number: "虚构执〔2026〕1号".to_owned(),
            kind: "listing-decision".to_owned(),
            issuer: "district.court".to_owned(),
            issued_on: date(2026, 5, 8),
            effective_on: date(2026, 5, 8),
        },
        happened: Happened::Withdrawn,
        at: Instant::from_ms(bench.clock.now_ms()),
        measures: vec![fallen],
        version: Version { partition, offset, index: 0 },
    };
    let value = bench.codec.encode_fall(&fall).unwrap();
    bench.append_to(bench.topics.reliance(), partition, subject.as_str(), Some(value), Some(fall.version));
}

/// How often each decision was told, in the topic of all and in its domain's.
fn told(bench: &Bench) -> [BTreeMap<String, u32>; 2] {
    let topics = [bench.topics.corrections().clone(), bench.topics.domain_corrections(&domain("procurement"))];
    topics.map(|topic| {
        let mut told = BTreeMap::new();
        for record in bench.read_topic(&topic) {
            let correction = bench.codec.decode_correction(record.value.as_deref().unwrap()).unwrap();
            assert_eq!(record.key.as_deref(), Some(correction.subject.as_bytes()));
            *told.entry(correction.decision_id).or_default() += 1;
        }
        told
    })
}

#[tokio::test]
async fn who_decided_is_told_once_whichever_came_first_and_through_restarts() {
    let bench = Bench::new(&[]);
    let subjects =
        [("uscc", fictitious::uscc(1)), ("cn-id", fictitious::adult(1)), ("building", fictitious::building(1))];
    let subjects: Vec<SubjectKey> = subjects.iter().map(|(scheme, id)| bench.subject(scheme, id)).collect();
    let mut expected = BTreeMap::new();
    for (n, subject) in subjects.iter().enumerate() {
        // Before the correction, twice under one id; after it; and what rests on nothing corrected or decides nothing.
        decide(&bench, subject, &format!("before-{n}"), Act::Check, 5);
        decide(&bench, subject, &format!("before-{n}"), Act::Check, 5);
        decide(&bench, subject, &format!("later-value-{n}"), Act::Check, 9);
        decide(&bench, subject, &format!("watch-{n}"), Act::Watch, 5);
        expected.extend([(format!("before-{n}"), 1), (format!("after-{n}"), 1)]);
    }
    let flags = bench.started().await;
    let relied = subjects.len() * 3;
    eventually("the decisions are on their way", || bench.read_topic(bench.topics.reliance()).len() == relied).await;
    flags.stop(PATIENCE);
    for subject in &subjects {
        fall(&bench, subject, 9);
    }
    let flags = bench.started().await;
    eventually("those from before are told", || told(&bench)[0].len() == subjects.len()).await;
    flags.stop(PATIENCE);
    // A state that is gone is folded anew, and nothing is told again.
    std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
    let flags = bench.started().await;
    for (n, subject) in subjects.iter().enumerate() {
        decide(&bench, subject, &format!("after-{n}"), Act::Check, 8);
    }
    eventually("those from after are told", || told(&bench)[0].len() == expected.len()).await;
    assert_eq!(told(&bench), [expected.clone(), expected]);
    let metrics = bench.metrics.text();
    assert!(metrics.contains("standing_corrections_sent_total{happened=\"withdrawn\"}"), "{metrics}");
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_rejected_and_stops_nothing() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    let nonsense = Some(b"no Avro".to_vec().into());
    bench.append_to(bench.topics.decisions(), partition(&subject), "x", nonsense.clone(), None);
    bench.append_to(bench.topics.reliance(), partition(&subject), "x", nonsense, None);
    fall(&bench, &subject, 9);
    decide(&bench, &subject, "D", Act::Check, 5);
    eventually("the decision is told", || told(&bench)[0].len() == 1).await;
    let rejects = bench.read_topic(bench.topics.rejects());
    let codes: Vec<String> =
        rejects.iter().map(|r| bench.codec.decode_reject(r.value.as_deref().unwrap()).unwrap().code).collect();
    assert_eq!(codes, ["value.frame", "value.frame"]);
    flags.stop(PATIENCE);
}
