//! Ratings: of organisations and buildings, from published criteria, followed by supervision only (R5; 深圳条例 29).

use std::collections::BTreeSet;

use domain::catalogue::{Criterion, RatedKind, Rating};
use domain::ids::MatterId;
use domain::subject::SubjectKind;

use super::index::{Found, Index};
use super::{Report, conditions};
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index as At, Key};

/// The one domain whose matters a rating may steer.
const INSPECTION: &str = "inspection";

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    for entry in &draft.ratings {
        let rating = &entry.value;
        if rating.rates.is_empty() {
            let help = "name what it rates: organisation, building";
            report.error(entry, &[Key("rates")], "rating.nothing", "this rating rates nothing", help);
        }
        matters(entry, index, report);
        if rating.dimensions.iter().all(|dimension| dimension.criteria.is_empty()) {
            let help = "name its criteria: a rating without published criteria is not allowed (深圳条例 29)";
            report.error(entry, &[Key("dimensions")], "rating.no-criteria", "this rating has no criteria", help);
        }
        bands(entry, report);
        let mut dimensions = BTreeSet::new();
        for (d, dimension) in rating.dimensions.iter().enumerate() {
            if !dimensions.insert(&dimension.id) {
                let message = format!("the dimension `{}` is given a second time", dimension.id);
                report.error(entry, &[Key("dimensions"), At(d), Key("id")], "id.twice", message, "join the two");
            }
            for (c, criterion) in dimension.criteria.iter().enumerate() {
                let path = [Key("dimensions"), At(d), Key("criteria"), At(c)];
                check_criterion(entry, &path, criterion, index, report);
            }
        }
    }
}

/// A pattern names one domain, so its first part decides.
fn matters(entry: &Entry<Rating>, index: &Index<'_>, report: &mut Report) {
    for (at, pattern) in entry.value.matters.iter().enumerate() {
        if pattern.domain().as_str() == INSPECTION {
            continue;
        }
        let example: Option<&MatterId> = index.matters().map(|(id, _)| id).find(|id| pattern.matches(id));
        let example = example.map_or_else(|| pattern.as_str().to_owned(), ToString::to_string);
        let message = format!("this rating would bear on `{example}`");
        let help = "only supervision may follow from a rating: name matters of `inspection.*` (R5)";
        report.error(entry, &[Key("matters"), At(at)], "rating.matter", message, help);
    }
}

fn bands(entry: &Entry<Rating>, report: &mut Report) {
    let bands = &entry.value.bands;
    if bands.is_empty() {
        report.error(
            entry,
            &[Key("bands")],
            "rating.no-bands",
            "this rating has no bands",
            "name its bands and where they begin",
        );
    }
    let (mut ids, mut starts) = (BTreeSet::new(), BTreeSet::new());
    for (at, band) in bands.iter().enumerate() {
        if !ids.insert(&band.id) {
            let message = format!("the band `{}` is given a second time", band.id);
            report.error(entry, &[Key("bands"), At(at), Key("id")], "id.twice", message, "give it another id");
        }
        if !starts.insert(band.from_points) {
            let message = format!("two bands begin at {} points", band.from_points);
            let help = "give each band its own beginning";
            report.error(entry, &[Key("bands"), At(at), Key("from_points")], "rating.bands", message, help);
        }
    }
}

fn check_criterion(
    entry: &Entry<Rating>,
    path: &[Step<'_>],
    criterion: &Criterion,
    index: &Index<'_>,
    report: &mut Report,
) {
    let Found::Entry(items) = index.item(&criterion.item) else { return };
    let under = |key| path.iter().copied().chain([Key(key)]).collect::<Vec<Step<'_>>>();
    let rated: BTreeSet<SubjectKind> = entry.value.rates.iter().map(|kind| subject_kind(*kind)).collect();
    if !rated.is_empty() && items.iter().all(|item| item.subjects.is_disjoint(&rated)) {
        let message = format!("`{}` is about none of the kinds this rating rates", criterion.item);
        report.error(entry, &under("item"), "rating.item-subject", message, "remove the criterion, or mend `rates`");
    }
    if let Some(when) = &criterion.when {
        conditions::check(entry, &under("when"), when, items.iter().copied(), report);
    }
}

fn subject_kind(kind: RatedKind) -> SubjectKind {
    match kind {
        RatedKind::Organisation => SubjectKind::Organisation,
        RatedKind::Building => SubjectKind::Building,
    }
}
