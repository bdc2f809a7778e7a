//! Calls to a running register: where it is, with which credential, and when to try again.
//!
//! 429 and 503 are tried again after what `Retry-After` says, connections that fail after a growing pause; whatever is sent
//! twice by that changes nothing (repeats are counted, not applied). Every other refusal is the answer. A credential is never
//! printed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use crate::cli::Usage;

/// Half a minute of 503s and pauses of a second: a service that restarts is back by then.
const ATTEMPTS: u32 = 30;
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest a whole call may take: a batch that waits for Kafka.
const CALL: Duration = Duration::from_secs(120);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the register's API is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    to: Url,
    /// File with the bearer token; without it STANDING_TOKEN is taken, and without both no credential is sent
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Where a register is and who asks it.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

/// What a call came to.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// The refusal as one line, from its problem document: code, status, what to do.
    pub(crate) fn refusal(&self) -> String {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        let code = text("code").unwrap_or("no problem document");
        let what = text("detail").or(text("title")).unwrap_or("is this the address of the register's API?");
        let field = text("field").map(|field| format!("{field}: ")).unwrap_or_default();
        format!("{code} ({}): {field}{what}", self.status.as_u16())
    }
}

impl Client {
    pub(crate) fn new(args: &Args) -> anyhow::Result<Self> {
        if !matches!(args.to.scheme(), "http" | "https") || args.to.cannot_be_a_base() {
            return Err(Usage::new("--to is an address like http://127.0.0.1:8080").into());
        }
        let mut http = reqwest::Client::builder().timeout(CALL).connect_timeout(Duration::from_secs(5));
        if matches!(args.to.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            http = http.no_proxy();
        }
        let http = http.build().context("no HTTP client can be made")?;
        Ok(Self { http, base: args.to.clone(), token: token(args.token_file.as_deref())? })
    }

    /// Posts a body and waits for the answer, through refusals that pass by themselves. `waiting` is told of each.
    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &'static str,
        body: bytes::Bytes,
        waiting: &(dyn Fn(&str) + Sync),
    ) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut request = self.http.post(&url).header(CONTENT_TYPE, content_type).body(body.clone());
            if let Some(token) = &self.token {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let sent = request.send().await;
            let pause = match sent {
                Ok(response) if passes(response.status()) && attempt < ATTEMPTS => {
                    let pause = retry_after(&response).unwrap_or(pause(attempt));
                    waiting(&format!("{}: trying again in {} s", response.status(), pause.as_secs_f32().ceil()));
                    pause
                }
                Ok(response) => return answer(response).await,
                Err(error) if error.is_builder() => {
                    return Err(error.without_url()).context("the request cannot be made");
                }
                Err(error) if attempt < ATTEMPTS && !error.is_connect() => {
                    waiting(&format!("{}: trying again", error.without_url()));
                    pause(attempt)
                }
                // Nobody listens: an address that is wrong stays wrong, but a restart takes a moment.
                Err(error) if error.is_connect() && attempt < 4 => {
                    waiting("no connection: trying again");
                    pause(attempt)
                }
                Err(error) => {
                    let to = &self.base;
                    return Err(error.without_url())
                        .with_context(|| format!("{to} does not answer; name the register's address with --to"));
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Posts JSON and gives the JSON of an answer that is no refusal.
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = bytes::Bytes::from(body.to_string());
        let answer = self.post(path, "application/json", body, &|why| eprintln!("standing: {why}")).await?;
        if !answer.status.is_success() {
            bail!("{}", answer.refusal());
        }
        Ok(answer.body)
    }
}

/// The bearer token in a file, or in STANDING_TOKEN.
pub(crate) fn token(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let text = match file {
        Some(file) => {
            let unreadable = |error| Usage::new(format!("{} cannot be read: {error}", file.display()));
            Some(std::fs::read_to_string(file).map_err(unreadable)?)
        }
        None => std::env::var("STANDING_TOKEN").ok(),
    };
    let token = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if token.as_ref().is_some_and(|token| token.chars().any(|c| !c.is_ascii_graphic())) {
        return Err(Usage::new("the token has characters that no token has; give the token alone, on one line").into());
    }
    Ok(token)
}

fn passes(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY)
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds: u64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(PAUSE_MAX))
}

fn pause(attempt: u32) -> Duration {
    Duration::from_millis(100 << attempt.min(4)).min(PAUSE_MAX)
}

async fn answer(response: reqwest::Response) -> anyhow::Result<Answer> {
    let status = response.status();
    let body = response.bytes().await.map_err(reqwest::Error::without_url).context("the answer broke off")?;
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

/// Runs a call of the command line.
pub(crate) fn block_on<T>(call: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(call)
}
