//! Marks are passed on to every domain, in order, and not too often.

use schemas::topics::keys;

use crate::bench::{Bench, PATIENCE, domain};

fn marks(bench: &Bench, name: &str, partition: i32) -> Vec<i64> {
    let mut marks = Vec::new();
    for record in bench.read(name) {
        if record.partition == partition && record.key.as_deref() == Some(keys::MARK.as_bytes()) {
            let entry = bench.codec.decode_flag(keys::MARK.as_bytes(), record.value.as_deref(), None).unwrap();
            let schemas::FlagEntry::Mark(mark) = entry else { panic!("a mark") };
            marks.push(mark.current_as_of.ms());
        }
    }
    marks
}

#[tokio::test]
async fn every_domain_gets_the_marks_of_every_partition_at_most_one_a_second() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    for partition in 0..2 {
        for ms in (0..5_000).step_by(50) {
            bench.mark(partition, 1_000_000 + ms);
        }
    }
    bench.wait_until_routed(&flags);
    let every_second: Vec<i64> = (0..5).map(|second| 1_000_000 + second * 1_000).collect();
    for domain in bench.catalogue.domains.keys() {
        for partition in 0..2 {
            assert_eq!(marks(&bench, domain.as_str(), partition), every_second, "{domain}/{partition}");
        }
    }
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_mark_goes_on_as_it_came_also_when_the_clock_was_set_back() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    bench.mark(0, 5_000_000);
    bench.mark(0, 1_000_000);
    bench.mark(0, 1_000_500);
    bench.wait_until_routed(&flags);
    assert_eq!(marks(&bench, "subsidy", 0), [5_000_000, 1_000_000]);
    let came = bench.read_topic(bench.topics.flags());
    let went = bench.read("subsidy");
    assert_eq!(came[1].value, went[1].value);
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_domain_without_a_topic_holds_no_mark_of_the_others_up() {
    let bench = Bench::new(&["honours"]);
    let flags = bench.start();
    crate::bench::eventually("the topics are known", || {
        bench.readiness.reasons().iter().any(|(_, r)| r.contains("flags.honours"))
    })
    .await;
    bench.mark(0, 1_000_000);
    bench.wait_until_routed(&flags);
    assert_eq!(marks(&bench, "subsidy", 0), [1_000_000]);
    bench.create_domain("honours");
    tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.unwrap();
    bench.mark(0, 1_001_000);
    bench.wait_until_routed(&flags);
    assert_eq!(marks(&bench, domain("honours").as_str(), 0), [1_001_000]);
    flags.stop(PATIENCE);
}
