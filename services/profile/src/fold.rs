//! The domain's fold on the runtime: decode, apply, encode. No law lives here.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalogue::Shelf;
use domain::catalogue::Catalogue;
use domain::event::{Body, Content, Control};
use domain::fold::{Catalogues, FoldVersion, Position, Stop, apply};
use domain::output::{Outcome, Output};
use domain::rows::{GroundCache, Rows};
use domain::time::Instant;
use schemas::topics::{Topics, keys};
use schemas::{Codec, DecodeError, EncodeError, ErrorKind, Mark, Place, Rejection};
use stream::fold::{Fold, FoldError, Progress, Rejection as Refused};
use stream::log::{Header, Outgoing, Record};
use stream::outbox::Outbox;
use stream::state::StateError;
use stream::view::View;

use crate::metrics::{FoldCounts, FoldMetrics};
use crate::store::{ReadStore, ViewStore};

/// How long the fold waits for the body of a catalogue that the log names: it was stored before it was activated, so only the
/// follower of the catalogues can be behind. After that the partition waits by itself and tries again.
const CATALOGUE_WAIT: Duration = Duration::from_millis(500);

/// Measures of subjects whose grounds a partition keeps decoded: 2.5 MiB at most, as they are usually, and about 10 where all are long.
const MEASURES_CACHED: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// The fold of one partition.
pub struct ProfileFold {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    shelf: Arc<Shelf>,
    counts: FoldCounts,
    partition: i32,
    grounds: GroundCache,
    /// A `TimeAdvanced` that this worker appended and has not folded yet was written at this time.
    advancing: Option<i64>,
}

impl ProfileFold {
    pub fn new(
        topics: Arc<Topics>,
        codec: Arc<Codec>,
        shelf: Arc<Shelf>,
        metrics: FoldMetrics,
        partition: i32,
    ) -> Self {
        let grounds = GroundCache::new(MEASURES_CACHED);
        Self { topics, codec, shelf, counts: FoldCounts::new(metrics), partition, grounds, advancing: None }
    }

    fn outgoing(&self, topic: &Arc<str>, key: Option<String>, value: Option<Bytes>, headers: Vec<Header>) -> Outgoing {
        Outgoing {
            topic: Arc::clone(topic),
            partition: self.partition,
            key: key.map(Bytes::from),
            value,
            headers,
            timestamp_ms: None,
        }
    }

    fn send(&self, output: &Output, time: Instant, out: &mut Outbox) -> Result<(), FoldError> {
        let encoded = |result: Result<Option<Bytes>, EncodeError>| {
            result.map_err(|error| FoldError::Stop { reason: format!("an output cannot be encoded: {error}") })
        };
        let origin = |version| vec![(Arc::from(keys::ORIGIN), Bytes::from(keys::origin(version)))];
        let outgoing = match output {
            Output::Flag(change) => {
                let key = keys::flag(&change.subject, &change.measure);
                let value = encoded(self.codec.encode_flag(change))?;
                self.outgoing(self.topics.flags(), Some(key), value, origin(change.version))
            }
            Output::Profile(change) => {
                let value = encoded(self.codec.encode_profile(change))?;
                self.outgoing(self.topics.profiles(), Some(change.subject.to_string()), value, origin(change.version))
            }
            Output::Notice(change) => {
                let key = keys::notice(&change.subject, &change.record);
                let value = encoded(self.codec.encode_notice(change).map(Some))?;
                self.outgoing(self.topics.notices(), Some(key), value, origin(change.version))
            }
            Output::Fall(fall) => {
                let value = encoded(self.codec.encode_fall(fall).map(Some))?;
                self.outgoing(self.topics.reliance(), Some(fall.subject.to_string()), value, origin(fall.version))
            }
            Output::Reject(reject) => {
                let rejection = Rejection::of_fold(reject, self.topics.events());
                let value = encoded(self.codec.encode_reject(&rejection).map(Some))?;
                self.outgoing(self.topics.rejects(), None, value, origin(reject.version))
            }
            Output::Continue(go_on) => {
                let body = Body { written_at: time, content: Content::Control(Control::Continue(go_on.clone())) };
                let value = encoded(self.codec.encode_event(&body).map(Some))?;
                let time_of_log = Some(time.ms());
                Outgoing { timestamp_ms: time_of_log, ..self.outgoing(self.topics.events(), None, value, Vec::new()) }
            }
        };
        out.send(outgoing);
        Ok(())
    }
}

impl Fold for ProfileFold {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let Some(value) = &record.value else {
            return Err(FoldError::Skip { code: "record.empty", reason: "the record has no value".to_owned() });
        };
        let body = self.codec.decode_event(value).map_err(decode_fault)?;
        if matches!(&body.content, Content::Control(Control::TimeAdvanced)) {
            self.advancing = None;
        }
        let at = Position {
            partition: record.partition,
            offset: record.offset,
            appended_at: Instant::from_ms(record.timestamp_ms),
        };
        let mut store = ViewStore::new(view, &mut self.grounds);
        let applied = match apply(&mut store, &Waiting(&self.shelf), at, &body) {
            Ok(applied) => applied,
            Err(stop) => return Err(store.take_error().map_or_else(|| stop_fault(&stop), FoldError::State)),
        };
        let source = match &body.content {
            Content::Event(event) => Some(event.source.as_str()),
            Content::Control(_) => None,
        };
        self.counts.count(applied.outcome, source);
        for output in &applied.outputs {
            self.send(output, body.written_at, out)?;
        }
        Ok(())
    }

    fn reject(&mut self, _view: &mut View<'_>, record: &Record, reason: &Refused, out: &mut Outbox) {
        let place = Place { topic: record.topic.to_string(), partition: record.partition, offset: record.offset };
        let bytes = record.value.as_ref().map_or(0, |value| value.len() as u64);
        let rejection = Rejection::of_runtime(reason.code, &reason.reason, place, Some(bytes));
        let value = self.codec.encode_reject(&rejection).expect("a rejection has no part that cannot be encoded");
        self.counts.count(Outcome::Refused, None);
        out.send(self.outgoing(self.topics.rejects(), None, Some(value), Vec::new()));
    }

    fn mark(&mut self, view: &View<'_>, progress: &Progress, out: &mut Outbox) {
        let Ok(row) = Rows::new(&mut ReadStore(view)).partition() else {
            // The view keeps the error, and the runtime drops the transaction.
            return;
        };
        let current_as_of = progress.current_as_of_ms().unwrap_or(0);
        let mark = Mark {
            events_offset: progress.next_offset,
            time: row.time,
            current_as_of: Instant::from_ms(current_as_of),
            catalogue: row.catalogue,
            swept: !row.sweeping,
            fold: row.fold,
            fold_known: self.shelf.folds().last().map(|newest| newest.number),
        };
        let value = self.codec.encode_mark(&mark).expect("a mark has no part that cannot be encoded");
        out.send(self.outgoing(self.topics.flags(), Some(keys::MARK.to_owned()), Some(value), Vec::new()));
    }

    fn tick(&mut self, view: &View<'_>, _partition: i32, now_ms: i64, out: &mut Outbox) {
        let mut store = ReadStore(view);
        let rows = Rows::new(&mut store);
        let Ok(row) = rows.partition() else { return };
        let Ok(Some(due)) = rows.next_due(&row) else { return };
        // Invariant: one `TimeAdvanced` outstanding. It is written again only if it did not bring time to what was due.
        let outstanding = self.advancing.is_some_and(|at| row.time.ms() < at);
        if due.ms() > now_ms || row.time >= due || outstanding {
            return;
        }
        let body = Body { written_at: Instant::from_ms(now_ms), content: Content::Control(Control::TimeAdvanced) };
        let Ok(value) = self.codec.encode_event(&body) else { return };
        self.advancing = Some(now_ms);
        out.send(Outgoing {
            timestamp_ms: Some(now_ms),
            ..self.outgoing(self.topics.events(), None, Some(value), Vec::new())
        });
    }

    fn reset(&mut self) {
        self.grounds.clear();
        self.advancing = None;
    }
}

/// The shelf, with the patience of [`CATALOGUE_WAIT`].
struct Waiting<'a>(&'a Shelf);

impl Catalogues for Waiting<'_> {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        self.0.get(digest).or_else(|| self.0.wait_for(digest, CATALOGUE_WAIT))
    }

    fn folds(&self) -> &[FoldVersion] {
        self.0.folds()
    }
}

fn decode_fault(error: DecodeError) -> FoldError {
    match error.kind {
        ErrorKind::Malformed => FoldError::Skip { code: error.code, reason: error.to_string() },
        // The registry is silent: the record is folded again a little later, never skipped.
        ErrorKind::Retry => FoldError::State(StateError::Io { reason: error.to_string() }),
        ErrorKind::Unsupported => FoldError::Stop { reason: error.to_string() },
    }
}

fn stop_fault(stop: &Stop) -> FoldError {
    match stop {
        // It was written before it was activated, and may only be on its way: the record is folded again a little later.
        Stop::UnknownCatalogue(_) => FoldError::State(StateError::Io { reason: stop.to_string() }),
        Stop::Rows(_) | Stop::UnknownFold(_) => FoldError::Stop { reason: stop.to_string() },
    }
}
