//! Organisations that another country's or body's register numbers: `registry:number`, such as `iadb:37`.
//!
//! `registry` begins with a-z and goes on with up to 31 of `a-z 0-9 -`; any registry is taken. `number` is the rest after
//! the first colon: 1 to 64 printable ASCII characters without `|`, single spaces inside allowed (`HRB 12345`). It is
//! opaque: case and spaces count, and `iadb:037` is not `iadb:37`. Numbers with other scripts are refused, because
//! one text can be spelt in Unicode in several ways, and adverse data links by exact identifier only (R8).

use super::SubjectProblem;

const REGISTRY_LENGTH_MAX: usize = 32;
const NUMBER_LENGTH_MAX: usize = 64;

pub(super) fn judge(id: &str) -> Result<String, SubjectProblem> {
    if !is_well_formed(id) {
        return Err(SubjectProblem::malformed(format!(
            "a foreign id is `registry:number`: the registry has 1 to {REGISTRY_LENGTH_MAX} of a-z, 0-9 and '-' and begins \
             with a letter; the number has 1 to {NUMBER_LENGTH_MAX} printable ASCII characters without '|', with single \
             spaces inside at most"
        )));
    }
    Ok(id.to_owned())
}

pub(super) fn is_well_formed(id: &str) -> bool {
    id.split_once(':').is_some_and(|(registry, number)| is_registry(registry) && is_number(number))
}

fn is_registry(registry: &str) -> bool {
    registry.len() <= REGISTRY_LENGTH_MAX
        && registry.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && registry.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_number(number: &str) -> bool {
    (1..=NUMBER_LENGTH_MAX).contains(&number.len())
        && number.bytes().all(|b| b == b' ' || (b.is_ascii_graphic() && b != b'|'))
        && number.split(' ').all(|part| !part.is_empty())
}
