//! What befalls the directories of a process that is down: lost, put back from an older copy, put back in the wrong place, or
//! damaged. Real RocksDB files.

use std::path::{Path, PathBuf};

use crate::dice::Dice;
use crate::sums::text;

/// What was done, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The file that names the manifest: removed, flipped or cut.
    Current,
    Manifest,
    /// The newest write-ahead log: what it loses is folded again.
    WriteAheadLog,
    Tables,
    TablesMissing,
    /// Files of something else.
    Rubbish,
}

impl Damage {
    const ALL: [Self; 6] =
        [Self::Current, Self::Manifest, Self::WriteAheadLog, Self::Tables, Self::TablesMissing, Self::Rubbish];
}

/// Damages the files of one state and says how.
pub(crate) fn damage(state: &Path, dice: &Dice) -> Damage {
    let damage = *dice.choose(&Damage::ALL);
    match damage {
        Damage::Current => spoil(&[state.join("CURRENT")], dice),
        Damage::Manifest => spoil(&newest(state, "MANIFEST-"), dice),
        Damage::WriteAheadLog => spoil(&newest(state, ".log"), dice),
        Damage::Tables => flip_beginnings(&files(state, ".sst")),
        Damage::TablesMissing => {
            for table in files(state, ".sst") {
                std::fs::remove_file(table).unwrap();
            }
        }
        Damage::Rubbish => {
            for file in files(state, "") {
                std::fs::write(file, b"what lay here before is gone\n").unwrap();
            }
        }
    }
    damage
}

/// Cuts or flips the files, or removes them.
fn spoil(files: &[PathBuf], dice: &Dice) {
    for file in files.iter().filter(|file| file.exists()) {
        let mut bytes = std::fs::read(file).unwrap();
        let at = usize::try_from(dice.roll(bytes.len().max(1) as u64)).unwrap();
        match dice.roll(5) {
            0 => std::fs::remove_file(file).unwrap(),
            1 | 2 => {
                bytes.truncate(at);
                std::fs::write(file, bytes).unwrap();
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.roll(8);
                }
                std::fs::write(file, bytes).unwrap();
            }
        }
    }
}

/// All of them, and where each is read first: what is found must not depend on which file RocksDB reads.
fn flip_beginnings(files: &[PathBuf]) {
    for file in files {
        let mut bytes = std::fs::read(file).unwrap();
        bytes.iter_mut().take(64).for_each(|byte| *byte ^= 0x55);
        std::fs::write(file, bytes).unwrap();
    }
}

fn files(dir: &Path, part: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.is_file() && text(file.file_name().unwrap().as_encoded_bytes()).contains(part));
    files.sort();
    files
}

fn newest(dir: &Path, part: &str) -> Vec<PathBuf> {
    files(dir, part).pop().into_iter().collect()
}

/// Copies a directory and what lies in it, in place of what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    remove(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

pub(crate) fn remove(dir: &Path) {
    if dir.exists() {
        std::fs::remove_dir_all(dir).unwrap();
    }
}

/// The states in a process's directory, set aside or not.
pub(crate) fn states(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut states: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    states.sort();
    states
}

pub(crate) fn is_aside(state: &Path) -> bool {
    state.extension().is_some_and(|extension| extension == "aside")
}

/// Where a restore or a checkpoint is at work.
pub(crate) fn is_scratch(state: &Path) -> bool {
    state.file_name().is_some_and(|name| name == ".scratch")
}

/// Writes the stamp of another partition into a state: what a runtime would see that does not look at stamps.
pub(crate) fn take_stamp(of: &[u8], state: &Path) {
    rocksdb::DB::open_default(state).unwrap().put(b"\0stamp", of).unwrap();
}

pub(crate) fn stamp(state: &Path) -> Option<Vec<u8>> {
    rocksdb::DB::open_default(state).ok()?.get(b"\0stamp").unwrap()
}
