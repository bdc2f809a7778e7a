//! Counts and samples of the changes of a plan, by measure and by department.

use std::collections::BTreeMap;

use domain::catalogue::Effect;
use domain::ids::{DepartmentId, MeasureId};
use domain::subject::SubjectKey;

use super::change::{Change, Kind};
use super::kept::Counts;

/// Samples kept of each kind of change of a measure: the first of each partition, in its order.
const SAMPLES: usize = 3;

/// A change as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub subject: SubjectKey,
    pub measure: MeasureId,
    pub kind: Kind,
    /// What differs, by its name, comma-separated; empty where a flag comes or goes.
    pub aspects: String,
}

/// What is counted of the changes of one or of several partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Flags, which of one measure are as many as subjects.
    pub measures: BTreeMap<MeasureId, Counts>,
    pub effects: BTreeMap<MeasureId, Effect>,
    /// Flags by the measure and each department whose records they come from.
    pub departments: BTreeMap<(MeasureId, DepartmentId), Counts>,
    /// Subjects with any change.
    pub subjects: u64,
    /// Subjects with a restriction that comes or is widened.
    pub subjects_graver: u64,
    pub samples: BTreeMap<(MeasureId, Kind), Vec<Sample>>,
    /// The subject of the change before, and whether it is worse off: those of one subject follow each other.
    last: Option<(SubjectKey, bool)>,
}

impl Tally {
    pub fn count(&mut self, change: &Change) {
        self.measures.entry(change.measure.clone()).or_default().add(change.kind);
        self.effects.insert(change.measure.clone(), change.effect());
        for department in &change.departments {
            self.departments.entry((change.measure.clone(), department.clone())).or_default().add(change.kind);
        }
        self.count_subject(change);
        let samples = self.samples.entry((change.measure.clone(), change.kind)).or_default();
        if samples.len() < SAMPLES {
            let aspects: Vec<&str> = change.aspects.iter().map(|aspect| aspect.as_str()).collect();
            samples.push(Sample {
                subject: change.subject.clone(),
                measure: change.measure.clone(),
                kind: change.kind,
                aspects: aspects.join(", "),
            });
        }
    }

    fn count_subject(&mut self, change: &Change) {
        let graver = change.kind.is_graver();
        match &mut self.last {
            Some((subject, counted)) if *subject == change.subject => {
                if graver && !*counted {
                    *counted = true;
                    self.subjects_graver += 1;
                }
            }
            last => {
                *last = Some((change.subject.clone(), graver));
                self.subjects += 1;
                self.subjects_graver += u64::from(graver);
            }
        }
    }

    /// Adds another partition's.
    pub fn merge(&mut self, other: Self) {
        for (measure, counts) in other.measures {
            self.measures.entry(measure).or_default().merge(counts);
        }
        for (key, counts) in other.departments {
            self.departments.entry(key).or_default().merge(counts);
        }
        for (key, samples) in other.samples {
            let held = self.samples.entry(key).or_default();
            held.extend(samples);
            held.truncate(SAMPLES);
        }
        self.effects.extend(other.effects);
        self.subjects += other.subjects;
        self.subjects_graver += other.subjects_graver;
        self.last = None;
    }

    /// All flags.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.measures.values().for_each(|counts| total.merge(*counts));
        total
    }
}
