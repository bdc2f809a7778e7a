//! A subject on the command line: `SCHEME:ID`, or `-` and the same on stdin, so that an identity number need not stand in a
//! shell's history. The identifier is never repeated in a message.

use std::io::BufRead;

use domain::subject::{Identifier, Scheme};
use serde_json::{Value, json};

use crate::cli::Usage;

/// Not `Debug`: the id may be a person's.
#[derive(Clone)]
pub(crate) struct Subject {
    scheme: Scheme,
    id: String,
}

impl Subject {
    /// Reads an argument; `-` takes the first line of `stdin`.
    pub(crate) fn read(argument: &str, stdin: impl BufRead) -> Result<Self, Usage> {
        if argument != "-" {
            return Self::parse(argument);
        }
        let mut line = String::new();
        // A line that long is no identifier; the rest is left unread.
        let read = stdin.take(4_096).read_line(&mut line);
        read.map_err(|error| Usage::new(format!("the subject cannot be read from stdin: {}", error.kind())))?;
        Self::parse(line.trim_end_matches(['\r', '\n']))
    }

    fn parse(text: &str) -> Result<Self, Usage> {
        let schemes = Scheme::ALL.map(Scheme::as_str).join(", ");
        let form =
            || Usage::new(format!("a subject is written SCHEME:ID (schemes: {schemes}), or - to read it from stdin"));
        let (scheme, id) = text.split_once(':').ok_or_else(form)?;
        let scheme = Scheme::parse(scheme.trim()).ok_or_else(form)?;
        if id.trim().is_empty() {
            return Err(form());
        }
        Ok(Self { scheme, id: id.trim().to_owned() })
    }

    /// The identifier itself; `confirmed` knows the codes that were issued although their check digit fails. The refusal does not
    /// repeat it.
    pub(crate) fn identifier(&self, confirmed: &dyn Fn(&str) -> bool) -> Result<Identifier, Usage> {
        let parsed = Identifier::parse(self.scheme.as_str(), &self.id, confirmed);
        parsed.map_err(|problem| Usage::new(format!("the subject is no {}: {}", self.scheme.as_str(), problem.message)))
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "scheme": self.scheme.as_str(), "id": self.id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_scheme_and_an_id_which_may_hold_colons() {
        let json = |text: &str| Subject::read(text, &b""[..]).map(|s| s.json()).ok();
        assert_eq!(json("foreign:iadb:17"), Some(json!({ "scheme": "foreign", "id": "iadb:17" })));
        assert_eq!(json("building: 990000-1"), Some(json!({ "scheme": "building", "id": "990000-1" })));
        for bad in ["", "uscc", "uscc:", "passport:1", ":1"] {
            assert_eq!(json(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_dash_takes_the_first_line_of_stdin() {
        let subject = Subject::read("-", &b"building:990000-1\r\nbuilding:2\n"[..]).expect("a subject");
        assert_eq!(subject.json(), json!({ "scheme": "building", "id": "990000-1" }));
        assert!(Subject::read("-", &b""[..]).is_err());
        assert!(Subject::read("-", &b"\xff\xfe\n"[..]).is_err());
    }

    #[test]
    fn a_refusal_never_repeats_the_identifier() {
        let refusal = Subject::read("passport:123456789", &b""[..]).err().expect("a refusal").to_string();
        assert!(!refusal.contains("123456789"), "{refusal}");
    }
}
