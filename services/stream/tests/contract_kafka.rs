//! What the Kafka adapter does beyond the contract: settings it refuses, clusters it does not reach, members that stall.
//!
//! The broker is named by `STANDING_TEST_KAFKA=host:port`; `make test` starts one.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

#[path = "contract/bench.rs"]
#[allow(dead_code)]
mod bench;

use std::time::{Duration, Instant};

use bench::{Bench, PATIENCE, assigned, idle, of, outgoing, records, until, values};
use futures::executor::block_on;
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Log, LogError, Polled};

/// A port that nothing listens on: the discard service.
const NOWHERE: &str = "127.0.0.1:9";

#[test]
fn settings_that_the_guarantees_rest_on_are_refused() {
    for name in ["enable.idempotence", "acks", "isolation.level", "enable.auto.commit", "transaction.timeout.ms"] {
        let mut settings = KafkaSettings::new(NOWHERE, "contract");
        settings.security.insert(name.into(), "false".into());
        let refused = KafkaLog::new(settings).map(|_| ());
        assert!(matches!(&refused, Err(LogError::Refused { reason, .. }) if reason.contains(name)), "{refused:?}");
    }
}

#[test]
fn a_bad_setting_is_named_and_its_value_is_not_repeated() {
    for name in ["sasl.mechanisms", "no.such.setting", "compression.type"] {
        let mut settings = KafkaSettings::new(NOWHERE, "contract");
        settings.security.insert(name.into(), "secret-of-nobody".into());
        match KafkaLog::new(settings).map(|_| ()) {
            Err(LogError::Refused { reason, .. }) => {
                assert!(reason.contains(name), "{reason}");
                assert!(!reason.contains("secret-of-nobody"), "{reason}");
            }
            // librdkafka takes any mechanism until it connects.
            other => assert_eq!(name, "sasl.mechanisms", "{other:?}"),
        }
    }
    let refused = KafkaLog::new(KafkaSettings::new("", "contract")).map(|_| ());
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
}

/// A worker makes its member before it has its producer, and must take nothing from others while it has none.
#[test]
fn a_member_joins_with_its_first_poll() {
    let bench = Bench::kafka();
    let (group, topic) = (bench.name("g"), bench.topic("t", 2));
    let member = |name| bench.log.group_consumer(&group, name, std::slice::from_ref(&topic)).unwrap();
    let mut first = member("a");
    assert_eq!(assigned(&mut first).len(), 2);
    let mut second = member("b");
    for _ in 0..5 {
        idle(&mut first);
    }
    let told = bench.log.group(&group, PATIENCE).unwrap();
    assert_eq!((told.at_rest, told.members.len()), (true, 1), "{told:?}");
    until("the one that has polled gets a part", || {
        second.poll(1, Duration::from_millis(20)).unwrap();
        matches!(first.poll(1, Duration::from_millis(20)).unwrap(), Polled::Revoked(_))
    });
}

#[test]
fn a_cluster_out_of_reach_is_said_to_be_tried_again() {
    let mut settings = KafkaSettings::new(NOWHERE, "contract");
    settings.request_timeout = Duration::from_millis(300);
    settings.delivery_timeout = Duration::from_millis(300);
    let log = KafkaLog::new(settings).unwrap();
    let topic = "contract.nowhere".into();
    let started = Instant::now();

    let retry = |outcome: Result<(), LogError>| assert!(matches!(outcome, Err(LogError::Retry { .. })), "{outcome:?}");
    retry(log.topics().map(|_| ()));
    retry(log.describe("contract.nowhere").map(|_| ()));
    retry(log.committed("g", &[of(&topic, 0)], Duration::from_millis(300)).map(|_| ()));
    retry(log.transactional("p").unwrap().init(Duration::from_millis(300)));
    let producer = log.producer().unwrap();
    retry(block_on(producer.send(outgoing(&topic, 0, "a")).unwrap()).map(|_| ()));
    let mut member = log.group_consumer("g", "m", std::slice::from_ref(&topic)).unwrap();
    // The client reconnects by itself: a member only hears nothing meanwhile.
    idle(&mut member);
    drop(member);
    drop(producer);
    drop(log);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn the_queue_of_unsent_records_is_bounded() {
    let mut settings = KafkaSettings::new(NOWHERE, "contract");
    settings.send_records_max = 10;
    settings.delivery_timeout = Duration::from_millis(500);
    let producer = KafkaLog::new(settings).unwrap().producer().unwrap();
    let topic = "contract.nowhere".into();
    let mut reports = Vec::new();
    let refused = loop {
        match producer.send(outgoing(&topic, 0, "a")) {
            Ok(report) => reports.push(report),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, LogError::QueueFull { .. }), "{refused:?}");
    assert!(reports.len() <= 10, "{}", reports.len());
    assert!(matches!(producer.flush(Duration::ZERO), Err(LogError::Retry { .. })));
    producer.flush(PATIENCE).unwrap();
    for report in reports {
        assert!(matches!(block_on(report), Err(LogError::Retry { .. })));
    }
}

/// A member that does not poll, and another that takes everything over meanwhile.
#[test]
fn a_member_that_stalls_is_fenced_and_joins_anew() {
    let bench = Bench::kafka();
    let mut settings = KafkaSettings::new(std::env::var("STANDING_TEST_KAFKA").unwrap(), "contract");
    settings.session_timeout = Duration::from_secs(2);
    settings.poll_interval_max = Duration::from_secs(2);
    let log = KafkaLog::new(settings).unwrap();
    let topic = bench.topic("t", 2);
    bench.produce(vec![outgoing(&topic, 0, "a")]);
    let join = |name: &str| log.group_consumer(&bench.name("g"), name, std::slice::from_ref(&topic)).unwrap();
    let mut stalls = join("a");
    assert_eq!(assigned(&mut stalls).len(), 2);
    stalls.start(&[(of(&topic, 0), 0), (of(&topic, 1), 0)]).unwrap();
    assert_eq!(values(&records(&mut stalls, 1)), ["a"]);
    let proof = stalls.metadata().unwrap();

    let mut takes_over = join("b");
    let mut got = Vec::new();
    until("the other has everything", || {
        if let Polled::Assigned(partitions) = takes_over.poll(10, Duration::from_millis(50)).unwrap() {
            got.extend(partitions);
        }
        got.len() == 2
    });
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    let refused = producer.send_offsets(&[(of(&topic, 0), 1)], &proof);
    assert!(matches!(refused, Err(LogError::Abort { .. } | LogError::Fenced { .. })), "{refused:?}");
    producer.abort().unwrap();
    let polled = stalls.poll(10, Duration::from_millis(50));
    assert!(matches!(polled, Err(LogError::Fenced { .. })), "{polled:?}");
    assert_eq!(bench.log.committed(&bench.name("g"), &[of(&topic, 0)], PATIENCE).unwrap(), [None]);

    drop(stalls);
    let mut anew = join("a");
    let mut back = 0;
    until("it has a share again", || {
        match takes_over.poll(10, Duration::from_millis(20)).unwrap() {
            Polled::Revoked(partitions) => takes_over.release(&partitions).unwrap(),
            Polled::Idle => {}
            other => panic!("{other:?}"),
        }
        match anew.poll(10, Duration::from_millis(20)).unwrap() {
            Polled::Assigned(partitions) => back += partitions.len(),
            Polled::Idle => {}
            other => panic!("{other:?}"),
        }
        back == 1
    });
}

#[test]
fn an_answer_that_comes_after_the_session_fences_the_member() {
    let bench = Bench::kafka();
    let mut settings = KafkaSettings::new(std::env::var("STANDING_TEST_KAFKA").unwrap(), "contract");
    settings.session_timeout = Duration::from_secs(2);
    let log = KafkaLog::new(settings).unwrap();
    let topic = bench.topic("t", 2);
    let join = |name: &str| log.group_consumer(&bench.name("g"), name, std::slice::from_ref(&topic)).unwrap();
    let mut slow = join("a");
    assigned(&mut slow);
    let mut second = join("b");
    let mut asked = Vec::new();
    until("partitions are asked back", || {
        second.poll(1, Duration::from_millis(20)).unwrap();
        match slow.poll(1, Duration::from_millis(20)).unwrap() {
            Polled::Revoked(partitions) => asked = partitions,
            Polled::Idle => {}
            other => panic!("{other:?}"),
        }
        !asked.is_empty()
    });
    let asked_at = Instant::now();
    while asked_at.elapsed() < Duration::from_secs(2) {
        second.poll(1, Duration::from_millis(20)).unwrap();
    }
    let refused = slow.release(&asked);
    assert!(matches!(refused, Err(LogError::Fenced { .. })), "{refused:?}");
}
