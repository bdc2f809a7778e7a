//! From a value to bytes.

use serde::ser::{self, Serialize, Serializer};

use super::Unfit;

/// Appends one datum. After an error, what was appended is of no use.
pub(in crate::codec) fn write(value: &impl Serialize, to: &mut Vec<u8>) -> Result<(), Unfit> {
    value.serialize(&mut Writer { to })
}

struct Writer<'a> {
    to: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn long(&mut self, number: i64) {
        let mut bits = ((number << 1) ^ (number >> 63)) as u64;
        while bits >= 0x80 {
            self.to.push(bits as u8 | 0x80);
            bits >>= 7;
        }
        self.to.push(bits as u8);
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        self.long(i64::try_from(bytes.len()).map_err(|_| Unfit)?);
        self.to.extend_from_slice(bytes);
        Ok(())
    }
}

macro_rules! no_number {
    ($($method:ident $number:ty,)*) => {
        $(fn $method(self, _: $number) -> Result<(), Unfit> {
            Err(Unfit)
        })*
    };
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Elements<'w, 'a>;
    type SerializeTuple = ser::Impossible<(), Unfit>;
    type SerializeTupleStruct = ser::Impossible<(), Unfit>;
    type SerializeTupleVariant = ser::Impossible<(), Unfit>;
    type SerializeMap = Elements<'w, 'a>;
    type SerializeStruct = Self;
    type SerializeStructVariant = ser::Impossible<(), Unfit>;

    no_number! {
        serialize_i8 i8, serialize_i16 i16, serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32,
        serialize_u64 u64, serialize_u128 u128, serialize_f32 f32, serialize_f64 f64, serialize_char char,
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.to.push(u8::from(value));
        Ok(())
    }

    fn serialize_i32(self, number: i32) -> Result<(), Unfit> {
        self.long(i64::from(number));
        Ok(())
    }

    fn serialize_i64(self, number: i64) -> Result<(), Unfit> {
        self.long(number);
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unfit> {
        self.bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unfit> {
        self.bytes(bytes)
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.to.push(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        self.long(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        branch: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        self.long(i64::from(branch));
        value.serialize(self)
    }

    /// One block of all elements, and the empty one that ends an array.
    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'w, 'a>, Unfit> {
        let length = i64::try_from(length.ok_or(Unfit)?).map_err(|_| Unfit)?;
        if length > 0 {
            self.long(length);
        }
        Ok(Elements { writer: self, left: length })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        Err(Unfit)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        Err(Unfit)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(Unfit)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Elements<'w, 'a>, Unfit> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unfit> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(Unfit)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

struct Elements<'w, 'a> {
    writer: &'w mut Writer<'a>,
    left: i64,
}

impl ser::SerializeSeq for Elements<'_, '_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.left -= 1;
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unfit> {
        self.writer.long(0);
        if self.left == 0 { Ok(()) } else { Err(Unfit) }
    }
}

impl ser::SerializeMap for Elements<'_, '_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unfit> {
        self.left -= 1;
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unfit> {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeStruct for &mut Writer<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(&mut **self)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}
