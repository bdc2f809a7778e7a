//! Calls that fail, with every kind of error, before and after they took place: the worker goes on by itself and
//! nothing is lost or doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::bench::{Bench, borrowed, eventually, mixture, stop};
use crate::crash::offsets_equal_positions;
use crate::faulty::{Call, FaultyLog, Kind, Plan, When};

/// Fails the n-th call of a sort, once.
fn once(call: Call, nth: usize, when: When, kind: Kind) -> (Plan, Arc<AtomicBool>) {
    let happened = Arc::new(AtomicBool::new(false));
    let told = happened.clone();
    let mut seen = 0;
    let plan = move |made: Call| {
        if made != call {
            return None;
        }
        seen += 1;
        (seen == nth).then(|| {
            told.store(true, Ordering::SeqCst);
            (when, kind)
        })
    };
    (Box::new(plan), happened)
}

fn survives(call: Call, nth: usize, when: When, kind: Kind) {
    survives_on(&Bench::embedded(2), call, nth, when, kind);
}

pub(crate) fn survives_on(bench: &Bench, call: Call, nth: usize, when: When, kind: Kind) {
    bench.append(&borrowed(&mixture(2, 40, 3)));
    let (plan, happened) = once(call, nth, when, kind);
    let handle = bench.start_on(FaultyLog::new(bench.log.clone(), plan), "a");
    bench.wait_done(&[&handle]);
    eventually("the call that fails", || {
        bench.append(&[(0, "k", "1")]);
        happened.load(Ordering::SeqCst)
    });
    bench.append(&borrowed(&mixture(2, 20, 4)));
    bench.check(&[&handle]);
    offsets_equal_positions(bench, &handle);
    assert!(handle.wait(crate::bench::PATIENCE, stream::status::Status::is_ready), "{:?}", handle.status().problems());
    stop(handle);
    bench.nothing_was_set_aside("a");
}

fn survives_every_kind(call: Call, times: &[When]) {
    for kind in Kind::ALL {
        for &when in times {
            for nth in [1, 3] {
                survives(call, nth, when, kind);
            }
        }
    }
}

const BOTH: &[When] = &[When::Before, When::After];

#[test]
fn a_failing_begin_is_survived() {
    survives_every_kind(Call::Begin, BOTH);
}

#[test]
fn a_failing_send_is_survived() {
    // A send that was queued and is tried again would be doubled by the client, not by the worker: it does not happen.
    survives_every_kind(Call::Send, &[When::Before]);
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Retry) {
        survives(Call::Send, 2, When::After, kind);
    }
}

#[test]
fn a_failing_send_of_offsets_is_survived() {
    survives_every_kind(Call::SendOffsets, BOTH);
}

#[test]
fn a_commit_whose_outcome_is_unknown_is_survived() {
    survives_every_kind(Call::Commit, BOTH);
}

#[test]
fn a_failing_poll_is_survived() {
    survives_every_kind(Call::Poll, &[When::Before]);
}

#[test]
fn failing_lookups_are_survived() {
    for kind in Kind::ALL {
        for call in [Call::Join, Call::Init, Call::Start, Call::Committed, Call::Watermarks, Call::Describe] {
            for &when in BOTH {
                startup_survives(call, when, kind);
            }
        }
        survives(Call::Metadata, 2, When::Before, kind);
    }
}

/// Calls that are made when partitions are opened, and not again if all goes well.
fn startup_survives(call: Call, when: When, kind: Kind) {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 40, 3)));
    let (plan, happened) = once(call, 1, when, kind);
    let handle = bench.start_on(FaultyLog::new(bench.log.clone(), plan), "a");
    bench.check(&[&handle]);
    assert!(happened.load(Ordering::SeqCst), "{call:?} was not made");
    stop(handle);
}

#[test]
fn an_abort_that_fails_is_survived() {
    for kind in Kind::ALL {
        let bench = Bench::embedded(2);
        bench.append(&borrowed(&mixture(2, 40, 3)));
        let (mut first, _) = once(Call::Commit, 2, When::Before, Kind::Abort);
        let (mut second, happened) = once(Call::Abort, 1, When::Before, kind);
        let plan: Plan = Box::new(move |call| first(call).or_else(|| second(call)));
        let handle = bench.start_on(FaultyLog::new(bench.log.clone(), plan), "a");
        bench.append(&[(0, "k", "1")]);
        eventually("the abort", || {
            bench.append(&[(1, "k", "1")]);
            happened.load(Ordering::SeqCst)
        });
        bench.check(&[&handle]);
        stop(handle);
    }
}

#[test]
fn a_log_that_fails_for_a_while_is_waited_for() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 40, 3)));
    let broken = Arc::new(AtomicBool::new(true));
    let still = broken.clone();
    let plan: Plan = Box::new(move |call| {
        (call == Call::Commit && still.load(Ordering::SeqCst)).then_some((When::Before, Kind::Abort))
    });
    let handle = bench.start_on(FaultyLog::new(bench.log.clone(), plan), "a");
    let recovering = |status: &stream::status::Status| status.problems().iter().any(|p| p.contains("recovering"));
    assert!(handle.wait(crate::bench::PATIENCE, recovering));
    assert!(bench.committed(&bench.topics.out, 0).is_empty());
    broken.store(false, Ordering::SeqCst);
    bench.check(&[&handle]);
    stop(handle);
}
