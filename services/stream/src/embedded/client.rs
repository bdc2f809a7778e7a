//! The plain clients: a producer outside transactions and a reader outside groups.

use std::sync::{Arc, Condvar};
use std::time::{Duration, Instant};

use super::Shared;
use crate::log::{
    Delivery, DeliveryReport, Isolation, LogError, Outgoing, Producer, Reader, Record, Start, TopicPartition,
};

pub(super) struct EmbeddedProducer {
    shared: Arc<Shared>,
}

impl EmbeddedProducer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Producer for EmbeddedProducer {
    fn send(&self, record: Outgoing) -> Result<DeliveryReport, LogError> {
        let now_ms = self.shared.now_ms();
        let mut state = self.shared.lock();
        state.check("send", &record)?;
        if !state.has_room(&record, now_ms) {
            return Err(LogError::QueueFull { what: "send" });
        }
        let offset = state.append(&record, now_ms, None);
        Ok(Box::pin(futures::future::ready(Ok(Delivery { partition: record.partition, offset }))))
    }

    fn flush(&self, _wait: Duration) -> Result<(), LogError> {
        Ok(())
    }
}

pub(super) struct EmbeddedReader {
    shared: Arc<Shared>,
    isolation: Isolation,
    positions: Vec<(TopicPartition, i64)>,
    /// Where the next poll begins, so that no partition starves another.
    turn: usize,
    waiter: Arc<Condvar>,
}

impl EmbeddedReader {
    pub(super) fn new(
        shared: Arc<Shared>,
        from: &[(TopicPartition, Start)],
        isolation: Isolation,
    ) -> Result<Self, LogError> {
        let state = shared.lock();
        let mut positions = Vec::with_capacity(from.len());
        for (of, start) in from {
            let partition = state.partition("reader", of)?;
            let offset = match start {
                Start::Earliest => partition.start(),
                Start::Latest => partition.end(isolation),
                Start::Offset(offset) => *offset,
            };
            positions.push((of.clone(), offset));
        }
        drop(state);
        Ok(Self { shared, isolation, positions, turn: 0, waiter: Arc::new(Condvar::new()) })
    }
}

impl Reader for EmbeddedReader {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        let deadline = Instant::now() + wait;
        let mut out = Vec::new();
        let mut state = self.shared.lock();
        loop {
            self.turn = (self.turn + 1) % self.positions.len().max(1);
            for step in 0..self.positions.len() {
                let turn = (self.turn + step) % self.positions.len();
                let (of, position) = &mut self.positions[turn];
                let partition = state.partition("poll", of)?;
                in_range("poll", of, *position, partition.start(), partition.end(Isolation::ReadUncommitted))?;
                let most = most - out.len();
                *position = partition.read(&of.topic, of.partition, *position, self.isolation, most, &mut out);
            }
            if !out.is_empty() || Instant::now() >= deadline {
                return Ok(out);
            }
            for (of, _) in &self.positions {
                if let Some(partition) = state.partition_mut(of) {
                    partition.waiters.add(&self.waiter, self.isolation);
                }
            }
            state = self.shared.wait(state, &self.waiter, deadline);
            for (of, _) in &self.positions {
                if let Some(partition) = state.partition_mut(of) {
                    partition.waiters.remove(&self.waiter);
                }
            }
        }
    }

    fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.positions.clone()
    }
}

/// A position outside of what the log holds is never moved silently: records would be skipped or read twice.
pub(super) fn in_range(what: &'static str, of: &TopicPartition, at: i64, low: i64, end: i64) -> Result<(), LogError> {
    if (low..=end).contains(&at) {
        return Ok(());
    }
    let reason = format!("{of}: offset {at} is outside of {low}..={end}: choose a start within");
    Err(LogError::Refused { what, reason })
}
