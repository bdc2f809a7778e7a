//! How each fault is brought about, and when the register is back from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::Log;

use super::Run;
use super::fault::Fault;
use super::proxy::Hold;
use crate::installation::Service;
use crate::process::{LOOK, Process};

/// What the session time-out of a run is set to.
pub(super) const SESSION: Duration = Duration::from_secs(6);
const STOP: Duration = Duration::from_secs(30);
/// A commit is never further away: marks are committed every second.
const COMMIT_WITHIN: Duration = Duration::from_secs(20);
/// Checkpoints are made every few seconds in a run.
const CHECKPOINT_WITHIN: Duration = Duration::from_secs(60);
/// A newcomer has joined by then.
const SHARING_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at a group.
const GROUP_LOOK: Duration = Duration::from_millis(3);
const FILE_KIB_MAX: u32 = 64;

/// Names of further profile instances, and of their states.
pub(super) const SECOND: &str = "profile-second";
pub(super) const TWIN: &str = "profile-twin";
/// The instance name that an installation's own profile has by default.
const FIRST_INSTANCE: &str = "profile-0";

impl Run {
    /// Brings a fault about, and gives the time from then until events sent after it show at the gate.
    pub(super) async fn inject(&mut self, fault: Fault) -> anyhow::Result<Duration> {
        let began = Instant::now();
        match fault {
            Fault::Killed(service) => {
                self.installation.kill(service)?;
                self.installation.restart(service)?;
                self.back(began).await?;
                // Domains are served by the flags service, which no answer shows.
                self.installation.await_ready(service).await?;
                Ok(began.elapsed())
            }
            Fault::Paused => self.paused().await,
            Fault::BrokerKilled => {
                self.broker.kill_and_restart().await?;
                self.back(began).await
            }
            Fault::CommitAnsweredLate => self.held(Hold::Response(Duration::from_secs(3)), 4).await,
            Fault::CommitUnanswered => self.held(Hold::Lose, 4).await,
            Fault::CommitStrays => {
                let by = self.dice.between(Duration::from_millis(60), Duration::from_millis(250));
                self.held(Hold::Stray(by), 4).await
            }
            Fault::CommitDelayed => self.held(Hold::Request(Duration::from_secs(12)), 3).await,
            Fault::ConnectionsCut => {
                self.proxy.cut();
                self.back(began).await
            }
            Fault::BrokerUnreachable => {
                self.proxy.refuse();
                let out = self.dice.between(Duration::from_secs(2), Duration::from_secs(8));
                tokio::time::sleep(out).await;
                self.proxy.pass();
                self.back(began).await
            }
            Fault::Twin => {
                let mut twin = self.installation.profile_beside(TWIN, FIRST_INSTANCE)?;
                let beside = self.dice.between(Duration::from_secs(3), Duration::from_secs(6));
                tokio::time::sleep(beside).await;
                twin.check()?;
                twin.kill()?;
                self.back(began).await
            }
            Fault::JoinLeaveStorm => {
                for turn in 0..5 {
                    let mut second = self.installation.profile_beside(SECOND, SECOND)?;
                    let beside = self.dice.between(Duration::from_millis(300), Duration::from_millis(2_500));
                    tokio::time::sleep(beside).await;
                    match turn {
                        1 => ended(second, Process::stop).await?,
                        3 => ended(second, Process::leave).await?,
                        _ => second.kill()?,
                    }
                }
                self.back(began).await
            }
            Fault::KilledWhileSharing => self.killed_while_sharing().await,
            Fault::StateLost => self.without_state(|_| Ok(())).await,
            Fault::StoreLost => {
                self.without_state(|run| Ok(std::fs::remove_dir_all(run.installation.checkpoint_store())?)).await
            }
            Fault::ManifestsCorrupted => self.without_state(Self::corrupt_manifests).await,
            Fault::CheckpointCorrupted => self.without_state(Self::corrupt_checkpoint).await,
            Fault::StateCorrupted => {
                self.installation.kill(Service::Profile)?;
                if files(&self.installation.state_dir(Service::Profile), "sst")?.is_empty() {
                    // What a young state holds is in its write-ahead log: the next opening writes it out.
                    self.installation.restart(Service::Profile)?;
                    self.probe().await?;
                    self.installation.kill(Service::Profile)?;
                }
                let began = Instant::now();
                self.corrupt()?;
                self.installation.restart(Service::Profile)?;
                self.back(began).await
            }
            Fault::DiskFull => self.full(began).await,
        }
    }

    async fn back(&self, began: Instant) -> anyhow::Result<Duration> {
        self.probe().await?;
        Ok(began.elapsed())
    }

    async fn held(&self, hold: Hold, count: u32) -> anyhow::Result<Duration> {
        let before = self.proxy.held();
        let began = Instant::now();
        self.proxy.hold(hold, count);
        while self.proxy.held() == before {
            ensure!(began.elapsed() < COMMIT_WITHIN, "no transaction ended within {COMMIT_WITHIN:?}");
            tokio::time::sleep(LOOK).await;
        }
        self.back(began).await?;
        self.proxy.pass();
        Ok(began.elapsed())
    }

    /// A zombie: stopped so long that its partitions are another's, then continued while that one is at work.
    async fn paused(&mut self) -> anyhow::Result<Duration> {
        let second = self.installation.profile_beside(SECOND, SECOND)?;
        self.probe().await.context("with a second instance")?;
        let began = Instant::now();
        self.installation.process(Service::Profile)?.signal("STOP")?;
        let taken_over = self.back(began).await;
        // However it went, no process stays stopped.
        let longer = (SESSION + Duration::from_secs(2)).saturating_sub(began.elapsed());
        tokio::time::sleep(longer).await;
        self.installation.process(Service::Profile)?.signal("CONT")?;
        let taken_over = taken_over.context("while the first is stopped")?;
        self.probe().await.context("once the first goes on")?;
        ended(second, Process::stop).await?;
        self.probe().await.context("once the second has left")?;
        Ok(taken_over)
    }

    /// Between the two rounds of a rebalance, if the kill comes soon enough: what the killed one owes would be nobody's.
    async fn killed_while_sharing(&mut self) -> anyhow::Result<Duration> {
        let second = self.installation.profile_beside(SECOND, SECOND)?;
        let (address, group) = (self.broker.address(), self.installation.group(Service::Profile));
        let seen = tokio::task::spawn_blocking(move || await_newcomer(address, &group));
        let seen = seen.await??;
        let began = Instant::now();
        self.installation.kill(Service::Profile)?;
        eprintln!(
            "chaos: {}",
            if seen { "killed when the second had no share yet" } else { "no moment without a share was seen" }
        );
        self.installation.restart(Service::Profile)?;
        let back = self.back(began).await?;
        ended(second, Process::leave).await?;
        self.probe().await.context("once the second has left")?;
        Ok(back)
    }

    /// The profile ends, its state is lost and something happens to the checkpoints before it starts again.
    async fn without_state(
        &mut self,
        happens: impl FnOnce(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Duration> {
        let store = self.installation.checkpoint_store();
        let deadline = Instant::now() + CHECKPOINT_WITHIN;
        while files(&store, "json")?.is_empty() {
            ensure!(Instant::now() < deadline, "no checkpoint within {CHECKPOINT_WITHIN:?}");
            tokio::time::sleep(LOOK).await;
        }
        let began = Instant::now();
        self.installation.kill(Service::Profile)?;
        std::fs::remove_dir_all(self.installation.state_dir(Service::Profile))?;
        happens(self)?;
        self.installation.restart(Service::Profile)?;
        self.back(began).await
    }

    /// Of each partition the newest manifest: their names begin with their offsets.
    fn corrupt_manifests(&mut self) -> anyhow::Result<()> {
        let mut newest: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for manifest in files(&self.installation.checkpoint_store(), "json")? {
            let folder = manifest.parent().context("a manifest is in a folder")?.to_owned();
            let held = newest.entry(folder).or_default();
            *held = manifest.max(std::mem::take(held));
        }
        newest.into_values().try_for_each(|manifest| self.flip(&manifest))
    }

    fn corrupt_checkpoint(&mut self) -> anyhow::Result<()> {
        let mut all = files(&self.installation.checkpoint_store(), "")?;
        all.retain(|file| file.parent().is_some_and(|folder| folder.ends_with("files")));
        self.flip_one(all)
    }

    /// Whichever part of the file is read first is found out.
    fn corrupt(&mut self) -> anyhow::Result<()> {
        let files = files(&self.installation.state_dir(Service::Profile), "sst")?;
        self.flip_one(files)
    }

    fn flip_one(&mut self, mut files: Vec<PathBuf>) -> anyhow::Result<()> {
        ensure!(!files.is_empty(), "there is no file to be corrupted");
        files.sort();
        let file = files.swap_remove(self.dice.below(files.len()));
        self.flip(&file)
    }

    /// Flips bits all over a file.
    fn flip(&mut self, file: &Path) -> anyhow::Result<()> {
        let mut bytes = std::fs::read(file)?;
        let first = self.dice.below(16);
        for byte in bytes.iter_mut().skip(first).step_by(16) {
            *byte ^= 0x40;
        }
        Ok(std::fs::write(file, bytes)?)
    }

    /// Files may not grow beyond a bound: to the state it is as if its disk were full. A quota of the kernel's (RLIMIT_FSIZE, and its
    /// signal ignored, so that writing fails), for that takes no privilege.
    async fn full(&mut self, began: Instant) -> anyhow::Result<Duration> {
        const SCRIPT: &str =
            "log=$1; shift; exec 2> >(exec cat >>\"$log\"); trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
        self.installation.kill(Service::Profile)?;
        let log = self.installation.folder().join("profile.log");
        let before = count_of(&log, "too large")?;
        let mut limited = Command::new("bash");
        limited.args(["-c", SCRIPT, "limited"]).arg(&log).arg(FILE_KIB_MAX.to_string());
        self.installation.restart_by(Service::Profile, &mut limited)?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while count_of(&log, "too large")? == before {
            if Instant::now() >= deadline {
                bail!("no write of the profile failed within a minute");
            }
            tokio::time::sleep(LOOK).await;
        }
        let longer = self.dice.between(Duration::from_secs(1), Duration::from_secs(4));
        tokio::time::sleep(longer).await;
        self.installation.kill(Service::Profile)?;
        self.installation.restart(Service::Profile)?;
        self.back(began).await
    }
}

/// Waits until a group is at rest although a member has no partition, as between the rounds in which a newcomer gets its share.
/// Whether that was seen in time.
fn await_newcomer(address: String, group: &str) -> anyhow::Result<bool> {
    let log = KafkaLog::new(KafkaSettings::new(address, "chaos"))?;
    let deadline = Instant::now() + SHARING_WITHIN;
    while Instant::now() < deadline {
        // An answer that is late or not whole is asked for again.
        let told = log.group(group, SHARING_WITHIN).ok().filter(|told| told.at_rest);
        if told.is_some_and(|told| told.members.iter().any(|member| member.partitions.is_empty())) {
            return Ok(true);
        }
        std::thread::sleep(GROUP_LOOK);
    }
    Ok(false)
}

/// Asks a second profile to stop, in one way or the other.
async fn ended(
    mut process: Process,
    how: fn(&mut Process, Duration) -> anyhow::Result<ExitStatus>,
) -> anyhow::Result<()> {
    let status = tokio::task::spawn_blocking(move || how(&mut process, STOP)).await??;
    ensure!(status.success(), "a second profile ended with {status} when it was asked to stop");
    Ok(())
}

/// Files beneath a folder with this ending; with none given, all of them.
fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default();
        // What was set aside is served to nobody.
        if path.is_dir() && extension != "aside" {
            found.extend(files(&path, ending)?);
        } else if path.is_file() && (ending.is_empty() || extension == ending) {
            found.push(path);
        }
    }
    Ok(found)
}

fn count_of(log: &Path, words: &str) -> anyhow::Result<usize> {
    Ok(std::fs::read_to_string(log)?.matches(words).count())
}
