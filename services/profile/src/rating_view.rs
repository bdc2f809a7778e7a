//! Ratings as a lookup shows them: how the subject is rated, and what each record counts by which published criterion
//! (深圳条例 29, 39: a subject may know its ratings and their criteria).

use domain::catalogue::{Catalogue, RatedKind, Rating};
use domain::evaluate::Evaluation;
use domain::event::RecordRef;
use domain::ids::RatingId;
use domain::rating::{RatingRow, course};
use domain::record::Record;
use domain::subject::SubjectKind;
use domain::time::Instant;
use serde_json::{Value, json};

/// Every rating of a subject. One in a bad band whose notice was not served yet is pending, like a measure.
pub(crate) fn ratings(rows: &[(RatingId, RatingRow)], catalogue: &Catalogue, now: Instant) -> Vec<Value> {
    let known = rows.iter().filter_map(|(id, row)| Some((catalogue.ratings.get(id)?, row)));
    known.filter_map(|(rating, row)| show(rating, row, now)).collect()
}

fn show(rating: &Rating, row: &RatingRow, now: Instant) -> Option<Value> {
    let scale = rating.scale();
    let stretches = course(rating, row);
    let present = stretches.iter().find(|stretch| stretch.interval.contains(now))?;
    let tally = row.tally_at(present.interval.start);
    let band = |at: usize| json!({ "id": scale[at].id, "title": scale[at].title, "bad": scale[at].bad });
    let sums = rating
        .dimensions
        .iter()
        .zip(&tally.dimensions)
        .map(|(dimension, sum)| json!({ "id": dimension.id, "title": dimension.title, "points": sum }));
    let measures = rating
        .measures
        .iter()
        .filter(|measure| present.published.is_some_and(|at| measure.bands.contains(&scale[at].id)));
    let pending = present.is_held_back();
    Some(json!({
        "rating": rating.id, "title": rating.title, "unit": rating.unit, "basis": rating.basis,
        "published_at": rating.published_at, "remedies": rating.remedies,
        "band": band(present.band), "published": present.published.map(band),
        "state": if pending { "pending" } else { "in_force" },
        "reason": pending.then_some("notice.not-served"),
        "notice": present.served, "status": tally.status(),
        "since": present.since.day(), "until": present.interval.end.map(|end| Instant::from_ms(end.ms() - 1).day()),
        "points": tally.total(), "records": tally.points, "dimensions": sums.collect::<Vec<_>>(),
        "measures": measures.map(|measure| {
            json!({ "measure": measure.id, "effect": measure.effect, "title": measure.title, "basis": measure.basis })
        }).collect::<Vec<_>>(),
    }))
}

/// What a record counts, by the criterion it counts by.
pub(crate) fn points(
    kind: SubjectKind,
    key: &RecordRef,
    record: &Record,
    evaluation: &Evaluation,
    catalogue: &Catalogue,
) -> Vec<Value> {
    let Some(rated) = RatedKind::of(kind) else { return Vec::new() };
    let by_rating = domain::rating::points(rated, key, record, evaluation, catalogue);
    let shown = by_rating.into_iter().flat_map(|(id, points)| points.into_iter().map(move |point| (id.clone(), point)));
    shown
        .filter_map(|(id, point)| {
            let rating = catalogue.ratings.get(&id)?;
            let dimension = rating.dimensions.iter().find(|dimension| dimension.id == point.dimension)?;
            let criterion = dimension.criteria.get(usize::try_from(point.criterion).ok()?)?;
            Some(json!({
                "rating": id, "dimension": dimension.id, "title": dimension.title, "criterion": criterion,
                "points": point.points, "since": point.since, "until": point.until, "status": point.status,
            }))
        })
        .collect()
}
