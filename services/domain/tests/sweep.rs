//! Sweeps: rules that change while a register is at work.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::event::{Body, Content, Continue, Control};
use domain::flag::Flag;
use domain::fold::{CHANGES_MAX, Catalogues, FoldVersion, Position, Stop, VERSIONS, apply};
use domain::ids::MeasureId;
use domain::output::Output;
use domain::rows::Rows;
use domain::subject::SubjectKey;
use support::store::MemoryStore;
use support::story::{District, event, noon};
use support::{DIGEST, OTHER_DIGEST, Shelf};

/// The versions there are, and one that shows fewer grounds: made for these tests.
const FOLDS: &[FoldVersion] = &[VERSIONS[0], FoldVersion { number: 2, grounds_shown: 2 }];

struct WithTwoFolds;

impl Catalogues for WithTwoFolds {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        Shelf.catalogue(digest)
    }

    fn folds(&self) -> &[FoldVersion] {
        FOLDS
    }
}

type Standing = BTreeMap<(SubjectKey, MeasureId), Flag>;

fn standing(district: &District<'_>) -> Standing {
    district.flags.iter().filter_map(|(key, (_, flag))| Some((key.clone(), flag.clone()?))).collect()
}

fn send(district: &mut District<'_>, line: &str) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    district.send(&event(&words)).unwrap();
}

fn listed(firm: u64, record: &str) -> [String; 2] {
    let court = format!("source=district.court item=court.judgment-defaulter record={record} subject=uscc:{firm}");
    [
        format!("record.upserted {court} revision=1 issued=2026-05-01 fields={{ground:2}}"),
        format!("notice.served {court} notice_id=N served_on=2026-05-02"),
    ]
}

/// So many that their sweep is cut in three: each has three changes at least.
const FIRMS: u64 = CHANGES_MAX as u64 * 7 / 10;

fn many(catalogues: &'static dyn Catalogues) -> District<'static> {
    let mut district = District::new(catalogues, DIGEST, noon("2026-06-01"));
    for firm in 0..FIRMS {
        listed(firm, "C").iter().for_each(|line| send(&mut district, line));
    }
    district
}

/// Appends one record and gives what it leaves to be gone on with, which is not appended.
fn step(district: &mut District<'_>, control: Control) -> Vec<Continue> {
    let at = Position { partition: 0, offset: district.offset, appended_at: district.now };
    district.offset += 1;
    let body = Body { written_at: district.now, content: Content::Control(control) };
    let applied = apply(&mut district.store, district.catalogues, at, &body).unwrap();
    let mut continues = Vec::new();
    for output in applied.outputs {
        match output {
            Output::Flag(change) => district.read(&change),
            Output::Continue(go_on) => continues.push(go_on),
            _ => {}
        }
    }
    continues
}

fn activated(digest: &str) -> Control {
    Control::CatalogueActivated { digest: digest.to_owned() }
}

fn sweeping(store: &mut MemoryStore) -> bool {
    Rows::new(store).partition().unwrap().sweeping
}

#[test]
fn events_go_on_between_the_parts_of_a_sweep() {
    let (mut quiet, mut busy) = (many(&Shelf), many(&Shelf));
    quiet.control(activated(OTHER_DIGEST));
    assert!(!sweeping(&mut quiet.store));

    let mut pending = step(&mut busy, activated(OTHER_DIGEST));
    (quiet.digest, busy.digest) = (OTHER_DIGEST.to_owned(), OTHER_DIGEST.to_owned());
    // One that the sweep has passed, one that it has not come to, one that is new.
    let mut firms = [0, FIRMS - 1, FIRMS + 5].into_iter();
    let mut parts = 0;
    while let Some(go_on) = pending.pop() {
        parts += 1;
        assert!(sweeping(&mut busy.store));
        if let Some(firm) = firms.next() {
            let known = standing(&busy).len();
            for line in listed(firm, "D") {
                send(&mut busy, &line);
                send(&mut quiet, &line);
            }
            assert!(firm < FIRMS || standing(&busy).len() > known, "it takes effect at once");
        }
        pending.extend(step(&mut busy, Control::Continue(go_on)));
    }
    assert!(parts >= 2, "the sweep was cut");
    assert!(!sweeping(&mut busy.store));
    assert_eq!(standing(&busy), standing(&quiet));
}

#[test]
fn a_newer_activation_supersedes_a_sweep() {
    let mut district = many(&Shelf);
    let before = standing(&district);
    let old = step(&mut district, activated(OTHER_DIGEST)).pop().expect("the sweep is cut");
    let newer = step(&mut district, activated(DIGEST)).pop().expect("the sweep is cut");
    let state = district.store.clone();
    assert_eq!(step(&mut district, Control::Continue(old)), []);
    assert!(district.store == state, "what goes on from an older activation does nothing");
    let mut pending = vec![newer];
    while let Some(go_on) = pending.pop() {
        pending.extend(step(&mut district, Control::Continue(go_on)));
    }
    assert!(!sweeping(&mut district.store));
    assert_eq!(standing(&district), before);
}

#[test]
fn a_sweep_that_is_interrupted_goes_on_where_it_was() {
    let mut whole = many(&Shelf);
    let mut pending = step(&mut whole, activated(OTHER_DIGEST));
    // A crash: what was committed is all that is left.
    let mut resumed = District::new(&Shelf, DIGEST, whole.now);
    (resumed.store, resumed.offset, resumed.flags) = (whole.store.clone(), whole.offset, BTreeMap::new());
    let mut again = pending.clone();
    while let Some(go_on) = pending.pop() {
        pending.extend(step(&mut whole, Control::Continue(go_on)));
    }
    while let Some(go_on) = again.pop() {
        again.extend(step(&mut resumed, Control::Continue(go_on)));
    }
    assert!(resumed.store == whole.store);
}

#[test]
fn a_version_of_the_fold_is_activated_and_swept_like_a_catalogue() {
    let mut district = District::new(&WithTwoFolds, DIGEST, noon("2026-06-01"));
    for record in ["C", "D", "E"] {
        listed(1, record).iter().for_each(|line| send(&mut district, line));
    }
    let shown = |district: &District<'_>| {
        let flags = standing(district);
        flags.values().map(|flag| (flag.grounds.len(), flag.grounds_total)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&district), [(3, 3); 3]);
    district.control(Control::FoldActivated { version: 2 });
    assert_eq!(shown(&district), [(2, 3); 3], "the sweep publishes what the version does otherwise");
    listed(2, "C").iter().for_each(|line| send(&mut district, line));
    district.control(Control::FoldActivated { version: 1 });
    assert_eq!(shown(&district), [[(3, 3); 3], [(1, 1); 3]].concat());
}

#[test]
fn a_program_without_the_fold_in_force_stops_at_the_next_record() {
    let mut district = District::new(&WithTwoFolds, DIGEST, noon("2026-06-01"));
    district.control(Control::FoldActivated { version: 2 });
    let at = Position { partition: 0, offset: district.offset, appended_at: district.now };
    let body = Body { written_at: district.now, content: Content::Control(Control::TimeAdvanced) };
    let state = district.store.clone();
    assert_eq!(apply(&mut district.store, &Shelf, at, &body), Err(Stop::UnknownFold(2)));
    assert!(district.store == state, "nothing of the record is kept");
}

/// The reference catalogue, and the same with another title of one item.
struct Retitled;

const RETITLED: &str = "retitled";

impl Catalogues for Retitled {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        if digest != RETITLED {
            return Shelf.catalogue(digest);
        }
        let mut catalogue = (*Shelf.catalogue(DIGEST)?).clone();
        let entries = catalogue.items.iter_mut().filter(|(id, _)| id.as_str() == "fire.penalty");
        entries.flat_map(|(_, versions)| versions).for_each(|item| item.title.zh = "另一名称".to_owned());
        Some(Arc::new(catalogue))
    }
}

#[test]
fn a_notice_that_waits_is_told_again_by_rules_that_word_it_otherwise() {
    let mut district = District::new(&Retitled, DIGEST, noon("2026-06-01"));
    let penalty = |firm| {
        format!(
            "record.upserted source=district.fire item=fire.penalty record=P subject=uscc:{firm} revision=1 issued=2026-05-08 fields={{severity:general}}"
        )
    };
    (1..=2).for_each(|firm| send(&mut district, &penalty(firm)));
    send(
        &mut district,
        "notice.served source=district.fire item=fire.penalty record=P subject=uscc:2 notice_id=N served_on=2026-05-09",
    );
    let mut titles = |digest: &str| -> Vec<String> {
        let at = Position { partition: 0, offset: district.offset, appended_at: district.now };
        district.offset += 1;
        let body = Body { written_at: district.now, content: Content::Control(activated(digest)) };
        let applied = apply(&mut district.store, district.catalogues, at, &body).unwrap();
        let notices = applied.outputs.into_iter().filter_map(|output| match output {
            Output::Notice(change) => change.notice.letter.map(|letter| letter.title.zh),
            _ => None,
        });
        notices.collect()
    };
    assert_eq!(titles(OTHER_DIGEST), Vec::<String>::new(), "those rules say the same of it");
    assert_eq!(titles(RETITLED), ["另一名称"], "what was served stays served");
}

#[test]
fn a_sweep_that_tells_notices_again_is_cut_as_any_other() {
    let mut district = District::new(&Retitled, DIGEST, noon("2026-06-01"));
    let (firms, each) = (CHANGES_MAX as u64 / 20, 30);
    for (firm, penalty) in (0..firms).flat_map(|firm| (0..each).map(move |penalty| (firm, penalty))) {
        send(
            &mut district,
            &format!(
                "record.upserted source=district.fire item=fire.penalty record=P{penalty} subject=uscc:{firm} revision=1 issued=2026-05-08 fields={{severity:general}}"
            ),
        );
    }
    let (mut controls, mut told) = (vec![activated(RETITLED)], Vec::new());
    while let Some(control) = controls.pop() {
        let at = Position { partition: 0, offset: district.offset, appended_at: district.now };
        district.offset += 1;
        let body = Body { written_at: district.now, content: Content::Control(control) };
        let outputs = apply(&mut district.store, district.catalogues, at, &body).unwrap().outputs;
        told.push(outputs.iter().filter(|output| matches!(output, Output::Notice(_))).count());
        controls.extend(outputs.into_iter().filter_map(|output| match output {
            Output::Continue(go_on) => Some(Control::Continue(go_on)),
            _ => None,
        }));
    }
    assert_eq!(told.iter().sum::<usize>(), (firms * each) as usize);
    assert!(told.len() > 1 && told.iter().all(|notices| *notices <= CHANGES_MAX + each as usize), "{told:?}");
}
