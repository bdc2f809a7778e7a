//! The kinds of records, and the schemas of each that were ever released.
//!
//! `avro/<kind>.avsc` is where a schema is changed; `released/<kind>/<n>.avsc` are the versions that may stand in a topic,
//! never changed again, the newest equal to the one in `avro/`. To change a schema: edit it, copy it to the next number,
//! add that to [`Kind::released`]. A test refuses a change that any earlier version cannot read or be read by.
//!
//! Without a registry a schema's id is `0x7374` (`st`), the kind's byte, the version's byte. Ids of that range are never
//! asked of a registry. Codes of kinds are never used again.

use std::fmt;

/// First two bytes of the ids of the built-in set: `st`. Registries count from 1 and do not come near it.
const ID_RANGE: u32 = 0x7374_0000;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Event,
    Reject,
    Flag,
    Profile,
    Notice,
    Decision,
    Correction,
    Inbox,
}

/// What an id of the built-in set's form says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    Known {
        kind: Kind,
        version: u8,
    },
    /// A later version of a kind, or a later kind.
    Newer,
}

macro_rules! released {
    ($kind:literal, $($version:literal),+) => {
        &[$(include_str!(concat!("../released/", $kind, "/", $version, ".avsc"))),+]
    };
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Event,
        Self::Reject,
        Self::Flag,
        Self::Profile,
        Self::Notice,
        Self::Decision,
        Self::Correction,
        Self::Inbox,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Reject => "reject",
            Self::Flag => "flag",
            Self::Profile => "profile",
            Self::Notice => "notice",
            Self::Decision => "decision",
            Self::Correction => "correction",
            Self::Inbox => "inbox",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Event => 1,
            Self::Reject => 2,
            Self::Flag => 3,
            Self::Profile => 4,
            Self::Notice => 5,
            Self::Decision => 6,
            Self::Correction => 7,
            Self::Inbox => 8,
        }
    }

    /// Every released version in order, the first being version 1.
    pub fn released(self) -> &'static [&'static str] {
        match self {
            Self::Event => released!("event", 1),
            Self::Reject => released!("reject", 1),
            Self::Flag => released!("flag", 1, 2),
            Self::Profile => released!("profile", 1),
            Self::Notice => released!("notice", 1),
            Self::Decision => released!("decision", 1),
            Self::Correction => released!("correction", 1),
            Self::Inbox => released!("inbox", 1),
        }
    }

    /// The schema that is written.
    pub fn current(self) -> &'static str {
        self.released().last().expect("every kind has a released schema")
    }

    /// The built-in id of a version.
    pub(crate) fn id(self, version: u8) -> u32 {
        ID_RANGE | u32::from(self.code()) << 8 | u32::from(version)
    }

    /// The built-in id of the schema that is written.
    pub(crate) fn current_id(self) -> u32 {
        self.id(u8::try_from(self.released().len()).expect("a kind has fewer than 256 versions"))
    }

    /// `None` where the id is not of the built-in set's form.
    pub(crate) fn of_id(id: u32) -> Option<BuiltIn> {
        let [high, low, code, version] = id.to_be_bytes();
        if u32::from_be_bytes([high, low, 0, 0]) != ID_RANGE || code == 0 || version == 0 {
            return None;
        }
        let kind = Self::ALL.into_iter().find(|kind| kind.code() == code);
        let known = kind.filter(|kind| usize::from(version) <= kind.released().len());
        Some(known.map_or(BuiltIn::Newer, |kind| BuiltIn::Known { kind, version }))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_names_its_kind_and_version() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_id(kind.id(1)), Some(BuiltIn::Known { kind, version: 1 }));
        }
        assert_eq!(Kind::Event.id(1), 0x7374_0101, "ids stand in topics and never change");
    }

    #[test]
    fn ids_of_later_versions_and_kinds_are_newer() {
        assert_eq!(Kind::of_id(Kind::Event.current_id() + 1), Some(BuiltIn::Newer));
        assert_eq!(Kind::of_id(0x7374_ff01), Some(BuiltIn::Newer));
    }

    #[test]
    fn ids_of_a_registry_are_not_ours() {
        for id in [0, 1, 99_999, 0x7374_0000, 0x7374_0100, 0x7375_0101, u32::MAX] {
            assert_eq!(Kind::of_id(id), None, "{id:#x}");
        }
    }
}
