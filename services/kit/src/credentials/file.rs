//! The credentials file: read like settings, with all its faults at once, and never repeating a hash or what stands
//! in its place.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use toml::Value;
use toml::value::Datetime;

use super::Entry;
use super::principal::{Matters, Principal, Role};
use crate::settings::{self, Invalid, Problems, Secret, Sources, Validate};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    token: Vec<Token>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Token {
    name: String,
    /// Not secret, but people put the token itself here by mistake.
    sha256: Secret,
    department: Option<String>,
    consumer: Option<String>,
    matters: Vec<String>,
    people: bool,
    ops: bool,
    expires: Option<Value>,
}

/// The entries of the file by their hash.
pub(super) fn read(path: &Path) -> Result<HashMap<[u8; 32], Entry>, Invalid> {
    let file: File = settings::load_from(Sources::default().file(Some(path)))?;
    Ok(file.token.iter().filter_map(Token::entry).map(|entry| (entry.sha256, entry)).collect())
}

impl Validate for File {
    fn validate(&self, problems: &mut Problems) {
        let (mut names, mut hashes) = (BTreeMap::new(), BTreeMap::new());
        for (index, token) in self.token.iter().enumerate() {
            problems.section(&format!("token[{index}]"), token);
            let mut unique = |known: &mut BTreeMap<String, usize>, key: &str, value: &str| {
                if value.is_empty() {
                    return;
                }
                if let Some(first) = known.insert(value.to_lowercase(), index) {
                    let what = format!("is the same as that of token[{first}]");
                    problems.report(&format!("token[{index}].{key}"), what, "give every token its own");
                }
            };
            unique(&mut names, "name", &token.name);
            unique(&mut hashes, "sha256", token.sha256.expose());
        }
    }
}

impl Validate for Token {
    fn validate(&self, problems: &mut Problems) {
        problems.require("name", !self.name.is_empty());
        problems.require("sha256", !self.sha256.is_empty());
        problems.check(
            "sha256",
            self.sha256.is_empty() || digest(&self.sha256).is_some(),
            "is no SHA-256 (not shown)",
            "give the 64 hex digits of the token's hash, not the token",
        );
        let roles = [self.department.is_some(), self.consumer.is_some(), self.ops];
        problems.check(
            "",
            roles.iter().filter(|given| **given).count() == 1,
            "speaks for nobody, or for several",
            "give exactly one of department, consumer, ops = true",
        );
        for (key, name) in [("department", &self.department), ("consumer", &self.consumer)] {
            let well_formed = name.as_ref().is_none_or(|name| matches!(Matters::parse(name), Some(Matters::One(_))));
            problems.check(key, well_formed, "is no id", "write it as in the catalogue: district.fire");
        }
        self.validate_matters(problems);
        let expires = self.expires.as_ref().is_none_or(|value| expired_from_ms(value).is_some());
        problems.check(
            "expires",
            expires,
            "is neither a date nor an instant",
            "write a day, 2027-06-30, or an instant with its offset, 2027-06-30T18:00:00+08:00",
        );
    }
}

impl Token {
    fn validate_matters(&self, problems: &mut Problems) {
        if self.consumer.is_some() {
            problems.require("matters", !self.matters.is_empty());
        } else {
            let none = self.matters.is_empty() && !self.people;
            problems.check("matters", none, "belongs to a consumer", "remove matters and people, or give a consumer");
        }
        for (index, matters) in self.matters.iter().enumerate() {
            problems.check(
                &format!("matters[{index}]"),
                Matters::parse(matters).is_some(),
                "is neither a matter nor a pattern",
                "write a matter, procurement.bid, or all below a name, subsidy.*",
            );
        }
    }

    /// The entry of a token that was found valid.
    fn entry(&self) -> Option<Entry> {
        let role = match (&self.department, &self.consumer) {
            (Some(department), _) => Role::Department(department.as_str().into()),
            (None, Some(consumer)) => Role::Consumer {
                consumer: consumer.as_str().into(),
                matters: self.matters.iter().filter_map(|matters| Matters::parse(matters)).collect(),
                people: self.people,
            },
            (None, None) => Role::Operations,
        };
        let expired_from_ms = self.expires.as_ref().and_then(expired_from_ms);
        Some(Entry { sha256: digest(&self.sha256)?, principal: Principal::new(&self.name, role), expired_from_ms })
    }
}

fn digest(hex: &Secret) -> Option<[u8; 32]> {
    let hex = hex.expose().as_bytes();
    if hex.len() != 64 {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
        let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(digest)
}

/// The first millisecond after the token's last: of the day after a date in Asia/Shanghai, or the instant itself.
fn expired_from_ms(value: &Value) -> Option<i64> {
    let given = match value {
        Value::Datetime(given) => *given,
        Value::String(text) => text.parse::<Datetime>().ok()?,
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_) => return None,
    };
    let instant: Timestamp = match (given.date, given.time, given.offset) {
        (Some(date), None, None) => {
            let day: jiff::civil::Date = date.to_string().parse().ok()?;
            format!("{}T00:00:00+08:00", day.tomorrow().ok()?).parse().ok()?
        }
        (Some(_), Some(_), Some(_)) => given.to_string().parse().ok()?,
        _ => return None,
    };
    Some(instant.as_millisecond())
}
