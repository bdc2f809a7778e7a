//! How values written with one schema are read.
//!
//! A schema of the built-in set is read straight into the wire type, whose serde defaults stand in for fields that an older
//! version lacks. Any other schema (a registry's, one of a newer program) is resolved by Avro's own rules through
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
    Direct(GenericDatumReader<'static>),
    Resolved { reader: GenericDatumReader<'static>, kind: Kind },
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
                set.schemas.insert((kind, version), (schema, Reading::direct(schema)));
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
        let writer = self.writers.get(&kind).expect("every kind has a writer");
        writer.write_ser(to, value).map(|_| ())
    }
}

impl Reading {
    fn direct(schema: &'static Schema) -> Self {
        let reader = GenericDatumReader::builder(schema).human_readable(false).build();
        Self::Direct(reader.expect("a test parses every released schema"))
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
        if let Some((_, (known, _))) = built_in().schemas.range((kind, 0)..=(kind, u8::MAX)).find(same) {
            return Ok(Self::direct(known));
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
        match self {
            Self::Direct(reader) => {
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
