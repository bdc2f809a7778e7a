//! The files of a catalogue: read from a folder, from memory, or compiled in.
//!
//! A tree is all `*.yaml` files under one folder, in order of their paths. Reading never fails as a whole: a file that
//! cannot be read, is too large or is no UTF-8 becomes a finding, and the others are looked at all the same.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::finding::{Finding, Place};

/// Forty times the longest file of the reference catalogue; a larger one was not written by hand.
const FILE_BYTES_MAX: usize = 1 << 20;
/// A city's packs are a few hundred files.
const FILES_MAX: usize = 2_000;
/// Packs lie two folders deep; this stops a folder that links to itself.
const FOLDERS_DEEP_MAX: usize = 12;

/// One file: its path relative to the tree, with `/` between parts, and its text.
#[derive(Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

/// The files of one catalogue, and what could not be read of them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: Vec<Arc<File>>,
    faults: Vec<Finding>,
}

impl Tree {
    /// Every `*.yaml` file under `root`, or `root` itself if it is a file. Folders and files whose name begins with a dot are left
    /// out.
    pub fn read(root: &Path) -> Self {
        let mut tree = Self::default();
        let mut found = Vec::new();
        if root.is_file() {
            let name = root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            found.push((name, root.to_path_buf()));
        } else {
            tree.walk(root, "", 0, &mut found);
        }
        found.sort();
        if found.len() > FILES_MAX {
            let message = format!("the tree has {} files; at most {FILES_MAX} are read", found.len());
            tree.fault("", "tree.files", message, "point to the catalogue's own folder");
            found.truncate(FILES_MAX);
        }
        for (name, path) in found {
            match read_bounded(&path) {
                Ok(bytes) => tree.add(name, bytes),
                Err(error) => tree.fault(
                    &name,
                    "file.unreadable",
                    format!("the file cannot be read: {error}"),
                    "check that it exists and that you may read it",
                ),
            }
        }
        tree
    }

    /// A tree from memory: pairs of path and content. Paths are sorted; a path given twice is one file too many.
    pub fn from_files<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let mut tree = Self::default();
        let mut files: Vec<(String, Vec<u8>)> = files.into_iter().map(|(p, b)| (p.into(), b.into())).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, bytes) in files {
            tree.add(path, bytes);
        }
        tree
    }

    /// The files that could be read, in order of their paths.
    pub fn files(&self) -> &[Arc<File>] {
        &self.files
    }

    pub(crate) fn faults(&self) -> &[Finding] {
        &self.faults
    }

    fn walk(&mut self, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<(String, std::path::PathBuf)>) {
        if depth > FOLDERS_DEEP_MAX {
            let message = format!("folders lie more than {FOLDERS_DEEP_MAX} deep");
            self.fault(prefix, "tree.deep", message, "flatten the tree, or remove a link that leads back into it");
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the folder cannot be read: {error}");
                self.fault(prefix, "file.unreadable", message, "check that it exists and that you may read it");
                return;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = entry.path();
            let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            if path.is_dir() {
                self.walk(&path, &relative, depth + 1, found);
            } else if name.ends_with(".yaml") {
                found.push((relative, path));
            } else if name.ends_with(".yml") {
                let message = "the file would be left out: a catalogue's files end in .yaml";
                self.fault(&relative, "file.name", message, "rename it to .yaml");
            }
        }
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        if bytes.len() > FILE_BYTES_MAX {
            let message = format!("the file is larger than {FILE_BYTES_MAX} bytes");
            self.fault(&path, "file.large", message, "split it: one file per department or subject");
            return;
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push(Arc::new(File { path, text })),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
                let place = Place::at_end(&text);
                let file = Arc::new(File { path, text });
                self.faults.push(Finding::error(
                    &file,
                    place,
                    "file.utf-8",
                    "the text is no UTF-8 from here on",
                    "save the file as UTF-8 (not GBK or UTF-16)",
                ));
            }
        }
    }

    fn fault(&mut self, path: &str, code: &'static str, message: impl Into<String>, help: &str) {
        let path = if path.is_empty() { "." } else { path };
        let file = Arc::new(File { path: path.to_owned(), text: String::new() });
        self.faults.push(Finding::error(&file, Place::START, code, message, help));
    }
}

/// One byte more than the limit at most, so that a file of any size is refused and not swallowed.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
