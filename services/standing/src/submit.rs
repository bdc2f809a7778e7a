//! `standing submit`: sends the events of a file to intake, in chunks, and tells what was refused and why.
//!
//! A file is one event a line, or a JSON document: one event or a list of them. Events keep their order. What was sent twice
//! because a connection broke changes nothing, so an interrupted run is simply repeated. Nothing of an event is printed but what
//! intake says of it.

mod events;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use bytes::{BufMut, Bytes, BytesMut};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::StatusCode;
use serde_json::Value;

use crate::cli::Usage;
use crate::client::{self, Client, block_on};
use crate::stdout;
use events::{Event, Events};

/// Events and bytes of one request: what intake answers within a second or two, far below its largest body.
const CHUNK_EVENTS_MAX: usize = 2_000;
const CHUNK_BYTES_MAX: usize = 4 << 20;
/// From here on a bar is worth looking at.
const LONG_FILE: u64 = 1 << 20;
/// How often events that the log did not take are sent again.
const RESENDS_MAX: u32 = 5;
const RESEND_PAUSE: Duration = Duration::from_secs(1);
/// Codes that a later attempt may not meet again.
const PASSING: [&str; 2] = ["log.unavailable", "batch.interrupted"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// File with one JSON event a line, or a JSON list of events; - reads stdin
    file: PathBuf,
    /// Check the events and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    client: client::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.client)?;
    let (input, bytes): (Box<dyn BufRead>, Option<u64>) = if args.file.as_os_str() == "-" {
        (Box::new(io::stdin().lock()), None)
    } else {
        let unreadable = |error| Usage::new(format!("{} cannot be read: {error}", args.file.display()));
        let file = File::open(&args.file).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        (Box::new(BufReader::with_capacity(1 << 16, file)), Some(bytes))
    };
    let whole = args.file.extension().is_some_and(|extension| extension == "json");
    let events = Events::read(input, whole)?;
    let path = if args.dry_run { "/v1/events?dry_run=true" } else { "/v1/events" };
    let mut run = Run { client, path, bar: bar(bytes), accepted: 0, refused: 0, token: None };
    let sent = block_on(run.send_all(events));
    run.bar.finish_and_clear();
    stdout::print(&run.summary(args.dry_run))?;
    sent?;
    Ok(if run.refused > 0 { ExitCode::from(crate::FINDING) } else { ExitCode::SUCCESS })
}

/// Shown on a terminal only, and for a long file only.
fn bar(bytes: Option<u64>) -> ProgressBar {
    match bytes {
        Some(bytes) if bytes >= LONG_FILE => {
            let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}");
            ProgressBar::new(bytes).with_style(style.expect("the template is well-formed"))
        }
        Some(_) => ProgressBar::hidden(),
        None => ProgressBar::new_spinner(),
    }
}

struct Run {
    client: Client,
    path: &'static str,
    bar: ProgressBar,
    accepted: u64,
    refused: u64,
    /// Of the last batch that was taken: an answer of a check that gives it is not from before.
    token: Option<String>,
}

impl Run {
    async fn send_all(&mut self, mut events: Events) -> anyhow::Result<()> {
        loop {
            let (mut chunk, mut bytes) = (Vec::new(), 0);
            while chunk.len() < CHUNK_EVENTS_MAX && bytes < CHUNK_BYTES_MAX {
                let Some(event) = events.next()? else { break };
                bytes += event.text.len();
                chunk.push(event);
            }
            if chunk.is_empty() {
                return Ok(());
            }
            let last = chunk.last().map_or(0, |event| event.end);
            self.send(chunk).await?;
            self.bar.set_position(last);
        }
    }

    async fn send(&mut self, chunk: Vec<Event>) -> anyhow::Result<()> {
        let bar = self.bar.clone();
        let told = |why: &str| bar.suspend(|| eprintln!("standing: {why}"));
        let mut waiting = vec![chunk];
        let mut resends = 0;
        while let Some(mut chunk) = waiting.pop() {
            let answer = self.client.post(self.path, "application/x-ndjson", body(&chunk), &told).await?;
            if answer.status == StatusCode::PAYLOAD_TOO_LARGE && chunk.len() > 1 {
                let rest = chunk.split_off(chunk.len() / 2);
                waiting.extend([rest, chunk]);
                continue;
            }
            if !answer.status.is_success() {
                let first = chunk.first().map_or(0, |event| event.number);
                bail!(
                    "stopped at event {first}: {}\nwhat stands before it was sent; repeating it changes nothing",
                    answer.refusal()
                );
            }
            let again = self.take(&answer.body, chunk, resends < RESENDS_MAX)?;
            if !again.is_empty() {
                resends += 1;
                told(&format!("the log did not take {} events: trying again", again.len()));
                tokio::time::sleep(RESEND_PAUSE).await;
                waiting.push(again);
            }
        }
        Ok(())
    }

    /// Counts and prints what a batch came to; gives back the events that are worth another attempt.
    fn take(&mut self, body: &Value, chunk: Vec<Event>, resend: bool) -> anyhow::Result<Vec<Event>> {
        let (Some(accepted), Some(problems)) = (body["accepted"].as_u64(), body["problems"].as_array()) else {
            bail!("this is no answer of intake; name the address of its API with --to");
        };
        self.accepted += accepted;
        let mut tokens =
            body["receipts"].as_array().into_iter().flatten().filter_map(|receipt| receipt["token"].as_str());
        if let Some(token) = tokens.next_back() {
            self.token = Some(token.to_owned());
        }
        let mut text = String::new();
        let mut again = Vec::new();
        for problem in problems {
            let line = problem["line"].as_u64().and_then(|line| usize::try_from(line.checked_sub(1)?).ok());
            let event = line.and_then(|line| chunk.get(line));
            match event {
                Some(event) if resend && PASSING.contains(&problem["code"].as_str().unwrap_or_default()) => {
                    again.push(event.clone());
                }
                _ => {
                    self.refused += 1;
                    text.push_str(&describe(event.map(|event| event.number), problem));
                }
            }
        }
        self.bar.suspend(|| stdout::print(&text))?;
        Ok(again)
    }

    fn summary(&self, dry_run: bool) -> String {
        let Self { accepted, refused, token, .. } = self;
        let verb = if dry_run { "would be accepted" } else { "accepted" };
        let token = token.as_ref().map(|token| format!("token {token}\n")).unwrap_or_default();
        format!("{accepted} {verb}, {refused} refused\n{token}")
    }
}

/// `line 12: field.missing: fields.severity: the item requires it`, and further faults below.
fn describe(number: Option<u64>, problem: &Value) -> String {
    let line = number.map_or_else(|| "some line".to_owned(), |number| format!("line {number}"));
    let one = |problem: &Value| {
        let text = |name: &str| problem[name].as_str();
        let field = text("field").map(|field| format!("{field}: ")).unwrap_or_default();
        format!("{}: {field}{}", text("code").unwrap_or("-"), text("message").unwrap_or_default())
    };
    let mut said = format!("{line}: {}\n", one(problem));
    for detail in problem["details"].as_array().into_iter().flatten() {
        said.push_str(&format!("  and {}\n", one(detail)));
    }
    said
}

fn body(chunk: &[Event]) -> Bytes {
    let mut body = BytesMut::with_capacity(chunk.iter().map(|event| event.text.len() + 1).sum());
    for event in chunk {
        body.put_slice(&event.text);
        body.put_u8(b'\n');
    }
    body.freeze()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_line_code_field_and_what_to_do() {
        let problem = json!({ "line": 1, "code": "field.missing", "field": "fields.severity", "message": "the item requires it",
            "details": [{ "code": "date.invalid", "field": "valid.until", "message": "a date like 2026-05-08" }] });
        assert_eq!(
            describe(Some(12), &problem),
            "line 12: field.missing: fields.severity: the item requires it\n  and date.invalid: valid.until: a date like \
             2026-05-08\n"
        );
    }
}
