//! Finding a resident identity number in a text, where it would stand in the topics for all to read.
//!
//! What is looked for is the mistake, not the wish to hide: 17 digits and a check character that stand between other characters,
//! letters among them, in ASCII or other digits, whole or in groups. A number is taken for one if its date is one and its check
//! character fits. By chance one in some 10,000 numbers of 18 digits does; numbers that hold a date of the last years do far more
//! often, one in eleven, and such numbers documents have. So births are looked for up to [`BIRTH_YEARS`]' end only.

use super::cn_id;

/// Births. Whoever was born later is a child for years to come, of whom no adverse record may exist (R6).
const BIRTH_YEARS: std::ops::RangeInclusive<i16> = 1850..=2015;

/// Whether a text holds what reads as a resident identity number.
pub fn holds_identity_number(text: &str) -> bool {
    // Most texts hold fewer digits than a number has.
    if text.chars().filter_map(digit).take(17).count() < 17 {
        return false;
    }
    let plain: String = text.chars().map(|c| digit(c).unwrap_or(c)).collect();
    let joined: String = plain.chars().filter(|c| !is_separator(*c)).collect();
    [plain, joined].iter().any(|text| runs(text).any(|run| cn_id::is_birth_in(&run, &BIRTH_YEARS)))
}

/// Runs of digits, each with the X that may end it.
fn runs(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut characters = text.chars().peekable();
    std::iter::from_fn(move || {
        characters.peek()?;
        let mut run = String::new();
        for c in characters.by_ref() {
            if c.is_ascii_digit() {
                run.push(c);
            } else {
                if matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ' | 'Ⅹ') {
                    run.push('X');
                }
                break;
            }
        }
        Some(run)
    })
}

/// The ASCII digit that a digit of another script in use stands for.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 6] = ['0', '０', '\u{660}', '\u{6f0}', '\u{966}', '\u{1d7ce}'];
    let value = ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// What people put between groups of digits, and what is not seen at all.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '_' | '.' | '\u{2010}'..='\u{2015}' | '－' | '·' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::fictitious;

    #[test]
    fn a_number_is_found_however_people_write_it() {
        let number = fictitious::adult(5);
        let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap_or(c)).collect();
        let spaced = format!("{} {} {} {}", &number[..6], &number[6..10], &number[10..14], &number[14..]);
        let unseen: String = number.chars().flat_map(|c| [c, '\u{200b}']).collect();
        for text in [
            number.clone(),
            format!("z{number}"),
            format!("见{number}号"),
            format!("b-{number}"),
            format!("2026 {number}"),
            wide,
            spaced.clone(),
            spaced.replace(' ', "-"),
            unseen,
        ] {
            assert!(holds_identity_number(&text), "{text:?}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        let number = fictitious::adult(5);
        let wrong = format!("{}{}", &number[..17], if number.ends_with('1') { '2' } else { '1' });
        // A place, the day, a count: as documents are numbered. Its check character fits.
        let document = (0..=10).map(|c| format!("44030020260508001{}", b"0123456789X"[c] as char));
        for text in [wrong, "虚构消罚〔2026〕123号".to_owned(), String::new()].into_iter().chain(document) {
            assert!(!holds_identity_number(&text), "{text:?}");
        }
    }
}
