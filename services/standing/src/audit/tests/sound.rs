//! Registers in which nothing is wrong.

#![allow(clippy::unwrap_used)]

use domain::time::Instant;
use stream::log::Log;

use super::district::District;
use crate::audit::bounds::Load;

#[tokio::test(flavor = "multi_thread")]
async fn a_register_at_work_and_at_rest_is_clean_with_its_states() {
    let mut district = District::begin();
    district.live();
    let live = district.audited(Load::Live).audit(&[0, 1]).unwrap();
    assert!(live.is_clean(), "{}", live.text());
    let working = district.audit_settled();
    assert!(working.is_clean(), "{}", working.text());
    district.stop();
    let report = district.audit();
    assert!(report.is_clean(), "{}", report.text());
    for partition in &report.audited {
        assert!(partition.folded > 200 && partition.lag == 0, "{}", report.text());
        assert!(partition.refused >= 2, "poison and an empty record are refused: {}", report.text());
        assert!(partition.outputs.iter().all(|count| *count >= 2), "{}", report.text());
        assert_eq!(partition.states.len(), 1, "{}", report.text());
        assert!(partition.states[0].rows > 50, "{}", report.text());
        assert_eq!(partition.states[0].offset, partition.committed, "{}", report.text());
    }
    let json = report.json();
    assert_eq!(
        (json["clean"].as_bool(), json["lost"].as_u64(), json["doubled"].as_u64()),
        (Some(true), Some(0), Some(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cleaning_removed_is_not_missed() {
    let mut district = District::begin();
    district.live();
    assert!(district.audit_settled().is_clean());
    let topics: Vec<_> = district.log.topics().unwrap().into_iter().filter(|topic| topic.contains("flags")).collect();
    for topic in topics.iter().chain([district.parts.topics.profiles(), district.parts.topics.notices()]) {
        district.log.compact(topic);
    }
    let cleaned = district.audit_settled();
    assert!(cleaned.is_clean(), "{}", cleaned.text());
    // New values behind what was cleaned.
    let today = Instant::from_ms(district.parts.clock.now_ms()).plus_days(-1).day();
    for firm in 0..30 {
        district.send(&format!(
            "record.upserted source=district.market item=honour.award record=AGAIN revision=1 subject=uscc:{firm} issued={today} fields={{title:虚构奖}}"
        ));
    }
    let report = district.audit_settled();
    assert!(report.is_clean(), "{}", report.text());
    district.stop();
}

/// More subjects than one record may change: the sweep of a second activation goes on from record to record.
#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_cut_in_two_is_followed() {
    let mut district = District::begin();
    district.register_firms(10_400);
    district.activate();
    let report = district.audit_settled();
    assert!(report.is_clean(), "{}", report.text());
    district.stop();
    let mut cut = 0;
    for partition in 0..2 {
        let recorded = district.recorded(partition);
        cut += recorded.continues().len();
        let Some(at) = recorded.continues().first().copied() else { continue };
        super::faults::work_that_is_lost_or_doubled_is_found(recorded, at);
    }
    assert!(cut >= 2, "each partition has more than 5,000 subjects: {cut}");
}
