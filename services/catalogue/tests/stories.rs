//! The reference catalogue tells its own stories: `catalogue/**/*.story`, each run by the fold under the reference catalogue.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

#[path = "../../domain/tests/support/store.rs"]
#[allow(dead_code)]
mod store;
#[path = "../../domain/tests/support/story.rs"]
#[allow(dead_code)]
mod story;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalogue::Tree;
use domain::catalogue::{Catalogue, Route, Task};
use domain::fold::Catalogues;
use jiff::civil::date;

struct Only(Arc<Catalogue>);

impl Catalogues for Only {
    fn catalogue(&self, _: &str) -> Option<Arc<Catalogue>> {
        Some(self.0.clone())
    }
}

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue")
}

fn stories(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(stories(&path));
        } else if path.extension().is_some_and(|e| e == "story") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn reference() -> Arc<Catalogue> {
    let loaded = catalogue::load(&catalogue::reference());
    Arc::new(loaded.unwrap_or_else(|findings| panic!("{}", catalogue::render_plain(&findings))).catalogue)
}

#[test]
fn every_story_of_the_reference_catalogue_holds() {
    let only = Only(reference());
    let files = stories(&tree());
    assert!(!files.is_empty());
    for file in files {
        let told = story::run(&fs::read_to_string(&file).unwrap(), &only, "reference");
        assert!(told > 0, "{} tells no story", file.display());
    }
}

#[test]
fn every_pack_has_stories_and_may_be_taken_away() {
    let whole = catalogue::reference();
    let packs = tree().join("packs");
    let mut seen = 0;
    for pack in fs::read_dir(&packs).unwrap() {
        let name = pack.unwrap().file_name().into_string().unwrap();
        let prefix = format!("packs/{name}/");
        let left = whole.files().iter().filter(|file| !file.path.starts_with(&prefix));
        let files: Vec<_> = left.map(|file| (file.path.clone(), file.text.clone().into_bytes())).collect();
        assert!(files.len() < whole.files().len(), "{name} has no rules");
        let loaded = catalogue::load(&Tree::from_files(files));
        let without = loaded.unwrap_or_else(|found| panic!("without {name}: {}", catalogue::render_plain(&found)));
        let only = Only(Arc::new(without.catalogue));
        let (its, others): (Vec<_>, Vec<_>) =
            stories(&tree()).into_iter().partition(|file| file.starts_with(packs.join(&name)));
        assert!(!its.is_empty(), "{name} tells no story");
        for file in others {
            story::run(&fs::read_to_string(&file).unwrap(), &only, "reference");
        }
        seen += 1;
    }
    assert_eq!(seen, 8, "every scenario's pack, and the lenders'");
}

#[test]
fn every_administrative_penalty_is_to_be_served_in_time() {
    let catalogue = reference();
    let entries = catalogue.items.values().flatten().filter(|item| item.document.kind == "penalty-decision");
    // A court's fine is no administrative penalty: 处罚法 61 is not about it.
    let administrative = entries.filter(|item| !item.id.as_str().starts_with("court."));
    let mut seen = 0;
    for item in administrative {
        let on = date(2026, 5, 8);
        assert!(catalogue.deadline(Task::NoticeService, &item.id, on).is_some(), "{} is served when?", item.id);
        seen += 1;
    }
    assert!(seen >= 18);
}

#[test]
fn every_item_every_measure_and_every_rating_has_a_story() {
    let text: String = stories(&tree()).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let told: BTreeSet<&str> =
        text.lines().filter_map(|l| l.strip_prefix("story ")?.split(':').next()).map(str::trim).collect();
    let catalogue = reference();
    let ids = catalogue.items.keys().map(|id| id.as_str()).chain(catalogue.measures.keys().map(|id| id.as_str()));
    let ids = ids.chain(catalogue.ratings.keys().map(|id| id.as_str()));
    let untold: Vec<&str> = ids.filter(|id| !told.contains(id)).collect();
    assert!(untold.is_empty(), "no story begins with their id: {untold:?}");
}

#[test]
fn a_decision_is_reviewed_by_the_government_and_one_of_customs_or_tax_by_the_authority_above() {
    let catalogue = reference();
    for day in [date(2022, 6, 1), date(2026, 6, 1)] {
        for department in catalogue.departments.keys() {
            let open = catalogue.recourses_of(department, "penalty-decision", day);
            let reviewed_by: Vec<&str> = open
                .filter(|recourse| recourse.route == Route::Review)
                .map(|recourse| recourse.to.zh.as_str())
                .collect();
            let expected: &[&str] = match (department.as_str(), day.year()) {
                ("district.court", _) => &[],
                ("district.customs" | "district.tax", _) => &["作出决定的单位的上一级主管部门"],
                (_, 2022) => &["作出决定的单位的本级人民政府或者上一级主管部门"],
                (_, _) => &["作出决定的单位的本级人民政府"],
            };
            assert_eq!(reviewed_by, expected, "{department} on {day}");
        }
    }
}
