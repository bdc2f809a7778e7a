//! The manifest of a checkpoint: whose state, how far, and which files. JSON, version 2; its name holds its offset and
//! the SHA-256 of its bytes, so that a manifest that was changed in any way is recognised.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::CheckpointError;
use crate::state::Position;
use crate::store::{Identity, LAYOUT};

/// The version written. A greater one is of a newer program and not read.
const VERSION: u32 = 2;
/// The longest manifest that is read: a thousand times the files of a large partition.
pub(super) const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// One checkpoint of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    pub topic: String,
    pub topic_id: String,
    pub partition: i32,
    /// How many partitions the topic has.
    pub partitions: i32,
    /// Of the state's rows and files: see [`LAYOUT`].
    pub layout: u16,
    /// Of the rows that the fold wrote: see [`Identity::rows`].
    pub rows: u16,
    /// The offset after the last record in the state.
    pub next_offset: i64,
    /// The timestamp of that record.
    pub last_append_ms: Option<i64>,
    /// The clock of whoever made it.
    pub created_ms: i64,
    /// Which instance that was.
    pub created_by: String,
    /// The checkpoint whose files it shares.
    pub parent: Option<String>,
    pub files: Vec<File>,
}

/// A file of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name in the state's folder.
    pub name: String,
    pub size: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// Its name in the store.
    pub object: String,
}

impl Manifest {
    pub(super) fn new(topic: &str, identity: &Identity, position: Position) -> Self {
        Self {
            version: VERSION,
            topic: topic.to_owned(),
            topic_id: identity.topic_id.clone(),
            partition: identity.partition,
            partitions: identity.partitions,
            layout: LAYOUT,
            rows: identity.rows,
            next_offset: position.next_offset,
            last_append_ms: position.last_append_ms,
            created_ms: 0,
            created_by: String::new(),
            parent: None,
            files: Vec::new(),
        }
    }

    pub fn identity(&self) -> Identity {
        Identity {
            topic_id: self.topic_id.clone(),
            partition: self.partition,
            partitions: self.partitions,
            rows: self.rows,
        }
    }

    pub fn position(&self) -> Position {
        Position { next_offset: self.next_offset, last_append_ms: self.last_append_ms }
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Its bytes, and the name that they give it.
    pub(super) fn encode(&self) -> Result<(ManifestName, Vec<u8>), CheckpointError> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| CheckpointError::unsound(&self.next_offset, error.to_string()))?;
        Ok((ManifestName { next_offset: self.next_offset, digest: hex(&Sha256::digest(&bytes)) }, bytes))
    }

    /// The manifest of that name, if these are its bytes and it can be used by this program.
    pub(super) fn decode(name: &ManifestName, bytes: &[u8]) -> Result<Self, CheckpointError> {
        let unsound = |reason: String| CheckpointError::unsound(name, reason);
        if hex(&Sha256::digest(bytes)) != name.digest {
            return Err(unsound("its manifest was changed or cut short".to_owned()));
        }
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| unsound(format!("its manifest cannot be read: {error}"));
        let Versioned { version } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if version != VERSION {
            return Err(unsound(format!("its manifest has version {version}, this program reads {VERSION}")));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        if manifest.next_offset != name.next_offset {
            return Err(unsound(format!("its manifest is of offset {}", manifest.next_offset)));
        }
        if manifest.layout != LAYOUT {
            return Err(unsound(format!("its state has layout {}, this program reads {LAYOUT}", manifest.layout)));
        }
        // A name with a way out of the folder would let whoever writes to the store write anywhere.
        let plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        if let Some(file) = manifest.files.iter().find(|file| !plain(&file.name) || !plain(&file.object)) {
            return Err(unsound(format!("it names the file {:?} as {:?}", file.name, file.object)));
        }
        if !manifest.files.iter().any(|file| file.name == "CURRENT") {
            return Err(unsound("it has no file CURRENT".to_owned()));
        }
        Ok(manifest)
    }

    /// Whether it is a checkpoint of this partition.
    pub(super) fn check_identity(&self, name: &ManifestName, of: &Identity) -> Result<(), CheckpointError> {
        let found = self.identity();
        if found == *of {
            return Ok(());
        }
        let reason = format!("it is of {}, not of {}", shown(&found), shown(of));
        Err(CheckpointError::unsound(name, reason))
    }
}

fn shown(of: &Identity) -> String {
    format!(
        "partition {} of {} of topic {:?} with rows of version {}",
        of.partition, of.partitions, of.topic_id, of.rows
    )
}

/// `<next offset, 20 digits>-<sha256 of the manifest>`: sorts by offset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestName {
    next_offset: i64,
    digest: String,
}

impl ManifestName {
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{}", self.next_offset, self.digest)
    }
}

/// The text is no name of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no name of a checkpoint: take one that `standing state list` shows")]
pub struct NoManifestName {
    text: String,
}

impl FromStr for ManifestName {
    type Err = NoManifestName;

    fn from_str(text: &str) -> Result<Self, NoManifestName> {
        let fault = || NoManifestName { text: text.to_owned() };
        let (offset, digest) = text.split_once('-').ok_or_else(fault)?;
        let digits = offset.len() == 20 && offset.bytes().all(|byte| byte.is_ascii_digit());
        let is_hex = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let next_offset = offset.parse().ok().filter(|_| digits && is_hex).ok_or_else(fault)?;
        Ok(Self { next_offset, digest: digest.to_owned() })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let identity = Identity { topic_id: "log-1".to_owned(), partition: 3, partitions: 8, rows: 1 };
        let mut manifest = Manifest::new("toy.in", &identity, Position { next_offset: 42, last_append_ms: Some(7) });
        let object = "ab-1".to_owned();
        manifest.files.push(File { name: "CURRENT".to_owned(), size: 16, sha256: "ab".to_owned(), object });
        manifest
    }

    fn refused(manifest: &Manifest) -> String {
        let (name, bytes) = manifest.encode().unwrap();
        Manifest::decode(&name, &bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_comes_back_and_its_name_sorts_by_offset() {
        let (name, bytes) = manifest().encode().unwrap();
        assert_eq!(Manifest::decode(&name, &bytes).unwrap(), manifest());
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        let later = Manifest { next_offset: 1_000, ..manifest() }.encode().unwrap().0;
        assert!(later > name && later.to_string() > name.to_string());
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let (name, bytes) = manifest().encode().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Manifest::decode(&name, &changed).is_err(), "byte {at}");
            assert!(Manifest::decode(&name, &bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn what_another_program_wrote_is_not_read() {
        assert!(refused(&Manifest { version: 3, ..manifest() }).contains("version 3"));
        assert!(refused(&Manifest { layout: LAYOUT + 1, ..manifest() }).contains("layout"));
        assert!(refused(&Manifest { files: Vec::new(), ..manifest() }).contains("CURRENT"));
        let (name, bytes) = manifest().encode().unwrap();
        let renamed = ManifestName { next_offset: 43, ..name };
        assert!(Manifest::decode(&renamed, &bytes).unwrap_err().to_string().contains("offset 42"));
    }

    #[test]
    fn no_file_leads_out_of_its_folder() {
        for evil in ["../x", "a/b", "/etc/x", "", "..", "a\\b", ".hidden"] {
            let mut manifest = manifest();
            manifest.files[0].name = evil.to_owned();
            assert!(refused(&manifest).contains("names the file"), "{evil}");
            manifest.files[0].name = "CURRENT".to_owned();
            manifest.files[0].object = evil.to_owned();
            assert!(refused(&manifest).contains("names the file"), "{evil}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_manifest_is_refused() {
        let digest = "a".repeat(64);
        for text in ["", "-", "latest", &format!("1-{digest}"), &format!("{}-{digest}", "9".repeat(20))] {
            assert!(text.parse::<ManifestName>().is_err(), "{text}");
        }
        assert!(format!("{:020}-{digest}", 7).parse::<ManifestName>().is_ok());
        assert!(format!("{:020}-{}", 7, "A".repeat(64)).parse::<ManifestName>().is_err());
    }
}
