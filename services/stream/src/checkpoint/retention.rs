//! Which checkpoints are kept, and which files nobody needs: mark and sweep over what the store lists, never counting
//! references.
//!
//! Whoever has just added a checkpoint judges those that are not newer than its own: a late writer removes nothing of a
//! newer owner's. A file goes when no manifest names it any more: at once if one did until now, else when it is older than
//! any upload lasts; "now" is the time at which the store stored the own manifest, so that no clock but the store's
//! matters. A manifest that cannot be read may name any file, so nothing is swept while there is one.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::depot::{Depot, Object};
use super::error::CheckpointError;
use super::manifest::ManifestName;
use crate::probe::Protection;

/// Longer than an upload lasts: a file that no manifest names yet may belong to one under way.
pub(super) const GRACE: Duration = Duration::from_secs(6 * 60 * 60);

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    pub(super) manifests: usize,
    pub(super) files: usize,
}

pub(super) async fn retain(depot: &Depot, own: &ManifestName, keep: usize) -> Result<Swept, CheckpointError> {
    let listed = depot.manifests().await?;
    let Some((_, now)) = listed.iter().find(|(name, _)| name == own) else { return Ok(Swept::default()) };
    let names: Vec<ManifestName> = listed.iter().map(|(name, _)| name.clone()).collect();
    let expired = expired(&names, own, keep);
    // What only these name was sent whole, long ago. An upload that shares one of them at this moment looks once more when it is done,
    // and does not count. A manifest that cannot be read says nothing: its files wait for their age.
    let mut released = BTreeSet::new();
    for name in &expired {
        if let Ok(manifest) = depot.read(name).await {
            released.extend(manifest.files.into_iter().map(|file| file.object));
        }
        depot.remove(name).await?;
    }
    let objects = depot.files().await?;
    let mut named = BTreeSet::new();
    for name in names.iter().filter(|name| !expired.contains(name)) {
        match depot.read(name).await {
            Ok(_) if !depot.keeps(Protection::NamedSpared) => {}
            Ok(manifest) => named.extend(manifest.files.into_iter().map(|file| file.object)),
            Err(_) if !depot.keeps(Protection::UnreadSpared) => {}
            Err(error) => {
                tracing::warn!(error = %error.told(), "no file is swept while a checkpoint cannot be read");
                return Ok(Swept { manifests: expired.len(), files: 0 });
            }
        }
    }
    let grace = if depot.keeps(Protection::YoungFilesSpared) { GRACE } else { Duration::ZERO };
    let needless = needless(&objects, &named, &released, *now, grace);
    for object in &needless {
        depot.remove_file(object).await?;
    }
    Ok(Swept { manifests: expired.len(), files: needless.len() })
}

/// Of the manifests, newest first: those beyond the newest `keep` that are not newer than `own`.
fn expired(newest_first: &[ManifestName], own: &ManifestName, keep: usize) -> Vec<ManifestName> {
    newest_first.iter().skip_while(|name| *name != own).skip(keep.max(1)).cloned().collect()
}

/// Files that no manifest names, of those that one has named until now or that are older than the grace.
fn needless<'a>(
    objects: &'a [Object],
    named: &BTreeSet<String>,
    released: &BTreeSet<String>,
    now: SystemTime,
    grace: Duration,
) -> Vec<&'a str> {
    let old = |object: &Object| now.duration_since(object.stored).is_ok_and(|age| age > grace);
    let unnamed = objects.iter().filter(|object| !named.contains(&object.name));
    let needless = unnamed.filter(|object| released.contains(&object.name) || old(object));
    needless.map(|object| object.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(offset: i64, digit: char) -> ManifestName {
        format!("{offset:020}-{}", digit.to_string().repeat(64)).parse().unwrap()
    }

    #[test]
    fn the_newest_are_kept_and_what_is_newer_than_ones_own_is_not_judged() {
        let all = [name(50, 'a'), name(40, 'a'), name(30, 'b'), name(30, 'a'), name(20, 'a'), name(10, 'a')];
        assert_eq!(expired(&all, &all[0], 4), all[4..]);
        assert_eq!(expired(&all, &all[1], 2), all[3..]);
        assert_eq!(expired(&all, &all[5], 1), []);
        assert_eq!(expired(&all, &all[4], 0), all[5..], "one is kept whatever is asked");
    }

    #[test]
    fn a_file_goes_when_nobody_names_it_and_no_upload_can_still_need_it() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let object = |name: &str, stored| Object { name: name.to_owned(), size: 1, stored: at(stored) };
        let objects = [object("named", 0), object("old", 0), object("young", 95), object("from the future", 200)];
        let (named, none) = (BTreeSet::from(["named".to_owned()]), BTreeSet::new());
        assert_eq!(needless(&objects, &named, &none, at(100), Duration::from_secs(10)), ["old"]);
        assert_eq!(needless(&objects, &named, &none, at(100), Duration::from_secs(100)), [""; 0]);
        // Named until now: by a manifest that goes, and one of them by another that stays.
        let released = BTreeSet::from(["named".to_owned(), "young".to_owned()]);
        assert_eq!(needless(&objects, &named, &released, at(100), Duration::from_secs(100)), ["young"]);
    }
}
