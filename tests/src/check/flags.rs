//! Flags and marks in a gate's topic, written as a profile writes them, copied from such that one did write.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::flag::{FlagChange, FlagValue, Version};
use domain::ids::MeasureId;
use domain::subject::{SubjectKey, partition_of};
use domain::time::Instant as Moment;
use jiff::ToSpan;
use jiff::civil::Date;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use schemas::topics::keys;
use schemas::{Codec, FlagEntry, Mark};
use serde_json::json;

use super::FIRST;
use crate::event::{Record, Subject};
use crate::installation::{Installation, PARTITIONS};
use crate::kafka::{self, read_committed};

const FAST_LANE: &str = "licence-fast-lane";
const RESTRICTION: &str = "subsidy-restriction";
/// Greater than any that a profile has given in the run.
const FIRST_VERSION: i64 = 1_000_000;
/// Between two marks of a partition under load: a profile commits so often.
const MARK_EVERY: Duration = Duration::from_millis(25);
const PATIENCE: Duration = Duration::from_secs(60);

/// What stood in the topic under real subjects.
pub(super) struct Templates {
    /// By measure: what is set, and the same measure lifted.
    fast_lane: (MeasureId, FlagValue, FlagValue),
    restriction: (MeasureId, FlagValue, FlagValue),
    mark: Mark,
}

impl Templates {
    /// Publishes records of two firms, withdraws one of each kind again, and takes over what the profile makes of them.
    pub(super) async fn take(installation: &Installation, today: Date) -> anyhow::Result<Self> {
        let day = today.saturating_sub(1.days());
        let register = &installation.register;
        for (number, withdrawn) in [(1_u64, false), (2, true)] {
            let firm = Subject::firm(number);
            let award = Record::award(&number.to_string(), &firm, day);
            register.accepted(&award.upserted(1, json!({ "title": "虚构质量奖", "level": "district" }))).await?;
            if withdrawn {
                register.accepted(&award.withdrawn(2, today)).await?;
            }
            let firm = Subject::firm(number + 10);
            let listed = Record::defaulter(&number.to_string(), &firm, day);
            register.accepted(&listed.upserted(1, json!({ "ground": 2 }))).await?;
            register.accepted(&listed.served(day)).await?;
            if withdrawn {
                register.accepted(&listed.withdrawn(2, today)).await?;
            }
        }
        let (codec, mut mark) = (Codec::built_in(), None);
        let (mut fast_lane, mut restriction) = ((None, None), (None, None));
        read_committed(&installation.kafka, &installation.topic("flags"), PATIENCE, |read| {
            match read.flag(&codec)? {
                FlagEntry::Mark(found) => mark = Some(found),
                FlagEntry::Flag(flag) => {
                    let slot = match flag.measure.as_str() {
                        FAST_LANE => &mut fast_lane,
                        RESTRICTION => &mut restriction,
                        _ => return Ok(false),
                    };
                    let place = if matches!(flag.value, FlagValue::Set(_)) { &mut slot.0 } else { &mut slot.1 };
                    *place = Some(flag.value);
                }
            }
            let whole = |slot: &(Option<FlagValue>, Option<FlagValue>)| slot.0.is_some() && slot.1.is_some();
            Ok(whole(&fast_lane) && whole(&restriction) && mark.is_some())
        })?;
        let pair = |measure: &str, (set, lifted): (Option<FlagValue>, Option<FlagValue>)| {
            anyhow::Ok((MeasureId::new(measure)?, set.context("a flag")?, lifted.context("a lift")?))
        };
        Ok(Self {
            fast_lane: pair(FAST_LANE, fast_lane)?,
            restriction: pair(RESTRICTION, restriction)?,
            mark: mark.context("a mark")?,
        })
    }
}

/// A profile under load publishes what it folded with each commit.
const COMMIT: Duration = Duration::from_millis(50);

/// The one writer of the topic.
pub(super) struct Flags {
    producer: ThreadedProducer<DefaultProducerContext>,
    codec: Codec,
    topic: String,
    partitions: NonZeroU16,
    templates: Templates,
    /// The next version, and the offset of the events that marks tell.
    next: AtomicI64,
}

impl Flags {
    pub(super) fn new(installation: &Installation, templates: Templates) -> anyhow::Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &installation.kafka)
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("linger.ms", "1")
            .set("batch.size", "1000000")
            .set("queue.buffering.max.messages", "500000")
            .create()?;
        let partitions = NonZeroU16::new(u16::try_from(PARTITIONS)?).context("there are partitions")?;
        let (codec, topic) = (Codec::built_in(), installation.topic("flags"));
        Ok(Self { producer, codec, topic, partitions, templates, next: AtomicI64::new(FIRST_VERSION) })
    }

    /// A flag for each firm.
    pub(super) fn fill(&self, count: u64) -> anyhow::Result<()> {
        (0..count).try_for_each(|firm| self.write(firm, true))?;
        self.producer.flush(PATIENCE).context("the broker did not take the flags")
    }

    /// The flag of a firm, as a new version: set, or lifted.
    fn write(&self, firm: u64, set: bool) -> anyhow::Result<()> {
        let templates = &self.templates;
        let (measure, flag, lift) = if firm % 2 == 1 { &templates.fast_lane } else { &templates.restriction };
        let subject = SubjectKey::parse(&Subject::firm(FIRST + firm).key())?;
        let partition = partition_of(&subject, self.partitions);
        let version = Version { partition, offset: self.next.fetch_add(1, Ordering::Relaxed), index: 0 };
        let value = if set { flag } else { lift }.clone();
        let change = FlagChange { subject, measure: measure.clone(), value, version };
        let (key, origin) = (keys::flag(&change.subject, &change.measure), keys::origin(version));
        let value = self.codec.encode_flag(&change)?.context("a flag has a value")?;
        let header = Header { key: keys::ORIGIN, value: Some(&origin) };
        self.send(partition, &key, &value, Some(OwnedHeaders::new().insert(header)))
    }

    /// A mark in every partition, as of now.
    pub(super) fn mark(&self) -> anyhow::Result<()> {
        let now = Moment::from_ms(jiff::Timestamp::now().as_millisecond());
        let events_offset = self.next.fetch_add(1, Ordering::Relaxed);
        let mark = Mark { events_offset, current_as_of: now, time: now, ..self.templates.mark.clone() };
        let value = self.codec.encode_mark(&mark)?;
        (0..PARTITIONS).try_for_each(|partition| self.send(partition, keys::MARK, &value, None))
    }

    fn send(&self, partition: i32, key: &str, value: &[u8], headers: Option<OwnedHeaders>) -> anyhow::Result<()> {
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(&self.topic).partition(partition).key(key.as_bytes()).payload(value);
        record.headers = headers;
        kafka::send(&self.producer, record)
    }

    /// Lifts and sets flags of the half of the firms that nobody asks about, at a fixed rate, and marks every partition, until it
    /// is stopped.
    pub(super) fn change(self: &Arc<Self>, per_second: u32, firms: u64) -> Changing {
        let (flags, stopping) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let stops = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || flags.changes(per_second, firms, &stops));
        Changing { stopping, thread }
    }

    fn changes(&self, per_second: u32, firms: u64, stopping: &AtomicBool) -> anyhow::Result<f64> {
        let (began, half) = (Instant::now(), (firms / 2).max(1));
        let (mut changed, mut marked) = (0_u64, Instant::now());
        while !stopping.load(Ordering::Relaxed) {
            let due = (began.elapsed().as_secs_f64() * f64::from(per_second)) as u64;
            while changed < due {
                // Every firm is lifted in one round, and set again in the next.
                self.write(half + changed % half, (changed / half) % 2 == 1)?;
                changed += 1;
            }
            if marked.elapsed() >= MARK_EVERY {
                self.mark()?;
                marked = Instant::now();
            }
            std::thread::sleep(COMMIT);
        }
        Ok(changed as f64 / began.elapsed().as_secs_f64())
    }
}

/// Changes that go on until they are stopped.
pub(super) struct Changing {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<f64>>,
}

impl Changing {
    /// How many there were in a second.
    pub(super) fn stop(self) -> anyhow::Result<f64> {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the writer of flags panicked"))?
    }
}
