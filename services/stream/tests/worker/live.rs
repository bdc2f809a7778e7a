//! A runtime that nothing goes wrong for: outputs, state, marks, ticks, stops, rebalances.

use std::sync::atomic::Ordering;
use std::time::Duration;

use stream::log::{Isolation, TopicPartition};
use stream::runtime::{ReadError, Runtime};
use stream::state::StateRead;
use stream::status::{Phase, Status};

use crate::bench::{Bench, PATIENCE, borrowed, eventually, mixture, stop};
use crate::sums::text;

#[test]
fn outputs_and_state_are_those_of_the_reference() {
    let bench = Bench::embedded(4);
    bench.append(&borrowed(&mixture(4, 300, 1)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    bench.append(&borrowed(&mixture(4, 300, 2)));
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_restart_goes_on_where_it_stopped_and_sends_nothing_again() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 50, 3)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
    bench.append(&borrowed(&mixture(2, 50, 4)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_lost_state_is_rebuilt_quietly() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 80, 5)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
    std::fs::remove_dir_all(bench.state_dir("a")).unwrap();
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn an_idle_partition_is_marked_caught_up_also_if_it_is_empty() {
    let bench = Bench::embedded(3);
    bench.append(&[(0, "k", "5")]);
    let handle = bench.start("a");
    for (partition, next) in [(0, 1), (1, 0), (2, 0)] {
        eventually("two marks that say caught up", || {
            bench.marks(partition).iter().filter(|mark| **mark == (next, 1_000)).count() >= 2
        });
    }
    let committed = bench.log.committed(&bench.group(), &[bench.input(1)], PATIENCE).unwrap();
    assert_eq!(committed, [Some(0)], "an empty partition's offset is committed with its mark");
    bench.append(&[(1, "k", "5")]);
    eventually("a mark after the record", || bench.marks(1).last() == Some(&(1, 1_000)));
    stop(handle);
}

#[test]
fn every_transaction_marks_the_partitions_it_contains() {
    let bench = Bench::embedded(1);
    bench.append(&borrowed(&mixture(1, 100, 6)));
    let mut settings = bench.settings("a");
    settings.mark_interval = Duration::from_secs(3_600);
    settings.commit_records_max = 10;
    let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    bench.wait_done(&[&handle]);
    stop(handle);
    let marks: Vec<i64> = bench.marks(0).into_iter().map(|(next, _)| next).collect();
    let after_each: Vec<i64> = (0..=10).map(|transaction| transaction * 10).collect();
    assert_eq!(marks, after_each, "the first mark is of the empty state");
}

#[test]
fn a_tick_reaches_the_fold_through_the_log() {
    let bench = Bench::embedded(1);
    bench.append(&[(0, "k", "arm 5000")]);
    let handle = bench.start("a");
    bench.wait_done(&[&handle]);
    eventually("marks while the timer is not due", || bench.marks(0).len() > 3);
    let end = || bench.log.watermarks(&bench.input(0), Isolation::ReadCommitted).unwrap().high;
    assert_eq!(end(), 1, "nothing is sent before the time has come");
    bench.clock_ms.store(6_000, Ordering::SeqCst);
    eventually("the timer fires", || !bench.committed(&bench.topics.out, 0).is_empty());
    let fired = bench.committed(&bench.topics.out, 0);
    assert_eq!(text(fired[0].value.as_deref().unwrap()), "1.0 timer|000000000005000|000000000");
    // Behind the marker of its own transaction, too, it stands at its end.
    bench.clock_ms.store(9_000, Ordering::SeqCst);
    eventually("a mark as of the new time", || bench.marks(0).last() == Some(&(2, 9_000)));
    assert_eq!(bench.committed(&bench.topics.input, 0).len(), 2, "one record of time, once");
    stop(handle);
}

#[test]
fn a_stopped_partition_does_not_hold_up_the_others() {
    let bench = Bench::embedded(2);
    bench.append(&[(0, "k", "1"), (0, "k", "stop"), (0, "k", "2"), (1, "k", "3")]);
    let handle = bench.start("a");
    let stopped = |status: &Status| {
        status.partition(&bench.input(0)).is_some_and(|partition| matches!(partition.phase, Phase::Stopped { .. }))
            && status.partition(&bench.input(1)).is_some_and(|partition| partition.next_offset == 1)
    };
    assert!(handle.wait(PATIENCE, stopped));
    assert!(handle.status().problems()[0].contains("stopped"));
    bench.append(&[(1, "k", "4"), (0, "k", "5")]);
    eventually("the other partition's output", || bench.committed(&bench.topics.out, 1).len() == 2);
    let out = bench.committed(&bench.topics.out, 0);
    assert_eq!(out.len(), 1, "what was folded before the stop is committed");
    assert_eq!(handle.status().partition(&bench.input(0)).unwrap().next_offset, 1);
    let lags = |status: &Status| status.partition(&bench.input(0)).is_some_and(|partition| partition.lag() == Some(3));
    assert!(handle.wait(PATIENCE, lags), "what waits behind the stop is counted: {:?}", handle.status());
    let refused = handle.read(&bench.input(0), |_| ()).unwrap_err();
    assert!(matches!(refused, ReadError::NotReady { .. }), "{refused}");
    stop(handle);
}

#[test]
fn a_partition_says_from_its_first_moment_how_far_it_has_to_go() {
    let bench = Bench::embedded(1);
    bench.append(&borrowed(&mixture(1, 2_000, 3)));
    let handle = bench.start("a");
    let done = handle.wait(PATIENCE, |status| {
        let live = status.partitions.iter().filter(|partition| partition.phase == Phase::Live);
        let seen: Vec<(i64, i64)> =
            live.map(|partition| (partition.next_offset, partition.lag().unwrap_or_default())).collect();
        assert!(seen.iter().all(|(next, lag)| next + lag >= 2_000), "offset and lag: {seen:?}");
        seen.iter().any(|(next, _)| *next >= 2_000)
    });
    assert!(done, "{:?}", handle.status());
    stop(handle);
}

#[test]
fn committed_state_can_be_read_from_other_threads() {
    let bench = Bench::embedded(1);
    bench.append(&[(0, "k", "5"), (0, "k", "6")]);
    let handle = bench.start("a");
    bench.wait_done(&[&handle]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (sum, at) = handle
                    .read(&bench.input(0), |state| (state.get(b"sum|k").unwrap(), state.position().unwrap()))
                    .unwrap();
                assert_eq!((sum.as_deref(), at.next_offset), (Some(b"11".as_slice()), 2));
            });
        }
    });
    let elsewhere = handle.read(&TopicPartition::new("other", 0), |_| ()).unwrap_err();
    assert!(matches!(elsewhere, ReadError::NotHere { .. }), "{elsewhere}");
    stop(handle);
}

#[test]
fn partitions_move_to_a_second_instance_and_back_without_loss_or_doubling() {
    let bench = Bench::embedded(4);
    bench.append(&borrowed(&mixture(4, 200, 7)));
    let first = bench.start("a");
    bench.check(&[&first]);
    let second = bench.start("b");
    let moved = |status: &Status| {
        status.partitions.len() == 2 && status.partitions.iter().all(|partition| partition.phase == Phase::Live)
    };
    bench.append(&borrowed(&mixture(4, 200, 8)));
    assert!(second.wait(PATIENCE, moved), "{:?}", second.status());
    assert!(first.wait(PATIENCE, moved), "{:?}", first.status());
    bench.append(&borrowed(&mixture(4, 200, 9)));
    bench.check(&[&first, &second]);
    let third = bench.start("c");
    assert!(third.wait(PATIENCE, |status| !status.partitions.is_empty()), "{:?}", third.status());
    bench.append(&borrowed(&mixture(4, 200, 10)));
    bench.check(&[&first, &second, &third]);
    stop(second);
    stop(third);
    stop(first);
}

#[test]
fn several_workers_of_one_instance_share_the_partitions() {
    let bench = Bench::embedded(4);
    bench.append(&borrowed(&mixture(4, 200, 11)));
    let mut settings = bench.settings("a");
    settings.slots = 3;
    let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    bench.check(&[&handle]);
    let slots: std::collections::BTreeSet<_> =
        handle.status().partitions.iter().map(|partition| partition.slot).collect();
    assert!(slots.len() > 1, "{slots:?}");
    handle.stop(Duration::from_secs(30)).unwrap();
    assert!(handle.status().partitions.is_empty());
}
