//! What should come of a partition: the same arithmetic over plain maps, one record after the other. Shares no code with the
//! runtime, and none with the fold.

use std::collections::{BTreeMap, BTreeSet};

/// A committed record of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) command: String,
}

/// An output that should be there: the offset of its record, and what is written: `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) offset: i64,
    pub(crate) text: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    sums: BTreeMap<String, i64>,
    notes: BTreeMap<String, String>,
    timers: BTreeSet<(i64, i64)>,
    rejected: u64,
    pub(crate) out: Vec<Line>,
    pub(crate) rejects: Vec<Line>,
}

impl Reference {
    pub(crate) fn apply(&mut self, input: &Input) {
        let Input { offset, key, command } = input;
        let offset = *offset;
        if let Some(code) = failure(command) {
            self.rejected += 1;
            self.rejects.push(Line { offset, text: format!("={offset}.0 {code}") });
        } else if let Some(note) = command.strip_prefix("note ") {
            self.notes.insert(key.clone(), note.to_owned());
        } else if let Some(due) = command.strip_prefix("arm ") {
            self.timers.insert((due.parse().unwrap(), offset));
        } else if let Some(now) = command.strip_prefix("time ") {
            let now: i64 = now.parse().unwrap();
            let due: Vec<(i64, i64)> = self.timers.iter().copied().take_while(|(due, _)| *due <= now).collect();
            for (index, timer) in due.into_iter().enumerate() {
                self.timers.remove(&timer);
                self.out.push(Line { offset, text: format!("{key}={offset}.{index} {}", timer_row(timer)) });
            }
        } else {
            let sum = self.sums.entry(key.clone()).or_default();
            *sum += command.parse::<i64>().unwrap();
            self.out.push(Line { offset, text: format!("{key}={offset}.0 {sum}") });
        }
    }

    /// The rows of the state.
    pub(crate) fn rows(&self) -> BTreeMap<String, String> {
        let sums = self.sums.iter().filter(|(_, sum)| **sum != 0);
        let mut rows: BTreeMap<String, String> =
            sums.map(|(key, sum)| (format!("sum|{key}"), sum.to_string())).collect();
        rows.extend(self.notes.iter().map(|(key, note)| (format!("note|{key}"), note.clone())));
        rows.extend(self.timers.iter().map(|timer| (timer_row(*timer), String::new())));
        if self.rejected > 0 {
            rows.insert("rejected".to_owned(), self.rejected.to_string());
        }
        rows
    }
}

fn failure(command: &str) -> Option<&'static str> {
    match command {
        "bad" => Some("sums.bad"),
        "panic" => Some("fold.panicked"),
        "huge" => Some("output.too-large"),
        _ => None,
    }
}

fn timer_row((due, offset): (i64, i64)) -> String {
    format!("timer|{due:0>15}|{offset:0>9}")
}
