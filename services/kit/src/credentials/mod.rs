//! Who calls, and for whom it may speak: bearer tokens, known by their hash only.
//!
//! A file lists `[[token]]` entries, each bound to one department, one consumer with its matters, or operations:
//!
//! ```toml
//! [[token]]
//! name = "fire-exporter"          # for logs and rate limits
//! sha256 = "…64 hex digits…"      # of the whole token; the token itself is stored nowhere
//! department = "district.fire"    # may publish for it
//!
//! [[token]]
//! name = "subsidy-portal"
//! sha256 = "…"
//! consumer = "district.finance.subsidies"
//! matters = ["subsidy.*", "procurement.bid"]
//! people = true                   # may ask about natural persons (false unless said)
//! expires = 2027-06-30            # to the end of that day in Asia/Shanghai; or an instant with its offset
//! ```
//!
//! Closed by default: a call without a token, with an unknown or an expired one is 401, a call for somebody else 403.
//! The file is read again when it changes (looked at no more than once a second, when a call comes) and on SIGHUP; a
//! changed file that is broken is logged as an error and the entries before it stay in force. No token, no hash and
//! nothing of a request is ever logged or repeated in an answer.

mod file;
mod principal;
mod token;

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::problem::Problem;
use crate::settings::{Invalid, Problems, Validate};
pub use principal::Principal;
pub use token::NewToken;

/// How often the file is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A longer header is no token of ours: one has 73 characters.
const TOKEN_BYTES_MAX: usize = 512;

/// Section `[credentials]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The file of hashed tokens. Required.
    pub file: PathBuf,
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.require("file", !self.file.as_os_str().is_empty());
    }
}

/// A cheap handle; clones know the same tokens.
#[derive(Clone, Debug)]
pub struct Credentials(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Open(Principal),
    Closed,
    File(Watched),
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    clock: Clock,
    entries: RwLock<Entries>,
    looked: Mutex<Looked>,
}

type Entries = Arc<HashMap<[u8; 32], Entry>>;

#[derive(Clone, Debug)]
struct Entry {
    sha256: [u8; 32],
    principal: Principal,
    /// The first millisecond at which the token is no longer taken.
    expired_from_ms: Option<i64>,
}

#[derive(Debug)]
struct Looked {
    at: Instant,
    seen: Option<Seen>,
}

/// What tells one state of a file from another: modification time, length, and the file itself when it was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen(i64, i64, u64, u64);

impl Credentials {
    /// The tokens of a file. `clock` judges `expires`.
    pub fn load(path: &Path, clock: Clock) -> Result<Self, Invalid> {
        let looked = Looked { at: Instant::now(), seen: Seen::of(path) };
        let entries = RwLock::new(Arc::new(file::read(path)?));
        let watched = Watched { path: path.to_owned(), clock, entries, looked: Mutex::new(looked) };
        Ok(Self(Arc::new(Kind::File(watched))))
    }

    /// For the playground: every call is taken, may publish for every department and ask for every consumer. Where a
    /// call names no consumer it speaks for `consumer`.
    pub fn open(consumer: &str) -> Self {
        Self(Arc::new(Kind::Open(Principal::open(consumer))))
    }

    /// Takes nobody: for a process that serves nothing but its endpoints for operations.
    pub fn closed() -> Self {
        Self(Arc::new(Kind::Closed))
    }

    /// Who sends a request with these headers.
    ///
    /// 401 `credential.missing`: send `Authorization: Bearer <token>`. 401 `credential.unknown`: ask for a token.
    /// 401 `credential.expired`: ask for a new one.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        match self.0.as_ref() {
            Kind::Open(principal) => Ok(principal.clone()),
            Kind::Closed => {
                bearer(headers)?;
                Err(unknown())
            }
            Kind::File(watched) => {
                watched.look();
                watched.find(bearer(headers)?)
            }
        }
    }

    /// Reads the file again. On an error the entries before stay in force.
    pub fn reload(&self) -> Result<(), Invalid> {
        match self.0.as_ref() {
            Kind::Open(_) | Kind::Closed => Ok(()),
            Kind::File(watched) => watched.reload(),
        }
    }

    /// Reads the file again whenever the process gets SIGHUP. Needs a tokio runtime, and lives as long as it.
    pub fn reload_on_hangup(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};

        let credentials = self.clone();
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                // What is wrong has been logged where it was found.
                let _ = credentials.reload();
            }
        });
        Ok(())
    }
}

impl Watched {
    fn find(&self, token: &str) -> Result<Principal, Problem> {
        let sha256: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let entries = Arc::clone(&self.entries.read().unwrap_or_else(PoisonError::into_inner));
        // The map is searched by a hash that nobody can steer, and the rest of the comparison takes the same time
        // wherever it differs: timing tells nothing about a token.
        let Some(entry) = entries.get(&sha256).filter(|entry| same(&entry.sha256, &sha256)) else {
            return Err(unknown());
        };
        if entry.expired_from_ms.is_some_and(|from| self.clock.now_ms() >= from) {
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "credential.expired", "credential expired")
                .detail("this token is no longer taken; ask the credit centre for a new one.");
            return Err(challenge(problem, "Bearer realm=\"standing\", error=\"invalid_token\""));
        }
        Ok(entry.principal.clone())
    }

    fn look(&self) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.at.elapsed() < LOOK_EVERY {
            return;
        }
        looked.at = Instant::now();
        let seen = Seen::of(&self.path);
        if looked.seen == seen {
            return;
        }
        looked.seen = seen;
        drop(looked);
        // What is wrong has been logged; the entries before stay in force.
        let _ = self.reload();
    }

    fn reload(&self) -> Result<(), Invalid> {
        match file::read(&self.path) {
            Ok(entries) => {
                tracing::info!(tokens = entries.len(), "credentials read again");
                *self.entries.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(entries);
                Ok(())
            }
            Err(invalid) => {
                tracing::error!(problems = %invalid, "credentials not read again; those before stay in force");
                Err(invalid)
            }
        }
    }
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self(file.mtime(), file.mtime_nsec(), file.len(), file.ino()))
    }
}

/// The token of `Authorization: Bearer <token>`, the only header of its name.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let token = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        }),
        _ => None,
    };
    match token {
        Some(token) if token.len() > TOKEN_BYTES_MAX => Err(unknown()),
        Some(token) if !token.is_empty() => Ok(token),
        _ => {
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "credential.missing", "credential missing")
                .detail("send one header Authorization: Bearer <token>; the credit centre issues tokens.");
            Err(challenge(problem, "Bearer realm=\"standing\""))
        }
    }
}

fn unknown() -> Problem {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "credential.unknown", "credential unknown")
        .detail("this token is not known here; check that it is complete, or ask the credit centre for one.");
    challenge(problem, "Bearer realm=\"standing\", error=\"invalid_token\"")
}

fn challenge(problem: Problem, challenge: &'static str) -> Problem {
    problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
