//! States that nobody uses any more: of partitions that went to other instances, and what was set aside for somebody to look at.
//! They hold what the register has since forgotten, and go after a week.

use std::path::Path;
use std::time::{Duration, SystemTime};

/// Opening a state touches it, and so does every record.
const UNTOUCHED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A file that every state has.
const CURRENT: &str = "CURRENT";

/// Removes what was not touched for a week before `now`: what was set aside, and, where there are checkpoints to have them again
/// from, states. Nothing may be open. Best effort: what cannot be removed stays until the next start.
pub(crate) fn sweep(state_dir: &Path, states_too: bool, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(state_dir) else { return };
    for dir in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let aside = dir.extension().is_some_and(|extension| extension == "aside");
        let is_left_over = dir.is_dir() && (aside || (states_too && dir.join(CURRENT).exists()));
        let untouched = || touched(&dir).is_some_and(|at| now.duration_since(at).is_ok_and(|since| since > UNTOUCHED));
        if is_left_over && untouched() {
            match std::fs::remove_dir_all(&dir) {
                Ok(()) => tracing::info!(dir = %dir.display(), "a state that was not touched for a week is removed"),
                Err(error) => tracing::warn!(dir = %dir.display(), %error, "an old state cannot be removed"),
            }
        }
    }
}

/// When anything in a folder was last changed; `None` when that cannot be told.
fn touched(dir: &Path) -> Option<SystemTime> {
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
    fn a_state_untouched_for_a_week_goes_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["events-0", "events-1.aside", "corrections"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for state in ["events-0", "events-1.aside"] {
            std::fs::write(folder.path().join(state).join(CURRENT), "MANIFEST-000001").unwrap();
        }
        let left = || {
            let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            names.sort();
            names
        };
        let now = SystemTime::now();
        sweep(folder.path(), true, now + UNTOUCHED - Duration::from_secs(60));
        assert_eq!(left(), ["corrections", "events-0", "events-1.aside"]);
        sweep(folder.path(), false, now + UNTOUCHED + Duration::from_secs(60));
        assert_eq!(left(), ["corrections", "events-0"]);
        sweep(folder.path(), true, now + UNTOUCHED + Duration::from_secs(60));
        assert_eq!(left(), ["corrections"], "a folder of folders is no state");
    }
}
