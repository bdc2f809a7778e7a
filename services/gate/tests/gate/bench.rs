//! A gate with its log, and the hands that write into it what a profile service would.

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant as Stopwatch};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use catalogue::Shelf;
use domain::catalogue::Catalogue;
use domain::flag::{FlagChange, FlagValue, Version};
use domain::ids::MeasureId;
use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, SubjectKey, partition_of};
use domain::time::Instant;
use gate::{Components, Gate, Settings};
use http_body_util::BodyExt;
use kit::clock::Clock;
use kit::credentials::{Credentials, NewToken, Principal};
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::settings::HumanDuration;
use kit::shutdown::Shutdown;
use schemas::token::Token;
use schemas::topics::{EventsTime, Topics, keys};
use schemas::{Codec, DecisionRecord, Mark};
use serde_json::{Value, json};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::log::{Isolation, Log, Outgoing, Start, TopicPartition, TopicSpec};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::faulty::FaultyLog;
use crate::grounds::{Because, flag};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const PARTITIONS: NonZeroU16 = NonZeroU16::new(4).unwrap();
/// Noon of 2026-06-01 in Asia/Shanghai.
const NOW_MS: i64 = 1_780_286_400_000;

/// The register around a gate; outlives it, so that a test can start another.
pub(crate) struct World {
    pub(crate) log: Arc<FaultyLog>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) clock: Clock,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) key: Arc<PseudonymKey>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) dir: TempDir,
    /// Per partition the offset of the next made-up event.
    pub(crate) next: Vec<std::sync::atomic::AtomicI64>,
}

pub(crate) struct Bench {
    pub(crate) world: Arc<World>,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    router: Router,
    gate: Gate,
}

fn reference() -> (String, Arc<Catalogue>, Vec<u8>) {
    static LOADED: OnceLock<(String, Arc<Catalogue>, Vec<u8>)> = OnceLock::new();
    let load = || {
        let loaded = catalogue::load(&catalogue::reference()).expect("the reference catalogue has no errors");
        let bytes = catalogue::canonical_bytes(&loaded.catalogue);
        (catalogue::digest_of(&bytes), Arc::new(loaded.catalogue), bytes)
    };
    LOADED.get_or_init(load).clone()
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        let clock = Clock::settable(NOW_MS);
        let topics = Arc::new(Topics::new("standing", PARTITIONS, NonZeroU16::MIN).unwrap());
        let log_clock = clock.clone();
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || log_clock.now_ms()), 7));
        let desired = topics.desired(EventsTime::Append, [], []);
        let specs: Vec<TopicSpec> = desired
            .into_iter()
            .map(|spec| TopicSpec {
                name: spec.name,
                partitions: spec.partitions,
                replication: spec.replication,
                config: spec.config,
            })
            .collect();
        log.create_topics(&specs).unwrap();
        let (digest, catalogue, bytes) = reference();
        let shelf = Shelf::new();
        shelf.take(digest.as_bytes(), &bytes).unwrap();
        shelf.take(catalogue::ACTIVE_KEY, digest.as_bytes()).unwrap();
        let next = (0..PARTITIONS.get()).map(|_| std::sync::atomic::AtomicI64::new(0)).collect();
        Arc::new(Self {
            log: FaultyLog::new(log),
            topics,
            codec: Arc::new(Codec::built_in()),
            clock,
            shelf,
            key: Arc::new(PseudonymKey::new("k1", &[7; 32]).unwrap()),
            catalogue,
            dir: tempfile::tempdir().unwrap(),
            next,
        })
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_ms(self.clock.now_ms())
    }

    pub(crate) fn subject(&self, scheme: &str, id: &str) -> SubjectKey {
        self.key.pseudonymise(&Identifier::parse(scheme, id, &|_| false).unwrap())
    }

    pub(crate) fn partition(&self, subject: &SubjectKey) -> i32 {
        partition_of(subject, PARTITIONS)
    }

    fn counter(&self, partition: i32) -> &std::sync::atomic::AtomicI64 {
        &self.next[usize::try_from(partition).unwrap()]
    }

    /// Appends a record to the flags, past whatever fault the log has.
    pub(crate) fn append(&self, partition: i32, key: &str, value: Option<bytes::Bytes>, origin: Option<Version>) {
        let header = |version| (Arc::from(keys::ORIGIN), bytes::Bytes::from(keys::origin(version)));
        let record = Outgoing {
            topic: Arc::clone(self.topics.flags()),
            partition,
            key: Some(key.to_owned().into()),
            value,
            headers: origin.map(header).into_iter().collect(),
            timestamp_ms: None,
        };
        let report = self.log.log.producer().unwrap().send(record).unwrap();
        futures::executor::block_on(report).unwrap();
    }

    /// Publishes a value under a flag's key, as the outcome of the next event of its partition.
    pub(crate) fn publish(&self, subject: &SubjectKey, measure: &str, value: FlagValue) -> Version {
        let partition = self.partition(subject);
        let offset = self.counter(partition).fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let version = Version { partition, offset, index: 0 };
        self.publish_as(subject, measure, value, version);
        version
    }

    pub(crate) fn publish_as(&self, subject: &SubjectKey, measure: &str, value: FlagValue, version: Version) {
        let measure = MeasureId::new(measure).unwrap();
        let change = FlagChange { subject: subject.clone(), measure: measure.clone(), value, version };
        let value = self.codec.encode_flag(&change).unwrap();
        self.append(self.partition(subject), &keys::flag(subject, &measure), value, Some(version));
        self.mark(self.partition(subject));
    }

    pub(crate) fn set(&self, subject: &SubjectKey, measure: &str, because: &[Because]) -> Version {
        let flag = flag(&self.catalogue, measure, subject.kind(), because);
        self.publish(subject, measure, FlagValue::Set(flag))
    }

    /// Says that a partition is current at this moment, with everything folded that was published.
    pub(crate) fn mark(&self, partition: i32) {
        self.mark_as_of(partition, self.now());
    }

    pub(crate) fn mark_as_of(&self, partition: i32, current_as_of: Instant) {
        let events_offset = self.counter(partition).load(std::sync::atomic::Ordering::SeqCst);
        let mark = Mark {
            events_offset,
            time: self.now(),
            current_as_of,
            catalogue: Some("digest".to_owned()),
            swept: true,
            fold: None,
            fold_known: None,
        };
        self.append(partition, keys::MARK, Some(self.codec.encode_mark(&mark).unwrap()), None);
    }

    pub(crate) fn mark_all(&self) {
        (0..i32::from(PARTITIONS.get())).for_each(|partition| self.mark(partition));
    }

    /// Moves the clock, which goes through the log: a check with a token sees the marks of the new time.
    pub(crate) fn advance_to(&self, day: jiff::civil::Date) {
        self.clock.advance_to(Instant::day_start(day).ms()).unwrap();
        self.next.iter().for_each(|next| {
            next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        });
        self.mark_all();
    }

    /// A token for everything published up to now; with `more`, for events that nobody has folded yet.
    pub(crate) fn token(&self, more: i64) -> String {
        let topic_id = self.log.describe(self.topics.events()).unwrap().unwrap().id;
        let offset = |next: &std::sync::atomic::AtomicI64| next.load(std::sync::atomic::Ordering::SeqCst) - 1 + more;
        Token { topic_id, offsets: self.next.iter().map(offset).collect() }.encode()
    }

    /// Every record of the decision log.
    pub(crate) fn decisions(&self) -> Vec<DecisionRecord> {
        let of = |partition| TopicPartition::new(Arc::clone(self.topics.decisions()), partition);
        let mut all = Vec::new();
        for partition in 0..i32::from(PARTITIONS.get()) {
            let end = self.log.watermarks(&of(partition), Isolation::ReadCommitted).unwrap().high;
            let mut reader = self.log.reader(&[(of(partition), Start::Earliest)], Isolation::ReadCommitted).unwrap();
            let mut seen = 0;
            while seen < end {
                for record in reader.poll(1_000, PATIENCE).unwrap() {
                    seen = record.offset + 1;
                    all.push(self.codec.decode_decision(record.value.as_deref().unwrap()).unwrap());
                }
            }
        }
        all
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A gate whose view is loaded and fresh.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let world = World::new();
        world.mark_all();
        let bench = Self::of(world, change);
        tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.expect("the gate gets ready");
        bench
    }

    /// A gate on a register, ready or not.
    pub(crate) fn of(world: Arc<World>, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            spool_dir: world.dir.path().join("spool"),
            ack_timeout: HumanDuration::from_millis(300),
            ..Settings::default()
        };
        change(&mut settings);
        let (metrics, readiness) = (Metrics::new("gate", "0.0.0"), Readiness::new());
        let components = Components {
            log: Arc::clone(&world.log) as Arc<dyn Log>,
            topics: Arc::clone(&world.topics),
            codec: Arc::clone(&world.codec),
            clock: world.clock.clone(),
            shelf: Arc::clone(&world.shelf),
            key: Arc::clone(&world.key),
            metrics: metrics.clone(),
            readiness: readiness.clone(),
            shutdown: Shutdown::new(PATIENCE),
        };
        let gate = Gate::start(components, settings).unwrap();
        Self { world, readiness, metrics, router: gate.router(), gate }
    }

    pub(crate) async fn stop(self) {
        self.gate.stop().await;
    }

    /// One request on behalf of a caller.
    pub(crate) async fn call(&self, who: &Principal, request: Request<Body>) -> axum::response::Response {
        let mut request = request;
        request.extensions_mut().insert(who.clone());
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn post_as(&self, who: &Principal, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path).header("content-type", "application/json");
        answer(self.call(who, request.body(Body::from(body.to_string())).unwrap()).await).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.post_as(&anybody(), path, body).await
    }

    pub(crate) async fn get_as(&self, who: &Principal, path: &str) -> (StatusCode, Value) {
        answer(self.call(who, Request::get(path).body(Body::empty()).unwrap()).await).await
    }

    /// A check that sees everything published before it.
    pub(crate) async fn check(&self, matter: &str, scheme: &str, id: &str) -> Value {
        let mut question = question(matter, scheme, id);
        question["at_least"] = self.world.token(0).into();
        question["deadline_ms"] = 10_000.into();
        let (status, answer) = self.post("/v1/check", &question).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// A metric's line that begins so, as a number; 0 while there is none.
    pub(crate) fn metric(&self, line: &str) -> f64 {
        let text = self.metrics.text();
        let value = text.lines().find_map(|of| of.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }
}

async fn answer(response: axum::response::Response) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// The playground's caller.
pub(crate) fn anybody() -> Principal {
    Credentials::open("playground").authenticate(&HeaderMap::new()).unwrap()
}

/// A caller with a token that is bound so (the lines of an entry of the credentials file).
pub(crate) fn somebody(dir: &Path, entry: &str) -> Principal {
    let token = NewToken::generate().unwrap();
    let path = dir.join("credentials.toml");
    std::fs::write(&path, format!("[[token]]\nname = \"test\"\nsha256 = \"{}\"\n{entry}\n", token.sha256)).unwrap();
    let credentials = Credentials::load(&path, Clock::system()).unwrap();
    let bearer = format!("Bearer {}", token.token.expose()).parse().unwrap();
    credentials.authenticate(&HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, bearer)])).unwrap()
}

pub(crate) fn question(matter: &str, scheme: &str, id: &str) -> Value {
    json!({"consumer": "playground", "matter": matter, "subject": {"scheme": scheme, "id": id}})
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Stopwatch::now() + PATIENCE;
    while !holds().await {
        assert!(Stopwatch::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
