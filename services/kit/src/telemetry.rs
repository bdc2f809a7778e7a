//! Logs: to stderr, as text or as one JSON object a line, never to stdout (which belongs to a command's result).
//!
//! Levels by reader: ERROR wake someone, WARN look today, INFO lifecycle, DEBUG odd path, TRACE per record. A panic
//! is logged as an ERROR with its place and thread before it unwinds.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt};

use crate::settings::{Problems, Validate};

/// Section `[telemetry]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How a line looks: `text` for people, `json` for collectors.
    pub format: Format,
    /// What is logged, as `tracing` directives: `info`, `info,stream=debug`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self { format: Format::Text, filter: "info".to_owned() }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        if EnvFilter::try_new(&self.filter).is_err() {
            problems.report(
                "filter",
                "is no list of tracing directives",
                "give a level, or levels by crate: info,stream=debug",
            );
        }
    }
}

/// Why logging did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log filter is no list of tracing directives")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    #[error("a log subscriber is already installed in this process")]
    Installed(#[source] tracing::subscriber::SetGlobalDefaultError),
}

/// Installs the process's subscriber (stderr) and the panic hook. Call it once, before anything else runs.
pub fn init(settings: &Settings) -> Result<(), Error> {
    let subscriber = subscriber(settings, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing::subscriber::set_global_default(subscriber).map_err(Error::Installed)?;
    log_panics();
    Ok(())
}

/// The subscriber that [`init`] installs, over any writer.
pub fn subscriber<W>(settings: &Settings, writer: W, colour: bool) -> Result<impl Subscriber + Send + Sync, Error>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&settings.filter).map_err(Error::Filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match settings.format {
        Format::Text => lines.with_ansi(colour).boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    Ok(Registry::default().with(lines.with_filter(filter)))
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("a panic without a text");
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), place, message, "panic");
    }));
}
