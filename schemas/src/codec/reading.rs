//! How values written with one schema are read.
//!
//! A schema of the built-in set is read straight into the wire type: the newest of a kind that every event passes through
//! without looking at the schema ([`plain`]), any other along it, with the wire type's serde defaults for the fields that an
//! older version lacks. Any other schema (a registry's, one of a newer program) is resolved by Avro's own rules through
//! `Value` first: slow and rare.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::OnceLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use apache_avro::writer::datum::GenericDatumWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::plain;
use crate::error::{DecodeError, ErrorKind, code};
use crate::kind::Kind;

/// Longest value: a catalogue is longer, but stands in its topic without a frame. Also the most that one length in
/// hostile bytes can make Avro allocate.
pub(crate) const VALUE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The schemas of the built-in set, parsed once in a process.
pub(crate) struct BuiltInSet {
    schemas: BTreeMap<(Kind, u8), (&'static Schema, Reading)>,
    writers: BTreeMap<Kind, GenericDatumWriter<'static>>,
}

pub(crate) enum Reading {
    /// As the wire type says, and along the schema where that fails.
    Plain(GenericDatumReader<'static>),
    Direct(GenericDatumReader<'static>),
    Resolved {
        reader: GenericDatumReader<'static>,
        kind: Kind,
    },
}

pub(crate) fn built_in() -> &'static BuiltInSet {
    static SET: OnceLock<BuiltInSet> = OnceLock::new();
    SET.get_or_init(|| {
        apache_avro::util::max_allocation_bytes(VALUE_BYTES_MAX);
        let mut set = BuiltInSet { schemas: BTreeMap::new(), writers: BTreeMap::new() };
        for kind in Kind::ALL {
            for (text, version) in kind.released().iter().zip(1..) {
                let schema: &'static Schema =
                    Box::leak(Box::new(Schema::parse_str(text).expect("a test parses every released schema")));
                let writer = GenericDatumWriter::builder(schema).human_readable(false).build();
                set.writers.insert(kind, writer.expect("a test parses every released schema"));
                set.schemas.insert((kind, version), (schema, Reading::built_in((kind, version), schema)));
            }
        }
        set
    })
}

impl BuiltInSet {
    pub(crate) fn reading(&self, kind: Kind, version: u8) -> Option<&Reading> {
        self.schemas.get(&(kind, version)).map(|(_, reading)| reading)
    }

    fn current(&self, kind: Kind) -> &(&'static Schema, Reading) {
        let newest = self.schemas.range((kind, 0)..=(kind, u8::MAX)).next_back();
        newest.map(|(_, of)| of).expect("every kind has a released schema")
    }

    /// Appends a value in the newest schema of its kind.
    pub(crate) fn write(&self, kind: Kind, value: &impl Serialize, to: &mut Vec<u8>) -> Result<(), apache_avro::Error> {
        let from = to.len();
        if is_plain(kind) && plain::write(value, to).is_ok() {
            return Ok(());
        }
        to.truncate(from);
        let writer = self.writers.get(&kind).expect("every kind has a writer");
        writer.write_ser(to, value).map(|_| ())
    }
}

/// The kinds that every event passes through; a test holds their schemas to what [`plain`] takes.
pub(crate) fn is_plain(kind: Kind) -> bool {
    match kind {
        Kind::Event | Kind::Flag | Kind::Profile | Kind::Notice => true,
        Kind::Reject | Kind::Decision | Kind::Correction | Kind::Inbox | Kind::Reliance => false,
    }
}

impl Reading {
    fn built_in((kind, version): (Kind, u8), schema: &'static Schema) -> Self {
        let newest = usize::from(version) == kind.released().len();
        let reader = GenericDatumReader::builder(schema).human_readable(false).build();
        let reader = reader.expect("a test parses every released schema");
        if newest && is_plain(kind) { Self::Plain(reader) } else { Self::Direct(reader) }
    }

    /// Of a schema that a registry gave under an id. The schema is kept for the life of the process, as ids are.
    pub(crate) fn of_registered(kind: Kind, text: &str) -> Result<Self, DecodeError> {
        let incompatible = |what: String| DecodeError::new(ErrorKind::Unsupported, code::SCHEMA_INCOMPATIBLE, what);
        let schema = Schema::parse_str(text).map_err(|_| {
            incompatible("the registry's schema cannot be parsed alone; register it without references".to_owned())
        })?;
        let (ours, _) = built_in().current(kind);
        if schema.name() != ours.name() {
            return Err(DecodeError::malformed(
                code::SCHEMA_OTHER_KIND,
                format!("the schema is none of a {kind}; send it to the topic it is for"),
            ));
        }
        if let Some(fault) = unbounded(&schema, &mut Vec::new()) {
            return Err(incompatible(fault.to_owned()));
        }
        let form = schema.canonical_form();
        let same = |(_, (known, _)): &(&(Kind, u8), &(&'static Schema, Reading))| known.canonical_form() == form;
        if let Some((version, (known, _))) = built_in().schemas.range((kind, 0)..=(kind, u8::MAX)).find(same) {
            return Ok(Self::built_in(*version, known));
        }
        match SchemaCompatibility::can_read(&schema, ours) {
            Ok(Compatibility::Full) => {}
            Ok(Compatibility::Partial) | Err(_) => {
                return Err(incompatible(format!(
                    "values of the registry's schema cannot all be read as a {kind}; run a version at least as new as the writer's"
                )));
            }
        }
        let schema: &'static Schema = Box::leak(Box::new(schema));
        let reader = GenericDatumReader::builder(schema).reader_schema(ours).human_readable(false).build();
        let reader =
            reader.map_err(|_| incompatible("the registry's schema has names without definitions".to_owned()))?;
        Ok(Self::Resolved { reader, kind })
    }

    /// Reads one datum, all of it.
    pub(crate) fn read<T: DeserializeOwned>(&self, datum: &[u8]) -> Result<T, DecodeError> {
        let mut bytes = Bytes::new(datum);
        if let Self::Plain(_) = self
            && let Ok(value) = plain::read(datum)
        {
            return Ok(value);
        }
        match self {
            Self::Plain(reader) | Self::Direct(reader) => {
                let value = reader.read_deser(&mut bytes).map_err(|_| bytes.malformed())?;
                bytes.end()?;
                Ok(value)
            }
            Self::Resolved { reader, kind } => {
                let value = reader.read_value(&mut bytes).map_err(|_| bytes.malformed())?;
                bytes.end()?;
                let (ours, direct) = built_in().current(*kind);
                let writer = GenericDatumWriter::builder(ours).human_readable(false).build();
                let again =
                    writer.and_then(|writer| writer.write_value_to_vec(value)).map_err(|_| bytes.malformed())?;
                direct.read(&again)
            }
        }
    }
}

/// What would let a few bytes stand for endless work: a part that takes no bytes, or a type within itself.
fn unbounded<'s>(schema: &'s Schema, open: &mut Vec<&'s str>) -> Option<&'static str> {
    const NO_BYTES: &str = "the registry's schema has a part that takes no bytes; leave it out";
    match schema {
        Schema::Null => Some(NO_BYTES),
        Schema::Fixed(fixed) if fixed.size == 0 => Some(NO_BYTES),
        Schema::Record(record) if record.fields.is_empty() => Some(NO_BYTES),
        Schema::Record(record) => {
            open.push(record.name.name());
            let fault = record.fields.iter().find_map(|field| unbounded(&field.schema, open));
            open.pop();
            fault
        }
        Schema::Union(union) => {
            let mut branches = union.variants().iter().filter(|branch| !matches!(branch, Schema::Null));
            branches.find_map(|branch| unbounded(branch, open))
        }
        Schema::Array(array) => unbounded(&array.items, open),
        Schema::Map(map) => unbounded(&map.types, open),
        Schema::Ref { name } => {
            open.contains(&name.name()).then_some("the registry's schema has a type within itself; flatten it")
        }
        Schema::Boolean
        | Schema::Int
        | Schema::Long
        | Schema::Float
        | Schema::Double
        | Schema::Bytes
        | Schema::String
        | Schema::Enum(_)
        | Schema::Fixed(_)
        | Schema::Decimal(_)
        | Schema::BigDecimal
        | Schema::Uuid(_)
        | Schema::Date
        | Schema::TimeMillis
        | Schema::TimeMicros
        | Schema::TimestampMillis
        | Schema::TimestampMicros
        | Schema::TimestampNanos
        | Schema::LocalTimestampMillis
        | Schema::LocalTimestampMicros
        | Schema::LocalTimestampNanos
        | Schema::Duration(_) => None,
    }
}

/// The bytes of a datum, which know how far they were read and whether more was wanted: Avro's `Value` reader takes a union
/// that is cut off for null.
struct Bytes<'a> {
    rest: &'a [u8],
    length: usize,
    short: bool,
}

impl<'a> Bytes<'a> {
    fn new(datum: &'a [u8]) -> Self {
        Self { rest: datum, length: datum.len(), short: false }
    }

    fn position(&self) -> usize {
        super::FRAME_BYTES + self.length - self.rest.len()
    }

    fn malformed(&self) -> DecodeError {
        let what = if self.short {
            "the value is cut off; its writer or its transport is broken"
        } else {
            "the bytes do not follow their schema; write them with the schema whose id they carry"
        };
        DecodeError::malformed(code::VALUE_MALFORMED, what).at_byte(self.position())
    }

    fn end(&self) -> Result<(), DecodeError> {
        if self.short {
            return Err(self.malformed());
        }
        if self.rest.is_empty() {
            return Ok(());
        }
        let what = "bytes are left over; write them with the schema whose id they carry";
        Err(DecodeError::malformed(code::VALUE_TRAILING, what).at_byte(self.position()))
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.short |= buffer.len() > self.rest.len();
        self.rest.read(buffer)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.short |= buffer.len() > self.rest.len();
        self.rest.read_exact(buffer)
    }
}

#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::wire;

    /// Whether what the schema says is what [`plain`] makes of the type that goes with it.
    fn fits(schema: &Schema) -> bool {
        match schema {
            Schema::Boolean
            | Schema::Int
            | Schema::Long
            | Schema::Bytes
            | Schema::String
            | Schema::Date
            | Schema::TimestampMillis
            | Schema::Ref { .. } => true,
            Schema::Record(record) => record.fields.iter().all(|field| fits(&field.schema)),
            Schema::Array(array) => fits(&array.items),
            Schema::Map(map) => fits(&map.types),
            Schema::Union(union) => match union.variants() {
                [Schema::Null, of] => fits(of) && !matches!(of, Schema::Union(_)),
                branches => branches.iter().all(fits),
            },
            _ => false,
        }
    }

    fn golden(kind: Kind) -> Vec<Vec<u8>> {
        let version = kind.released().len();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{kind}/{version}.hex"));
        let text = std::fs::read_to_string(file).expect("every kind has golden bytes");
        let bytes = |hex: &str| {
            (0..hex.len()).step_by(2).filter_map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
        };
        text.lines().filter_map(|line| line.split_once(": ")).map(|(_, hex)| bytes(hex)).collect()
    }

    /// The plain form reads the same value as the schema's reader, or leaves it to that.
    fn agree<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(kind: Kind, datum: &[u8]) -> bool {
        let Ok(plain) = plain::read::<T>(datum) else { return false };
        let (_, reading) = built_in().current(kind);
        let Reading::Plain(reader) = reading else { panic!("{kind} is read in the plain form") };
        let mut rest = datum;
        let slow: T = reader.read_deser(&mut rest).expect("the schema's reader takes what the plain form takes");
        assert!(rest.is_empty() && plain == slow, "{kind}: {plain:?} is not {slow:?}");
        let (mut fast, mut along) = (Vec::new(), Vec::new());
        plain::write(&plain, &mut fast).expect("what was read in the plain form is written in it");
        built_in().writers[&kind].write_ser(&mut along, &plain).expect("it is written along the schema");
        assert_eq!(fast, along, "{kind}");
        true
    }

    fn agree_on(kind: Kind, datum: &[u8]) -> bool {
        match kind {
            Kind::Event => agree::<wire::event::Body<'static>>(kind, datum),
            Kind::Flag => agree::<wire::flag::FlagRecord<'static>>(kind, datum),
            Kind::Profile => agree::<wire::profile::Profile<'static>>(kind, datum),
            Kind::Notice => agree::<wire::notice::Notice<'static>>(kind, datum),
            Kind::Reject | Kind::Decision | Kind::Correction | Kind::Inbox | Kind::Reliance => {
                panic!("{kind} has no plain form")
            }
        }
    }

    fn plain_kinds() -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| is_plain(*kind)).collect()
    }

    #[test]
    fn kinds_with_a_plain_form_have_schemas_that_it_fits_and_all_their_golden_bytes_are_read_in_it() {
        for kind in plain_kinds() {
            assert!(fits(built_in().current(kind).0), "{kind}");
            for value in golden(kind) {
                assert!(agree_on(kind, &value[super::super::FRAME_BYTES..]), "{kind} is not read in the plain form");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_bytes_the_plain_form_takes_mean_the_same_along_the_schema(
            kind in prop::sample::select(plain_kinds()),
            which in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let all = golden(kind);
            let mut datum = all[which.index(all.len())][super::super::FRAME_BYTES..].to_vec();
            for (at, byte) in changes {
                let at = at.index(datum.len());
                datum[at] = byte;
            }
            agree_on(kind, &datum);
        }
    }
}
