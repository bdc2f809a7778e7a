//! A short run of `make chaos`: the quick faults once each, in the order of a fixed seed.

#![allow(clippy::unwrap_used)]

use e2e::chaos::fault::Fault;
use e2e::chaos::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_register_under_the_quick_faults_loses_nothing_doubles_nothing_and_answers_nothing_wrong() {
    let report = run(1, Plan::Once(Fault::QUICK.to_vec())).await.unwrap();
    let table = report.table();
    assert!(report.is_clean(), "{table}\n{}", report.faults().join("\n"));
    assert_eq!(report.injected.len(), Fault::QUICK.len(), "{table}");
    assert!(report.injected.iter().all(|injected| injected.recovery.as_secs() < 240), "{table}");
    eprintln!("{table}");
}
