//! Where flags go, and that everybody who was told is told of the end.

use std::collections::BTreeMap;

use domain::flag::FlagValue;
use domain::ids::MeasureId;
use domain::subject::fictitious;
use schemas::topics::keys;

use crate::bench::{Bench, PATIENCE, domain, eventually, flag, lift, set};

const BAN: &str = "procurement-ban";
const WIDE: [&str; 3] = ["subsidy.*", "procurement.bid", "procurement.lender-financed"];

fn told(all: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let entry =
        |(domain, told): &(&str, &[&str])| ((*domain).to_owned(), told.iter().map(|text| (*text).to_owned()).collect());
    all.iter().map(entry).collect()
}

#[tokio::test]
async fn a_flag_reaches_each_domain_of_its_matters_cut_to_it() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    let permitted = ["subsidy.research-project", "procurement.bid"];
    let whole = flag(&bench, &subject, &WIDE, &permitted);
    let version = bench.publish(&subject, BAN, FlagValue::Set(whole.clone()));
    bench.wait_until_routed(&flags);
    let expected =
        [("procurement", &["set procurement.bid procurement.lender-financed"][..]), ("subsidy", &["set subsidy.*"])];
    assert_eq!(bench.summary(), told(&expected));
    for (name, matter) in [("procurement", permitted[1]), ("subsidy", permitted[0])] {
        let routed = &bench.told(name)[0];
        assert_eq!((routed.subject.as_str(), routed.version), (subject.as_str(), version));
        let FlagValue::Set(cut) = &routed.value else { panic!("a flag") };
        assert_eq!(cut.intervals, whole.intervals, "in force at the same instants");
        assert_eq!(cut.excepted.keys().map(|m| m.as_str()).collect::<Vec<_>>(), [matter]);
        let exceptions = cut.grounds[0].exceptions();
        assert_eq!((exceptions.len(), exceptions[0].matter.as_str()), (1, matter));
        assert_eq!(
            (cut.grounds[0].document(), cut.grounds[0].served()),
            (whole.grounds[0].document(), whole.grounds[0].served())
        );
        let record = &bench.read(name)[0];
        assert_eq!(record.partition, version.partition, "the subject's partition everywhere");
        let measure = MeasureId::new(BAN).unwrap();
        assert_eq!(record.key.as_deref(), Some(keys::flag(&subject, &measure).as_bytes()));
        assert_eq!(record.headers, [(keys::ORIGIN.into(), keys::origin(version).into())]);
    }
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_lift_and_a_tombstone_reach_every_domain_that_was_told() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    bench.publish(&subject, BAN, set(&bench, &subject, &WIDE));
    bench.publish(&subject, BAN, lift(&bench, &WIDE));
    let last = bench.publish(&subject, BAN, FlagValue::Tombstone);
    bench.wait_until_routed(&flags);
    let procurement = [
        "set procurement.bid procurement.lender-financed",
        "lift removed procurement.bid procurement.lender-financed",
        "tombstone",
    ];
    let subsidy = ["set subsidy.*", "lift removed subsidy.*", "tombstone"];
    assert_eq!(bench.summary(), told(&[("procurement", &procurement), ("subsidy", &subsidy)]));
    let tombstone = bench.read("subsidy").pop().unwrap();
    assert_eq!((tombstone.value, &tombstone.headers), (None, &vec![(keys::ORIGIN.into(), keys::origin(last).into())]));
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_domain_that_loses_a_flag_gets_its_lift_and_one_that_gains_it_the_flag() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    bench.publish(&subject, BAN, set(&bench, &subject, &["subsidy.*", "procurement.bid"]));
    let moved = bench.publish(&subject, BAN, set(&bench, &subject, &["honours.*", "procurement.bid"]));
    bench.wait_until_routed(&flags);
    let expected = [
        ("honours", &["set honours.*"][..]),
        ("procurement", &["set procurement.bid", "set procurement.bid"]),
        ("subsidy", &["set subsidy.*", "lift rules subsidy.*"]),
    ];
    assert_eq!(bench.summary(), told(&expected));
    assert_eq!(bench.told("subsidy")[1].version, moved);
    // The lift of the whole goes to those who still hold it; the tombstone to all who ever did.
    bench.publish(&subject, BAN, lift(&bench, &["honours.*", "procurement.bid"]));
    bench.publish(&subject, BAN, FlagValue::Tombstone);
    bench.wait_until_routed(&flags);
    assert_eq!(bench.summary()["subsidy"], ["set subsidy.*", "lift rules subsidy.*", "tombstone"]);
    assert_eq!(bench.summary()["honours"], ["set honours.*", "lift removed honours.*", "tombstone"]);
    bench.publish(&subject, BAN, set(&bench, &subject, &["subsidy.*"]));
    bench.wait_until_routed(&flags);
    assert_eq!(bench.summary()["subsidy"].last().unwrap(), "set subsidy.*");
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_flag_returns_to_a_domain_that_had_lost_it() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    for matters in [&["subsidy.*", "honours.*"][..], &["honours.*"], &["subsidy.*", "honours.*"]] {
        bench.publish(&subject, BAN, set(&bench, &subject, matters));
    }
    bench.publish(&subject, BAN, lift(&bench, &["subsidy.*", "honours.*"]));
    bench.publish(&subject, BAN, lift(&bench, &["subsidy.*", "honours.*"]));
    bench.wait_until_routed(&flags);
    let subsidy = ["set subsidy.*", "lift rules subsidy.*", "set subsidy.*", "lift removed subsidy.*"];
    assert_eq!(bench.summary()["subsidy"], subsidy, "and a lift is told once");
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_lift_of_a_flag_never_seen_still_reaches_its_domains() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("building", &fictitious::building(1));
    bench.publish(&subject, BAN, lift(&bench, &WIDE));
    bench.wait_until_routed(&flags);
    let procurement = ["lift removed procurement.bid procurement.lender-financed"];
    assert_eq!(bench.summary(), told(&[("procurement", &procurement), ("subsidy", &["lift removed subsidy.*"])]));
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_version_not_newer_changes_nothing() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    let first = bench.publish(&subject, BAN, set(&bench, &subject, &["subsidy.*"]));
    let second = bench.publish(&subject, BAN, lift(&bench, &["subsidy.*"]));
    for version in [first, second] {
        bench.publish_as(&subject, BAN, set(&bench, &subject, &["subsidy.*", "honours.*"]), version);
        bench.publish_as(&subject, BAN, FlagValue::Tombstone, version);
    }
    bench.wait_until_routed(&flags);
    assert_eq!(bench.summary(), told(&[("subsidy", &["set subsidy.*", "lift removed subsidy.*"])]));
    assert!(bench.metrics.text().contains("standing_flags_older_total 4"));
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped_and_remembers_who_was_told() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    bench.publish(&subject, BAN, set(&bench, &subject, &["subsidy.*", "honours.*"]));
    bench.wait_until_routed(&flags);
    flags.stop(PATIENCE);
    let flags = bench.start();
    bench.publish(&subject, BAN, set(&bench, &subject, &["honours.*"]));
    bench.wait_until_routed(&flags);
    flags.stop(PATIENCE);
    std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
    let flags = bench.start();
    bench.publish(&subject, BAN, lift(&bench, &["honours.*"]));
    bench.wait_until_routed(&flags);
    let expected = [
        ("honours", &["set honours.*", "set honours.*", "lift removed honours.*"][..]),
        ("subsidy", &["set subsidy.*", "lift rules subsidy.*"]),
    ];
    assert_eq!(bench.summary(), told(&expected), "nothing twice, also when the state was lost");
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_goes_to_the_rejects_and_stops_nothing() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    let version = bench.publish(&subject, BAN, set(&bench, &subject, &["subsidy.*"]));
    let key = format!("{subject}|{BAN}");
    bench.append(version.partition, &key, Some(b"no Avro".to_vec().into()), Some(version));
    bench.append(version.partition, "no key", None, Some(version));
    bench.publish(&subject, BAN, lift(&bench, &["subsidy.*"]));
    bench.wait_until_routed(&flags);
    assert_eq!(bench.summary()["subsidy"], ["set subsidy.*", "lift removed subsidy.*"]);
    let rejects = bench.read_topic(bench.topics.rejects());
    let codes: Vec<String> = rejects
        .iter()
        .map(|record| bench.codec.decode_reject(record.value.as_deref().unwrap()).unwrap().code)
        .collect();
    assert_eq!(codes, ["value.frame", "key.mismatch"]);
    flags.stop(PATIENCE);
}

#[tokio::test]
async fn a_missing_topic_holds_its_partition_up_and_loses_nothing() {
    let bench = Bench::new(&["honours"]);
    let flags = bench.start();
    let subject = bench.subject("uscc", &fictitious::uscc(1));
    bench.publish(&subject, BAN, set(&bench, &subject, &["honours.*"]));
    eventually("it says which topic is missing", || {
        let reasons = bench.readiness.reasons();
        reasons.iter().any(|(_, reason)| reason.contains(&*bench.topics.domain_flags(&domain("honours"))))
    })
    .await;
    bench.create_domain("honours");
    tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.unwrap();
    bench.wait_until_routed(&flags);
    assert_eq!(bench.summary(), told(&[("honours", &["set honours.*"])]));
    flags.stop(PATIENCE);
}
