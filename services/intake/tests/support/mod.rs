//! What intake's tests share: an embedded log with its topics, the reference catalogue in force, and a way to call the API.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod events;
pub mod faulty;

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use catalogue::{ACTIVE_KEY, Shelf, canonical_bytes, digest_of, load, reference};
use domain::event::{Body as Stored, Content, Event};
use domain::ids::DepartmentId;
use domain::pseudonym::PseudonymKey;
use http_body_util::BodyExt;
use intake::{Components, Intake, Settings};
use kit::clock::Clock;
use kit::credentials::{Credentials, Principal};
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::shutdown::Shutdown;
use schemas::topics::{EventsTime, Topics};
use schemas::{Codec, Rejection};
use serde_json::Value;
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::log::{Isolation, Log, Record, Start, TopicPartition, TopicSpec};
use tower::ServiceExt;

/// Longer than anything here takes, shorter than a test may hang.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// 2026-06-01T10:00:00+08:00.
pub const NOW_MS: i64 = 1_780_279_200_000;

pub struct World {
    pub log: Arc<EmbeddedLog>,
    pub topics: Arc<Topics>,
    pub codec: Arc<Codec>,
    pub clock: Clock,
    pub shelf: Arc<Shelf>,
    pub key: Arc<PseudonymKey>,
    pub metrics: Metrics,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

/// An answer: its status, its headers and its JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

pub struct Running {
    pub world: World,
    pub intake: Intake,
}

/// The reference catalogue in canonical form, loaded once.
fn catalogue_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| canonical_bytes(&load(&reference()).unwrap().catalogue))
}

/// Codes that docs/errors.md explains.
pub fn documented_codes() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let text = std::fs::read_to_string(page).unwrap();
    let code = |line: &str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    text.lines().filter_map(code).collect()
}

pub fn settings() -> Settings {
    Settings { acknowledge_timeout: "2s".parse().unwrap(), ..Settings::default() }
}

impl World {
    pub fn new() -> Self {
        let clock = Clock::settable(NOW_MS);
        let stamps = clock.clone();
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || stamps.now_ms()), 7));
        let topics = Topics::new("standing", NonZeroU16::new(4).unwrap(), NonZeroU16::MIN).unwrap();
        let inboxes = ["district.fire", "district.market"].map(|id| DepartmentId::new(id).unwrap());
        let specs: Vec<TopicSpec> = topics
            .desired(EventsTime::Create, [], inboxes)
            .into_iter()
            .map(|spec| TopicSpec {
                name: spec.name,
                partitions: spec.partitions,
                replication: spec.replication,
                config: spec.config,
            })
            .collect();
        log.create_topics(&specs).unwrap();
        Self {
            log,
            topics: Arc::new(topics),
            codec: Arc::new(Codec::built_in()),
            clock,
            shelf: Shelf::new(),
            key: Arc::new(PseudonymKey::new("k1", &[7; 32]).unwrap()),
            metrics: Metrics::new("intake", "0.0.0"),
            readiness: Readiness::new(),
            shutdown: Shutdown::new(Duration::from_secs(5)),
        }
    }

    pub fn activate(&self) {
        let digest = digest_of(catalogue_bytes());
        self.shelf.take(digest.as_bytes(), catalogue_bytes()).unwrap();
        self.shelf.take(ACTIVE_KEY, digest.as_bytes()).unwrap();
    }

    pub fn components(&self, log: Arc<dyn Log>) -> Components {
        Components {
            log,
            topics: Arc::clone(&self.topics),
            codec: Arc::clone(&self.codec),
            clock: self.clock.clone(),
            shelf: Arc::clone(&self.shelf),
            key: Arc::clone(&self.key),
            metrics: self.metrics.clone(),
            readiness: self.readiness.clone(),
            shutdown: self.shutdown.clone(),
        }
    }

    /// Starts an intake over `log` and waits until it takes events.
    pub async fn start_on(self, log: Arc<dyn Log>, settings: Settings) -> Running {
        self.activate();
        let intake = Intake::start(self.components(log), settings).unwrap();
        tokio::time::timeout(PATIENCE, self.readiness.ready()).await.unwrap();
        Running { world: self, intake }
    }

    pub async fn start(self, settings: Settings) -> Running {
        let log: Arc<dyn Log> = self.log.clone();
        self.start_on(log, settings).await
    }

    /// Everything in a topic, partition by partition.
    pub fn records(&self, topic: &Arc<str>) -> Vec<Record> {
        let partitions = self.log.describe(topic).unwrap().unwrap().partitions;
        let mut all = Vec::new();
        for partition in 0..partitions {
            let of = TopicPartition::new(Arc::clone(topic), partition);
            let end = self.log.watermarks(&of, Isolation::ReadCommitted).unwrap().high;
            let mut reader = self.log.reader(&[(of, Start::Earliest)], Isolation::ReadCommitted).unwrap();
            while reader.positions()[0].1 < end {
                all.extend(reader.poll(1_000, Duration::from_millis(50)).unwrap());
            }
        }
        all
    }

    pub fn events(&self) -> Vec<(Record, Event)> {
        let decode = |record: Record| {
            let Stored { written_at, content } = self.codec.decode_event(record.value.as_ref().unwrap()).unwrap();
            assert_eq!(written_at.ms(), record.timestamp_ms);
            let Content::Event(event) = content else { panic!("intake writes events") };
            assert_eq!(record.key.as_deref(), Some(event.subject.as_str().as_bytes()));
            (record, event)
        };
        self.records(self.topics.events()).into_iter().map(decode).collect()
    }

    pub fn event_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.events().into_iter().map(|(_, event)| event.event_id).collect();
        ids.sort();
        ids
    }

    /// What was refused, in the order of lines or offsets.
    pub fn rejects(&self) -> Vec<Rejection> {
        let decode = |record: Record| self.codec.decode_reject(record.value.as_ref().unwrap()).unwrap();
        let mut rejects: Vec<Rejection> = self.records(self.topics.rejects()).into_iter().map(decode).collect();
        rejects.sort_by_key(|r| (r.line, r.place.as_ref().map(|p| (p.topic.clone(), p.partition, p.offset))));
        rejects
    }

    /// Every byte that intake wrote.
    pub fn written(&self) -> Vec<u8> {
        let topics = [self.topics.events(), self.topics.rejects()];
        let records = topics.into_iter().flat_map(|topic| self.records(topic));
        records.flat_map(|r| [r.key.unwrap_or_default(), r.value.unwrap_or_default()].concat()).collect()
    }

    /// Waits for a condition, because something runs beside the test.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "{what} did not come");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Running {
    pub fn router(&self) -> Router {
        self.intake.router()
    }

    pub async fn event(&self, event: &Value) -> Answer {
        self.post("application/json", event.to_string()).await
    }

    pub async fn batch(&self, lines: impl Into<Body>) -> Answer {
        self.post("application/x-ndjson", lines).await
    }

    pub async fn post(&self, media: &str, body: impl Into<Body>) -> Answer {
        call(self.router(), open(), "/v1/events", media, body).await
    }

    pub async fn dry(&self, media: &str, body: impl Into<Body>) -> Answer {
        call(self.router(), open(), "/v1/events?dry_run=true", media, body).await
    }

    /// As the holder of a credential of this kind, such as `department = "district.fire"`.
    pub async fn post_as(&self, holder: &str, media: &str, body: impl Into<Body>) -> Answer {
        call(self.router(), holder_of(holder), "/v1/events", media, body).await
    }
}

pub fn open() -> Principal {
    Credentials::open("playground").authenticate(&HeaderMap::new()).unwrap()
}

pub fn holder_of(binding: &str) -> Principal {
    let new = kit::credentials::NewToken::of([3; 32]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("credentials.toml");
    let file = format!("[[token]]\nname = \"holder\"\nsha256 = \"{}\"\n{binding}\n", new.sha256);
    std::fs::write(&path, file).unwrap();
    let credentials = Credentials::load(Path::new(&path), Clock::system()).unwrap();
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", new.token.expose());
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&bearer).unwrap());
    credentials.authenticate(&headers).unwrap()
}

pub async fn call(router: Router, principal: Principal, path: &str, media: &str, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, media).body(body.into()).unwrap();
    request.extensions_mut().insert(principal);
    send(router, request).await
}

pub async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = tokio::time::timeout(PATIENCE, router.oneshot(request)).await.unwrap().unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, headers, json }
}
