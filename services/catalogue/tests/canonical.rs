//! One catalogue, one form: whatever the files it was read from.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use catalogue::{
    Section, Tree, canonical_bytes, digest, digest_of, from_canonical, load, reference, unverified_restrictions,
};
use domain::catalogue::Catalogue;
use domain::ids::{ItemId, MeasureId};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

fn good() -> Catalogue {
    load(&Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good"))).unwrap().catalogue
}

/// A catalogue as entries to be written down, each under its key. JSON is YAML.
fn entries(catalogue: &Catalogue) -> Vec<(&'static str, Value)> {
    let value = serde_json::to_value(catalogue).unwrap();
    let mut entries = Vec::new();
    for section in ["departments", "instruments", "domains", "lists", "ratings", "consumers", "calendar"] {
        entries.extend(value[section].as_object().unwrap().values().map(|entry| (section, entry.clone())));
    }
    for section in ["matters", "items", "measures", "deadlines"] {
        let versions = value[section].as_object().unwrap().values().flat_map(|versions| versions.as_array().unwrap());
        entries.extend(versions.map(|entry| (section, entry.clone())));
    }
    for (kind, registry) in value["registries"].as_object().unwrap() {
        entries.push((
            "registries",
            json!({"kind": kind, "departments": registry["departments"], "opt_outs": registry["opt_outs"]}),
        ));
    }
    entries.extend(value["confirmed_codes"].as_array().unwrap().iter().map(|code| ("confirmed_codes", code.clone())));
    entries
}

/// One file per entry, in the order given.
fn tree(catalogue: &Catalogue, entries: &[(&'static str, Value)]) -> Tree {
    let head = json!({"catalogue": {"id": catalogue.id, "title": catalogue.title}}).to_string();
    let file = |(n, (section, entry)): (usize, &(&str, Value))| {
        (format!("{n:04}.yaml"), json!({*section: [entry]}).to_string())
    };
    Tree::from_files(entries.iter().enumerate().map(file).chain([("head.yaml".to_owned(), head)]))
}

#[test]
fn what_is_written_down_loads_as_what_it_was() {
    for catalogue in [good(), load(&reference()).unwrap().catalogue] {
        let again = load(&tree(&catalogue, &entries(&catalogue))).unwrap().catalogue;
        assert_eq!(again, catalogue);
        assert_eq!(canonical_bytes(&again), canonical_bytes(&catalogue));
    }
}

#[test]
fn canonical_bytes_lead_back_to_the_catalogue() {
    let catalogue = good();
    let bytes = canonical_bytes(&catalogue);
    assert_eq!(from_canonical(&bytes).unwrap(), catalogue);
    assert_eq!(digest_of(&bytes), digest(&catalogue));
    assert_eq!(digest(&catalogue).len(), 64);
}

#[test]
fn a_changed_word_changes_the_digest() {
    let catalogue = good();
    let mut other = catalogue.clone();
    other.title.en.push('!');
    assert_ne!(digest(&catalogue), digest(&other));
}

#[test]
fn bytes_that_are_no_catalogue_are_refused() {
    let bytes = canonical_bytes(&good());
    let deep = "[".repeat(100_000).into_bytes();
    for bad in [&bytes[..bytes.len() - 1], &[&bytes[..], b"{}"].concat(), b"{}", b"", b"\xff", &deep] {
        assert!(from_canonical(bad).is_err());
    }
}

#[test]
fn versions_are_in_order_of_their_windows() {
    let catalogue = good();
    let id = ItemId::new("fire.penalty").unwrap();
    let versions: Vec<u32> = catalogue.items[&id].iter().map(|item| item.version).collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(catalogue.item(&id, date(2023, 4, 30)).unwrap().version, 1);
    assert_eq!(catalogue.item(&id, date(2023, 5, 1)).unwrap().version, 2);
}

#[test]
fn every_entry_knows_where_it_stands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good");
    let loaded = load(&Tree::read(&folder)).unwrap();
    let position = loaded.positions.of(Section::Items, "fire.penalty", Some(date(2023, 5, 1))).unwrap();
    assert_eq!(position.file, "rules.yaml");
    let text = fs::read_to_string(folder.join("rules.yaml")).unwrap();
    let lines: Vec<&str> = text.lines().skip(position.line - 1).take(2).map(str::trim).collect();
    assert_eq!(lines, ["- id: fire.penalty", "version: 2"]);
    let sections: BTreeSet<Section> = loaded.positions.iter().map(|(section, ..)| section).collect();
    assert_eq!(sections.len(), Section::ALL.len() - 1, "all but the codes, of which there are none");
}

#[test]
fn the_catalogue_compiled_in_is_the_one_of_the_checkout() {
    let on_disk = load(&Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue"))).unwrap();
    assert_eq!(digest(&load(&reference()).unwrap().catalogue), digest(&on_disk.catalogue));
}

#[test]
fn restrictions_on_unchecked_text_are_named_with_what_is_unchecked() {
    let mut catalogue = good();
    assert!(unverified_restrictions(&catalogue).is_empty());
    let measure = MeasureId::new("subsidy-restriction").unwrap();
    catalogue.items.get_mut(&ItemId::new("court.judgment-defaulter").unwrap()).unwrap()[0].verified = false;
    let found = unverified_restrictions(&catalogue);
    assert_eq!(found[&measure], BTreeSet::from(["item court.judgment-defaulter version 1".to_owned()]));
    catalogue.instruments.values_mut().for_each(|instrument| instrument.verified = false);
    assert!(unverified_restrictions(&catalogue)[&measure].contains("instrument law"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_entries_and_files_changes_nothing(order in Just(entries(&good())).prop_shuffle()) {
        let catalogue = good();
        let shuffled = load(&tree(&catalogue, &order)).unwrap().catalogue;
        prop_assert_eq!(digest(&shuffled), digest(&catalogue));
    }
}
