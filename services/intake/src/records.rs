//! What intake writes: events under their subject's key and partition, refusals anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use domain::event::{Body, Content, Event};
use domain::problem::Problem;
use domain::subject::partition_of;
use domain::time::Instant;
use schemas::topics::Topics;
use schemas::{Codec, EncodeError, Place, Rejection, Stage};
use stream::log::Outgoing;

use crate::check::Named;
use crate::digest::Trace;

/// Where a refused event came from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Line of a request, from 1.
    Line(u64),
    Inbox(Place),
}

pub(crate) struct Records {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    /// Refusals are about no subject: they take turns among the partitions.
    turn: AtomicU32,
}

impl Records {
    pub(crate) fn new(topics: Arc<Topics>, codec: Arc<Codec>) -> Self {
        Self { topics, codec, turn: AtomicU32::new(0) }
    }

    /// `now` is the clock at sending: it becomes `written_at`, and the timestamp where the topic takes the producer's.
    pub(crate) fn event(&self, event: Event, now: Instant) -> Result<Outgoing, EncodeError> {
        let partition = partition_of(&event.subject, self.topics.partitions());
        let key = Bytes::copy_from_slice(event.subject.as_str().as_bytes());
        let value = self.codec.encode_event(&Body { written_at: now, content: Content::Event(event) })?;
        Ok(outgoing(self.topics.events(), partition, Some(key), value, now))
    }

    pub(crate) fn reject(
        &self,
        named: &Named,
        fault: &Problem,
        origin: &Origin,
        trace: Trace,
        now: Instant,
    ) -> Result<Outgoing, EncodeError> {
        let (place, line) = match origin {
            Origin::Line(line) => (None, Some(*line)),
            Origin::Inbox(place) => (Some(place.clone()), None),
        };
        let value = self.codec.encode_reject(&Rejection {
            stage: Stage::Intake,
            code: fault.code.clone(),
            field: fault.field.clone(),
            message: fault.message.clone(),
            source: named.source.clone(),
            event_type: named.event_type,
            item: named.item.clone(),
            at: Some(now),
            place,
            line,
            digest: Some(trace.digest),
            bytes: Some(trace.bytes),
            index: None,
        })?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % u32::from(self.topics.partitions().get());
        let partition = i32::try_from(turn).unwrap_or(0);
        Ok(outgoing(self.topics.rejects(), partition, None, value, now))
    }
}

fn outgoing(topic: &Arc<str>, partition: i32, key: Option<Bytes>, value: Bytes, now: Instant) -> Outgoing {
    let headers = Vec::new();
    Outgoing { topic: Arc::clone(topic), partition, key, value: Some(value), headers, timestamp_ms: Some(now.ms()) }
}
