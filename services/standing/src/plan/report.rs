//! A plan as a person and as a program reads it.

use std::collections::BTreeMap;
use std::fmt::Write;

use catalogue::plan::{Counts, Kind, PlanRecord, Planned, Sample, Threshold};
use domain::time::Instant;
use serde_json::{Value, json};

use super::Plan;

/// What is said of a plan.
pub(crate) struct Report<'a> {
    pub(crate) plan: &'a Plan,
    /// What is kept of it, if anything is.
    pub(crate) record: Option<&'a PlanRecord>,
    pub(crate) threshold: Threshold,
    pub(crate) seconds: f64,
}

impl Report<'_> {
    fn needs_confirmation(&self) -> bool {
        self.record.is_some_and(|record| self.threshold.is_exceeded_by(record))
    }

    pub(crate) fn text(&self) -> String {
        let Plan { tally, ran, as_of, base, planned, tail } = self.plan;
        let mut text = String::new();
        let what = match planned {
            Planned::Catalogue(digest) => format!("catalogue {digest}"),
            Planned::Fold(version) => format!("version {version} of the fold"),
        };
        let _ = writeln!(text, "plan of {what}");
        let _ = match base {
            Some(base) => writeln!(text, "  against    catalogue {}, fold {}", base.catalogue, base.fold),
            None => writeln!(text, "  against    nothing in force yet: the first activation needs no plan"),
        };
        let time = Instant::from_ms(as_of.time_ms);
        let _ = writeln!(text, "  as of      {time}, log {}", as_of.token);
        let _ = writeln!(
            text,
            "  folded     {} subjects anew, {tail} records behind the checkpoints, in {:.1} s",
            ran.subjects, self.seconds
        );
        let total = tally.total();
        let _ = writeln!(
            text,
            "\n{} flags of {} subjects change; {} subjects are newly restricted, or restricted further",
            total.total(),
            tally.subjects,
            tally.subjects_graver
        );
        if ran.notices != Default::default() {
            let notices = ran.notices;
            let _ = writeln!(text, "{} notices to serve, {} void", notices.to_serve, notices.void);
        }
        if !tally.measures.is_empty() {
            text.push('\n');
            text.push_str(&self.table());
            text.push_str("\nsamples\n");
            for sample in tally.samples.values().flatten() {
                let Sample { subject, measure, kind, aspects } = sample;
                let line = format!("  {:<12} {measure}  {subject}  {aspects}", kind.as_str());
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        self.next(&mut text);
        text
    }

    fn table(&self) -> String {
        let tally = &self.plan.tally;
        let mut text = format!("{:<44}", "flags by measure, and by department");
        for kind in Kind::ALL {
            let _ = write!(text, "{:>12}", kind.as_str());
        }
        text.push('\n');
        let mut row = |name: &str, counts: &Counts| {
            let _ = write!(text, "{name:<44}");
            for kind in Kind::ALL {
                let count = counts.of(kind);
                let _ = write!(text, "{:>12}", if count == 0 { "-".to_owned() } else { count.to_string() });
            }
            text.push('\n');
        };
        for (measure, counts) in &tally.measures {
            let effect = tally.effects.get(measure).map(|effect| effect.as_str()).unwrap_or_default();
            row(&format!("{measure} ({effect})"), counts);
            for ((_, department), counts) in tally.departments.iter().filter(|((of, _), _)| of == measure) {
                row(&format!("  {department}"), counts);
            }
        }
        text
    }

    fn next(&self, text: &mut String) {
        let Some(record) = self.record else { return };
        let _ = writeln!(text, "\nplan {} is kept, by {}", record.digest(), record.by.name);
        if self.needs_confirmation() {
            let _ = writeln!(
                text,
                "a mass change (more than {} subjects, or {} %): another operator has to confirm it, with a token of its own: \
                 standing catalogue activate --confirm",
                self.threshold.subjects, self.threshold.percent
            );
        }
    }

    pub(crate) fn json(&self) -> Value {
        let Plan { tally, ran, as_of, base, planned, tail } = self.plan;
        let mut measures = serde_json::Map::new();
        for (measure, counts) in &tally.measures {
            let departments: BTreeMap<&str, &Counts> = tally
                .departments
                .iter()
                .filter(|((of, _), _)| of == measure)
                .map(|((_, department), counts)| (department.as_str(), counts))
                .collect();
            let effect = tally.effects.get(measure).map(|effect| effect.as_str());
            let entry = json!({ "effect": effect, "flags": counts, "departments": departments });
            measures.insert(measure.to_string(), entry);
        }
        let samples: Vec<Value> = tally
            .samples
            .values()
            .flatten()
            .map(|sample| {
                let Sample { subject, measure, kind, aspects } = sample;
                json!({ "subject": subject.as_str(), "measure": measure.as_str(), "change": kind.as_str(), "differs": aspects })
            })
            .collect();
        json!({
            "planned": planned,
            "base": base,
            "as_of": { "time": Instant::from_ms(as_of.time_ms).to_string(), "token": as_of.token },
            "subjects": { "evaluated": ran.subjects, "changed": tally.subjects, "newly_restricted": tally.subjects_graver },
            "flags": tally.total(),
            "notices": { "to_serve": ran.notices.to_serve, "void": ran.notices.void },
            "measures": measures,
            "samples": samples,
            "tail_records": tail,
            "seconds": self.seconds,
            "plan": self.record.map(PlanRecord::digest),
            "by": self.record.map(|record| record.by.name.as_str()),
            "needs_confirmation": self.needs_confirmation(),
        })
    }
}
