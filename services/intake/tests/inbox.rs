//! The departments' own topics: JSON and Avro in, events and refusals out, each record once.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::DepartmentId;
use domain::value::Raw;
use intake::Settings;
use serde_json::Value;
use stream::log::{GroupConsumer, Log, LogError, Outgoing, Polled, Producer};
use support::events::{penalty, penalty_of, with};
use support::faulty::{Call, FaultyLog};
use support::{World, settings};

fn inbox(world: &World, department: &str) -> Arc<str> {
    world.topics.inbox(&DepartmentId::new(department).unwrap())
}

fn put(world: &World, topic: &Arc<str>, partition: i32, value: Option<Vec<u8>>) {
    let producer: Arc<dyn Producer> = world.log.producer().unwrap();
    let record = Outgoing {
        topic: Arc::clone(topic),
        partition,
        key: None,
        value: value.map(Bytes::from),
        headers: Vec::new(),
        timestamp_ms: None,
    };
    drop(producer.send(record).unwrap());
}

fn json_of(event: &Value) -> Option<Vec<u8>> {
    Some(event.to_string().into_bytes())
}

fn avro_of(world: &World, event: &Value) -> Option<Vec<u8>> {
    let raw: Raw = serde_json::from_str(&event.to_string()).unwrap();
    Some(world.codec.encode_inbox(&raw).unwrap().to_vec())
}

fn quick() -> Settings {
    let mut settings = settings();
    settings.inbox.look_every = "100ms".parse().unwrap();
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_avro_become_the_same_event() {
    let world = World::new();
    let topic = inbox(&world, "district.fire");
    put(&world, &topic, 0, json_of(&penalty("json")));
    put(&world, &topic, 0, avro_of(&world, &penalty("json")));
    let running = world.start(quick()).await;
    running.world.until("both events", |world| world.events().len() == 2).await;
    let events = running.world.events();
    assert_eq!(events[0].1, events[1].1);
    assert!(running.world.rejects().is_empty());
    running.intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_with_its_place_and_stops_nothing() {
    let world = World::new();
    let fire = inbox(&world, "district.fire");
    let other = with(penalty("other"), "source", Some("district.market".into()));
    let newer = [&[0][..], &u32::MAX.to_be_bytes(), b"datum"].concat();
    let avro = avro_of(&world, &penalty("cut")).unwrap();
    let bodies = [
        json_of(&penalty("first")),
        None,
        Some(Vec::new()),
        Some(vec![0]),
        Some(vec![0xff; 100]),
        Some(newer),
        Some(avro[..avro.len() - 3].to_vec()),
        Some(b"{\"half".to_vec()),
        Some(format!("{{\"x\":\"{}\"}}", "y".repeat(600_000)).into_bytes()),
        json_of(&other),
        json_of(&with(penalty("missing"), "fields.severity", None)),
        json_of(&penalty("last")),
    ];
    let count = bodies.len();
    for body in bodies {
        put(&world, &fire, 1, body);
    }
    let mut settings = quick();
    settings.event_bytes_max = "512KiB".parse().unwrap();
    let running = world.start(settings).await;
    running.world.until("all records", |world| world.events().len() + world.rejects().len() == count).await;
    assert_eq!(running.world.event_ids(), ["first", "last"]);
    let rejects = running.world.rejects();
    let told: Vec<(i64, &str)> = rejects.iter().map(|r| (r.place.as_ref().unwrap().offset, r.code.as_str())).collect();
    let codes = [
        (1, "value.missing"),
        (2, "value.missing"),
        (3, "value.frame"),
        (4, "encoding.invalid-utf8"),
        (5, "schema.unknown"),
        (6, "value.malformed"),
        (7, "json.malformed"),
        (8, "event.too-large"),
        (9, "credential.not-entitled"),
        (10, "field.missing"),
    ];
    assert_eq!(told, codes);
    for reject in &rejects {
        let place = reject.place.as_ref().unwrap();
        assert_eq!((&*place.topic, place.partition, reject.line), (&*fire, 1, None));
        assert_eq!(reject.digest.as_ref().unwrap().len(), 64);
    }
    // Of what cannot be read, the sender at least is known; what names another department counts as that one's.
    let sources = rejects.iter().map(|r| r.source.as_ref().map_or("-", |s| s.as_str()));
    let mut expected = vec!["district.fire"; 10];
    expected[8] = "district.market";
    assert_eq!(sources.collect::<Vec<_>>(), expected);
    let text = running.world.metrics.text();
    assert!(text.contains("standing_inbox_restarts_total 0"), "{text}");
    assert!(
        text.contains("standing_events_rejected_total{reason=\"field.missing\",source=\"district.fire\"} 1"),
        "{text}"
    );
    running.intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_one_before_stopped() {
    let world = World::new();
    let fire = inbox(&world, "district.fire");
    put(&world, &fire, 0, json_of(&penalty("a")));
    let running = world.start(quick()).await;
    running.world.until("the first event", |world| world.events().len() == 1).await;
    running.intake.stop().await;
    let mut world = running.world;
    put(&world, &fire, 0, json_of(&penalty("b")));
    world.shutdown = kit::shutdown::Shutdown::new(support::PATIENCE);
    let running = world.start(quick()).await;
    running.world.until("the second event", |world| world.events().len() == 2).await;
    assert_eq!(running.world.event_ids(), ["a", "b"]);
    running.intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_call_fails_every_record_is_taken_once() {
    let error = |n: usize| {
        let (what, reason) = ("injected", "the test says so".to_owned());
        match n % 4 {
            0 => LogError::Abort { what, reason },
            1 => LogError::Fenced { what, reason },
            2 => LogError::Fatal { what, reason },
            _ => LogError::Retry { what, reason },
        }
    };
    for call in [Call::Init, Call::Begin, Call::Send, Call::SendOffsets, Call::Commit, Call::Committed] {
        let world = World::new();
        let fire = inbox(&world, "district.fire");
        let failures = Arc::new(AtomicUsize::new(0));
        let (count, armed) = (Arc::clone(&failures), Mutex::new(0_usize));
        let log = FaultyLog::transacting(world.log.clone(), move |now| {
            if now != call {
                return None;
            }
            let mut turn = armed.lock().unwrap();
            *turn += 1;
            // Every second call of the kind fails, eight times, in every way a call can fail.
            let n = count.load(Ordering::Relaxed);
            (turn.is_multiple_of(2) && n < 8).then(|| {
                count.fetch_add(1, Ordering::Relaxed);
                error(n)
            })
        });
        let mut settings = quick();
        settings.inbox.poll_records_max = 5;
        let expected: Vec<String> = (0..100).map(|n| format!("e{n:03}")).collect();
        for (n, id) in expected.iter().enumerate() {
            let partition = i32::try_from(n % 3).unwrap();
            put(&world, &fire, partition, json_of(&penalty_of(id, "building", &format!("990000-{n}"))));
        }
        let running = world.start_on(log, settings).await;
        running.world.until("all events", |world| world.events().len() >= 100).await;
        if call != Call::Init {
            assert!(failures.load(Ordering::Relaxed) > 0, "{call:?} never failed");
        }
        running.intake.stop().await;
        assert_eq!(running.world.event_ids(), expected, "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_the_inboxes_and_take_each_record_once() {
    let world = World::new();
    let topics = [inbox(&world, "district.fire"), inbox(&world, "district.market")];
    let other = world.components(world.log.clone());
    let running = world.start(quick()).await;
    let mut expected = Vec::new();
    let mut publish = |world: &World, from: usize| {
        for n in from..from + 60 {
            let partition = i32::try_from(n % 3).unwrap();
            expected.push(format!("e{n:03}"));
            put(world, &topics[0], partition, json_of(&penalty(&format!("e{n:03}"))));
        }
        expected.len()
    };
    let first = publish(&running.world, 0);
    let mut settings = quick();
    settings.instance = "intake-1".to_owned();
    let second = intake::Intake::start(other, settings).unwrap();
    running.world.until("the first half", |world| world.events().len() == first).await;
    let all = publish(&running.world, 60);
    running.world.until("the second half", |world| world.events().len() >= all).await;
    running.intake.stop().await;
    second.stop().await;
    assert_eq!(running.world.event_ids(), expected);
}

/// A reader as an earlier process of this instance left it: killed, it says nothing more.
fn reader(world: &World, slot: u32, topics: &[Arc<str>]) -> Box<dyn GroupConsumer> {
    let (prefix, instance) = (world.topics.prefix(), quick().instance);
    let (group, id) = (format!("{prefix}-intake-inbox"), format!("{prefix}-{instance}-inbox-{slot}"));
    world.log.group_consumer(&group, &id, topics).unwrap()
}

fn assigned(reader: &mut Box<dyn GroupConsumer>) -> usize {
    match reader.poll(1, Duration::from_secs(5)).unwrap() {
        Polled::Assigned(partitions) => partitions.len(),
        other @ (Polled::Idle | Polled::Records(_) | Polled::Revoked(_) | Polled::Lost(_)) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_owed_when_it_died_is_read() {
    let world = World::new();
    let topic = inbox(&world, "district.fire");
    let mut first = reader(&world, 0, std::slice::from_ref(&topic));
    assert_eq!(assigned(&mut first), 3);
    let second = reader(&world, 1, std::slice::from_ref(&topic));
    assert!(matches!(first.poll(1, Duration::from_secs(5)).unwrap(), Polled::Revoked(_)));
    std::mem::forget((first, second));
    for partition in 0..3 {
        put(&world, &topic, partition, json_of(&penalty(&format!("e{partition}"))));
    }
    let mut settings = quick();
    settings.inbox.departments = vec!["district.fire".to_owned()];
    settings.inbox.workers = 2;
    let running = world.start(settings).await;
    running.world.until("one of each partition", |world| world.events().len() == 3).await;
    running.intake.stop().await;
}

/// Of two inboxes that hold something, the one that is named is read.
async fn reads_the_one_that_is_named(world: World) {
    let (fire, market) = (inbox(&world, "district.fire"), inbox(&world, "district.market"));
    put(&world, &market, 0, Some(b"not read".to_vec()));
    put(&world, &fire, 0, json_of(&penalty("a")));
    let mut settings = quick();
    settings.inbox.departments = vec!["district.fire".to_owned()];
    let running = world.start(settings).await;
    running.world.until("the event", |world| world.events().len() == 1).await;
    running.intake.stop().await;
    assert!(running.world.rejects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_is_read_no_more_does_not_hold_up_the_others() {
    let world = World::new();
    let mut before = reader(&world, 0, &[inbox(&world, "district.fire"), inbox(&world, "district.market")]);
    assert_eq!(assigned(&mut before), 6);
    std::mem::forget(before);
    reads_the_one_that_is_named(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_is_made_later_is_found() {
    let world = World::new();
    let running = world.start(quick()).await;
    let housing = inbox(&running.world, "district.housing");
    let like = running.world.log.describe(&inbox(&running.world, "district.fire")).unwrap().unwrap();
    let spec =
        stream::log::TopicSpec { name: Arc::clone(&housing), partitions: 1, replication: 1, config: like.config };
    running.world.log.create_topics(&[spec]).unwrap();
    let mut event = with(penalty("late"), "source", Some("district.housing".into()));
    event["item"] = "housing.penalty".into();
    put(&running.world, &housing, 0, json_of(&event));
    running.world.until("the event", |world| world.events().len() + world.rejects().len() == 1).await;
    assert_eq!(running.world.event_ids(), ["late"], "{:?}", running.world.rejects());
    running.intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_departments_named_are_read() {
    reads_the_one_that_is_named(World::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_with_any_byte_changed_becomes_an_event_or_a_refusal() {
    let world = World::new();
    let fire = inbox(&world, "district.fire");
    let good = avro_of(&world, &penalty("good")).unwrap();
    let mut count = 0;
    for at in 0..good.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut value = good.clone();
            value[at] ^= change;
            put(&world, &fire, 0, Some(value));
            count += 1;
        }
        put(&world, &fire, 0, Some(good[..at].to_vec()));
        count += 1;
    }
    let running = world.start(quick()).await;
    running.world.until("all records", |world| world.events().len() + world.rejects().len() >= count).await;
    running.intake.stop().await;
    assert_eq!(running.world.events().len() + running.world.rejects().len(), count);
    let known = support::documented_codes();
    for reject in running.world.rejects() {
        assert!(known.contains(&reject.code), "{}", reject.code);
        assert_ne!(reject.code, "internal");
    }
}
