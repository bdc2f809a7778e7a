//! Days as rows of the state hold them: one number, where a form for people to read has text. A row has several, each read and
//! written with every event that touches it.

/// For `#[serde(with)]` on a [`Date`](jiff::civil::Date).
pub(crate) mod day {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{pack, unpack};

    pub(crate) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { day.serialize(serializer) } else { pack(*day).serialize(serializer) }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        if deserializer.is_human_readable() {
            Date::deserialize(deserializer)
        } else {
            unpack(i32::deserialize(deserializer)?)
        }
    }
}

/// The same on an `Option` of one.
pub(crate) mod day_if_any {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{pack, unpack};

    pub(crate) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { day.serialize(serializer) } else { day.map(pack).serialize(serializer) }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        if deserializer.is_human_readable() {
            Option::<Date>::deserialize(deserializer)
        } else {
            Option::<i32>::deserialize(deserializer)?.map(unpack).transpose()
        }
    }
}

/// Year, month and day in one number, which sorts as the days do.
fn pack(day: jiff::civil::Date) -> i32 {
    (i32::from(day.year()) << 9) | (i32::from(day.month()) << 5) | i32::from(day.day())
}

fn unpack<E: serde::de::Error>(packed: i32) -> Result<jiff::civil::Date, E> {
    let part = |bits: i32| i8::try_from(bits).unwrap_or(0);
    let year = i16::try_from(packed >> 9).map_err(E::custom)?;
    jiff::civil::Date::new(year, part((packed >> 5) & 0xf), part(packed & 0x1f)).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use serde::de::value::Error;

    use super::{pack, unpack};

    #[test]
    fn a_day_is_read_back_and_what_is_none_is_refused() {
        for day in [Date::MIN, date(-1, 12, 31), date(0, 1, 1), date(2024, 2, 29), Date::MAX] {
            assert_eq!(unpack::<Error>(pack(day)), Ok(day));
        }
        for bad in [0, i32::MIN, i32::MAX, pack(date(2026, 2, 1)) + 28] {
            assert!(unpack::<Error>(bad).is_err(), "{bad}");
        }
        assert!(pack(date(2026, 1, 31)) < pack(date(2026, 2, 1)));
    }
}
