//! Isolation, aborts, the last stable offset, fencing by epoch, offsets in transactions.

use std::time::{Duration, Instant};

use stream::log::{Isolation, LogError};

use crate::bench::{Bench, PATIENCE, assigned, of, outgoing, read, reads_nothing, until, values};

pub(crate) fn a_transaction_is_seen_only_once_it_committed(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.transactional("p");
    let mut committed = bench.reader(&topic, 1, Isolation::ReadCommitted);
    let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);

    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "a")).unwrap();
    producer.send(&outgoing(&topic, 0, "b")).unwrap();
    assert_eq!(values(&read(&mut uncommitted, 2)), ["a", "b"]);
    reads_nothing(&mut committed);

    producer.commit().unwrap();
    let seen = read(&mut committed, 2);
    assert_eq!(values(&seen), ["a", "b"]);
    assert_eq!(seen.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 1]);
}

pub(crate) fn aborted_records_are_never_seen_and_take_offsets(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.transactional("p");
    let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "dropped")).unwrap();
    read(&mut uncommitted, 1);
    producer.abort().unwrap();
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "kept")).unwrap();
    producer.commit().unwrap();

    let seen = bench.committed(&topic, 1);
    assert_eq!(values(&seen), ["kept"]);
    // The aborted record has offset 0, its marker 1; the committed one 2, its marker 3.
    assert_eq!(seen[0].offset, 2);
    assert_eq!(bench.end(&topic, 0, Isolation::ReadCommitted), 4);
    assert_eq!(values(&bench.all(&topic, 1, Isolation::ReadUncommitted)), ["dropped", "kept"]);
}

pub(crate) fn a_committed_reader_stops_at_the_last_stable_offset(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut slow = bench.transactional("slow");
    let mut quick = bench.transactional("quick");
    let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);
    bench.produce(vec![outgoing(&topic, 0, "before")]);
    slow.begin().unwrap();
    slow.send(&outgoing(&topic, 0, "slow")).unwrap();
    read(&mut uncommitted, 2);
    bench.produce(vec![outgoing(&topic, 0, "plain")]);
    quick.begin().unwrap();
    quick.send(&outgoing(&topic, 0, "quick")).unwrap();
    quick.commit().unwrap();

    until("the quick one's marker is written", || bench.end(&topic, 0, Isolation::ReadUncommitted) == 5);
    assert_eq!(bench.end(&topic, 0, Isolation::ReadCommitted), 1);
    assert_eq!(values(&bench.all(&topic, 1, Isolation::ReadCommitted)), ["before"]);

    slow.commit().unwrap();
    assert_eq!(values(&bench.committed(&topic, 1)), ["before", "slow", "plain", "quick"]);
    assert_eq!(bench.end(&topic, 0, Isolation::ReadCommitted), 6);
}

pub(crate) fn a_transaction_over_partitions_is_seen_whole(bench: &Bench) {
    let left = bench.topic("left", 2);
    let right = bench.topic("right", 1);
    let mut producer = bench.transactional("p");
    for commit in [false, true] {
        producer.begin().unwrap();
        producer.send(&outgoing(&left, 0, format!("{commit}"))).unwrap();
        producer.send(&outgoing(&left, 1, format!("{commit}"))).unwrap();
        producer.send(&outgoing(&right, 0, format!("{commit}"))).unwrap();
        if commit {
            producer.commit().unwrap();
        } else {
            producer.abort().unwrap();
        }
    }
    assert_eq!(values(&bench.committed(&left, 2)), ["true", "true"]);
    assert_eq!(values(&bench.committed(&right, 1)), ["true"]);
}

pub(crate) fn a_newer_producer_fences_the_older_and_aborts_what_it_left_open(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut old = bench.transactional("p");
    let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);
    old.begin().unwrap();
    old.send(&outgoing(&topic, 0, "old")).unwrap();
    read(&mut uncommitted, 1);

    let mut new = bench.transactional("p");
    new.begin().unwrap();
    new.send(&outgoing(&topic, 0, "new")).unwrap();
    new.commit().unwrap();

    let refused = old.commit();
    assert!(matches!(refused, Err(LogError::Fenced { .. })), "{refused:?}");
    assert_eq!(values(&bench.committed(&topic, 1)), ["new"]);
}

pub(crate) fn calls_out_of_order_are_refused(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.log.transactional(&bench.name("p")).unwrap();
    assert!(matches!(producer.begin(), Err(LogError::Refused { .. })));
    producer.init(PATIENCE).unwrap();
    assert!(matches!(producer.send(&outgoing(&topic, 0, "a")), Err(LogError::Refused { .. })));
    assert!(matches!(producer.commit(), Err(LogError::Refused { .. })));
    assert!(matches!(producer.abort(), Err(LogError::Refused { .. })));
    producer.begin().unwrap();
    assert!(matches!(producer.begin(), Err(LogError::Refused { .. })));
    producer.send(&outgoing(&topic, 0, "a")).unwrap();
    producer.commit().unwrap();
    assert_eq!(values(&bench.committed(&topic, 1)), ["a"]);
}

pub(crate) fn offsets_commit_with_the_transaction_or_not_at_all(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let group = bench.name("g");
    let mut member = bench.log.group_consumer(&group, "m", std::slice::from_ref(&topic)).unwrap();
    assigned(&mut member);
    let partitions = [of(&topic, 0), of(&topic, 1)];
    let committed = || bench.log.committed(&group, &partitions, PATIENCE).unwrap();
    assert_eq!(committed(), [None, None]);

    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    producer.send_offsets(&[(of(&topic, 0), 5)], &member.metadata().unwrap()).unwrap();
    producer.abort().unwrap();
    assert_eq!(committed(), [None, None]);

    producer.begin().unwrap();
    producer.send_offsets(&[(of(&topic, 0), 5), (of(&topic, 1), 0)], &member.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    assert_eq!(committed(), [Some(5), Some(0)]);

    producer.begin().unwrap();
    producer.send_offsets(&[(of(&topic, 0), 6)], &member.metadata().unwrap()).unwrap();
    producer.send_offsets(&[(of(&topic, 0), 7)], &member.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    assert_eq!(committed(), [Some(7), Some(0)]);
}

pub(crate) fn an_empty_list_of_offsets_is_refused_and_commits_nothing(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let group = bench.name("g");
    let mut member = bench.log.group_consumer(&group, "m", std::slice::from_ref(&topic)).unwrap();
    assigned(&mut member);
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    let refused = producer.send_offsets(&[], &member.metadata().unwrap());
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    producer.send_offsets(&[(of(&topic, 0), 1)], &member.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    assert_eq!(bench.log.committed(&group, &[of(&topic, 0)], PATIENCE).unwrap(), [Some(1)]);
}

pub(crate) fn committed_offsets_wait_for_open_transactions(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let group = bench.name("g");
    let mut member = bench.log.group_consumer(&group, "m", std::slice::from_ref(&topic)).unwrap();
    assigned(&mut member);
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    producer.send_offsets(&[(of(&topic, 0), 3)], &member.metadata().unwrap()).unwrap();

    let waited = bench.log.committed(&group, &[of(&topic, 0)], Duration::from_millis(500));
    assert!(matches!(waited, Err(LogError::Retry { .. })), "{waited:?}");

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.log.committed(&group, &[of(&topic, 0)], PATIENCE).unwrap());
        producer.commit().unwrap();
        assert_eq!(waiting.join().unwrap(), [Some(3)]);
    });
}

pub(crate) fn aborting_with_many_records_in_flight_is_quick(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    for number in 0..1_000 {
        producer.send(&outgoing(&topic, 0, format!("{number}"))).unwrap();
    }
    let started = Instant::now();
    producer.abort().unwrap();
    // The trap it guards against hangs for the whole time of the transaction, 10 s.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "after")).unwrap();
    producer.commit().unwrap();
    assert_eq!(values(&bench.committed(&topic, 1)), ["after"]);
}

pub(crate) fn committing_a_batch_is_quick(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.transactional("p");
    let mut times = Vec::new();
    for _ in 0..21 {
        producer.begin().unwrap();
        for number in 0..100 {
            producer.send(&outgoing(&topic, 0, format!("{number}"))).unwrap();
        }
        let started = Instant::now();
        producer.commit().unwrap();
        times.push(started.elapsed());
    }
    times.sort();
    // The trap it guards against costs every commit 100 ms or more; half of them must be free of it.
    assert!(times[10] < Duration::from_millis(100), "median {:?}", times[10]);
}
