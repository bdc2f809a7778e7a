//! The rows of the state and their bytes.
//!
//! | key | value |
//! |---|---|
//! | `f`, then the key of the flag in `standing.flags` | [`Routed`]: its version, and each domain that was ever told of it |
//! | `m` | [`Passed`]: the mark that was passed on last |
//!
//! Values are bincode 1.3.3 (fixed-width, little-endian) behind one version byte; lengths are bounded, trailing bytes and unknown
//! versions refused. The row of a flag is deleted by its tombstone.

use bincode::Options;
use domain::catalogue::CatalogueDigest;
use domain::flag::Version;
use domain::ids::{DomainId, MatterPattern};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stream::state::StateError;

/// Of the types below. A change of any takes the next number.
pub(crate) const ROW_VERSION: u8 = 2;
/// A flag has a few dozen patterns of at most 120 bytes.
const ROW_BYTES_MAX: u64 = 1 << 20;

pub(crate) const MARK: &[u8] = b"m";

pub(crate) fn flag(key: &[u8]) -> Vec<u8> {
    [b"f", key].concat()
}

/// Where a flag went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Routed {
    pub(crate) version: Version,
    /// In order of their names.
    pub(crate) domains: Vec<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) domain: DomainId,
    pub(crate) matters: Vec<MatterPattern>,
    pub(crate) holds: Holds,
}

/// What stands in a domain's topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holds {
    Flag,
    Lift,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passed {
    pub(crate) current_as_of_ms: i64,
    pub(crate) catalogue: Option<CatalogueDigest>,
    pub(crate) swept: bool,
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes().with_limit(ROW_BYTES_MAX)
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![ROW_VERSION];
    options().serialize_into(&mut bytes, value).expect("rows are bounded and have only names in them");
    bytes
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    let broken = |reason: String| StateError::Damaged { reason: format!("a row cannot be decoded: {reason}") };
    match bytes.split_first() {
        Some((&ROW_VERSION, rest)) => options().deserialize(rest).map_err(|error| broken(error.to_string())),
        Some((version, _)) => Err(broken(format!("its version {version} is unknown to this program"))),
        None => Err(broken("it is empty".to_owned())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn routed() -> Routed {
        let matters = vec![MatterPattern::new("subsidy.*").unwrap()];
        let told = Told { domain: DomainId::new("subsidy").unwrap(), matters, holds: Holds::Lift };
        Routed { version: Version { partition: 3, offset: 700, index: 1 }, domains: vec![told] }
    }

    #[test]
    fn the_bytes_of_a_row_stay_as_they_were() {
        let hex: String = encode(&routed()).iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = "02\
            03000000bc0200000000000001000000\
            0100000000000000\
            070000000000000073756273696479\
            0100000000000000\
            0900000000000000737562736964792e2a\
            01000000";
        assert_eq!(hex, expected);
    }

    #[test]
    fn only_whole_rows_of_this_version_are_read() {
        let bytes = encode(&routed());
        assert_eq!(decode::<Routed>(&bytes).unwrap(), routed());
        let mut newer = bytes.clone();
        newer[0] += 1;
        for bad in [&bytes[..bytes.len() - 1], &[bytes.as_slice(), &[0]].concat(), &newer, &[]] {
            assert!(decode::<Routed>(bad).is_err(), "{bad:?}");
        }
    }
}
