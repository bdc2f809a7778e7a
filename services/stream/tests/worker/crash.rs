//! Workers killed at every step, and started again: nothing is lost, nothing is doubled, and the state is the reference's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stream::log::Log;
use stream::probe::{Probe, Step, Verdict};
use stream::runtime::{Handle, Runtime};
use stream::status::WorkerState;

use crate::bench::{Bench, PATIENCE, borrowed, mixture, stop};

/// Kills the worker the n-th time it reaches a step.
pub(crate) struct KillAt {
    step: Step,
    left: AtomicUsize,
}

impl KillAt {
    pub(crate) fn new(step: Step, nth: usize) -> Arc<Self> {
        Arc::new(Self { step, left: AtomicUsize::new(nth) })
    }
}

impl Probe for KillAt {
    fn reached(&self, _slot: usize, step: Step) -> Verdict {
        let hit = step == self.step && self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        if hit { Verdict::Kill } else { Verdict::GoOn }
    }
}

pub(crate) fn start_killed(bench: &Bench, app: &str, probe: Arc<dyn Probe>) -> Handle {
    let mut parts = bench.parts(bench.log.clone());
    parts.probe = Some(probe);
    Runtime::start(parts, bench.settings(app)).unwrap()
}

pub(crate) fn wait_killed(handle: Handle) {
    let ended = |status: &stream::status::Status| status.workers.iter().all(|w| w.state == WorkerState::Ended);
    assert!(handle.wait(PATIENCE, ended), "the step was never reached: {:?}", handle.status());
}

/// Killed at one step, started again, on any log.
pub(crate) fn survives(bench: &Bench, step: Step, nth: usize) {
    bench.append(&borrowed(&mixture(bench.partitions, 60, 1 + nth as u64)));
    if step == Step::QuietWrite {
        // With its state lost, everything is folded quietly.
        let handle = bench.start("a");
        bench.check(&[&handle]);
        stop(handle);
        std::fs::remove_dir_all(bench.state_dir("a")).unwrap();
    }
    wait_killed(start_killed(bench, "a", KillAt::new(step, nth)));
    bench.append(&borrowed(&mixture(bench.partitions, 40, 99)));
    let handle = bench.start("a");
    bench.check(&[&handle]);
    offsets_equal_positions(bench, &handle);
    stop(handle);
    bench.nothing_was_set_aside("a");
}

/// After quiescence the group's offset is the state's position.
pub(crate) fn offsets_equal_positions(bench: &Bench, handle: &Handle) {
    for partition in 0..bench.partitions {
        let of = bench.input(partition);
        let committed = bench.log.committed(&bench.group(), std::slice::from_ref(&of), PATIENCE).unwrap()[0];
        let stands = handle.read(&of, |state| state.position().unwrap().next_offset).unwrap();
        assert_eq!(committed, Some(stands), "{of}");
    }
}

#[test]
fn a_worker_killed_at_any_step_loses_and_doubles_nothing() {
    for step in Step::ALL {
        for nth in [1, 2, 5] {
            survives(&Bench::embedded(2), step, nth);
        }
    }
}

#[test]
fn a_worker_killed_again_and_again_gets_to_the_end() {
    let bench = Bench::embedded(3);
    for (round, step) in Step::ALL.into_iter().cycle().skip(1).take(24).enumerate() {
        bench.append(&borrowed(&mixture(3, 30, round as u64)));
        let step = if step == Step::QuietWrite { Step::Write } else { step };
        wait_killed(start_killed(&bench, "a", KillAt::new(step, 1 + round % 3)));
    }
    let handle = bench.start("a");
    bench.check(&[&handle]);
    offsets_equal_positions(&bench, &handle);
    stop(handle);
    bench.nothing_was_set_aside("a");
}

#[test]
fn other_batch_sizes_and_crashes_leave_byte_equal_state() {
    let states: Vec<_> = [(1, 1), (3, 10), (500, 20_000)]
        .into_iter()
        .map(|(poll, commit)| {
            let bench = Bench::embedded(2);
            bench.append(&borrowed(&mixture(2, 150, 42)));
            if poll == 3 {
                wait_killed(start_killed(&bench, "a", KillAt::new(Step::WriteNext, 2)));
            }
            let mut settings = bench.settings("a");
            settings.poll_records_max = poll;
            settings.commit_records_max = commit;
            let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
            bench.check(&[&handle]);
            let rows: Vec<_> = (0..2).map(|partition| bench.rows(&handle, partition)).collect();
            stop(handle);
            rows
        })
        .collect();
    assert!(!states[0][0].is_empty());
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}

/// The log lives on when everything that used it is gone.
#[test]
fn what_a_killed_worker_left_open_is_never_seen() {
    let bench = Bench::embedded(1);
    bench.append(&borrowed(&mixture(1, 20, 5)));
    wait_killed(start_killed(&bench, "a", KillAt::new(Step::Commit, 1)));
    assert!(bench.committed(&bench.topics.out, 0).is_empty());
    let log: Arc<dyn Log> = bench.log.clone();
    let handle = bench.start_on(log, "a");
    bench.check(&[&handle]);
    stop(handle);
}
