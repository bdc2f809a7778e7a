//! Settings of the Kafka client: what an operator may tune, and what the guarantees rest on and nobody may.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use crate::log::{Isolation, LogError};

/// The transaction time-out of Kafka Streams: a crashed worker's open transaction holds readers up no longer.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than a transaction, so that the client repeats no request for its time alone: a commit that was delayed
/// and repeated could end the wrong transaction (KIP-890). librdkafka takes at most 100 ms more for a transactional
/// producer. What it repeats when a connection is lost is seen to in [`super::transaction`].
const SOCKET_TIMEOUT: Duration = Duration::from_millis(10_100);

/// How often the client reports what it has fetched; positions past markers are as old as this at most.
const STATISTICS_INTERVAL: Duration = Duration::from_millis(100);

/// librdkafka settings that this adapter decides: exactly-once, ordering and flow control rest on them.
const RESERVED: &[&str] = &[
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "check.crcs",
    "client.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "log.connection.close",
    "log_level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.max.bytes",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queued.max.messages.kbytes",
    "request.required.acks",
    "session.timeout.ms",
    "socket.timeout.ms",
    "statistics.interval.ms",
    "transaction.timeout.ms",
    "transactional.id",
];

/// Settings of a connection to Kafka; [`KafkaSettings::new`] gives the defaults.
///
/// Not `Debug`: `security` may hold passwords.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port`, comma-separated.
    pub bootstrap_servers: String,
    pub client_id: String,
    /// Settings of librdkafka's own, passed through: TLS, SASL, compression, back-offs.
    pub security: BTreeMap<String, String>,
    /// The group id that plain readers carry: they join no group, but brokers with ACLs want one they may describe.
    pub reader_group: String,
    /// How long a member of a group may be silent before its partitions go to others.
    pub session_timeout: Duration,
    /// How long a member may take from poll to poll, and a rebalance may wait for it.
    pub poll_interval_max: Duration,
    /// How long the plain producer tries to deliver a record.
    pub delivery_timeout: Duration,
    /// How long the plain producer waits for company before it sends a record.
    pub linger: Duration,
    /// Records and bytes that one producer holds unsent at most.
    pub send_records_max: usize,
    pub send_bytes_max: usize,
    /// Bytes that one consumer holds fetched and not yet handed out, at most.
    pub fetch_bytes_max: usize,
    /// The largest record that `send` takes. Set it to the least `max.message.bytes` of the topics written: larger
    /// records are refused by the broker only at the end of the transaction.
    pub message_bytes_max: usize,
    /// How long a call that asks the cluster something waits for its answer.
    pub request_timeout: Duration,
}

impl KafkaSettings {
    pub fn new(bootstrap_servers: impl Into<String>, client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            reader_group: format!("{client_id}-reader"),
            client_id,
            security: BTreeMap::new(),
            session_timeout: Duration::from_secs(45),
            poll_interval_max: Duration::from_secs(300),
            delivery_timeout: Duration::from_secs(30),
            linger: Duration::from_millis(1),
            send_records_max: 100_000,
            send_bytes_max: 64 << 20,
            fetch_bytes_max: 16 << 20,
            message_bytes_max: 1_000_000,
            request_timeout: Duration::from_secs(10),
        }
    }

    /// Refuses settings that would break a guarantee or that librdkafka does not take.
    pub(super) fn check(&self) -> Result<(), LogError> {
        let what = "kafka settings";
        if let Some(name) = self.security.keys().find(|name| RESERVED.contains(&name.as_str())) {
            let reason = format!("{name} is decided by this program: remove it");
            return Err(LogError::Refused { what, reason });
        }
        if self.bootstrap_servers.is_empty() {
            let reason = "no bootstrap servers: give host:port".to_owned();
            return Err(LogError::Refused { what, reason });
        }
        let config = self.consumer(&self.reader_group, Isolation::ReadCommitted);
        let Err(error) = config.create_native_config() else { return Ok(()) };
        // librdkafka's words may repeat a value, which may be a password: name the setting alone.
        let reason = if let KafkaError::ClientConfig(_, _, name, _) = &error {
            format!("{name}: librdkafka does not take this setting or its value: correct it")
        } else {
            error.to_string()
        };
        Err(LogError::Refused { what, reason })
    }

    pub(super) fn base(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        config
            .set("retry.backoff.ms", "10")
            // A client that has just been made waits for half of it, 11 ms at least, before it looks whether it is connected.
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.fast.interval.ms", "50");
        for (name, value) in &self.security {
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", &self.client_id)
            .set("socket.timeout.ms", millis(SOCKET_TIMEOUT))
            .set("allow.auto.create.topics", "false");
        config
    }

    pub(super) fn consumer(&self, group: &str, isolation: Isolation) -> ClientConfig {
        let mut config = self.base();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A position outside of the log is never moved silently.
            .set("auto.offset.reset", "error")
            .set("isolation.level", isolation_level(isolation))
            .set("check.crcs", "true")
            // The end of a partition proves that what was fetched is of the present position: see cursor.rs.
            .set("enable.partition.eof", "true")
            .set("statistics.interval.ms", millis(STATISTICS_INTERVAL))
            .set("fetch.queue.backoff.ms", "1")
            .set("fetch.error.backoff.ms", "50")
            .set("queued.max.messages.kbytes", kilobytes(self.fetch_bytes_max))
            .set("fetch.message.max.bytes", self.fetch_bytes_max.min(1 << 20).to_string());
        config
    }

    pub(super) fn member(&self, group: &str, member: &str) -> ClientConfig {
        let mut config = self.consumer(group, Isolation::ReadCommitted);
        let heartbeat = (self.session_timeout / 15).min(Duration::from_secs(1));
        config
            .set("group.instance.id", member)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", millis(self.session_timeout))
            .set("heartbeat.interval.ms", millis(heartbeat))
            .set("max.poll.interval.ms", millis(self.poll_interval_max.max(self.session_timeout)));
        config
    }

    /// For questions only: no group, no fetching.
    pub(super) fn inquirer(&self, isolation: Isolation) -> ClientConfig {
        let mut config = self.base();
        // A group under load holds its offsets most of the time, and is asked again until it does not: every second, as by default,
        // misses the moments between.
        if !self.security.keys().any(|name| name.starts_with("retry.backoff.")) {
            config.set("retry.backoff.max.ms", "100");
        }
        config.set("isolation.level", isolation_level(isolation));
        config
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.sending();
        config
            .set("linger.ms", millis(self.linger))
            .set("message.timeout.ms", millis(self.delivery_timeout))
            .set("enable.idempotence", "true");
        config
    }

    pub(super) fn transactional(&self, id: &str) -> ClientConfig {
        let mut config = self.sending();
        config
            // What is handed over together goes together.
            .set("linger.ms", "1")
            // The log alone tells that a connection was lost.
            .set("log.connection.close", "true")
            .set("transactional.id", id)
            .set("transaction.timeout.ms", millis(TRANSACTION_TIMEOUT));
        config
    }

    fn sending(&self) -> ClientConfig {
        let mut config = self.base();
        if !["compression.type", "compression.codec"].iter().any(|name| self.security.contains_key(*name)) {
            config.set("compression.type", "lz4");
        }
        config
            .set("acks", "all")
            .set("queue.buffering.max.messages", self.send_records_max.to_string())
            .set("queue.buffering.max.kbytes", kilobytes(self.send_bytes_max))
            .set("message.max.bytes", self.message_bytes_max.to_string())
            .set("batch.size", self.message_bytes_max.min(1_000_000).to_string());
        config
    }
}

fn isolation_level(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadCommitted => "read_committed",
        Isolation::ReadUncommitted => "read_uncommitted",
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

fn kilobytes(bytes: usize) -> String {
    (bytes >> 10).max(1).to_string()
}
