//! Checkpoints that are made: what they hold, what they share, what stays of them, and that nothing waits for them.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use stream::checkpoint::Place;
use stream::observer::Checkpointed;
use stream::runtime::Runtime;
use stream::state::StateRead;
use stream::store::{Memory, Store};

use crate::bench::{borrowed, eventually, mixture, stop};
use crate::copies::{Copies, paths};
use crate::faulty_store::{Does, FaultyStore, Operation};

fn everything(state: &dyn StateRead) -> Vec<stream::state::Row> {
    state.scan((std::ops::Bound::Unbounded, std::ops::Bound::Unbounded), usize::MAX).unwrap()
}

#[test]
fn a_checkpoint_is_the_state_at_its_offset_byte_for_byte() {
    let copies = Copies::new(2);
    copies.append(80, 1);
    let (handle, _) = copies.start("a");
    copies.bench.check(&[&handle]);
    copies.wait_copied();
    for partition in 0..2 {
        let found = &copies.found(partition)[0];
        let into = copies.bench.dir.path().join(format!("by-hand-{partition}"));
        let manifest = copies.reader().restore(found, &into).unwrap();
        assert_eq!(manifest.created_ms, 1_000, "the worker's clock");
        assert_eq!(manifest.created_by, copies.bench.name("a"));
        let state = Store::open(&into, &manifest.identity(), &Memory::new(16 << 20)).unwrap();
        assert_eq!(state.position().unwrap(), manifest.position());
        assert_eq!(everything(&state), copies.bench.rows(&handle, partition));
        let again = copies.reader().restore(found, &into).unwrap_err();
        assert!(again.to_string().contains("restoring into"), "a folder that is not empty is refused: {again}");
    }
    stop(handle);
}

#[test]
fn the_next_checkpoint_sends_only_the_files_that_are_new() {
    let copies = Copies::new(1);
    let (parts, seen) = copies.parts(copies.place());
    let mut settings = copies.settings("a");
    settings.checkpoints.interval = Duration::from_secs(3_600);
    settings.checkpoints.records_max = 60;
    let handle = Runtime::start(parts, settings).unwrap();
    copies.append(60, 1);
    eventually("the first", || seen.made("made") == 1);
    copies.append(60, 2);
    eventually("the second", || seen.made("made") == 2);
    stop(handle);
    let found = copies.found(0);
    let [newest, first] = found.as_slice() else { panic!("two checkpoints, not {}", found.len()) };
    let (newest, first_name) = (newest.manifest.as_ref().unwrap(), first.name.to_string());
    let first = first.manifest.as_ref().unwrap();
    assert_eq!(newest.parent.as_deref(), Some(first_name.as_str()));
    let has = |object: &str| first.files.iter().any(|file| file.object == object);
    let shared = newest.files.iter().filter(|file| has(&file.object));
    assert!(shared.clone().any(|file| file.name.ends_with(".sst")), "{newest:#?}\n{first:#?}");
    let new = newest.files.len() - shared.count();
    assert_eq!(copies.objects(0).len(), first.files.len() + new);
    let sent = |outcome: &Checkpointed| match outcome {
        Checkpointed::Made { files, .. } => *files,
        Checkpointed::Current | Checkpointed::Skipped | Checkpointed::Failed => 0,
    };
    assert_eq!(seen.checkpoints().iter().map(sent).collect::<Vec<_>>(), [first.files.len(), new]);
}

#[test]
fn a_position_that_the_store_has_is_not_sent_again() {
    let copies = Copies::new(1);
    copies.round("a", 40, 1);
    let objects = copies.objects(0);
    let (handle, seen) = copies.start("a");
    copies.bench.check(&[&handle]);
    eventually("a look at the store", || seen.made("current") == 1);
    stop(handle);
    assert_eq!(copies.objects(0), objects);
    assert_eq!((seen.made("made"), seen.made("current")), (0, 1), "and it is asked once");
}

#[test]
fn only_the_newest_are_kept_with_their_files_and_what_was_never_named_goes_when_it_is_old() {
    let mut copies = Copies::new(1);
    copies.keep = 2;
    for seed in 0..7 {
        copies.round("a", 30, seed);
        assert!(copies.found(0).len() <= 2);
    }
    assert_eq!(copies.found(0).len(), 2);
    let named = |copies: &Copies| -> BTreeSet<String> {
        let found = copies.found(0);
        found.iter().flat_map(|of| of.manifest.as_ref().unwrap().files.clone()).map(|file| file.object).collect()
    };
    let names = |copies: &Copies| -> BTreeSet<String> {
        copies.objects(0).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&copies), named(&copies), "what only older checkpoints had is gone with them");
    // Two uploads that died: one is long over, one might go on.
    let of_an_upload = |name: &str| copies.objects(0)[0].with_file_name(format!("{}-{name}", "0".repeat(64)));
    let [old, young] = ["old", "young"].map(of_an_upload);
    std::fs::write(&old, b"half").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    for path in copies.objects(0) {
        std::fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    std::fs::write(&young, b"half").unwrap();
    copies.round("a", 30, 8);
    assert!(!old.exists() && young.exists());
    assert!(named(&copies).is_subset(&names(&copies)), "what is needed stays, however old");
    for found in copies.found(0) {
        copies.reader().verify(&found, &copies.bench.dir.path().join("verify")).unwrap();
    }
}

#[test]
fn a_store_that_stands_still_costs_checkpoints_and_nothing_else() {
    let copies = Copies::new(2);
    let plan = |operation: &Operation| if matches!(operation, Operation::Put(_)) { Does::Wait } else { Does::Pass };
    let store = FaultyStore::new(copies.store.clone(), Box::new(plan));
    copies.append(60, 1);
    let (handle, seen) = copies.start_at(Place::of(store.clone()), "a");
    eventually("an upload that waits", || store.waiting() > 0);
    for seed in 2..5 {
        copies.append(40, seed);
        copies.bench.check(&[&handle]);
    }
    eventually("a checkpoint that is skipped", || seen.made("skipped") > 0);
    assert_eq!(seen.made("made"), 0);
    store.release();
    copies.append(10, 9);
    copies.wait_copied();
    copies.bench.check(&[&handle]);
    stop(handle);
}

#[test]
fn a_store_that_fails_costs_checkpoints_and_nothing_else() {
    let copies = Copies::new(2);
    let store = FaultyStore::new(copies.store.clone(), Box::new(|_| Does::Fail));
    copies.append(60, 1);
    let (handle, seen) = copies.start_at(Place::of(store), "a");
    copies.bench.check(&[&handle]);
    eventually("failures", || seen.made("failed") > 1);
    copies.append(60, 2);
    copies.bench.check(&[&handle]);
    stop(handle);
    copies.bench.nothing_was_set_aside("a");
}

#[test]
fn so_many_records_make_a_checkpoint_due_before_its_time() {
    let copies = Copies::new(1);
    let (parts, seen) = copies.parts(copies.place());
    let mut settings = copies.settings("a");
    settings.checkpoints.interval = Duration::from_secs(3_600);
    settings.checkpoints.records_max = 50;
    let handle = Runtime::start(parts, settings).unwrap();
    copies.append(49, 1);
    copies.bench.check(&[&handle]);
    assert!(seen.checkpoints().is_empty());
    copies.append(30, 2);
    eventually("a checkpoint", || seen.made("made") == 1);
    stop(handle);
}

#[test]
fn nothing_is_left_of_work_under_way() {
    let copies = Copies::new(2);
    copies.round("a", 60, 1);
    let scratch = copies.bench.state_dir("a").join(".scratch");
    std::fs::create_dir_all(scratch.join("left-over")).unwrap();
    let (handle, _) = copies.start("a");
    copies.bench.check(&[&handle]);
    stop(handle);
    eventually("an empty scratch folder", || !scratch.exists() || paths(&scratch).is_empty());
}

#[test]
fn a_topic_without_an_id_has_no_checkpoints_until_it_gets_one() {
    let copies = Copies::new(1);
    let log = crate::faulty::FaultyLog::nameless(copies.bench.log.clone());
    let (mut parts, seen) = copies.parts(copies.place());
    parts.log = log;
    let handle = Runtime::start(parts, copies.settings("a")).unwrap();
    copies.bench.append(&borrowed(&mixture(1, 30, 2)));
    copies.bench.check(&[&handle]);
    copies.wait_copied();
    assert_eq!(seen.made("failed"), 0);
    stop(handle);
}
