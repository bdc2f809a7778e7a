//! Rows of grounds: every one is read and written here, so that what is kept of them decoded is what they say.

use super::ground_cache::{GROUNDS_CACHED, Known, Row};
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
        let value = self.store.encode(ground)?;
        if let Some(cache) = self.store.ground_cache() {
            cache.put(&key[..prefix], &key, value.len(), ground);
        }
        self.store.put(key, value);
        Ok(())
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

    /// Up to `limit` grounds of a measure, latest end first. A debug build fails where those that are kept are not what the rows say.
    pub fn grounds(
        &mut self,
        subject: &SubjectKey,
        measure: &MeasureId,
        limit: usize,
    ) -> Result<Vec<Ground>, RowError> {
        let prefix = Self::grounds_key(subject, measure);
        let known = match self.store.ground_cache() {
            Some(cache) if limit == GROUNDS_CACHED => cache.get(&prefix.0),
            Some(_) | None => return self.read_grounds(&prefix, limit, |_, _, ground| ground),
        };
        match known {
            Known::These(grounds) => {
                if cfg!(debug_assertions) && self.read_grounds(&prefix, limit, |_, _, ground| ground)? != grounds {
                    return Err(RowError::Remembered);
                }
                Ok(grounds)
            }
            Known::Met => {
                let rows =
                    self.read_grounds(&prefix, limit, |key, bytes, ground| Row { key: key.to_vec(), bytes, ground })?;
                match self.store.ground_cache() {
                    Some(cache) if rows.len() == GROUNDS_CACHED => Ok(cache.fill(&prefix.0, rows)),
                    Some(_) | None => Ok(rows.into_iter().map(|row| row.ground).collect()),
                }
            }
            Known::Nothing => {
                let grounds = self.read_grounds(&prefix, limit, |_, _, ground| ground)?;
                if let (GROUNDS_CACHED, Some(cache)) = (grounds.len(), self.store.ground_cache()) {
                    cache.meet(prefix.0);
                }
                Ok(grounds)
            }
        }
    }

    /// What `of` makes of the first `limit` grounds of a measure, each with its key and the length of its value.
    fn read_grounds<T>(
        &self,
        prefix: &Key,
        limit: usize,
        of: impl Fn(&[u8], usize, Ground) -> T,
    ) -> Result<Vec<T>, RowError> {
        self.each(&prefix.0, &prefix.after(), limit, |key, value| Ok(of(key, value.len(), self.store.decode(value)?)))
    }
}
