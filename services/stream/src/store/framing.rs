//! Looks through the log files of a state (manifests and write-ahead logs) before RocksDB reads them, for the one kind of
//! damage on which it hangs.
//!
//! A log file is blocks of 32 KiB, each a row of records: checksum (4 bytes), length (u16 LE), type (1 byte), payload. A
//! file that is used again after it was another's ("recycled") has types of its own. We never recycle; but one flipped bit
//! makes a type into one of those, and then RocksDB (11.8.1, `log_reader.cc`) takes the same record as bad again and
//! again, for ever: it refuses it without passing over it. Any other damage it reports.

use std::fs::File;
use std::io::Read;
use std::path::Path;

const BLOCK_BYTES: usize = 32 << 10;
const HEADER_BYTES: usize = 7;

/// The name of a log file in which RocksDB would read for ever, if there is one.
pub(super) fn endless(dir: &Path) -> std::io::Result<Option<String>> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_log = name.starts_with("MANIFEST-") || name.ends_with(".log");
        if is_log && holds_recycled(File::open(entry.path())?)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn holds_recycled(mut file: impl Read) -> std::io::Result<bool> {
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    loop {
        block.clear();
        file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        let mut rest = block.as_slice();
        while let Some((header, records)) = rest.split_first_chunk::<HEADER_BYTES>() {
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            // Types of recycled files: whole and parts, sizes of time stamps, what the file before was.
            if matches!(header[6], 5..=8 | 11 | 131) {
                return Ok(true);
            }
            // Never written, or cut short: RocksDB reads no further in this block either.
            if length == 0 && header[6] == 0 {
                break;
            }
            rest = records.get(length..).unwrap_or_default();
        }
        if block.len() < BLOCK_BYTES {
            return Ok(false);
        }
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

    #[test]
    fn a_recycled_record_is_found_in_any_block_and_nothing_else_is() {
        let rest = u16::try_from(BLOCK_BYTES - 2 * HEADER_BYTES - 100).unwrap();
        let whole_block = [record(1, 100), record(2, rest)].concat();
        assert_eq!(whole_block.len(), BLOCK_BYTES);
        assert!(!holds_recycled([whole_block.clone(), record(4, 9)].concat().as_slice()).unwrap());
        assert!(holds_recycled([record(1, 100), record(5, 9)].concat().as_slice()).unwrap());
        assert!(holds_recycled([whole_block.clone(), record(6, 9)].concat().as_slice()).unwrap());
        // A payload is not taken for a header, whatever is in it; nor is what lies behind the end.
        let payload = [record(1, 7)[..HEADER_BYTES].to_vec(), record(5, 0)].concat();
        assert!(!holds_recycled(payload.as_slice()).unwrap());
        assert!(!holds_recycled([record(0, 0), record(5, 0)].concat().as_slice()).unwrap());
        assert!(!holds_recycled(b"".as_slice()).unwrap());
    }
}
