//! Keys and headers of records.
//!
//! | topic | key |
//! |---|---|
//! | `events` | subject; of a control record none |
//! | `flags`, `flags.<domain>` | `subject|measure`, or `!mark` (a subject begins with a letter) |
//! | `profiles`, `decisions`, `reliance` | subject |
//! | `corrections`, `corrections.<domain>` | subject; of a natural person the pseudonym of the matter's domain |
//! | `notices` | `subject|publisher|item|record`; the record's number comes last, for it alone may contain `|` |
//! | `catalogues` | digest |
//! | `rejects` | none |
//!
//! Every output of the fold carries the header [`ORIGIN`], tombstones too: where it comes from is its version.

use domain::event::RecordRef;
use domain::flag::Version;
use domain::ids::MeasureId;
use domain::subject::SubjectKey;

/// Header with the version of an output, `partition:offset:index`.
pub const ORIGIN: &str = "standing-origin";

/// Key of progress marks.
pub const MARK: &str = "!mark";

/// Key of a flag in `standing.flags`.
pub fn flag(subject: &SubjectKey, measure: &MeasureId) -> String {
    flag_of(subject.as_str(), measure)
}

/// Key of a flag under whatever stands for its subject: a subject key, or a domain's pseudonym.
pub fn flag_of(subject: &str, measure: &MeasureId) -> String {
    format!("{subject}|{measure}")
}

/// The subject and the measure of a flag's key; `None` for a mark and for anything else.
pub fn parse_flag(key: &[u8]) -> Option<(&str, MeasureId)> {
    let (subject, measure) = std::str::from_utf8(key).ok()?.split_once('|')?;
    let measure = MeasureId::new(measure).ok()?;
    (!subject.is_empty()).then_some((subject, measure))
}

/// Key of a notice.
pub fn notice(subject: &SubjectKey, record: &RecordRef) -> String {
    let RecordRef { publisher, item, record_id } = record;
    format!("{subject}|{publisher}|{item}|{record_id}")
}

/// Value of the header [`ORIGIN`].
pub fn origin(version: Version) -> String {
    version.to_string()
}

/// Reads the header [`ORIGIN`].
pub fn parse_origin(value: &[u8]) -> Option<Version> {
    Version::parse(std::str::from_utf8(value).ok()?)
}

#[cfg(test)]
mod tests {
    use domain::ids::{DepartmentId, ItemId, RecordId};

    use super::*;

    fn subject() -> SubjectKey {
        SubjectKey::parse("building:990000-1").expect("a subject key")
    }

    #[test]
    fn a_flags_key_names_its_subject_and_measure() {
        let measure = MeasureId::new("key-supervision").expect("a measure");
        let key = flag(&subject(), &measure);
        assert_eq!(key, "building:990000-1|key-supervision");
        assert_eq!(parse_flag(key.as_bytes()), Some(("building:990000-1", measure)));
    }

    #[test]
    fn what_is_no_flags_key_is_not_taken_for_one() {
        for key in [MARK.as_bytes(), b"", b"|", b"|m", b"a|", b"a|b|c", b"a|B", &[0xff, b'|', b'm']] {
            assert_eq!(parse_flag(key), None, "{key:?}");
        }
    }

    #[test]
    fn notices_of_different_records_have_different_keys() {
        let record = |item: &str, id: &str| RecordRef {
            publisher: DepartmentId::new("district.fire").expect("a department"),
            item: ItemId::new(item).expect("an item"),
            record_id: RecordId::new(id).expect("a record"),
        };
        assert_ne!(notice(&subject(), &record("a", "b|c")), notice(&subject(), &record("a", "c")));
        assert_eq!(
            notice(&subject(), &record("fire.penalty", "虚构消罚〔2026〕1号")),
            "building:990000-1|district.fire|fire.penalty|虚构消罚〔2026〕1号"
        );
    }

    #[test]
    fn the_origin_header_is_read_back() {
        let version = Version { partition: 3, offset: 99, index: 2 };
        assert_eq!(parse_origin(origin(version).as_bytes()), Some(version));
        assert_eq!(parse_origin(b"3:99"), None);
        assert_eq!(parse_origin(&[0xff]), None);
    }
}
