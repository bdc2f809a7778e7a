//! The answer to a check: what the flags of a subject mean for one matter at one instant.
//!
//! Restricted wins over supervised wins over facilitated. Absence of data is no restriction (R11): whether the view is fit
//! to answer at all is the reader's to say, as [`Decision::Unknown`] with its reason, before this is asked.

use serde::{Deserialize, Serialize};

use crate::catalogue::Effect;
use crate::flag::{Exception, FlagRef, Ground, Version};
use crate::ids::{MatterId, MeasureId};
use crate::time::{Instant, Interval};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Clear,
    Facilitated,
    Supervised,
    Restricted,
    Unknown,
}

impl Decision {
    pub const ALL: [Self; 5] = [Self::Clear, Self::Facilitated, Self::Supervised, Self::Restricted, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Facilitated => "facilitated",
            Self::Supervised => "supervised",
            Self::Restricted => "restricted",
            Self::Unknown => "unknown",
        }
    }
}

/// A flag as a reader holds it.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub measure: &'a MeasureId,
    pub flag: FlagRef<'a>,
    pub version: Version,
}

impl<'a> FlagRef<'a> {
    /// The grounds shown that are in force at an instant and not excepted in a matter, those with the latest end first.
    pub fn grounds_in_force(&self, matter: &MatterId, now: Instant) -> impl Iterator<Item = &'a Ground> {
        self.grounds.iter().filter(move |g| g.interval().contains(now) && !g.excepted_for(matter).contains(now))
    }
}

/// A flag in force for the matter asked about.
#[derive(Clone, Copy, Debug)]
pub struct InForce<'a> {
    pub held: Held<'a>,
    /// The interval that the instant lies in.
    pub interval: Interval,
}

/// A permission that keeps a ground in force from restricting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excepted<'a> {
    pub measure: &'a MeasureId,
    pub exception: &'a Exception,
}

#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    pub decision: Decision,
    /// Flags in force, those that restrict first, then those that supervise.
    pub flags: Vec<InForce<'a>>,
    pub exceptions: Vec<Excepted<'a>>,
}

/// Decides one matter at one instant. Flags that do not concern the matter are passed over.
pub fn decide<'a>(flags: impl IntoIterator<Item = Held<'a>>, matter: &MatterId, now: Instant) -> Verdict<'a> {
    let mut verdict = Verdict { decision: Decision::Clear, flags: Vec::new(), exceptions: Vec::new() };
    for held in flags {
        if !held.flag.concerns(matter) {
            continue;
        }
        let Some(interval) = held.flag.intervals.containing(now) else { continue };
        for ground in held.flag.grounds.iter().filter(|g| g.interval().contains(now)) {
            let of_now = ground.exceptions().iter().filter(|e| {
                &e.matter == matter
                    && Interval::of_days(e.from, Some(e.until)).is_some_and(|interval| interval.contains(now))
            });
            verdict.exceptions.extend(of_now.map(|exception| Excepted { measure: held.measure, exception }));
        }
        if held.flag.excepted.get(matter).is_some_and(|free| free.contains(now)) {
            continue;
        }
        verdict.decision = verdict.decision.max(decision_of(held.flag.effect));
        verdict.flags.push(InForce { held, interval: *interval });
    }
    verdict.flags.sort_by_key(|f| (std::cmp::Reverse(decision_of(f.held.flag.effect)), f.held.measure));
    verdict
}

fn decision_of(effect: Effect) -> Decision {
    match effect {
        Effect::Restrict => Decision::Restricted,
        Effect::Supervise => Decision::Supervised,
        Effect::Facilitate => Decision::Facilitated,
    }
}
