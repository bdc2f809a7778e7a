//! Whether an activation may go ahead: there is a plan of just this change against just the rules in force, it is recent, and a
//! second person stands by it where it is a mass change.

use std::time::Duration;

use catalogue::Shelf;
use catalogue::plan::{Operator, PlanRecord, Planned, Threshold};
use domain::time::Instant;

/// What an activation is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions {
    pub(crate) threshold: Threshold,
    pub(crate) age_max: Duration,
    pub(crate) now_ms: i64,
}

/// Why an activation does not go ahead. Codes are stable (docs/errors.md).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{}: there is no plan of {planned}; first: standing catalogue plan, and read what it says", self.code())]
    NoPlan { planned: String },
    #[error(
        "{}: the plan compares with catalogue {planned}, and catalogue {in_force} is in force by now; plan again", self.code()
    )]
    OtherBase { planned: String, in_force: String },
    #[error("{}: the plan is as of {as_of}, longer ago than activation.plan_age_max allows; plan again", self.code())]
    Stale { as_of: Instant },
    #[error(
        "{}: {subjects} subjects would have other flags, a mass change: another operator has to confirm plan {plan} \
         (standing catalogue activate --confirm {plan}, with a token of its own)", self.code()
    )]
    Unconfirmed { subjects: u64, plan: String },
    #[error("{}: {why}", self.code())]
    NoSecondPerson { why: &'static str },
    #[error("{}: the newest plan is {newest}, not the one confirmed; read that one, then confirm it", self.code())]
    OtherPlan { newest: String },
    #[error("{}: this program has no version {version} of the fold; run one that has", self.code())]
    UnknownFold { version: u32 },
    #[error(
        "{}: no instance announces version {version} of the fold for partitions {partitions}; upgrade every instance of profile, \
         and look at /readyz", self.code()
    )]
    NotAnnounced { version: u32, partitions: String },
    #[error("{}: nothing is in force yet; activate a catalogue first, which puts a version of the fold in force", self.code())]
    NothingInForce,
}

impl Refused {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoPlan { .. } => "plan.missing",
            Self::OtherBase { .. } => "plan.other-base",
            Self::Stale { .. } => "plan.stale",
            Self::Unconfirmed { .. } => "plan.unconfirmed",
            Self::NoSecondPerson { .. } => "plan.no-second-person",
            Self::OtherPlan { .. } => "plan.other-plan",
            Self::UnknownFold { .. } => "fold.unknown",
            Self::NotAnnounced { .. } => "fold.not-announced",
            Self::NothingInForce => "catalogue.none",
        }
    }
}

/// The plan that an activation follows; `None` for the first one, which needs none.
pub(crate) fn admit(shelf: &Shelf, planned: &Planned, conditions: Conditions) -> Result<Option<PlanRecord>, Refused> {
    let Some((in_force, _)) = shelf.active() else {
        return match planned {
            Planned::Catalogue(_) => Ok(None),
            Planned::Fold(_) => Err(Refused::NothingInForce),
        };
    };
    let plan = newest(shelf, planned)?;
    if plan.base.catalogue != in_force || Some(plan.base.fold) != shelf.active_fold().or(Some(plan.base.fold)) {
        return Err(Refused::OtherBase { planned: plan.base.catalogue, in_force });
    }
    let age_ms = conditions.now_ms.saturating_sub(plan.as_of.time_ms);
    if u128::try_from(age_ms).unwrap_or_default() > conditions.age_max.as_millis() {
        return Err(Refused::Stale { as_of: Instant::from_ms(plan.as_of.time_ms) });
    }
    if conditions.threshold.is_exceeded_by(&plan) {
        let confirmed = shelf.confirmation(&plan).is_some_and(|word| word.by.is_known_to_differ_from(&plan.by));
        if !confirmed {
            return Err(Refused::Unconfirmed { subjects: plan.subjects_changed, plan: plan.digest() });
        }
    }
    Ok(Some(plan))
}

fn newest(shelf: &Shelf, planned: &Planned) -> Result<PlanRecord, Refused> {
    let named = match planned {
        Planned::Catalogue(digest) => format!("catalogue {digest}"),
        Planned::Fold(version) => format!("version {version} of the fold"),
    };
    shelf.plan(planned).ok_or(Refused::NoPlan { planned: named })
}

/// The plan that an operator confirms, named by its digest or the beginning of it.
pub(crate) fn confirm(shelf: &Shelf, planned: &Planned, named: &str, by: &Operator) -> Result<PlanRecord, Refused> {
    let plan = newest(shelf, planned)?;
    let digest = plan.digest();
    if named.len() < 8 || !digest.starts_with(named) {
        return Err(Refused::OtherPlan { newest: digest });
    }
    let why = if !by.by_credential {
        "whoever confirms a plan proves who it is: give a token of operations (--token-file, or STANDING_TOKEN)"
    } else if !plan.by.by_credential {
        "the plan was made without a token, so nobody can tell that you are somebody else: plan again with one"
    } else if plan.by.name == by.name {
        "who made the plan cannot confirm it: somebody else has to"
    } else {
        return Ok(plan);
    };
    Err(Refused::NoSecondPerson { why })
}
