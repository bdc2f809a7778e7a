//! `standing audit`: proves from outside that a register is what its log implies.
//!
//! It reads topics, folds the log again with a reference that is kept simple ([`reference`]), and compares what stands in the
//! topics, in the states it is given, and in the topics of the domains. It shares no code with the runtime and the workers, joins
//! no group and writes nothing, so it may run beside a register at work ([`bounds`]). What it may find is listed in docs/audit.md.
//!
//! One partition is held in memory at a time: its state as an ordered map, and a few dozen bytes for each output.

mod bounds;
mod digest;
mod finding;
mod judge;
mod outputs;
pub(crate) mod read;
mod reference;
mod report;
mod routing;
mod state;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use domain::catalogue::Catalogue;
use domain::fold::Catalogues;
use domain::ids::DomainId;
use rand::seq::SliceRandom;
use schemas::Codec;
use schemas::topics::Topics;
use stream::checkpoint::{Checkpoints, Found};
use stream::log::{Log, Topic, TopicPartition};

use self::bounds::{Bounds, Load, Patience};
use self::finding::Findings;
use self::judge::{Judge, Register};
use self::outputs::Kind;
use self::read::Part;
use self::report::{PartitionReport, Report};
use self::state::Opened;
use crate::cli::Usage;
use crate::settings::Settings;
use crate::topics::patiently;
use crate::{serve, stdout, wiring};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Audit N partitions drawn by lot instead of all. Subjects cannot be sampled: which timers fire on a record, and so the
    /// versions of outputs, depends on every subject of its partition
    #[arg(long, value_name = "N", conflicts_with = "partition")]
    sample: Option<usize>,
    /// Audit this partition; may be given several times
    #[arg(long, value_name = "NUMBER")]
    partition: Vec<i32>,
    /// Bring the newest checkpoint of each partition from profile.checkpoint_store, and compare it too
    #[arg(long)]
    checkpoints: bool,
    /// Compare the states in this directory too, a profile instance's; may be given several times
    #[arg(long, value_name = "DIR")]
    state: Vec<PathBuf>,
    /// The register is at work: records not folded yet, and domains that lag, are no findings
    #[arg(long)]
    live: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Settings>(args.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    kit::telemetry::init(&kit::telemetry::Settings { filter: "warn".to_owned(), ..Default::default() })?;
    let topics = settings.topics.topics()?;
    let checkpoints = if args.checkpoints {
        let how = "--checkpoints needs a store: set profile.checkpoint_store";
        let place = settings.profile.checkpoint_place()?.ok_or_else(|| Usage::new(how))?;
        Some(Checkpoints::open(place)?)
    } else {
        None
    };
    let audited = Audited {
        log: wiring::reach(&settings.kafka)?,
        codec: wiring::codec(&settings.registry, &topics)?,
        topics,
        states: args.state.clone(),
        checkpoints,
        load: if args.live { Load::Live } else { Load::None },
        patience: Patience::default(),
    };
    let all = audited.partitions()?;
    let report = audited.audit(&chosen(all, args)?)?;
    let text = if args.json { format!("{:#}\n", report.json()) } else { report.text() };
    stdout::print(&text)?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(crate::FINDING) })
}

fn chosen(all: i32, args: &Args) -> anyhow::Result<Vec<i32>> {
    let mut chosen: Vec<i32> = (0..all).collect();
    if let Some(sample) = args.sample {
        ensure!(sample > 0, Usage::new("--sample takes at least one partition"));
        chosen.shuffle(&mut rand::rng());
        chosen.truncate(sample);
        chosen.sort_unstable();
    } else if !args.partition.is_empty() {
        let named: BTreeSet<i32> = args.partition.iter().copied().collect();
        let known = named.iter().all(|partition| (0..all).contains(partition));
        ensure!(known, Usage::new(format!("--partition takes numbers from 0 to {}", all - 1)));
        chosen = named.into_iter().collect();
    }
    Ok(chosen)
}

/// A register to be audited.
pub(crate) struct Audited {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) topics: Topics,
    pub(crate) codec: Codec,
    pub(crate) states: Vec<PathBuf>,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) load: Load,
    pub(crate) patience: Patience,
}

/// Catalogues that were read before the audit.
struct Read(Arc<catalogue::Shelf>);

impl Catalogues for Read {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        self.0.get(digest)
    }
}

impl Audited {
    fn partitions(&self) -> anyhow::Result<i32> {
        let events = self.topics.events();
        let described = patiently(|| self.log.describe(events)).context("Kafka does not describe the log")?;
        Ok(described.with_context(|| format!("there is no topic {events}: check topics.prefix"))?.partitions)
    }

    pub(crate) fn audit(&self, partitions: &[i32]) -> anyhow::Result<Report> {
        // A state must not be ahead of what is committed: it is opened first.
        let mut states: BTreeMap<i32, Vec<Opened>> = BTreeMap::new();
        for partition in partitions {
            let opened = self
                .states
                .iter()
                .map(|directory| state::open(directory, &self.topics, *partition, self.patience.state));
            states.insert(*partition, opened.filter(|opened| !matches!(opened, Opened::None)).collect());
        }
        let mut copies = self.newest_checkpoints()?;
        let domains = self.domains()?;
        let names: Vec<Topic> = domains.keys().cloned().collect();
        let bounds = bounds::fix(self.log.as_ref(), &self.topics, partitions, &names, self.load, self.patience)?;
        let catalogues = Read(read::catalogues(self.log.as_ref(), &self.topics)?);
        let compacted = self.compacted()?;
        let register = Register {
            topics: &self.topics,
            codec: &self.codec,
            catalogues: &catalogues,
            compacted: &compacted,
            domains: &domains,
        };
        let mut report = Report { partitions: self.partitions()?, audited: Vec::new(), findings: Findings::default() };
        for (partition, bounds) in bounds {
            let mut states = states.remove(&partition).unwrap_or_default();
            let folder = tempfile::Builder::new().prefix("standing-audit-").tempdir()?;
            if let (Some(store), Some(found)) = (&self.checkpoints, copies.remove(&partition)) {
                states.push(state::bring(store, &found, folder.path(), &self.topics));
            }
            let (partition, findings) = self.partition(register, partition, &bounds, states)?;
            report.audited.push(partition);
            report.findings.extend(findings);
        }
        Ok(report)
    }

    /// The newest checkpoint of each partition, as far as there is a store.
    fn newest_checkpoints(&self) -> anyhow::Result<BTreeMap<i32, Found>> {
        let mut newest = BTreeMap::new();
        let Some(store) = &self.checkpoints else { return Ok(newest) };
        let events = self.topics.events();
        let described = patiently(|| self.log.describe(events))?;
        let id = described.map(|topic| topic.id).unwrap_or_default();
        for found in store.list(events).context("the checkpoints cannot be listed")? {
            // The newest of each partition comes first; one of another version of the program is nothing to compare with.
            if found.log == id && found.is_of_rows(store::ROW_VERSION.into()) {
                newest.entry(found.partition).or_insert(found);
            }
        }
        Ok(newest)
    }

    fn partition(
        &self,
        register: Register<'_>,
        partition: i32,
        bounds: &Bounds,
        states: Vec<Opened>,
    ) -> anyhow::Result<(PartitionReport, Findings)> {
        let of = |topic: &Topic| TopicPartition::new(Arc::clone(topic), partition);
        let part = |topic: &Topic| {
            let ends = bounds.ends.get(topic)?;
            Some(Part { of: of(topic), from: ends.low, until: ends.stable })
        };
        let committed = match bounds.committed {
            Some(committed) => committed,
            None => self.last_mark(part(self.topics.flags()))?,
        };
        let mut judge = Judge::new(register, partition, bounds.clone(), committed, states);
        if self.load == Load::None {
            judge.must_be_caught_up();
        }
        judge.begin();
        let events: Vec<Part> = part(self.topics.events()).into_iter().collect();
        read::committed(self.log.as_ref(), &events, |record| judge.event(record))?;
        judge.end();

        let topics = Kind::ALL.map(|kind| judge::topic(&self.topics, kind));
        let told = [self.topics.decisions(), self.topics.corrections()];
        let outputs: Vec<Part> = topics.iter().chain(register.domains.keys()).chain(told).filter_map(part).collect();
        let mut found = self.compare(&mut judge, &outputs)?;
        if found.lost() > 0 {
            // A topic that was cleaned while it was read looks as if it had lost something: it is read again.
            found = self.compare(&mut judge, &outputs)?;
        }
        Ok(judge.finish(found))
    }

    fn compare(&self, judge: &mut Judge<'_>, outputs: &[Part]) -> anyhow::Result<Findings> {
        let mut checks = judge.checks();
        read::committed(self.log.as_ref(), outputs, |record| checks.take(record))?;
        Ok(judge.compare(checks))
    }

    /// A group that has lost its offset goes on where the last mark says; so does the audit.
    fn last_mark(&self, flags: Option<Part>) -> anyhow::Result<i64> {
        let mut last = 0;
        let flags: Vec<Part> = flags.into_iter().collect();
        read::committed(self.log.as_ref(), &flags, |record| {
            let key = record.key.as_deref().unwrap_or_default();
            if let Ok(schemas::FlagEntry::Mark(mark)) = self.codec.decode_flag(key, record.value.as_deref(), None) {
                last = mark.events_offset;
            }
            Ok(())
        })?;
        Ok(last)
    }

    /// The topics of the domains, as far as there are any.
    fn domains(&self) -> anyhow::Result<BTreeMap<Topic, DomainId>> {
        let prefix = format!("{}.", self.topics.flags());
        let all = patiently(|| self.log.topics())?;
        let of = |topic: Topic| {
            let domain = DomainId::new(topic.strip_prefix(&prefix)?).ok()?;
            Some((topic, domain))
        };
        Ok(all.into_iter().filter_map(of).collect())
    }

    /// The output topics from which values that were replaced may be gone.
    fn compacted(&self) -> anyhow::Result<BTreeSet<Topic>> {
        let mut compacted = BTreeSet::new();
        for kind in Kind::ALL {
            let topic = judge::topic(&self.topics, kind);
            let described = patiently(|| self.log.describe(&topic))?;
            let described =
                described.with_context(|| format!("there is no topic {topic}: run standing topics apply"))?;
            if described.config.iter().any(|(name, value)| name == "cleanup.policy" && value.contains("compact")) {
                compacted.insert(topic);
            }
        }
        Ok(compacted)
    }
}
