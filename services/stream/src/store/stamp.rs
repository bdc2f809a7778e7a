//! Whose state it is: checked at every open, so that state is only ever served to the partition it was folded from.
//!
//! Value: magic (8 bytes), layout (u16 BE), version of the fold's rows (u16 BE), partitions (i32 BE), partition (i32 BE), the topic's
//! id (the rest, UTF-8).

use std::path::Path;

use super::StoreError;

const MAGIC: &[u8; 8] = b"STDSTATE";
/// Version of the store's own rows and of the meaning of the file's options. (Not of the groups that filters know: every table
/// says itself what it was written with.) What the fold writes has a version of its own:
/// [`Identity::rows`]. Layout 1 did not name it.
pub const LAYOUT: u16 = 2;

/// The partition a state belongs to, and the fold that can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The topic's id, not its name: a topic deleted and created again is another log. Empty while the topic has none
    /// yet; the state takes the id when there is one.
    pub topic_id: String,
    pub partition: i32,
    /// How many partitions the topic has: which subject is where depends on it.
    pub partitions: i32,
    /// Version of the rows that the fold writes. A state with rows of another is made anew, never converted.
    pub rows: u16,
}

pub(super) fn encode(identity: &Identity) -> Vec<u8> {
    let mut stamp = MAGIC.to_vec();
    stamp.extend(LAYOUT.to_be_bytes());
    stamp.extend(identity.rows.to_be_bytes());
    stamp.extend(identity.partitions.to_be_bytes());
    stamp.extend(identity.partition.to_be_bytes());
    stamp.extend(identity.topic_id.as_bytes());
    stamp
}

/// Whether the stamp names a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    ATopic,
    /// It was written when the topic had no id.
    Nothing,
}

/// Whose state it says it is.
pub(super) fn decode(stamp: &[u8], dir: &Path) -> Result<Identity, StoreError> {
    let dir = dir.display().to_string();
    let Some((magic, rest)) = stamp.split_first_chunk::<8>() else {
        return Err(StoreError::Damaged { dir, reason: "its stamp is cut short".to_owned() });
    };
    if magic != MAGIC {
        return Err(StoreError::Foreign { dir, reason: "its stamp is not ours".to_owned() });
    }
    let Some((layout, rest)) = rest.split_first_chunk() else {
        return Err(StoreError::Damaged { dir, reason: "its stamp is cut short".to_owned() });
    };
    let layout = u16::from_be_bytes(*layout);
    if layout > LAYOUT {
        return Err(StoreError::Newer { dir, found: layout });
    }
    if layout < LAYOUT {
        return Err(StoreError::OtherVersion { dir, what: "layout", found: layout, expected: LAYOUT });
    }
    let numbers = rest.split_first_chunk().and_then(|(rows, rest)| {
        let (partitions, rest) = rest.split_first_chunk()?;
        let (partition, topic_id) = rest.split_first_chunk()?;
        Some((u16::from_be_bytes(*rows), i32::from_be_bytes(*partitions), i32::from_be_bytes(*partition), topic_id))
    });
    let Some((rows, partitions, partition, topic_id)) = numbers else {
        return Err(StoreError::Damaged { dir, reason: "its stamp is cut short".to_owned() });
    };
    let Ok(topic_id) = str::from_utf8(topic_id) else {
        return Err(StoreError::Foreign { dir, reason: "it names no topic".to_owned() });
    };
    Ok(Identity { topic_id: topic_id.to_owned(), partition, partitions, rows })
}

pub(super) fn check(stamp: &[u8], expected: &Identity, dir: &Path) -> Result<Names, StoreError> {
    let Identity { topic_id, partition, partitions, rows } = decode(stamp, dir)?;
    let dir = dir.display().to_string();
    if !topic_id.is_empty() && topic_id != expected.topic_id {
        return Err(StoreError::Foreign { dir, reason: "it was folded from another topic".to_owned() });
    }
    if partition != expected.partition {
        return Err(StoreError::Foreign { dir, reason: format!("it was folded from partition {partition}") });
    }
    if partitions != expected.partitions {
        return Err(StoreError::Repartitioned { dir, found: partitions, expected: expected.partitions });
    }
    if rows != expected.rows {
        return Err(StoreError::OtherVersion { dir, what: "rows", found: rows, expected: expected.rows });
    }
    Ok(if topic_id.is_empty() { Names::Nothing } else { Names::ATopic })
}
