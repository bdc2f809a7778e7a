//! Rows that belong together, so that a range among them passes by the tables and memtables that hold none of them.
//!
//! A key that begins with a kind (one byte, not 0) and a name (its length in two bytes, big-endian, then so many bytes) is of the group
//! of that kind and name: where a fold's keys begin with kind and subject, the rows of that kind of that subject. Filters know groups
//! beside whole keys. A key that has the form by chance does no harm: what follows holds for any bytes. No group's beginning begins
//! another's, so groups sort as their keys do, as RocksDB requires, and a key of no group is found by the ranges that are of none.

use std::ops::Bound;

use rocksdb::{ReadOptions, SliceTransform};

use crate::state::{KeyRange, prefix_end};

/// RocksDB notes it in each table that it writes, and asks the filter of no table with another about a group. Must change whenever
/// [`of`] does.
const NAME: &str = "standing.group.1";

/// The beginning that all keys of the group of `key` have, and no other.
fn of(key: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = key.split_first()?;
    let (length, _) = rest.split_first_chunk::<2>()?;
    key.get(..3 + usize::from(u16::from_be_bytes(*length))).filter(|_| *kind != 0)
}

/// What filters are told of a key.
pub(super) fn extractor() -> SliceTransform {
    SliceTransform::create(NAME, |key| of(key).unwrap_or_default(), Some(|key| of(key).is_some()))
}

/// How the rows of a range are read: as those of one group if they can be of no other, and else all that are there. The caller sets the
/// range's end as the iterator's upper bound: past it rows may be missing.
pub(super) fn options(range: KeyRange<'_>) -> ReadOptions {
    if is_of_one(range) { ReadOptions::default() } else { all() }
}

/// Every row is read, whatever its group.
pub(super) fn all() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_total_order_seek(true);
    options
}

fn is_of_one(range: KeyRange<'_>) -> bool {
    let (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) = range else {
        return false;
    };
    let Some(group) = of(from) else { return false };
    to.starts_with(group) || (matches!(range.1, Bound::Excluded(_)) && prefix_end(group).as_deref() == Some(to))
}

#[cfg(test)]
mod tests;
