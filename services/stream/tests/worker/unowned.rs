//! An instance that dies between the two rounds of a rebalance, and comes back to partitions that are nobody's.

use std::time::Duration;

use stream::log::{GroupConsumer, Polled};
use stream::runtime::Runtime;
use stream::status::Phase;

use crate::bench::{Bench, PATIENCE, borrowed, eventually, mixture, stop};

#[test]
fn what_a_dead_member_owed_is_taken_by_a_rebalance() {
    a_restart_between_the_rounds(&Bench::embedded(4));
}

#[test]
fn what_a_dead_member_owed_is_taken_by_a_rebalance_on_kafka() {
    a_restart_between_the_rounds(&Bench::kafka(4));
}

fn a_restart_between_the_rounds(bench: &Bench) {
    bench.append(&borrowed(&mixture(4, 100, 1)));
    let member = |slot: usize| {
        let id = format!("{}-{slot}", bench.name("a"));
        bench.log.group_consumer(&bench.group(), &id, std::slice::from_ref(&bench.topics.input)).unwrap()
    };
    let (mut first, mut second) = (member(0), None::<Box<dyn GroupConsumer>>);
    eventually("the first is asked to give partitions back", || {
        if let Some(second) = &mut second {
            assert!(matches!(second.poll(1, Duration::ZERO).unwrap(), Polled::Idle));
        }
        match first.poll(1, Duration::from_millis(20)).unwrap() {
            Polled::Assigned(partitions) => {
                assert_eq!(partitions.len(), 4);
                second = Some(member(1));
                false
            }
            Polled::Revoked(_) => true,
            Polled::Idle | Polled::Records(_) | Polled::Lost(_) => false,
        }
    });
    // A process that is killed says nothing more; clients that are dropped would.
    std::mem::forget((first, second));
    let owned = bench.log.group(&bench.group(), PATIENCE).unwrap().members;
    let owned: usize = owned.iter().map(|member| member.partitions.len()).sum();
    assert_eq!(owned, 2, "half of them are nobody's");

    let mut settings = bench.settings("a");
    settings.slots = 2;
    settings.unowned_look_interval = Duration::from_millis(500);
    let handle = Runtime::start(bench.parts(bench.log.clone()), settings).unwrap();
    let live = |status: &stream::status::Status| {
        status.partitions.len() == 4 && status.partitions.iter().all(|partition| partition.phase == Phase::Live)
    };
    assert!(handle.wait(PATIENCE, live), "{:?}", handle.status());
    bench.check(&[&handle]);
    stop(handle);
}
