//! One flag that would be published, beside the one that stands.

use std::collections::BTreeSet;

use domain::catalogue::Effect;
use domain::flag::{Flag, Ground, LiftReason};
use domain::ids::{DepartmentId, MeasureId};
use domain::subject::SubjectKey;
use domain::time::Intervals;
use serde::{Deserialize, Serialize};

/// What a change means for its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A restriction where none stood.
    Restricted,
    /// A restriction that stood, for a longer time, for more matters, or with less excepted.
    Widened,
    Supervised,
    Facilitated,
    Lifted,
    /// Anything else, named by its [`Aspect`]s.
    Changed,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Restricted, Self::Widened, Self::Supervised, Self::Facilitated, Self::Lifted, Self::Changed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Widened => "widened",
            Self::Supervised => "supervised",
            Self::Facilitated => "facilitated",
            Self::Lifted => "lifted",
            Self::Changed => "changed",
        }
    }

    /// The subject is worse off by a restriction.
    pub fn is_graver(self) -> bool {
        match self {
            Self::Restricted | Self::Widened => true,
            Self::Supervised | Self::Facilitated | Self::Lifted | Self::Changed => false,
        }
    }
}

/// A part of a flag that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    Effect,
    Matters,
    Intervals,
    Excepted,
    /// Other records.
    Grounds,
    /// The same records, on other articles.
    Basis,
    /// The same records, under another version of the measure.
    MeasureVersion,
    /// The same records, with other terms, status, notice or permissions.
    Terms,
    /// Of a flag that follows from a rating: its band, points or criteria.
    Rating,
    Remedies,
    HumanReview,
    Title,
}

impl Aspect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Matters => "matters",
            Self::Intervals => "intervals",
            Self::Excepted => "excepted",
            Self::Grounds => "grounds",
            Self::Basis => "basis",
            Self::MeasureVersion => "measure_version",
            Self::Terms => "terms",
            Self::Rating => "rating",
            Self::Remedies => "remedies",
            Self::HumanReview => "human_review",
            Self::Title => "title",
        }
    }
}

/// A change of one flag. `before` and `after` are not both absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub subject: SubjectKey,
    pub measure: MeasureId,
    pub kind: Kind,
    /// Of a flag that stood and stands: what differs.
    pub aspects: BTreeSet<Aspect>,
    /// Who published the records it comes from, and who rates where it follows from a rating.
    pub departments: BTreeSet<DepartmentId>,
    pub before: Option<Flag>,
    /// `None`: lifted.
    pub after: Option<Flag>,
    pub lifted_for: Option<LiftReason>,
}

impl Change {
    pub(super) fn new(
        subject: SubjectKey,
        measure: MeasureId,
        departments: BTreeSet<DepartmentId>,
        before: Option<Flag>,
        after: Option<Flag>,
        lifted_for: Option<LiftReason>,
    ) -> Self {
        let aspects = match (&before, &after) {
            (Some(before), Some(after)) => aspects(before, after),
            (None, _) | (_, None) => BTreeSet::new(),
        };
        let kind = kind(before.as_ref(), after.as_ref());
        Self { subject, measure, kind, aspects, departments, before, after, lifted_for }
    }

    /// The effect it has, or had.
    pub fn effect(&self) -> Effect {
        self.after.as_ref().or(self.before.as_ref()).map_or(Effect::Restrict, |flag| flag.effect)
    }
}

fn kind(before: Option<&Flag>, after: Option<&Flag>) -> Kind {
    let Some(after) = after else { return Kind::Lifted };
    let stood = before.filter(|before| before.effect == after.effect);
    match (after.effect, stood) {
        (Effect::Restrict, None) => Kind::Restricted,
        (Effect::Supervise, None) => Kind::Supervised,
        (Effect::Facilitate, None) => Kind::Facilitated,
        (Effect::Restrict, Some(before)) if widened(before, after) => Kind::Widened,
        (Effect::Restrict | Effect::Supervise | Effect::Facilitate, Some(_)) => Kind::Changed,
    }
}

fn widened(before: &Flag, after: &Flag) -> bool {
    let longer = !after.intervals.minus(&before.intervals).is_empty();
    let further = after.matters.iter().any(|matter| !before.matters.contains(matter));
    let less_excepted = before.excepted.iter().any(|(matter, free)| {
        let still = after.excepted.get(matter).cloned().unwrap_or_else(Intervals::default);
        // What is not in force any more needs no exception.
        let restricting = free.minus(&free.minus(&after.intervals));
        !restricting.minus(&still).is_empty()
    });
    longer || further || less_excepted
}

fn aspects(before: &Flag, after: &Flag) -> BTreeSet<Aspect> {
    let mut found = BTreeSet::new();
    let mut differs = |aspect: Aspect, differs: bool| {
        if differs {
            found.insert(aspect);
        }
    };
    differs(Aspect::Effect, before.effect != after.effect);
    differs(Aspect::Matters, before.matters != after.matters);
    differs(Aspect::Intervals, before.intervals != after.intervals);
    differs(Aspect::Excepted, before.excepted != after.excepted);
    differs(Aspect::Rating, before.rating != after.rating);
    differs(Aspect::Remedies, before.remedies != after.remedies);
    differs(Aspect::HumanReview, before.human_review != after.human_review);
    differs(Aspect::Title, before.title != after.title);
    let records = |flag: &Flag| flag.grounds.iter().map(|ground| ground.record().clone()).collect::<BTreeSet<_>>();
    let same_records = records(before) == records(after) && before.grounds_total == after.grounds_total;
    differs(Aspect::Grounds, !same_records);
    if same_records {
        let pairs = after.grounds.iter().filter_map(|ground| {
            let stood = before.grounds.iter().find(|other| other.record() == ground.record())?;
            Some((stood, ground))
        });
        for (stood, ground) in pairs {
            differs(Aspect::Basis, stood.basis() != ground.basis());
            differs(Aspect::MeasureVersion, stood.measure_version() != ground.measure_version());
            differs(Aspect::Terms, terms_differ(stood, ground));
        }
    }
    found
}

fn terms_differ(one: &Ground, other: &Ground) -> bool {
    one.since() != other.since()
        || one.end() != other.end()
        || one.document() != other.document()
        || one.served() != other.served()
        || one.status() != other.status()
        || one.exceptions() != other.exceptions()
}
