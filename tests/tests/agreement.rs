//! One truth in three places: what a lookup shows, what a check answers and what stands in the topic never disagree at one version.
//! On a real Apache Kafka, through every service; what the domains' own topics hold is the audit's to compare, at the end.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use domain::flag::FlagValue;
use domain::ids::{MatterId, MatterPattern};
use domain::time::Instant;
use domain::verdict::{Held, decide};
use e2e::event::{Record, Subject, today};
use e2e::installation::Installation;
use e2e::kafka;
use e2e::published::{Published, flags};
use e2e::register::Register;
use e2e::story::{BID, FIRE_INSPECTION, HONOURS, INSPECTION, LICENCE, SUBSIDY};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

const MATTERS: [&str; 6] = [SUBSIDY, BID, HONOURS, INSPECTION, FIRE_INSPECTION, LICENCE];
/// Ways a record may go: each subject has two records, one of each pair of ways.
const WAYS: u64 = 12;

/// The events of a record that goes this way, all in the days before today.
fn events(way: u64, number: u64, subject: &Subject, today: Date) -> Vec<Value> {
    let day = |ago: i64| today.saturating_sub(ago.days());
    let id = format!("{number}");
    let court = Record::defaulter(&id, subject, day(5));
    let fire = Record::fire_penalty(&id, subject, day(5));
    let listed = || court.upserted(1, json!({ "ground": 2 }));
    let penalty = |severity: &str| fire.upserted(1, json!({ "severity": severity }));
    let inspected = |result: &str| {
        let of = |n: u8| Record::inspection(&format!("{id}-{n}"), subject, day(3));
        [0, 1].map(|n| of(n).upserted(1, json!({ "result": result }))).to_vec()
    };
    let step =
        |record: &Record, kind: &str, on: Date, fields: Value| record.event(kind, on, json!({ "fields": fields }));
    match way {
        0 => vec![listed()],
        1 => vec![listed(), court.served(day(4))],
        2 => vec![listed(), court.served(day(4)), court.withdrawn(2, day(1))],
        3 => {
            let filed = json!({ "objection_id": "O-1", "grounds": "虚构理由", "filed_on": day(1) });
            vec![listed(), court.served(day(4)), step(&court, "objection.filed", day(1), filed)]
        }
        4 => {
            let granted =
                json!({ "permission_id": "P-1", "matter": BID, "from": day(1), "until": today, "by": "虚构法院" });
            vec![listed(), court.served(day(4)), step(&court, "permission.granted", day(1), granted)]
        }
        5 => vec![penalty("serious"), fire.served(day(4))],
        6 => vec![penalty("serious")],
        7 => vec![penalty("general")],
        8 => {
            let opened = json!({ "review_id": "V-1", "kind": "review", "opened_on": day(2) });
            let closed = json!({ "review_id": "V-1", "outcome": "revoked", "closed_on": day(1), "reason": "虚构理由" });
            let (opened, closed) =
                (step(&fire, "review.opened", day(2), opened), step(&fire, "review.closed", day(1), closed));
            vec![penalty("serious"), fire.served(day(4)), opened, closed]
        }
        9 => vec![Record::award(&id, subject, day(4)).upserted(1, json!({ "title": "虚构奖项" }))],
        10 => inspected("pass"),
        _ => inspected("fail"),
    }
}

/// What follows for a matter: the decision and the measures that make it.
type Answer = (String, BTreeSet<String>);

fn by_topic(published: &Published, subject: &str, matter: &MatterId, now: Instant) -> (Answer, BTreeSet<String>) {
    let of = published.iter().filter(|((of, _), _)| of == subject);
    let held: Vec<_> = of
        .filter_map(|((_, measure), flag)| match &flag.value {
            FlagValue::Set(set) => Some(Held { measure, flag: set.by_ref(), version: flag.version }),
            FlagValue::Lifted(_) | FlagValue::Tombstone => None,
        })
        .collect();
    let rated = held.iter().filter(|held| held.flag.rating.is_some()).map(|held| held.measure.to_string()).collect();
    let verdict = decide(held, matter, now);
    let measures = verdict.flags.iter().map(|flag| flag.held.measure.to_string()).collect();
    ((verdict.decision.as_str().to_owned(), measures), rated)
}

fn by_check(answer: &Value) -> Answer {
    let flags = answer["flags"].as_array().unwrap();
    let measures = flags.iter().map(|flag| flag["measure"].as_str().unwrap().to_owned()).collect();
    (answer["decision"].as_str().unwrap().to_owned(), measures)
}

/// The measures in force for a matter by the records shown; those of a rating follow from no record.
fn by_lookup(shown: &Value, matter: &MatterId, today: Date) -> BTreeSet<String> {
    let days = |exception: &Value, name: &str| exception[name].as_str().unwrap().parse::<Date>().unwrap();
    let measures =
        shown["records"].as_array().unwrap().iter().filter_map(|record| record["measures"].as_array()).flatten();
    let in_force = measures.filter(|measure| {
        let patterns = measure["matters"].as_array().unwrap().iter();
        let concerns =
            patterns.map(|of| MatterPattern::new(of.as_str().unwrap()).unwrap()).any(|of| of.matches(matter));
        let exceptions = measure["exceptions"].as_array().into_iter().flatten();
        let mut open = exceptions.filter(|exception| {
            exception["matter"] == matter.as_str()
                && (days(exception, "from")..=days(exception, "until")).contains(&today)
        });
        measure["state"] == "in_force" && concerns && open.next().is_none()
    });
    in_force.map(|measure| measure["measure"].as_str().unwrap().to_owned()).collect()
}

async fn lived(register: &Register, today: Date) -> (Vec<Subject>, String) {
    let (mut subjects, mut by_source) = (Vec::new(), BTreeMap::<String, Vec<Value>>::new());
    for first in 0..WAYS {
        for second in first..WAYS {
            let number = 500_000 + first * 100 + second * 2;
            let subject = Subject::firm(number);
            let both =
                events(first, number, &subject, today).into_iter().chain(events(second, number + 1, &subject, today));
            for event in both {
                by_source.entry(event["source"].as_str().unwrap().to_owned()).or_default().push(event);
            }
            subjects.push(subject);
        }
    }
    // Whose events come first makes no difference.
    let mut tokens = Vec::new();
    for (source, events) in by_source {
        tokens.push(register.accepted_all(&source, &events).await.unwrap());
    }
    (subjects, tokens.pop().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_a_check_and_the_topic_never_disagree() {
    let installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let today = today().unwrap();
    let (subjects, token) = lived(&installation.register, today).await;
    let now = Instant::from_ms(jiff::Timestamp::now().as_millisecond());
    let published = flags(&installation, &token, None).unwrap();
    let (mut decisions, mut rated) = (BTreeMap::<String, u32>::new(), 0);
    for subject in &subjects {
        for matter in MATTERS {
            let of = MatterId::new(matter).unwrap();
            let checked = installation.register.check(matter, subject, Some(&token)).await.unwrap();
            let (told, by_rating) = by_topic(&published, &subject.key(), &of, now);
            assert_eq!(by_check(&checked), told, "{} {matter}: {checked:#}", subject.key());
            let of_records: BTreeSet<String> = told.1.difference(&by_rating).cloned().collect();
            let agrees = |shown: &Value| by_lookup(shown, &of, today) == of_records;
            let shown = installation.register.await_lookup(matter, subject, agrees).await;
            shown.unwrap_or_else(|error| panic!("{} {matter} should be {of_records:?}: {error:#}", subject.key()));
            rated += told.1.intersection(&by_rating).count();
            *decisions.entry(told.0).or_default() += 1;
        }
    }
    let seen: Vec<&str> = decisions.keys().map(String::as_str).collect();
    assert_eq!(seen, ["clear", "facilitated", "restricted", "supervised"], "{decisions:?}");
    assert!(rated > 0, "no rating bears on anything");
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["findings"].as_array().map(Vec::len), Some(0), "{audit:#}");
    installation.stop().unwrap();
}
