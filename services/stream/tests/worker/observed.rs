//! What a runtime tells about itself, and folds that meet a state they cannot read.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::{Record, TopicPartition};
use stream::observer::{Cause, Commit, Observer, Rebalance};
use stream::outbox::Outbox;
use stream::runtime::{Handle, Runtime};
use stream::state::StateError;
use stream::view::View;

use crate::bench::{Bench, borrowed, mixture, stop};
use crate::sums::Sums;

#[derive(Default)]
struct Counts {
    folded: AtomicU64,
    replayed: AtomicU64,
    rejected: AtomicU64,
    committed: AtomicU64,
    outputs: AtomicU64,
    assigned: AtomicUsize,
    gave_up: Mutex<Vec<Cause>>,
}

impl Observer for Counts {
    fn committed(&self, commit: &Commit) {
        self.committed.fetch_add(commit.records, Ordering::SeqCst);
        self.outputs.fetch_add(commit.outputs, Ordering::SeqCst);
        assert!(commit.commit <= commit.open || commit.records == 0);
    }

    fn gave_up(&self, cause: Cause) {
        self.gave_up.lock().unwrap().push(cause);
    }

    fn folded(&self, _of: &TopicPartition, records: u64) {
        self.folded.fetch_add(records, Ordering::SeqCst);
    }

    fn replayed(&self, _of: &TopicPartition, records: u64) {
        self.replayed.fetch_add(records, Ordering::SeqCst);
    }

    fn rejected(&self, _of: &TopicPartition, _code: &'static str) {
        self.rejected.fetch_add(1, Ordering::SeqCst);
    }

    fn rebalanced(&self, change: Rebalance, partitions: usize) {
        if change == Rebalance::Assigned {
            self.assigned.fetch_add(partitions, Ordering::SeqCst);
        }
    }
}

fn start(bench: &Bench) -> (Handle, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let mut parts = bench.parts(bench.log.clone());
    parts.observer = counts.clone();
    (Runtime::start(parts, bench.settings("a")).unwrap(), counts)
}

fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::SeqCst)
}

#[test]
fn records_are_counted_once_live_and_once_per_replay() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 90, 6)));
    let (handle, live) = start(&bench);
    bench.check(&[&handle]);
    let rejected: usize = bench.expected().iter().map(|partition| partition.rejects.len()).sum();
    stop(handle);
    assert!(rejected > 0);
    assert_eq!(get(&live.folded), 90);
    assert_eq!(get(&live.committed), 90);
    assert_eq!(get(&live.rejected), rejected as u64);
    assert_eq!(get(&live.replayed), 0);
    assert_eq!(live.assigned.load(Ordering::SeqCst), 2);
    let marks = (0..2).map(|partition| bench.marks(partition).len() as u64).sum::<u64>();
    assert_eq!(get(&live.outputs), 90 + marks, "every record of the mixture has one output");
    assert!(live.gave_up.lock().unwrap().is_empty());

    std::fs::remove_dir_all(bench.state_dir("a")).unwrap();
    let (handle, again) = start(&bench);
    bench.check(&[&handle]);
    stop(handle);
    assert_eq!((get(&again.replayed), get(&again.committed), get(&again.rejected)), (90, 0, 0));
}

/// Cannot read its state when it meets a record, so often.
struct Unreadable {
    sums: Sums,
    at: i64,
    left: Arc<AtomicUsize>,
}

impl Fold for Unreadable {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let fails = |left: usize| left.checked_sub(1);
        if record.offset == self.at && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err(StateError::Io { reason: "the test says so".to_owned() }.into());
        }
        self.sums.apply(view, record, out)
    }

    fn reject(&mut self, view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        self.sums.reject(view, record, reason, out);
    }

    fn mark(&mut self, view: &View<'_>, progress: &Progress, out: &mut Outbox) {
        self.sums.mark(view, progress, out);
    }

    fn tick(&mut self, view: &View<'_>, partition: i32, now_ms: i64, out: &mut Outbox) {
        self.sums.tick(view, partition, now_ms, out);
    }

    fn reset(&mut self) {
        self.sums.reset();
    }
}

#[test]
fn a_state_that_cannot_be_read_for_a_while_is_read_again() {
    let bench = Bench::embedded(2);
    bench.append(&borrowed(&mixture(2, 60, 12)));
    let left = Arc::new(AtomicUsize::new(3));
    let counts = Arc::new(Counts::default());
    let mut parts = bench.parts(bench.log.clone());
    let (topics, still) = (bench.topics.clone(), left.clone());
    parts.fold = Arc::new(move |_: &TopicPartition| {
        Box::new(Unreadable { sums: Sums::new(topics.clone()), at: 5, left: still.clone() })
    });
    parts.observer = counts.clone();
    let mut settings = bench.settings("a");
    settings.poll_records_max = 500;
    let handle = Runtime::start(parts, settings).unwrap();
    bench.check(&[&handle]);
    stop(handle);
    assert_eq!(left.load(Ordering::SeqCst), 0);
    assert_eq!(*counts.gave_up.lock().unwrap(), [Cause::State; 3]);
    bench.nothing_was_set_aside("a");
}
