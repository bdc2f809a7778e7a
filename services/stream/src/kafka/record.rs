//! Records between our types and librdkafka's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header as KafkaHeader, Headers, OwnedHeaders};

use crate::log::{Header, Outgoing, Record, Topic, TopicPartition};

/// Names that recur in every record, shared: topics and headers.
#[derive(Default)]
pub(super) struct Names(Vec<Arc<str>>);

impl Names {
    pub(super) fn shared(&mut self, name: &str) -> Arc<str> {
        /// Of a foreign producer that invents a name per record, only so many are remembered.
        const MOST: usize = 64;
        if let Some(known) = self.0.iter().find(|known| &***known == name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        if self.0.len() < MOST {
            self.0.push(name.clone());
        }
        name
    }
}

/// The record's own copy of what librdkafka lent, in one allocation.
pub(super) fn taken(message: &BorrowedMessage<'_>, topic: Topic, names: &mut Names) -> Record {
    let key = message.key();
    let value = message.payload();
    let mut buffer = BytesMut::with_capacity(key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len));
    let mut copy = |bytes: &[u8]| {
        buffer.put_slice(bytes);
        buffer.split().freeze()
    };
    Record {
        topic,
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
        key: key.map(&mut copy),
        value: value.map(&mut copy),
        headers: message.headers().map_or_else(Vec::new, |headers| headers_taken(message, headers, names)),
    }
}

fn headers_taken(message: &BorrowedMessage<'_>, headers: &BorrowedHeaders, names: &mut Names) -> Vec<Header> {
    let mut out = Vec::with_capacity(headers.count());
    for index in 0..headers.count() {
        // rdkafka panics on a header name that is not UTF-8; any foreign producer can write one.
        match catch_unwind(AssertUnwindSafe(|| headers.try_get(index))) {
            Ok(Some(header)) => {
                let value = header.value.map_or_else(Bytes::new, Bytes::copy_from_slice);
                out.push((names.shared(header.key), value));
            }
            Ok(None) => {}
            Err(_) => {
                let of = TopicPartition::new(message.topic(), message.partition());
                tracing::warn!(partition = %of, offset = message.offset(), "dropped a header whose name is not UTF-8");
            }
        }
    }
    out
}

/// `None` when there are none: an empty list of headers costs an allocation in librdkafka.
pub(super) fn headers_given(record: &Outgoing) -> Option<OwnedHeaders> {
    if record.headers.is_empty() {
        return None;
    }
    let headers = OwnedHeaders::new_with_capacity(record.headers.len());
    Some(
        record
            .headers
            .iter()
            .fold(headers, |headers, (name, value)| headers.insert(KafkaHeader { key: name, value: Some(&value[..]) })),
    )
}
