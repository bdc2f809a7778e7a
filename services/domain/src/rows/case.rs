//! The rows of open tasks, by their last day.

use jiff::civil::Date;

use super::{Key, Kind, Parts, RowError, Rows, Store};
use crate::catalogue::Task;
use crate::event::RecordRef;
use crate::ids::RecordId;
use crate::state::CaseRow;
use crate::subject::SubjectKey;
use crate::time::Instant;

/// The key of an open task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseKey {
    pub due_on: Date,
    pub subject: SubjectKey,
    pub record: RecordRef,
    pub task: Task,
    pub id: RecordId,
}

impl CaseKey {
    /// The state key, which is also where a list goes on.
    pub fn encode(&self) -> Vec<u8> {
        let key = Key::of(Kind::Case).instant(Instant::day_start(self.due_on)).text(self.subject.as_str());
        key.record(&self.record).text(self.task.as_str()).text(self.id.as_str()).0
    }

    pub fn decode(key: &[u8]) -> Result<Self, RowError> {
        let mut parts = Parts(key.get(1..).filter(|_| key[0] == Kind::Case as u8).ok_or(RowError::Key)?);
        Ok(Self {
            due_on: parts.instant()?.day(),
            subject: parts.subject()?,
            record: parts.record()?,
            task: Task::parse(parts.text()?).ok_or(RowError::Key)?,
            id: RecordId::new(parts.text()?).map_err(|_| RowError::Key)?,
        })
    }
}

impl<S: Store> Rows<'_, S> {
    pub fn put_case(&mut self, key: &CaseKey, row: &CaseRow) -> Result<(), RowError> {
        self.write(key.encode(), row)
    }

    pub fn case(&self, key: &CaseKey) -> Result<Option<CaseRow>, RowError> {
        self.read(&key.encode())
    }

    pub fn delete_case(&mut self, key: &CaseKey) {
        self.store.delete(key.encode());
    }

    /// Up to `limit` open tasks by their last day, after the one whose state key is `cursor` (empty: from the first).
    pub fn cases_after(&self, cursor: &[u8], limit: usize) -> Result<Vec<(CaseKey, CaseRow)>, RowError> {
        let prefix = Key::of(Kind::Case);
        let from = if cursor.is_empty() { prefix.0.clone() } else { [cursor, &[0]].concat() };
        self.each(&from, &prefix.after(), limit, |key, value| Ok((CaseKey::decode(key)?, self.store.decode(value)?)))
    }
}
