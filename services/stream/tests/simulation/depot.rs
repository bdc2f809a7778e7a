//! The object store that all processes of a run share: what lies in it, what befell it, and what must hold of it whatever
//! happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use object_store::path::Path;
use serde::Deserialize;

/// Files that no manifest has named yet are spared for so long.
pub(crate) const GRACE: Duration = Duration::from_secs(6 * 60 * 60);

/// What is read of a manifest, apart from the code under test.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Manifest {
    partition: i32,
    parent: Option<String>,
    files: Vec<Listed>,
}

#[derive(Clone, Debug, Deserialize)]
struct Listed {
    name: String,
    object: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    pub(crate) stored: SystemTime,
    /// Objects are numbered in the order in which they came.
    number: u64,
    /// Damaged, or where it does not belong.
    hurt: bool,
    manifest: Option<Manifest>,
}

#[derive(Clone, Copy, Debug)]
struct Gone {
    number: u64,
    /// When it had been stored.
    stored: SystemTime,
    by_trouble: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Depot {
    pub(crate) objects: BTreeMap<Path, Object>,
    gone: BTreeMap<Path, Gone>,
    /// Everything that was ever a manifest here, by its name.
    manifests: BTreeMap<String, Manifest>,
    numbers: u64,
    /// Counts what befell it.
    pub(crate) hurts: u64,
}

/// The path of a manifest: the folder of its partition, and its name.
fn of_manifest(path: &Path) -> Option<(String, String)> {
    let (folder, name) = path.as_ref().split_once("/manifests/")?;
    Some((folder.to_owned(), name.strip_suffix(".json")?.to_owned()))
}

pub(crate) fn is_manifest(path: &Path) -> bool {
    of_manifest(path).is_some()
}

/// The partition in whose folder an object lies.
pub(crate) fn partition_of(path: &Path) -> i32 {
    path.as_ref().rsplit('/').nth(2).unwrap().parse().unwrap()
}

fn file_path(folder: &str, object: &str) -> Path {
    Path::from(format!("{folder}/files/{object}"))
}

impl Depot {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Creates an object, if there is none of that name. An error is a fault of whoever wrote it.
    pub(crate) fn put(&mut self, path: &Path, bytes: Bytes, stored: SystemTime) -> Result<bool, String> {
        if self.objects.contains_key(path) {
            return Ok(false);
        }
        let manifest = of_manifest(path).and_then(|_| serde_json::from_slice::<Manifest>(&bytes).ok());
        let number = self.number();
        if let (Some((folder, name)), Some(manifest)) = (of_manifest(path), &manifest) {
            self.manifests.insert(name, manifest.clone());
            let never = manifest.files.iter().find(|file| {
                let path = file_path(&folder, &file.object);
                !self.objects.contains_key(&path) && !self.gone.contains_key(&path)
            });
            if let Some(never) = never {
                return Err(format!("{path} names {}, which never was there", never.name));
            }
        }
        // No two are stored at the same time.
        let stored = stored + Duration::from_nanos(number);
        self.objects.insert(path.clone(), Object { bytes, stored, number, hurt: false, manifest });
        Ok(true)
    }

    /// Removes an object. `listed` are the manifests that whoever removes it knew of; an error is its fault.
    pub(crate) fn delete(&mut self, path: &Path, listed: &BTreeSet<Path>, now: SystemTime) -> Result<(), String> {
        let Some(object) = self.objects.remove(path) else { return Ok(()) };
        let number = self.number();
        self.gone.insert(path.clone(), Gone { number, stored: object.stored, by_trouble: false });
        if is_manifest(path) {
            return Ok(());
        }
        let young = now.duration_since(object.stored).is_ok_and(|age| age <= GRACE);
        if young && !self.was_named(path) {
            return Err(format!("{path} is removed while an upload may still come to name it"));
        }
        let named = self.objects.iter().find(|(manifest, it)| {
            listed.contains(manifest) && !it.hurt && self.files(manifest).iter().any(|file| file == path)
        });
        match named {
            Some((manifest, _)) => Err(format!("{path} is removed, and {manifest} names it")),
            None => Ok(()),
        }
    }

    /// Whether a manifest has ever named this file.
    fn was_named(&self, path: &Path) -> bool {
        let object = path.as_ref().rsplit('/').next().unwrap();
        self.manifests.values().any(|manifest| manifest.files.iter().any(|file| file.object == object))
    }

    fn files(&self, manifest: &Path) -> Vec<Path> {
        let Some((folder, _)) = of_manifest(manifest) else { return Vec::new() };
        let Some(manifest) = self.objects.get(manifest).and_then(|object| object.manifest.as_ref()) else {
            return Vec::new();
        };
        manifest.files.iter().map(|file| file_path(&folder, &file.object)).collect()
    }

    /// The manifests of a partition, the newest first.
    pub(crate) fn manifests_of(&self, partition: i32) -> Vec<(Path, i64)> {
        let mut found: Vec<(i64, u64, Path)> = self
            .objects
            .iter()
            .filter_map(|(path, object)| {
                let (_, name) = of_manifest(path)?;
                let offset = name.split_once('-')?.0.parse().ok()?;
                (partition_of(path) == partition).then(|| (offset, object.number, path.clone()))
            })
            .collect();
        found.sort();
        found.into_iter().rev().map(|(offset, _, path)| (path, offset)).collect()
    }

    /// How many checkpoints of a partition there were up to this offset when one of it was stored last.
    pub(crate) fn kept(&self, partition: i32, end: i64) -> usize {
        let numbered = |(path, offset)| (offset, self.objects[&path].number);
        let found: Vec<(i64, u64)> = self.manifests_of(partition).into_iter().map(numbered).collect();
        let last = found.iter().filter(|(offset, _)| *offset == end).map(|(_, number)| *number).max().unwrap_or(0);
        found.iter().filter(|(offset, number)| *offset <= end && *number <= last).count()
    }

    /// Whether a state can be had from it.
    pub(crate) fn is_sound(&self, manifest: &Path) -> bool {
        let whole = self.objects.get(manifest).is_some_and(|object| !object.hurt && object.manifest.is_some());
        whole && self.files(manifest).iter().all(|file| self.objects.get(file).is_some_and(|object| !object.hurt))
    }

    /// Whether all of it is there, damaged or not.
    pub(crate) fn is_whole(&self, manifest: &Path) -> bool {
        let readable = self.objects.get(manifest).is_some_and(|object| !object.hurt && object.manifest.is_some());
        readable && self.files(manifest).iter().all(|file| self.objects.contains_key(file))
    }

    /// What a checkpoint misses that no trouble took, or that somebody took before and whoever says that all is there should
    /// have missed as well.
    pub(crate) fn missing(&self, manifest: &Path, said_to_be_whole: bool) -> Option<String> {
        let (folder, _) = of_manifest(manifest)?;
        let object = self.objects.get(manifest).filter(|object| !object.hurt)?;
        let its = object.manifest.as_ref()?;
        let parent = its.parent.as_ref().and_then(|parent| self.manifests.get(parent));
        let missing = its.files.iter().find(|file| {
            let Some(gone) = self.gone.get(&file_path(&folder, &file.object)) else { return false };
            if self.objects.contains_key(&file_path(&folder, &file.object)) {
                return false;
            }
            // Swept as of a moment before there was this manifest, because the one whose file it was had expired: a writer
            // that comes so late loses its checkpoint, which is older than those that made the other expire.
            let shared = parent.is_some_and(|parent| parent.files.iter().any(|its| its.object == file.object));
            let slow = object.stored.duration_since(gone.stored).is_ok_and(|took| took > GRACE);
            if gone.by_trouble { said_to_be_whole && gone.number < object.number } else { !shared && !slow }
        })?;
        Some(format!("{manifest} has no {}, and nobody knows", missing.name))
    }

    /// Files that no manifest names and that are old. None are known where a manifest is damaged: it may name any.
    pub(crate) fn needless(&self, partition: i32, now: SystemTime) -> usize {
        let manifests = self.manifests_of(partition);
        if manifests.iter().any(|(manifest, _)| self.objects[manifest].hurt) {
            return 0;
        }
        let named: BTreeSet<Path> = manifests.iter().flat_map(|(manifest, _)| self.files(manifest)).collect();
        let its = |path: &&Path| !is_manifest(path) && partition_of(path) == partition;
        let old = |path: &&Path| now.duration_since(self.objects[*path].stored).is_ok_and(|age| age > GRACE);
        self.objects.keys().filter(its).filter(|path| !named.contains(*path)).filter(old).count()
    }

    fn lose(&mut self, path: &Path) {
        if let Some(object) = self.objects.remove(path) {
            let number = self.number();
            self.gone.insert(path.clone(), Gone { number, stored: object.stored, by_trouble: true });
        }
    }

    /// Loses a checkpoint's manifest.
    pub(crate) fn lose_manifest(&mut self, manifest: &Path) {
        self.hurts += 1;
        self.lose(manifest);
    }

    /// Loses the files of a checkpoint whose names end so.
    pub(crate) fn lose_files(&mut self, manifest: &Path, like: &str) {
        self.hurts += 1;
        for file in self.files_like(manifest, like) {
            self.lose(&file);
        }
    }

    pub(crate) fn lose_everything(&mut self) {
        self.hurts += 1;
        for path in self.objects.keys().cloned().collect::<Vec<_>>() {
            self.lose(&path);
        }
    }

    /// Flips bits of an object, unless it has none, or they are flipped.
    fn spoil(&mut self, path: &Path) {
        if let Some(object) = self.objects.get_mut(path).filter(|object| !object.hurt && !object.bytes.is_empty()) {
            let mut bytes = object.bytes.to_vec();
            bytes.iter_mut().take(64).for_each(|byte| *byte ^= 0x55);
            object.bytes = bytes.into();
            object.hurt = true;
        }
    }

    pub(crate) fn spoil_manifest(&mut self, manifest: &Path, cut: bool) {
        self.hurts += 1;
        self.spoil(manifest);
        if let Some(object) = self.objects.get_mut(manifest).filter(|_| cut) {
            object.bytes.truncate(object.bytes.len() / 2);
        }
    }

    pub(crate) fn spoil_files(&mut self, manifest: &Path, like: &str) {
        self.hurts += 1;
        for file in self.files_like(manifest, like) {
            self.spoil(&file);
        }
    }

    fn files_like(&self, manifest: &Path, like: &str) -> Vec<Path> {
        let Some((folder, _)) = of_manifest(manifest) else { return Vec::new() };
        let its = self.objects.get(manifest).and_then(|object| object.manifest.as_ref());
        let files = its.iter().flat_map(|manifest| &manifest.files);
        files.filter(|file| file.name.contains(like)).map(|file| file_path(&folder, &file.object)).collect()
    }

    /// Puts a checkpoint into another partition's folder, in place of what lies there.
    pub(crate) fn misplace(&mut self, manifest: &Path, partition: i32) {
        let Some((folder, _)) = of_manifest(manifest) else { return };
        let there = format!("{}/{partition:05}", folder.rsplit_once('/').unwrap().0);
        if there == folder {
            return;
        }
        self.hurts += 1;
        for (own, _) in self.manifests_of(partition) {
            self.lose(&own);
        }
        for path in self.files(manifest).into_iter().chain([manifest.clone()]) {
            let to = Path::from(path.as_ref().replacen(&folder, &there, 1));
            let Some(object) = self.objects.get(&path).cloned() else { continue };
            let number = self.number();
            // What was put elsewhere twice may be at home.
            let hurt = match &object.manifest {
                Some(its) => its.partition != partition || serde_json::from_slice::<Manifest>(&object.bytes).is_err(),
                None => object.hurt,
            };
            self.objects.entry(to).or_insert(Object { hurt, number, ..object });
        }
    }

    /// Everything is as it was in this copy, and what came since is gone.
    pub(crate) fn put_back(&mut self, copy: &Self) {
        self.lose_everything();
        self.objects.clone_from(&copy.objects);
    }
}
