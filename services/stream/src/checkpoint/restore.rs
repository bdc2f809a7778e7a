//! Bringing a checkpoint back: the newest sound one into a scratch folder, every file checked, and the state opened to
//! see that it stands where the manifest says.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};

use super::around::Around;
use super::depot::Depot;
use super::error::CheckpointError;
use super::manifest::{Manifest, ManifestName};
use super::scratch::Scratch;
use crate::probe::{DiskWork, Protection};
use crate::store::{Identity, Inspected, ReadOnly};

/// Files brought at once.
const FILES_AT_ONCE: usize = 4;
/// A store that fails is asked again so often, its own repetitions aside, before a checkpoint is given up.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);

/// Which checkpoints a partition can go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The first offset that the log holds, if it must be complete.
    pub(crate) low: i64,
    /// How far outputs are committed: a state ahead of it is never used.
    pub(crate) committed: i64,
    /// There is a state, and only a checkpoint that reaches this offset is worth more.
    pub(crate) better_from: Option<i64>,
    /// Checkpoints in these ranges are, or may be, copies of a state that was found damaged.
    pub(crate) distrusted: Vec<RangeInclusive<i64>>,
}

impl Bounds {
    fn admit(&self, name: &ManifestName, depot: &Depot) -> bool {
        let offset = name.next_offset();
        let trusted = !self.distrusted.iter().any(|range| range.contains(&offset));
        let ahead = offset > self.committed && depot.keeps(Protection::AheadNotRestored);
        offset >= self.low.max(self.better_from.unwrap_or(self.low)) && !ahead && trusted
    }
}

/// A state in a scratch folder, to be moved to its place.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) name: ManifestName,
    pub(crate) scratch: Scratch,
    pub(crate) bytes: u64,
}

/// The newest checkpoint that is sound and within the bounds; `passed_over` is told of each that is not. The store's
/// failures count like unsound checkpoints once they were repeated: at last the log is folded instead.
pub(super) async fn newest_sound(
    depot: &Depot,
    identity: &Identity,
    bounds: &Bounds,
    state_dir: &Path,
    mut passed_over: impl FnMut(&CheckpointError),
) -> Option<Restored> {
    let around = depot.around();
    let listed = match patiently(around, || depot.manifests()).await {
        Ok(listed) => listed,
        Err(error) => {
            passed_over(&error);
            return None;
        }
    };
    for (name, _) in listed.iter().filter(|(name, _)| bounds.admit(name, depot)) {
        let attempt = || async {
            let manifest = depot.read(name).await?;
            if depot.keeps(Protection::CheckpointIdentified) {
                manifest.check_identity(name, identity)?;
            }
            let scratch = Scratch::new(state_dir)?;
            bring(depot, name, &manifest, scratch.dir()).await?;
            Ok(Restored { name: name.clone(), scratch, bytes: manifest.bytes() })
        };
        match patiently(around, attempt).await {
            Ok(restored) => return Some(restored),
            Err(error) => passed_over(&error),
        }
        if !depot.keeps(Protection::EarlierTried) {
            return None;
        }
    }
    None
}

/// Tries again what may pass.
async fn patiently<T, F: Future<Output = Result<T, CheckpointError>>>(
    around: &Around,
    mut attempt: impl FnMut() -> F,
) -> Result<T, CheckpointError> {
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(CheckpointError::Store { .. } | CheckpointError::Disk { .. }) => {
                around.pause(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
    attempt().await
}

/// Brings the files of a checkpoint into a new folder, and opens them.
pub(super) async fn bring(
    depot: &Depot,
    name: &ManifestName,
    manifest: &Manifest,
    into: &Path,
) -> Result<Inspected, CheckpointError> {
    let making = || CheckpointError::disk(format!("making the folder {}", into.display()));
    depot.around().probe.disk(DiskWork::Write).and_then(|()| std::fs::create_dir(into)).map_err(making())?;
    let files: Vec<_> = manifest.files.iter().map(|file| depot.get_file(name, file, into)).collect();
    futures::stream::iter(files).buffer_unordered(FILES_AT_ONCE).try_collect::<()>().await?;
    std::fs::File::open(into)
        .and_then(|folder| folder.sync_all())
        .map_err(CheckpointError::disk(format!("writing {}", into.display())))?;
    depot.around().probe.disk(DiskWork::Open).map_err(CheckpointError::disk("opening what was brought"))?;
    let found = ReadOnly::open(into)
        .and_then(|state| state.inspect())
        .map_err(|error| CheckpointError::unsound(name, error.to_string()))?;
    if found.position != manifest.position() {
        let reason = format!("its state stands at {}", found.position.next_offset);
        return Err(CheckpointError::unsound(name, reason));
    }
    manifest.check_identity(name, &found.identity)?;
    Ok(found)
}
