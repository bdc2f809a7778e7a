//! Partitions without state: from the newest sound checkpoint and the tail of the log, and beside the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stream::checkpoint::Place;
use stream::runtime::Runtime;
use stream::status::{Phase, Status};
use stream::store::folder;

use crate::bench::{Bench, PATIENCE, ROW_VERSION, eventually, stop};
use crate::copies::{Copies, paths};
use crate::faulty_store::{Does, FaultyStore, Operation};
use crate::recovery::set_offset;

#[test]
fn a_restored_state_and_the_tail_are_the_fold_of_the_whole_log() {
    let copies = Copies::new(2);
    copies.round("a", 120, 1);
    let ends: Vec<i64> = (0..2).map(|partition| copies.found(partition)[0].name.next_offset()).collect();
    // Committed, but after the checkpoint: folded again, quietly.
    copies.append(30, 2);
    let handle = copies.bench.start("a");
    copies.bench.check(&[&handle]);
    stop(handle);
    copies.lose_state("a");
    copies.append(30, 3);
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    for (partition, end) in (0..2).zip(ends) {
        assert_eq!(seen.restorations(partition), [end.to_string()]);
    }
    assert_eq!(seen.replayed(), 30);
    let restored: Vec<_> = (0..2).map(|partition| copies.bench.rows(&handle, partition)).collect();
    stop(handle);
    copies.lose_state("a");
    let fresh = copies.bench.start("a");
    copies.bench.check(&[&fresh]);
    let folded: Vec<_> = (0..2).map(|partition| copies.bench.rows(&fresh, partition)).collect();
    assert_eq!(restored, folded);
    stop(fresh);
}

#[test]
fn a_restored_state_is_checkpointed_and_restored_again() {
    let copies = Copies::new(1);
    copies.round("a", 50, 0);
    for seed in 1..6 {
        let before = copies.found(0)[0].name.next_offset().to_string();
        copies.lose_state("a");
        let seen = copies.round("a", 20, seed);
        assert_eq!(seen.restorations(0), [before]);
    }
}

#[test]
fn state_and_checkpoints_of_another_version_of_the_rows_are_made_anew_and_each_version_restores_its_own() {
    let copies = Copies::new(2);
    copies.round("a", 60, 1);
    let upgraded = |row_version: u16| {
        let (mut parts, seen) = copies.parts(copies.place());
        parts.row_version = row_version;
        (Runtime::start(parts, copies.settings("a")).unwrap(), seen)
    };
    let (handle, seen) = upgraded(ROW_VERSION + 1);
    copies.bench.check(&[&handle]);
    assert_eq!(seen.replayed(), 60, "everything is folded again, quietly");
    for partition in 0..2 {
        assert_eq!(seen.restorations(partition), ["passed_over", "absent"]);
    }
    // It makes checkpoints of its own at positions that have one of the version before.
    eventually("a checkpoint of each version", || (0..2).all(|partition| copies.found(partition).len() == 2));
    stop(handle);
    copies.lose_state("a");
    for row_version in [ROW_VERSION + 1, ROW_VERSION] {
        let (handle, seen) = upgraded(row_version);
        copies.bench.check(&[&handle]);
        assert_eq!(seen.replayed(), 0, "version {row_version} has a checkpoint of the end");
        stop(handle);
    }
}

#[test]
fn a_state_far_behind_makes_room_for_a_newer_checkpoint() {
    let copies = Copies::new(1);
    copies.round("a", 40, 1);
    // Somebody else has the partition for long, and copies it.
    copies.bench.expire("a");
    copies.round("b", 200, 2);
    copies.bench.expire("b");
    let newest = copies.found(0)[0].name.next_offset();
    copies.append(10, 3);
    let (handle, seen) = copies.start_idle_with("a", |settings| settings.checkpoints.records_max = 100);
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), [newest.to_string()]);
    assert_eq!(seen.replayed(), 0, "its checkpoint is of the very end");
    copies.bench.nothing_was_set_aside("a");
    stop(handle);
    // One that is not so far behind folds what it missed: nothing is fetched.
    copies.bench.expire("a");
    copies.round("b", 60, 4);
    copies.bench.expire("b");
    let (handle, seen) = copies.start_idle_with("a", |settings| settings.checkpoints.records_max = 100);
    copies.bench.check(&[&handle]);
    assert_eq!((seen.restorations(0).len(), seen.replayed() > 0), (0, true));
    stop(handle);
}

#[test]
fn a_state_far_behind_is_used_when_the_store_has_nothing_newer() {
    let copies = Copies::new(1);
    copies.round("a", 40, 1);
    copies.append(200, 2);
    // It is folded by somebody who copies nothing.
    copies.bench.expire("a");
    let handle = copies.bench.start("b");
    copies.bench.check(&[&handle]);
    stop(handle);
    copies.bench.expire("b");
    let (handle, seen) = copies.start_idle_with("a", |settings| settings.checkpoints.records_max = 100);
    copies.bench.check(&[&handle]);
    assert_eq!((seen.restorations(0).len(), seen.replayed()), (0, 200));
    stop(handle);
}

#[test]
fn without_a_checkpoint_the_log_is_folded_from_its_start() {
    let copies = Copies::new(2);
    copies.append(80, 1);
    let handle = copies.bench.start("a");
    copies.bench.check(&[&handle]);
    stop(handle);
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!((seen.restorations(0), seen.restorations(1)), (vec!["absent".to_owned()], vec!["absent".to_owned()]));
    assert_eq!(seen.replayed(), 80);
    stop(handle);
}

#[test]
fn a_store_out_of_reach_does_not_keep_a_partition_from_its_log() {
    let copies = Copies::new(1);
    copies.round("a", 60, 1);
    copies.lose_state("a");
    let store = FaultyStore::new(copies.store.clone(), Box::new(|_| Does::Fail));
    let (handle, seen) = copies.start_at(Place::of(store), "a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), ["passed_over", "absent"]);
    stop(handle);
}

#[test]
fn a_store_that_fails_for_a_moment_is_asked_again() {
    let copies = Copies::new(1);
    copies.round("a", 60, 1);
    let end = copies.found(0)[0].name.next_offset().to_string();
    copies.lose_state("a");
    let mut gets = 0;
    let plan = move |operation: &Operation| {
        gets += usize::from(matches!(operation, Operation::Get(_)));
        if gets == 3 { Does::Fail } else { Does::Pass }
    };
    let store = FaultyStore::new(copies.store.clone(), Box::new(plan));
    let (handle, seen) = copies.start_at(Place::of(store), "a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), [end]);
    stop(handle);
}

fn phase(status: &Status, bench: &Bench, partition: i32) -> Option<Phase> {
    status.partition(&bench.input(partition)).map(|partition| partition.phase.clone())
}

/// A store that holds back the files of partition 0 until it is released.
fn holding(copies: &Copies) -> Arc<FaultyStore> {
    let plan = |operation: &Operation| match operation {
        Operation::Get(path) if path.contains("/00000/files/") => Does::Wait,
        Operation::Get(_) | Operation::Put(_) | Operation::List(_) | Operation::Delete(_) => Does::Pass,
    };
    FaultyStore::new(copies.store.clone(), Box::new(plan))
}

#[test]
fn other_partitions_go_on_while_one_is_restored() {
    let copies = Copies::new(2);
    copies.round("a", 80, 1);
    copies.lose_partition("a", 0);
    let store = holding(&copies);
    let (handle, seen) = copies.start_at(Place::of(store.clone()), "a");
    eventually("a restore that waits", || store.waiting() > 0);
    let beside = |status: &Status| {
        phase(status, &copies.bench, 0) == Some(Phase::Restoring)
            && phase(status, &copies.bench, 1) == Some(Phase::Live)
    };
    assert!(handle.wait(PATIENCE, beside), "{:?}", handle.status());
    let problems = handle.status().problems();
    assert!(
        problems.iter().any(|problem| problem.contains("is restoring its state from a checkpoint")),
        "{problems:?}"
    );
    let sent = |partition| copies.bench.committed(&copies.bench.topics.out, partition).len();
    let before = (sent(0), sent(1));
    copies.bench.append(&[(0, "k", "1"), (1, "k", "2"), (1, "k", "3")]);
    eventually("outputs of the other partition", || sent(1) == before.1 + 2);
    assert_eq!(sent(0), before.0);
    assert!(beside(&handle.status()));
    store.release();
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0).len(), 1);
    assert!(seen.restorations(1).is_empty(), "it had its state");
    stop(handle);
}

#[test]
fn a_failure_of_the_worker_does_not_begin_a_restore_anew() {
    let copies = Copies::new(2);
    copies.round("a", 80, 1);
    copies.lose_partition("a", 0);
    let store = holding(&copies);
    let (mut parts, seen) = copies.parts(Place::of(store.clone()));
    let fails = Arc::new(AtomicBool::new(false));
    let once = fails.clone();
    let plan: crate::faulty::Plan = Box::new(move |call| {
        let hit = call == crate::faulty::Call::Commit && once.swap(false, Ordering::SeqCst);
        hit.then_some((crate::faulty::When::Before, crate::faulty::Kind::Abort))
    });
    parts.log = crate::faulty::FaultyLog::new(copies.bench.log.clone(), plan);
    let handle = stream::runtime::Runtime::start(parts, copies.settings("a")).unwrap();
    eventually("a restore that waits", || store.waiting() > 0);
    fails.store(true, Ordering::SeqCst);
    copies.bench.append(&[(1, "k", "2"), (0, "k", "3")]);
    eventually("the failure", || !fails.load(Ordering::SeqCst));
    let sent = || copies.bench.committed(&copies.bench.topics.out, 1).len();
    eventually("the output after it", || sent() == copies.bench.expected()[1].out.len());
    store.release();
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0).len(), 1, "{:?}", seen.restorations(0));
    stop(handle);
}

#[test]
fn a_restore_is_dropped_with_its_partition_and_leaves_nothing() {
    let copies = Copies::new(1);
    copies.round("a", 80, 1);
    copies.lose_state("a");
    let store = holding(&copies);
    let (handle, seen) = copies.start_at(Place::of(store.clone()), "a");
    eventually("a restore that waits", || store.waiting() > 0);
    handle.stop(PATIENCE).unwrap();
    assert_eq!(seen.restorations(0), ["dropped"]);
    let scratch = copies.bench.state_dir("a").join(".scratch");
    eventually("an empty scratch folder", || paths(&scratch).is_empty());
    assert!(!folder(&copies.bench.state_dir("a"), &copies.bench.input(0)).exists());
    // Whoever gets the partition next restores it for itself.
    let (other, seen) = copies.start("b");
    copies.append(20, 2);
    copies.bench.check(&[&other]);
    assert_eq!(seen.restorations(0).len(), 1);
    stop(other);
}

#[test]
fn partitions_move_to_an_instance_that_restores_them_and_back() {
    let copies = Copies::new(4);
    copies.round("a", 200, 1);
    let (first, _) = copies.start("a");
    let (second, seen) = copies.start("b");
    let two = |status: &Status| {
        status.partitions.len() == 2 && status.partitions.iter().all(|partition| partition.phase == Phase::Live)
    };
    assert!(second.wait(PATIENCE, two), "{:?}", second.status());
    copies.append(200, 2);
    copies.bench.check(&[&first, &second]);
    let restored: usize = (0..4).map(|partition| seen.restorations(partition).len()).sum();
    assert_eq!(restored, 2, "each once, from a checkpoint");
    assert_eq!((0..4).filter(|partition| seen.restorations(*partition) == ["absent"]).count(), 0);
    stop(second);
    copies.append(50, 3);
    copies.bench.check(&[&first]);
    stop(first);
    copies.bench.nothing_was_set_aside("a");
    copies.bench.nothing_was_set_aside("b");
}

#[test]
fn state_that_was_set_aside_is_restored_as_well() {
    let copies = Copies::new(1);
    copies.round("a", 60, 1);
    let end = copies.found(0)[0].name.next_offset().to_string();
    let dir = folder(&copies.bench.state_dir("a"), &copies.bench.input(0));
    std::fs::remove_file(dir.join("CURRENT")).unwrap();
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), [end]);
    stop(handle);
}

#[test]
fn a_checkpoint_ahead_of_what_is_committed_is_not_used() {
    let copies = Copies::new(1);
    copies.round("a", 20, 1);
    copies.round("a", 20, 2);
    // Another group has committed less: for it, the newer checkpoint has outputs in it that were never sent.
    set_offset(&copies.bench, &copies.bench.input(0), 30);
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    copies.bench.wait_done(&[&handle]);
    assert_eq!(seen.restorations(0), ["20"]);
    assert_eq!(copies.bench.observed(&[&handle]).unwrap()[0].rows, copies.bench.expected()[0].rows);
    stop(handle);
}

#[test]
fn a_checkpoint_that_reaches_where_the_log_begins_makes_up_for_what_it_lost() {
    let copies = Copies::new(1);
    let bench = &copies.bench;
    let input = bench.topics.input.clone();
    bench.log.alter_topic(&input, &[("retention.ms".into(), "10".into()), ("segment.ms".into(), "1".into())]).unwrap();
    bench.append(&[(0, "k", "1"), (0, "k", "2")]);
    copies.run("a");
    bench.clock_ms.store(100_000, Ordering::SeqCst);
    bench.append(&[(0, "k", "3")]);
    bench.embedded_log().compact(&input);
    let low = bench.log.watermarks(&bench.input(0), stream::log::Isolation::ReadCommitted).unwrap().low;
    assert_eq!(low, 2, "the first two records are gone");
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    bench.wait_done(&[&handle]);
    assert_eq!(seen.restorations(0), ["2"]);
    assert_eq!(bench.observed(&[&handle]).unwrap()[0].rows["sum|k"], "6");
    stop(handle);
}

#[test]
fn a_log_that_was_made_anew_has_no_checkpoints() {
    let one = Copies::new(1);
    one.round("a", 60, 1);
    let other =
        Copies { bench: Bench::embedded_with_seed(1, 8), store: one.store.clone(), dir: one.dir.clone(), keep: 3 };
    other.append(80, 2);
    let handle = other.bench.start("a");
    other.bench.check(&[&handle]);
    stop(handle);
    other.lose_state("a");
    let (handle, seen) = other.start_idle("a");
    other.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), ["absent"]);
    stop(handle);
}
