//! States that take their time to open, and partitions that do not wait for those of others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream::log::TopicPartition;
use stream::observer::Observer;
use stream::runtime::{Handle, Runtime};
use stream::status::Phase;

use crate::bench::{Bench, borrowed, mixture, stop};

const PARTITIONS: i32 = 4;

/// Which partitions came to be live, and which had records committed, in that order.
#[derive(Default)]
struct Course(Mutex<Vec<(&'static str, i32)>>);

impl Observer for Course {
    fn phase(&self, of: &TopicPartition, phase: &Phase) {
        if *phase == Phase::Live {
            self.0.lock().unwrap().push(("live", of.partition));
        }
    }

    /// A record that takes longer than the time between two stretches.
    fn rejected(&self, _of: &TopicPartition, _code: &'static str) {
        std::thread::sleep(Duration::from_millis(15));
    }

    fn folded(&self, of: &TopicPartition, records: u64) {
        if records > 0 {
            self.0.lock().unwrap().push(("committed", of.partition));
        }
    }
}

fn start(bench: &Bench, opening_stretch: Duration) -> (Handle, Arc<Course>) {
    let course = Arc::new(Course::default());
    let mut parts = bench.parts(bench.log.clone());
    parts.observer = course.clone();
    let mut settings = bench.settings("a");
    settings.opening_stretch = opening_stretch;
    (Runtime::start(parts, settings).unwrap(), course)
}

/// What a worker does with records in all its partitions when it is started on states that it has, the first the largest.
fn restarted(opening_stretch: Duration) -> Vec<(&'static str, i32)> {
    let bench = Bench::embedded(PARTITIONS);
    bench.append(&borrowed(&mixture(PARTITIONS, 40, 3)));
    for partition in 0..PARTITIONS {
        for n in 0..30 * (PARTITIONS - partition) {
            bench.append(&[(partition, &format!("large{n}"), "1")]);
        }
    }
    let (handle, _) = start(&bench, opening_stretch);
    bench.check(&[&handle]);
    stop(handle);
    for partition in 0..PARTITIONS {
        bench.append(&[(partition, "k1", "1"), (partition, "k2", "bad")]);
    }
    let (handle, course) = start(&bench, opening_stretch);
    bench.check(&[&handle]);
    stop(handle);
    course.0.lock().unwrap().clone()
}

fn live(course: &[(&str, i32)]) -> Vec<usize> {
    (0..course.len()).filter(|at| course[*at].0 == "live").collect()
}

#[test]
fn a_partition_that_is_open_is_folded_and_committed_before_the_next_is_opened() {
    let course = restarted(Duration::ZERO);
    let live = live(&course);
    assert_eq!(live.len(), 4, "{course:?}");
    for (opened, next) in live.iter().zip(&live[1..]) {
        let of = course[*opened].1;
        assert!(course[*opened..*next].contains(&("committed", of)), "{of} waited for another: {course:?}");
    }
}

#[test]
fn states_that_open_quickly_are_opened_in_one_go_and_the_shortest_log_first() {
    let course = restarted(Duration::from_secs(60));
    assert_eq!(live(&course), [0, 1, 2, 3], "{course:?}");
    let opened: Vec<i32> = course[..4].iter().map(|(_, partition)| *partition).collect();
    assert_eq!(opened, [3, 2, 1, 0], "{course:?}");
}
