//! A log as a district writes it over years, of any size, written straight into the broker: a few subjects have very many records,
//! most have few.
//!
//! Every record follows from its number, so a log of any size is the same on every machine.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::time::Duration;

use anyhow::Context;
use domain::event::{Body, Change, Content, Document, Event, EventType, RecordRef, Validity};
use domain::ids::{DepartmentId, FieldName, ItemId, RecordId};
use domain::subject::{SubjectKey, fictitious, partition_of};
use domain::time::Instant;
use domain::value::FieldValue;
use jiff::ToSpan;
use jiff::civil::Date;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use schemas::Codec;

use crate::kafka;

/// Of a hundred subjects, so many are people, and so many of the others organisations; the rest are buildings.
const PEOPLE: u64 = 85;
const ORGANISATIONS: u64 = 14;
/// Days over which the documents are spread, up to today.
const DAYS: u64 = 1_000;
const FLUSH: Duration = Duration::from_secs(120);

/// The stock that a log is written from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bulk {
    pub(crate) subjects: u64,
    pub(crate) records: u64,
    pub(crate) today: Date,
}

/// A record and what belongs to it, in the order it is written.
struct Written {
    subject: SubjectKey,
    changes: Vec<Change>,
    source: DepartmentId,
}

/// What a kind of record is made of.
struct Kind {
    item: &'static str,
    publisher: &'static str,
    document: &'static str,
    fields: &'static [(&'static str, Field)],
    /// Its notice follows.
    served: bool,
    /// The document says until when.
    ends: bool,
}

#[derive(Clone, Copy)]
enum Field {
    Text(&'static str),
    Integer(i64),
}

const PERMIT: Kind = Kind {
    item: "market.permit",
    publisher: "district.market",
    document: "permit",
    fields: &[("permit", Field::Text("虚构许可")), ("scope", Field::Text("虚构的经营范围"))],
    served: false,
    ends: true,
};
const INSPECTION: Kind = Kind {
    item: "inspection.result",
    publisher: "district.fire",
    document: "inspection",
    fields: &[("result", Field::Text("pass"))],
    served: false,
    ends: false,
};
const COMMITMENT: Kind = Kind {
    item: "commitment.made",
    publisher: "district.market",
    document: "commitment",
    fields: &[("kind", Field::Text("voluntary"))],
    served: false,
    ends: false,
};
const AWARD: Kind = Kind {
    item: "honour.award",
    publisher: "district.market",
    document: "award",
    fields: &[("title", Field::Text("虚构奖项")), ("level", Field::Text("district"))],
    served: false,
    ends: false,
};
const TRAFFIC: Kind = Kind {
    item: "police.traffic-violation",
    publisher: "district.police",
    document: "penalty-decision",
    fields: &[("kind", Field::Text("false-plates"))],
    served: false,
    ends: false,
};
const PENALTY: Kind = Kind {
    item: "fire.penalty",
    publisher: "district.fire",
    document: "penalty-decision",
    fields: &[("severity", Field::Text("general"))],
    served: false,
    ends: false,
};
const SERIOUS: Kind = Kind { fields: &[("severity", Field::Text("serious"))], served: true, ..PENALTY };
const DEFAULTER: Kind = Kind {
    item: "court.judgment-defaulter",
    publisher: "district.court",
    document: "listing-decision",
    fields: &[("ground", Field::Integer(2))],
    served: true,
    ends: false,
};

/// Spreads a number over all 64 bits (splitmix64).
fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Bulk {
    /// Of a hundred records 4 are of one subject in 50,000, 10 of one in 1,000, 40 of one in 20, and 46 of any.
    fn subject_number(&self, record: u64) -> u64 {
        let (class, which) = (spread(record) % 100, spread(record ^ 0x5EED));
        let of = match class {
            0..4 => self.subjects / 50_000,
            4..14 => self.subjects / 1_000,
            14..54 => self.subjects / 20,
            _ => self.subjects,
        };
        which % of.max(1)
    }

    /// The key of a subject; people have pseudonyms that no key of a register makes.
    pub(crate) fn subject(number: u64) -> anyhow::Result<SubjectKey> {
        let kind = spread(number ^ 0xD15_791C7) % 100;
        let text = if kind < PEOPLE {
            format!("person:bulk:{}", tag(number))
        } else if kind < PEOPLE + ORGANISATIONS {
            format!("uscc:{}", fictitious::uscc(number))
        } else {
            format!("building:{}", fictitious::building(number))
        };
        SubjectKey::parse(&text).context("a made-up subject has a key")
    }

    fn written(&self, record: u64) -> anyhow::Result<Written> {
        let subject = Self::subject(self.subject_number(record))?;
        let die = spread(record ^ 0xD1CE) % 1_000;
        let kind = if subject.is_person() {
            match die {
                0..600 => TRAFFIC,
                600..850 => COMMITMENT,
                850..950 => AWARD,
                950..990 => PENALTY,
                _ => DEFAULTER,
            }
        } else if subject.as_str().starts_with("building:") {
            match die {
                0..900 => INSPECTION,
                900..990 => PENALTY,
                _ => SERIOUS,
            }
        } else {
            match die {
                0..500 => PERMIT,
                500..780 => INSPECTION,
                780..880 => COMMITMENT,
                880..920 => AWARD,
                920..980 => PENALTY,
                980..990 => SERIOUS,
                _ => DEFAULTER,
            }
        };
        kind.written(subject, record, self.today)
    }

    /// Writes the whole log with so many threads. Gives the number of events.
    pub(crate) fn write(self, kafka: &str, topic: &str, partitions: u16, threads: u64) -> anyhow::Result<u64> {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                let (kafka, topic) = (kafka.to_owned(), topic.to_owned());
                std::thread::spawn(move || self.write_every(&kafka, &topic, partitions, first, threads))
            })
            .collect();
        let mut events = 0;
        for worker in workers {
            events += worker.join().map_err(|_| anyhow::anyhow!("a writer of the log panicked"))??;
        }
        Ok(events)
    }

    fn write_every(self, kafka: &str, topic: &str, partitions: u16, first: u64, step: u64) -> anyhow::Result<u64> {
        let writer = Writer::new(kafka, topic, partitions, Duration::from_millis(5))?;
        let mut events = 0;
        for record in (first..self.records).step_by(usize::try_from(step)?) {
            let written = self.written(record)?;
            for change in written.changes {
                writer.send(&written.source, &written.subject, change)?;
                events += 1;
            }
        }
        writer.flush()?;
        Ok(events)
    }
}

impl Kind {
    fn written(&self, subject: SubjectKey, number: u64, today: Date) -> anyhow::Result<Written> {
        let days = spread(number ^ 0xDA7E) % DAYS + 10;
        let issued_on = today.saturating_sub(i64::try_from(days)?.days());
        let record = self.record(number)?;
        let mut changes = vec![self.recorded(&record, issued_on, subject.is_person())?];
        if self.served {
            changes.push(served(&record, issued_on.saturating_add(7.days()))?);
        }
        Ok(Written { subject, changes, source: record.publisher })
    }

    fn record(&self, number: u64) -> anyhow::Result<RecordRef> {
        Ok(RecordRef {
            publisher: DepartmentId::new(self.publisher)?,
            item: ItemId::new(self.item)?,
            record_id: RecordId::new(format!("虚构{number}号"))?,
        })
    }

    fn recorded(&self, record: &RecordRef, issued_on: Date, of_person: bool) -> anyhow::Result<Change> {
        let document = Document {
            number: record.record_id.as_str().to_owned(),
            kind: self.document.to_owned(),
            issuer: self.publisher.to_owned(),
            issued_on,
            effective_on: issued_on,
        };
        let fields: anyhow::Result<BTreeMap<FieldName, FieldValue>> = self
            .fields
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Field::Text(text) => FieldValue::Text((*text).to_owned()),
                    Field::Integer(number) => FieldValue::Integer(*number),
                };
                Ok((FieldName::new(*name)?, value))
            })
            .collect();
        let until = self.ends.then(|| issued_on.saturating_add(5.years()));
        Ok(Change::Recorded {
            event_type: EventType::RecordUpserted,
            record: record.clone(),
            revision: 1,
            document,
            fields: fields?,
            valid: Validity { from: None, until },
            adult_at_issue: of_person.then_some(true),
        })
    }
}

fn served(record: &RecordRef, served_on: Date) -> anyhow::Result<Change> {
    let notice_id = RecordId::new(format!("N-{}", record.record_id))?;
    Ok(Change::NoticeServed { record: record.clone(), notice_id, served_on })
}

/// A record that brings a flag about at once: an award of an organisation that has nothing else.
pub(crate) fn award(organisation: u64, today: Date) -> anyhow::Result<(SubjectKey, DepartmentId, Change)> {
    let subject = SubjectKey::parse(&format!("uscc:{}", fictitious::uscc(organisation)))?;
    let record = AWARD.record(organisation)?;
    let change = AWARD.recorded(&record, today.saturating_sub(1.days()), false)?;
    Ok((subject, record.publisher, change))
}

/// 32 characters of base32.
fn tag(number: u64) -> String {
    let symbols = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(32);
    for part in 0..4_u64 {
        let mut bits = spread(number.wrapping_mul(4).wrapping_add(part) ^ 0x7A6);
        for _ in 0..8 {
            text.push(char::from(symbols[usize::try_from(bits % 32).unwrap_or_default()]));
            bits /= 32;
        }
    }
    text
}

/// Writes events as intake does, each into its subject's partition.
pub(crate) struct Writer {
    producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext>,
    codec: Codec,
    topic: String,
    partitions: NonZeroU16,
}

impl Writer {
    /// `linger`: how long a record waits for company.
    pub(crate) fn new(kafka: &str, topic: &str, partitions: u16, linger: Duration) -> anyhow::Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", kafka)
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("linger.ms", linger.as_millis().to_string())
            .set("batch.size", "1000000")
            .set("queue.buffering.max.messages", "500000")
            .create()?;
        let partitions = NonZeroU16::new(partitions).context("there are partitions")?;
        Ok(Self { producer, codec: Codec::built_in(), topic: topic.to_owned(), partitions })
    }

    pub(crate) fn partition_of(&self, subject: &SubjectKey) -> i32 {
        partition_of(subject, self.partitions)
    }

    /// Waits while the queue is full.
    pub(crate) fn send(&self, source: &DepartmentId, subject: &SubjectKey, change: Change) -> anyhow::Result<()> {
        let now = Instant::from_ms(jiff::Timestamp::now().as_millisecond());
        let event = Event {
            source: source.clone(),
            event_id: "bulk".to_owned(),
            subject: subject.clone(),
            occurred_at: None,
            change,
        };
        let value = self.codec.encode_event(&Body { written_at: now, content: Content::Event(event) })?;
        let record = BaseRecord::to(&self.topic)
            .partition(self.partition_of(subject))
            .key(subject.as_str().as_bytes())
            .payload(value.as_ref());
        kafka::send(&self.producer, record)
    }

    pub(crate) fn flush(&self) -> anyhow::Result<()> {
        self.producer.flush(FLUSH).context("the broker did not take the log")
    }
}
