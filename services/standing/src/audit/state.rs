//! States beside the log: each is opened read-only before the audit's bounds are fixed, so that it must not be ahead of them, and
//! compared row by row with the reference when that has come to the state's own position.
//!
//! A state is an instance's own, in its directory, or a checkpoint brought from its store when its partition's turn comes.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::topics::Topics;
use stream::checkpoint::{Checkpoints, Found};
use stream::log::TopicPartition;
use stream::state::{StateError, StateRead};
use stream::store::ReadOnly;

use super::digest::Digest;
use super::finding::{Code, Finding, Findings};
use super::store::ROW_VERSION;

const LOOK: Duration = Duration::from_millis(100);

/// A state that is held until the reference has come to its position.
pub(crate) struct Held {
    state: ReadOnly,
    pub(crate) next_offset: i64,
}

/// What there is of a partition's state.
pub(crate) enum Opened {
    /// This directory holds none of the partition.
    None,
    Held(Held),
    Unreadable(String),
}

/// Opens the state that a profile instance keeps in this directory, if it keeps one of the partition. Its owner may be making or
/// changing files at the moment: it is tried again for a while.
pub(crate) fn open(directory: &Path, topics: &Topics, partition: i32, patience: Duration) -> Opened {
    let deadline = Instant::now() + patience;
    loop {
        let opened = open_now(directory, topics, partition);
        if !matches!(opened, Opened::Unreadable(_)) || Instant::now() >= deadline {
            return opened;
        }
        std::thread::sleep(LOOK);
    }
}

fn open_now(directory: &Path, topics: &Topics, partition: i32) -> Opened {
    let directory = stream::store::folder(directory, &TopicPartition::new(topics.events().clone(), partition));
    if !directory.is_dir() {
        return Opened::None;
    }
    let opened = ReadOnly::open(&directory).map_err(|error| error.to_string());
    match opened.and_then(|state| Ok((state.inspect().map_err(|error| error.to_string())?, state))) {
        Ok((found, _)) if found.identity.rows != u16::from(ROW_VERSION) => Opened::Unreadable(format!(
            "its rows are of version {}, this program's of {ROW_VERSION}",
            found.identity.rows
        )),
        Ok((found, state)) => Opened::Held(Held { state, next_offset: found.position.next_offset }),
        Err(reason) => Opened::Unreadable(reason),
    }
}

/// Brings a checkpoint into a folder, every byte checked, and opens it.
pub(crate) fn bring(store: &Checkpoints, found: &Found, folder: &Path, topics: &Topics) -> Opened {
    let directory = stream::store::folder(folder, &TopicPartition::new(topics.events().clone(), found.partition));
    match store.restore(found, &directory) {
        Ok(_) => open_now(folder, topics, found.partition),
        Err(error) => Opened::Unreadable(format!("checkpoint {}: {error}", found.name)),
    }
}

/// Compares every row; gives how many there are.
pub(crate) fn compare(
    held: &Held,
    rows: &BTreeMap<Vec<u8>, Vec<u8>>,
    events: &Arc<str>,
    partition: i32,
    findings: &mut Findings,
) -> u64 {
    let mut differs = |key: &[u8], what: &str| {
        let kind = key.first().map_or('?', |byte| char::from(*byte));
        let detail = format!("a row of kind {kind} {what}, at position {}", held.next_offset);
        findings.add(Finding::new(Code::StateDiffers, events, partition, detail).keyed(&Digest::of(key)));
    };
    let mut expected = rows.iter().peekable();
    let mut count = 0;
    let walked: Result<(), StateError> = held.state.walk((Bound::Unbounded, Bound::Unbounded), &mut |key, value| {
        count += 1;
        while let Some((missing, _)) = expected.next_if(|(expected, _)| expected.as_slice() < key) {
            differs(missing, "is missing");
        }
        match expected.next_if(|(expected, _)| expected.as_slice() == key) {
            Some((_, right)) if right.as_slice() == value => {}
            Some(_) => differs(key, "has another value"),
            None => differs(key, "should not be there"),
        }
        ControlFlow::Continue(())
    });
    match walked {
        Ok(()) => {
            for (missing, _) in expected {
                differs(missing, "is missing");
            }
        }
        Err(error) => {
            findings.add(Finding::new(Code::StateUnreadable, events, partition, error.to_string()));
        }
    }
    count
}
