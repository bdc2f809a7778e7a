use std::collections::{BTreeMap, BTreeSet};

use domain::check::{Context, check};
use domain::event::Event;
use domain::pseudonym::PseudonymKey;
use domain::time::Instant;
use domain::value::Raw;
use jiff::civil::date;

use super::*;

const SUBJECTS: u64 = 2_000;

fn catalogue() -> Catalogue {
    catalogue::load(&catalogue::reference()).expect("the reference catalogue has no errors").catalogue
}

fn today() -> Date {
    date(2026, 11, 22)
}

/// Reads an event as intake does.
fn checked(event: &Value, catalogue: &Catalogue, today: Date) -> Event {
    let key = PseudonymKey::new("test", &[7; 32]).expect("a key");
    let now = Instant::day_start(today);
    let raw: Raw = serde_json::from_str(&event.to_string()).expect("JSON");
    match check(&raw, &Context { catalogue, key: &key, now }) {
        Ok(event) => event,
        Err(problems) => panic!("{event}\n{problems:?}"),
    }
}

#[test]
fn every_event_is_accepted_under_the_reference_catalogue() {
    let catalogue = catalogue();
    for (seed, today) in [(1, today()), (2, date(2024, 2, 29)), (3, date(2027, 1, 1)), (4, date(2018, 6, 1))] {
        let mut count = 0;
        for event in Generator::new(seed, SUBJECTS, &catalogue, today) {
            checked(&event, &catalogue, today);
            count += 1;
        }
        assert!(count > SUBJECTS, "{count} events on {today}");
    }
}

#[test]
fn a_district_follows_from_its_seed_and_grows_without_changing() {
    let catalogue = catalogue();
    let events = |seed, subjects| Generator::new(seed, subjects, &catalogue, today()).collect::<Vec<_>>();
    let small = events(1, 300);
    assert_eq!(small, events(1, 300));
    assert_ne!(small, events(2, 300));
    assert_eq!(small, events(1, 400)[..small.len()]);
    assert!(events(1, 0).is_empty());
}

#[test]
fn every_item_and_every_department_has_its_part() {
    let catalogue = catalogue();
    let (mut items, mut sources) = (BTreeSet::new(), BTreeSet::new());
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for event in Generator::new(1, SUBJECTS, &catalogue, today()) {
        items.extend(event["item"].as_str().map(str::to_owned));
        sources.extend(event["source"].as_str().map(str::to_owned));
        *types.entry(event["type"].as_str().expect("a type").to_owned()).or_default() += 1;
    }
    // An item that was no more in force three years ago is not published any more.
    let live = |id: &&domain::ids::ItemId| catalogue.items[*id].last().is_some_and(|i| i.in_force.until.is_none());
    let missing: Vec<_> = catalogue.items.keys().filter(live).filter(|id| !items.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let silent: Vec<_> = catalogue.departments.keys().filter(|id| !sources.contains(id.as_str())).collect();
    assert!(silent.is_empty(), "{silent:?}");
    let never =
        [EventType::SubjectErased, EventType::PermissionEnded, EventType::SubjectOptedOut, EventType::SubjectOptedIn];
    for wanted in EventType::ALL.into_iter().filter(|t| !never.contains(t)) {
        assert!(types.contains_key(wanted.as_str()), "no {wanted} in {types:?}");
    }
}

#[test]
fn everything_that_names_somebody_says_that_it_is_made_up() {
    for event in Generator::new(1, 200, &catalogue(), today()) {
        let name = event["subject"]["name"].as_str().expect("a name");
        let id = event["subject"]["id"].as_str().expect("an id");
        assert!(name.contains("虚构"), "{name}");
        assert!(id.contains("990000"), "{id}");
    }
}

#[test]
fn twenty_thousand_subjects_have_more_than_twice_as_many_events() {
    let count = Generator::new(1, 20_000, &catalogue(), today()).count();
    assert!(count > 40_000, "{count}");
}

#[test]
fn live_events_are_accepted_and_come_to_no_end() {
    let catalogue = catalogue();
    let generator = Generator::new(1, SUBJECTS, &catalogue, today());
    for today in [today(), date(2031, 1, 1)] {
        let events: Vec<Value> = (0..3_000).map(|n| generator.live(n, today).expect("an event")).collect();
        events.iter().for_each(|event| drop(checked(event, &catalogue, today)));
        let kinds: BTreeSet<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
        let wanted = ["notice.served", "record.corrected", "record.upserted", "record.withdrawn"];
        assert_eq!(kinds, BTreeSet::from(wanted));
    }
    assert_eq!(generator.live(0, date(1990, 1, 1)), None);
    assert_eq!(Generator::new(1, 0, &catalogue, today()).live(0, today()), None);
}

#[test]
fn the_firm_that_is_shown_is_accepted_with_its_ending() {
    let catalogue = catalogue();
    for today in [today(), date(2014, 12, 1), date(2017, 5, 20)] {
        let showcase = Showcase::of(&catalogue, today).expect("the items are in force");
        for event in showcase.events.iter().chain([&showcase.ending]) {
            checked(event, &catalogue, today);
            assert_eq!(event["subject"]["id"], showcase.uscc);
            assert!(!event.to_string().contains('\''), "{event} stands between quotes in a shell");
        }
    }
    assert!(Showcase::of(&catalogue, date(2014, 11, 1)).is_none());
}
