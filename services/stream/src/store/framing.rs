//! Looks through the log files of a state (manifests and write-ahead logs) before RocksDB reads them, for the two kinds of
//! damage that it does not report: one on which it hangs, and an end that is missing, which it takes for one never written.
//!
//! A log file is blocks of 32 KiB, each a row of records: checksum (4 bytes), length (u16 LE), type (1 byte), payload. A
//! file that is used again after it was another's ("recycled") has types of its own. We never recycle; but one flipped bit
//! makes a type into one of those, and then RocksDB (11.8.1, `log_reader.cc`) takes the same record as bad again and
//! again, for ever: it refuses it without passing over it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

const BLOCK_BYTES: usize = 32 << 10;
const HEADER_BYTES: usize = 7;

/// What a look through a state's directory found.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// The name of a log file in which RocksDB would read for ever.
    pub(super) endless: Option<String>,
    pub(super) has_files: bool,
    pub(super) has_current: bool,
    /// The manifests by name, and how far each is whole.
    pub(super) manifests: BTreeMap<String, u64>,
}

pub(super) fn look(dir: &Path) -> std::io::Result<Look> {
    let mut look = Look::default();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_manifest = name.starts_with("MANIFEST-");
        look.has_files = true;
        look.has_current |= name == "CURRENT";
        if !is_manifest && !name.ends_with(".log") {
            continue;
        }
        let file = match File::open(entry.path()) {
            Ok(file) => file,
            // Its owner is done with it.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let records = records(file)?;
        if records.recycled {
            look.endless = Some(name.clone());
        }
        if is_manifest {
            look.manifests.insert(name, records.whole_until);
        }
    }
    Ok(look)
}

/// Bytes of the write-ahead logs in `dir`, by their sizes alone.
pub(super) fn log_bytes(dir: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".log") {
            match entry.metadata() {
                Ok(about) => bytes += about.len(),
                // Its owner is done with it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(bytes)
}

/// What the headers of a log file say.
#[derive(Debug, PartialEq, Eq)]
struct Records {
    recycled: bool,
    /// Up to here every record is whole.
    whole_until: u64,
}

fn records(mut file: impl Read) -> std::io::Result<Records> {
    let mut found = Records { recycled: false, whole_until: 0 };
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    let mut begins = 0;
    loop {
        block.clear();
        file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        let mut rest = block.as_slice();
        while let Some((header, behind)) = rest.split_first_chunk::<HEADER_BYTES>() {
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            // Types of recycled files: whole and parts, sizes of time stamps, what the file before was.
            found.recycled |= matches!(header[6], 5..=8 | 11 | 131);
            // Never written: RocksDB reads no further in this block either.
            if length == 0 && header[6] == 0 {
                break;
            }
            let Some(behind) = behind.get(length..) else { return Ok(found) };
            rest = behind;
            found.whole_until = begins + (block.len() - rest.len()) as u64;
        }
        if block.len() < BLOCK_BYTES {
            return Ok(found);
        }
        begins += BLOCK_BYTES as u64;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let mut record = vec![0; HEADER_BYTES + usize::from(length)];
        record[4..6].copy_from_slice(&length.to_le_bytes());
        record[6] = kind;
        record
    }

    fn found(recycled: bool, whole_until: usize) -> Records {
        Records { recycled, whole_until: whole_until as u64 }
    }

    #[test]
    fn a_recycled_record_is_found_in_any_block_and_nothing_else_is() {
        let rest = u16::try_from(BLOCK_BYTES - 2 * HEADER_BYTES - 100).unwrap();
        let whole_block = [record(1, 100), record(2, rest)].concat();
        assert_eq!(whole_block.len(), BLOCK_BYTES);
        let two_blocks = [whole_block.clone(), record(4, 9)].concat();
        assert_eq!(records(two_blocks.as_slice()).unwrap(), found(false, BLOCK_BYTES + 16));
        assert_eq!(records([record(1, 100), record(5, 9)].concat().as_slice()).unwrap(), found(true, 123));
        assert!(records([whole_block, record(6, 9)].concat().as_slice()).unwrap().recycled);
        // A payload is not taken for a header, whatever is in it; nor is what lies behind the end.
        let payload = [record(1, 7)[..HEADER_BYTES].to_vec(), record(5, 0)].concat();
        assert_eq!(records(payload.as_slice()).unwrap(), found(false, 14));
        assert_eq!(records([record(0, 0), record(5, 0)].concat().as_slice()).unwrap(), found(false, 0));
    }

    #[test]
    fn a_record_that_is_cut_or_says_that_it_is_longer_is_not_whole() {
        let two = [record(1, 10), record(1, 20)].concat();
        assert_eq!(records(two.as_slice()).unwrap(), found(false, 44));
        assert_eq!(records(&two[..43]).unwrap(), found(false, 17));
        assert_eq!(records(&two[..20]).unwrap(), found(false, 17));
        let mut longer = two;
        longer[17 + 4] += 1;
        assert_eq!(records(longer.as_slice()).unwrap(), found(false, 17));
    }
}
