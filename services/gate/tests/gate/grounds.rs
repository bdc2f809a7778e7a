//! Flags as the fold would write them, from the reference catalogue's measures. Everybody in them is made up (虚构).

use std::collections::BTreeMap;

use domain::catalogue::{Catalogue, Effect, Measure, Polarity};
use domain::event::{Document, RecordRef};
use domain::flag::{End, Exception, Flag, Ground, GroundParts, GroundStatus, Served};
use domain::ids::{DepartmentId, ItemId, MatterId, MeasureId, RecordId};
use domain::subject::SubjectKind;
use domain::time::{Interval, Intervals, parse_date};
use jiff::civil::Date;

pub(crate) fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

pub(crate) fn matter(id: &str) -> MatterId {
    MatterId::new(id).unwrap()
}

/// One ground to be; a restriction's notice is served on the day of its document.
#[derive(Clone)]
pub(crate) struct Because {
    pub(crate) number: String,
    pub(crate) since: Date,
    pub(crate) end: End,
    pub(crate) status: GroundStatus,
    pub(crate) exceptions: Vec<Exception>,
}

pub(crate) fn because(number: &str, since: &str, until: &str) -> Because {
    Because {
        number: format!("虚构决〔2026〕{number}号"),
        since: day(since),
        end: End::On(day(until)),
        status: GroundStatus::InForce,
        exceptions: Vec::new(),
    }
}

pub(crate) fn permission(id: &str, of: &str, from: &str, until: &str) -> Exception {
    Exception {
        permission_id: RecordId::new(id).unwrap(),
        matter: matter(of),
        by: "district.finance".to_owned(),
        from: day(from),
        until: day(until),
    }
}

pub(crate) fn measure<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Measure {
    catalogue.measure(&MeasureId::new(id).unwrap(), day("2026-05-08")).unwrap()
}

fn ground(measure: &Measure, target: SubjectKind, because: &Because) -> Ground {
    let trigger = &measure.triggers[0];
    let polarity = match measure.effect {
        Effect::Restrict | Effect::Supervise => Polarity::Adverse,
        Effect::Facilitate => Polarity::Positive,
    };
    let document = Document {
        number: because.number.clone(),
        kind: "listing-decision".to_owned(),
        issuer: "district.court".to_owned(),
        issued_on: because.since,
        effective_on: because.since,
    };
    Ground::new(GroundParts {
        record: RecordRef {
            publisher: DepartmentId::new("district.court").unwrap(),
            item: ItemId::new(trigger.item.as_str()).unwrap(),
            record_id: RecordId::new(because.number.as_str()).unwrap(),
        },
        target,
        polarity,
        measure,
        trigger,
        document,
        valid_from: None,
        end: because.end.clone(),
        served: Some(Served { notice_id: RecordId::new("虚构送达1").unwrap(), served_on: because.since }),
        status: because.status,
        exceptions: because.exceptions.clone(),
    })
    .unwrap()
}

pub(crate) fn flag(catalogue: &Catalogue, id: &str, target: SubjectKind, because: &[Because]) -> Flag {
    let measure = measure(catalogue, id);
    let grounds: Vec<Ground> = because.iter().map(|because| ground(measure, target, because)).collect();
    let intervals: Intervals = grounds.iter().map(Ground::interval).collect();
    // Of one ground: where it is excepted, so is the flag. Stories with more set `excepted` themselves.
    let mut excepted: BTreeMap<MatterId, Intervals> = BTreeMap::new();
    if let [only] = because {
        for exception in &only.exceptions {
            let interval = Interval::of_days(exception.from, Some(exception.until)).unwrap();
            excepted.entry(exception.matter.clone()).or_default().insert(interval);
        }
    }
    Flag {
        effect: measure.effect,
        title: measure.title.clone(),
        matters: measure.matters.clone(),
        intervals,
        excepted,
        grounds_total: u32::try_from(grounds.len()).unwrap(),
        grounds,
        rating: None,
        remedies: measure.remedies.clone(),
        human_review: measure.human_review.clone(),
        catalogue: "digest".to_owned(),
    }
}
