//! `standing playground` as a process, stopped when dropped.

use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use crate::process::{Process, standing};
use crate::register::Register;

/// Longer than it ever takes: a broker may be slow to create its topics.
const START: Duration = Duration::from_secs(90);

pub struct Playground {
    pub process: Process,
    pub register: Register,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    _folder: tempfile::TempDir,
}

impl Playground {
    /// An empty district on a free port, quiet, with these further arguments.
    pub fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(standing()?);
        command.args(["playground", "--listen", "127.0.0.1:0", "--subjects", "0", "--quiet"]).args(arguments);
        // Its own state goes where the test's own things are.
        command.env("TMPDIR", folder.path());
        let mut process = Process::start("playground", &mut command, folder.path())?;
        let line = process.line(START)?;
        let base =
            line.strip_prefix("listening on ").with_context(|| format!("the first line is {line:?}"))?.to_owned();
        let register = Register::open(&base)?;
        Ok(Self { process, register, base, _folder: folder })
    }
}
