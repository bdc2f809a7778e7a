//! `standing catalogue`: examines, shows and activates catalogues. Without a path it is about the reference catalogue that was
//! compiled in.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use catalogue::{Finding, Loaded, Section, Tree};
use domain::catalogue::Catalogue;
use kit::clock::Clock;
use schemas::topics::Action;
use serde_json::Value;

use crate::activation::{self, Register, Unverified};
use crate::settings::Settings;
use crate::{serve, stdout, topics, wiring};

/// A catalogue body is read from the log within this time, or the log is not there.
const LOG_WAIT: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Report everything that is wrong with a catalogue; 1 where there is an error
    Lint {
        /// Folder of YAML files; without it the reference catalogue
        path: Option<PathBuf>,
    },
    /// Show what a catalogue has, or one entry of it
    Show {
        /// Folder of YAML files (without it the reference catalogue), then the id of an entry
        #[arg(value_name = "PATH | ID", num_args = 0..=2)]
        of: Vec<String>,
    },
    /// Put a catalogue in force
    Activate {
        /// Folder of YAML files; without it the reference catalogue
        path: Option<PathBuf>,
        /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Restrict people and firms although the text of the law was not checked
        #[arg(long)]
        allow_unverified: bool,
    },
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Lint { path } => lint(path.as_deref()),
        Command::Show { of } => show(of),
        Command::Activate { path, config, allow_unverified } => {
            let unverified = if *allow_unverified { Unverified::Allow } else { Unverified::Refuse };
            activate(path.as_deref(), config.as_deref(), unverified)
        }
    }
}

fn tree(path: Option<&Path>) -> Tree {
    path.map_or_else(catalogue::reference, Tree::read)
}

/// A catalogue without errors; else all its findings, as a text.
pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Loaded> {
    catalogue::load(&tree(path)).map_err(|findings| {
        let errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
        anyhow::anyhow!("the catalogue has errors:\n{}", catalogue::render_plain(&errors).trim_end())
    })
}

fn lint(path: Option<&Path>) -> anyhow::Result<ExitCode> {
    let findings = catalogue::lint(&tree(path));
    stdout::print(&catalogue::render(&findings))?;
    Ok(if findings.iter().any(Finding::is_error) { ExitCode::from(crate::FINDING) } else { ExitCode::SUCCESS })
}

fn show(of: &[String]) -> anyhow::Result<ExitCode> {
    let (path, id) = match of {
        [] => (None, None),
        [one] if Path::new(one).exists() => (Some(Path::new(one)), None),
        [id] => (None, Some(id)),
        [path, id, ..] => (Some(Path::new(path)), Some(id)),
    };
    let loaded = load(path)?;
    let text = match id {
        Some(id) => entries(&loaded, id),
        None => overview(&loaded.catalogue),
    };
    if text.is_empty() {
        bail!("the catalogue has no entry of this id; standing catalogue show lists what it has");
    }
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Every id with its title, by section.
fn overview(catalogue: &Catalogue) -> String {
    let mut text = format!("{} {} ({})\n", catalogue.id, catalogue.title.zh, catalogue.title.en);
    let _ = writeln!(text, "digest {}", catalogue::digest(catalogue));
    let all = serde_json::to_value(catalogue).unwrap_or_default();
    for section in Section::ALL {
        let Some(entries) = all.get(section.key()).and_then(Value::as_object) else { continue };
        let _ = writeln!(text, "\n{} ({})", section.key(), entries.len());
        for (id, entry) in entries {
            // Of an entry with versions the newest is shown.
            let newest = entry.as_array().and_then(|versions| versions.last()).unwrap_or(entry);
            let versions = entry.as_array().map_or(1, Vec::len);
            let count = if versions > 1 { format!(", {versions} versions") } else { String::new() };
            let line = format!("  {id:<44} {}{count}", crate::check::title(newest));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// Every version of every entry of this id, with its place; empty where there is none.
fn entries(loaded: &Loaded, id: &str) -> String {
    let mut text = String::new();
    let all = serde_json::to_value(&loaded.catalogue).unwrap_or_default();
    for section in Section::ALL {
        let Some(entry) = all.get(section.key()).and_then(|entries| entries.get(id)) else { continue };
        let versions = entry.as_array().map_or(std::slice::from_ref(entry), Vec::as_slice);
        for version in versions {
            let from = version["in_force"]["from"].as_str().and_then(|from| from.parse().ok());
            let position = loaded.positions.of(section, id, from);
            let place = position.map(|p| format!("{}:{}", p.file, p.line)).unwrap_or_default();
            let _ = writeln!(text, "{} {id}  {place}\n{version:#}\n", section.key());
        }
    }
    text
}

fn activate(path: Option<&Path>, config: Option<&Path>, unverified: Unverified) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Settings>(config) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let loaded = load(path)?;
    let catalogue = &loaded.catalogue;
    let (log, topics) = (wiring::reach(&settings.kafka)?, Arc::new(settings.topics.topics()?));
    let differences = topics::differences(log.as_ref(), &topics::desired(&topics, catalogue))?;
    let wrong: Vec<_> = differences.into_iter().filter(|difference| difference.action != Action::Alter).collect();
    if !wrong.is_empty() {
        let catalogue = path.map(|path| format!(" --catalogue {}", path.display())).unwrap_or_default();
        let config = topics::config_argument(config);
        let wrong: Vec<String> = topics::in_short(&wrong).into_iter().map(|(what, _)| what).collect();
        let first = format!("standing topics apply{config}{catalogue}");
        bail!("the topics are not as this catalogue needs them; first: {first}\n  {}", wrong.join("\n  "));
    }
    let codec = wiring::codec(&settings.registry, &topics)?;
    let (shelf, follower) = wiring::follow_catalogues(&log, &topics)?;
    if !follower.wait_until_caught_up(LOG_WAIT) {
        bail!("the catalogues could not be read within {} s; is Kafka reachable?", LOG_WAIT.as_secs());
    }
    let digest = catalogue::digest(catalogue);
    if shelf.active().is_some_and(|(active, _)| active == digest) {
        stdout::print(&format!("{digest} is in force already; nothing was written\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let register = Register { log, topics, codec, now_ms: Clock::system().now_ms() };
    let digest = activation::activate(&register, catalogue, unverified)?;
    stdout::print(&format!("{digest} is in force from here on, in every partition\n"))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overview_names_every_item_and_an_entry_shows_all_its_versions() {
        let loaded = load(None).expect("the reference catalogue");
        let all = overview(&loaded.catalogue);
        for id in loaded.catalogue.items.keys() {
            assert!(all.contains(id.as_str()), "{id}");
        }
        let shown = entries(&loaded, "fire.penalty");
        assert_eq!(shown.matches("items fire.penalty  items/fire.yaml:").count(), 4, "{shown}");
        assert!(entries(&loaded, "no.such-entry").is_empty());
    }
}
