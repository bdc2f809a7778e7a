//! Identifiers that are well-formed and belong to nobody: their division, 990000, does not exist.
//!
//! For the playground, examples and tests. Everything follows from a number, so a district of any size is the same on
//! every machine. Whoever shows such a subject gives it a name that says 虚构.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::{cn_id, uscc as code};

/// A firm: `91`, division `990000`, the organisation code of the 8 decimal digits of `n`, check character. `uscc(1)` is
/// `919900000000000192`. Codes repeat after 10^8.
pub fn uscc(n: u64) -> String {
    let mut text = format!("91990000{:08}", n % 100_000_000);
    text.push(symbol(code::organisation_check_character(&text.as_bytes()[8..])));
    text.push(symbol(code::check_character(text.as_bytes())));
    text
}

/// A person born on `birth`: division `990000`, the date, the last 3 decimal digits of `n`, check character. The years 1
/// to 9999 give valid numbers; an earlier year is taken as 1.
pub fn cn_id(n: u64, birth: Date) -> String {
    let year = birth.year().max(1);
    let mut text = format!("990000{year:04}{:02}{:02}{:03}", birth.month(), birth.day(), n % 1_000);
    text.push(symbol(cn_id::check_character(text.as_bytes())));
    text
}

/// A person of age since 2018 at the latest: births spread over the 18,262 days of 1950 to 1999. Numbers repeat after
/// 18.262 million.
pub fn adult(n: u64) -> String {
    const DAYS: u64 = 18_262;
    // A prime that does not divide the number of days: neighbours get birthdays far apart, and all days are used.
    const STRIDE: u64 = 7_919;
    let days = i64::try_from(n % DAYS * STRIDE % DAYS).expect("below the number of days");
    cn_id(n / DAYS, date(1950, 1, 1).saturating_add(days.days()))
}

/// A building: `990000-` and at least 9 decimal digits of `n`.
pub fn building(n: u64) -> String {
    format!("990000-{n:09}")
}

fn symbol(character: Option<u8>) -> char {
    char::from(character.expect("the characters before are digits or a check character"))
}
