//! One member of a group: starting, seeking, pausing, positions, and taking over its own id.

use std::time::Duration;

use stream::log::{GroupConsumer, Isolation, LogError, Polled, Topic};

use crate::bench::{Bench, PATIENCE, assigned, idle, of, outgoing, read, records, until, values};

fn member(bench: &Bench, topic: &Topic) -> Box<dyn GroupConsumer> {
    bench.log.group_consumer(&bench.name("g"), "m", std::slice::from_ref(topic)).unwrap()
}

fn fill(bench: &Bench, topic: &Topic, partition: i32, count: usize) {
    bench.produce((0..count).map(|number| outgoing(topic, partition, format!("{partition}/{number}"))).collect());
}

pub(crate) fn nothing_is_handed_out_before_start(bench: &Bench) {
    let topic = bench.topic("t", 2);
    fill(bench, &topic, 0, 4);
    fill(bench, &topic, 1, 2);
    let mut member = member(bench, &topic);
    assert_eq!(assigned(&mut member), [of(&topic, 0), of(&topic, 1)]);
    idle(&mut member);

    member.start(&[(of(&topic, 0), 2)]).unwrap();
    assert_eq!(values(&records(&mut member, 2)), ["0/2", "0/3"]);
    idle(&mut member);
    member.start(&[(of(&topic, 1), 0)]).unwrap();
    assert_eq!(values(&records(&mut member, 2)), ["1/0", "1/1"]);
}

pub(crate) fn start_moves_a_running_partition_back(bench: &Bench) {
    let topic = bench.topic("t", 1);
    fill(bench, &topic, 0, 50);
    let mut member = member(bench, &topic);
    assigned(&mut member);
    member.start(&[(of(&topic, 0), 0)]).unwrap();
    for back in [10, 0, 49, 25] {
        let first = member.poll(7, PATIENCE).unwrap();
        assert!(matches!(first, Polled::Records(_)));
        member.start(&[(of(&topic, 0), back)]).unwrap();
        assert_eq!(member.position(&of(&topic, 0)).unwrap(), back);
        let again = records(&mut member, 50 - back as usize);
        let expected: Vec<String> = (back..50).map(|number| format!("0/{number}")).collect();
        assert_eq!(values(&again), expected);
        member.start(&[(of(&topic, 0), 0)]).unwrap();
    }
}

pub(crate) fn start_moves_one_partition_and_leaves_the_others(bench: &Bench) {
    let topic = bench.topic("t", 2);
    fill(bench, &topic, 0, 10);
    fill(bench, &topic, 1, 10);
    let mut member = member(bench, &topic);
    assigned(&mut member);
    member.start(&[(of(&topic, 0), 0), (of(&topic, 1), 0)]).unwrap();
    records(&mut member, 20);
    member.start(&[(of(&topic, 1), 8)]).unwrap();
    assert_eq!(values(&records(&mut member, 2)), ["1/8", "1/9"]);
    idle(&mut member);
}

pub(crate) fn paused_partitions_are_silent_until_resumed(bench: &Bench) {
    let topic = bench.topic("t", 2);
    fill(bench, &topic, 0, 2);
    let mut member = member(bench, &topic);
    assigned(&mut member);
    member.start(&[(of(&topic, 0), 0), (of(&topic, 1), 0)]).unwrap();
    records(&mut member, 2);
    member.pause(&[of(&topic, 0)]).unwrap();
    bench.produce(vec![outgoing(&topic, 0, "waits"), outgoing(&topic, 1, "comes")]);
    assert_eq!(values(&records(&mut member, 1)), ["comes"]);
    idle(&mut member);

    // A start does not end the pause.
    member.start(&[(of(&topic, 0), 1)]).unwrap();
    idle(&mut member);
    member.resume(&[of(&topic, 0)]).unwrap();
    assert_eq!(values(&records(&mut member, 2)), ["0/1", "waits"]);
}

pub(crate) fn a_position_reaches_the_end_over_markers(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let mut producer = bench.transactional("p");
    let mut write = |value: &str| {
        producer.begin().unwrap();
        producer.send(&outgoing(&topic, 0, value)).unwrap();
        producer.commit().unwrap();
    };
    write("a");
    let mut member = member(bench, &topic);
    assigned(&mut member);
    // From behind the only record: nothing but a marker is left to pass.
    member.start(&[(of(&topic, 0), 1), (of(&topic, 1), 0)]).unwrap();
    let mut came = Vec::new();
    let mut settle = |member: &mut Box<dyn GroupConsumer>, end: i64| {
        until("the position is at the end", || {
            match member.poll(100, Duration::from_millis(10)).unwrap() {
                Polled::Records(records) => came.extend(values(&records)),
                Polled::Idle => {}
                other => panic!("{other:?}"),
            }
            let at = member.position(&of(&topic, 0)).unwrap();
            assert!(at <= member.end_offset(&of(&topic, 0)).unwrap());
            at == end && member.end_offset(&of(&topic, 0)).unwrap() == end
        });
    };
    settle(&mut member, 2);
    assert_eq!(member.position(&of(&topic, 1)).unwrap(), 0);
    assert_eq!(member.end_offset(&of(&topic, 1)).unwrap(), 0);
    write("b");
    settle(&mut member, 4);
    write("c");
    settle(&mut member, 6);

    // Back to the beginning: what was fetched before must not be taken for passed.
    member.start(&[(of(&topic, 0), 0)]).unwrap();
    settle(&mut member, 6);
    assert_eq!(came, ["b", "c", "a", "b", "c"]);
}

pub(crate) fn a_position_reaches_the_end_while_another_is_paused_and_resumed(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "a")).unwrap();
    producer.commit().unwrap();
    let mut member = member(bench, &topic);
    assigned(&mut member);
    // Nothing but a marker is left to pass.
    member.start(&[(of(&topic, 0), 1), (of(&topic, 1), 0)]).unwrap();
    let other = [of(&topic, 1)];
    // For three seconds: longer than Kafka's client takes to find that there is no more, which it says once.
    let mut turns = 0;
    until("the other was paused and resumed", || {
        member.pause(&other).unwrap();
        member.resume(&other).unwrap();
        assert!(matches!(member.poll(100, Duration::from_millis(5)).unwrap(), Polled::Idle));
        turns += 1;
        turns == 600
    });
    until("the position is at the end", || {
        assert!(matches!(member.poll(100, Duration::from_millis(10)).unwrap(), Polled::Idle));
        member.position(&of(&topic, 0)).unwrap() == 2
    });
}

pub(crate) fn the_end_does_not_count_open_transactions(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut producer = bench.transactional("p");
    fill(bench, &topic, 0, 3);
    let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);
    producer.begin().unwrap();
    producer.send(&outgoing(&topic, 0, "open")).unwrap();
    read(&mut uncommitted, 4);

    let mut member = member(bench, &topic);
    assigned(&mut member);
    member.start(&[(of(&topic, 0), 0)]).unwrap();
    records(&mut member, 3);
    idle(&mut member);
    assert_eq!(member.position(&of(&topic, 0)).unwrap(), 3);
    assert_eq!(member.end_offset(&of(&topic, 0)).unwrap(), 3);
    producer.commit().unwrap();
    assert_eq!(values(&records(&mut member, 1)), ["open"]);
}

pub(crate) fn offsets_sent_by_a_member_are_read_back(bench: &Bench) {
    let topic = bench.topic("t", 1);
    fill(bench, &topic, 0, 3);
    let mut member = member(bench, &topic);
    assigned(&mut member);
    member.start(&[(of(&topic, 0), 0)]).unwrap();
    let batch = records(&mut member, 3);
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    for record in &batch {
        producer.send(&outgoing(&topic, 0, format!("out of {}", record.offset))).unwrap();
    }
    producer.send_offsets(&[(of(&topic, 0), 3)], &member.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    let committed = bench.log.committed(&bench.name("g"), &[of(&topic, 0)], PATIENCE).unwrap();
    assert_eq!(committed, [Some(3)]);
    assert_eq!(values(&records(&mut member, 3)), ["out of 0", "out of 1", "out of 2"]);
}

pub(crate) fn a_stranger_cannot_use_partitions_that_are_not_its_own(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut member = member(bench, &topic);
    assigned(&mut member);
    let foreign = of(&topic, 9);
    assert!(matches!(member.start(&[(foreign.clone(), 0)]), Err(LogError::Refused { .. })));
    assert!(matches!(member.pause(std::slice::from_ref(&foreign)), Err(LogError::Refused { .. })));
    assert!(matches!(member.resume(std::slice::from_ref(&foreign)), Err(LogError::Refused { .. })));
    assert!(matches!(member.release(std::slice::from_ref(&foreign)), Err(LogError::Refused { .. })));
    assert!(matches!(member.position(&of(&topic, 0)), Err(LogError::Refused { .. })));
}

pub(crate) fn a_new_client_takes_over_its_member_id_and_fences_the_old_one(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let mut old = member(bench, &topic);
    assert_eq!(assigned(&mut old).len(), 2);
    old.start(&[(of(&topic, 0), 0), (of(&topic, 1), 0)]).unwrap();
    let proof = old.metadata().unwrap();

    let mut new = member(bench, &topic);
    assert_eq!(assigned(&mut new).len(), 2);

    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    let refused = producer.send_offsets(&[(of(&topic, 0), 1)], &proof);
    assert!(matches!(refused, Err(LogError::Fenced { .. })), "{refused:?}");

    let mut outcome = Ok(Polled::Idle);
    until("the old client is fenced", || {
        outcome = old.poll(10, Duration::from_millis(100));
        outcome.is_err()
    });
    assert!(matches!(outcome, Err(LogError::Fenced { .. })), "{outcome:?}");
    assert_eq!(bench.log.committed(&bench.name("g"), &[of(&topic, 0)], PATIENCE).unwrap(), [None]);
}
