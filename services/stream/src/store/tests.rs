#![allow(clippy::unwrap_used)]

use super::*;

pub(super) fn identity() -> Identity {
    Identity { topic_id: "topic-a".to_owned(), partition: 3, partitions: 8, rows: 2 }
}

pub(super) fn memory() -> Memory {
    Memory::new(8 << 20)
}

fn overlay(rows: &[(&[u8], Option<&'static [u8]>)]) -> Overlay {
    let mut overlay = Overlay::default();
    for (key, value) in rows {
        overlay.set(key, value.map(Bytes::from_static));
    }
    overlay
}

fn rows(state: &dyn StateRead) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all = state.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX).unwrap();
    all.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[test]
fn state_and_position_come_back_together_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let at = Position { next_offset: 42, last_append_ms: Some(-7) };
    {
        let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
        assert_eq!(store.position().unwrap(), Position::default());
        store.commit(&overlay(&[(b"a", Some(b"1")), (b"b", Some(b"2"))]), Position::default()).unwrap();
        store.commit(&overlay(&[(b"a", None), (b"c", Some(b""))]), at).unwrap();
    }
    let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
    assert_eq!(store.position().unwrap(), at);
    assert_eq!(rows(&store), vec![(b"b".to_vec(), b"2".to_vec()), (b"c".to_vec(), vec![])]);
    assert_eq!(store.get(b"a").unwrap(), None);
    assert_eq!(store.get(b"c").unwrap(), Some(Bytes::new()));
}

#[test]
fn a_scan_has_exact_bounds_and_never_shows_the_rows_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
    store
        .commit(&overlay(&[(b"a", Some(b"1")), (b"b", Some(b"2")), (b"b\0", Some(b"3"))]), Position::default())
        .unwrap();
    let keys = |range: KeyRange<'_>| -> Vec<Vec<u8>> {
        store.scan(range, 10).unwrap().into_iter().map(|(key, _)| key.to_vec()).collect()
    };
    assert_eq!(keys((Bound::Unbounded, Bound::Included(b"b"))), [b"a".to_vec(), b"b".to_vec()]);
    assert_eq!(keys((Bound::Excluded(b"b"), Bound::Unbounded)), [b"b\0".to_vec()]);
    assert_eq!(keys((Bound::Included(b"\0"), Bound::Excluded(b"b"))), [b"a".to_vec()]);
    assert!(keys((Bound::Included(b"b"), Bound::Excluded(b"a"))).is_empty());
}

#[test]
fn a_snapshot_does_not_see_what_was_committed_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
    let at = |next_offset| Position { next_offset, last_append_ms: None };
    store.commit(&overlay(&[(b"a", Some(b"1"))]), at(1)).unwrap();
    let snapshot = store.snapshot();
    store.commit(&overlay(&[(b"a", Some(b"2")), (b"b", Some(b"2"))]), at(2)).unwrap();
    assert_eq!(snapshot.position().unwrap(), at(1));
    assert_eq!(snapshot.get(b"a").unwrap().unwrap().as_ref(), b"1");
    assert_eq!(rows(&snapshot).len(), 1);
}

#[test]
fn state_of_another_topic_or_partition_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &identity(), &memory()).unwrap());
    let refused = |identity: &Identity| Store::open(dir.path(), identity, &memory()).err().unwrap();
    let other_topic = Identity { topic_id: "topic-b".to_owned(), ..identity() };
    assert_eq!(refused(&other_topic).code(), "state.foreign");
    assert_eq!(refused(&Identity { partition: 4, ..identity() }).code(), "state.foreign");
    assert_eq!(refused(&Identity { partitions: 16, ..identity() }).code(), "state.repartitioned");
    Store::open(dir.path(), &identity(), &memory()).unwrap();
}

#[test]
fn state_with_rows_of_another_version_or_of_an_older_layout_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &identity(), &memory()).unwrap());
    for rows in [1, 3] {
        let error = Store::open(dir.path(), &Identity { rows, ..identity() }, &memory()).err().unwrap();
        assert_eq!(error.code(), "state.other-version");
        assert!(error.to_string().contains(&format!("version 2 of the rows, this program reads {rows}")), "{error}");
    }
    {
        let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
        // As layout 1 had it: no version of the rows.
        let mut stamp = stamp::encode(&identity());
        stamp.drain(10..12);
        stamp[8..10].copy_from_slice(&1_u16.to_be_bytes());
        store.db.put(STAMP_KEY, stamp).unwrap();
    }
    let older = Store::open(dir.path(), &identity(), &memory()).err().unwrap();
    assert_eq!(older.code(), "state.other-version");
}

#[test]
fn a_state_older_than_its_topics_id_takes_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let nameless = Identity { topic_id: String::new(), ..identity() };
    {
        let store = Store::open(dir.path(), &nameless, &memory()).unwrap();
        assert!(!store.is_identified());
        store.identify(&nameless).unwrap();
        assert!(!store.is_identified());
        store.identify(&identity()).unwrap();
        assert!(store.is_identified());
        store.identify(&Identity { topic_id: "topic-b".to_owned(), ..identity() }).unwrap();
    }
    assert!(Store::open(dir.path(), &identity(), &memory()).unwrap().is_identified());
    assert_eq!(Store::open(dir.path(), &nameless, &memory()).err().unwrap().code(), "state.foreign");

    let other = tempfile::tempdir().unwrap();
    drop(Store::open(other.path(), &nameless, &memory()).unwrap());
    assert!(Store::open(other.path(), &identity(), &memory()).unwrap().is_identified());
    assert_eq!(Store::open(other.path(), &nameless, &memory()).err().unwrap().code(), "state.foreign");
}

#[test]
fn a_newer_layout_and_a_database_of_somebody_else_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
        let mut stamp = stamp::encode(&identity());
        stamp[8..10].copy_from_slice(&(LAYOUT + 1).to_be_bytes());
        store.db.put(STAMP_KEY, stamp).unwrap();
    }
    let newer = Store::open(dir.path(), &identity(), &memory()).err().unwrap();
    assert_eq!(newer.code(), "state.newer");

    let other = tempfile::tempdir().unwrap();
    {
        let mut options = rocksdb::Options::default();
        options.create_if_missing(true);
        DB::open(&options, other.path()).unwrap().put(b"a", b"1").unwrap();
    }
    let foreign = Store::open(other.path(), &identity(), &memory()).err().unwrap();
    assert_eq!(foreign.code(), "state.foreign");
}

#[test]
fn damage_is_found_at_opening_and_set_aside() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("events-3");
    drop(Store::open(&dir, &identity(), &memory()).unwrap());
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("MANIFEST") {
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    assert_eq!(Store::open(&dir, &identity(), &memory()).err().unwrap().code(), "state.damaged");
    let aside = set_aside(&dir).unwrap();
    assert!(aside.exists() && !dir.exists());
    drop(Store::open(&dir, &identity(), &memory()).unwrap());

    std::fs::remove_file(dir.join("CURRENT")).unwrap();
    assert_eq!(Store::open(&dir, &identity(), &memory()).err().unwrap().code(), "state.damaged");
    set_aside(&dir).unwrap();
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1, "one state is kept aside");
}

#[test]
fn a_position_that_cannot_be_read_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
        store.db.put(POSITION_KEY, b"?").unwrap();
    }
    assert_eq!(Store::open(dir.path(), &identity(), &memory()).err().unwrap().code(), "state.damaged");
}

/// One bit of a record's type, after which RocksDB would read the record for ever.
#[test]
fn a_flipped_bit_on_which_rocksdb_hangs_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &identity(), &memory()).unwrap());
    let files = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let manifest = files.filter(|file| file.to_string_lossy().contains("MANIFEST-")).max().unwrap();
    let mut bytes = std::fs::read(&manifest).unwrap();
    let second = 7 + usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
    assert_eq!(bytes[second + 6], 1, "the type of a record that is whole");
    bytes[second + 6] ^= 4;
    std::fs::write(&manifest, bytes).unwrap();
    let refused = Store::open(dir.path(), &identity(), &memory()).err().unwrap();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

/// It will not come back by waiting for it.
#[test]
fn a_missing_file_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &identity(), &memory()).unwrap());
    for file in std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()) {
        if file.to_string_lossy().contains("MANIFEST-") {
            std::fs::remove_file(file).unwrap();
        }
    }
    let refused = Store::open(dir.path(), &identity(), &memory()).err().unwrap();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(|file| file.unwrap().path()) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// At-rest damage is found, or costs the newest changes and nothing else; it is never served (I14).
#[test]
fn a_state_cut_or_flipped_anywhere_is_refused_or_one_that_was() {
    let dir = tempfile::tempdir().unwrap();
    let (sound, hurt) = (dir.path().join("sound"), dir.path().join("hurt"));
    let seen = |store: &Store| (store.position().unwrap().next_offset, rows(store));
    let mut were = vec![(0, Vec::new())];
    // Every opening but the first moves what the write-ahead log held into a table.
    for opening in 0..3_i64 {
        let store = Store::open(&sound, &identity(), &memory()).unwrap();
        for commit in 1..=2 {
            let at = Position { next_offset: 2 * opening + commit, last_append_ms: None };
            let key = format!("row{}", at.next_offset % 4);
            let mut changes = Overlay::default();
            changes.set(key.as_bytes(), Some(Bytes::from(at.next_offset.to_string())));
            store.commit(&changes, at).unwrap();
            were.push(seen(&store));
        }
    }
    let mut refused = 0;
    let mut try_with = |file: &str, bytes: &[u8], what: &str| {
        copy(&sound, &hurt);
        std::fs::write(hurt.join(file), bytes).unwrap();
        let read = Store::open(&hurt, &identity(), &memory()).and_then(|store| {
            let rows = store.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX);
            let rows = rows.map_err(|error| StoreError::Damaged { dir: file.to_owned(), reason: error.to_string() })?;
            let rows = rows.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
            Ok((store.position().unwrap().next_offset, rows))
        });
        match read {
            Ok(read) => assert!(were.contains(&read), "{file} {what}: {read:?} never was"),
            Err(StoreError::Io { reason, .. }) => panic!("{file} {what}: would be waited for: {reason}"),
            Err(_) => refused += 1,
        }
    };
    for file in std::fs::read_dir(&sound).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&file).unwrap();
        let step = match name.as_str() {
            _ if name.starts_with("MANIFEST") => 1,
            _ if name.ends_with(".log") || name == "CURRENT" => 3,
            _ if name.ends_with(".sst") => 97,
            _ => continue,
        };
        for at in (0..bytes.len()).step_by(step) {
            try_with(&name, &bytes[..at], &format!("cut at {at}"));
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            try_with(&name, &flipped, &format!("flipped at {at}"));
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn what_an_opening_has_to_replay_is_what_was_written_since_the_last() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Store::bytes_to_replay(&dir.path().join("none")), 0);
    let store = Store::open(dir.path(), &identity(), &memory()).unwrap();
    let before = Store::bytes_to_replay(dir.path());
    store.commit(&overlay(&[(b"a", Some(&[7; 1000]))]), Position::default()).unwrap();
    drop(store);
    assert!(Store::bytes_to_replay(dir.path()) >= before + 1000);
    drop(Store::open(dir.path(), &identity(), &memory()).unwrap());
    assert!(Store::bytes_to_replay(dir.path()) < 1000, "an opening leaves a log of its own");
}

#[test]
fn memtables_of_partitions_differ_and_fit_the_budget_together() {
    let memory = Memory::new(768 << 20);
    let sizes: Vec<usize> = (0..8).map(|partition| memory.memtable(partition)).collect();
    assert!(sizes.windows(2).all(|two| two[0] < two[1]), "{sizes:?}");
    assert!(sizes.iter().sum::<usize>() <= 256 << 20, "{sizes:?}");
    assert_eq!([memory.memtable(8), memory.memtable(16)], [sizes[1], sizes[2]], "every eighth differs too");
}

/// What has no setter is given to RocksDB as text, which another release might not take.
#[test]
fn memtables_are_searched_from_the_row_written_before() {
    let dir = tempfile::tempdir().unwrap();
    let _store = Store::open(dir.path(), &identity(), &memory()).unwrap();
    let files = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let options = files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("OPTIONS-")).last();
    let options = std::fs::read_to_string(options.unwrap()).unwrap();
    assert!(options.contains("memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.1"), "{options}");
}
