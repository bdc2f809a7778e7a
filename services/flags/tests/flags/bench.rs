//! A flags service with its log; what a profile service writes, and what a domain's subscriber reads.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant as Stopwatch};

use bytes::Bytes;
use catalogue::Shelf;
use domain::catalogue::{Catalogue, Polarity};
use domain::event::{Document, RecordRef};
use domain::flag::{
    End, Exception, Flag, FlagChange, FlagValue, Ground, GroundParts, GroundStatus, Lift, LiftReason, Served, Version,
};
use domain::ids::{DepartmentId, DomainId, MatterId, MatterPattern, MeasureId, RecordId};
use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, SubjectKey, partition_of};
use domain::time::{Instant, Interval};
use flags::{Components, Flags, Settings};
use jiff::civil::date;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::shutdown::Shutdown;
use schemas::topics::{EventsTime, Topics, keys};
use schemas::{Codec, FlagEntry, Mark, PublishedFlag};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::log::{Isolation, Log, Outgoing, Record, Start, TopicPartition, TopicSpec};
use tempfile::TempDir;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const PARTITIONS: NonZeroU16 = NonZeroU16::new(2).unwrap();
const NOW_MS: i64 = 1_780_286_400_000;

pub(crate) struct Bench {
    pub(crate) log: Arc<EmbeddedLog>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) key: Arc<PseudonymKey>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) digest: String,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) clock: Clock,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) dir: TempDir,
    offset: AtomicI64,
}

fn reference() -> (String, Arc<Catalogue>, Vec<u8>) {
    static LOADED: OnceLock<(String, Arc<Catalogue>, Vec<u8>)> = OnceLock::new();
    let load = || {
        let loaded = catalogue::load(&catalogue::reference()).expect("the reference catalogue has no errors");
        let bytes = catalogue::canonical_bytes(&loaded.catalogue);
        (catalogue::digest_of(&bytes), Arc::new(loaded.catalogue), bytes)
    };
    LOADED.get_or_init(load).clone()
}

pub(crate) fn domain(name: &str) -> DomainId {
    DomainId::new(name).unwrap()
}

impl Bench {
    /// A register with every topic but those of the domains `without`.
    pub(crate) fn new(without: &[&str]) -> Self {
        let clock = Clock::settable(NOW_MS);
        let log_clock = clock.clone();
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || log_clock.now_ms()), 7));
        let topics = Arc::new(Topics::new("standing", PARTITIONS, NonZeroU16::MIN).unwrap());
        let (digest, catalogue, bytes) = reference();
        let domains = catalogue.domains.keys().filter(|domain| !without.contains(&domain.as_str())).cloned();
        let specs: Vec<TopicSpec> = topics.desired(EventsTime::Append, domains, []).into_iter().map(spec).collect();
        log.create_topics(&specs).unwrap();
        let shelf = Shelf::new();
        shelf.take(digest.as_bytes(), &bytes).unwrap();
        shelf.take(catalogue::ACTIVE_KEY, digest.as_bytes()).unwrap();
        Self {
            log,
            topics,
            codec: Arc::new(Codec::built_in()),
            key: Arc::new(PseudonymKey::new("k1", &[7; 32]).unwrap()),
            catalogue,
            digest,
            shelf,
            clock,
            readiness: Readiness::new(),
            metrics: Metrics::new("flags", "0.0.0"),
            dir: tempfile::tempdir().unwrap(),
            offset: AtomicI64::new(0),
        }
    }

    pub(crate) fn create_domain(&self, name: &str) {
        let all = self.topics.desired(EventsTime::Append, [domain(name)], []);
        let topics = [self.topics.domain_flags(&domain(name)), self.topics.domain_corrections(&domain(name))];
        let specs: Vec<TopicSpec> = all.into_iter().filter(|of| topics.contains(&of.name)).map(spec).collect();
        self.log.create_topics(&specs).unwrap();
    }

    pub(crate) fn start(&self) -> Flags {
        let components = Components {
            log: Arc::clone(&self.log) as Arc<dyn Log>,
            topics: Arc::clone(&self.topics),
            codec: Arc::clone(&self.codec),
            clock: self.clock.clone(),
            shelf: Arc::clone(&self.shelf),
            key: Arc::clone(&self.key),
            metrics: self.metrics.clone(),
            readiness: self.readiness.clone(),
            shutdown: Shutdown::new(PATIENCE),
        };
        let settings = Settings { state_dir: self.dir.path().join("state"), ..Settings::default() };
        Flags::start(components, &settings).unwrap()
    }

    /// A service that is ready.
    pub(crate) async fn started(&self) -> Flags {
        let flags = self.start();
        tokio::time::timeout(PATIENCE, self.readiness.ready()).await.expect("the service gets ready");
        flags
    }

    pub(crate) fn subject(&self, scheme: &str, id: &str) -> SubjectKey {
        self.key.pseudonymise(&Identifier::parse(scheme, id, &|_| false).unwrap())
    }

    pub(crate) fn append(&self, partition: i32, key: &str, value: Option<Bytes>, origin: Option<Version>) {
        self.append_to(self.topics.flags(), partition, key, value, origin);
    }

    pub(crate) fn append_to(
        &self,
        topic: &Arc<str>,
        partition: i32,
        key: &str,
        value: Option<Bytes>,
        origin: Option<Version>,
    ) {
        let header = |version| (Arc::from(keys::ORIGIN), Bytes::from(keys::origin(version)));
        let record = Outgoing {
            topic: Arc::clone(topic),
            partition,
            key: Some(key.to_owned().into()),
            value,
            headers: origin.map(header).into_iter().collect(),
            timestamp_ms: Some(self.clock.now_ms()),
        };
        let report = self.log.producer().unwrap().send(record).unwrap();
        futures::executor::block_on(report).unwrap();
    }

    pub(crate) fn publish(&self, subject: &SubjectKey, measure: &str, value: FlagValue) -> Version {
        let offset = self.offset.fetch_add(1, Ordering::SeqCst);
        let version = Version { partition: partition_of(subject, PARTITIONS), offset, index: 0 };
        self.publish_as(subject, measure, value, version);
        version
    }

    pub(crate) fn publish_as(&self, subject: &SubjectKey, measure: &str, value: FlagValue, version: Version) {
        let measure = MeasureId::new(measure).unwrap();
        let change = FlagChange { subject: subject.clone(), measure: measure.clone(), value, version };
        let value = self.codec.encode_flag(&change).unwrap();
        self.append(version.partition, &keys::flag(subject, &measure), value, Some(version));
    }

    pub(crate) fn mark(&self, partition: i32, current_as_of_ms: i64) {
        let mark = Mark {
            events_offset: self.offset.load(Ordering::SeqCst),
            time: Instant::from_ms(current_as_of_ms),
            current_as_of: Instant::from_ms(current_as_of_ms),
            catalogue: Some(self.digest.clone()),
            swept: true,
            fold: None,
            fold_known: None,
        };
        self.append(partition, keys::MARK, Some(self.codec.encode_mark(&mark).unwrap()), None);
    }

    /// Waits until everything appended up to now is routed.
    pub(crate) fn wait_until_routed(&self, flags: &Flags) {
        let inputs = (0..i32::from(PARTITIONS.get())).map(|p| TopicPartition::new(Arc::clone(self.topics.flags()), p));
        let ends: Vec<(TopicPartition, i64)> = inputs
            .map(|of| {
                let end = self.log.watermarks(&of, Isolation::ReadCommitted).unwrap().high;
                (of, end)
            })
            .collect();
        let routed = flags.runtime().wait(PATIENCE, |status| {
            ends.iter().all(|(of, end)| status.partition(of).is_some_and(|partition| partition.next_offset >= *end))
        });
        assert!(routed, "{:?}", flags.runtime().status());
    }

    /// What a subscriber of a domain reads, in order.
    pub(crate) fn read(&self, name: &str) -> Vec<Record> {
        self.read_topic(&self.topics.domain_flags(&domain(name)))
    }

    pub(crate) fn read_topic(&self, topic: &Arc<str>) -> Vec<Record> {
        let mut records = Vec::new();
        for partition in 0..i32::from(PARTITIONS.get()) {
            let of = TopicPartition::new(Arc::clone(topic), partition);
            let end = self.log.watermarks(&of, Isolation::ReadCommitted).unwrap().high;
            let mut reader = self.log.reader(&[(of, Start::Earliest)], Isolation::ReadCommitted).unwrap();
            while reader.positions().iter().any(|(_, next)| *next < end) {
                records.extend(reader.poll(1_000, Duration::from_millis(10)).unwrap());
            }
        }
        records
    }

    /// The flags, lifts and tombstones of a domain's topic, in order, marks left out.
    pub(crate) fn told(&self, name: &str) -> Vec<PublishedFlag> {
        let entry = |record: &Record| {
            let origin = record.headers.iter().find(|(header, _)| &**header == keys::ORIGIN).map(|(_, v)| v.as_ref());
            let key = record.key.as_deref().unwrap();
            match self.codec.decode_flag(key, record.value.as_deref(), origin).unwrap() {
                FlagEntry::Flag(flag) => Some(*flag),
                FlagEntry::Mark(_) => None,
            }
        };
        self.read(name).iter().filter_map(entry).collect()
    }

    /// Per domain that was told anything: what, in short.
    pub(crate) fn summary(&self) -> BTreeMap<String, Vec<String>> {
        let told = self.catalogue.domains.keys().map(|domain| {
            let told = self.told(domain.as_str()).iter().map(|flag| short(&flag.value)).collect();
            (domain.as_str().to_owned(), told)
        });
        told.filter(|(_, told): &(String, Vec<String>)| !told.is_empty()).collect()
    }
}

fn spec(spec: schemas::topics::TopicSpec) -> TopicSpec {
    TopicSpec { name: spec.name, partitions: spec.partitions, replication: spec.replication, config: spec.config }
}

fn short(value: &FlagValue) -> String {
    let matters = |patterns: &[MatterPattern]| patterns.iter().map(MatterPattern::as_str).collect::<Vec<_>>().join(" ");
    match value {
        FlagValue::Set(flag) => format!("set {}", matters(&flag.matters)),
        FlagValue::Lifted(lift) => format!("lift {} {}", lift.reason.as_str(), matters(&lift.matters)),
        FlagValue::Tombstone => "tombstone".to_owned(),
    }
}

/// A flag over these matters, made up (虚构), with permissions for some.
pub(crate) fn flag(bench: &Bench, subject: &SubjectKey, matters: &[&str], permitted: &[&str]) -> Flag {
    let measure = MeasureId::new("procurement-ban").unwrap();
    let measure = bench.catalogue.measure(&measure, date(2026, 5, 8)).unwrap();
    let trigger = &measure.triggers[0];
    let number = "虚构决〔2026〕1号";
    let exceptions: Vec<Exception> = permitted
        .iter()
        .map(|matter| Exception {
            permission_id: RecordId::new(format!("虚构许可 {matter}")).unwrap(),
            matter: MatterId::new(*matter).unwrap(),
            by: "district.finance".to_owned(),
            from: date(2026, 5, 20),
            until: date(2026, 6, 20),
        })
        .collect();
    let excepted = exceptions.iter().map(|exception| {
        let interval = Interval::of_days(exception.from, Some(exception.until)).unwrap();
        (exception.matter.clone(), [interval].into_iter().collect())
    });
    let excepted = excepted.collect();
    let ground = Ground::new(GroundParts {
        record: RecordRef {
            publisher: DepartmentId::new("district.court").unwrap(),
            item: trigger.item.clone(),
            record_id: RecordId::new(number).unwrap(),
        },
        target: subject.kind(),
        polarity: Polarity::Adverse,
        measure,
        trigger,
        document: Document {
            number: number.to_owned(),
            kind: "listing-decision".to_owned(),
            issuer: "district.court".to_owned(),
            issued_on: date(2026, 5, 8),
            effective_on: date(2026, 5, 8),
        },
        valid_from: None,
        end: End::On(date(2028, 5, 7)),
        served: Some(Served { notice_id: RecordId::new("虚构送达1").unwrap(), served_on: date(2026, 5, 9) }),
        status: GroundStatus::InForce,
        exceptions,
    });
    let ground = ground.unwrap();
    Flag {
        effect: measure.effect,
        title: measure.title.clone(),
        matters: matters.iter().map(|pattern| MatterPattern::new(*pattern).unwrap()).collect(),
        intervals: [ground.interval()].into_iter().collect(),
        excepted,
        grounds: vec![ground],
        grounds_total: 1,
        rating: None,
        remedies: measure.remedies.clone(),
        human_review: measure.human_review.clone(),
        catalogue: bench.digest.clone(),
    }
}

pub(crate) fn set(bench: &Bench, subject: &SubjectKey, matters: &[&str]) -> FlagValue {
    FlagValue::Set(flag(bench, subject, matters, &[]))
}

pub(crate) fn lift(bench: &Bench, matters: &[&str]) -> FlagValue {
    FlagValue::Lifted(Lift {
        ended_at: Instant::from_ms(bench.clock.now_ms()),
        reason: LiftReason::Removed,
        effect: domain::catalogue::Effect::Restrict,
        matters: matters.iter().map(|pattern| MatterPattern::new(*pattern).unwrap()).collect(),
    })
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Stopwatch::now() + PATIENCE;
    while !holds() {
        assert!(Stopwatch::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
