//! The two calls, with their retries.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;

use super::Failure;
use super::settings::{Credentials, RegistrySettings, SetupError, pause_before};

const CONTENT: &str = "application/vnd.schemaregistry.v1+json";
/// Longest answer taken: the largest schema of ours has a tenth of that.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// The registry's own codes, finer than HTTP's.
const SCHEMA_NOT_FOUND: u32 = 40403;

pub(super) struct Client {
    http: reqwest::Client,
    urls: Vec<Url>,
    credentials: Credentials,
    attempts: u32,
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
    #[serde(default, rename = "schemaType")]
    schema_type: Option<String>,
    #[serde(default)]
    references: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    error_code: u32,
    message: String,
}

/// What became of one request: settled for good, or worth another attempt.
enum Outcome {
    Answer(Vec<u8>),
    Settled(Failure),
    Again(String),
}

impl Client {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, SetupError> {
        if settings.urls.is_empty() {
            return Err(SetupError::NoAddress);
        }
        if settings.attempts == 0 {
            return Err(SetupError::NoAttempt);
        }
        let address = |text: &String| {
            let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            Some(url)
        };
        let urls = settings.urls.iter().map(address).collect::<Option<Vec<_>>>().ok_or(SetupError::Address)?;
        // The registry is a neighbour of the log: no proxy stands between.
        let builder = reqwest::Client::builder().no_proxy().timeout(settings.request_timeout);
        let http = builder.build().map_err(SetupError::Client)?;
        Ok(Self { http, urls, credentials: settings.credentials.clone(), attempts: settings.attempts })
    }

    pub(super) async fn schema(&self, id: u32) -> Result<Arc<str>, Failure> {
        let path = format!("schemas/ids/{id}");
        let answer: Schema = self.call(&path, |url| self.http.get(url)).await?;
        if answer.schema_type.is_some_and(|of| of != "AVRO") {
            return Err(Failure::Refused(format!("schema {id} is not Avro; write with an Avro schema")));
        }
        if !answer.references.is_empty() {
            return Err(Failure::Refused(format!("schema {id} refers to others; register it whole")));
        }
        Ok(answer.schema.into())
    }

    pub(super) async fn register(&self, subject: &str, schema: &str) -> Result<u32, Failure> {
        let path = format!("subjects/{subject}/versions");
        let body = serde_json::json!({ "schema": schema }).to_string();
        let post = |url| self.http.post(url).header(CONTENT_TYPE, CONTENT).body(body.clone());
        let answer: Registered = self.call(&path, post).await?;
        Ok(answer.id)
    }

    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        request: impl Fn(Url) -> RequestBuilder,
    ) -> Result<T, Failure> {
        let mut why = String::new();
        for round in 1..=self.attempts {
            pause(pause_before(round)).await;
            for url in &self.urls {
                let url = url.join(path).map_err(|_| Failure::Refused("its address takes no path".to_owned()))?;
                match self.send(request(url)).await {
                    Outcome::Settled(failure) => return Err(failure),
                    Outcome::Again(reason) => why = reason,
                    Outcome::Answer(body) => match serde_json::from_slice(&body) {
                        Ok(answer) => return Ok(answer),
                        Err(_) => why = "it does not answer as a schema registry does".to_owned(),
                    },
                }
            }
        }
        Err(Failure::Unavailable(why))
    }

    async fn send(&self, request: RequestBuilder) -> Outcome {
        let request = request.header(ACCEPT, CONTENT);
        let request = match &self.credentials {
            Credentials::None => request,
            Credentials::Basic { user, password } => request.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => request.bearer_auth(token),
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Outcome::Again(reason(&error.without_url())),
        };
        let status = response.status();
        let body = match read(response).await {
            Ok(body) => body,
            Err(reason) => return Outcome::Again(reason),
        };
        if status.is_success() {
            return Outcome::Answer(body);
        }
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            StatusCode::NOT_FOUND if problem.error_code == SCHEMA_NOT_FOUND => Outcome::Settled(Failure::Unknown),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
                let message: String = problem.message.chars().take(500).collect();
                Outcome::Settled(Failure::Refused(format!(
                    "{message} (HTTP {}, {})",
                    status.as_u16(),
                    problem.error_code
                )))
            }
            _ => Outcome::Again(format!("HTTP {}", status.as_u16())),
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn reason(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the exchange broke off"
    };
    what.to_owned()
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error.without_url()))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(format!("its answer is longer than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
