//! The codec of the state's values: bincode 1.3.3 (integers as short as they are) behind one version byte.
//!
//! bincode is not self-describing, so the byte says which types the rest was written from; an unknown one is refused, never
//! guessed. Lengths are bounded and trailing bytes refused: plain `bincode::deserialize` does neither.

use bincode::Options;
use domain::rows::RowError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Version of the row types of [`domain::state`], [`domain::record`] and [`domain::flag`]. A change of any of them takes the
/// next number.
pub const ROW_VERSION: u8 = 6;

/// Largest row that is read or written. The largest there is, a record with every fact it can hold, stays far below.
const ROW_BYTES_MAX: u64 = 4 << 20;

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_varint_encoding().reject_trailing_bytes().with_limit(ROW_BYTES_MAX)
}

pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, RowError> {
    // Most rows are shorter; a longer one grows the buffer.
    let mut bytes = Vec::with_capacity(512);
    bytes.push(ROW_VERSION);
    // Without bincode's own limit, for which it would go through the value once more to learn its size.
    let unbounded = bincode::DefaultOptions::new().with_varint_encoding();
    unbounded.serialize_into(&mut bytes, value).map_err(|e| RowError::Encode(e.to_string()))?;
    if bytes.len() as u64 > ROW_BYTES_MAX {
        return Err(RowError::Encode(format!("the row is longer than {ROW_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RowError> {
    match bytes.split_first() {
        Some((&ROW_VERSION, rest)) => options().deserialize(rest).map_err(|e| RowError::Decode(e.to_string())),
        Some((version, _)) => Err(RowError::Decode(format!("row version {version} is unknown to this program"))),
        None => Err(RowError::Decode("an empty row".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use domain::state::PartitionRow;
    use domain::time::Instant;

    use super::*;

    fn row() -> PartitionRow {
        PartitionRow { time: Instant::from_ms(1_800_000_000_000), fold: Some(1), ..PartitionRow::default() }
    }

    #[test]
    fn the_bytes_of_a_row_stay_as_they_were() {
        let bytes = encode(&row()).expect("a row is encoded");
        let expected: &[u8] = &[
            6, // version
            253, 0, 0xa0, 0xb8, 0x30, 0x46, 3, 0, 0, // time
            1, 1, // fold
            0, 0, // catalogue, activation
            0, 0, // sweeping, timers outstanding
            0, // timers from
            0, // no open cases
        ];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn trailing_bytes_unknown_versions_and_cut_rows_are_refused() {
        let bytes = encode(&row()).expect("a row is encoded");
        assert_eq!(decode::<PartitionRow>(&bytes), Ok(row()));
        let trailing = [bytes.as_slice(), &[0]].concat();
        assert!(decode::<PartitionRow>(&trailing).is_err());
        assert!(decode::<PartitionRow>(&bytes[..bytes.len() - 1]).is_err());
        let mut newer = bytes;
        newer[0] = ROW_VERSION + 1;
        assert!(decode::<PartitionRow>(&newer).is_err());
        assert!(decode::<PartitionRow>(&[]).is_err());
    }

    #[test]
    fn a_length_beyond_the_limit_allocates_nothing() {
        let hostile = [&[ROW_VERSION, 253][..], &u64::MAX.to_le_bytes()].concat();
        assert!(decode::<Vec<u64>>(&hostile).is_err());
    }
}
