//! `standing topics`: what the topics are and what they should be. Another number of partitions is never applied.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::catalogue::Catalogue;
use schemas::topics::{Action, Difference, EventsTime, TopicDescription, TopicSpec, Topics};
use stream::log::{Isolation, Log, LogError, TopicPartition};

use crate::settings::Settings;
use crate::{catalogue_command, serve, stdout, wiring};

/// A cluster that has made a topic knows all its leaders within a second or two.
const SETTLED_WITHIN: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(100);
/// Names listed of topics that are missing; the rest is counted.
const NAMED_MAX: usize = 4;

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
    let settings = match serve::load::<Settings>(of.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let catalogue = catalogue_command::load(of.catalogue.as_deref())?.catalogue;
    let desired = desired(&settings.topics.topics()?, &catalogue);
    let log = wiring::reach(&settings.kafka)?;
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
        let described = patiently(|| log.describe(&spec.name)).context("Kafka does not describe its topics")?;
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
        settle(log, &missing)?;
    }
    for spec in desired.iter().filter(|spec| of(spec, Action::Alter)) {
        let changes = differences.iter().filter(|d| d.topic == spec.name && d.action == Action::Alter);
        let config: Vec<(String, String)> = changes.map(|d| (d.setting.clone(), d.want.clone())).collect();
        log.alter_topic(&spec.name, &config).with_context(|| format!("{} cannot be altered", spec.name))?;
    }
    Ok(())
}

/// Waits until every partition of new topics can be asked.
pub(crate) fn settle(log: &dyn Log, created: &[TopicSpec]) -> anyhow::Result<()> {
    for spec in created {
        for partition in (0..spec.partitions).map(|n| TopicPartition::new(spec.name.clone(), n)) {
            let asked = patiently(|| log.watermarks(&partition, Isolation::ReadCommitted));
            asked.with_context(|| format!("{partition} was created and does not answer"))?;
        }
    }
    Ok(())
}

/// Asks again as long as the cluster says that a later attempt may do.
pub(crate) fn patiently<T>(mut ask: impl FnMut() -> Result<T, LogError>) -> Result<T, LogError> {
    let began = Instant::now();
    loop {
        match ask() {
            Err(LogError::Retry { .. }) if began.elapsed() < SETTLED_WITHIN => std::thread::sleep(LOOK),
            asked => return asked,
        }
    }
}

/// The committed offset of a group for each partition, `None` where it has none. Each is asked for by itself: under load there is
/// hardly a moment in which no partition of a group is in a transaction. `wait` is for one of them.
pub(crate) fn committed(
    log: &dyn Log,
    group: &str,
    of: &[TopicPartition],
    wait: Duration,
) -> Result<Vec<Option<i64>>, LogError> {
    let one = |of| patiently(|| log.committed(group, std::slice::from_ref(of), wait));
    of.iter().map(|of| Ok(one(of)?.first().copied().flatten())).collect()
}

/// Differences in few words, each with what to do where `apply` does nothing: topics that are missing are one.
pub(crate) fn in_short(differences: &[Difference]) -> Vec<(String, Option<&'static str>)> {
    let missing: Vec<&str> = differences.iter().filter(|d| d.action == Action::Create).map(|d| &*d.topic).collect();
    let mut said = Vec::new();
    if let [some @ .., _] = missing.as_slice() {
        let named = missing[..missing.len().min(NAMED_MAX)].join(", ");
        let more = if some.len() >= NAMED_MAX { ", …" } else { "" };
        said.push((format!("{} missing: {named}{more}", missing.len()), None));
    }
    let others = differences.iter().filter(|d| d.action != Action::Create);
    said.extend(others.map(|difference| (difference.to_string(), difference.remedy())));
    said
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
    use std::sync::atomic::{AtomicBool, Ordering};

    use stream::embedded::{EmbeddedLog, EmbeddedSettings};
    use stream::log::TransactionalProducer;

    use super::*;

    fn of(n: u16) -> NonZeroU16 {
        NonZeroU16::new(n).expect("not zero")
    }

    #[test]
    fn missing_topics_are_told_in_one_line() {
        let catalogue = catalogue_command::load(None).expect("the reference catalogue").catalogue;
        let topics = Topics::new("standing", of(8), of(1)).expect("a prefix");
        let all = schemas::topics::plan(&desired(&topics, &catalogue), &[]);
        let said = in_short(&all);
        assert_eq!(said.len(), 1);
        assert!(said[0].0.starts_with(&format!("{} missing: standing.catalogues, ", all.len())), "{said:?}");
        assert_eq!(in_short(&all[..1])[0].0, "1 missing: standing.catalogues");
        assert!(in_short(&[]).is_empty());
    }

    #[test]
    fn what_may_pass_is_asked_again_and_what_is_refused_is_not() {
        let mut asked = 0;
        let answer = patiently(|| {
            asked += 1;
            let reason = "no leader yet".to_owned();
            if asked < 3 { Err(LogError::Retry { what: "watermarks", reason }) } else { Ok(asked) }
        });
        assert_eq!(answer.ok(), Some(3));
        let refused = patiently(|| {
            asked += 1;
            Err::<(), _>(LogError::Refused { what: "describe", reason: "no right".to_owned() })
        });
        assert!(refused.is_err());
        assert_eq!(asked, 4);
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

    #[test]
    fn the_offsets_of_a_group_that_is_never_at_rest_are_told() {
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(|| 0), 1));
        let topic: Arc<str> = "t".into();
        let spec = stream::log::TopicSpec { name: topic.clone(), partitions: 2, replication: 1, config: Vec::new() };
        log.create_topics(&[spec]).expect("a topic");
        let both = [0, 1].map(|partition| TopicPartition::new(topic.clone(), partition));
        let wait = Duration::from_secs(15);
        let mut member = log.group_consumer("g", "m", std::slice::from_ref(&topic)).expect("a member");
        while !matches!(member.poll(1, wait).expect("polled"), stream::log::Polled::Assigned(_)) {}
        let group = member.metadata().expect("in the group");
        let mut producers = ["a", "b"].map(|id| {
            let mut producer = log.transactional(id).expect("a producer");
            producer.init(wait).expect("initialised");
            producer
        });
        // One of the two is in a transaction at every moment.
        let holds = |n: usize, producer: &mut Box<dyn TransactionalProducer>| {
            producer.begin().expect("begun");
            producer.send_offsets(&[(both[n].clone(), 7)], &group).expect("sent");
        };
        producers.iter_mut().enumerate().for_each(|(n, producer)| holds(n, producer));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for (n, producer) in producers.iter_mut().enumerate() {
                        producer.commit().expect("committed");
                        std::thread::sleep(Duration::from_millis(20));
                        holds(n, producer);
                    }
                }
            });
            let together = log.committed("g", &both, Duration::from_millis(300));
            let apart = committed(&*log, "g", &both, wait);
            done.store(true, Ordering::Relaxed);
            assert!(matches!(together, Err(LogError::Retry { .. })), "{together:?}");
            assert_eq!(apart.ok(), Some(vec![Some(7), Some(7)]));
        });
    }
}
