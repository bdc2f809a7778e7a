//! The building code (楼栋编码). No public specification exists, so it is opaque.

use super::SubjectProblem;

/// Longest code taken; those in use have 19 to 25 digits.
const LENGTH_MAX: usize = 64;

pub(super) fn judge(code: &str) -> Result<String, SubjectProblem> {
    if !is_well_formed(code) {
        return Err(SubjectProblem::malformed(format!(
            "a building code has 1 to {LENGTH_MAX} characters of 0-9, A-Z, a-z and '-', without spaces; send it as the \
             building register has it"
        )));
    }
    Ok(code.to_owned())
}

pub(super) fn is_well_formed(code: &str) -> bool {
    (1..=LENGTH_MAX).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
