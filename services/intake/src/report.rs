//! The answer to a batch: a receipt for every event in order, and one problem for every refused one.
//!
//! Kept small: receipts as ids, problems as the JSON they will be, and the token, which is the same for all and may be longer
//! than an event, only once. It is written out piece by piece while it is sent.

use std::mem;

use bytes::Bytes;
use domain::problem::Problem;
use serde::Serialize;

use crate::check::Faults;

/// Room for further faults in one answer. Once it is full, only the first fault of each event is told: a batch could
/// otherwise make an answer many times its own size.
const DETAILS_BYTES_MAX: usize = 4 << 20;
/// Size of a piece of the answer.
const PIECE_BYTES: usize = 64 << 10;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Accepted,
    Rejected,
}

#[derive(Serialize)]
pub(crate) struct Receipt<'a> {
    pub(crate) event_id: Option<&'a str>,
    pub(crate) status: Status,
    pub(crate) token: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct Detail<'a> {
    code: &'a str,
    field: Option<&'a str>,
    message: &'a str,
}

impl<'a> From<&'a Problem> for Detail<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { code: &problem.code, field: problem.field.as_deref(), message: &problem.message }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    event_id: Option<&'a str>,
    line: u64,
    #[serde(flatten)]
    first: Detail<'a>,
    details: Vec<Detail<'a>>,
}

#[derive(Default)]
pub(crate) struct Report {
    receipts: Vec<(Option<Box<str>>, Status)>,
    /// Members of the list of problems, with commas between.
    problems: Vec<u8>,
    details_bytes: usize,
    accepted: u64,
    rejected: u64,
}

impl Report {
    pub(crate) fn accept(&mut self, event_id: Option<&str>) {
        self.accepted += 1;
        self.receipts.push((event_id.map(Into::into), Status::Accepted));
    }

    pub(crate) fn refuse(&mut self, event_id: Option<&str>, line: u64, faults: &Faults) {
        self.rejected += 1;
        self.receipts.push((event_id.map(Into::into), Status::Rejected));
        self.problem(event_id, line, faults);
    }

    /// What was not read, as so many lines (at least one) from this one on. They have no receipts.
    pub(crate) fn refuse_rest(&mut self, line: u64, lines: u64, problem: Problem) {
        self.rejected += lines;
        self.problem(None, line, &problem.into());
    }

    fn problem(&mut self, event_id: Option<&str>, line: u64, faults: &Faults) {
        let mut details: Vec<Detail<'_>> = Vec::new();
        if self.details_bytes < DETAILS_BYTES_MAX {
            details.extend(faults.further.iter().map(Detail::from));
        }
        let before = self.problems.len();
        if before > 0 {
            self.problems.push(b',');
        }
        let told = !details.is_empty();
        write(&mut self.problems, &Entry { event_id, line, first: Detail::from(&faults.first), details });
        if told {
            self.details_bytes += self.problems.len() - before;
        }
    }

    /// The answer's JSON in pieces. `token` is that of everything accepted.
    pub(crate) fn pieces(self, token: Option<String>) -> impl Iterator<Item = Bytes> + Send {
        let mut head = Vec::with_capacity(PIECE_BYTES);
        head.extend_from_slice(
            format!("{{\"accepted\":{},\"rejected\":{},\"receipts\":[", self.accepted, self.rejected).as_bytes(),
        );
        let mut receipts = self.receipts.into_iter();
        let mut tail = Some(self.problems);
        let mut first = true;
        let mut buffer = head;
        std::iter::from_fn(move || {
            tail.as_ref()?;
            for (event_id, status) in receipts.by_ref() {
                if !mem::take(&mut first) {
                    buffer.push(b',');
                }
                let token = token.as_deref().filter(|_| status == Status::Accepted);
                write(&mut buffer, &Receipt { event_id: event_id.as_deref(), status, token });
                if buffer.len() >= PIECE_BYTES {
                    return Some(mem::take(&mut buffer).into());
                }
            }
            let problems = tail.take()?;
            buffer.extend_from_slice(b"],\"problems\":[");
            buffer.extend_from_slice(&problems);
            buffer.extend_from_slice(b"]}");
            Some(mem::take(&mut buffer).into())
        })
    }
}

fn write(to: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(to, value).expect("texts and numbers are written to memory");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answer(report: Report, token: Option<&str>) -> (Value, usize) {
        let pieces: Vec<Bytes> = report.pieces(token.map(str::to_owned)).collect();
        (serde_json::from_slice(&pieces.concat()).unwrap(), pieces.len())
    }

    fn faults(further: usize) -> Faults {
        let fault = Problem::new("field.missing", "source", "is required; give it");
        Faults { first: fault.clone(), further: vec![fault; further] }
    }

    #[test]
    fn an_answer_has_the_shape_of_the_interface() {
        let mut report = Report::default();
        report.accept(Some("a"));
        report.refuse(None, 3, &faults(1));
        report.accept(Some("\"b\""));
        let (answer, _) = answer(report, Some("st1.x"));
        let fault = json!({"code": "field.missing", "field": "source", "message": "is required; give it"});
        assert_eq!(
            answer,
            json!({
                "accepted": 2, "rejected": 1,
                "receipts": [
                    {"event_id": "a", "status": "accepted", "token": "st1.x"},
                    {"event_id": null, "status": "rejected", "token": null},
                    {"event_id": "\"b\"", "status": "accepted", "token": "st1.x"},
                ],
                "problems": [{
                    "event_id": null, "line": 3, "code": "field.missing", "field": "source",
                    "message": "is required; give it", "details": [fault],
                }],
            })
        );
        assert_eq!(answer_of_nothing(), json!({"accepted": 0, "rejected": 0, "receipts": [], "problems": []}));
    }

    fn answer_of_nothing() -> Value {
        answer(Report::default(), None).0
    }

    #[test]
    fn a_long_answer_comes_in_pieces_and_whole() {
        let mut report = Report::default();
        for n in 0..20_000 {
            report.accept(Some(&n.to_string()));
        }
        let (answer, pieces) = answer(report, Some("st1.token"));
        assert!(pieces > 10, "{pieces}");
        let receipts = answer["receipts"].as_array().unwrap();
        assert_eq!(receipts.len(), 20_000);
        assert_eq!(receipts[19_999]["event_id"], "19999");
    }

    #[test]
    fn further_faults_are_told_until_their_room_is_full() {
        let mut report = Report::default();
        let events: u64 = 10_000;
        for line in 1..=events {
            report.refuse(None, line, &faults(19));
        }
        let (answer, _) = answer(report, None);
        let problems = answer["problems"].as_array().unwrap();
        assert_eq!(problems.len() as u64, events);
        assert_eq!(problems[0]["details"].as_array().unwrap().len(), 19);
        assert_eq!(problems[9_999]["details"], json!([]));
        assert_eq!(problems[9_999]["code"], "field.missing");
    }
}
