//! Several members: who holds a partition when, and that nothing is lost or doubled on the way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stream::log::{
    GroupConsumer, GroupMetadata, Isolation, LogError, Outgoing, Polled, Topic, TopicPartition, TransactionalProducer,
};
use stream::unowned::Watch;

use crate::bench::{Bench, PATIENCE, assigned, idle, of, outgoing, records, until, values};

fn member(bench: &Bench, topic: &Topic, name: &str) -> Box<dyn GroupConsumer> {
    bench.log.group_consumer(&bench.name("g"), name, std::slice::from_ref(topic)).unwrap()
}

fn start_all(member: &mut Box<dyn GroupConsumer>, partitions: &[TopicPartition]) {
    let at: Vec<_> = partitions.iter().map(|of| (of.clone(), 0)).collect();
    member.start(&at).unwrap();
}

/// Polls both, as two threads would, until the first is asked for something.
fn revoked(first: &mut Box<dyn GroupConsumer>, second: &mut Box<dyn GroupConsumer>) -> Vec<TopicPartition> {
    let mut asked = Vec::new();
    until("partitions are asked back", || {
        let polled = second.poll(10, Duration::from_millis(20)).unwrap();
        assert!(matches!(polled, Polled::Idle), "the second got something too early: {polled:?}");
        match first.poll(10, Duration::from_millis(20)).unwrap() {
            Polled::Idle => false,
            Polled::Revoked(partitions) => {
                asked = partitions;
                true
            }
            other => panic!("{other:?}"),
        }
    });
    asked.sort();
    asked
}

/// Polls both until the second is given something.
fn handed_over(first: &mut Box<dyn GroupConsumer>, second: &mut Box<dyn GroupConsumer>) -> Vec<TopicPartition> {
    let mut got = Vec::new();
    until("partitions are handed over", || {
        let polled = first.poll(10, Duration::from_millis(20)).unwrap();
        assert!(matches!(polled, Polled::Idle), "{polled:?}");
        match second.poll(10, Duration::from_millis(20)).unwrap() {
            Polled::Idle => false,
            Polled::Assigned(partitions) => {
                got = partitions;
                true
            }
            other => panic!("{other:?}"),
        }
    });
    got.sort();
    got
}

pub(crate) fn a_second_member_takes_over_half_after_the_first_let_go(bench: &Bench) {
    let topic = bench.topic("t", 4);
    let mut first = member(bench, &topic, "a");
    let all = assigned(&mut first);
    assert_eq!(all.len(), 4);
    start_all(&mut first, &all);
    idle(&mut first);

    let mut second = member(bench, &topic, "b");
    let moving = revoked(&mut first, &mut second);
    assert_eq!(moving.len(), 2);
    for _ in 0..10 {
        let polled = second.poll(10, Duration::from_millis(20)).unwrap();
        assert!(matches!(polled, Polled::Idle), "not let go yet: {polled:?}");
    }
    let stays = all.iter().find(|of| !moving.contains(of)).unwrap();
    bench.produce(vec![outgoing(&topic, moving[0].partition, "goes")]);
    idle(&mut first);

    first.release(&moving).unwrap();
    assert_eq!(handed_over(&mut first, &mut second), moving);
    start_all(&mut second, &moving);
    assert_eq!(values(&records(&mut second, 1)), ["goes"]);
    bench.produce(vec![outgoing(&topic, stays.partition, "stays")]);
    assert_eq!(values(&records(&mut first, 1)), ["stays"]);
    idle(&mut first);
}

pub(crate) fn a_revocation_is_answered_after_the_commit(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let out = bench.topic("out", 2);
    let mut first = member(bench, &topic, "a");
    let all = assigned(&mut first);
    start_all(&mut first, &all);
    let mut second = member(bench, &topic, "b");
    let moving = revoked(&mut first, &mut second);

    // Asked back and not let go: still this member's, in the present generation.
    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    producer.send(&outgoing(&out, moving[0].partition, "last")).unwrap();
    producer.send_offsets(&[(moving[0].clone(), 7)], &first.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    first.release(&moving).unwrap();

    assert_eq!(handed_over(&mut first, &mut second), moving);
    assert_eq!(bench.log.committed(&bench.name("g"), &moving, PATIENCE).unwrap(), [Some(7)]);
    assert_eq!(values(&bench.committed(&out, 2)), ["last"]);
}

pub(crate) fn offsets_of_an_older_generation_are_refused(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let out = bench.topic("out", 1);
    let mut first = member(bench, &topic, "a");
    let all = assigned(&mut first);
    start_all(&mut first, &all);
    let old = first.metadata().unwrap();
    let mut second = member(bench, &topic, "b");
    let moving = revoked(&mut first, &mut second);
    first.release(&moving).unwrap();
    handed_over(&mut first, &mut second);

    let mut producer = bench.transactional("p");
    producer.begin().unwrap();
    producer.send(&outgoing(&out, 0, "stale")).unwrap();
    let refused = producer.send_offsets(&[(moving[0].clone(), 1)], &old);
    assert!(matches!(refused, Err(LogError::Abort { .. } | LogError::Fenced { .. })), "{refused:?}");
    let refused = producer.commit();
    assert!(matches!(refused, Err(LogError::Abort { .. })), "{refused:?}");
    producer.abort().unwrap();

    // The producer itself goes on with the proof of the present generation.
    producer.begin().unwrap();
    producer.send(&outgoing(&out, 0, "present")).unwrap();
    producer.send_offsets(&[(moving[0].clone(), 2)], &second.metadata().unwrap()).unwrap();
    producer.commit().unwrap();
    assert_eq!(values(&bench.committed(&out, 1)), ["present"]);
    assert_eq!(bench.log.committed(&bench.name("g"), &moving, PATIENCE).unwrap(), [Some(2)]);
}

/// Two members of a group with four partitions.
struct Two {
    topic: Topic,
    first: Box<dyn GroupConsumer>,
    second: Box<dyn GroupConsumer>,
    all: Vec<TopicPartition>,
    /// What the first was asked back for the second.
    moving: Vec<TopicPartition>,
}

impl Two {
    /// The second has just joined, and the first has not answered yet.
    fn before_the_answer(bench: &Bench) -> Self {
        let topic = bench.topic("t", 4);
        let mut first = member(bench, &topic, "a");
        let all = assigned(&mut first);
        start_all(&mut first, &all);
        let mut second = member(bench, &topic, "b");
        let moving = revoked(&mut first, &mut second);
        assert_eq!(moving.len(), 2);
        Self { topic, first, second, all, moving }
    }

    /// Each has half.
    fn sharing(bench: &Bench) -> Self {
        let mut two = Self::before_the_answer(bench);
        two.first.release(&two.moving).unwrap();
        assert_eq!(handed_over(&mut two.first, &mut two.second), two.moving);
        two
    }
}

pub(crate) fn a_restarted_static_member_keeps_its_partitions(bench: &Bench) {
    let Two { topic, mut first, second, moving, .. } = Two::sharing(bench);
    second.close().unwrap();
    idle(&mut first);
    let mut second = member(bench, &topic, "b");
    assert_eq!(handed_over(&mut first, &mut second), moving);
    idle(&mut first);
}

pub(crate) fn a_static_member_that_leaves_for_good_gives_its_partitions_away_at_once(bench: &Bench) {
    let Two { topic, mut first, mut second, moving, .. } = Two::sharing(bench);
    start_all(&mut second, &moving);
    second.leave().unwrap();
    assert_eq!(assigned(&mut first), moving);
    idle(&mut first);

    // The id may be used again, as that of a member that was never there.
    let mut second = member(bench, &topic, "b");
    let moving = revoked(&mut first, &mut second);
    assert_eq!(moving.len(), 2);
}

pub(crate) fn a_member_that_leaves_while_it_is_asked_for_partitions_gives_them_all(bench: &Bench) {
    let Two { first, mut second, all, .. } = Two::before_the_answer(bench);
    first.leave().unwrap();
    let mut got = Vec::new();
    until("the second has everything", || {
        if let Polled::Assigned(partitions) = second.poll(10, Duration::from_millis(20)).unwrap() {
            got.extend(partitions);
        }
        got.len() == all.len()
    });
    got.sort();
    assert_eq!(got, all);
}

/// What each member was given, as the group's coordinator tells it.
fn given(bench: &Bench) -> Vec<(String, Vec<TopicPartition>)> {
    let told = bench.log.group(&bench.name("g"), PATIENCE).unwrap();
    assert!(told.at_rest, "{told:?}");
    told.members.into_iter().map(|member| (member.member, member.partitions)).collect()
}

pub(crate) fn a_group_tells_who_has_what(bench: &Bench) {
    let nobody = bench.log.group(&bench.name("g"), PATIENCE);
    assert!(matches!(nobody, Err(LogError::Retry { .. })), "{nobody:?}");
    let Two { mut first, mut second, all, moving, .. } = Two::before_the_answer(bench);
    let stays: Vec<_> = all.iter().filter(|of| !moving.contains(of)).cloned().collect();
    let named =
        |a: &[TopicPartition], b: &[TopicPartition]| vec![("a".to_owned(), a.to_vec()), ("b".to_owned(), b.to_vec())];
    assert_eq!(given(bench), named(&stays, &[]), "what is to be given back first is nobody's");
    first.release(&moving).unwrap();
    handed_over(&mut first, &mut second);
    assert_eq!(given(bench), named(&stays, &moving));
    second.leave().unwrap();
    assert_eq!(assigned(&mut first), moving);
    assert_eq!(given(bench), [("a".to_owned(), all)]);
}

/// Between the two rounds of a rebalance a member dies and comes back: what it owed is nobody's, and stays so.
pub(crate) fn what_a_dead_member_owed_is_nobodys_until_somebody_leaves(bench: &Bench) {
    let Two { topic, first, mut second, all, moving } = Two::before_the_answer(bench);
    // A process that is killed says nothing more; a client that is dropped would.
    std::mem::forget(first);
    let mut first = member(bench, &topic, "a");
    let stays: Vec<_> = all.iter().filter(|of| !moving.contains(of)).cloned().collect();
    assert_eq!(handed_over(&mut second, &mut first), stays);
    for _ in 0..10 {
        idle_both(&mut first, &mut second);
    }
    given(bench);
    let mut watch = Watch::new(bench.name("g"), [topic.clone()]);
    assert_eq!(watch.look(bench.log.as_ref()).unwrap(), None, "it may be on its way");
    assert_eq!(watch.look(bench.log.as_ref()).unwrap().as_deref(), Some("b"), "the one that has least");

    second.leave().unwrap();
    assert_eq!(assigned(&mut first), moving);
    assert_eq!(given(bench), [("a".to_owned(), all)]);
    let looks = [(); 2].map(|()| watch.look(bench.log.as_ref()).unwrap());
    assert_eq!(looks, [None, None]);
}

fn idle_both(first: &mut Box<dyn GroupConsumer>, second: &mut Box<dyn GroupConsumer>) {
    for member in [first, second] {
        let polled = member.poll(10, Duration::from_millis(100)).unwrap();
        assert!(matches!(polled, Polled::Idle), "{polled:?}");
    }
}

/// Who comes back asking for one topic less is given it all the same.
pub(crate) fn topics_that_nobody_asks_for_any_more_are_given_until_somebody_leaves(bench: &Bench) {
    let topics = [bench.topic("t", 2), bench.topic("u", 2)];
    let join = |topics: &[Topic]| bench.log.group_consumer(&bench.name("g"), "a", topics).unwrap();
    let mut only = join(&topics);
    let before = assigned(&mut only);
    only.close().unwrap();
    let mut only = join(&topics[..1]);
    assert_eq!(assigned(&mut only), before);
    only.leave().unwrap();
    let all = assigned(&mut join(&topics[..1]));
    assert_eq!(all, [of(&topics[0], 0), of(&topics[0], 1)]);
}

/// Everybody comes back asking for one topic more.
pub(crate) fn topics_that_nobody_asked_for_before_are_nobodys_until_somebody_leaves(bench: &Bench) {
    let topics = [bench.topic("t", 2), bench.topic("u", 2)];
    let join = |topics: &[Topic]| bench.log.group_consumer(&bench.name("g"), "a", topics).unwrap();
    let mut only = join(&topics[..1]);
    let before = assigned(&mut only);
    only.close().unwrap();
    let mut only = join(&topics);
    assert_eq!(assigned(&mut only), before);
    idle(&mut only);
    given(bench);
    let mut watch = Watch::new(bench.name("g"), topics.clone());
    let looks = [(); 2].map(|()| watch.look(bench.log.as_ref()).unwrap());
    assert_eq!(looks, [None, Some("a".to_owned())]);

    only.leave().unwrap();
    assert_eq!(assigned(&mut join(&topics)).len(), 4);
}

/// Copies input to output, exactly once, the way the runtime does it.
struct Copier {
    member: Box<dyn GroupConsumer>,
    producer: Box<dyn TransactionalProducer>,
    group: String,
    to: Topic,
    copied: usize,
}

impl Copier {
    fn step(&mut self, bench: &Bench) {
        match self.member.poll(5, Duration::from_millis(5)).unwrap() {
            Polled::Idle => {}
            Polled::Assigned(partitions) => self.restart(bench, &partitions),
            Polled::Revoked(partitions) | Polled::Lost(partitions) => self.member.release(&partitions).unwrap(),
            Polled::Records(batch) => {
                let mut next: BTreeMap<TopicPartition, i64> = BTreeMap::new();
                for record in &batch {
                    next.insert(of(&record.topic, record.partition), record.offset + 1);
                }
                let next: Vec<_> = next.into_iter().collect();
                let outputs = batch.iter().map(|record| Outgoing {
                    topic: self.to.clone(),
                    partition: record.partition,
                    key: record.key.clone(),
                    value: record.value.clone(),
                    headers: Vec::new(),
                    timestamp_ms: None,
                });
                let proof = self.member.metadata().unwrap();
                match self.copy(outputs.collect(), &next, &proof) {
                    Ok(()) => self.copied += batch.len(),
                    Err(LogError::Abort { .. }) => {
                        self.producer.abort().unwrap();
                        let partitions: Vec<_> = next.into_iter().map(|(of, _)| of).collect();
                        self.restart(bench, &partitions);
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }

    fn copy(
        &mut self,
        out: Vec<Outgoing>,
        next: &[(TopicPartition, i64)],
        proof: &GroupMetadata,
    ) -> Result<(), LogError> {
        self.producer.begin()?;
        out.into_iter().try_for_each(|record| self.producer.send(&record))?;
        self.producer.send_offsets(next, proof)?;
        self.producer.commit()
    }

    fn restart(&mut self, bench: &Bench, partitions: &[TopicPartition]) {
        let committed = bench.log.committed(&self.group, partitions, PATIENCE).unwrap();
        let at: Vec<_> =
            partitions.iter().cloned().zip(committed.into_iter().map(|offset| offset.unwrap_or(0))).collect();
        self.member.start(&at).unwrap();
    }
}

pub(crate) fn nothing_is_lost_or_doubled_while_members_come(bench: &Bench) {
    const RECORDS: usize = 600;
    let from = bench.topic("from", 6);
    let to = bench.topic("to", 6);
    let halves = |half: usize| {
        (0..RECORDS / 2)
            .map(|number| outgoing(&from, (number % 6) as i32, format!("{:04}", half * RECORDS / 2 + number)))
            .collect::<Vec<_>>()
    };
    bench.produce(halves(0));
    let done = AtomicBool::new(false);
    let run = |name: &str, joined: &AtomicBool| {
        let mut copier = Copier {
            member: member(bench, &from, name),
            producer: bench.transactional(name),
            group: bench.name("g"),
            to: to.clone(),
            copied: 0,
        };
        while !done.load(Ordering::Relaxed) {
            copier.step(bench);
            joined.store(copier.copied > 0, Ordering::Relaxed);
        }
        copier.copied
    };
    let joined: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

    let copied: Vec<usize> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (name, joined) in ["a", "b", "c"].into_iter().zip(&joined) {
            let run = &run;
            threads.push(scope.spawn(move || run(name, joined)));
            if name == "a" {
                until("the first has begun", || {
                    std::thread::yield_now();
                    joined.load(Ordering::Relaxed)
                });
            }
        }
        // The rest comes while partitions move, a little at a time, until everyone had some of it.
        for some in halves(1).chunks(30) {
            bench.produce(some.to_vec());
        }
        let mut extra = 0;
        until("everyone had something and everything is copied", || {
            if !joined.iter().all(|joined| joined.load(Ordering::Relaxed)) {
                bench.produce((0..6).map(|p| outgoing(&from, p, format!("extra-{extra}-{p}"))).collect());
                extra += 1;
                return false;
            }
            let seen = |topic| bench.all(topic, 6, Isolation::ReadCommitted).len();
            seen(&to) >= seen(&from)
        });
        done.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    let sorted = |topic: &Topic| {
        let mut by_partition: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        for record in bench.committed(topic, 6) {
            by_partition.entry(record.partition).or_default().extend(values(&[record]));
        }
        by_partition
    };
    assert_eq!(sorted(&to), sorted(&from), "copied {copied:?}");
    assert!(copied.iter().all(|count| *count > 0), "{copied:?}");
}
