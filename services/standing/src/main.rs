//! `standing`: the command line, and every service of the register.
//!
//! Exit codes: 0 done, 1 a finding, 2 wrong usage, 64 bad settings, 70 a bug. Results go to stdout, logs and faults to stderr.

#![allow(unreachable_pub, reason = "nothing is public in a binary")]

mod activation;
mod admission;
mod allocator;
mod announced;
mod audit;
mod catalogue_command;
mod check;
mod cli;
mod client;
mod district;
mod doctor;
mod explain;
mod notice;
mod operator;
mod plan;
mod playground;
mod serve;
mod settings;
mod state;
mod stdout;
mod subject;
mod submit;
mod topics;
mod wiring;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

const FINDING: u8 = 1;
const USAGE: u8 = 2;
const BUG: u8 = 70;

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let ended = catch_unwind(AssertUnwindSafe(|| match &command {
        Command::Playground(args) => playground::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Topics(args) => topics::run(args),
        Command::Submit(args) => submit::run(args),
        Command::Check(args) => check::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Notice(args) => notice::run(args),
        Command::Catalogue(args) => catalogue_command::run(args),
        Command::State(args) => state::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Audit(args) => audit::run(args),
    }));
    match ended {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            eprintln!("standing: {error:#}");
            ExitCode::from(exit_code(&error))
        }
        Err(_) => {
            eprintln!("standing: this is a bug; please report what was done, and the lines above");
            ExitCode::from(BUG)
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<kit::settings::Invalid>()) {
        kit::settings::Invalid::EXIT_CODE
    } else if error.chain().any(|cause| cause.is::<cli::Usage>()) {
        USAGE
    } else {
        FINDING
    }
}
