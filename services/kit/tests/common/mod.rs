//! A real server on loopback, and a client for it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use kit::credentials::Credentials;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::serve::{Drained, Listening, Served, Settings};
use kit::settings::HumanDuration;
use kit::shutdown::Shutdown;
use serde_json::Value;
use tokio::task::JoinHandle;

/// Longer than anything here takes, shorter than a test may hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    pub address: SocketAddr,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
    pub client: reqwest::Client,
    running: JoinHandle<Drained>,
}

pub fn settings() -> Settings {
    Settings { listen: ([127, 0, 0, 1], 0).into(), drain: HumanDuration::from_secs(10), ..Settings::default() }
}

impl Server {
    pub async fn open(api: Router) -> Self {
        Self::start(api, Credentials::open("playground"), settings()).await
    }

    pub async fn start(api: Router, credentials: Credentials, settings: Settings) -> Self {
        let shutdown = Shutdown::new(settings.drain.get());
        let listening = Listening::bind(&settings).await.unwrap();
        let address = listening.address();
        let (metrics, readiness) = (Metrics::new("kit", "0.0.0"), Readiness::new());
        let open = kit::admin::router(metrics.clone(), readiness.clone());
        let served = Served { api, open, credentials, metrics };
        let token = shutdown.clone();
        let running = tokio::spawn(async move { listening.serve(served, &token).await });
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { address, readiness, shutdown, client, running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, media: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", media).body(body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn stop(self) -> Drained {
        self.shutdown.trigger();
        self.ended().await
    }

    pub async fn ended(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap()
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and the code, after the form of a problem document was checked.
    pub fn problem(&self) -> (u16, String) {
        let document = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(document["status"], self.status);
        let code = document["code"].as_str().unwrap().to_owned();
        assert_eq!(document["type"], format!("urn:standing:problem:{code}"));
        assert!(!document["title"].as_str().unwrap().is_empty());
        assert!(!document["detail"].as_str().unwrap().is_empty());
        (self.status, code)
    }
}
