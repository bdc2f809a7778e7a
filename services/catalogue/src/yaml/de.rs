//! A serde deserializer over nodes.
//!
//! Types decide what a scalar is, so `24` may be text and `"24"` no number. A variant may be written by its name alone, which is
//! the name with an empty mapping (`boolean` for `boolean: {}`). Keys that a struct does not have are noted and
//! skipped; every other fault ends the reading, at the innermost node it belongs to.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::{Fault, FaultKind, shortened};
use super::node::{Key, Node, Value};
use super::stand_in::StandIn;
use crate::finding::Place;

/// Collects what does not stop the reading, by the node it belongs to: further readings add what they see for the first time.
#[derive(Default)]
pub(super) struct Notes(RefCell<BTreeMap<usize, Fault>>);

impl Notes {
    fn unknown_key(&self, key: &Key, node: &Node, fields: &'static [&'static str]) {
        self.0.borrow_mut().entry(node.id).or_insert_with(|| {
            let mut fault: Fault = de::Error::unknown_field(&key.text, fields);
            fault.at = Some((node.id, key.place));
            fault
        });
    }

    pub(super) fn into_faults(self) -> impl Iterator<Item = Fault> {
        self.0.into_inner().into_values()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) node: &'a Node,
    pub(super) notes: &'a Notes,
}

impl<'a> Reader<'a> {
    fn with(self, node: &'a Node) -> Self {
        Self { node, notes: self.notes }
    }

    fn stand_in(self) -> Option<StandIn> {
        match self.node.value {
            Value::StandIn(attempt) => Some(StandIn::new(attempt)),
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn wrong<T>(self, expected: &str) -> Result<T, Fault> {
        let found = match &self.node.value {
            Value::Scalar { .. } if self.is_null() => "nothing stands here".to_owned(),
            Value::Scalar { text, .. } => format!("`{}` stands here", shortened(text)),
            Value::List(_) | Value::Map(_) | Value::StandIn(_) => format!("{} stands here", self.node.kind()),
        };
        Err(Fault::new(FaultKind::Type, found, format!("write {expected}")).at(self.node))
    }

    fn scalar(self, expected: &str) -> Result<(&'a str, bool), Fault> {
        match &self.node.value {
            Value::Scalar { text, quoted } => Ok((text, *quoted)),
            Value::List(_) | Value::Map(_) | Value::StandIn(_) => self.wrong(expected),
        }
    }

    fn is_null(self) -> bool {
        self.node.is_null()
    }

    fn integer<T: std::str::FromStr>(self, expected: &str) -> Result<T, Fault> {
        let (text, quoted) = self.scalar(expected)?;
        match text.parse() {
            Ok(value) if !quoted => Ok(value),
            Ok(_) | Err(_) => self.wrong(expected),
        }
    }
}

macro_rules! stand_in_first {
    ($self:ident, $call:ident ( $($arg:expr),* )) => {
        if let Some(stand_in) = $self.stand_in() {
            return stand_in.$call($($arg),*).map_err(|fault| fault.at($self.node));
        }
    };
}

macro_rules! integers {
    ($($method:ident $visit:ident $expected:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            stand_in_first!(self, $method(visitor));
            visitor.$visit(self.integer($expected)?).map_err(|fault: Fault| fault.at(self.node))
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    /// Only literals of conditions are read without a type.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_any(visitor));
        let (text, quoted) = match &self.node.value {
            Value::Scalar { text, quoted } => (text.as_str(), *quoted),
            Value::List(_) => return self.deserialize_seq(visitor),
            Value::Map(_) => return self.deserialize_map(visitor),
            Value::StandIn(_) => return self.wrong("a value"),
        };
        let read = match (quoted, text) {
            (false, "true") => visitor.visit_bool(true),
            (false, "false") => visitor.visit_bool(false),
            (false, "" | "~" | "null") => visitor.visit_unit(),
            (false, text) => match text.parse::<i64>() {
                Ok(integer) => visitor.visit_i64(integer),
                Err(_) => visitor.visit_str(text),
            },
            (true, text) => visitor.visit_str(text),
        };
        read.map_err(|fault: Fault| fault.at(self.node))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_bool(visitor));
        match self.scalar("true or false")? {
            ("true", false) => visitor.visit_bool(true),
            ("false", false) => visitor.visit_bool(false),
            _ => self.wrong("true or false"),
        }
    }

    integers! {
        deserialize_i8 visit_i8 "a whole number from -128 to 127"
        deserialize_i16 visit_i16 "a whole number from -32768 to 32767"
        deserialize_i32 visit_i32 "a whole number"
        deserialize_i64 visit_i64 "a whole number"
        deserialize_u8 visit_u8 "a whole number from 0 to 255"
        deserialize_u16 visit_u16 "a whole number from 0 to 65535"
        deserialize_u32 visit_u32 "a whole number, not negative"
        deserialize_u64 visit_u64 "a whole number, not negative"
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_str(visitor));
        if self.is_null() {
            return self.wrong("a text");
        }
        let (text, _) = self.scalar("a text")?;
        visitor.visit_str(text).map_err(|fault: Fault| fault.at(self.node))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self).map_err(|fault| fault.at(self.node))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_seq(visitor));
        match &self.node.value {
            Value::List(nodes) => visitor.visit_seq(Items { reader: self, nodes: nodes.iter() }),
            Value::Scalar { .. } | Value::Map(_) | Value::StandIn(_) => self.wrong("a list"),
        }
        .map_err(|fault| fault.at(self.node))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_map(visitor));
        self.read_map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_struct(name, fields, visitor));
        self.read_map(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        stand_in_first!(self, deserialize_enum(name, variants, visitor));
        let expected = format!("one of: {}", variants.join(", "));
        let (variant, place, content) = match &self.node.value {
            Value::Scalar { text, .. } if !self.is_null() => (text, self.node.place, None),
            Value::Map(entries) => match entries.as_slice() {
                [(key, content)] => (&key.text, key.place, Some(content)),
                _ => return self.wrong(&format!("{expected}, as one key with its value")),
            },
            Value::Scalar { .. } | Value::List(_) | Value::StandIn(_) => return self.wrong(&expected),
        };
        visitor.visit_enum(Variant { reader: self, variant, place, content }).map_err(|fault| fault.at(self.node))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct }
}

impl Reader<'_> {
    fn read_map<'de, V: Visitor<'de>>(
        self,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Map(entries) => {
                visitor.visit_map(Entries { reader: self, entries: entries.iter(), value: None, fields })
            }
            Value::Scalar { .. } | Value::List(_) | Value::StandIn(_) => match fields {
                Some(fields) => self.wrong(&format!("a mapping of: {}", fields.join(", "))),
                None => self.wrong("a mapping"),
            },
        }
        .map_err(|fault| fault.at(self.node))
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    nodes: std::slice::Iter<'a, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.nodes.next() else { return Ok(None) };
        seed.deserialize(self.reader.with(node)).map(Some).map_err(|fault| fault.at(node))
    }
}

struct Entries<'a> {
    reader: Reader<'a>,
    entries: std::slice::Iter<'a, (Key, Node)>,
    value: Option<&'a Node>,
    fields: Option<&'static [&'static str]>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        for (key, node) in self.entries.by_ref() {
            if let Some(fields) = self.fields
                && !fields.contains(&key.text.as_str())
            {
                self.reader.notes.unknown_key(key, node, fields);
                continue;
            }
            self.value = Some(node);
            return seed.deserialize(KeyReader(key)).map(Some).map_err(|mut fault| {
                fault.at = Some((node.id, key.place));
                fault.kind = FaultKind::Key;
                fault
            });
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let node = self.value.take().expect("serde asks for a value only after its key");
        seed.deserialize(self.reader.with(node)).map_err(|fault| fault.at(node))
    }
}

struct KeyReader<'a>(&'a Key);

impl<'de> Deserializer<'de> for KeyReader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.0.text)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(de::value::StrDeserializer::<Fault>::new(&self.0.text))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Variant<'a> {
    reader: Reader<'a>,
    variant: &'a str,
    place: Place,
    content: Option<&'a Node>,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = VariantContent<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, VariantContent<'a>), Fault> {
        let name = seed.deserialize(de::value::StrDeserializer::<Fault>::new(self.variant)).map_err(|mut fault| {
            fault.at = Some((self.reader.node.id, self.place));
            fault
        })?;
        Ok((name, VariantContent { reader: self.reader, content: self.content }))
    }
}

struct VariantContent<'a> {
    reader: Reader<'a>,
    content: Option<&'a Node>,
}

impl<'de> VariantAccess<'de> for VariantContent<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None => Ok(()),
            Some(node) => self.reader.with(node).wrong("the name alone, without a value"),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.content {
            Some(node) => seed.deserialize(self.reader.with(node)).map_err(|fault| fault.at(node)),
            None => self.reader.wrong("the name as a key, with its value behind it"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.content {
            Some(node) => self.reader.with(node).deserialize_seq(visitor),
            None => self.reader.wrong("the name as a key, with a list behind it"),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match self.content {
            Some(node) => self.reader.with(node).deserialize_struct("", fields, visitor),
            None => {
                let empty =
                    Node { id: self.reader.node.id, place: self.reader.node.place, value: Value::Map(Vec::new()) };
                self.reader.with(&empty).read_map(Some(fields), visitor)
            }
        }
    }
}
