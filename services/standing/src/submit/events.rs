//! The events of a file, one after the other, in bounded memory.

use std::io::{BufRead, Read};

use anyhow::bail;
use bytes::Bytes;
use serde_json::value::RawValue;

/// The longest line that is sent: intake refuses far shorter ones and says so, longer ones do not fit into a request.
const LINE_BYTES_MAX: usize = 8 << 20;
/// A JSON list is read as a whole.
const DOCUMENT_BYTES_MAX: usize = 256 << 20;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// One event as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The line it stands on, or its place in a list; from 1.
    pub(super) number: u64,
    pub(super) text: Bytes,
    /// Bytes of the file up to its end.
    pub(super) end: u64,
}

/// Events still to be read.
pub(super) enum Events {
    Lines { input: Box<dyn BufRead>, number: u64, end: u64 },
    Read(std::vec::IntoIter<Event>),
}

impl Events {
    /// Looks at how the input begins: a list is read whole, and where `whole` says so a document is too, if it is one.
    pub(super) fn read(mut input: Box<dyn BufRead>, whole: bool) -> anyhow::Result<Self> {
        let begin = input.fill_buf()?;
        let begin = begin.strip_prefix(MARK).unwrap_or(begin);
        let first = begin.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        if first != Some(b'[') && !(whole && first == Some(b'{')) {
            return Ok(Self::Lines { input, number: 0, end: 0 });
        }
        let mut text = Vec::new();
        input.take(DOCUMENT_BYTES_MAX as u64 + 1).read_to_end(&mut text)?;
        if text.len() > DOCUMENT_BYTES_MAX {
            bail!("a JSON document of more than 256 MiB is not read as a whole; write one event a line");
        }
        let document = text.strip_prefix(MARK).unwrap_or(&text);
        match list(document) {
            Ok(events) => Ok(Self::Read(events.into_iter())),
            // One event a line under another name.
            Err(_) if first == Some(b'{') => {
                Ok(Self::Lines { input: Box::new(std::io::Cursor::new(text)), number: 0, end: 0 })
            }
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                bail!(
                    "the file is no JSON document from line {line}, column {column} on; correct it there, or write one event a line"
                );
            }
        }
    }

    pub(super) fn next(&mut self) -> anyhow::Result<Option<Event>> {
        match self {
            Self::Read(events) => Ok(events.next()),
            Self::Lines { input, number, end } => loop {
                let mut line = Vec::new();
                let read = input.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
                if read == 0 {
                    return Ok(None);
                }
                *number += 1;
                *end += read as u64;
                if read > LINE_BYTES_MAX {
                    bail!("line {number} is longer than 8 MiB: no event is; is this a file with one event a line?");
                }
                let text = line.trim_ascii();
                if !text.is_empty() {
                    return Ok(Some(Event { number: *number, text: Bytes::copy_from_slice(text), end: *end }));
                }
            },
        }
    }
}

/// The elements of a list, or the one event that the document is, each on one line: a line break within JSON stands between
/// tokens only.
fn list(document: &[u8]) -> serde_json::Result<Vec<Event>> {
    let is_list = document.trim_ascii_start().first() == Some(&b'[');
    let elements: Vec<&RawValue> =
        if is_list { serde_json::from_slice(document)? } else { vec![serde_json::from_slice(document)?] };
    let event = |(index, element): (usize, &RawValue)| {
        let text: Vec<u8> = element.get().bytes().map(|b| if b == b'\n' || b == b'\r' { b' ' } else { b }).collect();
        Event { number: index as u64 + 1, text: text.into(), end: document.len() as u64 }
    };
    Ok(elements.into_iter().enumerate().map(event).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &'static [u8], whole: bool) -> Vec<(u64, String)> {
        let mut events = Events::read(Box::new(input), whole).expect("readable");
        let mut all = Vec::new();
        while let Some(event) = events.next().expect("readable") {
            all.push((event.number, String::from_utf8(event.text.to_vec()).expect("text")));
        }
        all
    }

    fn expect(events: &[(u64, &str)]) -> Vec<(u64, String)> {
        events.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    }

    #[test]
    fn lines_keep_their_numbers_over_blank_ones_and_broken_ones_are_sent_as_they_are() {
        assert_eq!(
            all(b"{\"a\":1}\r\n\n{broken\n  {\"b\":2}", false),
            expect(&[(1, "{\"a\":1}"), (3, "{broken"), (4, "{\"b\":2}")])
        );
        assert_eq!(all(b"", false), []);
        assert_eq!(all(b"\n\n", true), []);
    }

    #[test]
    fn a_list_and_a_document_are_taken_apart_whatever_their_layout() {
        assert_eq!(all(b" [ {\"a\":\n1} , 2 ]", false), expect(&[(1, "{\"a\": 1}"), (2, "2")]));
        assert_eq!(all(b"{\n \"a\": 1\n}\n", true), expect(&[(1, "{  \"a\": 1 }")]));
        assert_eq!(all(b"{\"a\":1}\n{\"b\":2}\n", true), expect(&[(1, "{\"a\":1}"), (2, "{\"b\":2}")]));
        assert_eq!(all(b"\xef\xbb\xbf[{}]", false), expect(&[(1, "{}")]));
    }

    #[test]
    fn a_broken_list_is_named_by_its_place() {
        let error = Events::read(Box::new(&b"[{},\n{]"[..]), false).err().expect("broken").to_string();
        assert!(error.contains("line 2, column 2"), "{error}");
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless: Box<dyn BufRead> = Box::new(std::io::BufReader::new(std::io::repeat(b'x')));
        let mut events = Events::read(endless, false).expect("readable");
        assert!(events.next().expect_err("too long").to_string().contains("line 1"));
    }
}
