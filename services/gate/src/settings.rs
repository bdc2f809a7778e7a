//! Section `[gate]`.

use std::path::PathBuf;

use kit::settings::{ByteSize, HumanDuration, Problems, Validate};
use serde::{Deserialize, Serialize};

/// The longest a check may wait for a token: the interface's promise, so not a setting.
pub(crate) const DEADLINE_MAX_MS: u64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A view older than this answers `unknown`: several times the second between two marks, so that a rebalance passes
    /// unnoticed and a stopped register does not.
    pub staleness_max: HumanDuration,
    /// How long a check waits for its token where it does not say.
    pub deadline_default: HumanDuration,
    /// How long an answer waits for its record of the decision log; then it is `unknown`.
    pub ack_timeout: HumanDuration,
    /// Records of answers that need not be acknowledged, waiting to be sent; when full, answers wait for their own.
    pub queue_max: u32,
    /// Where records wait on disk while the log is down. Not shared with another gate.
    pub spool_dir: PathBuf,
    /// How much may wait there; what comes then is lost and counted.
    pub spool_max: ByteSize,
    /// Answers kept for `GET /v1/decisions/{id}`, beside the log.
    pub decisions_recent_max: u32,
    /// How long `GET /v1/decisions/{id}` searches the log.
    pub decision_search: HumanDuration,
    /// Clients watching at once; more are told to try again.
    pub watchers_max: u32,
    /// Changes a slow watcher may be behind; then its stream ends with `overflow`.
    pub watch_buffer: u32,
    /// Time between two heartbeats of a quiet stream.
    pub watch_heartbeat: HumanDuration,
    /// A stream ends after this long, so that the credential is judged again.
    pub watch_max: HumanDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            staleness_max: HumanDuration::from_secs(10),
            deadline_default: HumanDuration::from_secs(2),
            ack_timeout: HumanDuration::from_secs(2),
            queue_max: 20_000,
            spool_dir: PathBuf::from("spool/gate"),
            spool_max: ByteSize::from_mib(256),
            decisions_recent_max: 10_000,
            decision_search: HumanDuration::from_secs(5),
            watchers_max: 256,
            watch_buffer: 4_096,
            watch_heartbeat: HumanDuration::from_secs(15),
            watch_max: HumanDuration::from_secs(3_600),
        }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        for (key, duration) in [
            ("staleness_max", self.staleness_max),
            ("ack_timeout", self.ack_timeout),
            ("decision_search", self.decision_search),
            ("watch_heartbeat", self.watch_heartbeat),
            ("watch_max", self.watch_max),
        ] {
            problems.check(key, !duration.is_zero(), "is zero", "give a length of time, as in 10s");
        }
        let deadline = self.deadline_default.as_millis() <= DEADLINE_MAX_MS;
        problems.check("deadline_default", deadline, "is longer than a check may wait", "give at most 10s");
        for (key, count) in
            [("queue_max", self.queue_max), ("watchers_max", self.watchers_max), ("watch_buffer", self.watch_buffer)]
        {
            problems.check(key, count > 0, "is zero", "allow at least one");
        }
        problems.require("spool_dir", !self.spool_dir.as_os_str().is_empty());
        let room = self.spool_max.as_u64() >= 1 << 20;
        problems.check("spool_max", room, "is too small to bridge anything", "allow at least 1MiB");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(settings: &Settings) -> Vec<String> {
        let mut problems = Problems::default();
        settings.validate(&mut problems);
        problems.keys().map(str::to_owned).collect()
    }

    #[test]
    fn the_defaults_are_sound_and_every_fault_is_named_at_once() {
        assert_eq!(faults(&Settings::default()), Vec::<String>::new());
        let wrong = Settings {
            staleness_max: HumanDuration::default(),
            deadline_default: HumanDuration::from_secs(11),
            spool_dir: PathBuf::new(),
            spool_max: ByteSize::from_kib(1),
            watchers_max: 0,
            ..Settings::default()
        };
        assert_eq!(faults(&wrong), ["staleness_max", "deadline_default", "watchers_max", "spool_dir", "spool_max"]);
    }
}
