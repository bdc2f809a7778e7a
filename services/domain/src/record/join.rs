//! Two facts of one id, joined by an order that does not depend on which came first.

use std::collections::BTreeMap;

use super::{DECIDED_FACTS_MAX, Joined};
use crate::ids::RecordId;

pub(super) fn keep_least<T: Ord>(held: &mut Option<T>, new: T) {
    if held.as_ref().is_none_or(|h| new < *h) {
        *held = Some(new);
    }
}

pub(super) fn keep_greatest<T: Ord>(held: &mut Option<T>, new: T) {
    if held.as_ref().is_none_or(|h| new > *h) {
        *held = Some(new);
    }
}

pub(super) fn join_fact<T: Copy + PartialEq>(
    facts: &mut BTreeMap<RecordId, T>,
    id: &RecordId,
    new: T,
    merge: impl FnOnce(&mut T, T),
) -> Joined {
    if let Some(held) = facts.get_mut(id) {
        let before = *held;
        merge(held, new);
        return if *held == before { Joined::Repeat } else { Joined::Changed };
    }
    if facts.len() >= DECIDED_FACTS_MAX {
        return Joined::TooMany;
    }
    facts.insert(id.clone(), new);
    Joined::Changed
}

pub(super) fn join_part<T: Clone + Default + PartialEq>(
    facts: &mut BTreeMap<RecordId, T>,
    id: &RecordId,
    most: usize,
    merge: impl FnOnce(&mut T),
) -> Joined {
    if !facts.contains_key(id) && facts.len() >= most {
        return Joined::TooMany;
    }
    let held = facts.entry(id.clone()).or_default();
    let before = held.clone();
    merge(held);
    if *held == before { Joined::Repeat } else { Joined::Changed }
}
