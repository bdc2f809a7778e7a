//! One record of an inbox: what to write for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::catalogue::Catalogue;
use domain::ids::DepartmentId;
use domain::problem::Problem;
use schemas::{DecodeError, EncodeError, ErrorKind, Place, Position, code};
use stream::log::{Outgoing, Record};

use crate::check::{Checked, Named, Speaker, internal};
use crate::records::Origin;
use crate::service::Shared;

/// What a value of Avro begins with; JSON never does.
const AVRO: u8 = 0;

/// Why a record cannot be judged now. It stays where it is and is read again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Later {
    #[error("the schema of a record cannot be asked for")]
    Decode(#[source] DecodeError),
    #[error("what a record becomes cannot be written")]
    Encode(#[source] EncodeError),
}

/// What a record of an inbox becomes.
pub(crate) struct Entry {
    /// A record of `standing.events` or of `standing.rejects`.
    pub(crate) output: Outgoing,
    named: Named,
    /// The code of its refusal.
    refused: Option<String>,
}

impl Entry {
    /// Counts it, once it is written.
    pub(crate) fn count(self, shared: &Shared) {
        shared.metrics.received(&self.named);
        match self.refused {
            None => shared.metrics.accepted(&self.named, shared.checker.now().ms()),
            Some(code) => shared.metrics.rejected(&self.named, &code),
        }
    }
}

pub(crate) fn take(
    shared: &Shared,
    catalogue: &Catalogue,
    department: &DepartmentId,
    record: &Record,
) -> Result<Entry, Later> {
    let value = record.value.as_deref().unwrap_or_default();
    let Checked { named, outcome, .. } = judge(shared, catalogue, department, value)?;
    let now = shared.checker.now();
    let (written, refused) = match outcome {
        Ok(event) => (shared.records.event(event, now), None),
        Err(faults) => {
            let (topic, partition, offset) = (record.topic.to_string(), record.partition, record.offset);
            let origin = Origin::Inbox(Place { topic, partition, offset });
            let trace = shared.digest.of(value);
            (shared.records.reject(&named, &faults.first, &origin, trace, now), Some(faults.first.code))
        }
    };
    Ok(Entry { output: written.map_err(Later::Encode)?, named, refused })
}

fn judge(shared: &Shared, catalogue: &Catalogue, department: &DepartmentId, value: &[u8]) -> Result<Checked, Later> {
    let speaker = Speaker::Department(department.as_str());
    let unreadable = |problem| Ok(Checked::unreadable(problem, speaker, catalogue));
    match value.first() {
        None => unreadable(missing()),
        Some(_) if value.len() > shared.checker.event_bytes_max => unreadable(shared.checker.too_large()),
        Some(&AVRO) => match catch_unwind(AssertUnwindSafe(|| shared.codec.decode_inbox(value))) {
            Ok(Ok(raw)) => Ok(shared.checker.raw(&raw, speaker, catalogue)),
            Ok(Err(error)) if error.kind == ErrorKind::Retry => Err(Later::Decode(error)),
            Ok(Err(error)) => unreadable(undecodable(error)),
            Err(_) => unreadable(internal()),
        },
        Some(_) => Ok(shared.checker.json(value, speaker, catalogue)),
    }
}

fn missing() -> Problem {
    Problem::new(code::VALUE_MISSING, "", "a record of an inbox has a value; write the event as JSON or Avro")
}

/// A writer newer than this program is refused too: it is one department's, and must not hold up the others. It sends
/// its events again once this program knows its schema.
fn undecodable(error: DecodeError) -> Problem {
    let DecodeError { code, position, what, .. } = error;
    match position {
        Position::Whole => Problem::new(code, "", what),
        Position::Byte(at) => Problem::new(code, "", format!("{what} (at byte {at})")),
        Position::Field(path) => Problem::new(code, &path, what),
    }
}
