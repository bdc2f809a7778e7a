//! Laws of the fold, over random histories.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use std::collections::BTreeMap;

use domain::case::{Case, cases};
use domain::catalogue::{Effect, Task};
use domain::evaluate::{Consequence, evaluate};
use domain::event::{Content, Control};
use domain::flag::{End, Flag, FlagValue, Ground};
use domain::ids::{MatterId, MatterPattern, MeasureId};
use domain::output::{Outcome, Output};
use domain::record::Record;
use domain::rows::{CaseKey, Rows};
use domain::state::{CaseCounts, CaseRow};
use domain::subject::SubjectKey;
use domain::time::{Instant, Intervals};
use domain::verdict::{Decision, decide};
use jiff::civil::Date;
use proptest::prelude::*;
use support::history::{Step, arbitrary_step, interleave, raw};
use support::story::{District, event, noon, subject_of};
use support::{DIGEST, Shelf};

fn district() -> District<'static> {
    District::new(&Shelf, DIGEST, noon("2026-06-01"))
}

/// What a reader holds of each flag, without its versions.
fn standing(district: &District<'_>) -> BTreeMap<(SubjectKey, MeasureId), Flag> {
    district.flags.iter().filter_map(|(key, (_, flag))| Some((key.clone(), flag.clone()?))).collect()
}

/// The intervals of every flag, from nothing but the facts: each record evaluated by itself, added up per measure.
fn afresh(district: &mut District<'_>) -> BTreeMap<(SubjectKey, MeasureId), (Intervals, u32)> {
    let (catalogue, now) = (district.catalogue(), district.now);
    let rows = Rows::new(&mut district.store);
    let mut sums: BTreeMap<(SubjectKey, MeasureId), Vec<Ground>> = BTreeMap::new();
    for (_, subject) in rows.subjects_after(&[], usize::MAX).unwrap() {
        let declines = rows.subject(&subject).unwrap().unwrap().has_opted_out();
        for (key, record) in rows.records(&subject, None, usize::MAX).unwrap() {
            if declines && catalogue.newest_item(&key.item).unwrap().opt_out {
                continue;
            }
            let record = Record { placed: BTreeMap::new(), ..record };
            for (measure, consequence) in evaluate(subject.kind(), &key, &record, &catalogue).consequences {
                if let Consequence::Ground(ground) = consequence
                    && !ground.interval().is_over(now)
                {
                    sums.entry((subject.clone(), measure)).or_default().push(ground);
                }
            }
        }
    }
    let union = |grounds: &[Ground]| grounds.iter().map(Ground::interval).collect::<Intervals>();
    let restricting: BTreeMap<SubjectKey, Intervals> =
        sums.iter().fold(BTreeMap::new(), |mut sum, ((subject, measure), g)| {
            if measure.as_str() != "licence-fast-lane" && measure.as_str() != "key-supervision" {
                let held: Intervals = sum.remove(subject).unwrap_or_default();
                sum.insert(subject.clone(), held.union(&union(g)));
            }
            sum
        });
    sums.iter()
        .map(|((subject, measure), grounds)| {
            let mut intervals = union(grounds);
            if measure.as_str() == "licence-fast-lane" {
                intervals = intervals.minus(restricting.get(subject).unwrap_or(&Intervals::default()));
            }
            ((subject.clone(), measure.clone()), (intervals, u32::try_from(grounds.len()).unwrap()))
        })
        .collect()
}

/// The open tasks of every record, from nothing but the facts, in the order of their rows.
fn cases_afresh(district: &mut District<'_>) -> Vec<(CaseKey, CaseRow)> {
    let (catalogue, now) = (district.catalogue(), district.now);
    let rows = Rows::new(&mut district.store);
    let mut found = Vec::new();
    for (_, subject) in rows.subjects_after(&[], usize::MAX).unwrap() {
        let declines = rows.subject(&subject).unwrap().unwrap().has_opted_out();
        for (record_key, record) in rows.records(&subject, None, usize::MAX).unwrap() {
            if declines && catalogue.newest_item(&record_key.item).unwrap().opt_out {
                continue;
            }
            let evaluation = evaluate(subject.kind(), &record_key, &record, &catalogue);
            for case in cases(&record_key, &record, &evaluation, &catalogue).into_iter().filter(Case::is_open) {
                let Some(due_on) = case.due_on else { continue };
                let (overdue, Case { task, id, unit, began_on, extended, .. }) = (case.is_overdue(now), case);
                let key = CaseKey { due_on, subject: subject.clone(), record: record_key.clone(), task, id };
                found.push((key, CaseRow { unit, began_on, extended, overdue }));
            }
        }
    }
    found.sort_by_key(|(key, _)| key.encode());
    found
}

/// What a lookup shows of each record of a subject: its grounds that are in force, with what their measure does and where.
fn in_force(district: &mut District<'_>, subject: &SubjectKey) -> Vec<(Effect, Vec<MatterPattern>, Ground)> {
    let (catalogue, now) = (district.catalogue(), district.now);
    let rows = Rows::new(&mut district.store);
    let declines = rows.subject(subject).unwrap().unwrap().has_opted_out();
    let records = rows.records(subject, None, usize::MAX).unwrap();
    let shown = records.iter().filter(|(key, _)| !(declines && catalogue.newest_item(&key.item).unwrap().opt_out));
    let followed = shown.flat_map(|(key, record)| evaluate(subject.kind(), key, record, &catalogue).consequences);
    followed
        .filter_map(|(measure, consequence)| {
            let Consequence::Ground(ground) = consequence else { return None };
            let entry = catalogue.measure(&measure, ground.document().issued_on).unwrap();
            ground.interval().contains(now).then(|| (entry.effect, entry.matters.clone(), ground))
        })
        .collect()
}

/// What those grounds mean for a matter.
fn by_records(shown: &[(Effect, Vec<MatterPattern>, Ground)], matter: &MatterId, now: Instant) -> Decision {
    let restricted = shown.iter().any(|(effect, ..)| *effect == Effect::Restrict);
    let of = |wanted: Effect| {
        shown.iter().any(|(effect, matters, ground)| {
            *effect == wanted
                && matters.iter().any(|pattern| pattern.matches(matter))
                && !ground.excepted_for(matter).contains(now)
        })
    };
    if of(Effect::Restrict) {
        Decision::Restricted
    } else if of(Effect::Supervise) {
        Decision::Supervised
    } else if of(Effect::Facilitate) && !restricted {
        Decision::Facilitated
    } else {
        Decision::Clear
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_repeat_changes_nothing(steps in prop::collection::vec(arbitrary_step(), 1..25), at in any::<prop::sample::Index>()) {
        let mut district = district();
        for step in &steps {
            let _ = district.send(&raw(step));
        }
        let (state, told) = (district.store.clone(), district.outputs.len());
        let at = at.index(steps.len());
        if let Ok(applied) = district.send(&raw(&steps[at])) {
            prop_assert!(matches!(applied.outcome, Outcome::Repeat | Outcome::Older));
            prop_assert_eq!(district.outputs.len(), told);
        }
        prop_assert!(district.store == state);
    }

    #[test]
    fn any_interleaving_of_the_sources_ends_in_the_same_standing(
        steps in prop::collection::vec(arbitrary_step(), 1..25),
        picks in prop::collection::vec(0..4_usize, 4..20),
    ) {
        let (mut one, mut other) = (district(), district());
        for step in &steps {
            let _ = one.send(&raw(step));
        }
        for step in interleave(&steps, &picks) {
            let _ = other.send(&raw(&step));
        }
        prop_assert_eq!(standing(&one), standing(&other));
    }

    #[test]
    fn flags_always_equal_the_standing_evaluated_afresh(
        steps in prop::collection::vec(arbitrary_step(), 1..20),
        later in prop::collection::vec(0..900_i64, 1..4),
    ) {
        let mut district = district();
        let mut clocks = later.iter().cycle();
        for (n, step) in steps.iter().enumerate() {
            let _ = district.send(&raw(step));
            if n % 5 == 4 {
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(Control::TimeAdvanced);
            }
            let held: BTreeMap<_, _> =
                standing(&district).into_iter().map(|(key, flag)| (key, (flag.intervals, flag.grounds_total))).collect();
            prop_assert_eq!(held, afresh(&mut district));
        }
    }

    #[test]
    fn open_tasks_always_equal_those_of_the_facts_and_the_time(
        steps in prop::collection::vec(arbitrary_step(), 1..20),
        later in prop::collection::vec(0..90_i64, 1..4),
    ) {
        let mut district = district();
        let mut clocks = later.iter().cycle();
        for (n, step) in steps.iter().enumerate() {
            let _ = district.send(&raw(step));
            if n % 4 == 3 {
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(Control::TimeAdvanced);
            }
            let wanted = cases_afresh(&mut district);
            let rows = Rows::new(&mut district.store);
            prop_assert_eq!(&rows.cases_after(&[], usize::MAX).unwrap(), &wanted);
            let mut counts: BTreeMap<Task, CaseCounts> = BTreeMap::new();
            for (key, row) in &wanted {
                let of_task = counts.entry(key.task).or_default();
                of_task.open += 1;
                of_task.overdue += u32::from(row.overdue);
            }
            prop_assert_eq!(rows.partition().unwrap().cases, counts);
        }
    }

    #[test]
    fn deadlines_and_what_is_done_about_them_change_no_flag(steps in prop::collection::vec(arbitrary_step(), 1..25)) {
        let handles = |step: &&Step| {
            ["objection.forwarded", "objection.extended", "repair.incomplete", "repair.completed"]
                .iter()
                .any(|name| step.line.starts_with(name))
        };
        let (mut with, mut without) = (district(), district());
        for step in &steps {
            let _ = with.send(&raw(step));
        }
        for step in steps.iter().filter(|step| !handles(step)) {
            let _ = without.send(&raw(step));
        }
        prop_assert_eq!(standing(&with), standing(&without));
    }

    #[test]
    fn every_lift_is_told_in_the_transaction_of_its_cause(
        steps in prop::collection::vec(arbitrary_step(), 1..20),
        later in prop::collection::vec(0..900_i64, 1..4),
    ) {
        let mut district = district();
        let mut clocks = later.iter().cycle();
        for (n, step) in steps.iter().enumerate() {
            let before = standing(&district);
            let told = if n % 5 == 4 {
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(Control::TimeAdvanced).outputs
            } else {
                district.send(&raw(step)).map(|applied| applied.outputs).unwrap_or_default()
            };
            let lifted = |subject: &SubjectKey, measure: &MeasureId| told.iter().any(|output| {
                matches!(output, Output::Flag(change)
                    if &change.subject == subject && &change.measure == measure && matches!(change.value, FlagValue::Lifted(_)))
            });
            let held = afresh(&mut district);
            for (subject, measure) in before.keys().filter(|key| !held.contains_key(*key)) {
                prop_assert!(lifted(subject, measure), "{subject} {measure} at step {n}");
            }
        }
    }

    #[test]
    fn what_a_lookup_shows_and_what_a_check_answers_never_disagree(
        steps in prop::collection::vec(arbitrary_step(), 1..20),
        later in 0..400_i64,
    ) {
        let mut district = district();
        for (n, step) in steps.iter().enumerate() {
            let _ = district.send(&raw(step));
            if n == 9 {
                district.now = district.now.plus_days(later);
                district.control(Control::TimeAdvanced);
            }
            let subjects: Vec<SubjectKey> =
                Rows::new(&mut district.store).subjects_after(&[], usize::MAX).unwrap().into_iter().map(|(_, s)| s).collect();
            for subject in subjects {
                let shown = in_force(&mut district, &subject);
                for matter in district.catalogue().matters.keys() {
                    let answer = decide(district.held(&subject), matter, district.now).decision;
                    prop_assert_eq!(answer, by_records(&shown, matter, district.now), "{} {}", subject, matter);
                }
            }
        }
    }

    #[test]
    fn nothing_is_in_force_after_its_end(steps in prop::collection::vec(arbitrary_step(), 1..25), later in 0..2_500_i64) {
        let mut district = district();
        for step in &steps {
            let _ = district.send(&raw(step));
        }
        district.now = district.now.plus_days(later);
        district.control(Control::TimeAdvanced);
        let now = district.now;
        for ((subject, measure), flag) in standing(&district) {
            // A facilitation that rests for good while restricted keeps its ground, and holds at no instant.
            let over = flag.intervals.last_end().is_some_and(|end| end <= now);
            prop_assert!(!over || flag.effect == Effect::Facilitate, "{subject} {measure}");
            let endless = flag.grounds.iter().any(|ground| matches!(ground.end(), End::Condition { .. }));
            let bounded = flag.intervals.is_empty() || flag.intervals.last_end().is_some();
            prop_assert!(bounded || endless, "{subject} {measure} has no end and no law");
        }
    }

    #[test]
    fn the_fold_of_a_log_is_the_fold_of_its_prefix_and_the_tail(
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
            let _ = whole.send(&raw(step));
        }
        let (store, offset) = prefix.unwrap();
        let mut resumed = district();
        (resumed.store, resumed.offset) = (store, offset);
        resumed.flags.clear();
        for step in &steps[cut..] {
            let _ = resumed.send(&raw(step));
        }
        prop_assert!(resumed.store == whole.store);
    }

    #[test]
    fn no_restriction_is_in_force_before_its_notice_or_without_its_parts(
        steps in prop::collection::vec(arbitrary_step(), 1..25),
        later in prop::collection::vec(0..400_i64, 1..4),
    ) {
        let mut district = district();
        let (mut clocks, mut told) = (later.iter().cycle(), BTreeMap::new());
        for (n, step) in steps.iter().enumerate() {
            if district.send(&raw(step)).is_ok() {
                note_service(&mut told, &step.line);
            }
            if n % 6 == 5 {
                district.now = district.now.plus_days(*clocks.next().unwrap());
                district.control(Control::TimeAdvanced);
            }
            for ((subject, measure), flag) in standing(&district) {
                for ground in &flag.grounds {
                    let document = ground.document();
                    prop_assert!(!ground.basis().is_empty() && ground.measure_version() > 0);
                    prop_assert!(!document.number.is_empty() && !document.issuer.is_empty());
                    if measure.as_str() != "licence-fast-lane" {
                        // As it was sent, and not as the ground says.
                        let record = ground.record();
                        let sent = told.get(&(record.item.to_string(), record.record_id.to_string(), subject.to_string()));
                        prop_assert!(sent.is_some_and(|day| ground.since() >= *day), "{measure} of {record:?} is not noticed");
                        prop_assert!(ground.since() >= document.effective_on);
                    }
                }
                let first = flag.grounds.iter().map(|ground| ground.interval().start).min();
                let all_shown = flag.grounds.len() == usize::try_from(flag.grounds_total).unwrap();
                let begins = flag.intervals.as_slice().iter().map(|interval| interval.start).min();
                prop_assert!(!all_shown || begins.is_none() || begins >= first, "{subject} {measure}");
            }
        }
    }
}

/// Keeps the first day on which a notice of each record was said to be served.
fn note_service(told: &mut BTreeMap<(String, String, String), Date>, line: &str) {
    if !line.starts_with("notice.served ") {
        return;
    }
    let words: BTreeMap<&str, &str> = line.split_whitespace().filter_map(|word| word.split_once('=')).collect();
    let (scheme, id) = subject_of(words["subject"]);
    let identifier = domain::subject::Identifier::parse(&scheme, &id, &|_| false).unwrap();
    let subject = SubjectKey::plain(&identifier).expect("a firm").to_string();
    let day = words["served_on"].parse().unwrap();
    let first = told.entry((words["item"].to_owned(), words["record"].to_owned(), subject)).or_insert(day);
    *first = day.min(*first);
}

#[test]
fn a_wave_of_expiries_is_cut_and_goes_on_by_continue() {
    let mut district = district();
    let records = domain::fold::CHANGES_MAX as u64 + 500;
    for n in 0..records {
        let line = format!(
            "record.upserted source=district.market item=honour.award record=H subject=uscc:{n} revision=1 \
            issued=2026-05-01 fields={{title:甲}}"
        );
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        district.send(&event(&words)).unwrap();
    }
    assert_eq!(standing(&district).len() as u64, records);
    district.now = noon("2029-05-02");
    let applied = district.append(Content::Control(Control::TimeAdvanced));
    let lifted = applied.outputs.iter().filter(|o| matches!(o, domain::output::Output::Flag(_))).count();
    assert!(lifted < records as usize, "one record lifts at most its share");
    assert!(standing(&district).is_empty(), "the continuation lifts the rest");
}

fn debarment(district: &mut District<'_>, n: usize, from: &str, until: &str) {
    let target = format!("source=district.finance item=foreign.debarment record=D{n} subject=foreign:iadb:1");
    for line in [
        format!("record.upserted {target} revision=1 issued=2026-05-01 from={from} until={until}"),
        format!("notice.served {target} notice_id=N served_on=2026-05-02"),
    ] {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        district.send(&event(&words)).unwrap();
    }
}

#[test]
fn a_ground_in_force_is_shown_however_many_are_to_come() {
    let mut district = district();
    for n in 0..100 {
        debarment(&mut district, n, "2027-01-01", "2030-01-01");
    }
    debarment(&mut district, 100, "2026-05-01", "2026-12-31");
    let (_, flag) = standing(&district).pop_first().unwrap();
    assert_eq!(flag.grounds_total, 101);
    assert_eq!(flag.grounds[0].record().record_id.as_str(), "D100");
}

#[test]
fn a_ground_that_nothing_excepts_is_shown_among_many_that_are_excepted() {
    let mut district = district();
    for n in 0..9 {
        debarment(&mut district, n, "2026-05-01", &format!("20{}-01-01", 40 - n));
        if n < 8 {
            let line = format!(
                "permission.granted source=district.finance item=foreign.debarment record=D{n} subject=foreign:iadb:1 \
                 permission_id=V matter=procurement.lender-financed from=2026-05-01 until=2027-01-01 by=x"
            );
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            district.send(&event(&words)).unwrap();
        }
    }
    let (_, flag) = standing(&district).pop_first().unwrap();
    assert!(flag.grounds.iter().any(|ground| ground.record().record_id.as_str() == "D8"));
}

#[test]
fn decisions_find_room_when_filings_have_used_up_theirs() {
    let mut district = district();
    let target = "item=fire.penalty record=P subject=uscc:1";
    let mut send = |line: String| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        district.send(&event(&words)).map(|applied| applied.outcome)
    };
    for n in 0..domain::record::FACTS_MAX {
        let line = format!(
            "objection.filed source=district.credit-centre {target} objection_id=O{n} grounds=g filed_on=2026-05-01"
        );
        send(line).unwrap();
    }
    let one_more =
        format!("objection.filed source=district.credit-centre {target} objection_id=X grounds=g filed_on=2026-05-01");
    assert_eq!(send(one_more), Err("record.too-many-facts".to_owned()));
    let decided = format!(
        "objection.resolved source=district.fire {target} objection_id=X outcome=upheld resolved_on=2026-05-02"
    );
    assert_eq!(send(decided), Ok(Outcome::Changed));
}
