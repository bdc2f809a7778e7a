//! `standing topics`: what the topics are and what they should be. Another number of partitions is never applied.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use domain::catalogue::Catalogue;
use schemas::topics::{Action, Difference, EventsTime, TopicDescription, TopicSpec, Topics};
use stream::log::Log;

use crate::{catalogue_command, serve, stdout, wiring};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show what `apply` would do; 1 where a person has to do it
    Plan(Of),
    /// Create what is missing and set what differs; nothing is ever deleted
    Apply(Of),
}

#[derive(clap::Args)]
struct Of {
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The catalogue whose domains and departments get topics; without it the reference catalogue
    #[arg(long, value_name = "PATH")]
    catalogue: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (of, apply) = match &args.command {
        Command::Plan(of) => (of, false),
        Command::Apply(of) => (of, true),
    };
    let settings = match serve::load(of.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let catalogue = catalogue_command::load(of.catalogue.as_deref())?.catalogue;
    let desired = desired(&settings.topics.topics()?, &catalogue);
    let log = wiring::kafka(&settings.kafka)?;
    let differences = differences(log.as_ref(), &desired)?;
    if apply {
        self::apply(log.as_ref(), &desired, &differences)?;
    }
    stdout::print(&report(&differences, apply))?;
    let refused = differences.iter().any(|d| d.action == Action::Refused);
    Ok(if refused { ExitCode::from(crate::FINDING) } else { ExitCode::SUCCESS })
}

/// Every topic of a register with this catalogue.
pub(crate) fn desired(topics: &Topics, catalogue: &Catalogue) -> Vec<TopicSpec> {
    topics.desired(EventsTime::Append, catalogue.domains.keys().cloned(), catalogue.departments.keys().cloned())
}

/// What of it the log does not have so. Topics of others are not looked at.
pub(crate) fn differences(log: &dyn Log, desired: &[TopicSpec]) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    for spec in desired {
        let described = log.describe(&spec.name).context("Kafka does not describe its topics")?;
        found.extend(described.map(|topic| {
            let stream::log::TopicDescription { name, partitions, replication, config, id: _ } = topic;
            TopicDescription { name, partitions, replication, config }
        }));
    }
    Ok(schemas::topics::plan(desired, &found))
}

fn apply(log: &dyn Log, desired: &[TopicSpec], differences: &[Difference]) -> anyhow::Result<()> {
    let of = |spec: &&TopicSpec, action| differences.iter().any(|d| d.topic == spec.name && d.action == action);
    let missing: Vec<TopicSpec> = desired.iter().filter(|spec| of(spec, Action::Create)).cloned().collect();
    if !missing.is_empty() {
        wiring::create_topics(log, &missing)?;
    }
    for spec in desired.iter().filter(|spec| of(spec, Action::Alter)) {
        let changes = differences.iter().filter(|d| d.topic == spec.name && d.action == Action::Alter);
        let config: Vec<(String, String)> = changes.map(|d| (d.setting.clone(), d.want.clone())).collect();
        log.alter_topic(&spec.name, &config).with_context(|| format!("{} cannot be altered", spec.name))?;
    }
    Ok(())
}

/// One line for each difference, and what to do where nothing was done.
fn report(differences: &[Difference], applied: bool) -> String {
    let mut text = String::new();
    for difference in differences {
        let _ = writeln!(text, "{difference}");
        if let Some(remedy) = difference.remedy() {
            let _ = writeln!(text, "  {remedy}");
        }
    }
    let count = |action| differences.iter().filter(|d| d.action == action).count();
    let (create, alter, refused) = (count(Action::Create), count(Action::Alter), count(Action::Refused));
    let _ = match (differences.is_empty(), applied) {
        (true, _) => writeln!(text, "the topics are as they should be"),
        (false, true) => writeln!(text, "{create} created, {alter} settings altered, {refused} left to you"),
        (false, false) => {
            writeln!(
                text,
                "{create} to create, {alter} settings to alter, {refused} left to you; standing topics apply"
            )
        }
    };
    text
}

/// A settings file for a message that asks for a command.
pub(crate) fn config_argument(config: Option<&Path>) -> String {
    config.map(|file| format!(" --config {}", file.display())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::sync::Arc;

    use stream::embedded::{EmbeddedLog, EmbeddedSettings};

    use super::*;

    fn of(n: u16) -> NonZeroU16 {
        NonZeroU16::new(n).expect("not zero")
    }

    #[test]
    fn applying_leaves_nothing_to_plan_and_another_number_of_partitions_is_refused() {
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(|| 0), 1));
        let catalogue = catalogue_command::load(None).expect("the reference catalogue").catalogue;
        let topics = |partitions| Topics::new("standing", of(partitions), of(1)).expect("a prefix");
        let desired = desired(&topics(8), &catalogue);
        assert!(desired.iter().any(|spec| &*spec.name == "standing.inbox.district.fire"));
        let first = differences(log.as_ref(), &desired).expect("a plan");
        assert_eq!(first.len(), desired.len());
        apply(log.as_ref(), &desired, &first).expect("applied");
        assert_eq!(differences(log.as_ref(), &desired).expect("a plan"), []);

        let mut changed = desired.clone();
        changed[0].config.retain(|(name, _)| name != "segment.ms");
        changed[0].config.push(("segment.ms".to_owned(), "7".to_owned()));
        let altered = differences(log.as_ref(), &changed).expect("a plan");
        assert_eq!(altered.len(), 1, "{altered:?}");
        apply(log.as_ref(), &changed, &altered).expect("applied");
        assert_eq!(differences(log.as_ref(), &changed).expect("a plan"), []);

        let other = differences(log.as_ref(), &self::desired(&topics(9), &catalogue)).expect("a plan");
        assert!(other.iter().any(|d| d.action == Action::Refused && d.setting == "partitions"), "{other:?}");
        assert!(report(&other, false).contains("left to you"));
    }
}
