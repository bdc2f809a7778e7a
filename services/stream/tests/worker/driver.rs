//! The fold without a log: state and outputs equal the reference, however the records are cut into batches.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use stream::driver::{DriverError, TestDriver};
use stream::log::{Outgoing, Record, Topic};

use crate::bench::{Expected, expected};
use crate::sums::{Sums, Topics, text};

fn record(offset: i64, key: &str, command: &str) -> Record {
    Record {
        topic: Topic::from("t.in"),
        partition: 0,
        offset,
        timestamp_ms: 1_000 + offset,
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: Some(Bytes::copy_from_slice(command.as_bytes())),
        headers: Vec::new(),
    }
}

fn fold() -> Box<Sums> {
    Box::new(Sums::new(Topics::new("t")))
}

fn observed(driver: &TestDriver, outputs: &[Outgoing]) -> Expected {
    let line = |output: &Outgoing| {
        let (key, value) = (output.key.as_deref().unwrap_or_default(), output.value.as_deref().unwrap_or_default());
        (output.topic.to_string(), text(key), text(value))
    };
    let mut observed = Expected::default();
    for (topic, key, value) in outputs.iter().map(line) {
        match topic.as_str() {
            "t.out" => observed.out.push(format!("{key}={value}")),
            _ => observed.rejects.push(format!("{key}={value}")),
        }
    }
    observed.rows = driver.state().unwrap().into_iter().map(|(k, v)| (text(&k), text(&v))).collect::<BTreeMap<_, _>>();
    observed
}

#[test]
fn a_record_that_fails_is_undone_alone_and_rejected_once() {
    let mut driver = TestDriver::in_memory(fold());
    let commands = ["5", "bad", "1", "panic", "huge", "-6", "2"];
    let records = commands.iter().enumerate().map(|(i, c)| record(i as i64, "a", c));
    let outputs = driver.apply(records).unwrap();
    let wanted = expected(commands.iter().enumerate().map(|(i, c)| (i as i64, "a", *c)));
    assert_eq!(observed(&driver, &outputs), wanted);
    assert_eq!(driver.rejected(), 3);
    assert_eq!(driver.position().next_offset, 7);
}

#[test]
fn a_fold_that_stops_keeps_nothing_of_the_record() {
    let mut driver = TestDriver::in_memory(fold());
    driver.apply([record(0, "a", "5")]).unwrap();
    let stopped = driver.apply([record(1, "a", "stop")]).unwrap_err();
    assert!(matches!(stopped, DriverError::Stopped { offset: 1, .. }), "{stopped}");
    assert_eq!(driver.position().next_offset, 1);
}

#[test]
fn a_timer_set_by_a_record_fires_by_a_record() {
    let mut driver = TestDriver::in_memory(fold());
    driver.apply([record(0, "a", "arm 500")]).unwrap();
    assert!(driver.tick(0, 499).unwrap().is_empty());
    let ticked = driver.tick(0, 500).unwrap();
    assert_eq!(text(ticked[0].value.as_deref().unwrap()), "time 500");
    let outputs = driver.apply([record(1, "clock", "time 500")]).unwrap();
    assert_eq!(text(outputs[0].value.as_deref().unwrap()), "1.0 timer|000000000000500|000000000");
    assert!(driver.state().unwrap().is_empty());
}

fn commands() -> impl Strategy<Value = Vec<(String, String)>> {
    let command = prop_oneof![
        8 => (-3i64..4).prop_map(|n| n.to_string()),
        1 => Just("bad".to_owned()),
        1 => Just("panic".to_owned()),
    ];
    prop::collection::vec(("[a-d]", command), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn batches_and_restarts_do_not_change_state_or_outputs(commands in commands(), sizes in prop::collection::vec(1usize..9, 1..8)) {
        let wanted = expected(commands.iter().enumerate().map(|(i, (k, c))| (i as i64, k.as_str(), c.as_str())));
        let records: Vec<_> = commands.iter().enumerate().map(|(i, (k, c))| record(i as i64, k, c)).collect();

        let mut whole = TestDriver::in_memory(fold());
        let outputs = whole.apply(records.clone()).unwrap();
        prop_assert_eq!(&observed(&whole, &outputs), &wanted);

        let dir = tempfile::tempdir().unwrap();
        let mut outputs = Vec::new();
        let (mut rest, mut sizes) = (records.as_slice(), sizes.iter().cycle());
        while !rest.is_empty() {
            let mut driver = TestDriver::on_disk(dir.path(), fold()).unwrap();
            prop_assert_eq!(driver.position().next_offset, rest[0].offset);
            for _ in 0..3 {
                let (batch, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                outputs.extend(driver.apply(batch.to_vec()).unwrap());
                rest = later;
            }
        }
        let cut = TestDriver::on_disk(dir.path(), fold()).unwrap();
        prop_assert_eq!(&observed(&cut, &outputs), &wanted);
        prop_assert_eq!(cut.state().unwrap(), whole.state().unwrap());
        prop_assert_eq!(cut.position(), whole.position());
    }
}
