//! Bytes that nobody meant: cut off, flipped, made up. They end in an error with its code, never in a panic.

use std::collections::BTreeMap;

use domain::catalogue::Effect;
use domain::event::{Body, Change, Content, Document, Event, EventType, RecordRef, Validity};
use domain::flag::FlagValue;
use domain::ids::{DepartmentId, FieldName, ItemId, MatterPattern, RecordId};
use domain::time::Instant;
use domain::value::FieldValue;
use jiff::civil::Date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use schemas::topics::keys;
use schemas::{Codec, DecodeError, ErrorKind, FlagEntry, Kind, Position, code};

use crate::samples;

/// Reads a value as a kind; if it can be read, everything a reader does with it works too.
fn read(codec: &Codec, kind: Kind, value: &[u8]) -> Result<(), DecodeError> {
    match kind {
        Kind::Event => {
            let body = codec.decode_event(value)?;
            let again = codec.encode_event(&body).unwrap();
            assert_eq!(codec.decode_event(&again).unwrap(), body);
        }
        Kind::Flag => {
            for key in [keys::MARK.to_owned(), format!("{}|subsidy-restriction", samples::PERSON)] {
                match codec.decode_flag(key.as_bytes(), Some(value), None) {
                    Ok(entry) => use_flag(codec, &entry),
                    Err(error) if error.code == code::KEY_MISMATCH => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Kind::Profile => match codec.decode_profile(samples::FIRM.as_bytes(), Some(value), None) {
            Ok(change) => assert!(codec.encode_profile(&change).unwrap().is_some()),
            Err(error) if error.code == code::KEY_MISMATCH => {}
            Err(error) => return Err(error),
        },
        Kind::Reject => drop(codec.encode_reject(&codec.decode_reject(value)?).unwrap()),
        Kind::Notice => drop(codec.encode_notice(&codec.decode_notice(value)?).unwrap()),
        Kind::Decision => drop(codec.encode_decision(&codec.decode_decision(value)?).unwrap()),
        Kind::Correction => drop(codec.encode_correction(&codec.decode_correction(value)?).unwrap()),
        Kind::Inbox => drop(codec.encode_inbox(&codec.decode_inbox(value)?).unwrap()),
        Kind::Reliance => drop(samples::encode_reliance(codec, &codec.decode_reliance(value)?)),
    }
    Ok(())
}

fn use_flag(codec: &Codec, entry: &FlagEntry) {
    let FlagEntry::Flag(flag) = entry else { return };
    if let FlagValue::Set(set) = &flag.value {
        let shown: Vec<_> = set.grounds.iter().map(|ground| (ground.interval(), ground.until())).collect();
        assert_eq!(shown.len(), set.grounds.len());
    }
    if let Some(change) = flag.as_ref().clone().into_change() {
        assert!(codec.encode_flag(&change).unwrap().is_some());
    }
}

/// The golden bytes of every kind.
fn golden() -> Vec<(Kind, Vec<u8>)> {
    let codec = Codec::built_in();
    let mut all = Vec::new();
    let mut add = |kind, value: bytes::Bytes| all.push((kind, value.to_vec()));
    for (_, body) in samples::bodies() {
        add(Kind::Event, codec.encode_event(&body).unwrap());
    }
    for (_, change) in samples::flag_changes() {
        add(Kind::Flag, codec.encode_flag(&change).unwrap().unwrap());
    }
    for (_, mark) in samples::marks() {
        add(Kind::Flag, codec.encode_mark(&mark).unwrap());
    }
    for (_, change) in samples::profiles() {
        add(Kind::Profile, codec.encode_profile(&change).unwrap().unwrap());
    }
    for (_, change) in samples::notices() {
        add(Kind::Notice, codec.encode_notice(&change).unwrap());
    }
    for (_, rejection) in samples::rejections() {
        add(Kind::Reject, codec.encode_reject(&rejection).unwrap());
    }
    for (_, decision) in samples::decisions() {
        add(Kind::Decision, codec.encode_decision(&decision).unwrap());
    }
    for (_, correction) in samples::corrections() {
        add(Kind::Correction, codec.encode_correction(&correction).unwrap());
    }
    for (_, entry) in samples::reliance() {
        add(Kind::Reliance, samples::encode_reliance(&codec, &entry));
    }
    for (_, event) in samples::inbox() {
        add(Kind::Inbox, codec.encode_inbox(&event).unwrap());
    }
    all
}

#[test]
fn a_value_cut_off_anywhere_is_malformed() {
    let codec = Codec::built_in();
    for (kind, value) in golden() {
        assert_eq!(read(&codec, kind, &value), Ok(()));
        for length in 0..value.len() {
            let error = read(&codec, kind, &value[..length]).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Malformed, "{kind} cut to {length}: {error}");
            let expected = if length < 5 { code::VALUE_FRAME } else { code::VALUE_MALFORMED };
            assert_eq!(error.code, expected, "{kind} cut to {length}");
        }
    }
}

#[test]
fn a_value_with_bytes_left_over_is_malformed() {
    let codec = Codec::built_in();
    for (kind, mut value) in golden() {
        let length = value.len();
        value.push(0);
        let error = read(&codec, kind, &value).unwrap_err();
        assert_eq!((error.code, error.position), (code::VALUE_TRAILING, Position::Byte(length)), "{kind}");
    }
}

#[test]
fn no_flipped_bit_panics() {
    let codec = Codec::built_in();
    for (kind, value) in golden() {
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Err(error) = read(&codec, kind, &flipped) {
                assert_ne!(error.kind, ErrorKind::Retry, "{kind}, bit {bit}: {error}");
            }
        }
    }
}

#[test]
fn what_is_no_frame_says_so() {
    let codec = Codec::built_in();
    let (_, good) = golden().remove(0);
    let error = |value: &[u8]| {
        let error = codec.decode_event(value).unwrap_err();
        (error.kind, error.code)
    };
    let with_id = |id: u32| {
        let mut value = good.clone();
        value[1..5].copy_from_slice(&id.to_be_bytes());
        value
    };
    assert_eq!(error(b""), (ErrorKind::Malformed, code::VALUE_FRAME));
    assert_eq!(error(b"{\"written_at\":0}"), (ErrorKind::Malformed, code::VALUE_FRAME));
    assert_eq!(error(&[1, 0x73, 0x74, 1, 1, 0]), (ErrorKind::Malformed, code::VALUE_FRAME));
    assert_eq!(error(&with_id(7)), (ErrorKind::Malformed, code::SCHEMA_UNKNOWN));
    assert_eq!(error(&with_id(0x7374_0201)), (ErrorKind::Malformed, code::SCHEMA_OTHER_KIND));
    assert_eq!(error(&with_id(0x7374_01ff)), (ErrorKind::Unsupported, code::SCHEMA_NEWER));
    assert_eq!(error(&vec![0; 3 * 1024 * 1024]), (ErrorKind::Malformed, code::VALUE_TOO_LARGE));
}

#[test]
fn lengths_that_the_bytes_do_not_hold_are_refused_without_allocating_them() {
    let codec = Codec::built_in();
    // written_at 0, the branch of an event, then a source of 2^62 bytes, of 2^62 - 1, of -1.
    for length in
        [vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], vec![0xfe, 0xff, 0xff, 0xff, 0x0f], vec![1]]
    {
        let mut value = vec![0, 0x73, 0x74, 1, 1, 0, 0];
        value.extend(length);
        assert_eq!(codec.decode_event(&value).unwrap_err().code, code::VALUE_MALFORMED);
    }
}

#[test]
fn a_value_under_another_key_is_refused() {
    let codec = Codec::built_in();
    let (_, change) = samples::flag_changes().remove(0);
    let value = codec.encode_flag(&change).unwrap().unwrap();
    for key in [&b"!mark"[..], b"", b"uscc:919900000000000192|subsidy-restriction"] {
        assert_eq!(codec.decode_flag(key, Some(&value), None).unwrap_err().code, code::KEY_MISMATCH);
    }
    assert_eq!(codec.decode_flag(b"!mark", None, None).unwrap_err().code, code::KEY_MISMATCH);
    let key = keys::flag(&change.subject, &change.measure);
    assert_eq!(codec.decode_flag(key.as_bytes(), None, None).unwrap_err().code, code::VALUE_MISSING);
}

#[test]
fn a_flag_that_breaks_a_red_line_is_not_read() {
    let codec = Codec::built_in();
    let fault = |change: &dyn Fn(&mut domain::flag::Flag)| {
        let mut flag = samples::flag();
        change(&mut flag);
        let (subject, measure) = (samples::subject(samples::PERSON), samples::measure("subsidy-restriction"));
        let key = keys::flag(&subject, &measure);
        let change =
            domain::flag::FlagChange { subject, measure, value: FlagValue::Set(flag), version: samples::version() };
        let value = codec.encode_flag(&change).unwrap().unwrap();
        let error = codec.decode_flag(key.as_bytes(), Some(&value), None).unwrap_err();
        assert_eq!(error.code, code::VALUE_INVALID);
        error.position
    };
    let ground = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::to_value(&samples::flag().grounds[0]).unwrap();
        change(&mut json);
        serde_json::from_value(json).unwrap()
    };
    let field = |path: &str| Position::Field(path.to_owned());
    assert_eq!(
        fault(&|flag| flag.grounds[1] = ground(&|g| g["served"] = serde_json::Value::Null)),
        field("grounds[1].notice")
    );
    assert_eq!(
        fault(&|flag| flag.grounds[0] = ground(&|g| g["basis"] = serde_json::json!([]))),
        field("grounds[0].basis")
    );
    assert_eq!(
        fault(&|flag| flag.grounds[0] = ground(&|g| g["end"]["On"] = "2026-05-08".into())),
        field("grounds[0].until")
    );
    assert_eq!(fault(&|flag| flag.human_review = None), field("human_review"));
}

#[test]
fn a_rating_that_restricts_rates_a_person_or_leaves_the_inspections_is_not_read() {
    let codec = Codec::built_in();
    let read = |subject: &str, change: &dyn Fn(&mut domain::flag::Flag)| {
        let mut flag = samples::rated();
        change(&mut flag);
        let (subject, measure) = (samples::subject(subject), samples::measure("more-inspections"));
        let key = keys::flag(&subject, &measure);
        let change =
            domain::flag::FlagChange { subject, measure, value: FlagValue::Set(flag), version: samples::version() };
        let value = codec.encode_flag(&change).unwrap().unwrap();
        codec.decode_flag(key.as_bytes(), Some(&value), None).map(drop).map_err(|error| (error.code, error.position))
    };
    let refused = |path: &str| Err((code::VALUE_INVALID, Position::Field(path.to_owned())));
    assert_eq!(read(samples::FIRM, &|_| {}), Ok(()), "more inspections may follow");
    for effect in [Effect::Restrict, Effect::Supervise, Effect::Facilitate] {
        let firm = if effect == Effect::Restrict { refused("rating") } else { Ok(()) };
        assert_eq!(read(samples::FIRM, &|flag| flag.effect = effect), firm, "{effect:?}");
    }
    // It does not help to give the restriction a ground beside its rating.
    let both = |flag: &mut domain::flag::Flag| {
        flag.effect = Effect::Restrict;
        flag.grounds = samples::flag().grounds;
    };
    assert_eq!(read(samples::FIRM, &both), refused("rating"));
    assert_eq!(read(samples::PERSON, &|_| {}), refused("rating"));
    for matter in ["subsidy.*", "procurement.bid", "licence.food-operation", "honours.*"] {
        let beyond = |flag: &mut domain::flag::Flag| flag.matters.push(MatterPattern::new(matter).unwrap());
        assert_eq!(read(samples::FIRM, &beyond), refused("matters"), "{matter}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z〔〕号0-9]{0,12}", any::<String>()]
}

fn number() -> impl Strategy<Value = RecordId> {
    "[A-Za-z0-9〔〕号|]{1,20}".prop_map(|text| RecordId::new(text).unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| jiff::civil::date(year, month, day))
}

fn value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        text().prop_map(FieldValue::Text),
        any::<i64>().prop_map(FieldValue::Integer),
        (any::<i64>(), 0_u32..=18).prop_map(|(digits, scale)| FieldValue::Decimal(Decimal::new(digits, scale))),
        any::<bool>().prop_map(FieldValue::Boolean),
        day().prop_map(FieldValue::Date),
    ]
}

fn recorded() -> impl Strategy<Value = Change> {
    let record = (number(), prop_oneof![Just("fire.penalty"), Just("court.judgment-defaulter")]);
    let document = (text(), text(), text(), day(), day());
    let fields = prop::collection::btree_map("[a-z_]{1,10}".prop_map(|n| FieldName::new(n).unwrap()), value(), 0..8);
    let valid = (prop::option::of(day()), prop::option::of(day()));
    let rest = (any::<u32>(), any::<bool>(), prop::option::of(any::<bool>()));
    (record, document, fields, valid, rest).prop_map(
        |((record_id, item), (number, kind, issuer, issued_on, effective_on), fields, (from, until), rest)| {
            let (revision, corrected, adult_at_issue) = rest;
            Change::Recorded {
                event_type: if corrected { EventType::RecordCorrected } else { EventType::RecordUpserted },
                record: RecordRef {
                    publisher: DepartmentId::new("district.fire").unwrap(),
                    item: ItemId::new(item).unwrap(),
                    record_id,
                },
                revision,
                document: Document { number, kind, issuer, issued_on, effective_on },
                fields,
                valid: Validity { from, until },
                adult_at_issue,
            }
        },
    )
}

proptest! {
    #[test]
    fn any_record_comes_back_as_it_went(
        change in recorded(), event_id in text(), written_at in any::<i64>(), occurred_at in prop::option::of(any::<i64>()),
    ) {
        let event = Event {
            source: DepartmentId::new("district.fire").unwrap(),
            event_id,
            subject: samples::subject(samples::FIRM),
            occurred_at: occurred_at.map(Instant::from_ms),
            change,
        };
        let body = Body { written_at: Instant::from_ms(written_at), content: Content::Event(event) };
        let codec = Codec::built_in();
        let value = codec.encode_event(&body).unwrap();
        prop_assert_eq!(codec.decode_event(&value).unwrap(), body);
    }

    #[test]
    fn no_made_up_datum_panics(kind in 0_usize..8, datum in prop::collection::vec(any::<u8>(), 0..300)) {
        let codec = Codec::built_in();
        let kind = Kind::ALL[kind];
        let samples: BTreeMap<Kind, Vec<u8>> = golden().into_iter().collect();
        let mut value = samples[&kind][..5].to_vec();
        value.extend(datum);
        // Anything but a panic is right.
        let _ = read(&codec, kind, &value);
    }

    #[test]
    fn no_overwritten_part_panics(at in 5_usize..600, with in prop::collection::vec(any::<u8>(), 1..12), which in any::<prop::sample::Index>()) {
        let codec = Codec::built_in();
        let all = golden();
        let (kind, mut value) = which.get(&all).clone();
        for (place, byte) in (at..).zip(with) {
            if let Some(slot) = value.get_mut(place) {
                *slot = byte;
            }
        }
        let _ = read(&codec, kind, &value);
    }
}
