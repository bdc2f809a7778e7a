//! What each topic should be.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{DepartmentId, DomainId};

use super::Topics;

/// Largest batch of records a topic takes: Kafka's own default. The largest event intake lets through is well below.
pub const BATCH_BYTES_MAX: u32 = 1_048_588;
/// Largest body of a catalogue: the reference catalogue has a few hundred KiB, a city's about ten times that.
pub const CATALOGUE_BYTES_MAX: u32 = 8 * 1024 * 1024;

/// A department's own order is by record; three partitions let three consumers share a monthly full reload.
const INBOX_PARTITIONS: i32 = 3;
/// How long decisions are kept, and what is derived from them. Five calendar years hold at most two leap days (R12).
pub const DECISIONS_KEPT: Duration = days(5 * 365 + 2);
/// As long as a lift is remembered: who looks for a refused event has the same time.
const REJECTS_KEPT: Duration = days(400);
const INBOX_KEPT: Duration = days(7);
/// A compacted topic is cleaned at least daily: marks are rewritten every second, and new readers pass all of it.
const CLEANED_EVERY: Duration = days(1);
/// A reader that pauses in the middle of a compacted topic has this long to still meet a tombstone.
const TOMBSTONES_KEPT: Duration = days(7);

const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

/// Whose clock stamps `standing.events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsTime {
    /// The broker's, as everywhere but in the playground.
    Append,
    /// The producer's: the playground's clock is moved by hand.
    Create,
}

/// What a topic should be; `config` holds Kafka's own setting names, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: Arc<str>,
    pub partitions: i32,
    pub replication: i32,
    pub config: Vec<(String, String)>,
}

enum Keep {
    For(Duration),
    Ever,
    NewestOfKey,
}

enum Stamp {
    Append,
    Create,
}

impl Topics {
    /// Every topic of a register with these approval domains and these departments' inboxes, sorted by name.
    pub fn desired(
        &self,
        events_time: EventsTime,
        domains: impl IntoIterator<Item = DomainId>,
        inboxes: impl IntoIterator<Item = DepartmentId>,
    ) -> Vec<TopicSpec> {
        let n = i32::from(self.partitions().get());
        let stamp_events = match events_time {
            EventsTime::Append => Stamp::Append,
            EventsTime::Create => Stamp::Create,
        };
        let mut all = vec![
            self.spec(self.events(), n, Keep::Ever, stamp_events, BATCH_BYTES_MAX),
            self.spec(self.rejects(), n, Keep::For(REJECTS_KEPT), Stamp::Append, BATCH_BYTES_MAX),
            self.spec(self.flags(), n, Keep::NewestOfKey, Stamp::Create, BATCH_BYTES_MAX),
            self.spec(self.profiles(), n, Keep::NewestOfKey, Stamp::Create, BATCH_BYTES_MAX),
            self.spec(self.notices(), n, Keep::NewestOfKey, Stamp::Create, BATCH_BYTES_MAX),
            self.spec(self.corrections(), n, Keep::For(DECISIONS_KEPT), Stamp::Append, BATCH_BYTES_MAX),
            self.spec(self.reliance(), n, Keep::For(DECISIONS_KEPT), Stamp::Append, BATCH_BYTES_MAX),
            self.spec(self.decisions(), n, Keep::For(DECISIONS_KEPT), Stamp::Append, BATCH_BYTES_MAX),
            self.spec(self.catalogues(), 1, Keep::NewestOfKey, Stamp::Create, CATALOGUE_BYTES_MAX),
        ];
        for domain in domains {
            let name = self.domain_flags(&domain);
            all.push(self.spec(&name, n, Keep::NewestOfKey, Stamp::Create, BATCH_BYTES_MAX));
            let name = self.domain_corrections(&domain);
            all.push(self.spec(&name, n, Keep::For(DECISIONS_KEPT), Stamp::Append, BATCH_BYTES_MAX));
        }
        for department in inboxes {
            let name = self.inbox(&department);
            let partitions = INBOX_PARTITIONS.min(n);
            all.push(self.spec(&name, partitions, Keep::For(INBOX_KEPT), Stamp::Append, BATCH_BYTES_MAX));
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        all
    }

    fn spec(&self, name: &Arc<str>, partitions: i32, keep: Keep, stamp: Stamp, batch_bytes_max: u32) -> TopicSpec {
        let replication = i32::from(self.replication().get());
        let mut config = vec![
            ("max.message.bytes", batch_bytes_max.to_string()),
            // Two copies of every acknowledged record; with fewer than three replicas that would stop at the first loss.
            ("min.insync.replicas", if replication >= 3 { "2" } else { "1" }.to_owned()),
            ("unclean.leader.election.enable", "false".to_owned()),
        ];
        match keep {
            Keep::Ever => config.extend([
                ("cleanup.policy", "delete".to_owned()),
                ("retention.bytes", "-1".to_owned()),
                ("retention.ms", "-1".to_owned()),
            ]),
            Keep::For(time) => config.extend([
                ("cleanup.policy", "delete".to_owned()),
                ("retention.bytes", "-1".to_owned()),
                ("retention.ms", time.as_millis().to_string()),
            ]),
            Keep::NewestOfKey => config.extend([
                ("cleanup.policy", "compact".to_owned()),
                ("delete.retention.ms", TOMBSTONES_KEPT.as_millis().to_string()),
                ("max.compaction.lag.ms", CLEANED_EVERY.as_millis().to_string()),
                ("segment.ms", CLEANED_EVERY.as_millis().to_string()),
            ]),
        }
        match stamp {
            Stamp::Append => config.push(("message.timestamp.type", "LogAppendTime".to_owned())),
            // Kafka refuses a create time more than an hour ahead of its own clock; the playground's clock may be years ahead.
            Stamp::Create => config.extend([
                ("message.timestamp.after.max.ms", i64::MAX.to_string()),
                ("message.timestamp.type", "CreateTime".to_owned()),
            ]),
        }
        let mut config: Vec<(String, String)> = config.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        config.sort();
        TopicSpec { name: name.clone(), partitions, replication, config }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn topics(replication: u16) -> Topics {
        let of = |n| NonZeroU16::new(n).expect("not zero");
        Topics::new("standing", of(48), of(replication)).expect("a prefix")
    }

    fn desired(replication: u16, time: EventsTime) -> Vec<TopicSpec> {
        let domains = ["subsidy", "procurement"].map(|d| DomainId::new(d).expect("a domain"));
        let inboxes = [DepartmentId::new("district.fire").expect("a department")];
        topics(replication).desired(time, domains, inboxes)
    }

    fn setting<'a>(all: &'a [TopicSpec], topic: &str, setting: &str) -> Option<&'a str> {
        let spec = all.iter().find(|s| &*s.name == topic).expect("a topic");
        spec.config.iter().find(|(name, _)| name == setting).map(|(_, value)| value.as_str())
    }

    #[test]
    fn all_topics_are_there_under_their_names() {
        let all = desired(3, EventsTime::Append);
        let names: Vec<_> = all.iter().map(|s| &*s.name).collect();
        assert_eq!(
            names,
            [
                "standing.catalogues",
                "standing.corrections",
                "standing.corrections.procurement",
                "standing.corrections.subsidy",
                "standing.decisions",
                "standing.events",
                "standing.flags",
                "standing.flags.procurement",
                "standing.flags.subsidy",
                "standing.inbox.district.fire",
                "standing.notices",
                "standing.profiles",
                "standing.rejects",
                "standing.reliance",
            ]
        );
    }

    #[test]
    fn the_log_is_kept_for_ever_and_stamped_by_the_broker() {
        let all = desired(3, EventsTime::Append);
        assert_eq!(setting(&all, "standing.events", "cleanup.policy"), Some("delete"));
        assert_eq!(setting(&all, "standing.events", "retention.ms"), Some("-1"));
        assert_eq!(setting(&all, "standing.events", "retention.bytes"), Some("-1"));
        assert_eq!(setting(&all, "standing.events", "message.timestamp.type"), Some("LogAppendTime"));
    }

    #[test]
    fn the_playgrounds_clock_may_run_ahead_of_the_broker() {
        let all = desired(1, EventsTime::Create);
        assert_eq!(setting(&all, "standing.events", "message.timestamp.type"), Some("CreateTime"));
        assert_eq!(setting(&all, "standing.events", "message.timestamp.after.max.ms"), Some("9223372036854775807"));
        assert_eq!(setting(&all, "standing.decisions", "message.timestamp.type"), Some("LogAppendTime"));
    }

    #[test]
    fn decisions_are_kept_five_years_and_inboxes_seven_days() {
        let all = desired(3, EventsTime::Append);
        let kept =
            |topic| setting(&all, topic, "retention.ms").and_then(|ms| ms.parse::<u64>().ok()).expect("a number");
        assert!(kept("standing.decisions") >= 1_826 * 86_400_000);
        assert_eq!(kept("standing.inbox.district.fire"), 7 * 86_400_000);
        assert_eq!(kept("standing.rejects"), 400 * 86_400_000);
    }

    #[test]
    fn what_is_keyed_by_subject_has_the_same_partitions() {
        let all = desired(3, EventsTime::Append);
        for spec in &all {
            let expected = match &*spec.name {
                "standing.catalogues" => 1,
                "standing.inbox.district.fire" => 3,
                _ => 48,
            };
            assert_eq!(spec.partitions, expected, "{}", spec.name);
        }
    }

    #[test]
    fn two_copies_are_asked_for_only_where_three_exist() {
        assert_eq!(setting(&desired(3, EventsTime::Append), "standing.flags", "min.insync.replicas"), Some("2"));
        for few in [1, 2] {
            assert_eq!(setting(&desired(few, EventsTime::Append), "standing.flags", "min.insync.replicas"), Some("1"));
        }
    }

    #[test]
    fn prefixes_that_are_no_names_are_refused() {
        let one = NonZeroU16::MIN;
        for bad in ["", ".", "Standing", "a..b", "a b", "a/b", &"x".repeat(65)] {
            assert!(Topics::new(bad, one, one).is_err(), "{bad}");
        }
        assert_eq!(&**Topics::new("t-1.x", one, one).expect("a prefix").events(), "t-1.x.events");
    }
}
