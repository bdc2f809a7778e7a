//! Section `[intake]`.

use domain::ids::DepartmentId;
use kit::settings::{ByteSize, HumanDuration, Problems, Validate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name of this instance and of no other: the base of its transactional and static member ids.
    pub instance: String,
    /// Longest single event, as one document or one line of a batch. A record's texts are bounded far below it.
    pub event_bytes_max: ByteSize,
    /// Most events of one batch; the rest is refused as `batch.too-long`, because the answer names every event.
    pub batch_lines_max: u32,
    /// Batches taken at once; more are told to try again. A batch keeps its answer in memory until it is sent.
    pub batches_max: u32,
    /// Events of one batch sent and not acknowledged yet; then reading pauses.
    pub in_flight_max: u32,
    /// How long an event waits for room and for its acknowledgement. Shorter than `http.request_timeout`, so that the
    /// answer says what happened.
    pub acknowledge_timeout: HumanDuration,
    pub inbox: InboxSettings,
}

/// Section `[intake.inbox]`: the departments' own topics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboxSettings {
    /// Whether this instance reads them.
    pub enabled: bool,
    /// Whose inboxes are read; empty: those of every department of the catalogue in force that has one.
    pub departments: Vec<String>,
    /// Threads, each with a consumer and a producer.
    pub workers: u32,
    /// Records taken in one transaction at most.
    pub poll_records_max: u32,
    /// How often it is asked which inboxes there are.
    pub look_every: HumanDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instance: "intake-0".to_owned(),
            event_bytes_max: ByteSize::from_mib(1),
            batch_lines_max: 100_000,
            batches_max: 16,
            in_flight_max: 10_000,
            acknowledge_timeout: HumanDuration::from_secs(20),
            inbox: InboxSettings::default(),
        }
    }
}

impl Default for InboxSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            departments: Vec::new(),
            workers: 1,
            poll_records_max: 500,
            look_every: HumanDuration::from_secs(30),
        }
    }
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.check("instance", !self.instance.is_empty(), "is empty", "name this instance, as in intake-0");
        let size = (1 << 10..=16 << 20).contains(&self.event_bytes_max.as_u64());
        problems.check("event_bytes_max", size, "is not from 1KiB to 16MiB", "give a size like 1MiB");
        for (key, count) in [
            ("batch_lines_max", self.batch_lines_max),
            ("batches_max", self.batches_max),
            ("in_flight_max", self.in_flight_max),
        ] {
            problems.check(key, count > 0, "is zero", "allow at least one");
        }
        let timeout = !self.acknowledge_timeout.is_zero();
        problems.check("acknowledge_timeout", timeout, "is zero", "give a length of time, as in 20s");
        problems.section("inbox", &self.inbox);
    }
}

impl Validate for InboxSettings {
    fn validate(&self, problems: &mut Problems) {
        for (index, department) in self.departments.iter().enumerate() {
            let key = format!("departments[{index}]");
            let named = DepartmentId::new(department.as_str()).is_ok();
            problems.check(&key, named, "is no id", "write it as in the catalogue: district.fire");
        }
        let workers = (1..=64).contains(&self.workers);
        problems.check("workers", workers, "is not from 1 to 64", "one is enough for most; three partitions an inbox");
        let records = (1..=10_000).contains(&self.poll_records_max);
        problems.check("poll_records_max", records, "is not from 1 to 10000", "take a few hundred");
        problems.check("look_every", !self.look_every.is_zero(), "is zero", "give a length of time, as in 30s");
    }
}

/// A count as a length in memory.
pub(crate) fn count(setting: u32) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}
