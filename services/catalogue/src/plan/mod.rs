//! What an activation would do, before anyone is touched.
//!
//! ```text
//! state of a partition ─► trial: the real fold of the activation and its continuations, over a read-through overlay
//!                            └► changes of flags, one by one ─► tally (counts, samples) ─► record, kept beside the catalogues
//! ```
//! No law is written a second time here: [`trial`] runs [`domain::fold::apply`] and reports what it puts out. So what is planned is
//! what will be published, value by value, as of the state and the time the trial began with.
//!
//! It must never write to the state it reads, or hold more of it than one record of the log can change.

mod change;
mod kept;
mod tally;
mod trial;

pub use change::{Aspect, Change, Kind};
pub use kept::{
    AsOf, Base, Confirmation, Counts, Kept, KeptError, Operator, PLAN_FORM, PlanRecord, Planned, Threshold,
};
pub use tally::{Sample, Tally};
pub use trial::{Notices, Overlay, Ran, TrialError, trial};
