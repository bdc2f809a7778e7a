//! Records there and back: bytes, times, order, limits, positions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::executor::block_on;
use stream::log::{Delivery, Isolation, LogError, Outgoing, Start};

use crate::bench::{Bench, now_ms, of, outgoing, read, reads_nothing, until, values};

pub(crate) fn keys_values_headers_and_tombstones_come_back_as_sent(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let header = |name: &str, value: &'static [u8]| (Arc::from(name), Bytes::from_static(value));
    let sent = [
        (
            Some("key"),
            Some("value"),
            vec![header("origin", b"0:17:3"), header("origin", b""), header("版本", &[0, 255])],
        ),
        (Some("tombstone"), None, vec![]),
        (None, Some("no key"), vec![]),
        (Some(""), Some(""), vec![]),
        (None, None, vec![]),
    ];
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let records = sent.iter().map(|(key, value, headers)| Outgoing {
        topic: topic.clone(),
        partition: 0,
        key: key.map(bytes),
        value: value.map(bytes),
        headers: headers.clone(),
        timestamp_ms: None,
    });
    bench.produce(records.collect());

    let came = bench.committed(&topic, 1);
    assert_eq!(came.len(), sent.len());
    for (record, (key, value, headers)) in came.iter().zip(&sent) {
        assert_eq!(record.key, key.map(bytes));
        assert_eq!(record.value, value.map(bytes));
        assert_eq!(&record.headers, headers);
        assert_eq!((&record.topic, record.partition), (&topic, 0));
    }
}

pub(crate) fn append_time_ignores_the_producers_clock(bench: &Bench) {
    let topic = bench.topic_with("t", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let before = now_ms();
    bench.produce(vec![Outgoing { timestamp_ms: Some(1_000), ..outgoing(&topic, 0, "a") }]);
    let time = bench.committed(&topic, 1)[0].timestamp_ms;
    assert!((before..=now_ms()).contains(&time), "{time}");
}

pub(crate) fn create_time_is_kept(bench: &Bench) {
    let topic = bench.topic_with("t", 1, &[("message.timestamp.type", "CreateTime"), ("retention.ms", "-1")]);
    let before = now_ms();
    bench.produce(vec![
        Outgoing { timestamp_ms: Some(before - 5_000), ..outgoing(&topic, 0, "given") },
        outgoing(&topic, 0, "stamped"),
    ]);
    let records = bench.committed(&topic, 1);
    assert_eq!(records[0].timestamp_ms, before - 5_000);
    assert!((before..=now_ms()).contains(&records[1].timestamp_ms));
}

pub(crate) fn order_is_kept_in_each_partition(bench: &Bench) {
    let topic = bench.topic("t", 3);
    let mut producer = bench.transactional("p");
    let mut expected = vec![Vec::new(); 3];
    for batch in 0..10 {
        producer.begin().unwrap();
        for number in 0..100 {
            let partition = (number * 7 + batch) % 3;
            let value = format!("{batch}-{number}");
            expected[partition as usize].push(value.clone());
            producer.send(&outgoing(&topic, partition, value)).unwrap();
        }
        producer.commit().unwrap();
    }
    let records = bench.committed(&topic, 3);
    for (partition, expected) in expected.iter().enumerate() {
        let of: Vec<_> = records.iter().filter(|record| record.partition == partition as i32).cloned().collect();
        assert_eq!(&values(&of), expected);
        assert!(of.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    }
}

pub(crate) fn delivery_reports_tell_where_a_record_went(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let reports = bench.produce(vec![outgoing(&topic, 1, "a"), outgoing(&topic, 0, "b"), outgoing(&topic, 1, "c")]);
    let at = |partition, offset| Delivery { partition, offset };
    assert_eq!(reports, [at(1, 0), at(0, 0), at(1, 1)]);

    let producer = bench.log.producer().unwrap();
    let reports: Vec<_> =
        (0..500).map(|number| producer.send(outgoing(&topic, 0, format!("{number}"))).unwrap()).collect();
    producer.flush(crate::bench::PATIENCE).unwrap();
    for (number, report) in reports.into_iter().enumerate() {
        assert_eq!(block_on(report).unwrap().offset, 1 + number as i64);
    }
}

pub(crate) fn a_record_over_the_limit_is_refused_and_the_next_goes_through(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let producer = bench.log.producer().unwrap();
    // 2 MiB: above the million bytes that topics and clients take unless told otherwise.
    let large = outgoing(&topic, 0, "x".repeat(2 << 20));
    let refused = producer.send(large.clone()).map(block_on);
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    assert_eq!(block_on(producer.send(outgoing(&topic, 0, "small")).unwrap()).unwrap().offset, 0);

    let mut transactional = bench.transactional("p");
    transactional.begin().unwrap();
    let refused = transactional.send(&large);
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    transactional.send(&outgoing(&topic, 0, "also small")).unwrap();
    transactional.commit().unwrap();
    assert_eq!(values(&bench.committed(&topic, 1)), ["small", "also small"]);
}

pub(crate) fn a_record_too_large_for_its_topic_never_commits(bench: &Bench) {
    let topic = bench.topic_with("t", 1, &[("max.message.bytes", "10000")]);
    // It does not compress: each byte depends on all before it.
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    })
    .take(20_000)
    .collect();
    let large = Outgoing { value: Some(noise.into()), ..outgoing(&topic, 0, "large") };

    let producer = bench.log.producer().unwrap();
    let refused = producer.send(large.clone()).map(block_on);
    assert!(matches!(refused, Err(LogError::Refused { .. }) | Ok(Err(LogError::Refused { .. }))), "{refused:?}");

    // The one refuses it when it is sent, the other when it is committed.
    let mut transactional = bench.transactional("p");
    transactional.begin().unwrap();
    let refused = transactional.send(&large).and_then(|()| transactional.commit());
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    transactional.abort().unwrap();
    let mut transactional = bench.transactional("p");
    transactional.begin().unwrap();
    transactional.send(&outgoing(&topic, 0, "small")).unwrap();
    transactional.commit().unwrap();
    assert_eq!(values(&bench.committed(&topic, 1)), ["small"]);
}

pub(crate) fn a_reader_starts_where_it_is_told(bench: &Bench) {
    let topic = bench.topic("t", 1);
    bench.produce((0..5).map(|number| outgoing(&topic, 0, format!("{number}"))).collect());
    let reader = |start| bench.log.reader(&[(of(&topic, 0), start)], Isolation::ReadCommitted).unwrap();
    assert_eq!(values(&read(&mut reader(Start::Earliest), 5)), ["0", "1", "2", "3", "4"]);
    assert_eq!(values(&read(&mut reader(Start::Offset(3)), 2)), ["3", "4"]);
    let mut latest = reader(Start::Latest);
    reads_nothing(&mut latest);
    bench.produce(vec![outgoing(&topic, 0, "5")]);
    assert_eq!(values(&read(&mut latest, 1)), ["5"]);
}

pub(crate) fn positions_count_markers_and_aborted_records(bench: &Bench) {
    let topic = bench.topic("t", 2);
    let mut producer = bench.transactional("p");
    let mut reader = bench.reader(&topic, 2, Isolation::ReadCommitted);
    assert_eq!(reader.positions(), [(of(&topic, 0), 0), (of(&topic, 1), 0)]);

    for commit in [true, false] {
        producer.begin().unwrap();
        producer.send(&outgoing(&topic, 0, "a")).unwrap();
        producer.send(&outgoing(&topic, 0, "b")).unwrap();
        if commit {
            producer.commit().unwrap();
        } else {
            let mut uncommitted = bench.reader(&topic, 1, Isolation::ReadUncommitted);
            read(&mut uncommitted, 4);
            producer.abort().unwrap();
        }
    }
    let end = bench.end(&topic, 0, Isolation::ReadCommitted);
    assert_eq!(end, 6);

    assert_eq!(values(&reader.poll(1, Duration::from_secs(30)).unwrap()), ["a"]);
    assert_eq!(reader.positions()[0].1, 1, "a record not handed out yet is not passed");
    let mut seen = 1;
    until("the position reaches the end", || {
        seen += reader.poll(10, Duration::from_millis(10)).unwrap().len();
        reader.positions() == [(of(&topic, 0), end), (of(&topic, 1), 0)]
    });
    assert_eq!(seen, 2);
}

pub(crate) fn a_position_outside_of_the_log_is_refused(bench: &Bench) {
    let topic = bench.topic("t", 1);
    bench.produce(vec![outgoing(&topic, 0, "a")]);
    let mut reader = bench.log.reader(&[(of(&topic, 0), Start::Offset(50))], Isolation::ReadCommitted).unwrap();
    let mut outcome = Ok(vec![]);
    until("the position is refused", || {
        outcome = reader.poll(1, Duration::from_millis(100));
        outcome.is_err()
    });
    assert!(matches!(outcome, Err(LogError::Refused { .. })), "{outcome:?}");

    let missing = of(&bench.name("missing").into(), 0);
    let refused = bench.log.reader(&[(missing, Start::Earliest)], Isolation::ReadCommitted).map(|_| ());
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
}

pub(crate) fn a_producer_refuses_a_partition_that_does_not_exist(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let producer = bench.log.producer().unwrap();
    let refused = producer.send(outgoing(&topic, 7, "a")).map(block_on);
    assert!(matches!(refused, Err(LogError::Refused { .. }) | Ok(Err(LogError::Refused { .. }))), "{refused:?}");
}

pub(crate) fn a_waiting_reader_wakes_at_once(bench: &Bench) {
    let topic = bench.topic("t", 1);
    let mut reader = bench.reader(&topic, 1, Isolation::ReadCommitted);
    bench.produce(vec![outgoing(&topic, 0, "warm")]);
    read(&mut reader, 1);
    let producer = bench.log.producer().unwrap();
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..20 {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let records = read(&mut reader, 1);
                (Instant::now(), records)
            });
            block_on(producer.send(outgoing(&topic, 0, format!("{number}"))).unwrap()).unwrap();
            let delivered = Instant::now();
            times.push(waiting.join().unwrap().0.saturating_duration_since(delivered));
        });
    }
    times.sort();
    // The traps it guards against cost half a second or more; the median is a few milliseconds at most.
    assert!(times[10] < Duration::from_millis(100), "median {:?}", times[10]);
}
