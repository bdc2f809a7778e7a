//! What was set aside for somebody to look at holds what the register has since forgotten, and goes after a week.

use std::path::Path;
use std::time::{Duration, SystemTime};

/// What a state is called once it was set aside, and while it is being removed.
pub(super) const ASIDE: &str = "aside";
pub(super) const REPLACED: &str = "replaced";
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Removes what was set aside a week before `now`, and what a crash left of a removal. Best effort: what cannot be removed stays
/// until the next start.
pub(crate) fn sweep(state_dir: &Path, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(state_dir) else { return };
    for dir in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is = |what: &str| dir.extension().is_some_and(|extension| extension == what);
        let old = || changed(&dir).is_some_and(|at| now.duration_since(at).is_ok_and(|since| since > KEPT));
        if is(REPLACED) || (is(ASIDE) && old()) {
            match std::fs::remove_dir_all(&dir) {
                Ok(()) => tracing::info!(dir = %dir.display(), "a state that nobody uses is removed"),
                Err(error) => {
                    tracing::warn!(dir = %dir.display(), %error, "a state that nobody uses cannot be removed")
                }
            }
        }
    }
}

/// When anything in a folder was last changed; `None` when that cannot be told.
fn changed(dir: &Path) -> Option<SystemTime> {
    let mut last = std::fs::metadata(dir).ok()?.modified().ok()?;
    for entry in std::fs::read_dir(dir).ok()? {
        last = last.max(entry.ok()?.metadata().ok()?.modified().ok()?);
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_goes_after_a_week_and_no_state_does() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["events-0", "events-1.aside", "events-2.replaced", "corrections"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("CURRENT"), "MANIFEST-000001").unwrap();
        }
        let left = || {
            let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            names.sort();
            names
        };
        let now = SystemTime::now();
        sweep(folder.path(), now + KEPT - Duration::from_secs(60));
        assert_eq!(left(), ["corrections", "events-0", "events-1.aside"]);
        sweep(folder.path(), now + KEPT + Duration::from_secs(60));
        assert_eq!(left(), ["corrections", "events-0"]);
    }
}
