//! Reading the state of one partition: an ordered map of byte keys to byte values.
//!
//! [`StateRead`] has one primitive for points and one for ranges, so that the overlay, RocksDB and the map of the test
//! driver share a single merging read path ([`crate::view::View`]). A read error is never an absent row: it is
//! reported, and the runtime drops what it was doing and opens the state anew.

use std::ops::{Bound, ControlFlow};

use bytes::Bytes;

/// A key and its value.
pub type Row = (Bytes, Bytes);

/// Both ends of a range of keys.
pub type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The state could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// What is on disk is not what was written: the state must be set aside and rebuilt from the log.
    #[error("state is damaged: {reason}; it will be set aside and rebuilt from the log")]
    Damaged { reason: String },
    /// The disk or the file system refused: what to do depends on it (space, permissions), then the runtime goes on by itself.
    #[error("state cannot be read or written: {reason}; check the disk's space, health and permissions")]
    Io { reason: String },
}

impl StateError {
    /// Stable, for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "state.damaged",
            Self::Io { .. } => "state.io",
        }
    }
}

impl From<rocksdb::Error> for StateError {
    fn from(error: rocksdb::Error) -> Self {
        let reason = error.to_string();
        if error.kind() == rocksdb::ErrorKind::Corruption { Self::Damaged { reason } } else { Self::Io { reason } }
    }
}

/// Reads of an ordered map.
pub trait StateRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StateError>;

    /// Shows the value of a key where it is held, without a copy of its own. False: there is none.
    fn show(&self, key: &[u8], to: &mut dyn FnMut(&[u8])) -> Result<bool, StateError> {
        let value = self.get(key)?;
        if let Some(value) = &value {
            to(value);
        }
        Ok(value.is_some())
    }

    /// Shows the rows of a range in key order until `row` breaks.
    fn walk(&self, range: KeyRange<'_>, row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>)
    -> Result<(), StateError>;

    /// The first `limit` rows of a range, in key order.
    fn scan(&self, range: KeyRange<'_>, limit: usize) -> Result<Vec<Row>, StateError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        self.walk(range, &mut |key, value| {
            rows.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
            if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(rows)
    }

    /// The first `limit` rows whose key begins with `prefix`.
    fn scan_prefix(&self, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StateError> {
        let end = prefix_end(prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.scan((Bound::Included(prefix), to), limit)
    }
}

/// The least key greater than every key with this prefix, or `None` if there is none (`prefix` is empty or all 0xff).
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Whether no key can lie in the range. `BTreeMap::range` panics on some of these, and a scan simply finds nothing.
pub(crate) fn is_empty_range((from, to): KeyRange<'_>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
    }
}

/// How far a partition was folded. Written in the same batch as the state it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The offset after the last record folded.
    pub next_offset: i64,
    /// The timestamp of the last record folded, milliseconds since the epoch; `None` before the first.
    pub last_append_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_least_key_after_it() {
        assert_eq!(prefix_end(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(prefix_end(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(prefix_end(b"\xff\xff"), None);
        assert_eq!(prefix_end(b""), None);
    }

    #[test]
    fn a_range_whose_ends_cross_is_empty() {
        use Bound::{Excluded, Included, Unbounded};
        assert!(is_empty_range((Included(b"b"), Included(b"a"))));
        assert!(is_empty_range((Excluded(b"a"), Excluded(b"a"))));
        assert!(is_empty_range((Included(b"a"), Excluded(b"a"))));
        assert!(!is_empty_range((Included(b"a"), Included(b"a"))));
        assert!(!is_empty_range((Unbounded, Excluded(b"a"))));
    }
}
