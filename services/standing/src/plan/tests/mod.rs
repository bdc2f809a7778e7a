//! Plans on a register of the real services on the embedded log, and the activations that follow them.

mod district;

use std::collections::BTreeMap;
use std::time::Duration;

use catalogue::plan::{Confirmation, Operator, PLAN_FORM, PlanRecord, Planned, Threshold};
use domain::flag::{Flag, FlagValue};
use domain::fold::{FoldVersion, VERSIONS};
use domain::ids::MeasureId;

use super::Proposal;
use crate::activation::{Unverified, activate, activate_fold, keep_confirmation, keep_plan};
use crate::admission::{self, Conditions, Refused};
use crate::announced;
use crate::audit::read;
use district::{District, Flags};

/// A catalogue without one of its restrictions, and with another that reaches further.
fn changed() -> domain::catalogue::Catalogue {
    let mut catalogue = district::reference();
    catalogue.measures.retain(|id, _| id.as_str() != "subsidy-restriction");
    let honours = MeasureId::new("honours-restriction").expect("an id");
    for entry in catalogue.measures.get_mut(&honours).into_iter().flatten() {
        entry.matters.push(domain::ids::MatterPattern::new("licence.*").expect("a pattern"));
    }
    catalogue
}

/// What differs between two readings of the flags, as a plan's list says it: key, change, intervals and grounds afterwards.
fn difference(before: &Flags, after: &Flags) -> BTreeMap<(String, String), (&'static str, String, u32)> {
    let mut found = BTreeMap::new();
    for (key, now) in after {
        let was = before.get(key);
        if was == Some(now) {
            continue;
        }
        let set = |value: Option<&FlagValue>| match value {
            Some(FlagValue::Set(flag)) => Some(flag.clone()),
            Some(FlagValue::Lifted(_) | FlagValue::Tombstone) | None => None,
        };
        let (was, now) = (set(was), set(Some(now)));
        let change = match (&was, &now) {
            (_, None) => "lifted",
            (None, Some(flag)) => match flag.effect {
                domain::catalogue::Effect::Restrict => "restricted",
                domain::catalogue::Effect::Supervise => "supervised",
                domain::catalogue::Effect::Facilitate => "facilitated",
            },
            (Some(was), Some(now)) if now.matters.len() > was.matters.len() => "widened",
            (Some(_), Some(_)) => "changed",
        };
        let intervals = now.as_ref().map(|flag: &Flag| super::list::intervals(&flag.intervals)).unwrap_or_default();
        found.insert(key.clone(), (change, intervals, now.map_or(0, |flag| flag.grounds_total)));
    }
    found
}

/// The rows of a plan's list, in the same form.
fn listed(file: &std::path::Path) -> BTreeMap<(String, String), (String, String, u32)> {
    let mut rows = csv::Reader::from_path(file).expect("a list");
    rows.records()
        .map(|row| {
            let row = row.expect("a row");
            let key = (row[0].to_owned(), row[1].to_owned());
            (key, (row[3].to_owned(), row[7].to_owned(), row[9].parse().expect("a number")))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_publishes_just_what_was_planned() {
    tokio::task::spawn_blocking(|| {
        let district = District::begin();
        district.live();
        district.settled();
        let folder = tempfile::tempdir().expect("a folder");
        let (of_log, of_copies) = (folder.path().join("log.csv"), folder.path().join("copies.csv"));
        let proposal = Proposal::catalogue(changed());
        let plan = district.planner(None).plan(&proposal, Some(&of_log)).expect("a plan");
        let copied = district.planner(Some(district.copies())).plan(&proposal, Some(&of_copies)).expect("a plan");
        assert!(copied.tail < plan.tail, "checkpoints spare the log: {} of {}", copied.tail, plan.tail);
        assert_eq!(copied.tally, plan.tally);
        let (of_log, of_copies) = (std::fs::read(&of_log), listed(&of_copies));
        assert_eq!(of_log.expect("a list"), std::fs::read(folder.path().join("copies.csv")).expect("a list"));
        assert!(plan.tally.total().lifted > 0 && plan.tally.total().widened > 0, "{:?}", plan.tally.total());

        let before = district.flags();
        let register = district.register();
        let digest = activate(&register, &changed(), Unverified::Allow, &mut || Ok(())).expect("activated");
        announced::swept(&register, &Planned::Catalogue(digest)).expect("swept");
        let found = difference(&before, &district.flags());
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(key, (change, days, total))| (key, (change.to_owned(), days, total))).collect();
        assert_eq!(found, of_copies);

        let again = district.planner(None).plan(&proposal, None).expect("a plan");
        assert_eq!(again.tally.total().total(), 0, "nothing is left to plan");
        district.stop();
    })
    .await
    .expect("the test ran");
}

fn known(name: &str) -> Operator {
    Operator { name: name.to_owned(), by_credential: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_is_held_to_its_plan_and_a_mass_change_to_a_second_person() {
    tokio::task::spawn_blocking(|| {
        let district = District::begin();
        district.live();
        district.settled();
        let register = district.register();
        let present = || read::catalogues(register.log.as_ref(), &register.topics).expect("the catalogues");
        let conditions = |subjects| Conditions {
            threshold: Threshold { subjects, percent: 100 },
            age_max: Duration::from_secs(3_600),
            now_ms: register.now_ms,
        };
        let proposal = Proposal::catalogue(changed());
        let admit = |subjects| admission::admit(&present(), &proposal.planned, conditions(subjects));
        assert!(matches!(admit(1_000), Err(Refused::NoPlan { .. })));

        let plan = district.planner(None).plan(&proposal, None).expect("a plan");
        let record = plan.record(known("wang")).expect("something is in force");
        keep_plan(&register, &record).expect("kept");
        assert_eq!(admit(1_000).expect("planned"), Some(record.clone()));
        assert!(record.subjects_changed > 1);
        let harmless = PlanRecord { subjects_graver: 0, ..record.clone() };
        assert!(conditions(1).threshold.is_exceeded_by(&harmless), "whichever way it goes");
        assert!(matches!(admit(1), Err(Refused::Unconfirmed { .. })));

        let confirm = |named: &str, by: &Operator| admission::confirm(&present(), &proposal.planned, named, by);
        let digest = record.digest();
        let logged_in = Operator { name: "li".to_owned(), by_credential: false };
        assert!(matches!(confirm(&digest, &known("wang")), Err(Refused::NoSecondPerson { .. })));
        assert!(matches!(confirm(&digest, &logged_in), Err(Refused::NoSecondPerson { .. })));
        assert!(matches!(confirm(&"0".repeat(64), &known("li")), Err(Refused::OtherPlan { .. })));
        let confirmed = confirm(&digest[..12], &known("li")).expect("confirmed").digest();
        let word = |by| Confirmation { form: PLAN_FORM, plan: confirmed.clone(), by, at_ms: register.now_ms };
        keep_confirmation(&register, &word(known("wang"))).expect("kept");
        assert!(matches!(admit(1), Err(Refused::Unconfirmed { .. })), "nobody confirms an own plan");
        keep_confirmation(&register, &word(known("li"))).expect("kept");
        assert!(admit(1).is_ok());

        let later = Conditions { now_ms: register.now_ms + 2 * 3_600_000, ..conditions(1_000) };
        let stale = admission::admit(&present(), &proposal.planned, later);
        assert!(matches!(stale, Err(Refused::Stale { .. })), "{stale:?}");

        // A plan made anew is another, and nobody has confirmed it; so is one against other rules.
        let anew = plan.record(known("zhao")).expect("something is in force");
        keep_plan(&register, &anew).expect("kept");
        assert!(matches!(admit(1), Err(Refused::Unconfirmed { .. })));
        let mut other = district::reference();
        other.id.push_str("-other");
        activate(&register, &other, Unverified::Allow, &mut || Ok(())).expect("activated");
        assert!(matches!(admit(1_000), Err(Refused::OtherBase { .. })));
        district.stop();
    })
    .await
    .expect("the test ran");
}

/// The versions there are, and one that shows a single ground: made for these tests.
const FOLDS: &[FoldVersion] = &[VERSIONS[0], FoldVersion { number: 2, grounds_shown: 1 }];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_of_the_fold_is_announced_planned_and_activated() {
    tokio::task::spawn_blocking(|| {
        let district = District::with_folds(FOLDS);
        district.live();
        district.settled();
        let (register, soon) = (district.register(), Duration::from_secs(5));
        announced::wait(&register, 2, Duration::from_secs(60)).expect("the owner of every partition has it");
        let unknown = announced::wait(&register, 3, soon).expect_err("nobody has it");
        assert!(unknown.to_string().starts_with("fold.not-announced"), "{unknown}");

        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("changes.csv");
        let proposal = Proposal::fold(2);
        let plan = district.planner(None).plan(&proposal, Some(&list)).expect("a plan");
        assert!(plan.tally.total().changed > 0, "firms with two grounds show one");
        let before = district.flags();
        activate_fold(&register, 2, &mut || Ok(())).expect("activated");
        announced::swept(&register, &Planned::Fold(2)).expect("swept");
        let found = difference(&before, &district.flags());
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(key, (change, days, total))| (key, (change.to_owned(), days, total))).collect();
        assert_eq!(found, listed(&list));
        assert_eq!(district.planner(None).plan(&proposal, None).expect("a plan").tally.total().total(), 0);
        district.stop();
    })
    .await
    .expect("the test ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fold_that_this_program_lacks_stops_its_partitions_and_readiness() {
    tokio::task::spawn_blocking(|| {
        let district = District::begin();
        district.wait("it is not ready", || district.is_ready());
        activate_fold(&district.register(), 2, &mut || Ok(())).expect("written by a newer program");
        district.wait("it is ready although it must not be", || district.faults().contains("fold version 2"));
        district.stop();
    })
    .await
    .expect("the test ran");
}

#[test]
fn the_codes_of_refusals_are_unique_and_explained() {
    let page = include_str!("../../../../../docs/errors.md");
    let (text, why) = (String::new, "");
    let all = [
        Refused::NoPlan { planned: text() },
        Refused::OtherBase { planned: text(), in_force: text() },
        Refused::Stale { as_of: domain::time::Instant::from_ms(0) },
        Refused::Unconfirmed { subjects: 0, plan: text() },
        Refused::NoSecondPerson { why },
        Refused::OtherPlan { newest: text() },
        Refused::UnknownFold { version: 2 },
        Refused::NotAnnounced { version: 2, partitions: text() },
        Refused::NothingInForce,
    ];
    for refused in &all {
        assert!(page.contains(&format!("| `{}` |", refused.code())), "docs/errors.md lacks {}", refused.code());
        assert!(refused.to_string().starts_with(refused.code()), "{refused}");
    }
}
