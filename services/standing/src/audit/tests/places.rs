//! Faults of what lies beside the records: states, and transactions that stay open.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stream::log::{Log, Outgoing};
use stream::overlay::Overlay;
use stream::state::{Position, StateRead};
use stream::store::{Identity, Memory, Store};
use stream::view::View;

use super::district::{District, PARTITIONS};
use crate::audit::finding::Code;

/// Opens a stopped instance's state as its owner would.
fn owned(district: &District, partition: i32) -> Store {
    let events = district.parts.topics.events();
    let topic = district.log.describe(events).unwrap().unwrap();
    let identity =
        Identity { topic_id: topic.id, partition, partitions: PARTITIONS, rows: profile::ROW_VERSION.into() };
    let directory = district.state_dir().join(format!("{events}-{partition}"));
    Store::open(&directory, &identity, &Memory::new(8 << 20)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_falsified_state_is_found() {
    let mut district = District::begin();
    district.live();
    assert!(district.audit_settled().is_clean());
    district.stop();

    let position = {
        let store = owned(&district, 1);
        let rows = store.scan_prefix(b"s", 3).unwrap();
        let mut overlay = Overlay::default();
        let mut falsified = rows[0].1.to_vec();
        *falsified.last_mut().unwrap() ^= 1;
        let mut view = View::new(&store, &mut overlay);
        view.put(&rows[0].0, falsified);
        view.delete(&rows[1].0);
        view.put(b"zebra", Bytes::from_static(b"no row of ours"));
        let position = store.position().unwrap();
        store.commit(&overlay, position).unwrap();
        position
    };
    let report = district.audit();
    assert_eq!(report.findings.counts.get(&Code::StateDiffers), Some(&3), "{}", report.text());
    assert_eq!(report.findings.total(), 3, "{}", report.text());
    assert!(report.findings.listed.iter().all(|finding| finding.partition == 1 && finding.key.is_some()));

    owned(&district, 1)
        .commit(&Overlay::default(), Position { next_offset: position.next_offset + 1, ..position })
        .unwrap();
    let report = district.audit();
    assert_eq!(report.findings.counts.get(&Code::StateAhead), Some(&1), "{}", report.text());

    let directory = district.state_dir().join(format!("{}-1", district.parts.topics.events()));
    std::fs::write(directory.join("CURRENT"), b"MANIFEST-999999\n").unwrap();
    let report = district.audit();
    assert_eq!(report.findings.counts.get(&Code::StateUnreadable), Some(&1), "{}", report.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_stays_open_is_found() {
    let mut district = District::begin();
    district.live();
    assert!(district.audit_settled().is_clean());
    district.stop();
    let mut hanging = district.log.transactional("nobody").unwrap();
    hanging.init(Duration::from_secs(5)).unwrap();
    hanging.begin().unwrap();
    let topic = Arc::clone(district.parts.topics.profiles());
    let value = Some(Bytes::from_static(b"never committed"));
    let key = Some(Bytes::from_static(b"building:990000-1"));
    hanging.send(&Outgoing { topic, partition: 1, key, value, headers: Vec::new(), timestamp_ms: None }).unwrap();
    let report = district.audit();
    assert_eq!(report.findings.counts.get(&Code::TransactionOpen), Some(&1), "{}", report.text());
    assert_eq!(report.findings.total(), 1, "{}", report.text());
    hanging.abort().unwrap();
    let report = district.audit();
    assert!(report.is_clean(), "{}", report.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_behind_is_found_unless_it_is_at_work() {
    let mut district = District::begin();
    district.live();
    assert!(district.audit_settled().is_clean());
    district.stop();
    let today = "2032-01-05";
    let partition = district.send(&format!(
        "record.upserted source=district.market item=honour.award record=LATE revision=1 subject=uscc:3 issued={today} fields={{title:虚构奖}}"
    ));
    let report = district.audit();
    assert_eq!(report.findings.counts.get(&Code::NotCaughtUp), Some(&1), "{}", report.text());
    let live = district.audited(crate::audit::bounds::Load::Live).audit(&[partition]).unwrap();
    assert!(live.is_clean() && live.audited[0].lag == 1, "{}", live.text());
}
