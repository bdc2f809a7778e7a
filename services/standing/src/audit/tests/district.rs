//! Registers on the embedded log, made by the real services.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::check::{Context, check};
use domain::event::{Body, Content, Control};
use domain::ids::DomainId;
use domain::pseudonym::PseudonymKey;
use domain::subject::partition_of;
use domain::time::Instant;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::settings::ByteSize;
use kit::shutdown::Shutdown;
use schemas::Codec;
use schemas::topics::{EventsTime, Topics};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::follow::Follower;
use stream::log::{Log, Outgoing, Record, Topic, TopicPartition};

use super::story;
use crate::activation::{Register as Activation, Unverified, activate};
use crate::audit::bounds::{self, Bounds, Load, Patience};
use crate::audit::finding::Findings;
use crate::audit::judge::{Judge, Register, topic};
use crate::audit::outputs::Kind;
use crate::audit::read::{self, Part};
use crate::audit::report::Report;
use crate::audit::{Audited, Read};
use crate::wiring::{self, Parts};

pub(super) const PARTITIONS: i32 = 2;
const STOP: Duration = Duration::from_secs(20);
/// Nothing here is slow, and what is waited for in vain is waited for no longer.
const PATIENCE: Patience =
    Patience { open: Duration::from_millis(300), settled: Duration::from_millis(500), state: Duration::from_secs(5) };

/// A register with its services, and events of firms to come.
pub(super) struct District {
    pub(super) log: Arc<EmbeddedLog>,
    pub(super) parts: Parts,
    _catalogues: Follower,
    profile: Option<profile::Profile>,
    flags: Option<flags::Flags>,
    folder: tempfile::TempDir,
}

impl District {
    /// Topics made, the catalogue active, profile and flags at work. Needs a tokio runtime.
    pub(super) fn begin() -> Self {
        let clock = Clock::settable(story::noon("2026-05-10").ms());
        let ticking = clock.clone();
        let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || ticking.now_ms()), 1));
        let shared: Arc<dyn Log> = log.clone();
        let partitions = NonZeroU16::new(2).expect("not zero");
        let topics = Arc::new(Topics::new("standing", partitions, NonZeroU16::MIN).expect("a prefix"));
        let loaded = catalogue::load(&catalogue::reference()).expect("the reference catalogue");
        let desired = topics.desired(EventsTime::Append, loaded.catalogue.domains.keys().cloned(), []);
        wiring::create_topics(log.as_ref(), &desired).expect("topics");
        let (catalogues, follower) = wiring::follow_catalogues(&shared, &topics).expect("a follower");
        let parts = Parts {
            log: shared,
            topics,
            codec: Arc::new(Codec::built_in()),
            clock,
            shelf: catalogues,
            key: Arc::new(PseudonymKey::new("test", &[7; 32]).expect("a key")),
            metrics: Metrics::new("audit", "0"),
            readiness: Readiness::new(),
            shutdown: Shutdown::new(STOP),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let district = Self { log, parts, _catalogues: follower, profile: None, flags: None, folder };
        district.activate();
        district.started()
    }

    fn started(mut self) -> Self {
        let memory = ByteSize::from_mib(8);
        let profile = profile::Settings { state_dir: self.state_dir(), memory, workers: 1, ..Default::default() };
        let flags = flags::Settings { state_dir: self.folder.path().join("flags"), memory, ..Default::default() };
        self.profile = Some(profile::Profile::start(self.parts.profile(), &profile).expect("profile"));
        self.flags = Some(flags::Flags::start(self.parts.flags(), &flags).expect("flags"));
        self
    }

    pub(super) fn state_dir(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    pub(super) fn activate(&self) {
        let loaded = catalogue::load(&catalogue::reference()).expect("the reference catalogue");
        let register = Activation {
            log: Arc::clone(&self.parts.log),
            topics: Arc::clone(&self.parts.topics),
            codec: Codec::built_in(),
            now_ms: self.parts.clock.now_ms(),
        };
        activate(&register, &loaded.catalogue, Unverified::Allow, &mut || Ok(())).expect("activated");
    }

    pub(super) fn append(&self, topic: &Topic, partition: i32, value: Option<Bytes>) {
        let producer = self.log.producer().expect("a producer");
        let topic = Arc::clone(topic);
        let outgoing = Outgoing { topic, partition, key: None, value, headers: Vec::new(), timestamp_ms: None };
        futures::executor::block_on(producer.send(outgoing).expect("room")).expect("appended");
    }

    /// An event as intake would write it, at the clock's present.
    pub(super) fn send(&self, line: &str) -> i32 {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let catalogue = catalogue::load(&catalogue::reference()).expect("the reference catalogue").catalogue;
        self.send_under(&words, &catalogue)
    }

    fn send_under(&self, words: &[String], catalogue: &domain::catalogue::Catalogue) -> i32 {
        let now = Instant::from_ms(self.parts.clock.now_ms());
        let context = Context { catalogue, key: &self.parts.key, now };
        let event = check(&story::event(words), &context).unwrap_or_else(|faults| panic!("{words:?}: {faults:?}"));
        let partition = partition_of(&event.subject, self.parts.topics.partitions());
        let body = Body { written_at: now, content: Content::Event(event) };
        let value = self.parts.codec.encode_event(&body).expect("an event");
        self.append(self.parts.topics.events(), partition, Some(value));
        partition
    }

    /// Two years in the life of thirty firms, with poison in the middle, in a partition that ends with a quiet day.
    pub(super) fn live(&self) {
        let catalogue = catalogue::load(&catalogue::reference()).expect("the reference catalogue").catalogue;
        let start = Instant::from_ms(self.parts.clock.now_ms());
        for turn in 0..14_i64 {
            let now = start.plus_days(turn * 55);
            if turn > 0 {
                self.parts.clock.advance_to(now.ms()).expect("a clock that goes on");
            }
            let issued = now.plus_days(-3).day();
            for firm in 0..30_i64 {
                let subject = format!("subject=uscc:{firm}");
                let court =
                    format!("source=district.court item=court.judgment-defaulter record=C{} {subject}", turn / 4);
                let fire = format!("source=district.fire item=fire.penalty record=F{} {subject}", turn / 4);
                let line = match (turn + firm) % 8 {
                    0 => format!("record.upserted {court} revision={} issued={issued} fields={{ground:2}}", turn + 1),
                    1 => format!("notice.served {court} notice_id=N served_on={issued}"),
                    2 => format!(
                        "record.upserted source=district.market item=honour.award record=H{turn} revision=1 {subject} issued={issued} fields={{title:虚构奖}}"
                    ),
                    3 => format!(
                        "record.upserted {fire} revision={} issued={issued} fields={{severity:serious}}",
                        turn + 1
                    ),
                    4 => format!("notice.served {fire} notice_id=N served_on={issued}"),
                    5 => format!("objection.filed {fire} objection_id=O grounds=g filed_on={issued}"),
                    6 => format!(
                        "permission.granted {court} permission_id=V{turn} matter=procurement.bid from={issued} until={} by=x",
                        now.plus_days(30).day()
                    ),
                    // What was listed and served seven turns ago: whoever decided on it is told.
                    _ => format!(
                        "record.withdrawn source=district.court item=court.judgment-defaulter record=C{} {subject} revision={}",
                        (turn - 7).max(0) / 4,
                        turn + 1
                    ),
                };
                let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
                self.send_under(&words, &catalogue);
            }
            if turn == 6 {
                for partition in 0..PARTITIONS {
                    self.append(self.parts.topics.events(), partition, Some(Bytes::from_static(b"poison")));
                    self.append(self.parts.topics.events(), partition, None);
                }
            }
        }
        let later = start.plus_days(2_400);
        self.parts.clock.advance_to(later.ms()).expect("a clock that goes on");
        for partition in 0..PARTITIONS {
            let body = Body { written_at: later, content: Content::Control(Control::TimeAdvanced) };
            let value = self.parts.codec.encode_event(&body).expect("a control record");
            self.append(self.parts.topics.events(), partition, Some(value));
        }
    }

    /// That many firms are registered, nothing else.
    pub(super) fn register_firms(&self, count: u64) {
        let catalogue = catalogue::load(&catalogue::reference()).expect("the reference catalogue").catalogue;
        for firm in 0..count {
            let line = format!("subject.registered source=district.market subject=uscc:{firm}");
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            self.send_under(&words, &catalogue);
        }
    }

    /// Ends the services; what they folded stays.
    pub(super) fn stop(&mut self) {
        if let Some(flags) = self.flags.take() {
            flags.stop(STOP);
        }
        if let Some(profile) = self.profile.take() {
            profile.stop(STOP);
        }
    }

    pub(super) fn audited(&self, load: Load) -> Audited {
        Audited {
            log: Arc::clone(&self.parts.log),
            topics: self.parts.topics.as_ref().clone(),
            codec: Codec::built_in(),
            states: vec![self.state_dir()],
            checkpoints: None,
            load,
            patience: PATIENCE,
        }
    }

    pub(super) fn audit(&self) -> Report {
        self.audited(Load::None).audit(&[0, 1]).expect("an audit")
    }

    /// Audits with all the patience there is, until everything is folded and routed.
    pub(super) fn audit_settled(&self) -> Report {
        Audited { patience: Patience::default(), ..self.audited(Load::None) }.audit(&[0, 1]).expect("an audit")
    }

    /// Everything of one partition, as an audit reads it.
    pub(super) fn recorded(&self, partition: i32) -> Recorded {
        let log = self.log.as_ref();
        let topics = self.parts.topics.as_ref().clone();
        let audited = self.audited(Load::None);
        let domains = audited.domains().expect("topics");
        let compacted = audited.compacted().expect("topics");
        let names: Vec<Topic> = domains.keys().cloned().collect();
        let bounds = bounds::fix(log, &topics, &[partition], &names, Load::None, Patience::default()).expect("bounds");
        let bounds = bounds.into_values().next().expect("one partition");
        let part = |topic: &Topic| {
            let ends = bounds.ends[topic];
            Part { of: TopicPartition::new(Arc::clone(topic), partition), from: ends.low, until: ends.stable }
        };
        let mut events = Vec::new();
        read::committed(log, &[part(topics.events())], |record| {
            events.push(record.clone());
            Ok(())
        })
        .expect("events");
        let mut outputs = Vec::new();
        let kinds = Kind::ALL.map(|kind| topic(&topics, kind));
        let parts: Vec<Part> = kinds.iter().chain(&names).map(part).collect();
        read::committed(log, &parts, |record| {
            outputs.push(record.clone());
            Ok(())
        })
        .expect("outputs");
        let catalogues = Read(read::catalogues(log, &topics).expect("catalogues"));
        Recorded { partition, topics, compacted, domains, bounds, events, outputs, catalogues }
    }
}

/// The records of one partition, to be judged as they are or changed.
pub(super) struct Recorded {
    partition: i32,
    pub(super) topics: Topics,
    compacted: BTreeSet<Topic>,
    domains: BTreeMap<Topic, DomainId>,
    pub(super) bounds: Bounds,
    pub(super) events: Vec<Record>,
    pub(super) outputs: Vec<Record>,
    catalogues: Read,
}

impl Recorded {
    /// What an audit finds in these records.
    pub(super) fn judge(&self) -> Findings {
        let codec = Codec::built_in();
        let register = Register {
            topics: &self.topics,
            codec: &codec,
            catalogues: &self.catalogues,
            compacted: &self.compacted,
            domains: &self.domains,
        };
        let committed = self.bounds.committed.expect("a group with an offset");
        let mut judge = Judge::new(register, self.partition, self.bounds.clone(), committed, Vec::new());
        judge.must_be_caught_up();
        judge.begin();
        for record in &self.events {
            judge.event(record).expect("no registry is asked");
        }
        judge.end();
        let mut checks = judge.checks();
        for record in &self.outputs {
            checks.take(record).expect("no registry is asked");
        }
        let found = judge.compare(checks);
        judge.finish(found).1
    }

    /// Places in `outputs` of the records of a kind, marks left out.
    pub(super) fn of(&self, kind: Kind) -> Vec<usize> {
        let topic = topic(&self.topics, kind);
        let is = |record: &Record| record.topic == topic && record.key.as_deref() != Some(b"!mark");
        (0..self.outputs.len()).filter(|at| is(&self.outputs[*at])).collect()
    }

    pub(super) fn marks(&self) -> Vec<usize> {
        let is = |record: &Record| record.topic == *self.topics.flags() && record.key.as_deref() == Some(b"!mark");
        (0..self.outputs.len()).filter(|at| is(&self.outputs[*at])).collect()
    }

    /// Places in `events` of work that goes on.
    pub(super) fn continues(&self) -> Vec<usize> {
        let codec = Codec::built_in();
        let is = |record: &Record| {
            let body = record.value.as_ref().and_then(|value| codec.decode_event(value).ok());
            matches!(body.map(|body| body.content), Some(Content::Control(Control::Continue(_))))
        };
        (0..self.events.len()).filter(|at| is(&self.events[*at])).collect()
    }

    pub(super) fn domain(&self, name: &str) -> Topic {
        self.topics.domain_flags(&DomainId::new(name).expect("a domain"))
    }
}
