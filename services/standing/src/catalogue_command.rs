//! `standing catalogue`: examines, shows, plans and activates catalogues. Without a path it is about the reference catalogue that was
//! compiled in.

mod activate;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use catalogue::{Finding, Loaded, Section, Tree};
use domain::catalogue::Catalogue;
use serde_json::Value;

use crate::stdout;

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
    /// Try a catalogue on the register as it stands: what would change, before anybody is touched
    Plan(activate::Plan),
    /// Put a catalogue in force that was planned
    Activate(activate::Activate),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Lint { path } => lint(path.as_deref()),
        Command::Show { of } => show(of),
        Command::Plan(args) => activate::plan(args),
        Command::Activate(args) => activate::activate(args),
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
