//! Quantities with their unit: `100ms`, `1h30m`, `64MiB`. A bare number is refused, because its unit would be a guess.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, in whole milliseconds: `250ms`, `30s`, `10m`, `8h`, `400d`, or several: `1h30m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration(u64);

/// An amount of bytes: `512B`, `64KiB`, `16MiB`, `2GiB`, `1TiB`, and the decimal `kB`, `MB`, `GB`, `TB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

const DURATION_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not a duration: write a whole number with its unit, ms, s, m, h or d, as in 250ms or 1h30m")]
    Duration,
    #[error("not an amount of bytes: write a whole number with its unit, B, KiB, MiB or GiB, as in 64MiB")]
    Size,
    #[error("too large")]
    TooLarge,
}

impl HumanDuration {
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    pub const fn get(self) -> Duration {
        Duration::from_millis(self.0)
    }

    pub const fn as_millis(self) -> u64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<HumanDuration> for Duration {
    fn from(value: HumanDuration) -> Self {
        value.get()
    }
}

impl FromStr for HumanDuration {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut rest = text.trim();
        let mut total: u64 = 0;
        let mut smallest = u64::MAX;
        while !rest.is_empty() {
            let (number, unit, behind) = quantity(rest).ok_or(Error::Duration)?;
            let (_, factor) = DURATION_UNITS.iter().find(|(name, _)| *name == unit).ok_or(Error::Duration)?;
            // Units fall from left to right: `1h30m`, never `30m1h` or `1m1m`.
            if *factor >= smallest {
                return Err(Error::Duration);
            }
            smallest = *factor;
            let part = number?.checked_mul(*factor).ok_or(Error::TooLarge)?;
            total = total.checked_add(part).ok_or(Error::TooLarge)?;
            rest = behind;
        }
        if smallest == u64::MAX { Err(Error::Duration) } else { Ok(Self(total)) }
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_largest(f, self.0, &DURATION_UNITS, "s")
    }
}

impl ByteSize {
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    pub const fn from_kib(kib: u64) -> Self {
        Self(kib << 10)
    }

    pub const fn from_mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The amount as a length in memory; what does not fit is as good as unlimited.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (number, unit, behind) = quantity(text.trim()).ok_or(Error::Size)?;
        let (_, factor) = SIZE_UNITS.iter().find(|(name, _)| *name == unit).ok_or(Error::Size)?;
        if !behind.is_empty() {
            return Err(Error::Size);
        }
        Ok(Self(number?.checked_mul(*factor).ok_or(Error::TooLarge)?))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_largest(f, self.0, &SIZE_UNITS, "B")
    }
}

/// The number and the unit at the start of `text`, and what follows them; `None` when it does not start so.
fn quantity(text: &str) -> Option<(Result<u64, Error>, &str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start_matches(' ');
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (unit, behind) = rest.split_at(letters);
    if number.is_empty() || unit.is_empty() {
        return None;
    }
    Some((number.parse().map_err(|_| Error::TooLarge), unit, behind.trim_start_matches(' ')))
}

fn write_in_largest(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)], zero: &str) -> fmt::Result {
    match units.iter().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor)) {
        Some((unit, factor)) => write!(f, "{}{unit}", value / factor),
        None => write!(f, "0{zero}"),
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Quantity { what: "a duration with its unit, as in 250ms or 1h30m", parse: str::parse })
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Quantity { what: "an amount of bytes with its unit, as in 64MiB", parse: str::parse })
    }
}

struct Quantity<T> {
    what: &'static str,
    parse: fn(&str) -> Result<T, Error>,
}

impl<T> Visitor<'_> for Quantity<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}
