//! The unified social credit code (统一社会信用代码), GB 32100-2015.
//!
//! 18 characters of a 31-symbol alphabet (no I, O, Z, S, V): registration authority, class, 6 of division, 9 of the
//! organisation code (GB 11714-1997, with a check character of its own), check character. The authority may be a
//! letter (Y, A, N), so the first 8 positions are judged by the full alphabet; which authorities, classes and
//! divisions exist is not judged, for new ones are made.
//!
//! Two independent checks: [`check_mod31`] over the whole code decides whether it is taken. [`check_gb11714`] over the
//! organisation code inside also holds for codes that were issued before the standard and fail the first, and serves
//! whoever keeps the list of confirmed non-conforming codes.

use super::{SubjectProblem, shape_problem};

pub(super) const LENGTH: usize = 18;
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Whether `code` (in capitals) is 18 characters of the alphabet whose last is the check character of the others.
pub fn check_mod31(code: &str) -> bool {
    match code.as_bytes() {
        [body @ .., check] if code.len() == LENGTH => check_character(body) == Some(*check),
        _ => false,
    }
}

/// Whether positions 9 to 17 of `code` (18 characters, in capitals) are an organisation code with the right check
/// character. Says nothing about the rest.
pub fn check_gb11714(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() == LENGTH && organisation_check_character(&bytes[8..16]) == Some(bytes[16])
}

/// Whether `code` has the length and the alphabet, whatever its check characters.
pub(super) fn is_well_formed(code: &str) -> bool {
    code.len() == LENGTH && code.bytes().all(|b| value(b).is_some())
}

/// The check character of the first 17; `None` when one of them is outside the alphabet.
pub(super) fn check_character(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(WEIGHTS) {
        sum += value(*byte)? * weight;
    }
    let place = (31 - sum % 31) % 31;
    ALPHABET.get(usize::try_from(place).ok()?).copied()
}

/// The check character of the 8 of an organisation code: 11 - sum mod 11, where 10 is X and 11 is 0.
pub(super) fn organisation_check_character(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(ORGANISATION_WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return None,
        };
        sum += u32::from(value) * weight;
    }
    Some(b"0X987654321"[usize::try_from(sum % 11).ok()?])
}

/// `code` is in one spelling already.
pub(super) fn judge(code: &str, confirmed_nonconforming: &dyn Fn(&str) -> bool) -> Result<String, SubjectProblem> {
    if !is_well_formed(code) {
        return Err(shape_problem("a unified social credit code (0-9 and A-Z without I, O, S, V, Z)", LENGTH, code));
    }
    if !check_mod31(code) && !confirmed_nonconforming(code) {
        return Err(SubjectProblem::check_digit(
            "the check character of this unified social credit code is wrong; correct the code, or, if it was issued so, \
             have the credit centre put it on the list of confirmed non-conforming codes",
        ));
    }
    Ok(code.to_owned())
}

fn value(byte: u8) -> Option<u32> {
    let place = ALPHABET.iter().position(|a| *a == byte)?;
    u32::try_from(place).ok()
}
