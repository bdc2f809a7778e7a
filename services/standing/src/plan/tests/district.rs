//! A register with its profile service, checkpoints taken, and a few lives in it.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use catalogue::Shelf;
use domain::catalogue::Catalogue;
use domain::check::{Context, check};
use domain::event::{Body, Content};
use domain::flag::{Flag, FlagValue};
use domain::fold::{FoldVersion, VERSIONS};
use domain::pseudonym::PseudonymKey;
use domain::subject::partition_of;
use domain::time::Instant;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::settings::{ByteSize, HumanDuration};
use kit::shutdown::Shutdown;
use schemas::topics::{EventsTime, Topics};
use schemas::{Codec, FlagEntry};
use stream::checkpoint::{Checkpoints, Place};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::follow::Follower;
use stream::log::{Isolation, Log, Outgoing, TopicPartition};

use crate::activation::{Register, Unverified, activate};
use crate::audit::read::{self, Part};
use crate::audit::tests::story;
use crate::plan::Planner;
use crate::wiring::{self, Parts};

const PARTITIONS: u16 = 2;
const FIRMS: u64 = 40;
const STOP: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// What stands under each key, without version and digest of the catalogue.
pub(super) type Flags = BTreeMap<(String, String), FlagValue>;

pub(super) fn reference() -> Catalogue {
    catalogue::load(&catalogue::reference()).expect("the reference catalogue").catalogue
}

pub(super) struct District {
    log: Arc<EmbeddedLog>,
    parts: Parts,
    _catalogues: Follower,
    profile: profile::Profile,
    folder: tempfile::TempDir,
}

impl District {
    /// Needs a tokio runtime.
    pub(super) fn begin() -> Self {
        Self::with_folds(VERSIONS)
    }

    /// A register of a program that has these versions of the fold.
    pub(super) fn with_folds(folds: &'static [FoldVersion]) -> Self {
        let clock = Clock::settable(story::noon("2026-06-01").ms());
        let ticking = clock.clone();
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || ticking.now_ms()), 1));
        let shared: Arc<dyn Log> = log.clone();
        let partitions = NonZeroU16::new(PARTITIONS).expect("not zero");
        let topics = Arc::new(Topics::new("standing", partitions, NonZeroU16::MIN).expect("a prefix"));
        let desired = topics.desired(EventsTime::Append, reference().domains.keys().cloned(), []);
        wiring::create_topics(log.as_ref(), &desired).expect("topics");
        let shelf = Shelf::with_folds(folds);
        let catalogues = wiring::follow_into(&shared, &topics, &shelf).expect("a follower");
        let parts = Parts {
            log: shared,
            topics,
            codec: Arc::new(Codec::built_in()),
            clock,
            shelf,
            key: Arc::new(PseudonymKey::new("test", &[7; 32]).expect("a key")),
            metrics: Metrics::new("plan", "0"),
            readiness: Readiness::new(),
            shutdown: Shutdown::new(STOP),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let settings = profile::Settings {
            state_dir: folder.path().join("profile"),
            memory: ByteSize::from_mib(8),
            workers: 1,
            checkpoint_store: format!("file://{}", folder.path().join("copies").display()),
            checkpoint_interval: HumanDuration::from_secs(1),
            ..Default::default()
        };
        std::fs::create_dir(folder.path().join("copies")).expect("a folder");
        let profile = profile::Profile::start(parts.profile(), &settings).expect("profile");
        let district = Self { log, parts, _catalogues: catalogues, profile, folder };
        activate(&district.register(), &reference(), Unverified::Allow, &mut || Ok(())).expect("activated");
        district
    }

    pub(super) fn register(&self) -> Register {
        Register {
            log: Arc::clone(&self.parts.log),
            topics: Arc::clone(&self.parts.topics),
            codec: Codec::built_in(),
            now_ms: self.parts.clock.now_ms(),
        }
    }

    pub(super) fn copies(&self) -> Place {
        Place::open(&format!("file://{}", self.folder.path().join("copies").display())).expect("a store")
    }

    pub(super) fn is_ready(&self) -> bool {
        self.parts.readiness.reasons().is_empty()
    }

    /// Why the register is not ready.
    pub(super) fn faults(&self) -> String {
        format!("{:?}", self.parts.readiness.reasons())
    }

    pub(super) fn planner(&self, checkpoints: Option<Place>) -> Planner {
        let shelf = Shelf::with_folds(self.parts.shelf.folds());
        read::catalogues_into(self.log.as_ref(), &self.parts.topics, &shelf).expect("the catalogues");
        Planner {
            log: Arc::clone(&self.parts.log),
            topics: Arc::clone(&self.parts.topics),
            codec: Arc::clone(&self.parts.codec),
            shelf,
            checkpoints,
            scratch: self.folder.path().to_owned(),
            now_ms: self.parts.clock.now_ms(),
            threads: 2,
        }
    }

    fn send(&self, catalogue: &Catalogue, line: &str) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let now = Instant::from_ms(self.parts.clock.now_ms());
        let context = Context { catalogue, key: &self.parts.key, now };
        let event = check(&story::event(&words), &context).unwrap_or_else(|faults| panic!("{line}: {faults:?}"));
        let partition = partition_of(&event.subject, self.parts.topics.partitions());
        let body = Body { written_at: now, content: Content::Event(event) };
        let value = Some(self.parts.codec.encode_event(&body).expect("an event"));
        let topic = Arc::clone(self.parts.topics.events());
        let outgoing = Outgoing { topic, partition, key: None, value, headers: Vec::new(), timestamp_ms: None };
        let producer = self.log.producer().expect("a producer");
        futures::executor::block_on(producer.send(outgoing).expect("room")).expect("appended");
    }

    /// Firms that are listed, penalised and honoured, some of which have come to an end; checkpoints taken; then a few more.
    pub(super) fn live(&self) {
        let catalogue = reference();
        for firm in 0..FIRMS {
            self.court(&catalogue, firm, "C");
            let fire = format!("source=district.fire item=fire.penalty record=F subject=uscc:{firm}");
            if firm % 2 == 0 {
                self.send(
                    &catalogue,
                    &format!("record.upserted {fire} revision=1 issued=2026-05-01 fields={{severity:serious}}"),
                );
                self.send(&catalogue, &format!("notice.served {fire} notice_id=N served_on=2026-05-02"));
            }
            if firm % 3 == 0 {
                self.send(
                    &catalogue,
                    &format!(
                        "record.upserted source=district.market item=honour.award record=H revision=1 subject=uscc:{firm} \
                         issued=2026-05-01 fields={{title:虚构奖}}"
                    ),
                );
            }
            if firm % 5 == 0 {
                let court = format!("source=district.court item=court.judgment-defaulter record=C subject=uscc:{firm}");
                self.send(&catalogue, &format!("record.withdrawn {court} revision=2"));
            }
        }
        self.settled();
        let store = Checkpoints::open(self.copies()).expect("a store");
        self.wait("no checkpoint of every partition", || {
            let found = store.list(self.parts.topics.events()).expect("a list");
            (0..i32::from(PARTITIONS)).all(|partition| found.iter().any(|copy| copy.partition == partition))
        });
        for firm in FIRMS..FIRMS + 5 {
            self.court(&catalogue, firm, "C");
        }
    }

    fn court(&self, catalogue: &Catalogue, firm: u64, record: &str) {
        let court = format!("source=district.court item=court.judgment-defaulter record={record} subject=uscc:{firm}");
        self.send(catalogue, &format!("record.upserted {court} revision=1 issued=2026-05-01 fields={{ground:2}}"));
        self.send(catalogue, &format!("notice.served {court} notice_id=N served_on=2026-05-02"));
    }

    pub(super) fn wait(&self, why: &str, mut until: impl FnMut() -> bool) {
        let deadline = Moment::now() + PATIENCE;
        while !until() {
            assert!(Moment::now() < deadline, "{why} within {PATIENCE:?}");
            std::thread::sleep(LOOK);
        }
    }

    fn partitions(&self, topic: &Arc<str>) -> Vec<TopicPartition> {
        (0..i32::from(PARTITIONS)).map(|partition| TopicPartition::new(Arc::clone(topic), partition)).collect()
    }

    /// Everything in the log is folded.
    pub(super) fn settled(&self) {
        self.wait("the log is not folded", || {
            let status = self.profile.runtime().status();
            self.partitions(self.parts.topics.events()).iter().all(|of| {
                let end = self.log.watermarks(of, Isolation::ReadCommitted).expect("watermarks").high;
                status.partition(of).is_some_and(|partition| partition.next_offset >= end)
            })
        });
    }

    pub(super) fn flags(&self) -> Flags {
        let mut flags = Flags::new();
        for of in self.partitions(self.parts.topics.flags()) {
            let until = self.log.watermarks(&of, Isolation::ReadCommitted).expect("watermarks").high;
            read::committed(self.log.as_ref(), &[Part { of, from: 0, until }], |record| {
                let key = record.key.as_deref().unwrap_or_default();
                let entry = self.parts.codec.decode_flag(key, record.value.as_deref(), None)?;
                if let FlagEntry::Flag(flag) = entry {
                    let value = match flag.value {
                        FlagValue::Set(flag) => FlagValue::Set(Flag { catalogue: String::new(), ..flag }),
                        value @ (FlagValue::Lifted(_) | FlagValue::Tombstone) => value,
                    };
                    flags.insert((flag.subject, flag.measure.to_string()), value);
                }
                Ok(())
            })
            .expect("flags");
        }
        flags
    }

    pub(super) fn stop(self) {
        self.profile.stop(STOP);
    }
}
