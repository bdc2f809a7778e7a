#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use rocksdb::perf::{PerfContext, PerfMetric, PerfStatsLevel, set_perf_stats};
use rocksdb::{BlockBasedOptions, DB, Options};

use super::*;
use crate::memory_state::MemoryState;
use crate::overlay::Overlay;
use crate::state::{Position, StateRead};
use crate::store::tests::{identity, memory};
use crate::store::{ReadOnly, Store};

type Key = Vec<u8>;
type Range = (Bound<Key>, Bound<Key>);

/// The beginning of a group, of few, some of whose names end where a byte does.
fn group() -> impl Strategy<Value = Key> {
    (1_u8..4, vec(254_u8..=255, 0..3)).prop_map(|(kind, name)| [&[kind, 0, name.len() as u8][..], &name].concat())
}

fn rest() -> impl Strategy<Value = Key> {
    vec(0_u8..3, 0..3)
}

/// Keys with a group and without, some cut short.
fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        3 => (group(), rest()).prop_map(|(group, rest)| [group, rest].concat()),
        1 => (1_u8..4, vec(0_u8..4, 0..5)).prop_map(|(kind, rest)| [&[kind][..], &rest].concat()),
        1 => (1_u8..4, vec(any::<u8>(), 0..4)).prop_map(|(kind, rest)| [&[kind][..], &rest].concat()),
    ]
}

fn bound(key: impl Strategy<Value = Key>) -> impl Strategy<Value = Bound<Key>> {
    (key, any::<bool>()).prop_map(|(key, included)| if included { Bound::Included(key) } else { Bound::Excluded(key) })
}

/// Within a group, up to its end or not so far; from one key to another; and without a bound.
fn range() -> impl Strategy<Value = Range> {
    let within = (group(), bound(rest()), bound(rest()), any::<bool>()).prop_map(|(group, from, to, is_whole)| {
        let key = |rest: Key| [group.clone(), rest].concat();
        let to = if is_whole { Bound::Excluded(prefix_end(&group).unwrap()) } else { to.map(key) };
        (from.map(key), to)
    });
    prop_oneof![
        4 => within,
        3 => (bound(key()), bound(key())),
        1 => (Just(Bound::Unbounded), bound(key())),
        1 => (bound(key()), Just(Bound::Unbounded)),
    ]
}

fn borrowed((from, to): &Range) -> KeyRange<'_> {
    (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice))
}

fn shown(state: &dyn StateRead, range: &Range) -> Vec<Key> {
    let rows = state.scan(borrowed(range), usize::MAX).unwrap();
    rows.into_iter().map(|(key, _)| key.to_vec()).collect()
}

/// Writes new rows, and deletes those that are there already.
fn turn(store: &Store, keys: &BTreeSet<Key>, map: &mut MemoryState) {
    let mut changes = Overlay::default();
    for key in keys {
        changes.set(key, map.get(key).unwrap().is_none().then(Bytes::new));
    }
    store.commit(&changes, Position::default()).unwrap();
    map.commit(&changes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_range_shows_what_a_map_shows_wherever_it_is_read(
        tables in vec(btree_set(key(), 0..12), 1..4),
        written in btree_set(key(), 0..12),
        ranges in vec(range(), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (live, copy) = (dir.path().join("live"), |number: usize| dir.path().join(number.to_string()));
        let store = Store::open(&live, &identity(), &memory()).unwrap();
        let mut map = MemoryState::default();
        for (number, keys) in tables.iter().enumerate() {
            turn(&store, keys, &mut map);
            // What was written is in a table then.
            store.checkpoint(&copy(number)).unwrap();
        }
        let in_copy: Vec<_> = ranges.iter().map(|range| shown(&map, range)).collect();
        turn(&store, &written, &mut map);
        let (snapshot, in_order) = (store.snapshot(), store.in_order());
        let read_only = ReadOnly::open(&copy(tables.len() - 1)).unwrap();
        for (range, in_copy) in ranges.iter().zip(in_copy) {
            let wanted = shown(&map, range);
            prop_assert_eq!(&shown(&store, range), &wanted, "{:?}", range);
            prop_assert_eq!(&shown(&snapshot, range), &wanted, "a snapshot, {:?}", range);
            prop_assert_eq!(&shown(&in_order, range), &wanted, "in order, {:?}", range);
            prop_assert_eq!(shown(&read_only, range), in_copy, "a copy, {:?}", range);
        }
    }

    #[test]
    fn groups_sort_as_their_keys_do_and_what_begins_with_one_is_of_it(
        keys in vec(key(), 2..9),
        further in vec(any::<u8>(), 0..4),
    ) {
        let mut keys = keys;
        keys.sort();
        let groups: Vec<&[u8]> = keys.iter().filter_map(|key| of(key)).collect();
        prop_assert!(groups.is_sorted());
        for group in groups {
            let key = [group, &further].concat();
            prop_assert_eq!(of(&key), Some(group));
        }
    }
}

#[test]
fn rows_of_one_kind_of_one_subject_are_a_group() {
    let excluded = |from: &'static [u8], to: &'static [u8]| is_of_one((Bound::Included(from), Bound::Excluded(to)));
    assert_eq!(of(b"g\0\x02abrest"), Some(&b"g\0\x02ab"[..]));
    assert!(excluded(b"g\0\x02ab", b"g\0\x02ac"));
    assert!(excluded(b"g\0\x02ab1", b"g\0\x02ab2"));
    assert!(!excluded(b"g\0\x02ab", b"g\0\x02ad"));
    assert!(!excluded(b"g\0\x02ab", b"h"));
    assert!(!excluded(b"g\0\x02a", b"g\0\x02b"));
    assert!(!is_of_one((Bound::Included(b"g\0\x02ab"), Bound::Included(b"g\0\x02ac"))));
    assert!(!is_of_one((Bound::Included(b"g\0\x02ab"), Bound::Unbounded)));
    assert_eq!(of(b"\0\0\0stamp"), None);
    assert_eq!(of(b"m"), None);
}

const A: &[u8] = b"g\0\x02aa1";
const ABSENT: (&[u8], &[u8]) = (b"g\0\x02bb", b"g\0\x02bc");
const C: &[u8] = b"g\0\x02cc1";

/// How often filters of tables and of memtables said, while a range was read, that nothing of its group is there.
fn passed_by(state: &dyn StateRead, (from, to): (&[u8], &[u8])) -> (u64, u64) {
    set_perf_stats(PerfStatsLevel::EnableCount);
    let mut counts = PerfContext::default();
    counts.reset();
    state.scan((Bound::Included(from), Bound::Excluded(to)), usize::MAX).unwrap();
    let said = (counts.metric(PerfMetric::BloomSstMissCount), counts.metric(PerfMetric::BloomMemtableMissCount));
    set_perf_stats(PerfStatsLevel::Disable);
    said
}

#[test]
fn what_holds_nothing_of_a_group_is_passed_by() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("state"), &identity(), &memory()).unwrap();
    let mut map = MemoryState::default();
    turn(&store, &[A.to_vec(), C.to_vec()].into(), &mut map);
    assert_eq!(passed_by(&store, ABSENT), (0, 1));
    store.checkpoint(&dir.path().join("copy")).unwrap();
    assert_eq!(passed_by(&store, ABSENT).0, 1);
    assert_eq!(passed_by(&store.snapshot(), ABSENT).0, 1);
    assert_eq!(passed_by(&ReadOnly::open(&dir.path().join("copy")).unwrap(), ABSENT).0, 1);
    // Of more groups than one: everything is looked at.
    assert_eq!(passed_by(&store, (b"g\0\x02bb", b"g\0\x02bd")), (0, 0));
}

/// How a program opens a state that has filters of whole keys and knows no groups.
fn without_groups() -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_bloom_filter(10.0, false);
    blocks.set_whole_key_filtering(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    options
}

#[test]
fn a_state_of_a_program_that_knew_no_groups_is_read_and_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let (state, copy) = (dir.path().join("state"), dir.path().join("copy"));
    drop(Store::open(&state, &identity(), &memory()).unwrap());
    {
        let other = DB::open(&without_groups(), &state).unwrap();
        other.put(A, b"").unwrap();
        other.put(C, b"").unwrap();
        other.flush().unwrap();
    }
    let new = b"g\0\x02aa2";
    let of_a = (Bound::Included(b"g\0\x02aa".to_vec()), Bound::Excluded(b"g\0\x02ab".to_vec()));
    {
        let store = Store::open(&state, &identity(), &memory()).unwrap();
        // Their filters were told of no group: one that was asked would say that nothing of it is there.
        assert_eq!(shown(&store, &of_a), [A]);
        assert_eq!(shown(&store.snapshot(), &of_a), [A]);
        assert_eq!(passed_by(&store, ABSENT).0, 0);
        turn(&store, &[new.to_vec()].into(), &mut MemoryState::default());
        store.checkpoint(&copy).unwrap();
        // The tables of either program, beside each other.
        assert_eq!(shown(&store, &of_a), [A, new]);
        assert_eq!(shown(&store.in_order(), &of_a), [A, new]);
        assert_eq!(shown(&ReadOnly::open(&copy).unwrap(), &of_a), [A, new]);
    }
    let other = DB::open(&without_groups(), &state).unwrap();
    assert!(other.get(new).unwrap().is_some());
    let mut rows = other.raw_iterator();
    rows.seek(b"g\0\x02aa");
    assert_eq!(rows.key(), Some(A));
    rows.next();
    assert_eq!(rows.key(), Some(&new[..]));
    rows.next();
    assert_eq!(rows.key(), Some(C));
}
