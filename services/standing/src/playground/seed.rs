//! Fills the district through its own front door: generated events go to `POST /v1/events` like anybody's.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::time::Instant;
use kit::clock::Clock;
use kit::shutdown::Shutdown;
use serde_json::{Value, json};

use super::{Args, CONSUMER, District};
use crate::district::{Generator, Showcase};

/// Events of one request while the district is filled.
const CHUNK: usize = 5_000;
/// Time between two live events.
const LIVE_EVERY: Duration = Duration::from_millis(500);

/// What was generated, and what is still to come.
pub(super) struct Seeded {
    generator: Option<Generator>,
    showcase: Option<Showcase>,
    clock: Clock,
    events: usize,
    subjects: u64,
}

pub(super) async fn seed(base: &str, district: &District, args: &Args) -> anyhow::Result<Seeded> {
    let today = Instant::from_ms(district.parts.clock.now_ms()).day();
    let (_, catalogue) = district.parts.shelf.active().context("no catalogue is active")?;
    let clock = district.parts.clock.clone();
    if args.subjects == 0 {
        return Ok(Seeded { generator: None, showcase: None, clock, events: 0, subjects: 0 });
    }
    let showcase = Showcase::of(&catalogue, today);
    let mut generator = Generator::new(args.seed, args.subjects, &catalogue, today);
    let client = reqwest::Client::new();
    let mut events = 0;
    let mut chunk = showcase.as_ref().map(|showcase| showcase.events.clone()).unwrap_or_default();
    loop {
        chunk.extend(generator.by_ref().take(CHUNK));
        if chunk.is_empty() {
            break;
        }
        events += send(&client, base, &chunk).await?;
        chunk.clear();
    }
    district.settled().await;
    Ok(Seeded { generator: Some(generator), showcase, clock, events, subjects: args.subjects })
}

async fn send(client: &reqwest::Client, base: &str, events: &[Value]) -> anyhow::Result<usize> {
    let mut body = String::new();
    for event in events {
        writeln!(body, "{event}")?;
    }
    let request = client.post(format!("{base}/v1/events")).header("content-type", "application/x-ndjson").body(body);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    if let Some(problem) = answer["problems"].as_array().and_then(|problems| problems.first()) {
        bail!("a generated event was refused: {problem}");
    }
    Ok(events.len())
}

impl Seeded {
    /// What to try first: addresses, a restriction with its grounds, and what ends it.
    pub(super) fn guide(&self, base: &str) -> String {
        let mut text = String::new();
        let generated = format!("{} plainly fictitious subjects, {} events", self.subjects, self.events);
        let post = |path: &str, body: &Value| {
            format!("  curl -s {base}{path} -H 'content-type: application/json' -d '{body}'\n")
        };
        let _ = write!(
            text,
            "\n  check, events, lookup   {base}/v1/…   (what there is: {base}/openapi.json)\n  metrics                 {base}/metrics\n  \
             ready                   {base}/readyz\n  district                {generated}\n\n"
        );
        if let Some(Showcase { name, uscc, matter, ending, .. }) = &self.showcase {
            let check = json!({ "consumer": CONSUMER, "matter": matter, "subject": { "scheme": "uscc", "id": uscc } });
            let _ = write!(text, "{name} is restricted, and why:\n\n{}\n", post("/v1/check", &check));
            let _ = write!(text, "What ends it (then ask again):\n\n{}\n", post("/v1/events", ending));
        }
        text.push_str("Ctrl-C ends the playground; nothing is kept.\n");
        text
    }

    /// Goes on with live events until the playground stops.
    pub(super) async fn live(self, base: String, shutdown: Shutdown) {
        let Some(generator) = self.generator else { return };
        let client = reqwest::Client::new();
        let mut turn = 0;
        while !shutdown.is_triggered() {
            tokio::time::sleep(LIVE_EVERY).await;
            let today = Instant::from_ms(self.clock.now_ms()).day();
            let event = generator.live(turn, today);
            turn += 1;
            if let Some(event) = event
                && let Err(error) = send(&client, &base, &[event]).await
            {
                tracing::warn!(%error, "a live event was not taken");
            }
        }
    }
}
