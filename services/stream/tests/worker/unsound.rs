//! Checkpoints that are not what they should be, writers that die or come late: a restore takes the newest that is sound.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use stream::checkpoint::Place;

use crate::bench::{PATIENCE, eventually, stop};
use crate::copies::Copies;
use crate::faulty_store::{Does, FaultyStore, Operation};

/// Two checkpoints of partition 0; what `damage` does to the newest must make a restore take the one before.
fn the_one_before_is_taken(what: &str, damage: impl FnOnce(&Copies)) {
    let copies = Copies::new(2);
    copies.round("a", 80, 1);
    copies.round("a", 80, 2);
    let before = copies.found(0)[1].name.next_offset().to_string();
    damage(&copies);
    copies.lose_state("a");
    copies.append(40, 3);
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), ["passed_over", before.as_str()], "{what}");
    assert_eq!(seen.restorations(1), [copies.found(1)[0].name.next_offset().to_string()], "{what}");
    stop(handle);
    let verified =
        copies.found(0).iter().map(|found| copies.reader().verify(found, &copies.dir.join("v"))).collect::<Vec<_>>();
    assert!(verified.iter().any(Result::is_err), "{what}: a verification sees it too");
    assert!(verified.iter().any(Result::is_ok), "{what}: the one before is sound");
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    // A log without records is an empty file.
    let Some(byte) = bytes.get_mut(middle) else { return };
    *byte ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_flipped_bit_in_a_file_is_noticed() {
    the_one_before_is_taken("a flipped bit", |copies| flip(&copies.own_data(0)[0]));
}

#[test]
fn a_truncated_file_is_noticed() {
    the_one_before_is_taken("a truncated file", |copies| {
        let path = &copies.own_data(0)[0];
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    });
}

#[test]
fn a_file_of_another_content_and_the_same_length_is_noticed() {
    the_one_before_is_taken("zeroes", |copies| {
        let path = &copies.own_data(0)[0];
        let length = std::fs::read(path).unwrap().len();
        std::fs::write(path, vec![0; length]).unwrap();
    });
}

#[test]
fn a_missing_file_is_noticed() {
    the_one_before_is_taken("a missing file", |copies| std::fs::remove_file(&copies.own_data(0)[0]).unwrap());
}

#[test]
fn a_damaged_checkpoint_of_a_partition_that_stands_still_is_made_anew() {
    let copies = Copies::new(1);
    copies.round("a", 80, 1);
    copies.round("a", 80, 2);
    let damaged = copies.found(0)[0].name.clone();
    flip(&copies.own_data(0)[0]);
    copies.lose_state("a");
    let (handle, _) = copies.start("a");
    copies.bench.check(&[&handle]);
    eventually("a sound checkpoint of the same position", || {
        let newest = &copies.found(0)[0];
        newest.name != damaged
            && newest.name.next_offset() == damaged.next_offset()
            && copies.reader().verify(newest, &copies.dir.join("v")).is_ok()
    });
    stop(handle);
}

#[test]
fn a_flipped_bit_in_a_manifest_is_noticed() {
    the_one_before_is_taken("a flipped manifest", |copies| flip(&copies.manifest_path(&copies.found(0)[0])));
}

#[test]
fn a_truncated_manifest_is_noticed() {
    the_one_before_is_taken("an empty manifest", |copies| {
        std::fs::write(copies.manifest_path(&copies.found(0)[0]), b"").unwrap();
    });
}

/// Writes a changed manifest under the name that its bytes give it: what a program would have written, not a disk.
fn forge(copies: &Copies, change: impl FnOnce(&mut serde_json::Value)) {
    let newest = &copies.found(0)[0];
    let path = copies.manifest_path(newest);
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let offset = manifest["next_offset"].as_i64().unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(path.with_file_name(format!("{offset:020}-{digest}.json")), bytes).unwrap();
}

#[test]
fn a_manifest_of_a_newer_program_is_not_read() {
    the_one_before_is_taken("a newer version", |copies| forge(copies, |manifest| manifest["version"] = 99.into()));
    the_one_before_is_taken("a newer layout", |copies| forge(copies, |manifest| manifest["layout"] = 99.into()));
    the_one_before_is_taken("other rows", |copies| forge(copies, |manifest| manifest["rows"] = 99.into()));
}

#[test]
fn a_manifest_of_another_partition_or_another_count_of_them_is_not_used() {
    the_one_before_is_taken("another partition", |copies| forge(copies, |manifest| manifest["partition"] = 1.into()));
    the_one_before_is_taken("another count", |copies| forge(copies, |manifest| manifest["partitions"] = 3.into()));
    the_one_before_is_taken("another log", |copies| forge(copies, |manifest| manifest["topic_id"] = "other".into()));
}

#[test]
fn a_state_that_does_not_stand_where_its_manifest_says_is_not_used() {
    the_one_before_is_taken("another offset", |copies| {
        forge(copies, |manifest| manifest["next_offset"] = (manifest["next_offset"].as_i64().unwrap() - 1).into());
    });
}

#[test]
fn when_no_checkpoint_is_sound_the_log_is_folded() {
    let copies = Copies::new(1);
    for seed in 0..3 {
        copies.round("a", 30, seed);
    }
    for object in copies.objects(0) {
        flip(&object);
    }
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), ["passed_over", "passed_over", "passed_over", "absent"]);
    assert_eq!(seen.replayed(), 90);
    stop(handle);
}

/// Damage that was there before the copy was made has a right checksum, and shows only when the rows are folded.
#[test]
fn a_checkpoint_that_turns_out_damaged_is_not_taken_twice() {
    let copies = Copies::new(1);
    copies.round("a", 60, 1);
    copies.round("a", 60, 2);
    let found = copies.found(0);
    let (newest, before) = (found[0].name.next_offset(), found[1].name.next_offset());
    forge(&copies, |manifest| {
        for file in manifest["files"].as_array_mut().unwrap() {
            if !file["name"].as_str().unwrap().ends_with(".sst") {
                continue;
            }
            let files = copies.folder(0).join("files");
            let mut bytes = std::fs::read(files.join(file["object"].as_str().unwrap())).unwrap();
            bytes[..64].iter_mut().for_each(|byte| *byte ^= 0x55);
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(files.join(format!("{digest}-forged")), bytes).unwrap();
            file["object"] = format!("{digest}-forged").into();
            file["sha256"] = digest.into();
        }
    });
    copies.lose_state("a");
    copies.append(40, 3);
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    let restored = seen.restorations(0);
    assert!(
        restored == [newest.to_string(), before.to_string()]
            || restored == ["passed_over".to_owned(), before.to_string()],
        "{restored:?}"
    );
    stop(handle);
    let verified = copies.reader().verify(&copies.found(0)[0], &copies.dir.join("v"));
    assert!(verified.is_err(), "reading every row finds it");
}

#[test]
fn a_crash_at_any_step_of_an_upload_leaves_a_store_that_restores() {
    let copies = Copies::new(1);
    copies.round("a", 60, 0);
    let mut whole = 0;
    for steps in 0.. {
        let left = AtomicUsize::new(steps);
        // The process is gone after so many steps: nothing that it would do comes to pass.
        let plan = move |_: &Operation| {
            let alive = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if alive { Does::Pass } else { Does::Fail }
        };
        let store = FaultyStore::new(copies.store.clone(), Box::new(plan));
        copies.append(20, 1 + steps as u64);
        let (handle, seen) = copies.start_at(Place::of(store), "a");
        copies.bench.check(&[&handle]);
        eventually("an end of the upload", || seen.made("failed") + seen.made("made") > 0);
        stop(handle);
        whole += usize::from(seen.made("made") > 0);
        copies.lose_state("a");
        let newest = copies.found(0)[0].name.next_offset().to_string();
        let (handle, seen) = copies.start_idle("a");
        copies.bench.check(&[&handle]);
        assert_eq!(seen.restorations(0), [newest], "after {steps} steps");
        stop(handle);
        // All steps of one upload were passed, and those of tidying up after it.
        if whole > 6 {
            assert!(steps > 10, "an upload has more steps than {steps}");
            break;
        }
    }
}

#[test]
fn a_writer_that_comes_late_does_not_win() {
    let copies = Copies::new(1);
    copies.round("a", 40, 1);
    let plan = |operation: &Operation| match operation {
        Operation::Put(path) if path.contains("/manifests/") => Does::Wait,
        Operation::Put(_) | Operation::Get(_) | Operation::List(_) | Operation::Delete(_) => Does::Pass,
    };
    let late = FaultyStore::new(copies.store.clone(), Box::new(plan));
    copies.append(40, 2);
    let (zombie, _) = copies.start_at(Place::of(late.clone()), "a");
    eventually("an upload that is about to end", || late.waiting() > 0);
    // Its workers are gone, its upload is not.
    zombie.stop(PATIENCE).unwrap();
    let held_back = copies.bench.committed(&copies.bench.topics.input, 0).len() as i64;
    copies.append(40, 3);
    let (owner, _) = copies.start("b");
    copies.bench.check(&[&owner]);
    copies.wait_copied();
    stop(owner);
    let newest = copies.found(0)[0].name.next_offset();
    late.release();
    let arrived =
        || copies.found(0).iter().any(|found| found.name.next_offset() <= held_back && found.name.next_offset() > 40);
    eventually("the late checkpoint", arrived);
    drop(zombie);
    assert_eq!(copies.found(0)[0].name.next_offset(), newest);
    for found in copies.found(0) {
        copies.reader().verify(&found, &copies.dir.join("v")).unwrap();
    }
    copies.lose_state("b");
    let (handle, seen) = copies.start_idle("b");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0), [newest.to_string()]);
    stop(handle);
}

/// A late writer keeps few checkpoints, and removes none that is newer than its own.
#[test]
fn a_writer_that_comes_late_removes_nothing_newer() {
    let mut copies = Copies::new(1);
    copies.round("a", 40, 1);
    copies.keep = 1;
    let plan = |operation: &Operation| match operation {
        Operation::Put(path) if path.contains("/manifests/") => Does::Wait,
        Operation::Put(_) | Operation::Get(_) | Operation::List(_) | Operation::Delete(_) => Does::Pass,
    };
    let late = FaultyStore::new(copies.store.clone(), Box::new(plan));
    copies.append(40, 2);
    let (zombie, seen) = copies.start_at(Place::of(late.clone()), "a");
    eventually("an upload that is about to end", || late.waiting() > 0);
    zombie.stop(PATIENCE).unwrap();
    copies.keep = 10;
    for seed in 3..6 {
        copies.round("b", 40, seed);
    }
    let newer: Vec<String> = copies.found(0).iter().take(3).map(|found| found.name.to_string()).collect();
    late.release();
    eventually("the late checkpoint", || seen.made("made") > 0);
    drop(zombie);
    let left: Vec<String> = copies.found(0).iter().map(|found| found.name.to_string()).collect();
    assert_eq!(left[..3], newer, "{left:?}");
    for found in copies.found(0) {
        copies.reader().verify(&found, &copies.dir.join("v")).unwrap();
    }
}

/// The store takes parts of a large file; none is lost and their order is kept.
#[test]
fn a_file_of_many_parts_comes_back_whole() {
    let copies = Copies::new(1);
    let records: Vec<(i32, String, String)> =
        (0..30).map(|n| (0, format!("{n:03}{}", noise(n, 800_000)), "1".to_owned())).collect();
    copies.bench.append(&crate::bench::borrowed(&records));
    let (parts, _) = copies.parts(copies.place());
    let mut settings = copies.settings("a");
    // A memtable that holds all of it, and so one file.
    settings.memory_bytes = 768 << 20;
    settings.checkpoints.interval = std::time::Duration::from_secs(3_600);
    settings.checkpoints.records_max = 30;
    let handle = stream::runtime::Runtime::start(parts, settings).unwrap();
    copies.bench.check(&[&handle]);
    copies.wait_copied();
    stop(handle);
    let found = copies.found(0);
    let largest = found[0].manifest.as_ref().unwrap().files.iter().map(|file| file.size).max().unwrap();
    assert!(largest > 17 << 20, "{largest} bytes are one request");
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert_eq!(seen.restorations(0).len(), 1);
    stop(handle);
}

/// Text of a length that does not compress.
fn noise(seed: i32, length: usize) -> String {
    let mut x = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * seed.unsigned_abs() as u64 + 1);
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char::from(b'a' + u8::try_from(x % 26).unwrap())
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

#[test]
fn an_in_memory_store_serves_as_well() {
    let store: Arc<dyn object_store::ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let copies = Copies { store, ..Copies::new(2) };
    copies.round("a", 80, 1);
    copies.lose_state("a");
    let (handle, seen) = copies.start_idle("a");
    copies.bench.check(&[&handle]);
    assert!((0..2).all(|partition| seen.restorations(partition) != ["absent"]));
    stop(handle);
}
