//! The resident identity number (公民身份号码), GB 11643-1999.
//!
//! 18 characters: 6 digits of division, 8 of the date of birth, 3 of sequence, and a check character 0-9 or X
//! (ISO 7064 MOD 11-2). Residence permits of 2018 (81, 82, 83…) and the foreigner's permanent residence card of 2023
//! (9…) follow the same form. Divisions are not judged: they come and go, and the number stays.

use jiff::civil::Date;

use super::{SubjectProblem, shape_problem};

const LENGTH: usize = 18;
/// 2^(18-i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Whether `number` (with a capital X) is 17 digits and their check character. The date is not looked at.
pub fn check_mod11(number: &str) -> bool {
    match number.as_bytes() {
        [body @ .., check] if number.len() == LENGTH => check_character(body) == Some(*check),
        _ => false,
    }
}

/// The check character of the first 17; `None` when one of them is no digit.
pub(super) fn check_character(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(WEIGHTS) {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        sum += u32::from(digit) * weight;
    }
    Some(b"10X98765432"[usize::try_from(sum % 11).ok()?])
}

/// `number` is in one spelling already.
pub(super) fn judge(number: &str) -> Result<(String, Date), SubjectProblem> {
    if number.len() == 15 && number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SubjectProblem::malformed(
            "identity numbers of 15 digits ended with 2012; send the 18-character number of the present card, do not \
             compute it",
        ));
    }
    if !is_well_formed(number) {
        return Err(shape_problem("an identity number (17 digits, then a digit or X)", LENGTH, number));
    }
    if !check_mod11(number) {
        return Err(SubjectProblem::check_digit(
            "the check character of this identity number is wrong; compare the number with the document",
        ));
    }
    let birth = birth_date(number).ok_or_else(|| {
        SubjectProblem::date(
            "positions 7 to 14 of this identity number are no date; compare the number with the document",
        )
    })?;
    Ok((number.to_owned(), birth))
}

/// Whether `text` reads like the number of somebody who lived since such numbers were given; by chance, one in 10,000
/// numbers of 18 digits does.
pub(super) fn is_likely(text: &str) -> bool {
    is_birth_in(text, &(1850..=2099))
}

/// Whether `text` is a well-formed number of somebody born in one of these years.
pub(super) fn is_birth_in(text: &str, years: &std::ops::RangeInclusive<i16>) -> bool {
    judge(text).is_ok_and(|(_, birth)| years.contains(&birth.year()))
}

fn is_well_formed(number: &str) -> bool {
    match number.as_bytes() {
        [body @ .., check] if number.len() == LENGTH => {
            body.iter().all(u8::is_ascii_digit) && (check.is_ascii_digit() || *check == b'X')
        }
        _ => false,
    }
}

/// A day of the Gregorian calendar, which has no year 0.
fn birth_date(number: &str) -> Option<Date> {
    let year: i16 = number.get(6..10)?.parse().ok()?;
    let month: i8 = number.get(10..12)?.parse().ok()?;
    let day: i8 = number.get(12..14)?.parse().ok()?;
    if year == 0 { None } else { Date::new(year, month, day).ok() }
}
