//! What the embedded log does beyond the contract: time-outs on a clock of its own, bounded memory, cleaning, and runs
//! that repeat exactly.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::executor::block_on;
use proptest::prelude::*;
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::log::{
    GroupConsumer, Isolation, Log, LogError, Outgoing, Polled, Record, Start, Topic, TopicPartition, TopicSpec,
    Watermarks,
};

/// A log whose clocks stand still until they are moved.
struct Stand {
    log: Arc<EmbeddedLog>,
    now_ms: Arc<AtomicI64>,
    elapsed_ms: Arc<AtomicU64>,
}

impl Stand {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(tune: impl FnOnce(&mut EmbeddedSettings)) -> Self {
        let now_ms = Arc::new(AtomicI64::new(1_000));
        let elapsed_ms = Arc::new(AtomicU64::new(0));
        let (clock, elapsed) = (now_ms.clone(), elapsed_ms.clone());
        let mut settings = EmbeddedSettings::new(Arc::new(move || clock.load(Ordering::Relaxed)), 1);
        settings.elapsed = Arc::new(move || Duration::from_millis(elapsed.load(Ordering::Relaxed)));
        tune(&mut settings);
        Self { log: EmbeddedLog::new(settings), now_ms, elapsed_ms }
    }

    fn topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) -> Topic {
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let spec = TopicSpec { name: name.into(), partitions, replication: 1, config };
        self.log.create_topics(&[spec]).unwrap();
        name.into()
    }

    fn send(&self, topic: &Topic, key: &str, value: Option<&str>) -> Result<i64, LogError> {
        let report = self.log.producer().unwrap().send(outgoing(topic, key, value))?;
        Ok(block_on(report).unwrap().offset)
    }

    fn read(&self, topic: &Topic, isolation: Isolation) -> Vec<Record> {
        let mut reader = self.log.reader(&[(of(topic, 0), Start::Earliest)], isolation).unwrap();
        reader.poll(usize::MAX, Duration::ZERO).unwrap()
    }

    fn keys(&self, topic: &Topic) -> Vec<(i64, String)> {
        let key = |record: &Record| String::from_utf8(record.key.as_ref().unwrap().to_vec()).unwrap();
        self.read(topic, Isolation::ReadCommitted).iter().map(|record| (record.offset, key(record))).collect()
    }
}

fn of(topic: &Topic, partition: i32) -> TopicPartition {
    TopicPartition::new(topic.clone(), partition)
}

fn outgoing(topic: &Topic, key: &str, value: Option<&str>) -> Outgoing {
    Outgoing {
        topic: topic.clone(),
        partition: 0,
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

fn poll(member: &mut Box<dyn GroupConsumer>) -> Polled {
    member.poll(100, Duration::ZERO).unwrap()
}

#[test]
fn a_transaction_left_open_is_aborted_in_time_and_its_producer_fenced() {
    let stand = Stand::new();
    let topic = stand.topic("t", 1, &[]);
    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, "stalled", Some(""))).unwrap();
    stand.send(&topic, "behind", Some("")).unwrap();
    stand.elapsed_ms.store(9_999, Ordering::Relaxed);
    assert_eq!(stand.keys(&topic), []);
    stand.elapsed_ms.store(10_000, Ordering::Relaxed);
    assert_eq!(stand.keys(&topic), [(1, "behind".into())]);
    assert!(matches!(producer.commit(), Err(LogError::Fenced { .. })));
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.commit().unwrap();
}

#[test]
fn moving_the_calendar_times_nothing_out() {
    let stand = Stand::new();
    let topic = stand.topic("t", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, "a", Some(""))).unwrap();
    stand.now_ms.store(400 * 86_400_000, Ordering::Relaxed);
    producer.send(&outgoing(&topic, "b", Some(""))).unwrap();
    producer.commit().unwrap();
    let times: Vec<_> = stand.read(&topic, Isolation::ReadCommitted).iter().map(|record| record.timestamp_ms).collect();
    assert_eq!(times, [1_000, 400 * 86_400_000]);
}

#[test]
fn a_reader_that_waits_behind_a_stalled_transaction_wakes_when_it_times_out() {
    let settings =
        EmbeddedSettings { transaction_timeout: Duration::from_millis(50), ..EmbeddedSettings::new(Arc::new(|| 0), 1) };
    let log = EmbeddedLog::new(settings);
    let spec = TopicSpec { name: "t".into(), partitions: 1, replication: 1, config: vec![] };
    log.create_topics(&[spec]).unwrap();
    let topic: Topic = "t".into();
    let mut producer = log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, "stalled", Some(""))).unwrap();
    block_on(log.producer().unwrap().send(outgoing(&topic, "behind", Some(""))).unwrap()).unwrap();
    let mut reader = log.reader(&[(of(&topic, 0), Start::Earliest)], Isolation::ReadCommitted).unwrap();
    let records = reader.poll(10, Duration::from_secs(60)).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].offset, 1);
}

#[test]
fn a_member_whose_session_ended_learns_its_loss_and_joins_again() {
    let stand = Stand::new();
    let topic = stand.topic("t", 2, &[]);
    let mut member = stand.log.group_consumer("g", "a", std::slice::from_ref(&topic)).unwrap();
    let all = vec![of(&topic, 0), of(&topic, 1)];
    assert!(matches!(poll(&mut member), Polled::Assigned(partitions) if partitions == all));
    member.start(&[(of(&topic, 0), 0), (of(&topic, 1), 0)]).unwrap();
    let proof = member.metadata().unwrap();

    stand.log.expire_member("g", "a");
    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    assert!(matches!(producer.send_offsets(&[(of(&topic, 0), 1)], &proof), Err(LogError::Abort { .. })));
    producer.abort().unwrap();

    stand.send(&topic, "not for it", Some("")).unwrap();
    assert!(matches!(poll(&mut member), Polled::Lost(partitions) if partitions == all));
    assert!(matches!(poll(&mut member), Polled::Idle), "nothing before the loss is answered");
    member.release(&all).unwrap();
    assert!(matches!(poll(&mut member), Polled::Assigned(partitions) if partitions == all));
}

#[test]
fn partitions_of_a_member_that_went_away_move_when_its_session_ends() {
    let stand = Stand::new();
    let topic = stand.topic("t", 2, &[]);
    let join = |name: &str| stand.log.group_consumer("g", name, std::slice::from_ref(&topic)).unwrap();
    let (mut a, mut b) = (join("a"), join("b"));
    let taken = |polled| match polled {
        Polled::Assigned(partitions) => partitions,
        other => panic!("{other:?}"),
    };
    assert_eq!(taken(poll(&mut a)).len() + taken(poll(&mut b)).len(), 2);

    drop(b);
    stand.elapsed_ms.store(9_999, Ordering::Relaxed);
    assert!(matches!(poll(&mut a), Polled::Idle));
    stand.elapsed_ms.store(10_000, Ordering::Relaxed);
    assert_eq!(taken(poll(&mut a)).len(), 1);
}

#[test]
fn memory_is_bounded_and_producers_are_told_to_wait() {
    const BOUND: usize = 100_000;
    let stand = Stand::with(|settings| settings.memory_bytes_max = BOUND);
    let topic = stand.topic("t", 1, &[("retention.ms", "-1")]);
    let value = "x".repeat(1_000);
    let mut kept = 0;
    let refused = loop {
        match stand.send(&topic, "key", Some(&value)) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(stand.log.memory_bytes() <= BOUND);
    };
    assert!(matches!(refused, LogError::QueueFull { .. }), "{refused:?}");
    assert!(kept > 50, "{kept}");

    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    let refused = producer.send(&outgoing(&topic, "key", Some(&value)));
    assert!(matches!(refused, Err(LogError::Retry { .. })), "{refused:?}");

    // With a retention that lets them go, the next record pushes out what is old.
    stand.log.alter_topic("t", &[("retention.ms".into(), "500".into())]).unwrap();
    stand.now_ms.store(2_000, Ordering::Relaxed);
    producer.send(&outgoing(&topic, "key", Some(&value))).unwrap();
    producer.commit().unwrap();
    assert_eq!(stand.keys(&topic).len(), 1);
    let Watermarks { low, high } = stand.log.watermarks(&of(&topic, 0), Isolation::ReadCommitted).unwrap();
    assert_eq!((low, high), (kept, kept + 2));
    assert!(stand.log.memory_bytes() < 2_000);
    let late = stand.log.reader(&[(of(&topic, 0), Start::Offset(0))], Isolation::ReadCommitted).unwrap();
    assert!(matches!({ late }.poll(1, Duration::ZERO), Err(LogError::Refused { .. })));
}

#[test]
fn compaction_keeps_the_last_value_of_each_key_at_its_offset() {
    let stand = Stand::new();
    let topic = stand.topic("t", 1, &[("cleanup.policy", "compact"), ("delete.retention.ms", "100")]);
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", Some("2")), ("c", Some("1")), ("b", None)] {
        stand.send(&topic, key, value).unwrap();
    }
    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, "a", Some("aborted"))).unwrap();
    producer.abort().unwrap();
    stand.log.compact("t");
    assert_eq!(stand.keys(&topic), [(2, "a".into()), (3, "c".into()), (4, "b".into())]);
    assert_eq!(stand.read(&topic, Isolation::ReadUncommitted).len(), 3);

    // The tombstone has been there long enough for every reader to have seen it.
    stand.now_ms.store(1_101, Ordering::Relaxed);
    stand.log.compact("t");
    assert_eq!(stand.keys(&topic), [(2, "a".into()), (3, "c".into())]);
    let Watermarks { low, high } = stand.log.watermarks(&of(&topic, 0), Isolation::ReadCommitted).unwrap();
    assert_eq!((low, high), (0, 7));
    assert_eq!(stand.send(&topic, "d", Some("1")).unwrap(), 7);
}

#[test]
fn compaction_never_passes_the_last_stable_offset() {
    let stand = Stand::new();
    let topic = stand.topic("t", 1, &[("cleanup.policy", "compact")]);
    stand.send(&topic, "a", Some("1")).unwrap();
    let mut producer = stand.log.transactional("p").unwrap();
    producer.init(Duration::ZERO).unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, "a", Some("2"))).unwrap();
    stand.send(&topic, "a", Some("3")).unwrap();
    stand.log.compact("t");
    assert_eq!(stand.keys(&topic), [(0, "a".into())]);
    producer.abort().unwrap();
    assert_eq!(stand.keys(&topic), [(0, "a".into()), (2, "a".into())]);
    stand.log.compact("t");
    assert_eq!(stand.keys(&topic), [(2, "a".into())]);
}

#[test]
fn a_compacted_topic_cleans_itself_and_refuses_records_without_a_key() {
    let stand = Stand::new();
    let topic = stand.topic("t", 1, &[("cleanup.policy", "compact")]);
    for round in 0..100 {
        for key in 0..100 {
            stand.send(&topic, &format!("{key}"), Some(&format!("{round}"))).unwrap();
        }
    }
    assert!(stand.read(&topic, Isolation::ReadCommitted).len() < 1_200);
    let keyless = Outgoing { key: None, ..outgoing(&topic, "", Some("")) };
    let refused = stand.log.producer().unwrap().send(keyless).map(|_| ());
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
}

#[test]
fn the_same_seed_gives_the_same_topic_ids() {
    let ids = |seed| {
        let stand = Stand::with(|settings| settings.seed = seed);
        ["a", "b"].map(|name| stand.log.describe(&stand.topic(name, 1, &[])).unwrap().unwrap().id)
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
    assert_ne!(ids(1)[0], ids(1)[1]);
}

proptest! {
    /// Members come and go: at rest every partition has one owner, nobody has two more than another, and who stays
    /// gives away only what balance asks for.
    #[test]
    fn assignments_are_whole_balanced_and_sticky(
        partitions in 1_i32..20,
        steps in proptest::collection::vec((0_usize..5, any::<bool>()), 1..12),
    ) {
        let stand = Stand::new();
        let topic = stand.topic("t", partitions, &[]);
        let mut members: BTreeMap<usize, Box<dyn GroupConsumer>> = BTreeMap::new();
        let mut owned: BTreeMap<usize, BTreeSet<TopicPartition>> = BTreeMap::new();
        for (who, joins) in steps {
            let before = owned.clone();
            if joins {
                members.entry(who).or_insert_with(|| {
                    stand.log.group_consumer("g", &format!("{who}"), std::slice::from_ref(&topic)).unwrap()
                });
            } else if members.remove(&who).is_some() {
                owned.remove(&who);
                stand.log.expire_member("g", &format!("{who}"));
            }
            settle(&mut members, &mut owned);
            if members.is_empty() {
                continue;
            }
            let all: Vec<_> = owned.values().flatten().collect();
            prop_assert_eq!(all.len(), partitions as usize);
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), partitions as usize);
            let counts: Vec<usize> = members.keys().map(|who| owned.get(who).map_or(0, BTreeSet::len)).collect();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            prop_assert!(most - least <= 1, "{:?}", counts);
            for (who, kept) in &before {
                let now = owned.get(who).cloned().unwrap_or_default();
                if members.contains_key(who) && now.len() >= kept.len() {
                    prop_assert!(kept.is_subset(&now), "{} gave away {:?} for nothing", who, kept);
                }
            }
        }
    }
}

/// Lets every member answer until nobody is told anything any more.
fn settle(
    members: &mut BTreeMap<usize, Box<dyn GroupConsumer>>,
    owned: &mut BTreeMap<usize, BTreeSet<TopicPartition>>,
) {
    let mut quiet = false;
    while !quiet {
        quiet = true;
        for (who, member) in members.iter_mut() {
            let own = owned.entry(*who).or_default();
            match poll(member) {
                Polled::Idle => continue,
                Polled::Assigned(partitions) => own.extend(partitions),
                Polled::Revoked(partitions) => {
                    member.release(&partitions).unwrap();
                    own.retain(|of| !partitions.contains(of));
                }
                other => panic!("{other:?}"),
            }
            quiet = false;
        }
    }
}
