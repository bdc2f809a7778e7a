//! Fifteen years of a development bank's debarments, replayed: at any date exactly those firms are excluded from
//! procurement under its loans whom its list then bans.
//!
//! What must come out is computed here from the list alone: a row bans from its first day to the end of its last.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use e2e::event::{Record, Subject};
use e2e::playground::Playground;
use e2e::repository;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

const MATTER: &str = "procurement.lender-financed";
/// From the root of the checkout.
const LIST: &str = "../shared/data/debarment/iadb_debarments.csv";

/// One row of the list.
struct Row {
    number: String,
    from: Date,
    /// `None`: `Ongoing`.
    until: Option<Date>,
    grounds: String,
    originator: String,
}

impl Row {
    fn subject(&self) -> Subject {
        Subject::foreign(&format!("iadb:{}", self.number))
    }

    fn record(&self) -> Record {
        Record {
            source: "district.finance",
            item: "foreign.debarment",
            document_kind: "debarment-notice",
            record_id: format!("IADB-{}", self.number),
            subject: self.subject(),
            issued_on: self.from,
        }
    }

    fn listed(&self) -> Value {
        let mut event = self.record().upserted(1, json!({ "grounds": self.grounds, "originator": self.originator }));
        event["valid"] = match self.until {
            Some(until) => json!({ "from": self.from, "until": until }),
            None => json!({ "from": self.from }),
        };
        event
    }

    fn bans(&self, day: Date) -> bool {
        self.until.is_some_and(|until| self.from <= day && day <= until)
    }
}

/// The rows in the order of their first days.
fn rows() -> Vec<Row> {
    let path = repository::root().join(LIST);
    let mut rows = if path.is_file() {
        read(&path)
    } else {
        eprintln!("there is no {LIST}: replaying the periods that are kept with this test");
        kept()
    };
    rows.sort_by(|a, b| (a.from, &a.number).cmp(&(b.from, &b.number)));
    rows
}

fn read(path: &std::path::Path) -> Vec<Row> {
    let day = |text: &str| Date::strptime("%b %d, %Y", text).unwrap();
    let row = |fields: csv::StringRecord| {
        let until = if &fields[3] == "Ongoing" { None } else { Some(day(&fields[3])) };
        let (grounds, originator) = (fields[4].to_owned(), fields[5].to_owned());
        Row { number: fields[0].to_owned(), from: day(&fields[2]), until, grounds, originator }
    };
    csv::Reader::from_path(path).unwrap().records().map(|fields| row(fields.unwrap())).collect()
}

/// Rows of that list: number, first and last day; no last day where it says `Ongoing`.
const KEPT: [(u32, Date, Option<Date>); 30] = [
    (185, date(2007, 3, 23), None),
    (137, date(2012, 5, 1), Some(date(2025, 4, 30))),
    (636, date(2012, 11, 7), None),
    (743, date(2015, 7, 30), None),
    (25, date(2018, 5, 11), None),
    (557, date(2019, 1, 4), Some(date(2023, 11, 29))),
    (782, date(2019, 5, 10), Some(date(2028, 10, 23))),
    (608, date(2020, 5, 13), None),
    (102, date(2020, 7, 28), Some(date(2026, 7, 27))),
    (36, date(2021, 3, 24), Some(date(2025, 3, 8))),
    (546, date(2022, 2, 1), Some(date(2025, 1, 3))),
    (811, date(2022, 2, 17), Some(date(2024, 10, 18))),
    (27, date(2022, 3, 16), Some(date(2024, 12, 21))),
    (166, date(2022, 3, 18), Some(date(2025, 3, 17))),
    (517, date(2022, 10, 28), Some(date(2037, 10, 27))),
    (81, date(2023, 3, 22), Some(date(2025, 3, 6))),
    (523, date(2023, 7, 19), Some(date(2027, 3, 24))),
    (203, date(2024, 1, 3), Some(date(2027, 1, 2))),
    (204, date(2024, 9, 5), Some(date(2027, 1, 2))),
    (284, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (306, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (328, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (350, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (372, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (394, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (416, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (438, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (460, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (493, date(2024, 9, 13), Some(date(2027, 7, 22))),
    (629, date(2025, 1, 2), Some(date(2028, 2, 28))),
];

fn kept() -> Vec<Row> {
    let row = |(number, from, until): &(u32, Date, Option<Date>)| Row {
        number: number.to_string(),
        from: *from,
        until: *until,
        grounds: if until.is_some() { "Fraud".to_owned() } else { String::new() },
        originator: "cross debarment".to_owned(),
    };
    KEPT.iter().map(row).collect()
}

/// In the middle of the list, on the last day of a ban and the day after, on the last row's first day, and years later.
fn dates(rows: &[Row]) -> [Date; 5] {
    let mut ends: Vec<Date> = rows.iter().filter_map(|row| row.until).collect();
    ends.sort();
    let last_first_day = rows.last().unwrap().from;
    let later: Vec<Date> = ends.iter().copied().filter(|end| *end > last_first_day.saturating_add(1.years())).collect();
    [rows[rows.len() / 2].from, ends[0], ends[0].tomorrow().unwrap(), last_first_day, later[later.len() / 2]]
}

#[tokio::test]
async fn at_five_dates_exactly_those_are_excluded_whom_the_list_bans() {
    let rows = rows();
    let days = dates(&rows);
    assert!(days.is_sorted(), "{days:?}");
    let playground = Playground::start(&["--now", &rows[0].from.to_string()]).unwrap();
    let register = &playground.register;
    let subjects: Vec<Subject> = rows.iter().map(Row::subject).collect();

    let mut to_come = rows.iter().peekable();
    let mut token = String::new();
    let mut refused = 0;
    for day in days {
        register.set_clock(day).await.unwrap();
        let mut lines = String::new();
        let mut endless = 0;
        while let Some(row) = to_come.next_if(|row| row.from <= day) {
            lines += &format!("{}\n", row.listed());
            match row.until {
                Some(_) => lines += &format!("{}\n", row.record().served(row.from)),
                None => endless += 1,
            }
        }
        let report = register.submit_lines("district.finance", lines).await.unwrap();
        let problems = report["problems"].as_array().unwrap();
        assert_eq!(problems.len(), endless, "until {day}: {problems:#?}");
        assert!(problems.iter().all(|problem| problem["code"] == "document.no-end"), "{problems:#?}");
        refused += endless;
        let receipts = report["receipts"].as_array().unwrap();
        if let Some(newer) = receipts.iter().find_map(|receipt| receipt["token"].as_str()) {
            token = newer.to_owned();
        }
        let decisions = register.decisions(MATTER, &subjects, Some(&token)).await.unwrap();
        let unclear: BTreeSet<&String> = decisions.iter().filter(|d| *d != "restricted" && *d != "clear").collect();
        assert!(unclear.is_empty(), "on {day}: {unclear:?}");
        let banned = |restricted: &dyn Fn(usize) -> bool| -> BTreeSet<&str> {
            rows.iter().enumerate().filter(|(at, _)| restricted(*at)).map(|(_, row)| row.number.as_str()).collect()
        };
        let (answered, implied) = (banned(&|at| decisions[at] == "restricted"), banned(&|at| rows[at].bans(day)));
        assert_eq!(answered, implied, "on {day}");
        eprintln!("{day}: {} of {} rows are banned", implied.len(), rows.len());
    }
    let ongoing = rows.iter().filter(|row| row.until.is_none()).count();
    assert_eq!(refused, ongoing);
    assert!(ongoing > 0 && to_come.next().is_none());
}

/// A debarment binds under the lender's loans and nowhere else, and says whose it is.
#[tokio::test]
async fn a_debarment_reaches_no_other_matter() {
    let row = Row {
        number: "1".to_owned(),
        from: date(2024, 7, 3),
        until: Some(date(2027, 1, 12)),
        grounds: "Fraud".to_owned(),
        originator: "WBG cross debarment".to_owned(),
    };
    let playground = Playground::start(&["--now", "2024-07-03"]).unwrap();
    let register = &playground.register;
    register.accepted(&row.listed()).await.unwrap();
    let token = register.accepted(&row.record().served(row.from)).await.unwrap();
    let answer = register.check(MATTER, &row.subject(), Some(&token)).await.unwrap();
    assert_eq!(answer["decision"], "restricted", "{answer:#}");
    assert_eq!(answer["flags"][0]["measure"], "lender-debarment");
    assert_eq!(answer["flags"][0]["document"]["number"], "IADB-1");
    assert_eq!(answer["flags"][0]["until"], "2027-01-12");
    for matter in ["procurement.bid", "subsidy.technology-innovation", "honours.quality-award", "inspection.routine"] {
        let answer = register.check(matter, &row.subject(), Some(&token)).await.unwrap();
        assert_eq!(answer["decision"], "clear", "{matter}: {answer:#}");
    }
}
