//! `standing state`: checkpoints of the profile's state, as they lie in their store. Listing and verifying change nothing;
//! restoring writes into an empty folder. None of it needs Kafka, or a service that runs.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use stream::checkpoint::{Checkpoints, Found, Place};
use stream::log::TopicPartition;

use crate::cli::Usage;
use crate::settings::Settings;
use crate::{serve, stdout};

/// The digits of a checkpoint's digest that are shown: enough to tell apart those of one offset.
const DIGITS: usize = 8;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show the checkpoints of every partition: offset, age, size
    List(Of),
    /// Read every byte of the newest checkpoint of every partition, and open it; 1 where one cannot be used
    Verify(Verify),
    /// Bring a checkpoint into a state directory, for a service that is stopped
    Restore(Restore),
}

#[derive(clap::Args)]
struct Of {
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The checkpoint store, instead of profile.checkpoint_store of the settings
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    store: Option<String>,
    /// The log whose state it is, with --store
    #[arg(long, value_name = "TOPIC", requires = "store", default_value = "standing.events")]
    topic: String,
    /// Where the store holds several logs of that name: the one, as `list` shows it
    #[arg(long, value_name = "ID")]
    log: Option<String>,
}

#[derive(clap::Args)]
struct Verify {
    #[command(flatten)]
    of: Of,
    /// Only this partition
    #[arg(long, value_name = "N")]
    partition: Option<i32>,
    /// Every checkpoint, not only the newest
    #[arg(long)]
    all: bool,
    /// A folder with room for one partition's state; without it the system's for temporary files
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Restore {
    #[command(flatten)]
    of: Of,
    /// The partition
    partition: i32,
    /// The state directory, profile.state_dir of the service; the partition's folder in it must be empty or not there
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Which checkpoint: the beginning of a name that `list` shows; without it the newest
    #[arg(long, value_name = "NAME")]
    checkpoint: Option<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(of) => with(of, |_, _, found| {
            stdout::print(&table(&found, SystemTime::now()))?;
            Ok(ExitCode::SUCCESS)
        }),
        Command::Verify(verify) => {
            with(&verify.of, |store, topic, found| self::verify(store, topic, &chosen(found, verify), verify))
        }
        Command::Restore(args) => with(&args.of, |store, topic, found| restore(store, topic, &found, args)),
    }
}

/// Lists what the store holds of the log, and goes on with it.
fn with(
    of: &Of,
    go_on: impl FnOnce(&Checkpoints, &str, Vec<Found>) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let (place, topic) = match &of.store {
        Some(address) => (Place::open(address)?, of.topic.clone()),
        None => {
            let settings = match serve::load::<Settings>(of.config.as_deref()) {
                Ok(settings) => settings,
                Err(code) => return Ok(code),
            };
            let how = "no checkpoint store: set profile.checkpoint_store, or give --store URL";
            let place = settings.profile.checkpoint_place()?.ok_or_else(|| Usage::new(how))?;
            (place, settings.topics.topics()?.events().to_string())
        }
    };
    let store = Checkpoints::open(place)?;
    let mut found = store.list(&topic).context("the checkpoints cannot be listed")?;
    found.retain(|checkpoint| of.log.as_ref().is_none_or(|log| *log == checkpoint.log));
    go_on(&store, &topic, found)
}

fn chosen(mut found: Vec<Found>, verify: &Verify) -> Vec<Found> {
    found.retain(|checkpoint| verify.partition.is_none_or(|partition| partition == checkpoint.partition));
    if !verify.all {
        // The newest of each partition comes first.
        found.dedup_by(|next, kept| (&next.log, next.partition) == (&kept.log, kept.partition));
    }
    found
}

fn verify(store: &Checkpoints, topic: &str, found: &[Found], args: &Verify) -> anyhow::Result<ExitCode> {
    if found.is_empty() {
        bail!("the store holds no such checkpoint of {topic}");
    }
    let temporary = std::env::temp_dir();
    let scratch = tempfile::tempdir_in(args.scratch.as_ref().unwrap_or(&temporary)).context("no room to work in")?;
    let mut findings = 0;
    for checkpoint in found {
        let read = store.verify(checkpoint, &scratch.path().join("state"));
        let line = match read {
            Ok(verified) => {
                let other = other_version(checkpoint).unwrap_or_default();
                format!("sound, {} files, {}, {} rows{other}", verified.files, in_short(verified.bytes), verified.rows)
            }
            Err(error) => {
                findings += 1;
                format!("{:#}", anyhow::Error::new(error))
            }
        };
        stdout::print(&format!("partition {} {}: {line}\n", checkpoint.partition, short(checkpoint)))?;
    }
    stdout::print(&format!("{} verified, {findings} not sound\n", found.len()))?;
    Ok(if findings > 0 { ExitCode::from(crate::FINDING) } else { ExitCode::SUCCESS })
}

fn restore(store: &Checkpoints, topic: &str, found: &[Found], args: &Restore) -> anyhow::Result<ExitCode> {
    let wanted = args.checkpoint.as_deref().unwrap_or_default();
    let mut matching = found
        .iter()
        .filter(|checkpoint| checkpoint.partition == args.partition && checkpoint.name.to_string().starts_with(wanted));
    let Some(checkpoint) = matching.next() else {
        bail!("the store holds no such checkpoint of partition {}; see standing state list", args.partition);
    };
    if let Some(other) = matching.find(|other| other.log != checkpoint.log) {
        bail!("the store holds logs {} and {} of this name: say which by --log", checkpoint.log, other.log);
    }
    if let Some(other) = other_version(checkpoint) {
        bail!(
            "checkpoint {}{other}: a service of this version would set it aside; name another by --checkpoint, or let the log be folded",
            checkpoint.name
        );
    }
    let dir = stream::store::folder(&args.into, &TopicPartition::new(topic, args.partition));
    let manifest = store.restore(checkpoint, &dir)?;
    let report = format!(
        "partition {} restored as of offset {} into {}; a service with this state_dir folds the rest of the log\n",
        args.partition,
        manifest.next_offset,
        dir.display()
    );
    stdout::print(&report)?;
    Ok(ExitCode::SUCCESS)
}

fn table(found: &[Found], now: SystemTime) -> String {
    if found.is_empty() {
        return "the store holds no checkpoint of this log\n".to_owned();
    }
    let mut text = format!(
        "{:>9}  {:>14}  {:>9}  {:>9}  {:>5}  {:<29}  {:>4}  log\n",
        "partition", "offset", "age", "size", "files", "checkpoint", "rows"
    );
    for checkpoint in found {
        let age = now.duration_since(checkpoint.stored).unwrap_or_default();
        let (size, files, rows) = match &checkpoint.manifest {
            Ok(manifest) => (in_short(manifest.bytes()), manifest.files.len().to_string(), manifest.rows.to_string()),
            Err(_) => ("?".to_owned(), "?".to_owned(), "?".to_owned()),
        };
        let _ = writeln!(
            text,
            "{:>9}  {:>14}  {:>9}  {size:>9}  {files:>5}  {:<29}  {rows:>4}  {}",
            checkpoint.partition,
            checkpoint.name.next_offset(),
            coarse(age),
            short(checkpoint),
            checkpoint.log
        );
        if let Err(error) = &checkpoint.manifest {
            let _ = writeln!(text, "           {error}");
        }
    }
    text
}

/// What is said of a checkpoint whose rows are of another version than this program's.
fn other_version(checkpoint: &Found) -> Option<String> {
    let rows = checkpoint.manifest.as_ref().ok()?.rows;
    let own = u16::from(profile::ROW_VERSION);
    (rows != own).then(|| format!(", with rows of version {rows}, and this program's are of {own}"))
}

/// The name as far as it is shown.
fn short(checkpoint: &Found) -> String {
    let name = checkpoint.name.to_string();
    let end = name.find('-').map_or(name.len(), |dash| dash + 1 + DIGITS).min(name.len());
    name[..end].to_owned()
}

/// An age in its largest unit or two.
fn coarse(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

fn in_short(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes}B"),
        1_024..1_048_576 => format!("{}KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{}MiB", bytes >> 20),
        _ => format!("{}.{}GiB", bytes >> 30, (bytes >> 20) % 1_024 * 10 / 1_024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_short() {
        let ages = [0, 59, 61, 3_599, 3_660, 90_000].map(|s| coarse(Duration::from_secs(s)));
        assert_eq!(ages, ["0s", "59s", "1m01s", "59m59s", "1h01m", "1d01h"]);
        let sizes = [17, 4_096, 5 << 20, (3 << 30) + (512 << 20)].map(in_short);
        assert_eq!(sizes, ["17B", "4KiB", "5MiB", "3.5GiB"]);
    }
}
