//! Fills the view: one record of `standing.flags` after the other, on one thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::flag::{Flag, FlagValue, Lift, Version};
use domain::ids::MeasureId;
use domain::subject::{SubjectKey, partition_of};
use kit::shutdown::Shutdown;
use schemas::topics::keys;
use schemas::{Codec, ErrorKind, FlagEntry, PublishedFlag};
use stream::log::Record;

use super::held::Shared;
use super::{Change, Held, Mark, Now, View};
use crate::metrics::Metrics;

/// Between two attempts to read a record whose schema the registry does not give out.
const REGISTRY_PAUSE: Duration = Duration::from_millis(500);

/// What stands under a key from now on.
enum Update {
    Set(Box<Flag>),
    Lifted(Lift),
    Tombstone,
    /// The key is whole, the value is not.
    Unreadable,
}

struct Keyed {
    subject: SubjectKey,
    measure: MeasureId,
    /// Absent where the record is so broken that it does not say.
    version: Option<Version>,
    update: Update,
}

/// The one writer of a view.
pub(crate) struct Feed {
    view: Arc<View>,
    codec: Arc<Codec>,
    metrics: Metrics,
    shutdown: Shutdown,
    shared: Shared,
}

impl Feed {
    pub(crate) fn new(view: Arc<View>, codec: Arc<Codec>, metrics: Metrics, shutdown: Shutdown) -> Self {
        Self { view, codec, metrics, shutdown, shared: Shared::default() }
    }

    pub(crate) fn take(&mut self, record: &Record) {
        match self.decode(record) {
            Some(FlagEntry::Mark(mark)) => {
                if let Some(partition) = self.view.partition(record.partition) {
                    partition.mark.send_replace(Some(Mark {
                        events_next: mark.events_offset,
                        current_as_of_ms: mark.current_as_of.ms(),
                        received: Instant::now(),
                        catalogue: mark.catalogue,
                    }));
                }
            }
            Some(FlagEntry::Flag(published)) => {
                let PublishedFlag { subject, measure, value, version } = *published;
                let Some(subject) = self.subject(record, &subject) else { return };
                let update = match value {
                    FlagValue::Set(flag) => Update::Set(Box::new(flag)),
                    FlagValue::Lifted(lift) => Update::Lifted(lift),
                    FlagValue::Tombstone => Update::Tombstone,
                };
                self.apply(record.partition, Keyed { subject, measure, version: Some(version), update });
            }
            None => {
                let Some((subject, measure)) = keys::parse_flag(record.key.as_deref().unwrap_or_default()) else {
                    return;
                };
                let Some(subject) = self.subject(record, subject) else { return };
                let version = origin(record).and_then(keys::parse_origin);
                // What should remove a key and does not say of which version leaves the key as it is.
                if record.value.is_some() {
                    self.apply(record.partition, Keyed { subject, measure, version, update: Update::Unreadable });
                }
            }
        }
    }

    /// The subject of a key, if its flags belong into this partition: elsewhere nobody would find them.
    fn subject(&self, record: &Record, text: &str) -> Option<SubjectKey> {
        let subject = SubjectKey::parse(text).ok();
        let subject = subject.filter(|subject| partition_of(subject, self.view.partitions()) == record.partition);
        if subject.is_none() {
            self.unreadable(record, "key.mismatch");
        }
        subject
    }

    /// `None` when it will never be readable by this program. While the registry does not answer nothing is passed over:
    /// the view grows stale and says so.
    fn decode(&self, record: &Record) -> Option<FlagEntry> {
        let key = record.key.as_deref().unwrap_or_default();
        loop {
            let error = match self.codec.decode_flag(key, record.value.as_deref(), origin(record)) {
                Ok(entry) => return Some(entry),
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::Retry => {
                    tracing::warn!(%error, "the flags wait for the schema registry");
                    if self.shutdown.sleep(REGISTRY_PAUSE) {
                        return None;
                    }
                }
                ErrorKind::Malformed | ErrorKind::Unsupported => {
                    self.unreadable(record, error.code);
                    return None;
                }
            }
        }
    }

    fn unreadable(&self, record: &Record, code: &'static str) {
        self.metrics.unreadable.inc();
        let Record { topic, partition, offset, .. } = record;
        tracing::error!(%topic, partition, offset, code, "a record of the flags cannot be taken in: its subject is unknown");
    }

    fn apply(&mut self, partition: i32, keyed: Keyed) {
        let Keyed { subject, measure, version, update } = keyed;
        let measure = self.shared.measure(measure);
        let (held, now) = match update {
            Update::Set(flag) => {
                let flag = Arc::new(self.shared.hold(&measure, *flag));
                (Some(Held::Set(Arc::clone(&flag))), Some(Now::Set(flag)))
            }
            Update::Lifted(lift) => (Some(Held::Lifted), Some(Now::Lifted(lift))),
            Update::Unreadable => (Some(Held::Unreadable), None),
            Update::Tombstone => (None, None),
        };
        let Some(replaced) = self.view.put(partition, &subject, &measure, version, held) else { return };
        let before = replaced.flag.map(|flag| Arc::clone(&flag.common));
        if let Some(common) = &before {
            self.metrics.active(common).dec();
        }
        let Some(now) = now else { return };
        if let Now::Set(flag) = &now {
            self.metrics.active(&flag.common).inc();
        }
        self.view.tell(|| Change { subject, measure, version: replaced.version, before, now });
    }
}

fn origin(record: &Record) -> Option<&[u8]> {
    let header = record.headers.iter().find(|(name, _)| &**name == keys::ORIGIN);
    header.map(|(_, value)| value.as_ref())
}
