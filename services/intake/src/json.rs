//! Bytes to a tree of values, and where they stop being one.
//!
//! What is refused is named by its position, never by what stands there. A tree is bounded in depth (127 levels, the parser's
//! own bound), in bytes (by the caller) and in values: a hostile document of a megabyte would otherwise take a hundred.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use domain::problem::{Problem, code as content};
use domain::value::Raw;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::code;

/// An event has some thirty values; one with a hundred fields would still be far below.
const VALUES_MAX: usize = 4_096;
/// Byte order mark in UTF-8: some editors put it before a document, and it belongs to none.
const MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Clone, Copy)]
enum Fault {
    Twice,
    TooMany,
}

/// One JSON document, the whole of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Result<Raw, Problem> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|fault| {
        let at = fault.valid_up_to() + 1;
        let message = format!("byte {at} is no UTF-8; send the event as UTF-8");
        Problem::new(code::ENCODING_INVALID_UTF8, "", message)
    })?;
    let seed = Tree { left: &Cell::new(VALUES_MAX), fault: &Cell::new(None) };
    let mut document = serde_json::Deserializer::from_str(text);
    let parsed = seed.deserialize(&mut document).and_then(|raw| document.end().map(|()| raw));
    parsed.map_err(|error| problem(&error, seed.fault.get()))
}

/// Refuses a tree of more values than an event has, wherever it came from.
pub(crate) fn bounded(raw: &Raw) -> Result<(), Problem> {
    if values(raw) > VALUES_MAX { Err(too_many()) } else { Ok(()) }
}

fn values(raw: &Raw) -> usize {
    match raw {
        Raw::Null | Raw::Boolean(_) | Raw::Integer(_) | Raw::OtherNumber(_) | Raw::Text(_) => 1,
        Raw::List(list) => 1 + list.iter().map(values).sum::<usize>(),
        Raw::Object(object) => 1 + object.values().map(values).sum::<usize>(),
    }
}

fn problem(error: &serde_json::Error, fault: Option<Fault>) -> Problem {
    let what = match (fault, error.classify()) {
        (Some(Fault::TooMany), _) => return too_many(),
        (Some(Fault::Twice), _) => "an object has the same name twice; give each name once,",
        (None, Category::Eof) => "the document ends too early; send the whole event: it ends",
        (None, Category::Syntax | Category::Data | Category::Io) => {
            "not JSON, or nested more than 127 levels deep, from here on; write the event as RFC 8259 says:"
        }
    };
    let place = match error.line() {
        0 | 1 => format!("at column {}", error.column()),
        line => format!("at line {line}, column {}", error.column()),
    };
    Problem::new(content::JSON_MALFORMED, "", format!("{what} {place}"))
}

fn too_many() -> Problem {
    let message = format!("an event holds at most {VALUES_MAX} values; send one event a document");
    Problem::new(code::EVENT_TOO_MANY_VALUES, "", message)
}

#[derive(Clone, Copy)]
struct Tree<'a> {
    left: &'a Cell<usize>,
    fault: &'a Cell<Option<Fault>>,
}

impl Tree<'_> {
    fn fail<E: serde::de::Error>(self, fault: Fault) -> E {
        self.fault.set(Some(fault));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Raw;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => return Err(self.fail(Fault::TooMany)),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or_else(|_| Raw::OtherNumber(value.to_string()), Raw::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::OtherNumber(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            if object.insert(name, value).is_some() {
                return Err(self.fail(Fault::Twice));
            }
        }
        Ok(Raw::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> (String, String) {
        let problem = parse(bytes).unwrap_err();
        assert_eq!(problem.field, None);
        (problem.code, problem.message)
    }

    #[test]
    fn a_document_becomes_the_tree_that_the_domain_reads() {
        let text = r#" {"a":[1,-2,3.5,18446744073709551615,true,null,"虚构"],"b":{}} "#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Raw>(text).unwrap());
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn what_is_no_document_is_named_by_its_place_alone() {
        assert_eq!(
            refusal(b"{\"id\":\"\xff\"}"),
            ("encoding.invalid-utf8".into(), "byte 8 is no UTF-8; send the event as UTF-8".into())
        );
        for (bytes, part) in [
            (&b""[..], "ends too early"),
            (b"{\"a\":1", "ends too early"),
            (b"{\"a\":secret}", "at column 6"),
            (b"{\"a\":1}{", "at column 8"),
            (b"{\n\"a\" 1}", "at line 2, column 5"),
            (b"{\"a\":\"\0\"}", "not JSON"),
            (b"{\"a\":\"\\ud800\"}", "not JSON"),
            (b"{\"a\":1,\"a\":2}", "the same name twice"),
        ] {
            let (code, message) = refusal(bytes);
            assert_eq!(code, "json.malformed", "{message}");
            assert!(message.contains(part), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = "[".repeat(500_000);
        assert_eq!(refusal(deep.as_bytes()).0, "json.malformed");
        let wide = format!("[{}0]", "0,".repeat(VALUES_MAX));
        assert_eq!(refusal(wide.as_bytes()).0, "event.too-many-values");
        let most = format!("[{}0]", "0,".repeat(VALUES_MAX - 2));
        assert!(bounded(&parse(most.as_bytes()).unwrap()).is_ok());
        assert!(bounded(&Raw::List(vec![Raw::Null; VALUES_MAX])).is_err());
    }
}
