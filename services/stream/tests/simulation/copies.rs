//! What befalls the object store between the workers, and what must hold of it in the end.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use stream::checkpoint::{Checkpoints, Place};
use stream::state::StateRead;
use stream::store::ReadOnly;

use crate::auditor::{Auditor, Finding};
use crate::depot::{Depot, GRACE};
use crate::dice::Dice;
use crate::scheduler::Seat;
use crate::store::{get, list};
use crate::sums::text;
use crate::world::World;

/// Files of a state, by a part of their name.
const FILES: [&str; 5] = [".sst", "MANIFEST", "CURRENT", "OPTIONS", ""];

pub(crate) struct Copies {
    world: Arc<World>,
    /// The store as it was once.
    kept: Option<Depot>,
}

impl Copies {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, kept: None }
    }

    pub(crate) fn hurt_any(&mut self, dice: &Dice) {
        let partition = i32::try_from(dice.roll(u64::try_from(self.world.partitions).unwrap())).unwrap();
        let other = (partition + 1) % self.world.partitions;
        let mut depot = self.world.depot();
        let found = depot.manifests_of(partition);
        // The newest more often than another.
        let manifest = match found.as_slice() {
            [] => None,
            [newest, ..] if dice.roll(2) == 0 => Some(newest.0.clone()),
            all => Some(dice.choose(all).0.clone()),
        };
        let files = *dice.choose(&FILES);
        let hurt = match (dice.roll(16), manifest) {
            (0, _) => {
                self.kept = Some(depot.clone());
                "store copied"
            }
            (1, _) => match &self.kept {
                Some(kept) => {
                    depot.put_back(kept);
                    "old copy of the store put back"
                }
                None => "no copy of the store",
            },
            (2, _) => {
                depot.lose_everything();
                "store lost"
            }
            (3..7, _) => {
                self.world.move_store_clock(GRACE + Duration::from_secs(60));
                "files grow old"
            }
            (_, None) => "no checkpoint",
            (7, Some(manifest)) => {
                depot.lose_manifest(&manifest);
                "manifest lost"
            }
            (roll @ 8..10, Some(manifest)) => {
                depot.spoil_manifest(&manifest, roll == 8);
                "manifest damaged"
            }
            (10..12, Some(manifest)) => {
                depot.lose_files(&manifest, files);
                "files of a checkpoint lost"
            }
            (12..14, Some(manifest)) => {
                depot.spoil_files(&manifest, files);
                "files of a checkpoint damaged"
            }
            (_, Some(manifest)) => {
                depot.misplace(&manifest, other);
                "checkpoint put in the wrong place"
            }
        };
        drop(depot);
        self.world.count(hurt);
        self.world.say(&Seat::driver(), format_args!("{partition}: {hurt}"));
    }

    /// Of each partition the end is copied.
    pub(crate) fn are_made(&self, auditor: &Auditor) -> Finding {
        let depot = self.world.depot();
        for partition in 0..self.world.partitions {
            let end = auditor.end(partition);
            let found = depot.manifests_of(partition);
            let made = found.iter().any(|(manifest, offset)| *offset == end && depot.is_whole(manifest));
            if !made {
                return Err(format!("partition {partition} ends at {end}; there are {found:?}"));
            }
        }
        Ok(())
    }

    /// Once the owner of each partition has copied its end, no more are kept than should be, and files that none of them
    /// needs go when they are old. (Who comes later with an older one leaves that, until the next.)
    pub(crate) fn are_swept(&self, auditor: &Auditor, keep: usize) -> Finding {
        let (now, depot) = (self.world.store_time(), self.world.depot());
        for partition in 0..self.world.partitions {
            let end = auditor.end(partition);
            let kept = depot.kept(partition, end);
            if kept > keep {
                return Err(format!("partition {partition} has {kept} checkpoints up to {end}, and {keep} are kept"));
            }
        }
        match (0..self.world.partitions).map(|partition| depot.needless(partition, now)).sum::<usize>() {
            0 => Ok(()),
            needless => Err(format!("{needless} old files are kept that no checkpoint names")),
        }
    }

    /// Nothing that was needed is gone, and the newest sound checkpoint of each partition is the state at its offset.
    pub(crate) fn are_right(&self, auditor: &Auditor, scratch: &FilePath) -> Finding {
        for partition in 0..self.world.partitions {
            let depot = self.world.depot();
            let found = depot.manifests_of(partition);
            if let Some(fault) = found.iter().find_map(|(manifest, _)| depot.missing(manifest, false)) {
                return Err(fault);
            }
            let sound = found.into_iter().find(|(manifest, _)| depot.is_sound(manifest));
            drop(depot);
            // A copy of a state that was damaged is right in every byte.
            if let Some((manifest, _)) = sound.filter(|_| !self.world.is_known("state damaged")) {
                self.is_right(auditor, &manifest, partition, scratch)?;
            }
        }
        Ok(())
    }

    fn is_right(&self, auditor: &Auditor, manifest: &Path, partition: i32, scratch: &FilePath) -> Finding {
        let fault = |what: &str, error: &dyn fmt::Display| format!("{manifest}: {what}: {error}");
        let reader = Checkpoints::open(Place::of(Arc::new(AsItIs(self.world.clone())))).unwrap();
        let found = reader.list(&self.world.topics.input).map_err(|error| fault("listing", &error))?;
        let name = manifest.filename().unwrap().strip_suffix(".json").unwrap();
        let found = found.iter().find(|found| found.partition == partition && found.name.to_string() == name).unwrap();
        let its = reader.restore(found, scratch).map_err(|error| fault("restoring", &error))?;
        let state = ReadOnly::open(scratch).map_err(|error| fault("opening", &error))?;
        let rows = state.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX);
        let rows: BTreeMap<String, String> =
            rows.map_err(|error| fault("reading", &error))?.iter().map(|(key, row)| (text(key), text(row))).collect();
        drop(state);
        std::fs::remove_dir_all(scratch).unwrap();
        let wanted = auditor.rows(partition, its.next_offset);
        if rows == wanted {
            return Ok(());
        }
        Err(format!("{manifest} holds {rows:?} instead of {wanted:?}"))
    }
}

/// The store without any trouble, for who looks at it from outside.
struct AsItIs(Arc<World>);

impl fmt::Display for AsItIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as it is")
    }
}

impl fmt::Debug for AsItIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for AsItIs {
    async fn put_opts(&self, _location: &Path, _payload: PutPayload, _options: PutOptions) -> Result<PutResult> {
        Err(Error::NotImplemented { operation: "put".into(), implementer: "AsItIs".into() })
    }

    async fn put_multipart_opts(
        &self,
        _location: &Path,
        _options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "put".into(), implementer: "AsItIs".into() })
    }

    async fn get_opts(&self, location: &Path, _options: GetOptions) -> Result<GetResult> {
        get(&self.0.depot(), location)
    }

    fn delete_stream(&self, _locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        futures::stream::empty().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        futures::stream::iter(list(&self.0.depot(), prefix).into_iter().map(Ok)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let below = |meta: &ObjectMeta| {
            let mut rest = meta.location.prefix_match(prefix.unwrap_or(&Path::default()))?;
            let first = rest.next()?;
            rest.next()?;
            Some(prefix.cloned().unwrap_or_default().join(first))
        };
        let mut common_prefixes: Vec<Path> = list(&self.0.depot(), prefix).iter().filter_map(below).collect();
        common_prefixes.sort();
        common_prefixes.dedup();
        Ok(ListResult { common_prefixes, objects: Vec::new(), extensions: Default::default() })
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _options: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy".into(), implementer: "AsItIs".into() })
    }
}
