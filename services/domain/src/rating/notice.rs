//! The notice of a bad band: which record of the log it is (docs/adr/0023).
//!
//! Nobody sends it as a record. It stands in `standing.notices` under a number that follows from the rating, the band and the day on which
//! the band began to hold; the unit confirms it by `notice.served` for that number of the rating's notice item.

use jiff::civil::Date;

use crate::catalogue::{Catalogue, RatedKind, Rating};
use crate::event::{Document, RecordRef};
use crate::ids::RecordId;
use crate::time::parse_date;

/// What a record of a notice item is about.
#[derive(Clone, Copy, Debug)]
pub struct RatingNotice<'a> {
    pub rating: &'a Rating,
    pub band: &'a str,
    pub began_on: Date,
}

/// The record that the notice of a band stands under; `None` where the rating has no item for it.
pub fn notice_id(rating: &Rating, band: &str, began_on: Date) -> Option<RecordRef> {
    Some(RecordRef {
        publisher: rating.unit.clone(),
        item: rating.notice.clone()?,
        record_id: RecordId::new(format!("{}/{band}/{began_on}", rating.id)).ok()?,
    })
}

/// What stands for the document of the notice: nobody issues one but the register.
pub fn document_of(rating: &Rating, record: &RecordRef, began_on: Date, catalogue: &Catalogue) -> Option<Document> {
    Some(Document {
        number: record.record_id.as_str().to_owned(),
        kind: catalogue.newest_item(&record.item)?.document.kind.clone(),
        issuer: rating.unit.as_str().to_owned(),
        issued_on: began_on,
        effective_on: began_on,
    })
}

/// The notice that a record is; `None` if it is no rating's, of another unit, or about a kind that is not rated.
pub fn notice_of<'a>(rated: RatedKind, key: &'a RecordRef, catalogue: &'a Catalogue) -> Option<RatingNotice<'a>> {
    let of_item = |rating: &&Rating| {
        rating.notice.as_ref() == Some(&key.item) && rating.unit == key.publisher && rating.rates.contains(&rated)
    };
    let mut ratings = catalogue.ratings.values().filter(of_item).peekable();
    ratings.peek()?;
    let (rating, rest) = key.record_id.as_str().split_once('/')?;
    let (band, day) = rest.rsplit_once('/')?;
    let rating = ratings.find(|entry| entry.id.as_str() == rating)?;
    Some(RatingNotice { rating, band, began_on: parse_date(day)? })
}
