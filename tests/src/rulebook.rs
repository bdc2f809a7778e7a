//! The catalogue of the checkout with a change, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::repository::root;

/// Copies the catalogue and replaces texts everywhere in one of its files.
pub fn altered(into: &Path, file: &str, changes: &[(&str, &str)]) -> anyhow::Result<PathBuf> {
    let folder = into.join("catalogue");
    copy(&root().join("catalogue"), &folder)?;
    let file = folder.join(file);
    let mut text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    for (from, to) in changes {
        ensure!(text.contains(from), "{} does not say {from:?}", file.display());
        text = text.replace(from, to);
    }
    fs::write(&file, text)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
