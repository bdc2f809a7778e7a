//! Open tasks in the state: their rows, the timers that make them overdue, and how many there are.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::work::Work;
use super::{Fold, Stop};
use crate::case::Case;
use crate::catalogue::Task;
use crate::event::RecordRef;
use crate::record::{PlacedTask, Record};
use crate::rows::{CaseKey, Store, Timer, TimerKind};
use crate::state::CaseRow;
use crate::subject::SubjectKey;
use crate::time::Instant;

impl<S: Store> Fold<'_, '_, S> {
    /// Moves the rows from the tasks the record was placed with to those it has. True if that changed the record.
    pub(super) fn place_cases(
        &mut self,
        work: &Work,
        key: &RecordRef,
        record: &mut Record,
        cases: Vec<Case>,
    ) -> Result<bool, Stop> {
        let now = self.now();
        if record.tasks.is_empty() && cases.is_empty() {
            return Ok(false);
        }
        let open: Vec<(PlacedTask, Case)> = cases
            .into_iter()
            .filter(Case::is_open)
            .filter_map(|case| {
                let overdue = case.is_overdue(now);
                Some((PlacedTask { task: case.task, id: case.id.clone(), due_on: case.due_on?, overdue }, case))
            })
            .collect();
        let after: Vec<PlacedTask> = open.iter().map(|(placed, _)| placed.clone()).collect();
        let before = std::mem::replace(&mut record.tasks, after);
        for placed in before.iter().filter(|placed| !record.tasks.contains(placed)) {
            self.rows.delete_case(&case_key(&work.subject, key, placed));
            self.count_case(placed, -1);
        }
        for (placed, case) in &open {
            self.put_case(&work.subject, key, placed, case)?;
            if !before.contains(placed) {
                self.count_case(placed, 1);
            }
        }
        let timers = |tasks: &[PlacedTask]| -> BTreeSet<Date> {
            tasks.iter().filter(|placed| !placed.overdue).map(|placed| placed.due_on).collect()
        };
        let (armed, wanted) = (timers(&before), timers(&record.tasks));
        for due_on in armed.difference(&wanted) {
            self.rows.delete_timer(&timer(&work.subject, key, *due_on));
        }
        for due_on in wanted.difference(&armed) {
            self.rows.put_timer(&timer(&work.subject, key, *due_on));
        }
        let changed = before != record.tasks;
        self.changes += usize::from(changed);
        Ok(changed)
    }

    /// The last day of a record's tasks is over: those that are still open are overdue.
    pub(super) fn overdue(&mut self, work: &Work, timer: &Timer, key: &RecordRef) -> Result<(), Stop> {
        let Some(mut record) = self.rows.record(&work.subject, key)? else { return Ok(()) };
        let mut late = Vec::new();
        for placed in &mut record.tasks {
            if !placed.overdue && Instant::day_end(placed.due_on) <= timer.due {
                placed.overdue = true;
                late.push(placed.clone());
            }
        }
        for placed in &late {
            let case_key = case_key(&work.subject, key, placed);
            if let Some(row) = self.rows.case(&case_key)? {
                self.rows.put_case(&case_key, &CaseRow { overdue: true, ..row })?;
            }
            self.partition.cases.entry(placed.task).or_default().overdue += 1;
        }
        if !late.is_empty() {
            self.rows.put_record(&work.subject, key, &record)?;
        }
        Ok(())
    }

    fn put_case(
        &mut self,
        subject: &SubjectKey,
        key: &RecordRef,
        placed: &PlacedTask,
        case: &Case,
    ) -> Result<(), Stop> {
        let row = CaseRow {
            unit: case.unit.clone(),
            began_on: case.began_on,
            extended: case.extended,
            overdue: placed.overdue,
        };
        Ok(self.rows.put_case(&case_key(subject, key, placed), &row)?)
    }

    fn count_case(&mut self, placed: &PlacedTask, by: i32) {
        let task: Task = placed.task;
        let counts = self.partition.cases.entry(task).or_default();
        counts.open = counts.open.saturating_add_signed(by);
        if placed.overdue {
            counts.overdue = counts.overdue.saturating_add_signed(by);
        }
        if counts.open == 0 {
            self.partition.cases.remove(&task);
        }
    }
}

fn case_key(subject: &SubjectKey, record: &RecordRef, placed: &PlacedTask) -> CaseKey {
    CaseKey {
        due_on: placed.due_on,
        subject: subject.clone(),
        record: record.clone(),
        task: placed.task,
        id: placed.id.clone(),
    }
}

fn timer(subject: &SubjectKey, record: &RecordRef, due_on: Date) -> Timer {
    Timer {
        due: Instant::day_end(due_on),
        subject: subject.clone(),
        measure: None,
        kind: TimerKind::Deadline,
        record: Some(record.clone()),
    }
}
