//! State that must not be used, offsets that are gone, owners that are not alone: what a partition does when it is opened.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stream::log::{TopicPartition, TopicSpec};
use stream::runtime::{Handle, Runtime};
use stream::settings::LogStart;
use stream::status::Phase;

use crate::bench::{Bench, PATIENCE, borrowed, eventually, mixture, stop};
use crate::faulty::{Call, FaultyLog, Kind, Plan, When};

fn folded(bench: &Bench, records: usize) {
    bench.append(&borrowed(&mixture(bench.partitions, records, 8)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
}

/// Sets the group's offset, as an operator's tool would.
pub(crate) fn set_offset(bench: &Bench, of: &TopicPartition, offset: i64) {
    let member = bench
        .log
        .group_consumer(&bench.group(), &bench.name("tool"), std::slice::from_ref(&bench.topics.input))
        .unwrap();
    let mut producer = bench.log.transactional(&bench.name("tool")).unwrap();
    producer.init(PATIENCE).unwrap();
    producer.begin().unwrap();
    producer.send_offsets(&[(of.clone(), offset)], &member.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    member.close().unwrap();
}

fn files(dir: &Path, suffix: &str) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.to_string_lossy().contains(suffix)).collect()
}

fn stops(handle: &Handle, of: &TopicPartition) -> String {
    let mut found = String::new();
    let stopped = handle.wait(PATIENCE, |status| match status.partition(of).map(|partition| &partition.phase) {
        Some(Phase::Stopped { reason }) => {
            found.clone_from(reason);
            true
        }
        _ => false,
    });
    assert!(stopped, "{:?}", handle.status());
    found
}

#[test]
fn state_ahead_of_the_committed_offset_is_set_aside_and_rebuilt() {
    let bench = Bench::embedded(1);
    folded(&bench, 20);
    let sent = bench.committed(&bench.topics.out, 0).len() + bench.committed(&bench.topics.rejects, 0).len();
    set_offset(&bench, &bench.input(0), 15);
    let handle = bench.start("a");
    bench.wait_done(&[&handle]);
    assert_eq!(bench.observed(&[&handle]).unwrap()[0].rows, bench.expected()[0].rows);
    let sent_after = bench.committed(&bench.topics.out, 0).len() + bench.committed(&bench.topics.rejects, 0).len();
    assert_eq!(sent_after - sent, 5, "what the group says is not committed is sent, and nothing else");
    stop(handle);
    assert_eq!(files(&bench.state_dir("a"), ".aside").len(), 1);
}

#[test]
fn damaged_state_is_set_aside_and_rebuilt_quietly() {
    let bench = Bench::embedded(2);
    folded(&bench, 40);
    std::fs::remove_file(bench.state_dir("a").join("toy.in-0").join("CURRENT")).unwrap();
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
    assert_eq!(files(&bench.state_dir("a"), ".aside").len(), 1);
}

#[test]
fn damage_found_while_folding_is_repaired_from_the_log() {
    let bench = Bench::embedded(1);
    folded(&bench, 40);
    // Opening moves what the write-ahead log holds into table files.
    folded(&bench, 0);
    let tables = files(&bench.state_dir("a").join("toy.in-0"), ".sst");
    assert!(!tables.is_empty());
    for table in tables {
        let mut bytes = std::fs::read(&table).unwrap();
        bytes[..64].iter_mut().for_each(|byte| *byte ^= 0x55);
        std::fs::write(table, bytes).unwrap();
    }
    bench.append(&borrowed(&mixture(1, 40, 9)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
    assert_eq!(files(&bench.state_dir("a"), ".aside").len(), 1);
}

#[test]
fn state_of_another_log_is_not_served() {
    let one = Bench::embedded(1);
    folded(&one, 30);
    let other = Bench::embedded_with_seed(1, 8);
    other.append(&[(0, "k", "7")]);
    let mut settings = other.settings("a");
    settings.state_dir = one.state_dir("a");
    let handle = Runtime::start(other.parts(other.log.clone()), settings).unwrap();
    other.check(&[&handle]);
    stop(handle);
    assert_eq!(files(&one.state_dir("a"), ".aside").len(), 1);
}

#[test]
fn a_topic_that_gets_its_id_with_its_first_record_keeps_its_state() {
    let bench = Bench::embedded(2);
    let log = FaultyLog::nameless(bench.log.clone());
    let handle = bench.start_on(log.clone(), "a");
    assert!(handle.wait(PATIENCE, |status| status.partitions.iter().filter(|p| p.phase == Phase::Live).count() == 2));
    bench.append(&borrowed(&mixture(2, 30, 2)));
    bench.check(&[&handle]);
    stop(handle);
    for _ in 0..2 {
        bench.append(&borrowed(&mixture(2, 30, 3)));
        let handle = bench.start_on(log.clone(), "a");
        bench.check(&[&handle]);
        stop(handle);
    }
    bench.nothing_was_set_aside("a");
}

#[test]
fn a_group_that_forgot_its_offset_goes_on_from_the_fallback() {
    let bench = Bench::embedded(1);
    folded(&bench, 30);
    let mut settings = bench.settings("a");
    settings.group = "another-group".to_owned();
    let mut parts = bench.parts(bench.log.clone());
    parts.committed_fallback = Some(Arc::new(|_: &TopicPartition| Ok(Some(30))));
    let handle = Runtime::start(parts, settings).unwrap();
    bench.check(&[&handle]);
    bench.append(&borrowed(&mixture(1, 10, 3)));
    bench.check(&[&handle]);
    stop(handle);
    assert!(files(&bench.state_dir("a"), ".aside").is_empty());
}

/// A log whose first records are gone.
fn forgetful() -> Bench {
    let bench = Bench::embedded(1);
    let of = bench.topics.input.clone();
    bench.log.alter_topic(&of, &[("retention.ms".into(), "10".into()), ("segment.ms".into(), "1".into())]).unwrap();
    bench.append(&[(0, "k", "1"), (0, "k", "2")]);
    bench.clock_ms.store(100_000, Ordering::SeqCst);
    bench.append(&[(0, "k", "3")]);
    bench.embedded_log().compact(&of);
    let low = bench.log.watermarks(&bench.input(0), stream::log::Isolation::ReadCommitted).unwrap().low;
    assert!(low > 0, "the log still begins at {low}");
    bench
}

#[test]
fn a_complete_log_that_lost_its_beginning_stops_the_partition() {
    let bench = forgetful();
    let handle = bench.start("a");
    let reason = stops(&handle, &bench.input(0));
    assert!(reason.contains("records between are gone"), "{reason}");
    assert!(bench.committed(&bench.topics.out, 0).is_empty());
    stop(handle);
}

#[test]
fn a_log_that_forgets_is_folded_from_what_it_holds() {
    let bench = forgetful();
    let mut settings = bench.settings("a");
    settings.log_start = LogStart::Moves;
    let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_log_that_lost_committed_records_stops_the_partition() {
    let bench = Bench::embedded(1);
    bench.append(&[(0, "k", "1")]);
    set_offset(&bench, &bench.input(0), 9);
    let handle = bench.start("a");
    let reason = stops(&handle, &bench.input(0));
    assert!(reason.contains("committed records are gone"), "{reason}");
    stop(handle);
}

#[test]
fn a_missing_topic_is_waited_for() {
    let bench = Bench::embedded(1);
    let mut settings = bench.settings("a");
    settings.topics = vec!["late.in".into()];
    let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    let spec = TopicSpec { name: "late.in".into(), partitions: 1, replication: 1, config: Vec::new() };
    bench.log.create_topics(&[spec]).unwrap();
    let late = TopicPartition::new("late.in", 0);
    assert!(handle.wait(PATIENCE, |status| status.partition(&late).is_some_and(|p| p.phase == Phase::Live)));
    stop(handle);
}

#[test]
fn two_instances_of_one_name_fence_each_other_and_double_nothing() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 50, 1)));
    let first = bench.start("a");
    bench.check(&[&first]);
    let mut settings = bench.settings("a");
    settings.state_dir = bench.state_dir("twin");
    let twin = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    for seed in 0..10 {
        bench.append(&borrowed(&mixture(2, 20, seed)));
        twin.wait(Duration::from_millis(20), |_| false);
    }
    stop(first);
    bench.append(&borrowed(&mixture(2, 20, 77)));
    bench.check(&[&twin]);
    stop(twin);
}

#[test]
fn partitions_lost_without_warning_are_folded_again() {
    let bench = Bench::embedded(2);
    let handle = bench.start("a");
    for round in 0..20 {
        bench.append(&borrowed(&mixture(2, 30, round)));
        bench.expire("a");
        handle.wait(Duration::from_millis(3), |_| false);
    }
    bench.check(&[&handle]);
    stop(handle);
}

/// As long as the first is true.
fn outputs_of_0_refused() -> (Arc<AtomicBool>, Plan) {
    let refusing = Arc::new(AtomicBool::new(true));
    let still = refusing.clone();
    let plan: Plan = Box::new(move |call| {
        (call == Call::SendTo(0) && still.load(Ordering::SeqCst)).then_some((When::Before, Kind::Refused))
    });
    (refusing, plan)
}

#[test]
fn a_partition_whose_outputs_are_refused_waits_and_the_others_go_on() {
    let bench = Bench::embedded(2);
    let (refusing, plan) = outputs_of_0_refused();
    let handle = bench.start_on(FaultyLog::new(bench.log.clone(), plan), "a");
    bench.append(&[(0, "k", "1"), (1, "k", "2")]);
    let waits = |status: &stream::status::Status| {
        status.partition(&bench.input(0)).is_some_and(|partition| matches!(partition.phase, Phase::Waiting { .. }))
    };
    assert!(handle.wait(PATIENCE, waits), "{:?}", handle.status());
    eventually("the other partition's output", || bench.committed(&bench.topics.out, 1).len() == 1);
    refusing.store(false, Ordering::SeqCst);
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_refused_output_is_the_fault_of_its_own_partition_though_it_was_held() {
    let bench = Bench::embedded(2);
    let (refusing, plan) = outputs_of_0_refused();
    let mut settings = bench.settings("a");
    // After a commit outputs are held for so long, and handed over when the next partition sends, or commits.
    settings.commit_pause = Duration::from_millis(20);
    let parts = bench.parts(FaultyLog::new(bench.log.clone(), plan));
    let handle = Runtime::start(parts, settings).unwrap();
    let waits = |status: &stream::status::Status, partition| {
        let found = status.partition(&bench.input(partition));
        found.is_some_and(
            |partition| matches!(&partition.phase, Phase::Waiting { reason } if reason.contains("says so")),
        )
    };
    let mut waited = false;
    for round in 0..40 {
        bench.append(&[(1, "k", "2"), (0, "k", "1"), (1, "k", "3")]);
        waited |= handle.wait(Duration::from_millis(5), |status| waits(status, 0));
        let status = handle.status();
        assert!(!waits(&status, 1), "in round {round}: {status:?}");
    }
    assert!(waited, "{:?}", handle.status());
    refusing.store(false, Ordering::SeqCst);
    bench.check(&[&handle]);
    stop(handle);
}
