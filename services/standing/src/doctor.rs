//! `standing doctor`: looks at everything a register rests on, and says of each fault what to do. It changes nothing; in the
//! checkpoint store it writes one small object, and removes it.

mod checkpoints;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::catalogue::Catalogue;
use kit::clock::Clock;
use schemas::topics::{Action, Topics};
use stream::checkpoint::Found;
use stream::log::{Isolation, Log, LogError, Start, Topic, TopicPartition};

use crate::settings::{Serving, Settings};
use crate::{catalogue_command, serve, stdout, topics, wiring};

/// What is asked of Kafka comes within this time, or Kafka is not there.
const WAIT: Duration = Duration::from_secs(15);
/// Fewer records behind are the next batch; more mean that a service stands or cannot keep up.
const LAG_MAX: i64 = 50_000;
/// The clock of a broker ahead of ours by more makes flags begin and end at the wrong time of day.
const SKEW_MAX_MS: i64 = 2_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Serving<true>>(args.config.as_deref()) {
        Ok(Serving(settings)) => settings,
        Err(code) => return Ok(code),
    };
    let mut report = Report::default();
    report.sound("settings", "every key is known and valid");
    report.files(&settings);
    report.folders(&settings);
    let checkpoints = report.checkpoint_store(&settings);
    report.register(&settings, args.config.as_deref(), checkpoints.as_deref());
    stdout::print(&report.text)?;
    Ok(if report.faults > 0 { ExitCode::from(crate::FINDING) } else { ExitCode::SUCCESS })
}

#[derive(Default)]
struct Report {
    text: String,
    faults: u32,
}

impl Report {
    fn sound(&mut self, what: &str, how: &str) {
        self.text.push_str(&format!("ok     {what}: {how}\n"));
    }

    fn fault(&mut self, what: &str, how: &str, remedy: &str) {
        self.faults += 1;
        self.text.push_str(&format!("FAULT  {what}: {how}\n       {remedy}\n"));
    }

    /// Secrets: there, well-formed, and for the service's own eyes. Services that need none have none.
    fn files(&mut self, settings: &Settings) {
        let (key, credentials) = (&settings.pseudonyms.file, &settings.credentials.file);
        if !key.as_os_str().is_empty() {
            match settings.pseudonyms.key() {
                Ok(_) => self.sound("pseudonyms.file", "holds a key"),
                Err(error) => self.fault(
                    "pseudonyms.file",
                    &error.to_string(),
                    "take the file of all other services of this register",
                ),
            }
            self.private("pseudonyms.file", key);
        }
        if !credentials.as_os_str().is_empty() {
            match kit::credentials::Credentials::load(credentials, Clock::system()) {
                Ok(_) => self.sound("credentials.file", "every entry is well-formed"),
                Err(invalid) => {
                    self.fault("credentials.file", &invalid.to_string(), "correct the entries; nobody else is let in")
                }
            }
        }
    }

    fn private(&mut self, what: &str, file: &Path) {
        use std::os::unix::fs::MetadataExt;
        if std::fs::metadata(file).is_ok_and(|metadata| metadata.mode() & 0o004 != 0) {
            let how = format!("{} can be read by everybody on this machine", file.display());
            self.fault(what, &how, "take the right away: chmod o-r");
        }
    }

    /// Folders that a service writes into, as far as they are set.
    fn folders(&mut self, settings: &Settings) {
        let folders = [
            ("profile.state_dir", &settings.profile.state_dir, &profile::Settings::default().state_dir),
            ("flags.state_dir", &settings.flags.state_dir, &flags::Settings::default().state_dir),
            ("gate.spool_dir", &settings.gate.spool_dir, &gate::Settings::default().spool_dir),
        ];
        for (key, folder, default) in folders {
            if folder == default && !folder.exists() {
                continue;
            }
            // The services make the folder themselves; what is above it must be there.
            let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
            match tempfile::tempfile_in(there) {
                Ok(_) => self.sound(key, &format!("{} can be written", folder.display())),
                Err(error) => {
                    let how = format!("{} cannot be written: {error}", there.display());
                    self.fault(key, &how, "make the folder and give it to the service's user");
                }
            }
        }
    }

    /// Everything that lies in Kafka. What needs the step before is left out when that failed.
    fn register(&mut self, settings: &Settings, config: Option<&Path>, checkpoints: Option<&[Found]>) {
        let servers = &settings.kafka.bootstrap_servers;
        let reached = wiring::kafka(&settings.kafka).and_then(|log| Ok((log.topics()?.len(), log)));
        let (count, log) = match reached {
            Ok(reached) => reached,
            Err(error) => {
                let remedy =
                    "check kafka.bootstrap_servers, the network between, and security settings and credentials";
                return self.fault("kafka", &format!("{servers} does not answer: {error:#}"), remedy);
            }
        };
        self.sound("kafka", &format!("{servers} answers and shows {count} topics"));
        let topics = match settings.topics.topics() {
            Ok(topics) => Arc::new(topics),
            Err(error) => return self.fault("topics", &error.to_string(), "correct topics.prefix"),
        };
        if let Err(error) = wiring::codec(&settings.registry, &topics) {
            self.fault(
                "registry",
                &format!("{error:#}"),
                "check registry.urls, or leave it out to use the built-in ids",
            );
        } else if !settings.registry.urls.is_empty() {
            self.sound("registry", "knows our schemas");
        }
        let config = topics::config_argument(config);
        let Some(catalogue) = self.catalogue(&log, &topics, &config) else { return };
        if self.topics(log.as_ref(), &topics, &catalogue, &config) {
            self.clock(log.as_ref(), &topics);
            self.lag(log.as_ref(), &topics);
            if let Some(found) = checkpoints {
                self.checkpoint_ages(settings, found, log.as_ref(), topics.events());
            }
        }
    }

    /// The catalogue in force; the reference catalogue stands in for one that is missing, so that topics are looked at.
    fn catalogue(&mut self, log: &Arc<dyn Log>, topics: &Topics, config: &str) -> Option<Arc<Catalogue>> {
        let reference = || catalogue_command::load(None).ok().map(|loaded| Arc::new(loaded.catalogue));
        let remedy = format!("standing topics apply{config}, then standing catalogue activate PATH{config}");
        match topics::patiently(|| log.describe(topics.catalogues())) {
            Ok(Some(_)) => {}
            Ok(None) => {
                self.fault("catalogue", "no catalogue is in force, for the topics are missing", &remedy);
                return reference();
            }
            Err(error) => {
                self.fault(
                    "catalogue",
                    &error.to_string(),
                    "see what the broker logs; the credentials may lack rights",
                );
                return None;
            }
        }
        let followed = wiring::follow_catalogues(log, topics);
        let active = followed.as_ref().ok().and_then(|(shelf, follower)| {
            let _caught_up = follower.wait_until_caught_up(WAIT);
            shelf.active()
        });
        match active {
            Some((digest, catalogue)) => {
                self.sound("catalogue", &format!("{} is in force ({digest})", catalogue.id));
                Some(catalogue)
            }
            None => {
                let remedy = format!("standing catalogue activate PATH{config}");
                self.fault("catalogue", "no catalogue is in force: everything is refused until then", &remedy);
                reference()
            }
        }
    }

    /// Whether the topics are there, so that one can look into them.
    fn topics(&mut self, log: &dyn Log, topics: &Topics, catalogue: &Catalogue, config: &str) -> bool {
        let differences = match topics::differences(log, &topics::desired(topics, catalogue)) {
            Ok(differences) => differences,
            Err(error) => {
                self.fault(
                    "topics",
                    &format!("{error:#}"),
                    "see what the broker logs; the credentials may lack rights",
                );
                return false;
            }
        };
        if differences.is_empty() {
            self.sound("topics", "all there, with the settings they must have");
        }
        let apply = format!("standing topics apply{config}");
        for (difference, remedy) in topics::in_short(&differences) {
            self.fault("topics", &difference, remedy.unwrap_or(&apply));
        }
        !differences.iter().any(|d| d.action == Action::Create || d.setting == "partitions")
    }

    /// The newest append times against our clock: a broker that is ahead shows; one that is behind looks like a quiet log.
    fn clock(&mut self, log: &dyn Log, topics: &Topics) {
        let newest = newest_append_ms(log, topics.events(), i32::from(topics.partitions().get()));
        match newest {
            Ok(None) => self.sound("clock", "nothing is in the log yet that shows the broker's"),
            Ok(Some(newest)) => {
                let ahead = newest - Clock::system().now_ms();
                if ahead > SKEW_MAX_MS {
                    let how = format!("the broker's clock is at least {ahead} ms ahead of this machine's");
                    self.fault("clock", &how, "let both follow the same time servers");
                } else {
                    self.sound("clock", "the broker's is not ahead of this machine's");
                }
            }
            Err(error) => self.fault("clock", &error.to_string(), "see what the broker logs"),
        }
    }

    fn lag(&mut self, log: &dyn Log, topics: &Topics) {
        for (service, topic) in [("profile", topics.events()), ("flags", topics.flags())] {
            let group = format!("{}-{service}", topics.prefix());
            match lag(log, &group, topic, i32::from(topics.partitions().get())) {
                Ok(Lag { behind, unread: 0 }) if behind <= LAG_MAX => {
                    self.sound(service, &format!("{behind} records behind"));
                }
                Ok(Lag { behind, unread: 0 }) => {
                    let how = format!("{behind} records behind in {topic}");
                    self.fault(
                        service,
                        &how,
                        "look at its logs and /metrics; start instances, or give it more workers",
                    );
                }
                Ok(Lag { unread, .. }) => {
                    let how = format!("{unread} partitions of {topic} have records that group {group} has never read");
                    self.fault(service, &how, &format!("is it running? standing serve {service} --config FILE"));
                }
                Err(error) => self.fault(service, &error.to_string(), "see what the broker logs"),
            }
        }
    }
}

struct Lag {
    behind: i64,
    /// Partitions that hold records and have no offset.
    unread: usize,
}

fn lag(log: &dyn Log, group: &str, topic: &Topic, partitions: i32) -> Result<Lag, LogError> {
    let of: Vec<TopicPartition> = (0..partitions).map(|n| TopicPartition::new(Arc::clone(topic), n)).collect();
    let committed = topics::committed(log, group, &of, WAIT)?;
    let mut lag = Lag { behind: 0, unread: 0 };
    for (partition, committed) in of.iter().zip(committed) {
        let end = topics::patiently(|| log.watermarks(partition, Isolation::ReadCommitted))?.high;
        match committed {
            Some(next) => lag.behind += (end - next).max(0),
            None if end > 0 => lag.unread += 1,
            None => {}
        }
    }
    Ok(lag)
}

fn newest_append_ms(log: &dyn Log, topic: &Topic, partitions: i32) -> Result<Option<i64>, LogError> {
    let mut from = Vec::new();
    for partition in (0..partitions).map(|n| TopicPartition::new(Arc::clone(topic), n)) {
        let watermarks = topics::patiently(|| log.watermarks(&partition, Isolation::ReadCommitted))?;
        // The last offsets may be markers of transactions.
        let begin = (watermarks.high - 20).max(watermarks.low);
        from.push((partition, Start::Offset(begin)));
    }
    let mut reader = log.reader(&from, Isolation::ReadCommitted)?;
    let mut newest = None;
    loop {
        let records = reader.poll(1_000, Duration::from_secs(1))?;
        if records.is_empty() {
            return Ok(newest);
        }
        newest = newest.max(records.iter().map(|record| record.timestamp_ms).max());
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::sync::atomic::{AtomicI64, Ordering};

    use schemas::Codec;
    use stream::embedded::{EmbeddedLog, EmbeddedSettings};

    use super::*;
    use crate::activation::{Register, Unverified, activate};

    struct Begun {
        log: Arc<dyn Log>,
        topics: Arc<Topics>,
        clock: Arc<AtomicI64>,
    }

    fn begun() -> Begun {
        let clock = Arc::new(AtomicI64::new(1_000));
        let reading = Arc::clone(&clock);
        let log: Arc<dyn Log> =
            EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || reading.load(Ordering::SeqCst)), 1));
        let topics = Topics::new("standing", NonZeroU16::MIN, NonZeroU16::MIN).expect("a prefix");
        Begun { log, topics: Arc::new(topics), clock }
    }

    impl Begun {
        fn report(&self) -> Report {
            let mut report = Report::default();
            let catalogue = report.catalogue(&self.log, &self.topics, "").expect("the reference catalogue");
            if report.topics(self.log.as_ref(), &self.topics, &catalogue, "") {
                report.clock(self.log.as_ref(), &self.topics);
                report.lag(self.log.as_ref(), &self.topics);
            }
            report
        }

        fn apply(&self) -> Catalogue {
            let catalogue = catalogue_command::load(None).expect("the reference catalogue").catalogue;
            wiring::create_topics(self.log.as_ref(), &topics::desired(&self.topics, &catalogue)).expect("created");
            catalogue
        }

        fn activate(&self, catalogue: &Catalogue) {
            let (log, topics) = (Arc::clone(&self.log), Arc::clone(&self.topics));
            let register = Register { log, topics, codec: Codec::built_in(), now_ms: 1_000 };
            activate(&register, catalogue, Unverified::Allow, &mut || Ok(())).expect("activated");
        }
    }

    #[test]
    fn every_step_to_a_register_that_runs_is_asked_for_in_its_turn() {
        let begun = begun();
        let report = begun.report();
        assert!(report.text.contains("no catalogue is in force, for the topics are missing"), "{}", report.text);
        assert!(report.text.contains("missing: standing.catalogues"), "{}", report.text);

        let catalogue = begun.apply();
        let report = begun.report();
        assert_eq!(report.faults, 1, "{}", report.text);
        assert!(report.text.contains("standing catalogue activate PATH"), "{}", report.text);

        begun.activate(&catalogue);
        let report = begun.report();
        assert!(report.text.contains("reference-district is in force"), "{}", report.text);
        assert!(report.text.contains("standing serve profile"), "{}", report.text);
    }

    #[test]
    fn a_broker_whose_clock_is_ahead_is_found_out() {
        let begun = begun();
        let catalogue = begun.apply();
        begun.clock.store(Clock::system().now_ms() + 60_000, Ordering::SeqCst);
        begun.activate(&catalogue);
        let report = begun.report();
        assert!(report.text.contains("FAULT  clock"), "{}", report.text);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_fault() {
        let mut settings = Settings::default();
        settings.gate.spool_dir = PathBuf::from("/proc/standing/spool");
        let mut report = Report::default();
        report.folders(&settings);
        assert_eq!(report.faults, 1, "{}", report.text);
    }
}
