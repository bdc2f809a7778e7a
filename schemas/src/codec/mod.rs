//! Reads and writes the records of every topic.
//!
//! A value is `0x00`, the id of its schema (4 bytes, big endian), and the Avro datum: the Confluent wire format. The ids are
//! a registry's where one is set, else those of the built-in set ([`Kind`]); those of the built-in set are readable
//! either way. Values are written and read through serde, never through Avro's `Value`, except where a registry names a
//! schema that this program was not built with.
//!
//! Hostile bytes end in an error with its place, never in a panic, and allocate no more than a value may be long. What to do
//! about an error says its [`ErrorKind`]. A codec is cheap to clone and may be used from any thread; only the first use
//! of a registry's id waits, for a bounded time.

mod plain;
mod reading;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock};

use bytes::Bytes;
use domain::event::Body;
use domain::flag::{FlagChange, FlagValue, Version};
use domain::ids::MeasureId;
use domain::output::{NoticeChange, ProfileChange};
use domain::pseudonym::DomainPseudonym;
use domain::subject::SubjectKey;
use domain::value::Raw;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{DecodeError, EncodeError, ErrorKind, Invalid, code};
use crate::kind::{BuiltIn, Kind};
use crate::record::{Correction, DecisionRecord, FlagEntry, Mark, PublishedFlag, Rejection};
use crate::registry::{Failure, Registry, RegistrySettings, SetupError};
use crate::topics::{Topics, keys};
use crate::wire;

use reading::{Reading, VALUE_BYTES_MAX, built_in};

/// The zero byte and the schema id.
const FRAME_BYTES: usize = 5;
/// Most schemas of a registry that are kept: each is one version of one kind.
const READINGS_MAX: usize = 1_024;

/// Reads and writes records. Cheap to clone.
#[derive(Clone)]
pub struct Codec {
    shared: Arc<Shared>,
}

struct Shared {
    registered: Option<Registered>,
}

struct Registered {
    registry: Registry,
    topics: Topics,
    ids: BTreeMap<Kind, OnceLock<u32>>,
    readings: RwLock<BTreeMap<(Kind, u32), Judged>>,
}

/// How a registry's schema is read, or why it never will be.
type Judged = Arc<Result<Reading, DecodeError>>;

impl Codec {
    /// With the ids of the built-in set.
    pub fn built_in() -> Self {
        Self { shared: Arc::new(Shared { registered: None }) }
    }

    /// With the ids of a registry. Our schemas are registered there under `<topic>-value` on their first use.
    pub fn with_registry(settings: RegistrySettings, topics: Topics) -> Result<Self, SetupError> {
        let registered = Registered {
            registry: Registry::start(settings)?,
            topics,
            ids: Kind::ALL.into_iter().map(|kind| (kind, OnceLock::new())).collect(),
            readings: RwLock::default(),
        };
        Ok(Self { shared: Arc::new(Shared { registered: Some(registered) }) })
    }

    /// Fetches the ids of all kinds that are written, so that later no writer waits. Nothing to do without a registry.
    pub fn prepare(&self) -> Result<(), EncodeError> {
        for kind in Kind::ALL {
            self.id(kind)?;
        }
        Ok(())
    }

    /// Registers a kind's schema under `<topic>-value`, for topics that are one of several of their kind: those of the
    /// domains, the inboxes.
    pub fn register(&self, kind: Kind, topic: &str) -> Result<(), EncodeError> {
        match &self.shared.registered {
            Some(registered) => registered.register(kind, topic).map(|_| ()),
            None => Ok(()),
        }
    }

    pub fn encode_event(&self, body: &Body) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Event, &wire::event::Body::from(body))
    }

    pub fn decode_event(&self, value: &[u8]) -> Result<Body, DecodeError> {
        Ok(self.decode::<wire::event::Body<'static>>(Kind::Event, value)?.try_into()?)
    }

    pub fn encode_reject(&self, rejection: &Rejection) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Reject, &wire::reject::Reject::from(rejection))
    }

    pub fn decode_reject(&self, value: &[u8]) -> Result<Rejection, DecodeError> {
        Ok(self.decode::<wire::reject::Reject<'static>>(Kind::Reject, value)?.try_into()?)
    }

    /// `None`: a tombstone, a record without value.
    pub fn encode_flag(&self, change: &FlagChange) -> Result<Option<Bytes>, EncodeError> {
        self.encode_flag_under(change.subject.as_str(), &change.measure, &change.value, change.version)
    }

    /// A flag as it stands in its domain's topic.
    pub fn encode_domain_flag(
        &self,
        subject: &DomainPseudonym,
        measure: &MeasureId,
        value: &FlagValue,
        version: Version,
    ) -> Result<Option<Bytes>, EncodeError> {
        self.encode_flag_under(subject.as_str(), measure, value, version)
    }

    fn encode_flag_under(
        &self,
        subject: &str,
        measure: &MeasureId,
        value: &FlagValue,
        version: Version,
    ) -> Result<Option<Bytes>, EncodeError> {
        let record = match value {
            FlagValue::Set(flag) => wire::flag::FlagRecord::flag(subject, measure, flag, version),
            FlagValue::Lifted(lift) => wire::flag::FlagRecord::lift(subject, measure, lift, version),
            FlagValue::Tombstone => return Ok(None),
        };
        self.encode(Kind::Flag, &record).map(Some)
    }

    pub fn encode_mark(&self, mark: &Mark) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Flag, &wire::flag::FlagRecord::from(mark))
    }

    /// One record of `standing.flags` or of a domain's topic. `origin` is the header [`keys::ORIGIN`], which a tombstone takes
    /// its version from.
    pub fn decode_flag(
        &self,
        key: &[u8],
        value: Option<&[u8]>,
        origin: Option<&[u8]>,
    ) -> Result<FlagEntry, DecodeError> {
        let Some(value) = value else { return tombstone(key, origin) };
        let entry: FlagEntry = self.decode::<wire::flag::FlagRecord<'static>>(Kind::Flag, value)?.try_into()?;
        let agrees = match &entry {
            FlagEntry::Mark(_) => key == keys::MARK.as_bytes(),
            FlagEntry::Flag(flag) => key == keys::flag_of(&flag.subject, &flag.measure).as_bytes(),
        };
        if agrees { Ok(entry) } else { Err(key_mismatch()) }
    }

    /// `None`: a tombstone, a record without value.
    pub fn encode_profile(&self, change: &ProfileChange) -> Result<Option<Bytes>, EncodeError> {
        let Some(profile) = &change.profile else { return Ok(None) };
        let record = wire::profile::Profile::new(change.subject.as_str(), profile, change.version);
        self.encode(Kind::Profile, &record).map(Some)
    }

    /// One record of `standing.profiles`; see [`Codec::decode_flag`] for `origin`.
    pub fn decode_profile(
        &self,
        key: &[u8],
        value: Option<&[u8]>,
        origin: Option<&[u8]>,
    ) -> Result<ProfileChange, DecodeError> {
        let subject = std::str::from_utf8(key).ok().and_then(|text| SubjectKey::parse(text).ok());
        let subject = subject.ok_or_else(key_mismatch)?;
        let Some(value) = value else {
            return Ok(ProfileChange { subject, profile: None, version: version_of(origin)? });
        };
        let change: ProfileChange = self.decode::<wire::profile::Profile<'static>>(Kind::Profile, value)?.try_into()?;
        if change.subject == subject { Ok(change) } else { Err(key_mismatch()) }
    }

    pub fn encode_notice(&self, change: &NoticeChange) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Notice, &wire::notice::Notice::from(change))
    }

    pub fn decode_notice(&self, value: &[u8]) -> Result<NoticeChange, DecodeError> {
        Ok(self.decode::<wire::notice::Notice<'static>>(Kind::Notice, value)?.try_into()?)
    }

    pub fn encode_decision(&self, decision: &DecisionRecord) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Decision, &wire::decision::Decision::from(decision))
    }

    pub fn decode_decision(&self, value: &[u8]) -> Result<DecisionRecord, DecodeError> {
        Ok(self.decode::<wire::decision::Decision<'static>>(Kind::Decision, value)?.try_into()?)
    }

    pub fn encode_correction(&self, correction: &Correction) -> Result<Bytes, EncodeError> {
        self.encode(Kind::Correction, &wire::correction::Correction::from(correction))
    }

    pub fn decode_correction(&self, value: &[u8]) -> Result<Correction, DecodeError> {
        Ok(self.decode::<wire::correction::Correction<'static>>(Kind::Correction, value)?.try_into()?)
    }

    /// An event in the JSON form, as a tree of values, in Avro. What the Avro form has no place for is refused.
    pub fn encode_inbox(&self, event: &Raw) -> Result<Bytes, EncodeError> {
        let event = wire::inbox::InboxEvent::try_from(event).map_err(|invalid: Invalid| {
            let DecodeError { code, what, position, .. } = invalid.into();
            EncodeError { kind: ErrorKind::Malformed, code, what: format!("{what}{position}") }
        })?;
        self.encode(Kind::Inbox, &event)
    }

    /// An event of a department's inbox, as the tree of values that the same event in JSON would be.
    pub fn decode_inbox(&self, value: &[u8]) -> Result<Raw, DecodeError> {
        Ok(self.decode::<wire::inbox::InboxEvent<'static>>(Kind::Inbox, value)?.try_into()?)
    }

    fn encode(&self, kind: Kind, value: &impl Serialize) -> Result<Bytes, EncodeError> {
        // Most records are shorter; a longer one grows the buffer.
        let mut bytes = Vec::with_capacity(512);
        bytes.push(0);
        bytes.extend_from_slice(&self.id(kind)?.to_be_bytes());
        built_in().write(kind, value, &mut bytes).map_err(|_| EncodeError {
            kind: ErrorKind::Malformed,
            code: code::VALUE_INVALID,
            what: format!("this value does not follow the schema of a {kind}; report it as a fault of this program"),
        })?;
        Ok(bytes.into())
    }

    fn id(&self, kind: Kind) -> Result<u32, EncodeError> {
        match &self.shared.registered {
            None => Ok(kind.current_id()),
            Some(registered) => registered.id(kind),
        }
    }

    fn decode<T: DeserializeOwned>(&self, kind: Kind, value: &[u8]) -> Result<T, DecodeError> {
        let (id, datum) = unframe(value)?;
        match (Kind::of_id(id), &self.shared.registered) {
            (Some(BuiltIn::Known { kind: of, version }), _) if of == kind => {
                let reading = built_in().reading(kind, version).ok_or_else(|| unknown_schema(id))?;
                reading.read(datum)
            }
            (Some(BuiltIn::Known { kind: of, .. }), _) => Err(DecodeError::malformed(
                code::SCHEMA_OTHER_KIND,
                format!("this is a {of}, and a {kind} is needed; send it to the topic it is for"),
            )),
            (Some(BuiltIn::Newer), _) => Err(DecodeError::new(
                ErrorKind::Unsupported,
                code::SCHEMA_NEWER,
                format!("schema {id} is of a later version; run a version at least as new as the writer's"),
            )),
            (None, None) => Err(unknown_schema(id)),
            (None, Some(registered)) => match &*registered.reading(kind, id)? {
                Ok(reading) => reading.read(datum),
                Err(error) => Err(error.clone()),
            },
        }
    }
}

impl Registered {
    fn id(&self, kind: Kind) -> Result<u32, EncodeError> {
        let cell = self.ids.get(&kind).expect("every kind has a cell");
        if let Some(id) = cell.get() {
            return Ok(*id);
        }
        let topic = match kind {
            Kind::Event => self.topics.events().to_string(),
            Kind::Reject => self.topics.rejects().to_string(),
            Kind::Flag => self.topics.flags().to_string(),
            Kind::Profile => self.topics.profiles().to_string(),
            Kind::Notice => self.topics.notices().to_string(),
            Kind::Decision => self.topics.decisions().to_string(),
            Kind::Correction => self.topics.corrections().to_string(),
            Kind::Inbox => format!("{}.inbox", self.topics.prefix()),
        };
        let id = self.register(kind, &topic)?;
        Ok(*cell.get_or_init(|| id))
    }

    fn register(&self, kind: Kind, topic: &str) -> Result<u32, EncodeError> {
        self.registry.register(&format!("{topic}-value"), kind.current()).map_err(|failure| {
            let (kind, code) = match &failure {
                Failure::Unavailable(_) => (ErrorKind::Retry, code::SCHEMA_UNAVAILABLE),
                Failure::Refused(_) | Failure::Unknown => (ErrorKind::Unsupported, code::SCHEMA_REFUSED),
            };
            EncodeError { kind, code, what: failure.to_string() }
        })
    }

    /// How values of a registry's schema are read: asked once, then kept.
    fn reading(&self, kind: Kind, id: u32) -> Result<Judged, DecodeError> {
        let key = (kind, id);
        if let Some(reading) = self.readings.read().expect("no holder of this lock panics").get(&key) {
            return Ok(reading.clone());
        }
        let text = self.registry.schema(id).map_err(|failure| match failure {
            Failure::Unknown => unknown_schema(id),
            Failure::Unavailable(_) => {
                DecodeError::new(ErrorKind::Retry, code::SCHEMA_UNAVAILABLE, failure.to_string())
            }
            Failure::Refused(_) => {
                DecodeError::new(ErrorKind::Unsupported, code::SCHEMA_INCOMPATIBLE, failure.to_string())
            }
        })?;
        let mut readings = self.readings.write().expect("no holder of this lock panics");
        if let Some(reading) = readings.get(&key) {
            return Ok(reading.clone());
        }
        if readings.len() >= READINGS_MAX {
            let what = format!("more than {READINGS_MAX} schemas are in use; clean up the registry and restart");
            return Err(DecodeError::new(ErrorKind::Unsupported, code::SCHEMA_INCOMPATIBLE, what));
        }
        let reading = Arc::new(Reading::of_registered(kind, &text));
        readings.insert(key, reading.clone());
        Ok(reading)
    }
}

fn unframe(value: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    if value.len() > VALUE_BYTES_MAX {
        let what = format!("the value is longer than {VALUE_BYTES_MAX} bytes; split it");
        return Err(DecodeError::malformed(code::VALUE_TOO_LARGE, what));
    }
    match value.split_first_chunk::<FRAME_BYTES>() {
        Some(([0, id @ ..], datum)) => Ok((u32::from_be_bytes(*id), datum)),
        Some(_) | None => Err(DecodeError::malformed(
            code::VALUE_FRAME,
            "the value does not begin with a zero byte and a schema id; write it in the Confluent wire format, with the id \
             in the value and not in a header",
        )
        .at_byte(0)),
    }
}

fn unknown_schema(id: u32) -> DecodeError {
    let what = format!("no schema has the id {id}; register the schema, or write with the ids of the built-in set");
    DecodeError::malformed(code::SCHEMA_UNKNOWN, what)
}

fn key_mismatch() -> DecodeError {
    DecodeError::malformed(
        code::KEY_MISMATCH,
        "the key is not the one of this value; write it under the key of its kind",
    )
}

fn version_of(origin: Option<&[u8]>) -> Result<Version, DecodeError> {
    origin.and_then(keys::parse_origin).ok_or_else(|| {
        let what = format!("a record without value needs its version in the header {}", keys::ORIGIN);
        DecodeError::malformed(code::VALUE_MISSING, what)
    })
}

fn tombstone(key: &[u8], origin: Option<&[u8]>) -> Result<FlagEntry, DecodeError> {
    let (subject, measure) = keys::parse_flag(key).ok_or_else(key_mismatch)?;
    Ok(FlagEntry::Flag(Box::new(PublishedFlag {
        subject: subject.to_owned(),
        measure,
        value: FlagValue::Tombstone,
        version: version_of(origin)?,
    })))
}
