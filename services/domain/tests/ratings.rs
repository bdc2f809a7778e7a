//! Laws of ratings: what the fold keeps up event by event is what the records give when they are added up afresh, day by day.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{Effect, RatedKind};
use domain::evaluate::evaluate;
use domain::event::{Control, Document, RecordRef};
use domain::flag::{Flag, GROUNDS_SHOWN_MAX, GroundStatus};
use domain::ids::{DepartmentId, ItemId, MeasureId, RatingId, RecordId};
use domain::output::ProfileRating;
use domain::rating::{Point, Told, notice_of, points};
use domain::rows::Rows;
use domain::subject::{SubjectKey, fictitious};
use domain::time::Instant;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use support::rated::{DIGEST, OTHER_DIGEST, Shelf};
use support::story::{District, event, noon, run};

#[test]
fn stories_of_ratings_hold() {
    assert!(run(include_str!("stories/ratings.story"), &Shelf, DIGEST) > 0);
}

#[derive(Clone, Debug)]
struct Step {
    source: usize,
    line: String,
}

const SOURCES: [&str; 3] = ["district.fire", "district.market", "district.credit-centre"];
/// After the end of every point: the last award of 140 days counts for two years.
const LAST: Date = date(2028, 6, 1);
const BANDS: [&str; 4] = ["one", "two", "three", "four"];

fn day(pick: u16) -> Date {
    date(2026, 1, 1).checked_add(i64::from(pick % 140).days()).unwrap()
}

fn arbitrary_step() -> impl Strategy<Value = Step> {
    (0..12_u8, 0..4_u8, 0..3_u8, any::<u16>(), 1..4_u32).prop_map(|(kind, record, subject, pick, revision)| {
        let on = day(pick);
        let (source, item, id, fields) = match record {
            0 => (0, "fire.penalty", "F1", ["{severity:serious}", "{severity:general}", "{severity:minor}"]),
            1 => (0, "inspection.result", "I1", ["{result:fail}", "{result:pass}", "{result:fail}"]),
            2 => (1, "inspection.result", "I2", ["{result:pass}", "{result:fail}", "{result:pass}"]),
            _ => (1, "honour.award", "H1", ["{title:甲}", "{title:乙}", "{title:丙}"]),
        };
        let fields = fields[(usize::from(pick) + revision as usize) % 3];
        let target = format!("item={item} record={id} subject=uscc:{subject}");
        let band = BANDS[usize::from(pick / 7) % 4];
        let from = SOURCES[source];
        let (source, line) = match kind {
            0..=3 => (source, format!("record.upserted {target} revision={revision} issued={on} fields={fields}")),
            4 => (source, format!("record.withdrawn {target} revision={}", revision + 1)),
            5 | 6 => (source, format!("notice.served {target} notice_id=N1 served_on={on}")),
            7 | 8 => (0, format!(
                "notice.served item=rating.notice record=stars/{band}/{on} subject=uscc:{subject} notice_id=N{} served_on={}",
                pick % 2, day(pick / 3))),
            9 => (2, format!("objection.filed publisher={from} {target} objection_id=O1 grounds=g filed_on={on}")),
            10 => (source, format!("objection.resolved {target} objection_id=O1 outcome={} resolved_on={on}",
                ["rejected", "upheld"][usize::from(pick % 2)])),
            _ => (source, format!("review.closed {target} review_id=R1 outcome={} closed_on={on}",
                ["upheld", "revoked"][usize::from(pick % 2)])),
        };
        Step { source, line: line.replacen(' ', &format!(" source={} ", SOURCES[source]), 1) }
    })
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// A step may be one that is refused.
fn send(district: &mut District<'_>, step: &Step) {
    let _ = district.send(&event(&words(&step.line)));
}

fn tell(district: &mut District<'_>, line: &str) {
    district.send(&event(&words(line))).unwrap();
}

fn district() -> District<'static> {
    District::new(&Shelf, DIGEST, noon("2026-06-01"))
}

fn advance(district: &mut District<'_>, to: &str) {
    district.now = noon(to);
    district.control(Control::TimeAdvanced);
}

fn subjects(district: &mut District<'_>) -> Vec<SubjectKey> {
    Rows::new(&mut district.store).subjects_after(&[], usize::MAX).unwrap().into_iter().map(|(_, key)| key).collect()
}

type Flags = BTreeMap<(SubjectKey, MeasureId), Flag>;
type Heads = BTreeMap<SubjectKey, (BTreeMap<RatingId, ProfileRating>, Vec<Option<Told>>)>;

/// Everything that a reader, a subject and its unit are told.
fn standing(district: &mut District<'_>) -> (Flags, Heads) {
    let flags = district.flags.iter().filter_map(|(key, (_, flag))| Some((key.clone(), flag.clone()?))).collect();
    let heads = subjects(district).into_iter().filter_map(|subject| {
        let rows = Rows::new(&mut district.store);
        let told: Vec<_> =
            rows.ratings(&subject).unwrap().into_iter().map(|(_, row)| row.told).filter(Option::is_some).collect();
        let head = rows.subject(&subject).unwrap().unwrap().ratings;
        (!head.is_empty() || !told.is_empty()).then_some((subject, (head, told)))
    });
    (flags, heads.collect())
}

/// One day as the rule reads: sum, band, and what may be published of it.
struct Day {
    sum: i64,
    band: usize,
    published: Option<usize>,
    /// What counts.
    points: Vec<i32>,
}

impl Day {
    /// What is shown of it by a flag, heaviest first: all that there is room for of what weighs towards the measure, then of what
    /// weighs against it.
    fn shown(&self, effect: Effect) -> Vec<i32> {
        let towards = |points: &i32| (*points >= 0) == (effect == Effect::Facilitate);
        let mut points = self.points.clone();
        points.sort_by_key(|points| (!towards(points), Reverse(points.unsigned_abs())));
        points.truncate(GROUNDS_SHOWN_MAX);
        points.sort_by_key(|points| if effect == Effect::Facilitate { -points } else { *points });
        points
    }
}

/// The rule, day by day, from nothing but the records.
fn afresh(district: &mut District<'_>, subject: &SubjectKey) -> BTreeMap<Date, Day> {
    let catalogue = district.catalogue();
    let rating = catalogue.ratings.values().next().unwrap();
    let (mut counting, mut notices) = (Vec::new(), Vec::new());
    for (key, record) in Rows::new(&mut district.store).records(subject, None, usize::MAX).unwrap() {
        let evaluation = evaluate(subject.kind(), &key, &record, &catalogue);
        counting
            .extend(points(RatedKind::Organisation, &key, &record, &evaluation, &catalogue).into_values().flatten());
        if let (Some(notice), Some(served)) = (notice_of(RatedKind::Organisation, &key, &catalogue), record.served()) {
            let band = rating.bands.iter().position(|band| band.id == notice.band).unwrap();
            if rating.bands[band].bad && !record.delisted() && !record.revoked() {
                notices.push((notice.began_on, served.served_on, band));
            }
        }
    }
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    let mut on = date(2026, 1, 1);
    let mut begun: Option<Date> = None;
    let mut bad_until: BTreeMap<Date, Date> = BTreeMap::new();
    while on < LAST {
        let of_day = || counting.iter().filter(|point| point.since <= on && on <= point.until);
        if of_day().next().is_some() {
            let points: Vec<i32> = of_day().map(|point| point.points).collect();
            let sum = points.iter().copied().map(i64::from).sum();
            let band = rating.bands.iter().rposition(|band| i64::from(band.from_points) <= sum).unwrap();
            let bad = rating.bands[band].bad;
            begun = if bad { begun.or(Some(on)) } else { None };
            if let Some(begun) = begun {
                bad_until.insert(begun, on);
            }
            days.insert(on, Day { sum, band, published: (!bad).then_some(band), points });
        } else {
            begun = None;
        }
        on = on.tomorrow().unwrap();
    }
    for (first, last) in bad_until {
        for (on, day) in days.range_mut(first..=last) {
            let told = notices.iter().filter(|(began, served, _)| first <= *began && *began <= last && served <= on);
            day.published = told.map(|(_, _, band)| *band).min().map(|told| told.max(day.band));
        }
    }
    days
}

fn compare(district: &mut District<'_>) {
    let catalogue = district.catalogue();
    let rating = catalogue.ratings.values().next().unwrap();
    let today = district.now.day();
    for subject in subjects(district) {
        let days = afresh(district, &subject);
        let head = Rows::new(&mut district.store).subject(&subject).unwrap().unwrap();
        let present = head.ratings.get(&rating.id);
        match days.get(&today) {
            None => assert_eq!(present, None),
            Some(day) => {
                let present = present.expect("a subject with points is rated");
                let band = |band: usize| rating.bands[band].id.clone();
                assert_eq!(present.band, day.published.map(band));
                assert_eq!(present.held_back, day.published != Some(day.band));
                assert_eq!(present.points, (day.published == Some(day.band)).then_some(day.sum));
            }
        }
        for measure in &rating.measures {
            let flag = district.flags.get(&(subject.clone(), measure.id.clone())).and_then(|(_, flag)| flag.clone());
            let follows: BTreeSet<Date> = days
                .range(today..)
                .filter(|(_, day)| day.published.is_some_and(|band| measure.bands.contains(&rating.bands[band].id)))
                .map(|(on, _)| *on)
                .collect();
            let restricted = head.restrictions();
            let mut on = today;
            while on < LAST {
                let noon = Instant::from_ms(Instant::day_start(on).ms() + 43_200_000);
                let held = flag.as_ref().is_some_and(|flag| flag.intervals.contains(noon));
                let rests = Effect::from(measure.effect) == Effect::Facilitate && restricted.contains(noon);
                assert_eq!(held, follows.contains(&on) && !rests, "{} on {on}", measure.id);
                on = on.tomorrow().unwrap();
            }
            if let Some(flag) = flag {
                let ground = flag.rating.expect("a rating explains itself");
                let parts = ground.parts();
                let shown: Vec<_> = days
                    .range(today..)
                    .filter(|(_, day)| day.published.is_some_and(|band| measure.bands.contains(&rating.bands[band].id)))
                    .collect();
                assert_eq!(ground.total(), shown[0].1.sum);
                let weights: Vec<i32> = parts.points.iter().map(|point| point.points).collect();
                assert_eq!(weights, shown[0].1.shown(measure.effect.into()));
                assert_eq!(parts.points_total, u32::try_from(shown[0].1.points.len()).unwrap());
                assert!(!parts.points.is_empty() && !parts.basis.is_empty() && flag.grounds.is_empty());
                assert!(parts.served.is_some() == parts.bad);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_rating_always_equals_the_records_added_up_afresh(
        steps in prop::collection::vec(arbitrary_step(), 1..25),
        later in prop::collection::vec(1..200_i64, 1..4),
        other in any::<bool>(),
    ) {
        let mut district = district();
        let mut clocks = later.iter().cycle();
        for (n, step) in steps.iter().enumerate() {
            send(&mut district, step);
            if n % 6 == 5 {
                compare(&mut district);
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(Control::TimeAdvanced);
            }
        }
        compare(&mut district);
        if other {
            district.digest = OTHER_DIGEST.to_owned();
            district.control(Control::CatalogueActivated { digest: OTHER_DIGEST.to_owned() });
            compare(&mut district);
        }
        advance(&mut district, "2028-06-01");
        prop_assert!(district.store.0.keys().all(|key| key[0] != b'p'), "a point is kept when nothing counts any more");
    }

    /// Also when they come at other times: only what is true counts, not when it was learnt.
    #[test]
    fn any_order_of_the_sources_at_any_time_ends_in_the_same_rating(
        steps in prop::collection::vec(arbitrary_step(), 1..25),
        order in prop::collection::vec(0..3_usize, 3..9),
    ) {
        let (mut one, mut other) = (district(), district());
        for (n, step) in steps.iter().enumerate() {
            send(&mut one, step);
            if n % 4 == 3 {
                one.now = one.now.plus_days(9);
                one.control(Control::TimeAdvanced);
            }
        }
        advance(&mut one, "2026-09-01");
        advance(&mut other, "2026-09-01");
        let mut left: Vec<Vec<Step>> = (0..3).map(|s| steps.iter().filter(|x| x.source == s).rev().cloned().collect()).collect();
        for pick in order.iter().copied().cycle().take(400).chain(0..3) {
            if let Some(step) = left[pick].pop() {
                send(&mut other, &step);
            }
        }
        for step in left.into_iter().flat_map(|queue| queue.into_iter().rev()) {
            send(&mut other, &step);
        }
        prop_assert_eq!(standing(&mut one), standing(&mut other));
    }

    #[test]
    fn rows_of_ratings_do_not_depend_on_where_the_fold_was_resumed(
        steps in prop::collection::vec(arbitrary_step(), 2..25),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut whole = district();
        let cut = cut.index(steps.len());
        let mut prefix = None;
        for (n, step) in steps.iter().enumerate() {
            if n == cut {
                prefix = Some((whole.store.clone(), whole.offset));
            }
            send(&mut whole, step);
        }
        let mut resumed = district();
        (resumed.store, resumed.offset) = prefix.unwrap();
        resumed.flags.clear();
        steps[cut..].iter().for_each(|step| send(&mut resumed, step));
        prop_assert!(resumed.store == whole.store);
    }
}

#[test]
fn what_a_record_costs_does_not_grow_with_the_records_of_its_subject() {
    let rows_of = |records: u32| {
        let mut district = district();
        for n in 0..records {
            let line = format!(
                "record.upserted source=district.market item=inspection.result record=I{n} subject=uscc:1 revision=1 \
                 issued={} fields={{result:pass}}",
                day(u16::try_from(n % 140).unwrap())
            );
            tell(&mut district, &line);
        }
        let rating: Vec<usize> =
            district.store.0.iter().filter(|(key, _)| key[0] == b'a').map(|(_, value)| value.len()).collect();
        assert_eq!(rating.len(), 1);
        rating[0]
    };
    // Further records fall on days that are known already.
    assert_eq!(rows_of(140), rows_of(420));
}

/// However many there are, and though most end later: a flag is explained by what weighs most.
#[test]
fn the_points_that_weigh_most_are_shown_however_many_there_are() {
    let mut district = district();
    let inspection =
        "item=inspection.result record=I1 subject=uscc:1 revision=1 issued=2026-03-10 fields={result:pass}";
    let award = |n: u32| {
        format!("item=honour.award record=H{n} subject=uscc:1 revision=1 issued=2026-03-10 fields={{title:甲}}")
    };
    for record in std::iter::once(inspection.to_owned()).chain((0..100).map(award)) {
        tell(&mut district, &format!("record.upserted source=district.market {record}"));
    }
    compare(&mut district);
    let mut flags = district.flags.values().filter_map(|(_, flag)| flag.as_ref()?.rating.as_ref());
    let points = &flags.next().expect("a good band is a flag").parts().points;
    assert_eq!(points.iter().map(|point| point.points).collect::<Vec<_>>(), [20, 10, 10, 10, 10, 10, 10, 10]);
}

#[test]
fn what_is_over_is_passed_over_by_size_when_points_are_read() {
    let mut district = district();
    let subject = district.subject_key("uscc", &fictitious::uscc(1));
    let rating = RatingId::new("stars").unwrap();
    let mut rows = Rows::new(&mut district.store);
    for n in 0..1_000_u32 {
        let (points, until) =
            if n < 900 { (-30, date(2026, 2, 1)) } else { (-10, date(2026, 2, 1 + i8::try_from(n % 20).unwrap())) };
        rows.put_point(&subject, &rating, &point(n, points, until)).unwrap();
    }
    let at = |day: Date| Instant::day_start(day);
    let read = |day| rows.points(&subject, &rating, false, at(day), 8).unwrap();
    assert_eq!(read(date(2026, 1, 10)).iter().map(|point| point.points).collect::<Vec<_>>(), [-30; 8]);
    let later = read(date(2026, 2, 20));
    assert_eq!(
        later.iter().map(|point| (point.points, point.until)).collect::<Vec<_>>(),
        [(-10, date(2026, 2, 20)); 5]
    );
    assert_eq!(rows.points(&subject, &rating, true, at(date(2026, 1, 10)), 8).unwrap(), []);
    rows.delete_points_over(&subject, &rating, at(date(2026, 2, 20))).unwrap();
    assert_eq!(district.store.0.keys().filter(|key| key[0] == b'p').count(), 5);
}

fn point(number: u32, points: i32, until: Date) -> Point {
    let since = date(2026, 1, 1);
    let record = RecordRef {
        publisher: DepartmentId::new("district.market").unwrap(),
        item: ItemId::new("honour.award").unwrap(),
        record_id: RecordId::new(format!("H{number}")).unwrap(),
    };
    let (kind, issuer) = ("award".to_owned(), "district.market".to_owned());
    let document = Document { number: format!("虚构{number}"), kind, issuer, issued_on: since, effective_on: since };
    let status = GroundStatus::InForce;
    Point { record, document, dimension: "care".to_owned(), criterion: 0, points, since, until, status }
}

#[test]
fn a_person_has_no_rating_whatever_is_recorded() {
    let mut district = district();
    for line in [
        "record.upserted source=district.fire item=fire.penalty record=F1 subject=cn-id:1 revision=1 issued=2026-05-01 fields={severity:serious}",
        "notice.served source=district.fire item=fire.penalty record=F1 subject=cn-id:1 notice_id=N1 served_on=2026-05-02",
        "record.upserted source=district.market item=honour.award record=H1 subject=cn-id:1 revision=1 issued=2026-05-01 fields={title:甲}",
    ] {
        tell(&mut district, line);
    }
    assert!(district.store.0.keys().all(|key| key[0] != b'a' && key[0] != b'p'));
    let (flags, heads) = standing(&mut district);
    assert!(heads.is_empty());
    assert!(flags.values().all(|flag| flag.rating.is_none()));
}
