//! The commands and what they take.

use clap::{Parser, Subcommand};

use crate::{audit, catalogue_command, check, doctor, explain, notice, playground, serve, state, submit, topics};

/// A public-credit record and restriction register on Kafka
#[derive(Parser)]
#[command(name = "standing", version, about, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run all services in one process, with a made-up district
    Playground(playground::Args),
    /// Run one service
    Serve(serve::Args),
    /// Compare the topics of the register with what they should be, or bring them there
    Topics(topics::Args),
    /// Send events of a file to intake
    Submit(submit::Args),
    /// Ask whether anything stands against (or for) a subject in one matter
    Check(check::Args),
    /// Show why a subject is flagged: record, rule, flag
    Explain(explain::Args),
    /// Print what must be served on a subject, or by a department
    Notice(notice::Args),
    /// Examine, show and activate catalogues
    Catalogue(catalogue_command::Args),
    /// List, verify and restore checkpoints of the state
    State(state::Args),
    /// Look for what is wrong with an installation
    Doctor(doctor::Args),
    /// Fold the log again, and compare with everything that was published from it
    Audit(audit::Args),
}

/// The command was called wrongly; the text says how to call it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);

impl Usage {
    pub(crate) fn new(how: impl Into<String>) -> Self {
        Self(how.into())
    }
}
