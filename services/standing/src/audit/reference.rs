//! The reference: `domain::fold::apply` over a plain map, one record after the other, and what must therefore stand in the
//! topics.
//!
//! It shares nothing with the worker but the law and the wire: no overlay, no batches, no transactions, no RocksDB.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use domain::event::{Content, Continue, Control};
use domain::flag::Version;
use domain::fold::{Catalogues, Position, apply};
use domain::output::{Fall, Output};
use domain::time::Instant;
use schemas::topics::{Topics, keys};
use schemas::{Codec, DecodeError, EncodeError, ErrorKind, Rejection, Stage};
use stream::fold::{CODE_OUTPUT_TOO_LARGE, CODE_PANICKED};
use stream::log::Record;
use stream::outbox::OUTPUT_BYTES_MAX;

use super::digest::Digest;
use super::outputs::{self, At, Kind};
use super::routing::Routing;
use super::store::PlainStore;

/// An output that must stand in its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) at: At,
    pub(crate) kind: Kind,
    pub(crate) key: Digest,
    /// `None`: a tombstone.
    pub(crate) value: Option<Digest>,
}

/// The log cannot be folded past this record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CannotFold {
    pub(crate) offset: i64,
    pub(crate) reason: String,
}

/// Why a record gives no change.
enum Refusal {
    /// It is refused, with this code, and folding goes on.
    Skip(&'static str),
    Stop(String),
    /// The audit itself cannot go on: a registry does not answer.
    Again(String),
}

/// The fold of one partition, from the log's first record.
pub(crate) struct Reference<'a> {
    topics: &'a Topics,
    codec: &'a Codec,
    catalogues: &'a dyn Catalogues,
    partition: i32,
    store: PlainStore,
    /// In the order in which they were made.
    pub(crate) expected: Vec<Expected>,
    /// Work that was cut in two, with the record that cut it.
    pub(crate) continues: BTreeMap<Digest, i64>,
    pub(crate) routing: Routing,
    /// Corrections of records that flags rest on, or rested on.
    pub(crate) falls: Vec<Fall>,
    pub(crate) folded: u64,
    pub(crate) refused: u64,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(topics: &'a Topics, codec: &'a Codec, catalogues: &'a dyn Catalogues, partition: i32) -> Self {
        Self {
            topics,
            codec,
            catalogues,
            partition,
            store: PlainStore::default(),
            expected: Vec::new(),
            continues: BTreeMap::new(),
            routing: Routing::default(),
            falls: Vec::new(),
            folded: 0,
            refused: 0,
        }
    }

    pub(crate) fn rows(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        self.store.rows()
    }

    /// Folds one record. The outer error ends the audit, the inner one this partition's.
    pub(crate) fn fold(&mut self, record: &Record) -> anyhow::Result<Result<(), CannotFold>> {
        self.folded += 1;
        // Unwind safety: what a panic leaves half-done is undone below, and `expected` is only extended at the end.
        let applied = catch_unwind(AssertUnwindSafe(|| self.outputs(record)));
        let code = match applied {
            Ok(Ok((expected, outputs))) => {
                self.store.keep();
                self.expected.extend(expected);
                self.note(record.offset, &outputs);
                return Ok(Ok(()));
            }
            Ok(Err(Refusal::Skip(code))) => code,
            Ok(Err(Refusal::Stop(reason))) => {
                self.store.undo();
                return Ok(Err(CannotFold { offset: record.offset, reason }));
            }
            Ok(Err(Refusal::Again(reason))) => anyhow::bail!("the schema registry does not answer: {reason}"),
            Err(_) => CODE_PANICKED,
        };
        self.store.undo();
        self.refused += 1;
        let at = At { offset: record.offset, index: 0 };
        let value = Some(outputs::reject_digest(Stage::Runtime, code, None));
        self.expected.push(Expected { at, kind: Kind::Reject, key: outputs::no_key(), value });
        Ok(Ok(()))
    }

    fn outputs(&mut self, record: &Record) -> Result<(Vec<Expected>, Vec<Output>), Refusal> {
        let value = record.value.as_ref().ok_or(Refusal::Skip("record.empty"))?;
        let body = self.codec.decode_event(value).map_err(unreadable)?;
        let appended_at = Instant::from_ms(record.timestamp_ms);
        let at = Position { partition: self.partition, offset: record.offset, appended_at };
        let applied =
            apply(&mut self.store, self.catalogues, at, &body).map_err(|stop| Refusal::Stop(stop.to_string()))?;
        let mut expected = Vec::with_capacity(applied.outputs.len());
        for output in &applied.outputs {
            expected.extend(self.expect(output, body.written_at)?);
        }
        Ok((expected, applied.outputs))
    }

    /// What an output is as a record. `None` for work that goes on: that has no version.
    fn expect(&self, output: &Output, written_at: Instant) -> Result<Option<Expected>, Refusal> {
        let (kind, version, key, value, digest) = match output {
            Output::Flag(change) => {
                let value = self.codec.encode_flag(change).map_err(unwritable)?;
                let digest = value.as_deref().map(Digest::of);
                (Kind::Flag, change.version, Some(keys::flag(&change.subject, &change.measure)), value, digest)
            }
            Output::Profile(change) => {
                let value = self.codec.encode_profile(change).map_err(unwritable)?;
                let digest = value.as_deref().map(Digest::of);
                (Kind::Profile, change.version, Some(change.subject.to_string()), value, digest)
            }
            Output::Notice(change) => {
                let value = self.codec.encode_notice(change).map_err(unwritable)?;
                let digest = Digest::of(&value);
                (
                    Kind::Notice,
                    change.version,
                    Some(keys::notice(&change.subject, &change.record)),
                    Some(value),
                    Some(digest),
                )
            }
            Output::Fall(fall) => {
                let value = self.codec.encode_fall(fall).map_err(unwritable)?;
                let digest = Digest::of(&value);
                (Kind::Fall, fall.version, Some(fall.subject.to_string()), Some(value), Some(digest))
            }
            Output::Reject(reject) => {
                let rejection = Rejection::of_fold(reject, self.topics.events());
                let value = self.codec.encode_reject(&rejection).map_err(unwritable)?;
                let digest = outputs::reject_digest(Stage::Fold, &reject.code, reject.item.as_ref());
                (Kind::Reject, reject.version, None, Some(value), Some(digest))
            }
            Output::Continue(go_on) => {
                let content = Content::Control(Control::Continue(go_on.clone()));
                let value =
                    self.codec.encode_event(&domain::event::Body { written_at, content }).map_err(unwritable)?;
                return fits(None, Some(&value), None).map(|()| None);
            }
        };
        fits(key.as_deref(), value.as_ref(), Some(version))?;
        let key = key.map_or_else(outputs::no_key, |key| Digest::of(key.as_bytes()));
        Ok(Some(Expected { at: At::of(version), kind, key, value: digest }))
    }

    fn note(&mut self, offset: i64, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Flag(change) => self.routing.route(change),
                Output::Continue(go_on) => {
                    self.continues.insert(continue_digest(go_on), offset);
                }
                Output::Reject(_) => self.refused += 1,
                Output::Fall(fall) => self.falls.push(fall.clone()),
                Output::Profile(_) | Output::Notice(_) => {}
            }
        }
    }
}

/// No two pieces of work that go on in one partition are the same.
pub(crate) fn continue_digest(go_on: &Continue) -> Digest {
    Digest::of(format!("{:?}|{}|{:02x?}", go_on.kind, go_on.cause, go_on.cursor).as_bytes())
}

fn unreadable(error: DecodeError) -> Refusal {
    match error.kind {
        ErrorKind::Malformed => Refusal::Skip(error.code),
        ErrorKind::Unsupported => Refusal::Stop(error.to_string()),
        ErrorKind::Retry => Refusal::Again(error.to_string()),
    }
}

fn unwritable(error: EncodeError) -> Refusal {
    match error.kind {
        ErrorKind::Retry => Refusal::Again(error.to_string()),
        ErrorKind::Malformed | ErrorKind::Unsupported => Refusal::Stop(error.to_string()),
    }
}

/// A record with an output above the bound is refused as a whole.
fn fits(key: Option<&str>, value: Option<&Bytes>, origin: Option<Version>) -> Result<(), Refusal> {
    let header = origin.map_or(0, |version| keys::ORIGIN.len() + keys::origin(version).len());
    let size = key.map_or(0, str::len) + value.map_or(0, Bytes::len) + header;
    if size > OUTPUT_BYTES_MAX { Err(Refusal::Skip(CODE_OUTPUT_TOO_LARGE)) } else { Ok(()) }
}
