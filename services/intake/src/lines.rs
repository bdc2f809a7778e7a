//! A batch's body as lines, one at a time, in bounded memory.
//!
//! A line ends at `\n` (a `\r` before it is not part of it) or at the end of the body. Of a line that is longer than an event may
//! be only its digest is kept. Lines are counted from 1, blank ones too.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};

use crate::digest::{DigestKey, Running, Trace};

pub(crate) enum Line {
    Whole(Bytes),
    TooLong(Trace),
}

pub(crate) struct Lines<S> {
    body: S,
    key: DigestKey,
    bytes_max: usize,
    /// What is read and not looked at yet.
    rest: Bytes,
    ended: bool,
    number: u64,
}

impl<S, E> Lines<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    pub(crate) fn new(body: S, key: DigestKey, bytes_max: usize) -> Self {
        Self { body, key, bytes_max, rest: Bytes::new(), ended: false, number: 0 }
    }

    /// The number of the line handed out last; after an error, of the one that was cut.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, which may be blank; `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, E> {
        let mut held = BytesMut::new();
        let mut skipping: Option<Running> = None;
        self.number += 1;
        loop {
            let end = self.rest.iter().position(|byte| *byte == b'\n');
            let part = match end {
                Some(end) => {
                    let part = self.rest.split_to(end);
                    let _newline = self.rest.split_to(1);
                    part
                }
                None => std::mem::take(&mut self.rest),
            };
            match &mut skipping {
                Some(running) => running.update(&part),
                None if held.len() + part.len() > self.bytes_max.saturating_add(1) => {
                    let mut running = self.key.start();
                    running.update(&held);
                    running.update(&part);
                    held = BytesMut::new();
                    skipping = Some(running);
                }
                // Most lines lie in one piece and are not copied.
                None if held.is_empty() && end.is_some() => return Ok(Some(self.line(part))),
                None => held.extend_from_slice(&part),
            }
            if end.is_some() || self.ended {
                let nothing = held.is_empty() && skipping.is_none() && end.is_none();
                return Ok(match skipping {
                    Some(running) => Some(Line::TooLong(running.finish())),
                    None if nothing => None,
                    None => Some(self.line(held.freeze())),
                });
            }
            match self.body.next().await {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(error)) => return Err(error),
                None => self.ended = true,
            }
        }
    }

    fn line(&self, mut line: Bytes) -> Line {
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > self.bytes_max { Line::TooLong(self.key.of(&line)) } else { Line::Whole(line) }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use domain::pseudonym::PseudonymKey;

    use super::*;

    fn key() -> DigestKey {
        DigestKey::derive(&PseudonymKey::new("k1", &[7; 32]).unwrap())
    }

    async fn lines(pieces: &[&'static str]) -> Vec<String> {
        let pieces: Vec<Result<Bytes, Infallible>> =
            pieces.iter().map(|p| Ok(Bytes::from_static(p.as_bytes()))).collect();
        let mut lines = Lines::new(futures::stream::iter(pieces), key(), 4);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(match line {
                Line::Whole(line) => format!("{} {}", lines.number(), str::from_utf8(&line).unwrap()),
                Line::TooLong(trace) => format!("{} {} bytes", lines.number(), trace.bytes),
            });
        }
        all
    }

    #[tokio::test]
    async fn lines_are_the_same_however_the_body_is_cut() {
        for pieces in [
            &["ab\nc\r\n\nabcd\nabcdef\nxy"][..],
            &["a", "b\n", "c\r", "\n\nab", "cd\nabc", "def", "\nx", "y"],
            &["", "ab\nc\r\n\na", "", "bcd\nabcdef\nx", "y", ""],
        ] {
            assert_eq!(lines(pieces).await, ["1 ab", "2 c", "3 ", "4 abcd", "5 6 bytes", "6 xy"], "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn a_last_line_needs_no_newline_and_an_empty_body_has_no_line() {
        assert_eq!(lines(&["a\n"]).await, ["1 a"]);
        assert_eq!(lines(&["a"]).await, ["1 a"]);
        assert!(lines(&[]).await.is_empty());
        assert!(lines(&["", ""]).await.is_empty());
        assert_eq!(lines(&["abcdefgh"]).await, ["1 8 bytes"]);
    }

    #[tokio::test]
    async fn the_digest_of_a_long_line_is_that_of_its_bytes() {
        let pieces = ["abc", "def", "gh\nxy"].map(|p| Ok::<_, Infallible>(Bytes::from_static(p.as_bytes())));
        let mut lines = Lines::new(futures::stream::iter(pieces), key(), 4);
        let Some(Line::TooLong(trace)) = lines.next().await.unwrap() else { panic!("the line is too long") };
        assert_eq!(trace, key().of(b"abcdefgh"));
    }
}
