//! How far this intake's events have come: the offsets that tokens are made of.

use std::num::NonZeroU16;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use schemas::token::Token;
use stream::log::Delivery;

/// Nothing is acknowledged in a partition.
const NONE: i64 = -1;

pub(crate) struct Acknowledged {
    /// Id of the events topic: known once the topic is there and holds its first record.
    topic_id: OnceLock<String>,
    offsets: Vec<AtomicI64>,
}

impl Acknowledged {
    pub(crate) fn new(partitions: NonZeroU16) -> Self {
        let offsets = (0..partitions.get()).map(|_| AtomicI64::new(NONE)).collect();
        Self { topic_id: OnceLock::new(), offsets }
    }

    pub(crate) fn identify(&self, topic_id: String) {
        // The first is right: a topic keeps its id.
        let _ = self.topic_id.set(topic_id);
    }

    pub(crate) fn is_identified(&self) -> bool {
        self.topic_id.get().is_some()
    }

    pub(crate) fn record(&self, delivery: Delivery) {
        let offset = usize::try_from(delivery.partition).ok().and_then(|partition| self.offsets.get(partition));
        if let Some(offset) = offset {
            offset.fetch_max(delivery.offset, Ordering::Relaxed);
        }
    }

    /// The token of everything recorded before this call. Call it only once identified.
    pub(crate) fn token(&self) -> String {
        let offsets = self.offsets.iter().map(|offset| offset.load(Ordering::Relaxed)).collect();
        Token { topic_id: self.topic_id.get().cloned().unwrap_or_default(), offsets }.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_the_highest_offset_of_each_partition() {
        let acknowledged = Acknowledged::new(NonZeroU16::new(3).unwrap());
        acknowledged.identify("topic".to_owned());
        for (partition, offset) in [(1, 7), (1, 5), (2, 0), (9, 9)] {
            acknowledged.record(Delivery { partition, offset });
        }
        let token = Token::decode(&acknowledged.token()).unwrap();
        assert_eq!(token, Token { topic_id: "topic".to_owned(), offsets: vec![-1, 7, 0] });
    }
}
