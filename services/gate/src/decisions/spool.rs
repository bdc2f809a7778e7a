//! Records of the decision log that wait on disk while the log is down. One file, bounded, of one process.
//!
//! Byte layout: frames one after the other, each `length (4) | checksum (4) | partition (4) | length of the key (2) | key |
//! value`, numbers big-endian; the length counts what follows the checksum, the checksum is murmur2 of it. Written to the
//! operating system and not synced: it outlives the process, and not a loss of power.
//!
//! Records are taken out in order and the file is emptied once all are sent. A process that ended before sends what is left
//! in the file again, so a record may reach the log twice, under one id; a frame that was cut short is dropped.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::subject::murmur2;

const FILE: &str = "decisions.spool";
/// Length and checksum.
const HEAD: usize = 8;
/// Partition and length of the key.
const FIXED: usize = 6;
/// A longer frame is none of ours: a record holds names, numbers and at most a few dozen versions.
const FRAME_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spooled {
    pub(crate) partition: i32,
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
}

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another gate writes there: give each its own `spool_dir`.
    #[error("the spool {path} is in use by another process; give each gate a spool_dir of its own")]
    InUse { path: PathBuf },
    /// Make it a directory that the gate may write to.
    #[error("the spool {path} cannot be used; spool_dir must be a directory that this process may write to")]
    Unusable { path: PathBuf, source: io::Error },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    Yes,
    Full,
}

pub(crate) struct Spool {
    file: File,
    bytes_max: u64,
    /// Where the next record to send begins, and where the file ends.
    head: u64,
    end: u64,
    records: u64,
}

impl Spool {
    pub(crate) fn open(dir: &Path, bytes_max: u64) -> Result<Self, SpoolError> {
        let path = dir.join(FILE);
        let unusable = |source| SpoolError::Unusable { path: path.clone(), source };
        std::fs::create_dir_all(dir).map_err(unusable)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(SpoolError::InUse { path }),
            Err(std::fs::TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let (end, records) = whole(&mut file).map_err(unusable)?;
        file.set_len(end).map_err(unusable)?;
        Ok(Self { file, bytes_max, head: 0, end, records })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.head == self.end
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.end - self.head
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn append(&mut self, record: &Spooled) -> io::Result<Appended> {
        let frame = frame(record);
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        if self.end.saturating_add(length) > self.bytes_max || frame.len() > FRAME_BYTES_MAX {
            return Ok(Appended::Full);
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&frame)?;
        self.end += length;
        self.records += 1;
        Ok(Appended::Yes)
    }

    /// Up to `most` records from the front, which stay until [`Spool::sent`].
    pub(crate) fn front(&self, most: usize) -> io::Result<Vec<Spooled>> {
        let mut records = Vec::new();
        let mut at = self.head;
        while records.len() < most && at < self.end {
            let (record, length) = read(&self.file, at, self.end)?.ok_or(io::ErrorKind::InvalidData)?;
            records.push(record);
            at += length;
        }
        Ok(records)
    }

    /// Takes records off the front.
    pub(crate) fn sent(&mut self, records: &[Spooled]) -> io::Result<()> {
        let length: usize = records.iter().map(|record| frame(record).len()).sum();
        self.head += u64::try_from(length).unwrap_or(u64::MAX);
        self.records = self.records.saturating_sub(u64::try_from(records.len()).unwrap_or(u64::MAX));
        if self.head >= self.end {
            self.clear()?;
        }
        Ok(())
    }

    /// Gives up everything that waits, and says how much that was: for a file that can no longer be read.
    pub(crate) fn clear(&mut self) -> io::Result<u64> {
        self.file.set_len(0)?;
        (self.head, self.end) = (0, 0);
        Ok(std::mem::take(&mut self.records))
    }
}

/// Where the last whole frame ends, and how many there are.
fn whole(file: &mut File) -> io::Result<(u64, u64)> {
    let end = file.metadata()?.len();
    let (mut at, mut records) = (0, 0);
    while let Some((_, length)) = read(file, at, end)? {
        at += length;
        records += 1;
    }
    Ok((at, records))
}

fn frame(record: &Spooled) -> Vec<u8> {
    let Spooled { partition, key, value } = record;
    let mut body = Vec::with_capacity(FIXED + key.len() + value.len());
    body.extend_from_slice(&partition.to_be_bytes());
    body.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    body.extend_from_slice(&key[..key.len().min(usize::from(u16::MAX))]);
    body.extend_from_slice(value);
    let mut frame = Vec::with_capacity(HEAD + body.len());
    frame.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(&murmur2(&body).to_be_bytes());
    frame.extend_from_slice(&body);
    frame
}

/// The frame at an offset and its length; `None` where no whole one stands.
fn read(file: &File, at: u64, end: u64) -> io::Result<Option<(Spooled, u64)>> {
    let mut head = [0; HEAD];
    if end.saturating_sub(at) < u64::try_from(HEAD + FIXED).unwrap_or(u64::MAX) {
        return Ok(None);
    }
    file.read_exact_at(&mut head, at)?;
    let [length, checksum] =
        [&head[..4], &head[4..]].map(|part| part.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)));
    let behind = at + u64::try_from(HEAD).unwrap_or(u64::MAX);
    let length_bytes = length as usize;
    if !(FIXED..=FRAME_BYTES_MAX).contains(&length_bytes) || u64::from(length) > end - behind {
        return Ok(None);
    }
    let mut body = vec![0; length_bytes];
    file.read_exact_at(&mut body, behind)?;
    if murmur2(&body).cast_unsigned() != checksum {
        return Ok(None);
    }
    let partition = i32::from_be_bytes([body[0], body[1], body[2], body[3]]);
    let key_length = usize::from(u16::from_be_bytes([body[4], body[5]]));
    if FIXED + key_length > body.len() {
        return Ok(None);
    }
    let body = Bytes::from(body);
    let key = body.slice(FIXED..FIXED + key_length);
    let value = body.slice(FIXED + key_length..);
    Ok(Some((Spooled { partition, key, value }, u64::from(length) + u64::try_from(HEAD).unwrap_or(u64::MAX))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record(n: i32) -> Spooled {
        let value = format!("value {n}").repeat(usize::try_from(n).unwrap() % 5);
        Spooled { partition: n, key: Bytes::from(format!("building:990000-{n}")), value: Bytes::from(value) }
    }

    fn spool(dir: &Path) -> Spool {
        Spool::open(dir, 1 << 20).unwrap()
    }

    #[test]
    fn records_come_out_in_order_and_the_file_empties() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = spool(dir.path());
        let records: Vec<_> = (0..10).map(record).collect();
        records.iter().for_each(|record| assert_eq!(spool.append(record).unwrap(), Appended::Yes));
        let first = spool.front(4).unwrap();
        assert_eq!(first, records[..4]);
        spool.sent(&first).unwrap();
        spool.append(&record(10)).unwrap();
        let rest = spool.front(100).unwrap();
        assert_eq!((rest.len(), &rest[6]), (7, &record(10)));
        assert_eq!(spool.records(), 7);
        spool.sent(&rest).unwrap();
        assert!(spool.is_empty());
        assert_eq!(std::fs::metadata(dir.path().join(FILE)).unwrap().len(), 0);
    }

    #[test]
    fn what_a_process_left_is_found_by_the_next_without_a_cut_frame() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = spool(dir.path());
        (0..3).for_each(|n| assert_eq!(first.append(&record(n)).unwrap(), Appended::Yes));
        drop(first);
        let path = dir.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..20 {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let spool = spool(dir.path());
            assert_eq!(spool.front(10).unwrap(), [record(0), record(1)], "{cut}");
        }
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(spool(dir.path()).front(10).unwrap().len(), 2);
    }

    #[test]
    fn a_full_spool_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path(), 200).unwrap();
        let taken = (0..20).take_while(|n| spool.append(&record(*n)).unwrap() == Appended::Yes).count();
        assert!((2..20).contains(&taken), "{taken}");
        assert!(spool.bytes() <= 200);
    }

    #[test]
    fn two_gates_do_not_share_a_spool() {
        let dir = tempfile::tempdir().unwrap();
        let _held = spool(dir.path());
        assert!(matches!(Spool::open(dir.path(), 1 << 20), Err(SpoolError::InUse { .. })));
    }
}
