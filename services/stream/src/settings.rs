//! What an operator tunes of a runtime, and what a service builds it from. Numbers and parts never share a struct.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::{CheckpointSettings, Place};
use crate::fold::Fold;
use crate::log::{Log, LogError, Topic, TopicPartition};
use crate::observer::{NoObserver, Observer};
use crate::probe::Probe;
use crate::time::{RealTime, Time};
use crate::unowned::LOOK_INTERVAL;

/// A transaction times out after 10 s.
const COMMIT_INTERVAL_MAX: Duration = Duration::from_secs(5);

/// Numbers and names. [`RuntimeSettings::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct RuntimeSettings {
    /// Names this instance and nothing else that runs: transactional ids and static member ids are `<app>-<slot>`.
    pub app: String,
    /// The consumer group, shared by all instances.
    pub group: String,
    /// Worker threads, each with its own consumer and producer.
    pub slots: usize,
    pub topics: Vec<Topic>,
    /// One directory per partition beneath it. Not shared with another runtime.
    pub state_dir: PathBuf,
    /// Memtables and block cache of all partitions together.
    pub memory_bytes: usize,
    /// A transaction commits as soon as nothing more is to be read, and at the latest after this time ...
    pub commit_interval: Duration,
    /// ... or, while what is read was appended longer ago, after half of how long that is, up to this time: few large
    /// transactions cost less than many small ones, and nobody waits for a single record of a backlog.
    pub commit_interval_behind: Duration,
    /// Longest wait, after a commit, for what the log still has to do about it. A transaction that begins before that is
    /// refused for a moment, and Kafka's client then waits for 20 ms, and again: what is folded meanwhile goes into the
    /// next transaction all the same.
    pub commit_pause: Duration,
    /// ... after so many records ...
    pub commit_records_max: usize,
    /// ... or when overlays and outputs of a worker hold so many bytes.
    pub commit_bytes_max: usize,
    /// Outputs are handed to the client in lots of so many bytes, or when the transaction ends: of whatever it has when it
    /// looks it makes a request for every partition, which costs the broker more than what is in it.
    pub lot_bytes: usize,
    pub poll_records_max: usize,
    /// Longest time between two marks of an idle partition.
    pub mark_interval: Duration,
    /// Shortest time between two ticks of a partition.
    pub tick_interval: Duration,
    /// Time between two looks at whether every partition has an owner: after two that see the same ones without, a member
    /// leaves the group and joins anew.
    pub unowned_look_interval: Duration,
    /// A worker opens states for so long at a stretch, one at least; then it folds those that are open before it opens more. A large state
    /// takes tenths of a second, and a partition should not wait for the states of all others.
    pub opening_stretch: Duration,
    /// How long a call of a transaction is tried again before the transaction is given up.
    pub call_timeout: Duration,
    pub log_start: LogStart,
    /// How often states are copied, if there is a place for the copies.
    pub checkpoints: CheckpointSettings,
}

/// What it means that a log begins after the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStart {
    /// The log is kept for ever: records that are gone are an error, the partition stops.
    Complete,
    /// The log forgets old records: folding goes on with the first one held.
    Moves,
}

/// The settings cannot work; every problem is named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream settings: {}", .problems.join("; "))]
pub struct BadSettings {
    pub problems: Vec<String>,
}

impl RuntimeSettings {
    pub fn new(app: impl Into<String>, group: impl Into<String>, topics: Vec<Topic>, state_dir: PathBuf) -> Self {
        Self {
            app: app.into(),
            group: group.into(),
            slots: 2,
            topics,
            state_dir,
            memory_bytes: 768 << 20,
            commit_interval: Duration::from_millis(50),
            commit_interval_behind: Duration::from_millis(500),
            commit_pause: Duration::from_millis(10),
            commit_records_max: 20_000,
            commit_bytes_max: 64 << 20,
            lot_bytes: 256 << 10,
            poll_records_max: 2_000,
            mark_interval: Duration::from_secs(1),
            tick_interval: Duration::from_secs(1),
            unowned_look_interval: LOOK_INTERVAL,
            opening_stretch: Duration::from_millis(50),
            call_timeout: Duration::from_secs(20),
            log_start: LogStart::Complete,
            checkpoints: CheckpointSettings::default(),
        }
    }

    /// The static membership id of a slot, its transactional id, and the name of its thread.
    pub(crate) fn member(&self, slot: usize) -> String {
        format!("{}-{slot}", self.app)
    }

    /// Commits after this time at the latest, and after ten times that when behind, as far as a transaction may last.
    pub fn commit_every(&mut self, interval: Duration) {
        self.commit_interval = interval;
        self.commit_interval_behind = (interval * 10).min(COMMIT_INTERVAL_MAX).max(interval);
    }

    /// The longest time between two commits while what is read was appended so long ago. The settings are checked.
    pub(crate) fn commit_interval_for(&self, behind: Duration) -> Duration {
        (behind / 2).clamp(self.commit_interval, self.commit_interval_behind)
    }

    pub fn check(&self) -> Result<(), BadSettings> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        require(!self.app.is_empty(), "app is empty: give this instance a name of its own");
        require(!self.group.is_empty(), "group is empty: name the consumer group");
        require((1..=256).contains(&self.slots), "slots must be 1 to 256");
        require(!self.topics.is_empty(), "topics is empty: name what to consume");
        require(self.memory_bytes >= 8 << 20, "memory_bytes must be at least 8 MiB");
        require(
            !self.commit_interval.is_zero() && self.commit_interval <= COMMIT_INTERVAL_MAX,
            "commit_interval must be above 0 and at most 5 s (a transaction times out after 10 s)",
        );
        require(
            self.commit_interval <= self.commit_interval_behind && self.commit_interval_behind <= COMMIT_INTERVAL_MAX,
            "commit_interval_behind must be at least commit_interval and at most 5 s",
        );
        require(self.commit_pause <= self.commit_interval, "commit_pause must be at most commit_interval");
        require(self.commit_records_max > 0, "commit_records_max must be above 0");
        require(self.commit_bytes_max >= 1 << 20, "commit_bytes_max must be at least 1 MiB");
        require(self.poll_records_max > 0, "poll_records_max must be above 0");
        require(!self.mark_interval.is_zero(), "mark_interval must be above 0");
        require(!self.tick_interval.is_zero(), "tick_interval must be above 0");
        require(!self.unowned_look_interval.is_zero(), "unowned_look_interval must be above 0");
        require(!self.call_timeout.is_zero(), "call_timeout must be above 0");
        require(!self.checkpoints.interval.is_zero(), "checkpoints.interval must be above 0");
        require(self.checkpoints.records_max > 0, "checkpoints.records_max must be above 0");
        require(self.checkpoints.keep > 0, "checkpoints.keep must be above 0");
        if problems.is_empty() { Ok(()) } else { Err(BadSettings { problems }) }
    }
}

/// Milliseconds since the epoch. Given to marks and ticks only; the fold never sees it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Makes the fold of one partition.
pub type FoldFactory = Arc<dyn Fn(&TopicPartition) -> Box<dyn Fold> + Send + Sync>;

/// Finds how far outputs were committed when the group has forgotten its offset (from the last committed mark). `None` says
/// that nothing ever was: what cannot be known for now, because the log does not answer or a transaction that is still open
/// hides later marks, is an error, and the partition waits.
pub type CommittedFallback = Arc<dyn Fn(&TopicPartition) -> Result<Option<i64>, LogError> + Send + Sync>;

/// The parts of a runtime.
#[derive(Clone)]
pub struct RuntimeComponents {
    pub log: Arc<dyn Log>,
    pub clock: Clock,
    pub fold: FoldFactory,
    /// Version of the rows that the fold writes: a state, or a checkpoint, of another one is not read but made anew.
    pub row_version: u16,
    pub observer: Arc<dyn Observer>,
    pub committed_fallback: Option<CommittedFallback>,
    /// Where checkpoints are kept; without it none are made.
    pub checkpoints: Option<Place>,
    /// Real unless a simulation runs it.
    pub time: Arc<dyn Time>,
    /// Test support: see [`crate::probe`].
    pub probe: Option<Arc<dyn Probe>>,
}

impl RuntimeComponents {
    pub fn new(log: Arc<dyn Log>, clock: Clock, fold: FoldFactory, row_version: u16) -> Self {
        let (observer, time) = (Arc::new(NoObserver), Arc::new(RealTime));
        Self { log, clock, fold, row_version, observer, committed_fallback: None, checkpoints: None, time, probe: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_the_settings_is_named_at_once() {
        let mut settings = RuntimeSettings::new("", "group", Vec::new(), PathBuf::from("state"));
        settings.slots = 0;
        let problems = settings.check().expect_err("three settings are wrong").problems;
        assert_eq!(problems.len(), 3, "{problems:?}");
        let good = RuntimeSettings::new("app-0", "group", vec!["in".into()], PathBuf::from("state"));
        assert_eq!(good.check(), Ok(()));
    }

    #[test]
    fn transactions_grow_with_the_backlog() {
        let mut settings = RuntimeSettings::new("app-0", "group", vec!["in".into()], PathBuf::from("state"));
        settings.commit_every(Duration::from_millis(50));
        let after = |behind| settings.commit_interval_for(Duration::from_millis(behind)).as_millis();
        assert_eq!([0, 100, 400, 1_000, 60_000].map(after), [50, 50, 200, 500, 500]);
    }
}
