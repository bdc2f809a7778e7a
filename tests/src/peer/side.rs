//! Who is compared: Standing's runtime, and Kafka Streams in its configurations. Each is a process of its own, told
//! everything by its arguments, which ends when its standard input does.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::Plan;
use super::topics::Topics;
use crate::process::Process;
use crate::repository::root;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Standing { commit_ms: u64 },
    Streams(Streams),
}

/// A configuration of the peer; what is not named here is in its `Main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Streams {
    pub(super) commit_ms: u64,
    /// Its record cache, on the heap: `statestore.cache.max.bytes`.
    pub(super) cache_mib: u64,
    pub(super) changelog: bool,
    pub(super) compaction: &'static str,
    pub(super) collector: &'static str,
    /// Stores that a transaction writes as one, where the release has them.
    pub(super) transactional: bool,
    /// Nothing but what it cannot do without: as it comes.
    pub(super) plain: bool,
}

impl Streams {
    /// What is compared, catching up: it commits as seldom as Standing does behind a backlog. It stays so only as long as no other of the
    /// sweep is faster on a quiet machine. Without a record cache: this fold has few records of a subject within a commit interval, and
    /// what the cache holds is then work of the collector's. Of the two collectors this one catches up faster, with a cache and without.
    pub(super) fn best() -> Self {
        Self {
            commit_ms: 500,
            cache_mib: 0,
            changelog: true,
            compaction: "level",
            collector: "Parallel",
            transactional: false,
            plain: false,
        }
    }

    fn name(&self) -> String {
        if self.plain {
            return "Kafka Streams as it comes".to_owned();
        }
        let log = if self.changelog { "changelog" } else { "no changelog" };
        let stores = if self.transactional { ", transactional stores" } else { "" };
        format!(
            "Kafka Streams: {log}, commit {} ms, cache {} MiB, {} compaction, {} collector{stores}",
            self.commit_ms, self.cache_mib, self.compaction, self.collector
        )
    }

    /// What is compared with its best, one thing changed at a time.
    pub(super) fn sweep(transactional: bool) -> Vec<Self> {
        let best = Self::best();
        let mut all = Vec::new();
        for changelog in [true, false] {
            let of = Self { changelog, ..best.clone() };
            all.push(of.clone());
            all.extend([100, 50, 10].map(|commit_ms| Self { commit_ms, ..of.clone() }));
            all.extend([256, 1_024].map(|cache_mib| Self { cache_mib, ..of.clone() }));
            all.push(Self { compaction: "universal", ..of.clone() });
            all.push(Self { collector: "G1", ..of });
        }
        if transactional {
            all.extend([500, 100].map(|commit_ms| Self { transactional, commit_ms, ..best.clone() }));
        }
        all.push(Self { plain: true, ..best });
        all
    }
}

impl Side {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Standing { commit_ms } => {
                format!("Standing: commit {commit_ms} ms, up to ten times that behind a backlog")
            }
            Self::Streams(streams) => streams.name(),
        }
    }

    /// The peer, and its state outlives its process's disk: what the targets compare with.
    pub(super) fn has_changelog(&self) -> bool {
        matches!(self, Self::Streams(streams) if streams.changelog)
    }

    pub(super) fn commit_ms(&self) -> u64 {
        match self {
            Self::Standing { commit_ms } => *commit_ms,
            Self::Streams(streams) => streams.commit_ms,
        }
    }

    /// The same, committing more or less often.
    pub(super) fn committing(&self, commit_ms: u64) -> Self {
        match self {
            Self::Standing { .. } => Self::Standing { commit_ms },
            Self::Streams(streams) => Self::Streams(Streams { commit_ms, ..streams.clone() }),
        }
    }

    /// Starts it on the topics, with its state in `dir`.
    pub(super) fn start(&self, plan: &Plan, topics: &Topics, dir: &Path) -> anyhow::Result<Process> {
        let (mut command, name) = match self {
            Self::Standing { commit_ms } => {
                let mut command =
                    Command::new(std::env::current_exe().context("this program does not know where it is")?);
                command.args(["peer", "worker"]).arg(format!("commit_ms={commit_ms}"));
                (command, "standing")
            }
            Self::Streams(streams) => (streams.command(plan)?, "kafka-streams"),
        };
        command.args([
            format!("address={}", topics.address),
            format!("app={}", topics.app),
            format!("events={}", topics.events),
            format!("flags={}", topics.flags),
            format!("dir={}", dir.join("state").display()),
            format!("memory_bytes={}", plan.memory_mib << 20),
        ]);
        Process::start_tethered(name, &mut command, dir)
    }
}

impl Streams {
    fn command(&self, plan: &Plan) -> anyhow::Result<Command> {
        let mut command = java()?;
        command.args([
            format!("-Xmx{}m", plan.heap_mib),
            format!("-XX:+Use{}GC", self.collector),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn".to_owned(),
            "-Dorg.slf4j.simpleLogger.showDateTime=true".to_owned(),
            "standing.bench.Main".to_owned(),
            format!("commit_ms={}", self.commit_ms),
            format!("cache_bytes={}", self.cache_mib << 20),
            format!("changelog={}", self.changelog),
            format!("compaction={}", self.compaction),
            format!("transactional={}", self.transactional),
            format!("plain={}", self.plain),
        ]);
        Ok(command)
    }
}

/// A Java that has the peer on its class path: built by `scripts/bench-peer.sh`.
fn java() -> anyhow::Result<Command> {
    let built = root().join("target/bench/kafka-streams");
    let classes = built.join("classes");
    ensure!(
        classes.is_dir(),
        "there is no {}: run `make bench-peer`, or `scripts/bench-peer.sh build`",
        classes.display()
    );
    let path = [classes, built.join("libs/*")].map(|path: PathBuf| path.display().to_string()).join(":");
    let mut command = Command::new("java");
    command.args(["-cp", &path]);
    Ok(command)
}

/// What the release of Kafka Streams says of itself: its version, and whether it has transactional stores.
pub(super) fn release() -> anyhow::Result<(String, bool)> {
    let told = crate::repository::run(java()?.args(["standing.bench.Main", "release"]))?;
    let (version, transactional) = told.trim().split_once(' ').context("the peer says what release it is")?;
    Ok((version.to_owned(), transactional == "true"))
}
