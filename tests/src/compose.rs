//! `docker-compose.yml` as the real Compose reads it, without a container.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::repository::{checks, run};

/// A call of Compose on the file, with the variables that it asks for.
pub fn compose(arguments: &[&str]) -> Command {
    let mut command = checks(&[&["compose", "-f", "docker-compose.yml"], arguments].concat());
    command.env("STANDING_CREDENTIALS", "./credentials.toml").env("STANDING_PSEUDONYMS", "./pseudonyms.toml");
    command
}

/// The file with everything filled in.
pub fn project() -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&run(&mut compose(&["config", "--format", "json"]))?)?)
}

/// The elements of a list; none where there is no list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The file of this checkout that a service is started with, by what it is mounted as.
pub fn settings_file(project: &Value, name: &str) -> anyhow::Result<PathBuf> {
    let service = &project["services"][name];
    let words = list(&service["command"]);
    let at = words.iter().position(|word| word == "--config").and_then(|at| words.get(at + 1));
    let at = at.with_context(|| format!("{name} is started without --config: {words:?}"))?;
    let config = list(&service["configs"]).iter().find(|config| config["target"] == *at);
    let source = config.and_then(|config| config["source"].as_str());
    let source = source.with_context(|| format!("{name}: no config is mounted at {at}"))?;
    let file = project["configs"][source]["file"].as_str();
    Ok(file.with_context(|| format!("the config {source} is no file"))?.into())
}

/// The settings of a service.
pub fn settings(project: &Value, name: &str) -> anyhow::Result<toml::Table> {
    Ok(std::fs::read_to_string(settings_file(project, name)?)?.parse()?)
}
