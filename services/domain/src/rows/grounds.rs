//! Rows of grounds: every one is read and written here, so that what is kept of them decoded is what they say.

use super::ground_cache::GROUNDS_CACHED;
use super::{Key, Kind, RowError, Rows, Store};
use crate::event::RecordRef;
use crate::flag::Ground;
use crate::ids::MeasureId;
use crate::subject::SubjectKey;
use crate::time::Instant;

impl<S: Store> Rows<'_, S> {
    /// What the keys of all grounds of a measure begin with.
    fn grounds_key(subject: &SubjectKey, measure: &MeasureId) -> Key {
        Key::of(Kind::Ground).text(subject.as_str()).text(measure.as_str())
    }

    fn ground_key(grounds: Key, end: Option<Instant>, record: &RecordRef) -> Vec<u8> {
        grounds.instant_descending(end.unwrap_or(Instant::from_ms(i64::MAX))).record(record).0
    }

    pub fn ground(
        &self,
        subject: &SubjectKey,
        measure: &MeasureId,
        end: Option<Instant>,
        record: &RecordRef,
    ) -> Result<Option<Ground>, RowError> {
        self.read(&Self::ground_key(Self::grounds_key(subject, measure), end, record))
    }

    pub fn put_ground(&mut self, subject: &SubjectKey, measure: &MeasureId, ground: &Ground) -> Result<(), RowError> {
        let grounds = Self::grounds_key(subject, measure);
        let prefix = grounds.0.len();
        let key = Self::ground_key(grounds, ground.interval().end, ground.record());
        if let Some(cache) = self.store.ground_cache() {
            cache.put(&key[..prefix], &key, ground);
        }
        self.write(key, ground)
    }

    pub fn delete_ground(
        &mut self,
        subject: &SubjectKey,
        measure: &MeasureId,
        end: Option<Instant>,
        record: &RecordRef,
    ) {
        let grounds = Self::grounds_key(subject, measure);
        let prefix = grounds.0.len();
        let key = Self::ground_key(grounds, end, record);
        if let Some(cache) = self.store.ground_cache() {
            cache.delete(&key[..prefix], &key);
        }
        self.store.delete(key);
    }

    /// Up to `limit` grounds of a measure, latest end first.
    pub fn grounds(
        &mut self,
        subject: &SubjectKey,
        measure: &MeasureId,
        limit: usize,
    ) -> Result<Vec<Ground>, RowError> {
        let prefix = Self::grounds_key(subject, measure);
        if limit != GROUNDS_CACHED {
            return self.read_grounds(&prefix, limit);
        }
        if let Some(held) = self.store.ground_cache().and_then(|cache| cache.get(&prefix.0)) {
            debug_assert_eq!(
                self.read_grounds(&prefix, limit).as_ref(),
                Ok(&held),
                "what is cached is what the rows say"
            );
            return Ok(held);
        }
        let grounds = self.read_grounds(&prefix, limit)?;
        if grounds.len() == limit
            && let Some(cache) = self.store.ground_cache()
        {
            let key = |ground: &Ground| {
                Self::ground_key(Self::grounds_key(subject, measure), ground.interval().end, ground.record())
            };
            cache.offer(prefix.0, || grounds.iter().map(|ground| (key(ground), ground.clone())).collect());
        }
        Ok(grounds)
    }

    fn read_grounds(&self, prefix: &Key, limit: usize) -> Result<Vec<Ground>, RowError> {
        self.each(&prefix.0, &prefix.after(), limit, |_, value| self.store.decode(value))
    }
}
