//! Ratings: of organisations and buildings, from published criteria, followed by supervision only (R5; 深圳条例 29).

use std::collections::BTreeSet;

use domain::catalogue::{Criterion, Intensity, RatedKind, Rating};
use domain::ids::{MatterId, MatterPattern};
use domain::subject::SubjectKind;
use jiff::civil::date;

use super::index::{Found, Index};
use super::{Report, conditions};
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index as At, Key};

/// Longest term of points: what a subject's rating remembers is bounded by it. A licence or an evaluation commonly holds five years.
const TERM_YEARS_MAX: i16 = 5;

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
        measures(entry, report);
        notice(entry, index, report);
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

fn matters(entry: &Entry<Rating>, index: &Index<'_>, report: &mut Report) {
    for (at, pattern) in entry.value.matters.iter().enumerate() {
        if Rating::may_steer(pattern) {
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
        if MatterPattern::new(band.id.as_str()).is_err() || band.id.ends_with(".*") {
            let help = "write it in a-z, 0-9, `-` and `.`: notices carry it in their number";
            report.error(
                entry,
                &[Key("bands"), At(at), Key("id")],
                "rating.bands",
                format!("`{}` cannot name a band", band.id),
                help,
            );
        }
        if !ids.insert(&band.id) {
            let message = format!("the band `{}` is given a second time", band.id);
            report.error(entry, &[Key("bands"), At(at), Key("id")], "id.twice", message, "give it another id");
        }
        if !starts.insert(band.from_points) {
            let message = format!("two bands begin at {} points", band.from_points);
            let help = "give each band its own beginning";
            report.error(entry, &[Key("bands"), At(at), Key("from_points")], "rating.bands", message, help);
        }
        let worse_is_good = bands.iter().any(|other| !other.bad && other.from_points < band.from_points);
        if band.bad && worse_is_good {
            let message = format!("`{}` is bad and a band below it is not", band.id);
            let help = "let the bad bands be the lowest ones";
            report.error(entry, &[Key("bands"), At(at), Key("bad")], "rating.bad-band", message, help);
        }
    }
}

/// What follows, and from which bands: more inspections from bad ones only, so that its subject was told before.
fn measures(entry: &Entry<Rating>, report: &mut Report) {
    let rating = &entry.value;
    if !rating.measures.is_empty() && rating.matters.is_empty() {
        let help = "name the matters of `inspection.*` that its measures are about";
        report.error(entry, &[Key("matters")], "rating.no-matter", "what follows from this rating has no matter", help);
    }
    for (at, measure) in rating.measures.iter().enumerate() {
        let path = [Key("measures"), At(at), Key("bands")];
        if measure.bands.is_empty() {
            let help = "name the bands it follows from";
            report.error(entry, &path, "rating.measure-band", "this measure follows from no band", help);
        }
        for id in &measure.bands {
            let path: Vec<Step<'_>> =
                path.iter().copied().chain(entry.origin.node.element(&path, id).map(At)).collect();
            let (message, help) = match (rating.bands.iter().find(|band| &band.id == id), measure.effect) {
                (None, _) => (format!("this rating has no band `{id}`"), "name one of its bands"),
                (Some(band), Intensity::Supervise) if !band.bad => (
                    format!("`{id}` brings more inspections and is not `bad`"),
                    "add `bad: true` to the band: its subject is told before (深圳条例 39)",
                ),
                (Some(band), Intensity::Facilitate) if band.bad => {
                    (format!("`{id}` is bad and would bring fewer inspections"), "take it out")
                }
                (Some(_), Intensity::Supervise | Intensity::Facilitate) => continue,
            };
            report.error(entry, &path, "rating.measure-band", message, help);
        }
    }
}

/// A bad band is published once its notice was served (深圳条例 39), which somebody must be able to say.
fn notice(entry: &Entry<Rating>, index: &Index<'_>, report: &mut Report) {
    let rating = &entry.value;
    let Some(notice) = &rating.notice else {
        if rating.bands.iter().any(|band| band.bad) {
            let help = "add `notice`: the item under which the unit says that it served the notice (深圳条例 39)";
            report.error(entry, &[], "rating.no-notice", "its bad bands could never be published", help);
        }
        return;
    };
    let Found::Entry(items) = index.item(notice) else { return };
    let fits = |kind: &RatedKind| items.iter().all(|item| item.subjects.contains(&kind.subject_kind()));
    if !rating.rates.iter().all(fits) || !items.iter().all(|item| item.publishers.contain(&rating.unit)) {
        let message = format!("`{notice}` cannot record the notices of this rating");
        let help = "name its unit among the item's publishers, and what it rates among the item's subjects";
        report.error(entry, &[Key("notice")], "rating.notice-item", message, help);
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
    let rated: BTreeSet<SubjectKind> = entry.value.rates.iter().map(|kind| kind.subject_kind()).collect();
    if !rated.is_empty() && items.iter().all(|item| item.subjects.is_disjoint(&rated)) {
        let message = format!("`{}` is about none of the kinds this rating rates", criterion.item);
        report.error(entry, &under("item"), "rating.item-subject", message, "remove the criterion, or mend `rates`");
    }
    let (begin, longest) = (date(2000, 1, 1), date(2000 + TERM_YEARS_MAX, 1, 1));
    let over = criterion.term.over_on(begin);
    if over <= begin || over > longest {
        let message = format!("points that count for {} are none that a rating can add up", criterion.term);
        let help = format!("let them count for at least a day and at most P{TERM_YEARS_MAX}Y");
        report.error(entry, &under("term"), "rating.term", message, help);
    }
    if let Some(when) = &criterion.when {
        conditions::check(entry, &under("when"), when, items.iter().copied(), report);
    }
}
