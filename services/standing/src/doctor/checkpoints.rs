//! The checkpoint store, as `standing doctor` sees it: whether it answers and may be written, and how far the newest checkpoint
//! of each partition is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use stream::checkpoint::{CheckpointError, Checkpoints, Found};
use stream::log::{Log, LogError, Topic, TopicPartition};

use super::{Report, WAIT};
use crate::settings::Settings;
use crate::topics;

const STORE: &str = "profile.checkpoint_store";

impl Report {
    /// Whether the store can be used. Returns what it holds of the log.
    pub(super) fn checkpoint_store(&mut self, settings: &Settings) -> Option<Vec<Found>> {
        let place = match settings.profile.checkpoint_place() {
            Ok(Some(place)) => place,
            Ok(None) => {
                self.sound(STORE, "not set: a disk that is lost costs a rebuild from the whole log");
                return None;
            }
            Err(error) => {
                self.fault(STORE, &chain(&error), "give file:///an/absolute/folder or s3://bucket/prefix");
                return None;
            }
        };
        let topic = settings.topics.topics().ok()?.events().to_string();
        let used = Checkpoints::open(place).and_then(|store| {
            let found = store.list(&topic)?;
            store.try_rights(&topic)?;
            Ok(found)
        });
        match used {
            Ok(found) => {
                self.sound(STORE, "answers; objects can be listed, written, read and removed");
                Some(found)
            }
            Err(error) => {
                self.fault(STORE, &chain(&error), remedy(&error));
                None
            }
        }
    }

    /// How old the newest checkpoint of each partition is, where records were folded since.
    pub(super) fn checkpoint_ages(&mut self, settings: &Settings, found: &[Found], log: &dyn Log, topic: &Topic) {
        let interval = settings.profile.checkpoint_interval.get();
        let partitions = i32::from(settings.topics.partitions.get());
        let group = format!("{}-profile", settings.topics.prefix);
        match stand(log, &group, topic, partitions) {
            Ok((log_id, committed)) => {
                self.judge(found, &log_id, &committed, interval, SystemTime::now());
            }
            Err(error) => self.fault("checkpoints", &error.to_string(), "see what the broker logs"),
        }
    }

    fn judge(
        &mut self,
        found: &[Found],
        log_id: &str,
        committed: &BTreeMap<i32, i64>,
        interval: Duration,
        now: SystemTime,
    ) {
        let before = self.faults;
        let mut oldest = Duration::ZERO;
        for (partition, committed) in committed {
            let its = found.iter().filter(|found| found.partition == *partition);
            let readable = its.clone().find_map(|found| {
                let manifest = found.manifest.as_ref().ok().filter(|manifest| manifest.topic_id == log_id)?;
                Some((found, manifest.next_offset))
            });
            let what = format!("checkpoints of partition {partition}");
            let unreadable = its.clone().filter(|found| found.manifest.is_err()).count();
            if unreadable > 0 {
                let remedy = "standing state verify --all shows which; a restore passes them over, and they go in time";
                self.fault(&what, &format!("{unreadable} cannot be read"), remedy);
            }
            let Some((newest, offset)) = readable else {
                let remedy = "is the service running, and older than its profile.checkpoint_interval? see its warnings";
                self.fault(&what, &format!("there are none, and {committed} records are folded"), remedy);
                continue;
            };
            // Unknown to a clock behind the store's.
            let age = now.duration_since(newest.stored).unwrap_or_default();
            let behind = (committed - offset).max(0);
            oldest = oldest.max(age);
            if behind > 0 && age > interval.saturating_mul(LATE) {
                let how = format!("the newest is {} minutes old, and {behind} records behind", age.as_secs() / 60);
                self.fault(&what, &how, "see the warnings of the service, and standing_checkpoint_total by result");
            }
        }
        if self.faults == before {
            let how = format!("{} partitions, the oldest {} minutes old", committed.len(), oldest.as_secs() / 60);
            self.sound("checkpoints", &how);
        }
    }
}

/// A checkpoint may be skipped, or fail a few times: so many intervals are late.
const LATE: u32 = 5;

/// The log's id, and how far each partition that was ever folded is committed.
fn stand(log: &dyn Log, group: &str, topic: &Topic, partitions: i32) -> Result<(String, BTreeMap<i32, i64>), LogError> {
    let of: Vec<TopicPartition> = (0..partitions).map(|n| TopicPartition::new(Arc::clone(topic), n)).collect();
    let id = topics::patiently(|| log.describe(topic))?.map(|described| described.id).unwrap_or_default();
    let committed = topics::committed(log, group, &of, WAIT)?;
    let folded = of.iter().zip(committed).filter_map(|(of, next)| Some((of.partition, next.filter(|next| *next > 0)?)));
    Ok((id, folded.collect()))
}

fn remedy(error: &CheckpointError) -> &'static str {
    match error {
        CheckpointError::Store { .. } => {
            "check the address, AWS_ENDPOINT, AWS_REGION and the keys, that the bucket is there, and that these keys may \
             list, read, write and remove in it; a folder must be the service's own"
        }
        CheckpointError::Address { .. }
        | CheckpointError::Unsound { .. }
        | CheckpointError::Disk { .. }
        | CheckpointError::State(_)
        | CheckpointError::Absent { .. } => "check the disk's space, health and permissions",
    }
}

/// With its causes.
fn chain(error: &CheckpointError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(store: &str) -> Settings {
        let mut settings = Settings::default();
        settings.profile.checkpoint_store = store.to_owned();
        settings
    }

    #[test]
    fn a_store_that_can_be_used_is_left_as_it_was() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut report = Report::default();
        let found = report.checkpoint_store(&set(&format!("file://{}", dir.path().display())));
        assert_eq!((report.faults, found.map(|found| found.len())), (0, Some(0)), "{}", report.text);
        let files = walk(dir.path());
        assert_eq!(files, 0, "nothing is left behind");
    }

    fn walk(dir: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(dir).expect("a folder").filter_map(Result::ok);
        entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
    }

    #[test]
    fn a_store_that_cannot_be_used_is_a_fault_with_what_to_do() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("a-file");
        std::fs::write(&file, b"").expect("written");
        let mut report = Report::default();
        assert!(report.checkpoint_store(&set(&format!("file://{}/below", file.display()))).is_none());
        assert_eq!(report.faults, 1, "{}", report.text);
        let mut report = Report::default();
        assert!(report.checkpoint_store(&set("")).is_none());
        assert_eq!(report.faults, 0, "{}", report.text);
        assert!(report.text.contains("not set"), "{}", report.text);
    }

    #[test]
    fn a_partition_that_was_folded_and_has_no_checkpoint_is_a_fault() {
        let mut report = Report::default();
        let interval = Duration::from_secs(120);
        report.judge(&[], "log-1", &BTreeMap::new(), interval, SystemTime::now());
        assert_eq!(report.faults, 0, "{}", report.text);
        report.judge(&[], "log-1", &BTreeMap::from([(3, 10)]), interval, SystemTime::now());
        assert_eq!(report.faults, 1, "{}", report.text);
        assert!(report.text.contains("checkpoints of partition 3: there are none"), "{}", report.text);
    }
}
