//! Settings: one TOML file, over it variables `STANDING__SECTION__KEY`, and every problem of both in one report.
//!
//! A service declares plain structs, one for each section, with a default for every field:
//!
//! ```
//! use kit::settings::{self, ByteSize, HumanDuration, Problems, Secret, Validate};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct Kafka {
//!     brokers: String,
//!     password: Secret,
//!     linger: HumanDuration,
//!     buffer: ByteSize,
//! }
//!
//! impl Default for Kafka {
//!     fn default() -> Self {
//!         Self {
//!             brokers: String::new(),
//!             password: Secret::default(),
//!             linger: HumanDuration::from_millis(5),
//!             buffer: ByteSize::from_mib(64),
//!         }
//!     }
//! }
//!
//! impl Validate for Kafka {
//!     fn validate(&self, problems: &mut Problems) {
//!         problems.require("brokers", !self.brokers.is_empty());
//!     }
//! }
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct Service {
//!     kafka: Kafka,
//! }
//!
//! impl Validate for Service {
//!     fn validate(&self, problems: &mut Problems) {
//!         problems.section("kafka", &self.kafka);
//!     }
//! }
//!
//! let invalid = settings::load::<Service>(None).unwrap_err();
//! assert_eq!(invalid.faults[0].key, "kafka.brokers");
//! ```
//!
//! Unknown keys are refused, in the file and among the variables. Quantities carry their unit ([`HumanDuration`],
//! [`ByteSize`]); a [`Secret`] is masked wherever settings are printed. `serde(flatten)` and untagged enums are not for
//! settings: with them serde does not say where an error is.

mod decode;
mod fault;
mod secret;
mod source;
mod tree;
mod units;

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use decode::Found;
use fault::Place;
pub use fault::{Fault, Invalid};
pub use secret::Secret;
pub use source::Sources;
use tree::Tree;
pub use units::{ByteSize, Error as UnitError, HumanDuration};

/// What a section demands of its values beyond their types.
pub trait Validate {
    /// Reports everything that is wrong; never stops at the first.
    fn validate(&self, problems: &mut Problems);
}

/// Collects what [`Validate`] finds.
#[derive(Debug, Default)]
pub struct Problems {
    within: Vec<String>,
    found: Vec<Problem>,
}

#[derive(Debug)]
struct Problem {
    key: String,
    /// `None`: the key is missing.
    fault: Option<(String, String)>,
}

impl Problems {
    /// Reports what is wrong with `key` (of the present section; empty for the section itself) and what to do.
    pub fn report(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let key = self.full(key);
        self.found.push(Problem { key, fault: Some((what.into(), remedy.into())) });
    }

    /// Reports `key` as missing unless it is `given`.
    pub fn require(&mut self, key: &str, given: bool) {
        if !given {
            let key = self.full(key);
            self.found.push(Problem { key, fault: None });
        }
    }

    /// Reports `key` unless `holds`.
    pub fn check(&mut self, key: &str, holds: bool, what: &str, remedy: &str) {
        if !holds {
            self.report(key, what, remedy);
        }
    }

    /// Judges a section below this one; `key` is its name, or `department[2]` for an element of a list.
    pub fn section(&mut self, key: &str, section: &impl Validate) {
        self.within.push(key.to_owned());
        section.validate(self);
        self.within.pop();
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The keys reported so far, from the root.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|problem| problem.key.as_str())
    }

    fn full(&self, key: &str) -> String {
        let key = Some(key).filter(|key| !key.is_empty());
        self.within.iter().map(String::as_str).chain(key).collect::<Vec<_>>().join(".")
    }
}

/// Reads settings from `file`, if there is one, and from this process's environment.
pub fn load<T: DeserializeOwned + Validate>(file: Option<&Path>) -> Result<T, Invalid> {
    load_from(Sources::of_process(file))
}

/// Reads settings from the given sources.
pub fn load_from<T: DeserializeOwned + Validate>(sources: Sources) -> Result<T, Invalid> {
    let mut tree = sources.read().map_err(|faults| Invalid { faults })?;
    let (value, mut faults) = decode::decode::<T>(&mut tree);
    if let Some(value) = &value {
        let mut problems = Problems::default();
        value.validate(&mut problems);
        let judged: Vec<Found> =
            problems.found.into_iter().filter_map(|problem| judge(&tree, problem, &faults)).collect();
        faults.extend(judged);
    }
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => {
            faults.sort_by_key(|(place, _)| tree.position(place));
            Err(Invalid { faults: faults.into_iter().map(|(_, fault)| fault).collect() })
        }
    }
}

/// What validation found, unless it judged a default that stands in for a value of a fault of its own.
fn judge(tree: &Tree, problem: Problem, taken_out: &[Found]) -> Option<Found> {
    let place = tree.as_written(&Place::parse(&problem.key));
    if taken_out.iter().any(|(at, fault)| at.is_at_or_above(&place) && fault.code != "settings.unknown-key") {
        return None;
    }
    let (code, what, remedy) = match problem.fault {
        Some((what, remedy)) => ("settings.invalid", what, remedy),
        None => ("settings.missing", "is missing".to_owned(), decode::set_it(&place)),
    };
    let fault = Fault { code, origin: tree.origin(&place), key: place.to_string(), what, remedy };
    Some((place, fault))
}

/// Settings as TOML, the way they are in force, with secrets masked.
pub fn print(settings: &impl Serialize) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(settings)
}
