//! The transactional producer: records go into the log at once, invisible to committed readers until the marker.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar};
use std::time::{Duration, Instant};

use super::Shared;
use super::state::{Open, State};
use crate::log::{GroupMetadata, Isolation, LogError, Outgoing, TopicPartition, TransactionalProducer};

/// How long a send waits for memory before it asks to be called again.
const ROOM_WAIT: Duration = Duration::from_millis(100);

pub(super) struct EmbeddedTransactional {
    shared: Arc<Shared>,
    id: Arc<str>,
    /// The epoch `init` gave, `None` before it.
    epoch: Option<u64>,
    phase: Phase,
    waiter: Arc<Condvar>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Begun,
    /// Something failed inside the transaction: only an abort ends it.
    Failed,
}

impl EmbeddedTransactional {
    pub(super) fn new(shared: Arc<Shared>, id: &str) -> Self {
        Self { shared, id: id.into(), epoch: None, phase: Phase::Idle, waiter: Arc::new(Condvar::new()) }
    }

    /// Refuses calls out of order, and everything of a producer that was fenced.
    fn admit(&self, state: &State, what: &'static str, expected: Phase) -> Result<u64, LogError> {
        let Some(epoch) = self.epoch else {
            return Err(LogError::Refused { what, reason: "call init first".into() });
        };
        let current = state.transactions.get(&self.id);
        let Some(transaction) = current.filter(|transaction| transaction.epoch == epoch) else {
            let reason = format!("a newer producer of {}, or the transaction's time-out, ended this one", self.id);
            return Err(LogError::Fenced { what, reason });
        };
        match (self.phase, expected) {
            (Phase::Idle, Phase::Idle) | (Phase::Begun, Phase::Begun) => Ok(transaction.producer),
            (Phase::Begun | Phase::Failed, Phase::Failed) => Ok(transaction.producer),
            (Phase::Failed, Phase::Begun) => {
                Err(LogError::Abort { what, reason: "an earlier call of this transaction failed".into() })
            }
            (Phase::Begun | Phase::Failed, Phase::Idle) => {
                Err(LogError::Refused { what, reason: "a transaction is open: commit or abort it".into() })
            }
            (Phase::Idle, Phase::Begun | Phase::Failed) => {
                Err(LogError::Refused { what, reason: "no transaction is open: call begin".into() })
            }
        }
    }

    /// The transaction as the coordinator sees it: it starts with the first record or offset.
    fn open<'a>(&self, state: &'a mut State) -> &'a mut Open {
        let since = (self.shared.settings.elapsed)();
        let transaction = state.transactions.entry(self.id.clone()).or_default();
        transaction.open.get_or_insert_with(|| Open { since, partitions: Vec::new(), offsets: BTreeMap::new() })
    }

    fn end(&mut self, what: &'static str, committed: bool) -> Result<(), LogError> {
        let now_ms = self.shared.now_ms();
        let mut state = self.shared.lock();
        let expected = if committed { Phase::Begun } else { Phase::Failed };
        self.admit(&state, what, expected)?;
        state.end_transaction(&self.id, committed, now_ms);
        drop(state);
        self.phase = Phase::Idle;
        Ok(())
    }
}

impl TransactionalProducer for EmbeddedTransactional {
    fn init(&mut self, _wait: Duration) -> Result<(), LogError> {
        let now_ms = self.shared.now_ms();
        let mut state = self.shared.lock();
        state.end_transaction(&self.id, false, now_ms);
        let fresh = state.fresh_id();
        let transaction = state.transactions.entry(self.id.clone()).or_default();
        if transaction.producer == 0 {
            transaction.producer = fresh;
        }
        transaction.epoch += 1;
        self.epoch = Some(transaction.epoch);
        self.phase = Phase::Idle;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), LogError> {
        let state = self.shared.lock();
        self.admit(&state, "begin", Phase::Idle)?;
        drop(state);
        self.phase = Phase::Begun;
        Ok(())
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        let what = "send in transaction";
        let deadline = Instant::now() + ROOM_WAIT;
        let now_ms = self.shared.now_ms();
        let mut state = self.shared.lock();
        loop {
            let producer = self.admit(&state, what, Phase::Begun)?;
            state.check(what, record)?;
            if state.has_room(record, now_ms) {
                let of = TopicPartition::new(record.topic.clone(), record.partition);
                let open = self.open(&mut state);
                if !open.partitions.contains(&of) {
                    open.partitions.push(of);
                }
                state.append(record, now_ms, Some(producer));
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(LogError::Retry { what, reason: "the log's memory is full".into() });
            }
            state.room.add(&self.waiter, Isolation::ReadCommitted);
            state = self.shared.wait(state, &self.waiter, deadline);
            state.room.remove(&self.waiter);
        }
    }

    fn send_offsets(&mut self, next: &[(TopicPartition, i64)], group: &GroupMetadata) -> Result<(), LogError> {
        let what = "send offsets";
        let mut state = self.shared.lock();
        self.admit(&state, what, Phase::Begun)?;
        if next.is_empty() {
            let reason = "no offsets: it would not be fenced; repeat an old offset if none advanced".into();
            return Err(LogError::Refused { what, reason });
        }
        let (group, member, generation) = match group {
            GroupMetadata::Embedded { group, member, generation } => (group, *member, *generation),
            GroupMetadata::Kafka(_) => {
                let reason = "the group metadata is of another log".into();
                return Err(LogError::Refused { what, reason });
            }
        };
        for (of, _) in next {
            state.partition(what, of)?;
        }
        let admitted = state.groups.entry(group.clone()).or_default().admit(member, generation);
        if let Err(error) = admitted {
            drop(state);
            self.phase = Phase::Failed;
            return Err(error);
        }
        let open = self.open(&mut state);
        for (of, offset) in next {
            open.offsets.insert((group.clone(), of.clone()), *offset);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.end("commit", true)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.end("abort", false)
    }

    fn is_in_doubt(&self) -> bool {
        false
    }
}
