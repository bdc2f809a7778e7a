//! What a lookup shows, after each step of every story that the repository tells and of random histories: the same as the gate
//! answers, where each record stands, and of what has ended nothing but that it was.
#![allow(clippy::unwrap_used)]

#[path = "../../../domain/tests/support/mod.rs"]
#[allow(unused, unreachable_pub)]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::catalogue::{Catalogue, Disclosure, Effect};
use domain::event::RecordRef;
use domain::fold::Catalogues;
use domain::ids::{MatterId, MatterPattern, RatingId};
use domain::record::Record;
use domain::rows::Rows;
use domain::state::SubjectRow;
use domain::subject::SubjectKey;
use domain::time::Instant;
use domain::verdict::{Decision, decide};
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::history::{arbitrary_step, raw};
use support::story::{self, District, noon};
use support::{DIGEST, Shelf};

use super::SubjectView;
use crate::rating_view;

/// The reference catalogue, whatever is asked for.
struct Reference(Arc<Catalogue>);

impl Catalogues for Reference {
    fn catalogue(&self, _: &str) -> Option<Arc<Catalogue>> {
        Some(Arc::clone(&self.0))
    }
}

/// What a lookup would answer about a subject.
struct Looked {
    /// Each record beside what is shown of it, those that are declined left out.
    records: Vec<(RecordRef, Record, Value)>,
    ratings: Vec<Value>,
}

fn look(district: &mut District<'_>, subject: &SubjectKey) -> Looked {
    let (catalogue, now) = (district.catalogue(), district.now);
    let rows = Rows::new(&mut district.store);
    let head = rows.subject(subject).unwrap();
    let restrictions = head.as_ref().map(SubjectRow::restrictions).unwrap_or_default();
    let opted_out = head.as_ref().is_some_and(SubjectRow::has_opted_out);
    let view = SubjectView { kind: subject.kind(), catalogue: &catalogue, now, restrictions: &restrictions, opted_out };
    let records = rows.records(subject, None, usize::MAX).unwrap();
    let shown = |(key, record)| {
        let one = super::records(&view, &[(RecordRef::clone(&key), Record::clone(&record))]).pop()?;
        Some((key, record, one))
    };
    let ratings = rating_view::ratings(&rows.ratings(subject).unwrap(), &catalogue, now);
    Looked { records: records.into_iter().filter_map(shown).collect(), ratings }
}

fn day(value: &Value) -> Option<Date> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap())
}

fn about<'a>(mut patterns: impl Iterator<Item = &'a str>, matter: &MatterId) -> bool {
    patterns.any(|pattern| MatterPattern::new(pattern).unwrap().matches(matter))
}

/// The decision on a matter that a reader of the answer would come to.
fn read_decision(looked: &Looked, catalogue: &Catalogue, matter: &MatterId, now: Instant) -> Decision {
    let measures = looked.records.iter().flat_map(|(_, _, shown)| shown["measures"].as_array().into_iter().flatten());
    let in_force: Vec<&Value> = measures.filter(|measure| measure["state"] == "in_force").collect();
    let excepted = |measure: &Value| {
        measure["exceptions"].as_array().into_iter().flatten().any(|exception| {
            exception["matter"] == matter.as_str()
                && day(&exception["from"]).unwrap() <= now.day()
                && now.day() <= day(&exception["until"]).unwrap()
        })
    };
    let of_record = |effect: Effect| {
        let mut measures = in_force.iter().filter(|measure| measure["effect"] == effect.as_str());
        measures.any(|measure| about(texts(&measure["matters"]), matter) && !excepted(measure))
    };
    let of_rating = |effect: Effect| {
        looked.ratings.iter().any(|rating| {
            let rules = &catalogue.ratings[&RatingId::new(rating["rating"].as_str().unwrap()).unwrap()];
            let mut measures = rating["measures"].as_array().unwrap().iter();
            about(rules.matters.iter().map(MatterPattern::as_str), matter)
                && measures.any(|measure| measure["effect"] == effect.as_str())
        })
    };
    let restricted = in_force.iter().any(|measure| measure["effect"] == Effect::Restrict.as_str());
    if of_record(Effect::Restrict) {
        Decision::Restricted
    } else if of_record(Effect::Supervise) || of_rating(Effect::Supervise) {
        Decision::Supervised
    } else if !restricted && (of_record(Effect::Facilitate) || of_rating(Effect::Facilitate)) {
        Decision::Facilitated
    } else {
        Decision::Clear
    }
}

/// What must hold of every answer.
fn hold_to_the_rules(district: &mut District<'_>) -> Result<(), String> {
    let (catalogue, now) = (district.catalogue(), district.now);
    let subjects = Rows::new(&mut district.store).subjects_after(&[], usize::MAX).unwrap();
    for (_, subject) in subjects {
        let looked = look(district, &subject);
        let mut masked = false;
        for (key, record, shown) in &looked.records {
            masked |= is_masked(&catalogue, key, record);
            of_one(&catalogue, key, record, shown).map_err(|fault| format!("{fault}: {shown:#}"))?;
        }
        // What follows from a record that is the subject's alone to see is answered and not shown.
        for matter in catalogue.matters.keys().filter(|_| !masked) {
            let answer = decide(district.held(&subject), matter, now).decision;
            let read = read_decision(&looked, &catalogue, matter, now);
            if answer != read {
                return Err(format!("{matter} is {answer:?}, and looks {read:?}: {:#?}", looked.ratings));
            }
        }
    }
    Ok(())
}

fn is_masked(catalogue: &Catalogue, key: &RecordRef, record: &Record) -> bool {
    let entry = record.standing().and_then(|standing| catalogue.item(&key.item, standing.document.issued_on));
    entry.or_else(|| catalogue.newest_item(&key.item)).is_some_and(|item| item.disclosure == Disclosure::Subject)
}

fn of_one(catalogue: &Catalogue, key: &RecordRef, record: &Record, shown: &Value) -> Result<(), &'static str> {
    const CONTENT: [&str; 9] =
        ["record_id", "revision", "document", "fields", "until", "until_condition", "measures", "points", "cases"];
    let has = |name: &str| shown.get(name).is_some();
    let hidden = if is_masked(catalogue, key, record) {
        if ["status", "history", "reason", "annotation"].into_iter().any(has) {
            return Err("it is the subject's alone to see, and says how it stands");
        }
        true
    } else {
        let annotation = if record.review_open() {
            json!("review")
        } else if record.objection_open() {
            json!("objection")
        } else {
            Value::Null
        };
        if shown["annotation"] != annotation {
            return Err("it is contested, and not annotated, or the other way round");
        }
        let told = shown["history"].as_array().unwrap();
        let days: Vec<_> = told.iter().map(|fact| day(&fact["on"])).collect();
        if !days.is_sorted() {
            return Err("its history is not in the order of its days");
        }
        let hidden = !matches!(shown["status"].as_str().unwrap(), "standing" | "awaited");
        if hidden && told.iter().any(|fact| fact.get("detail").is_some()) {
            return Err("it has ended, and its history tells more than what was when");
        }
        hidden
    };
    if hidden && CONTENT.into_iter().any(has) { Err("it shows what nobody but its subject may see") } else { Ok(()) }
}

/// Where a record stands, in the words of a story's line `record`.
fn in_words(shown: &Value) -> String {
    let status = shown["status"].as_str().unwrap();
    let mut said = match status {
        "standing" => format!("standing until={}", shown["until"].as_str().unwrap_or("none")),
        "awaited" => "unpublished".to_owned(),
        other => other.to_owned(),
    };
    let mut told = shown["history"].as_array().unwrap().iter();
    if told.any(|fact| fact["detail"]["note"] == "repair.before-minimum") {
        said.push_str(" before-minimum");
    }
    said
}

/// A line `record` of a story is held to what the lookup shows too; other lines to the rules alone.
fn seen(district: &mut District<'_>, words: &[String], subject: Option<&SubjectKey>) -> Result<(), String> {
    hold_to_the_rules(district)?;
    let ("record", Some(subject)) = (words[0].as_str(), subject) else { return Ok(()) };
    let catalogue = district.catalogue();
    let looked = look(district, subject);
    let is = |key: &RecordRef| key.item.as_str() == words[1] && key.record_id.as_str() == words[2];
    let (key, record, shown) = looked.records.iter().find(|(key, ..)| is(key)).ok_or("it is not shown")?;
    if is_masked(&catalogue, key, record) {
        return Ok(());
    }
    let mut wanted = words[3..].join(" ");
    if wanted.contains(" shielded=") {
        // While its subject is reorganised an adverse record is not shown at all.
        "shielded".clone_into(&mut wanted);
    }
    let said = in_words(shown);
    if said == wanted { Ok(()) } else { Err(format!("the lookup says {said}: {shown:#}")) }
}

fn story_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(story_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "story") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_lookup_and_a_check_agree_after_every_step_of_every_story_of_the_catalogue() {
    let loaded = catalogue::load(&catalogue::reference()).unwrap();
    let reference = Reference(Arc::new(loaded.catalogue));
    let files = story_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue"));
    assert!(files.len() > 7, "the packs have their stories");
    for file in files {
        story::run_seen(&fs::read_to_string(&file).unwrap(), &reference, "reference", &mut seen);
    }
}

#[test]
fn a_lookup_and_a_check_agree_after_every_step_of_every_story_of_the_domain() {
    let files = story_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/stories"));
    assert!(files.len() > 5, "the domain has its stories");
    for file in files.iter().filter(|file| !file.ends_with("ratings.story")) {
        story::run_seen(&fs::read_to_string(file).unwrap(), &Shelf, DIGEST, &mut seen);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_lookup_and_a_check_agree_in_random_histories(
        steps in prop::collection::vec(arbitrary_step(), 1..25),
        later in prop::collection::vec(0..900_i64, 1..4),
    ) {
        let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
        let mut clocks = later.iter().cycle();
        for (n, step) in steps.iter().enumerate() {
            let _ = district.send(&raw(step));
            if n % 6 == 5 {
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(domain::event::Control::TimeAdvanced);
            }
            let held = hold_to_the_rules(&mut district);
            prop_assert!(held.is_ok(), "{}", held.unwrap_err());
        }
    }
}

/// Who took a record away says why, and the subject may read it (处罚法 48; 深圳条例 51).
#[test]
fn a_record_that_was_taken_away_says_why_and_nothing_else() {
    let court = "source=district.court item=court.judgment-defaulter subject=uscc:1";
    for (last, status) in [
        ("record.withdrawn {of} revision=2 fields={reason: 撤案（虚构）}", "withdrawn"),
        ("review.closed {of} review_id=R1 outcome=revoked closed_on=2026-05-20 reason=撤案（虚构）", "revoked"),
        (
            "objection.resolved {of} objection_id=O1 outcome=upheld resolved_on=2026-05-20 reason=撤案（虚构）",
            "delisted",
        ),
    ] {
        let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
        let of = format!("{court} record=A");
        let lines = [
            "record.upserted {of} revision=1 issued=2026-05-01 fields={ground: 2}",
            "notice.served {of} notice_id=N served_on=2026-05-02",
            "review.opened {of} review_id=R1 kind=review opened_on=2026-05-10",
            "objection.filed {of} objection_id=O1 grounds=g filed_on=2026-05-10",
            last,
        ];
        for line in lines {
            let sent = district.send(&story::event(&story::words(&line.replace("{of}", &of))));
            assert!(sent.is_ok(), "{line}: {:?}", sent.err());
        }
        let subject = district.subject_key("uscc", &domain::subject::fictitious::uscc(1));
        let looked = look(&mut district, &subject);
        let (.., shown) = &looked.records[0];
        assert_eq!(
            (shown["status"].as_str(), shown["reason"].as_str()),
            (Some(status), Some("撤案（虚构）")),
            "{shown:#}"
        );
        assert_eq!(hold_to_the_rules(&mut district), Ok(()));
    }
}

/// 深圳条例 39: what a subject will not have recorded is shown to nobody.
#[test]
fn a_declined_honour_is_not_shown() {
    let mut district = District::new(&Shelf, DIGEST, noon("2026-06-01"));
    let subject = district.subject_key("uscc", &domain::subject::fictitious::uscc(1));
    let send = |district: &mut District<'_>, line: &str| {
        let sent = district.send(&story::event(&story::words(line)));
        assert!(sent.is_ok(), "{line}: {:?}", sent.err());
    };
    let award = "record.upserted source=district.market item=honour.award record=H subject=uscc:1 revision=1 issued=2026-05-01 \
        fields={title: 虚构质量奖}";
    send(&mut district, award);
    let held = |district: &mut District<'_>| look(district, &subject).records.len();
    assert_eq!(held(&mut district), 1);
    send(&mut district, "subject.opted-out source=district.credit-centre subject=uscc:1 on=2026-06-01");
    assert_eq!(held(&mut district), 0);
    assert_eq!(hold_to_the_rules(&mut district), Ok(()));
}
