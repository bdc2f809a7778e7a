//! What every service of a process is built from: the log, the topics, the codec, the catalogues, the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use catalogue::Shelf;
use domain::pseudonym::PseudonymKey;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::shutdown::Shutdown;
use schemas::topics::{Action, EventsTime, TopicDescription, Topics};
use schemas::{Codec, Credentials, RegistrySettings};
use stream::follow::Follower;
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Isolation, Log, Record, TopicPartition};

use crate::settings::{Kafka, Registry, Settings};

/// Shared by all services of a process.
#[derive(Clone)]
pub struct Parts {
    pub log: Arc<dyn Log>,
    pub topics: Arc<Topics>,
    pub codec: Arc<Codec>,
    pub clock: Clock,
    pub shelf: Arc<Shelf>,
    pub key: Arc<PseudonymKey>,
    pub metrics: Metrics,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

macro_rules! components {
    ($name:ident) => {
        pub fn $name(&self) -> $name::Components {
            let Self { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown } = self.clone();
            $name::Components { log, topics, codec, clock, shelf, key, metrics, readiness, shutdown }
        }
    };
}

impl Parts {
    components!(intake);
    components!(profile);
    components!(flags);
    components!(gate);
}

/// A connection to Kafka as the settings say.
pub fn kafka(settings: &Kafka) -> anyhow::Result<Arc<dyn Log>> {
    connect(client(settings))
}

fn connect(client: KafkaSettings) -> anyhow::Result<Arc<dyn Log>> {
    Ok(KafkaLog::new(client).context("Kafka cannot be used with these settings")?)
}

fn client(settings: &Kafka) -> KafkaSettings {
    let mut kafka = KafkaSettings::new(settings.bootstrap_servers.as_str(), settings.client_id.as_str());
    kafka.security = settings.options.clone();
    kafka.session_timeout = settings.session_timeout.get();
    if let Some(username) = &settings.username {
        kafka.security.insert("sasl.username".to_owned(), username.clone());
    }
    if let Some(password) = &settings.password {
        kafka.security.insert("sasl.password".to_owned(), password.expose().to_owned());
    }
    kafka
}

/// The same, for commands: fails at once, and says where it looked, if nobody answers there.
pub fn reach(settings: &Kafka) -> anyhow::Result<Arc<dyn Log>> {
    let log = kafka(settings)?;
    let servers = &settings.bootstrap_servers;
    log.topics().with_context(|| {
        format!("kafka.unreachable: Kafka does not answer at {servers} (kafka.bootstrap_servers): is it running, and reached from here?")
    })?;
    Ok(log)
}

/// The codec: a registry's ids where one is set, else the built-in ones.
pub fn codec(registry: &Registry, topics: &Topics) -> anyhow::Result<Codec> {
    if registry.urls.is_empty() {
        return Ok(Codec::built_in());
    }
    let mut settings = RegistrySettings { urls: registry.urls.clone(), ..RegistrySettings::default() };
    if let Some(user) = &registry.username {
        let password = registry.password.as_ref().map(|p| p.expose().to_owned()).unwrap_or_default();
        settings.credentials = Credentials::Basic { user: user.clone(), password };
    }
    let codec = Codec::with_registry(settings, topics.clone())?;
    codec.prepare().context("the schema registry does not take our schemas")?;
    Ok(codec)
}

/// Follows `standing.catalogues` into a shelf.
pub fn follow_catalogues(log: &Arc<dyn Log>, topics: &Topics) -> anyhow::Result<(Arc<Shelf>, Follower)> {
    let shelf = Shelf::new();
    let follower = follow_into(log, topics, &shelf)?;
    Ok((shelf, follower))
}

/// The same, into a shelf.
pub fn follow_into(log: &Arc<dyn Log>, topics: &Topics, shelf: &Arc<Shelf>) -> anyhow::Result<Follower> {
    let taking = Arc::clone(shelf);
    let partition = TopicPartition::new(Arc::clone(topics.catalogues()), 0);
    Ok(Follower::start(
        "catalogues",
        Arc::clone(log),
        vec![partition],
        Isolation::ReadCommitted,
        move |record: Record| {
            let (Some(key), Some(value)) = (&record.key, &record.value) else { return };
            if let Err(error) = taking.take(key, value) {
                let offset = record.offset;
                tracing::error!(%error, offset, "a record of the catalogues cannot be used");
            }
        },
    )?)
}

/// The topics as the log has them.
pub fn existing(log: &dyn Log) -> anyhow::Result<Vec<TopicDescription>> {
    let mut found = Vec::new();
    for name in log.topics()? {
        if let Some(topic) = log.describe(&name)? {
            let stream::log::TopicDescription { name, partitions, replication, config, .. } = topic;
            found.push(TopicDescription { name, partitions, replication, config });
        }
    }
    Ok(found)
}

/// Creates the topics that are missing; those that are there are left as they are.
pub fn create_topics(log: &dyn Log, specs: &[schemas::topics::TopicSpec]) -> anyhow::Result<()> {
    let wanted: Vec<stream::log::TopicSpec> = specs
        .iter()
        .map(|spec| stream::log::TopicSpec {
            name: Arc::clone(&spec.name),
            partitions: spec.partitions,
            replication: spec.replication,
            config: spec.config.clone(),
        })
        .collect();
    log.create_topics(&wanted).context("the topics cannot be created")?;
    crate::topics::settle(log, specs)
}

/// Refuses to start on topics that would break a guarantee: missing ones, another number of partitions, other settings.
pub fn check_topics(log: &dyn Log, topics: &Topics) -> anyhow::Result<()> {
    let desired = topics.desired(EventsTime::Append, [], []);
    let differences = schemas::topics::plan(&desired, &existing(log)?);
    let mut faults = Vec::new();
    for difference in &differences {
        match difference.action {
            Action::Create | Action::Refused => faults.push(difference.to_string()),
            Action::Alter => tracing::warn!(%difference, "a topic's setting differs; see standing topics plan"),
        }
    }
    if !faults.is_empty() {
        bail!("the topics are not as they must be (standing topics plan, then apply):\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Everything for one process on Kafka, whose plain producer waits `linger` for company. Waits until the catalogues are read.
pub fn on_kafka(
    settings: &Settings,
    service: &str,
    linger: Duration,
    shutdown: &Shutdown,
) -> anyhow::Result<(Parts, Follower)> {
    let log = connect(KafkaSettings { linger, ..client(&settings.kafka) })?;
    let topics = Arc::new(settings.topics.topics()?);
    check_topics(log.as_ref(), &topics)?;
    let codec = Arc::new(codec(&settings.registry, &topics)?);
    let key = Arc::new(settings.pseudonyms.key()?);
    let (shelf, follower) = follow_catalogues(&log, &topics)?;
    if !follower.wait_until_caught_up(Duration::from_secs(30)) {
        bail!("the catalogues could not be read within 30 s: is Kafka reachable at kafka.bootstrap_servers?");
    }
    let parts = Parts {
        log,
        topics,
        codec,
        clock: Clock::system(),
        shelf,
        key,
        metrics: Metrics::new(service, env!("CARGO_PKG_VERSION")),
        readiness: Readiness::new(),
        shutdown: shutdown.clone(),
    };
    Ok((parts, follower))
}

/// The OpenAPI document of these services' paths.
pub fn openapi(paths: impl IntoIterator<Item = serde_json::Value>) -> serde_json::Value {
    let mut all = BTreeMap::new();
    for fragment in paths {
        if let serde_json::Value::Object(members) = fragment {
            all.extend(members);
        }
    }
    for (method, operation) in all.values_mut().filter_map(serde_json::Value::as_object_mut).flatten() {
        refusals(method, operation);
    }
    serde_json::json!({
        "openapi": "3.1.0",
        "info": { "title": "Standing", "version": env!("CARGO_PKG_VERSION"),
            "description": "A public-credit record and restriction register." },
        "security": [{ "bearer": [] }],
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": {
                "type": "object",
                "description": "RFC 9457; decide by `code`, which is stable.",
                "required": ["type", "title", "status", "code"],
                "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
                    "code": { "type": "string" }, "detail": { "type": "string" }, "field": { "type": "string" },
                },
            } },
        },
        "paths": all,
    })
}

/// What every operation may answer besides its own: what stands before all of them refuses so (kit).
fn refusals(method: &str, operation: &mut serde_json::Value) {
    let of_bodies = [
        ("400", "A body that cannot be read"),
        ("413", "A body that is too large"),
        ("415", "A body of another media type"),
    ];
    let of_all = [
        ("429", "More requests than the credential may send; try again after Retry-After"),
        ("500", "A fault of the service, which is logged"),
        ("503", "Not now; try again after Retry-After"),
    ];
    let bodies = of_bodies.into_iter().filter(|_| method == "post");
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, description) in bodies.chain(of_all) {
        let problem = serde_json::json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        let response =
            serde_json::json!({ "description": description, "content": { "application/problem+json": problem } });
        responses.entry(status).or_insert(response);
    }
}
