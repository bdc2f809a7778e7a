//! Who lives in the district: 14 people, 5 firms and a building of every 20 subjects, all of the division 990000 that does not
//! exist.

use domain::subject::{Scheme, SubjectKind, fictitious};
use jiff::civil::Date;
use serde_json::{Value, json};

use SubjectKind::{Building as B, Organisation as O, Person as P};

/// The kinds of 20 subjects in a row, mixed so that small districts have all of them.
const KINDS: [SubjectKind; 20] = [O, P, P, B, P, P, O, P, P, P, O, P, P, P, O, P, P, P, O, P];

/// Numbers below are free for examples, tests and the firm that the playground shows.
const FIRST_NUMBER: u64 = 10_000;

/// The calendar year by whose end everybody of [`fictitious::adult`] is of age is the birth year and 18.
const OF_AGE_YEARS: i16 = 18;

const PLACES: [&str; 8] = ["青松", "星河", "云海", "远山", "长桥", "春晖", "北岸", "明湖"];
const TRADES: [&str; 8] = ["建设", "食品", "物流", "电子", "环保", "餐饮", "医药", "信息"];

pub(super) struct Subject {
    pub(super) number: u64,
    pub(super) kind: SubjectKind,
    /// Its place among those of its kind.
    pub(super) ordinal: u64,
    scheme: Scheme,
    id: String,
    name: String,
    /// Of a person.
    birth_year: Option<i16>,
}

impl Subject {
    pub(super) fn of(number: u64) -> Self {
        let (block, index) = (number / 20, usize::try_from(number % 20).expect("below 20"));
        let kind = KINDS[index];
        let of_kind = |kinds: &[SubjectKind]| kinds.iter().filter(|k| **k == kind).count() as u64;
        let ordinal = block * of_kind(&KINDS) + of_kind(&KINDS[..index]);
        let n = FIRST_NUMBER + number;
        let word = |words: &[&'static str; 8], n: u64| words[usize::try_from(n % 8).expect("below 8")];
        let place = word(&PLACES, ordinal);
        let (scheme, id, name) = match kind {
            P => (Scheme::CnId, fictitious::adult(n), format!("虚构居民{n}")),
            O => {
                let trade = word(&TRADES, ordinal / 8);
                (Scheme::Uscc, fictitious::uscc(n), format!("虚构{place}{trade}{n}号有限公司"))
            }
            B => (Scheme::Building, fictitious::building(n), format!("虚构{place}大厦{n}号")),
        };
        let birth_year = id.get(6..10).filter(|_| kind == P).and_then(|year| year.parse().ok());
        Self { number, kind, ordinal, scheme, id, name, birth_year }
    }

    /// Whether adverse records of a document of this day may be kept: nobody's of when it was a minor.
    pub(super) fn is_answerable_on(&self, day: Date) -> bool {
        self.birth_year.is_none_or(|year| year + OF_AGE_YEARS < day.year())
    }

    pub(super) fn json(&self) -> Value {
        json!({ "scheme": self.scheme.as_str(), "id": self.id, "name": self.name })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn of_a_hundred_subjects_seventy_are_people_and_five_buildings() {
        let subjects: Vec<Subject> = (0..100).map(Subject::of).collect();
        let count = |kind| subjects.iter().filter(|s| s.kind == kind).count();
        assert_eq!((count(P), count(O), count(B)), (70, 25, 5));
        for kind in [P, O, B] {
            let ordinals: Vec<u64> = subjects.iter().filter(|s| s.kind == kind).map(|s| s.ordinal).collect();
            assert_eq!(ordinals, (0..ordinals.len() as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nobody_has_the_identifier_of_another() {
        let ids: BTreeSet<String> = (0..50_000).map(|n| Subject::of(n).id).collect();
        assert_eq!(ids.len(), 50_000);
    }
}
