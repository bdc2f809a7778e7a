//! The rows of ratings: how the sums of each run, and the points they are made of.

use std::ops::ControlFlow;

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
        self.each(&prefix.0, &prefix.after(), usize::MAX, |key, value| {
            let rating = Parts(&key[prefix.0.len()..]).text()?;
            Ok((RatingId::new(rating).map_err(|_| RowError::Key)?, self.store.decode(value)?))
        })
    }

    fn points_of(subject: &SubjectKey, rating: &RatingId) -> Key {
        Key::of(Kind::Point).text(subject.as_str()).text(rating.as_str())
    }

    /// Those lost, or those gained.
    fn points_of_sign(subject: &SubjectKey, rating: &RatingId, gained: bool) -> Key {
        Self::points_of(subject, rating).byte(gained.into())
    }

    fn point_key(subject: &SubjectKey, rating: &RatingId, point: &Point) -> Vec<u8> {
        let end = point.interval().end.unwrap_or(Instant::from_ms(i64::MAX));
        let of_size =
            Self::points_of_sign(subject, rating, point.points >= 0).number_descending(point.points.unsigned_abs());
        let key = of_size.instant_descending(end).record(&point.record);
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

    /// Up to `most` points of a rating that were gained, or lost, and count at an instant: the greatest first, of one size those
    /// that end last. Of a size whose last ones are over then, none is read.
    pub fn points(
        &self,
        subject: &SubjectKey,
        rating: &RatingId,
        gained: bool,
        at: Instant,
        most: usize,
    ) -> Result<Vec<Point>, RowError> {
        let prefix = Self::points_of_sign(subject, rating, gained);
        let (mut from, to) = (prefix.0.clone(), prefix.after());
        let mut counting = Vec::new();
        while counting.len() < most {
            let mut next_size = None;
            self.visit(&from, &to, |key, value| {
                let point: Point = self.store.decode(value)?;
                if point.interval().is_over(at) {
                    next_size = Some(Self::up_to_size(&prefix, key)?.after());
                } else if point.interval().contains(at) {
                    counting.push(point);
                }
                let done = next_size.is_some() || counting.len() == most;
                Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
            match next_size {
                Some(next) => from = next,
                None => break,
            }
        }
        Ok(counting)
    }

    /// A point's key up to its size, which stands right behind its sign.
    fn up_to_size(of_sign: &Key, key: &[u8]) -> Result<Key, RowError> {
        Ok(Key(key.get(..of_sign.0.len() + size_of::<u32>()).ok_or(RowError::Key)?.to_vec()))
    }

    /// Forgets every point of a rating.
    pub fn delete_points(&mut self, subject: &SubjectKey, rating: &RatingId) -> Result<(), RowError> {
        let prefix = Self::points_of(subject, rating);
        self.delete_range(&prefix.0, &prefix.after())
    }

    /// Forgets the points of a rating that are over at `now`. Reads as many rows as there are sizes of points, and those that go.
    pub fn delete_points_over(
        &mut self,
        subject: &SubjectKey,
        rating: &RatingId,
        now: Instant,
    ) -> Result<(), RowError> {
        for gained in [false, true] {
            let prefix = Self::points_of_sign(subject, rating, gained);
            let (mut from, to) = (prefix.0.clone(), prefix.after());
            while let Some(of_size) = self.each(&from, &to, 1, |key, _| Self::up_to_size(&prefix, key))?.pop() {
                from = of_size.after();
                let over = of_size.instant_descending(now);
                self.delete_range(&over.0, &from)?;
            }
        }
        Ok(())
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<(), RowError> {
        for key in self.each(from, to, usize::MAX, |key, _| Ok(key.to_vec()))? {
            self.store.delete(key);
        }
        Ok(())
    }
}
