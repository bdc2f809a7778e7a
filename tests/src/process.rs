//! Programs started by a test: their output is kept, and they end with the test, however it ends.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How often a condition is looked at while it is waited for.
pub const LOOK: Duration = Duration::from_millis(20);
/// Lines of a program's log that a failing test shows.
const TAIL_LINES: usize = 40;

/// The `standing` that was built beside this test: `cargo build -p standing`, which `make test` does first.
pub fn standing() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("this program does not know where it is")?;
    let folder = this.parent().context("a program is in a folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().context("deps is in a folder")? } else { folder };
    let standing = folder.join("standing");
    if !standing.is_file() {
        bail!(
            "there is no {}: build it with `cargo build -p standing --bin standing`, or run `make test`",
            standing.display()
        );
    }
    Ok(standing)
}

/// A running program. Dropping it kills it; a test that panics shows the end of its log.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    lines: Receiver<String>,
}

impl Process {
    /// Starts a program with its log (stderr) in `folder`.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(name, command, folder, Stdio::null())
    }

    /// Starts a program that ends when its standard input does: with this program at the latest, even if that is killed.
    pub fn start_tethered(name: &str, command: &mut Command, folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(name, command, folder, Stdio::piped())
    }

    fn start_with(name: &str, command: &mut Command, folder: &Path, stdin: Stdio) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        // Appended to: a program that was killed and started again has one log.
        let stderr = File::options().create(true).append(true).open(&log).context("the log cannot be written")?;
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("could not start {command:?}"))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let (told, lines) = channel();
        // Reads to the end, so that the program never waits at a full pipe; ends with it.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { name: name.to_owned(), child, log, lines })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that the program prints on stdout.
    pub fn line(&mut self, within: Duration) -> anyhow::Result<String> {
        match self.lines.recv_timeout(within) {
            Ok(line) => Ok(line),
            Err(_) => bail!("{} printed nothing within {within:?}; its log ends:\n{}", self.name, self.tail()),
        }
    }

    /// Fails when the program has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}; its log ends:\n{}", self.name, self.tail()),
        }
    }

    /// Ends it as a power cut would: SIGKILL.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends a signal by its name, as `STOP`.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        signal_to(self.id(), signal).with_context(|| format!("{} did not get the signal", self.name))
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        self.end("TERM", within)
    }

    /// Asks it to stop and to leave its groups for good (SIGUSR1), and waits until it has.
    pub fn leave(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        self.end("USR1", within)
    }

    /// Ends the standard input of a tethered program, which asks it to stop, and waits until it has.
    pub fn release(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        drop(self.child.stdin.take());
        self.await_end(within)
    }

    fn end(&mut self, signal: &str, within: Duration) -> anyhow::Result<ExitStatus> {
        self.signal(signal)?;
        self.await_end(within)
    }

    fn await_end(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("{} did not stop within {within:?}; its log ends:\n{}", self.name, self.tail());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Everything it has logged.
    pub fn log(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.log).with_context(|| format!("{} cannot be read", self.log.display()))
    }

    fn tail(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of {} ends:\n{}", self.name, self.tail());
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process.
pub fn signal_to(id: u32, signal: &str) -> anyhow::Result<()> {
    // The shell's own kill: the program of that name is not everywhere.
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status()?;
    if !sent.success() {
        bail!("SIG{signal} could not be sent to {id}");
    }
    Ok(())
}

/// Runs `standing` to its end; fails with what it wrote when it does not end well.
pub fn run(arguments: &[&str]) -> anyhow::Result<String> {
    crate::repository::run(Command::new(standing()?).args(arguments).current_dir(crate::repository::root()))
}

/// A port of the loopback address that nobody listens on. Below the range that the kernel hands out, so that no outgoing
/// connection takes it before the program that is given it; never given twice by one test program.
pub fn free_port() -> anyhow::Result<u16> {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test programs that run at the same time begin far from each other.
    let begin = std::process::id().wrapping_mul(2_654_435_761);
    for _ in 0..COUNT {
        let next = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + next % COUNT)?;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("found no free port between 20000 and 32000 on 127.0.0.1")
}
