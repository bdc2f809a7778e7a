//! Which flags of ratings rest on a record, and since when: what a correction of it has to reach (R10). A rating's flag has no grounds;
//! it rests on every record whose points count, and, where its band is bad, on the notice that let it be published.

use std::collections::BTreeMap;

use super::Fold;
use super::meaning::Points;
use super::work::Work;
use crate::catalogue::{Catalogue, RatedKind};
use crate::event::{Document, RecordRef};
use crate::flag::Served;
use crate::ids::MeasureId;
use crate::rating::{Point, RatingNotice, course, document_of, notice_of};
use crate::record::{Counted, Record, Rested};
use crate::rows::Store;
use crate::time::{Instant, Interval};

/// What follows from the ratings in which a record counts, and when it counts. All its points begin on one day.
pub(super) fn bears(points: &Points, catalogue: &Catalogue) -> BTreeMap<MeasureId, Interval> {
    let of_rating = points.iter().filter_map(|(id, points)| {
        let whole = points.iter().map(Point::interval).reduce(|one, other| one.hull(&other))?;
        Some((catalogue.ratings.get(id)?, whole))
    });
    let measures = of_rating.flat_map(|(rating, whole)| rating.measures.iter().map(move |m| (m.id.clone(), whole)));
    measures.collect()
}

/// What follows from the bad bands that a notice lets be published.
pub(super) fn lets_through(notice: &RatingNotice<'_>, served: &Served) -> BTreeMap<MeasureId, Interval> {
    let from = Interval { start: Instant::day_start(served.served_on), end: None };
    let bad = |id: &str| notice.rating.bands.iter().any(|band| band.bad && band.id == id);
    let measures = notice.rating.measures.iter().filter(|m| bad(notice.band) && m.bands.iter().any(|band| bad(band)));
    measures.map(|measure| (measure.id.clone(), from)).collect()
}

impl<S: Store> Fold<'_, '_, S> {
    /// Moves the record from the flags that rested on it to those that do. True if that changed it.
    pub(super) fn count_for(&self, record: &mut Record, bears: BTreeMap<MeasureId, Interval>) -> bool {
        let here = self.at.offset;
        let counted = bears.into_iter().map(|(measure, interval)| {
            let same = record.counted.get(&measure).filter(|held| held.interval == interval);
            let from = same.map_or(here, |held| held.from);
            (measure, Counted { interval, from })
        });
        let counted: BTreeMap<MeasureId, Counted> = counted.collect();
        if counted == record.counted {
            return false;
        }
        for (measure, Counted { interval, from }) in std::mem::replace(&mut record.counted, counted) {
            let stays = record.counted.get(&measure).is_some_and(|held| held.interval == interval);
            // Counted by one and the same record of the log: no flag was published in between.
            if !stays && from < here {
                record.remember(Rested { measure, interval, from, until: here });
            }
        }
        true
    }

    /// What stands for the document of a record that is a rating's notice.
    pub(super) fn notice_document(&self, work: &Work, key: &RecordRef) -> Option<Document> {
        let catalogue = &self.rules.as_ref()?.catalogue;
        let notice = notice_of(RatedKind::of(work.subject.kind())?, key, catalogue)?;
        document_of(notice.rating, key, notice.began_on, catalogue)
    }

    /// The time in which a notice, which does not count any more, let a bad band be published. `None` if it let none, or the record is
    /// no notice.
    pub(super) fn let_through(&self, work: &Work, key: &RecordRef, served: &Served) -> Option<Interval> {
        let catalogue = &self.rules.as_ref()?.catalogue;
        let notice = notice_of(RatedKind::of(work.subject.kind())?, key, catalogue)?;
        let (row, _) = work.ratings.get(&notice.rating.id)?;
        let mut with = row.clone();
        with.notice(notice.began_on, notice.band, Some(served.clone()));
        let stretches = course(notice.rating, &with).into_iter();
        let rested = stretches.filter(|stretch| stretch.served.as_ref() == Some(served));
        rested.map(|stretch| stretch.interval).reduce(|one, other| one.hull(&other))
    }
}
