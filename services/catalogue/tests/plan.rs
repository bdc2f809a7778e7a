//! Plans held to what they promise: an activation changes just what was planned, value by value, and nothing is left to plan once
//! it is through.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use catalogue::plan::{Aspect, Change, Kind, Notices, Overlay, Ran, Tally, TrialError, trial};
use domain::catalogue::Catalogue;
use domain::event::Control;
use domain::flag::Flag;
use domain::fold::{CHANGES_MAX, Catalogues, Position, published};
use domain::ids::MeasureId;
use domain::rows::Store;
use domain::subject::SubjectKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::history::arbitrary_step;
use support::store::MemoryStore;
use support::story::{District, event, noon, words};
use support::{rated, small};

/// The small catalogue, and what a council may make of it.
struct Variants;

const DIGESTS: [&str; 9] = ["whole", "again", "less", "wider", "shorter", "stricter", "renamed", "turned", "retired"];

/// The same rules under another digest, so that every subject is evaluated.
fn anew(digest: &str) -> String {
    format!("{digest}{ANEW}")
}

const ANEW: &str = "-anew";

fn variant(digest: &str) -> Catalogue {
    let mut all: Value = serde_json::to_value(small()).unwrap();
    let mut set = |path: &str, value: Value| *all.pointer_mut(path).unwrap() = value;
    let name = digest.strip_suffix(ANEW).unwrap_or(digest);
    if name != digest {
        set("/id", json!("small-anew"));
    }
    match name {
        "again" => set("/id", json!("small-again")),
        "wider" => set("/measures/honours-restriction/0/matters", json!(["honours.*", "licence.*"])),
        "shorter" => set("/items/court.judgment-defaulter/0/term/2/end/fixed/maximum", json!("P1Y")),
        "stricter" => {
            let basis = json!([{"instrument": "law", "article": "66"}]);
            set("/measures/key-supervision/0/triggers", json!([{"item": "fire.penalty", "basis": basis}]));
        }
        "renamed" => set("/measures/honours-restriction/0/title", json!({"zh": "另名", "en": "Another name"})),
        "turned" => set("/measures/key-supervision/0/effect", json!("restrict")),
        "retired" => set("/items/fire.penalty/0/in_force", json!({"from": "2010-01-01", "until": "2026-02-28"})),
        _ => {}
    }
    let mut catalogue: Catalogue = serde_json::from_value(all).unwrap();
    if name == "less" {
        catalogue.measures.retain(|id, _| id.as_str() != "subsidy-restriction");
    }
    catalogue
}

impl Catalogues for Variants {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        static ALL: OnceLock<BTreeMap<String, Arc<Catalogue>>> = OnceLock::new();
        let all = || {
            let digests = DIGESTS.iter().flat_map(|name| [(*name).to_owned(), anew(name)]);
            digests.map(|digest| (digest.clone(), Arc::new(variant(&digest)))).collect()
        };
        ALL.get_or_init(all).get(digest).cloned()
    }
}

type Standing = BTreeMap<(SubjectKey, MeasureId), Flag>;

fn standing(district: &District<'_>) -> Standing {
    district.flags.iter().filter_map(|(key, (_, flag))| Some((key.clone(), flag.clone()?))).collect()
}

/// The same without the digests that they were published under.
fn without_digests(standing: Standing) -> Standing {
    standing.into_iter().map(|(key, flag)| (key, Flag { catalogue: String::new(), ..flag })).collect()
}

fn send(district: &mut District<'_>, line: &str) {
    let _ = district.send(&event(&words(line)));
}

fn activated(digest: &str) -> Control {
    Control::CatalogueActivated { digest: digest.to_owned() }
}

fn planned(district: &District<'_>, control: Control) -> Result<(Vec<Change>, Ran), TrialError<Infallible>> {
    planned_by(&Variants, district, control)
}

fn planned_by(
    catalogues: &dyn Catalogues,
    district: &District<'_>,
    control: Control,
) -> Result<(Vec<Change>, Ran), TrialError<Infallible>> {
    let at = Position { partition: 0, offset: district.offset, appended_at: district.now };
    let mut changes = Vec::new();
    let ran = trial(&district.store, catalogues, at, control, &mut |change| {
        changes.push(change);
        Ok(())
    })?;
    Ok((changes, ran))
}

/// The lines of a history of five subjects, four firms and a building: few kinds of events, so that they meet often, and beside
/// them all that may happen.
fn arbitrary_line() -> impl Strategy<Value = String> {
    prop_oneof![3 => few_kinds(), 1 => arbitrary_step().prop_map(|step| step.line)]
}

fn few_kinds() -> impl Strategy<Value = String> {
    (0..10_u8, 0..3_usize, 0..2_u8, 0..5_u8, any::<u8>(), 1..4_u32).prop_map(
        |(kind, of, record, subject, pick, revision)| {
            let (source, item, fields) = [
                ("district.court", "court.judgment-defaulter", ["{ground:1}", "{ground:2}", "{ground:4}"]),
                ("district.fire", "fire.penalty", ["{severity:minor}", "{severity:general}", "{severity:serious}"]),
                ("district.market", "honour.award", ["{title:甲}", "{title:乙}", "{title:丙}"]),
            ][of];
            let subject = if subject == 4 { "building:1".to_owned() } else { format!("uscc:{subject}") };
            let target = format!("source={source} item={item} record=R{record} subject={subject}");
            let day = format!("2026-{:02}-{:02}", 1 + pick % 5, 1 + pick % 27);
            match kind {
                0..=3 => format!(
                    "record.upserted {target} revision={revision} issued={day} fields={}",
                    fields[usize::from(pick) % 3]
                ),
                4..=6 => format!("notice.served {target} notice_id=N served_on={day}"),
                7 => format!("record.withdrawn {target} revision={}", revision + 1),
                8 => format!("review.opened {target} review_id=V kind=review opened_on={day}"),
                _ => format!(
                    "permission.granted {target} permission_id=P matter=procurement.bid from=2026-05-01 until=2026-08-20 by=x"
                ),
            }
        },
    )
}

fn arbitrary_digest() -> impl Strategy<Value = &'static str> {
    prop::sample::select(DIGESTS.to_vec())
}

fn lived(before: &'static str, lines: &[String], days: i64) -> District<'static> {
    let mut district = District::new(&Variants, before, noon("2026-06-01"));
    for line in lines {
        send(&mut district, line);
    }
    district.now = district.now.plus_days(days);
    district.control(Control::TimeAdvanced);
    district
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_activation_changes_just_what_was_planned(
        lines in prop::collection::vec(arbitrary_line(), 1..30),
        before in arbitrary_digest(),
        after in arbitrary_digest(),
        days in 0..500_i64,
    ) {
        let mut district = lived(before, &lines, days);
        let (state, stood) = (district.store.clone(), standing(&district));
        let (changes, _) = planned(&district, activated(after)).unwrap();
        prop_assert!(district.store == state, "a trial writes nothing");
        district.control(activated(after));
        let stands = standing(&district);

        let mut by_plan = stood.clone();
        for change in &changes {
            let key = (change.subject.clone(), change.measure.clone());
            prop_assert_eq!(stood.get(&key), change.before.as_ref());
            match &change.after {
                Some(flag) => drop(by_plan.insert(key, flag.clone())),
                None => drop(by_plan.remove(&key)),
            }
        }
        prop_assert_eq!(by_plan, stands.clone());
        // Each change is one: what is published anew with nothing new would be noise.
        for change in &changes {
            let key = (change.subject.clone(), change.measure.clone());
            let (Some(before), Some(after)) = (stood.get(&key), stands.get(&key)) else { continue };
            prop_assert!(before.effect != after.effect || !change.aspects.is_empty(), "{:?}", change);
        }
    }

    #[test]
    fn a_plan_of_what_is_in_force_is_empty(
        lines in prop::collection::vec(arbitrary_line(), 1..30),
        before in arbitrary_digest(),
        after in arbitrary_digest(),
        days in 0..500_i64,
    ) {
        let mut district = lived(before, &lines, days);
        district.control(activated(after));
        prop_assert_eq!(planned(&district, activated(after)).unwrap().0, vec![]);
        // Under another digest every subject is evaluated afresh, to the same end.
        let (changes, ran) = planned(&district, activated(&anew(after))).unwrap();
        prop_assert_eq!(changes, vec![]);
        prop_assert_eq!(ran.notices, Notices::default());
    }

    #[test]
    fn what_is_rolled_back_is_as_if_it_had_never_been(
        lines in prop::collection::vec(arbitrary_line(), 1..30),
        before in arbitrary_digest(),
        after in arbitrary_digest(),
    ) {
        let mut district = lived(before, &lines, 0);
        let stood = without_digests(standing(&district));
        district.control(activated(after));
        district.control(activated(before));
        prop_assert_eq!(without_digests(standing(&district)), stood);
    }

    #[test]
    fn what_stands_is_what_the_rules_in_force_make_of_the_state(
        lines in prop::collection::vec(arbitrary_line(), 1..30),
        before in arbitrary_digest(),
        after in arbitrary_digest(),
        days in 0..900_i64,
    ) {
        let mut district = lived(before, &lines, days);
        district.control(activated(after));
        let keys: Vec<_> = district.flags.iter().map(|(key, (_, flag))| (key.clone(), flag.clone())).collect();
        for ((subject, measure), flag) in keys {
            let made = published(&mut district.store, &Variants, &subject, &measure).unwrap();
            // Who changed nothing of a flag does not publish it anew.
            let undated = |flag: Option<Flag>| flag.map(|flag| Flag { catalogue: String::new(), ..flag });
            prop_assert_eq!(undated(made), undated(flag));
        }
    }
}

/// Firms each with a court record whose notice was served, one in three with an award too.
fn many(count: u64) -> District<'static> {
    let mut district = District::new(&Variants, "whole", noon("2026-06-01"));
    for firm in 0..count {
        let court = format!("source=district.court item=court.judgment-defaulter record=C subject=uscc:{firm}");
        send(&mut district, &format!("record.upserted {court} revision=1 issued=2026-05-01 fields={{ground:2}}"));
        send(&mut district, &format!("notice.served {court} notice_id=N served_on=2026-05-02"));
        if firm % 3 == 0 {
            let award = format!("source=district.market item=honour.award record=A subject=uscc:{firm}");
            send(&mut district, &format!("record.upserted {award} revision=1 issued=2026-05-01 fields={{title:甲}}"));
        }
    }
    district
}

#[test]
fn a_plan_that_goes_on_over_many_records_is_exact_and_counted() {
    let firms = CHANGES_MAX as u64 / 3 + 300;
    let mut district = many(firms);
    let (changes, ran) = planned(&district, activated("less")).unwrap();
    assert!(ran.records > 1, "the sweep is cut: {ran:?}");
    assert_eq!(ran.subjects, firms);
    assert_eq!(changes.len() as u64, firms, "one lift each");
    let mut tally = Tally::default();
    changes.iter().for_each(|change| tally.count(change));
    assert_eq!(tally.total().lifted, firms);
    assert_eq!((tally.subjects, tally.subjects_graver), (firms, 0));
    let of_court = tally.departments.values().next().unwrap();
    assert_eq!(of_court.lifted, firms);

    district.control(activated("less"));
    let mut tally = Tally::default();
    let (changes, _) = planned(&district, activated("whole")).unwrap();
    changes.iter().for_each(|change| tally.count(change));
    assert_eq!(tally.total().restricted, firms, "rolled back, they are restricted again");
    assert_eq!((tally.subjects, tally.subjects_graver), (firms, firms));
}

#[test]
fn what_makes_a_restriction_graver_is_told_from_what_does_not() {
    let mut district = many(3);
    let kinds = |changes: &[Change]| changes.iter().map(|change| (change.measure.to_string(), change.kind)).collect();
    let of = |district: &District<'_>, digest: &str| -> Vec<(String, Kind)> {
        let (changes, _) = planned(district, activated(digest)).unwrap();
        let mut kinds: Vec<_> = kinds(&changes);
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(of(&district, "wider"), [("honours-restriction".to_owned(), Kind::Widened)]);
    assert_eq!(of(&district, "renamed"), [("honours-restriction".to_owned(), Kind::Changed)]);
    assert!(of(&district, "shorter").iter().all(|(_, kind)| *kind == Kind::Changed));
    assert_eq!(of(&district, "again"), []);
    district.control(activated("shorter"));
    let back = of(&district, "whole");
    let restrictions = back.iter().filter(|(measure, _)| measure != "licence-fast-lane");
    assert!(
        restrictions.clone().count() == 3 && restrictions.clone().all(|(_, kind)| *kind == Kind::Widened),
        "{back:?}"
    );
    let (changes, _) = planned(&district, activated("whole")).unwrap();
    assert!(changes.iter().all(|change| change.aspects.contains(&Aspect::Intervals)), "{changes:?}");
}

#[test]
fn a_state_whose_timers_are_due_is_not_planned_on() {
    let mut district = many(1);
    district.now = noon("2030-01-01");
    assert!(matches!(planned(&district, activated("less")), Err(TrialError::Unsettled)));
    district.control(Control::TimeAdvanced);
    assert!(planned(&district, activated("less")).is_ok());
}

#[test]
fn a_plan_of_other_ratings_is_exact_and_names_what_differs_and_who_rates() {
    let mut district = District::new(&rated::Shelf, rated::DIGEST, noon("2026-06-01"));
    for (subject, passes) in [(1, false), (2, true)] {
        let about = format!("subject=uscc:{subject}");
        let penalty = format!("source=district.fire item=fire.penalty record=P1 {about}");
        let pass = format!("source=district.market item=inspection.result record=I1 {about} revision=1");
        send(&mut district, &format!("record.upserted {pass} issued=2026-05-01 fields={{result:pass}}"));
        if passes {
            continue;
        }
        send(
            &mut district,
            &format!("record.upserted {penalty} revision=1 issued=2026-05-01 fields={{severity:serious}}"),
        );
        send(&mut district, &format!("notice.served {penalty} notice_id=N1 served_on=2026-05-08"));
        let told = format!("source=district.fire item=rating.notice record=stars/two/2026-05-08 {about}");
        send(&mut district, &format!("notice.served {told} notice_id=N2 served_on=2026-05-09"));
    }
    let (changes, _) = planned_by(&rated::Shelf, &district, activated(rated::OTHER_DIGEST)).unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            let aspects: Vec<&str> = change.aspects.iter().map(|aspect| aspect.as_str()).collect();
            let departments: Vec<&str> = change.departments.iter().map(|unit| unit.as_str()).collect();
            (change.measure.as_str(), change.kind.as_str(), aspects.join(" "), departments.join(" "))
        })
        .collect();
    // Five points more leave the first in its band; nothing is inspected less often any more.
    assert_eq!(
        told,
        [
            ("more-inspections", "changed", "rating".to_owned(), "district.fire".to_owned()),
            ("fewer-inspections", "lifted", String::new(), "district.fire".to_owned())
        ]
    );
    let stood = standing(&district);
    district.control(activated(rated::OTHER_DIGEST));
    let stands = standing(&district);
    for change in &changes {
        let key = (change.subject.clone(), change.measure.clone());
        assert_eq!((stood.get(&key), stands.get(&key)), (change.before.as_ref(), change.after.as_ref()));
    }
    assert_eq!(stood.len() - 1, stands.len());
    assert_eq!(planned_by(&rated::Shelf, &district, activated(rated::OTHER_DIGEST)).unwrap().0, vec![]);
}

proptest! {
    #[test]
    fn an_overlay_walks_like_one_map_with_the_changes_applied(
        base in prop::collection::btree_map(0u8..20, 0u8..9, 0..15),
        changes in prop::collection::vec((0u8..20, prop::option::of(0u8..9)), 0..15),
        (from, to) in (0u8..20, 0u8..20),
        most in 1usize..20,
    ) {
        let mut map = MemoryStore::default();
        base.iter().for_each(|(key, value)| map.put(vec![*key], vec![*value]));
        let mut expected = base.clone();
        let mut overlay = Overlay::over(&map);
        for (key, value) in changes {
            match value {
                Some(value) => {
                    overlay.put(vec![key], vec![value]);
                    expected.insert(key, value);
                }
                None => {
                    overlay.delete(vec![key]);
                    expected.remove(&key);
                }
            }
        }
        let mut walked = Vec::new();
        overlay
            .walk(&[from], &[to], &mut |key, value| {
                walked.push((key[0], value[0]));
                if walked.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        let within = expected.into_iter().filter(|(key, _)| (from..to).contains(key));
        prop_assert_eq!(walked, within.take(most).collect::<Vec<_>>());
    }
}
