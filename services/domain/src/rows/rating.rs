//! The rows of ratings: how the sums of each run, and the points they are made of.

use super::{Key, Kind, Parts, RowError, Rows, Store};
use crate::ids::RatingId;
use crate::rating::{Point, RatingRow};
use crate::subject::SubjectKey;
use crate::time::Instant;

impl<S: Store> Rows<'_, S> {
    fn rating_key(subject: &SubjectKey, rating: &RatingId) -> Vec<u8> {
        Key::of(Kind::Rating).text(subject.as_str()).text(rating.as_str()).0
    }

    pub fn rating(&self, subject: &SubjectKey, rating: &RatingId) -> Result<Option<RatingRow>, RowError> {
        self.read(&Self::rating_key(subject, rating))
    }

    pub fn put_rating(&mut self, subject: &SubjectKey, rating: &RatingId, row: &RatingRow) -> Result<(), RowError> {
        self.write(Self::rating_key(subject, rating), row)
    }

    pub fn delete_rating(&mut self, subject: &SubjectKey, rating: &RatingId) {
        self.store.delete(Self::rating_key(subject, rating));
    }

    /// Every rating known of a subject.
    pub fn ratings(&self, subject: &SubjectKey) -> Result<Vec<(RatingId, RatingRow)>, RowError> {
        let prefix = Key::of(Kind::Rating).text(subject.as_str());
        let rows = self.store.scan(&prefix.0, &prefix.after(), usize::MAX)?;
        rows.into_iter()
            .map(|(key, value)| {
                let rating = Parts(&key[prefix.0.len()..]).text()?;
                Ok((RatingId::new(rating).map_err(|_| RowError::Key)?, self.store.decode(&value)?))
            })
            .collect()
    }

    fn points_of(subject: &SubjectKey, rating: &RatingId) -> Key {
        Key::of(Kind::Point).text(subject.as_str()).text(rating.as_str())
    }

    fn point_key(subject: &SubjectKey, rating: &RatingId, point: &Point) -> Vec<u8> {
        let end = point.interval().end.unwrap_or(Instant::from_ms(i64::MAX));
        let key = Self::points_of(subject, rating).instant_descending(end).record(&point.record);
        let mut key = key.text(&point.dimension).0;
        key.extend_from_slice(&point.criterion.to_be_bytes());
        key
    }

    pub fn put_point(&mut self, subject: &SubjectKey, rating: &RatingId, point: &Point) -> Result<(), RowError> {
        self.write(Self::point_key(subject, rating, point), point)
    }

    pub fn delete_point(&mut self, subject: &SubjectKey, rating: &RatingId, point: &Point) {
        self.store.delete(Self::point_key(subject, rating, point));
    }

    /// Up to `limit` points of a rating, latest end first.
    pub fn points(&self, subject: &SubjectKey, rating: &RatingId, limit: usize) -> Result<Vec<Point>, RowError> {
        let prefix = Self::points_of(subject, rating);
        let rows = self.store.scan(&prefix.0, &prefix.after(), limit)?;
        rows.into_iter().map(|(_, value)| self.store.decode(&value)).collect()
    }

    /// Forgets the points of a rating that are over at `now`; all of them without it.
    pub fn delete_points(
        &mut self,
        subject: &SubjectKey,
        rating: &RatingId,
        now: Option<Instant>,
    ) -> Result<(), RowError> {
        let prefix = Self::points_of(subject, rating);
        let to = prefix.after();
        let from = now.map_or(prefix.0.clone(), |now| Key(prefix.0.clone()).instant_descending(now).0);
        for (key, _) in self.store.scan(&from, &to, usize::MAX)? {
            self.store.delete(key);
        }
        Ok(())
    }
}
