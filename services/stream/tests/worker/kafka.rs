//! The same laws on Apache Kafka, as far as they depend on the log: crashes at every step, unknown outcomes, moves.
//!
//! Needs a broker, named by `STANDING_TEST_KAFKA=host:port`; `make test` starts one. Without it these tests fail.

use std::sync::atomic::Ordering;

use stream::probe::Step;
use stream::status::Phase;

use crate::bench::{Bench, PATIENCE, borrowed, eventually, mixture, stop};
use crate::copies::Copies;
use crate::crash::{self, offsets_equal_positions};
use crate::faults;
use crate::faulty::{Call, Kind, When};

#[test]
fn outputs_and_state_are_those_of_the_reference_on_kafka() {
    let bench = Bench::kafka(4);
    bench.append(&borrowed(&mixture(4, 2_000, 1)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    offsets_equal_positions(&bench, &handle);
    stop(handle);
    bench.append(&borrowed(&mixture(4, 300, 2)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_worker_killed_at_any_step_loses_and_doubles_nothing_on_kafka() {
    for step in Step::ALL {
        crash::survives(&Bench::kafka(2), step, 2);
    }
}

#[test]
fn calls_that_fail_are_survived_on_kafka() {
    for (call, when, kind) in [
        (Call::Commit, When::After, Kind::Retry),
        (Call::Commit, When::After, Kind::Abort),
        (Call::Commit, When::Before, Kind::Abort),
        (Call::SendOffsets, When::After, Kind::Retry),
        (Call::SendOffsets, When::Before, Kind::Fenced),
        (Call::Send, When::After, Kind::Abort),
        (Call::Poll, When::Before, Kind::Fatal),
    ] {
        faults::survives_on(&Bench::kafka(2), call, 2, when, kind);
    }
}

#[test]
fn partitions_move_to_a_second_instance_without_loss_or_doubling_on_kafka() {
    let bench = Bench::kafka(4);
    bench.append(&borrowed(&mixture(4, 200, 7)));
    let first = bench.start("a");
    bench.check(&[&first]);
    let second = bench.start("b");
    let moved = |status: &stream::status::Status| {
        status.partitions.len() == 2 && status.partitions.iter().all(|partition| partition.phase == Phase::Live)
    };
    for seed in 0..10 {
        bench.append(&borrowed(&mixture(4, 50, seed)));
    }
    assert!(second.wait(PATIENCE, moved), "{:?}", second.status());
    assert!(first.wait(PATIENCE, moved), "{:?}", first.status());
    bench.append(&borrowed(&mixture(4, 200, 9)));
    bench.check(&[&first, &second]);
    stop(second);
    stop(first);
}

#[test]
fn a_lost_state_is_restored_from_its_checkpoint_on_kafka() {
    let copies = Copies::of(Bench::kafka(2));
    copies.round("a", 300, 1);
    let ends: Vec<String> = (0..2).map(|of| copies.found(of)[0].name.next_offset().to_string()).collect();
    copies.lose_state("a");
    copies.append(100, 2);
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!([seen.restorations(0).concat(), seen.restorations(1).concat()], [ends[0].clone(), ends[1].clone()]);
    assert_eq!(seen.replayed(), 0, "the checkpoints were of all that was committed");
    offsets_equal_positions(&copies.bench, &handle);
    stop(handle);
}

#[test]
fn marks_and_ticks_work_behind_transaction_markers_on_kafka() {
    let bench = Bench::kafka(2);
    bench.append(&[(0, "k", "arm 500")]);
    let handle = bench.start("a");
    eventually("the timer fires", || !bench.committed(&bench.topics.out, 0).is_empty());
    bench.clock_ms.store(9_000, Ordering::SeqCst);
    eventually("caught up behind the marker of its own transaction", || bench.marks(0).last() == Some(&(2, 9_000)));
    eventually("an empty partition is caught up", || bench.marks(1).last() == Some(&(0, 9_000)));
    assert_eq!(bench.committed(&bench.topics.input, 0).len(), 2, "one record of time, once");
    stop(handle);
}
