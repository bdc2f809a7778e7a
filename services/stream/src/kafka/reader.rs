//! The reader of given partitions: a consumer that joins no group.

use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use super::cursor::Cursor;
use super::errors::classify;
use super::settings::KafkaSettings;
use crate::log::{Isolation, LogError, Reader, Record, TopicPartition};

pub(super) struct KafkaReader {
    cursor: Cursor,
}

impl KafkaReader {
    pub(super) fn new(
        settings: &KafkaSettings,
        from: &[(TopicPartition, i64)],
        isolation: Isolation,
    ) -> Result<Self, LogError> {
        let what = "reader";
        let config = settings.consumer(&settings.reader_group, isolation);
        let consumer =
            BaseConsumer::from_config_and_context(&config, Context::new()).map_err(|error| classify(what, &error))?;
        let mut list = TopicPartitionList::with_capacity(from.len());
        for (of, offset) in from {
            list.add_partition_offset(&of.topic, of.partition, Offset::Offset(*offset))
                .map_err(|error| classify(what, &error))?;
        }
        consumer.assign(&list).map_err(|error| classify(what, &error))?;
        let mut cursor = Cursor::new(consumer, isolation);
        for (of, offset) in from {
            cursor.start(of.clone(), *offset, true);
        }
        Ok(Self { cursor })
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        self.cursor.poll(most, wait)
    }

    fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.cursor.positions().map(|(of, next)| (of.clone(), next)).collect()
    }
}

impl Drop for KafkaReader {
    fn drop(&mut self) {
        self.cursor.consumer.context().close();
    }
}
