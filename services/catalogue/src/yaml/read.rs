//! Node -> value, with every fault of the node.
//!
//! Serde ends at the first fault. So the node is read again and again: after each fault a stand-in takes the place of the faulty or
//! missing value, and the next reading goes on behind it. The value of a node that needed a stand-in is thrown away.

use serde::de::DeserializeOwned;

use super::de::{Notes, Reader};
use super::fault::{Fault, FaultKind};
use super::node::{Key, Node, Value};
use super::stand_in;

/// Readings of one entry: more faults than this in one entry are a file of another kind.
const READINGS_MAX: usize = 200;

pub(crate) struct Read<T> {
    /// Absent when anything but an unknown key is wrong.
    pub(crate) value: Option<T>,
    pub(crate) faults: Vec<Fault>,
}

pub(crate) fn read<T: DeserializeOwned>(node: &Node) -> Read<T> {
    let mut node = node.clone();
    let notes = Notes::default();
    let mut faults = Vec::new();
    let mut value = None;
    for reading in 0..READINGS_MAX {
        match T::deserialize(Reader { node: &node, notes: &notes }) {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(fault) => {
                let goes_on = mend(&mut node, &fault, reading);
                if fault.kind != FaultKind::StandIn {
                    faults.push(fault);
                }
                if !goes_on {
                    break;
                }
            }
        }
    }
    let value = if faults.is_empty() { value } else { None };
    faults.extend(notes.into_faults());
    Read { value, faults }
}

/// Whether another reading can find more.
fn mend(node: &mut Node, fault: &Fault, reading: usize) -> bool {
    let Some((id, _)) = fault.at else { return false };
    if fault.kind == FaultKind::Key {
        node.remove(id);
        return true;
    }
    let Some(faulty) = node.find_mut(id) else { return false };
    match (&fault.kind, &mut faulty.value) {
        (_, Value::StandIn(attempt)) => {
            *attempt += 1;
            return *attempt < stand_in::ATTEMPTS;
        }
        (FaultKind::MissingKey(key), Value::Map(entries)) => {
            // Ids of files count from 0: these cannot meet them.
            let stand_in = Node { id: usize::MAX - reading, place: faulty.place, value: Value::StandIn(0) };
            entries.push((Key { text: key.clone(), place: faulty.place }, stand_in));
        }
        (_, value) => *value = Value::StandIn(0),
    }
    true
}
