//! One settings file for every service: each takes the sections it needs, so that one file can serve a whole district.
//!
//! ```toml
//! [kafka]
//! bootstrap_servers = "127.0.0.1:9092"
//! [topics]
//! partitions = 8
//! [credentials]
//! file = "credentials.toml"
//! [pseudonyms]
//! file = "pseudonyms.toml"      # kid = "2026", secret = 64 hex digits
//! ```
//! Every key can be set by the environment: `STANDING__KAFKA__BOOTSTRAP_SERVERS`.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use catalogue::plan::Threshold;
use domain::pseudonym::PseudonymKey;
use kit::settings::{HumanDuration, Problems, Secret, Validate};
use kit::{admin, credentials, serve, telemetry};
use schemas::topics::Topics;
use serde::{Deserialize, Serialize};

/// Everything a settings file may say.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub kafka: Kafka,
    pub topics: TopicsSection,
    pub registry: Registry,
    pub http: serve::Settings,
    pub admin: admin::Settings,
    pub credentials: credentials::Settings,
    pub pseudonyms: Pseudonyms,
    pub telemetry: telemetry::Settings,
    pub activation: Activation,
    pub intake: intake::Settings,
    pub profile: profile::Settings,
    pub flags: flags::Settings,
    pub gate: gate::Settings,
    pub notices: Notices,
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.section("kafka", &self.kafka);
        problems.section("topics", &self.topics);
        problems.section("registry", &self.registry);
        problems.section("telemetry", &self.telemetry);
        problems.section("activation", &self.activation);
        problems.section("http", &self.http);
        problems.section("intake", &self.intake);
        problems.section("profile", &self.profile);
        problems.section("flags", &self.flags);
        problems.section("gate", &self.gate);
    }
}

/// The settings of a service that is to run: what only services need is there too. `API`: it answers calls that carry a
/// credential.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serving<const API: bool>(pub Settings);

impl<const API: bool> Validate for Serving<API> {
    fn validate(&self, problems: &mut Problems) {
        self.0.validate(problems);
        problems.section("pseudonyms", &self.0.pseudonyms);
        if API {
            problems.section("credentials", &self.0.credentials);
        }
    }
}

/// Section `[notices]`: what `standing notice` prints with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notices {
    /// The typeface of PDFs: a file with Chinese characters.
    pub font: PathBuf,
}

impl Default for Notices {
    fn default() -> Self {
        Self { font: PathBuf::from("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc") }
    }
}

/// Section `[kafka]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, comma-separated.
    pub bootstrap_servers: String,
    pub client_id: String,
    /// How long an instance may be silent before its partitions go to others.
    pub session_timeout: HumanDuration,
    /// Settings of librdkafka's own: TLS, SASL mechanisms. Those the guarantees rest on are refused.
    pub options: BTreeMap<String, String>,
    /// SASL; best given by the environment.
    pub username: Option<String>,
    pub password: Option<Secret>,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            client_id: "standing".to_owned(),
            session_timeout: HumanDuration::from_secs(45),
            options: BTreeMap::new(),
            username: None,
            password: None,
        }
    }
}

impl Validate for Kafka {
    fn validate(&self, problems: &mut Problems) {
        problems.require("bootstrap_servers", !self.bootstrap_servers.is_empty());
        problems.check("client_id", !self.client_id.is_empty(), "is empty", "name the client");
        let session = (1_000..=300_000).contains(&self.session_timeout.as_millis());
        problems.check("session_timeout", session, "is not from 1s to 300s", "take the brokers' default, 45s");
    }
}

/// Section `[topics]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicsSection {
    /// First part of every topic's name.
    pub prefix: String,
    /// Of every topic keyed by subject; never changed in the life of a register.
    pub partitions: NonZeroU16,
    pub replication: NonZeroU16,
}

impl Default for TopicsSection {
    fn default() -> Self {
        let eight = NonZeroU16::MIN.saturating_add(7);
        Self { prefix: schemas::topics::PREFIX.to_owned(), partitions: eight, replication: NonZeroU16::MIN }
    }
}

impl TopicsSection {
    pub fn topics(&self) -> Result<Topics, schemas::topics::PrefixError> {
        Topics::new(&self.prefix, self.partitions, self.replication)
    }
}

impl Validate for TopicsSection {
    fn validate(&self, problems: &mut Problems) {
        let sound = self.topics().is_ok();
        problems.check("prefix", sound, "is no prefix of topics", "take lower-case letters, digits, '-' and '.'");
    }
}

/// Section `[registry]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registry {
    /// Addresses of a Confluent-compatible schema registry; without any, the built-in ids are used.
    pub urls: Vec<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

impl Validate for Registry {
    fn validate(&self, problems: &mut Problems) {
        let is_address = |url: &String| {
            reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        let sound = self.urls.iter().all(is_address);
        problems.check("urls", sound, "holds what is no http or https address", "write them like http://registry:8081");
        let named = self.username.is_some() || self.password.is_none();
        problems.check("password", named, "is given without a username", "give registry.username too");
    }
}

/// Section `[activation]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activation {
    /// A plan that changes flags of more subjects than this, to their harm or not, takes a second operator's confirmation.
    pub confirm_above_subjects: u64,
    /// So does one that changes those of a larger share of all subjects, where that is more than a hundred subjects.
    pub confirm_above_percent: u64,
    /// An older plan has to be made again.
    pub plan_age_max: HumanDuration,
}

impl Default for Activation {
    fn default() -> Self {
        Self {
            confirm_above_subjects: 1_000,
            confirm_above_percent: 1,
            plan_age_max: HumanDuration::from_secs(24 * 3_600),
        }
    }
}

impl Activation {
    pub fn threshold(&self) -> Threshold {
        Threshold { subjects: self.confirm_above_subjects, percent: self.confirm_above_percent }
    }
}

impl Validate for Activation {
    fn validate(&self, problems: &mut Problems) {
        let sound = self.confirm_above_percent <= 100;
        problems.check("confirm_above_percent", sound, "is above 100", "give a share of all subjects, as in 1");
        problems.check("plan_age_max", !self.plan_age_max.is_zero(), "is zero", "give a time like 24h");
    }
}

/// Section `[pseudonyms]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pseudonyms {
    /// A TOML file with `kid` and `secret`, readable by the services only.
    pub file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kid: String,
    secret: Secret,
}

/// Why the key of the pseudonyms cannot be used. The file's content is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("pseudonyms.file is not set: name the file with the key of the pseudonyms")]
    NotSet,
    #[error("the pseudonyms' key file {file} cannot be read")]
    Read { file: String, source: std::io::Error },
    #[error("the pseudonyms' key file {file} needs kid = \"…\" and secret = \"…\" and nothing else")]
    Form { file: String },
    #[error("the secret in {file} is not made of at least 64 hex digits: take the output of openssl rand -hex 32")]
    Secret { file: String },
    #[error("the key in {file} cannot be used")]
    Key { file: String, source: domain::pseudonym::PseudonymKeyError },
}

impl Validate for Pseudonyms {
    fn validate(&self, problems: &mut Problems) {
        problems.require("file", !self.file.as_os_str().is_empty());
    }
}

impl Pseudonyms {
    pub fn key(&self) -> Result<PseudonymKey, KeyError> {
        if self.file.as_os_str().is_empty() {
            return Err(KeyError::NotSet);
        }
        read_key(&self.file)
    }
}

fn read_key(path: &Path) -> Result<PseudonymKey, KeyError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::Read { file: file.clone(), source })?;
    let parsed: KeyFile = toml::from_str(&text).map_err(|_| KeyError::Form { file: file.clone() })?;
    let secret = from_hex(parsed.secret.expose()).ok_or_else(|| KeyError::Secret { file: file.clone() })?;
    PseudonymKey::new(&parsed.kid, &secret).map_err(|source| KeyError::Key { file, source })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() < 64 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    Some(digits?.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hex_of_at_least_32_bytes() {
        assert_eq!(from_hex(&"0f".repeat(32)), Some(vec![15; 32]));
        assert_eq!(from_hex(&"0f".repeat(31)), None);
        assert_eq!(from_hex(&"0g".repeat(32)), None);
        assert_eq!(from_hex(&"é".repeat(64)), None);
    }
}
