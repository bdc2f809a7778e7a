//! The bytes of every kind of record, of every released version of its schema: what stands in topics stays readable.
//!
//! `golden/<kind>/<version>.hex` holds lines `name: hex`. Those of the newest version are also what is written;
//! `UPDATE_EXPECT=1` rewrites them, which is right only for a version that was never released.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::PathBuf;

use domain::flag::FlagValue;
use schemas::topics::keys;
use schemas::{Codec, FlagEntry, Kind, RelianceEntry};

use crate::samples;

fn check<T: PartialEq + Debug>(
    kind: Kind,
    samples: &[(String, T)],
    encode: impl Fn(&T) -> Vec<u8>,
    decode: impl Fn(&T, &[u8]) -> T,
) {
    let newest = kind.released().len();
    let written: BTreeMap<&str, String> = samples.iter().map(|(name, of)| (name.as_str(), hex(&encode(of)))).collect();
    assert_eq!(written.len(), samples.len(), "two samples have one name");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let lines: String = written.iter().map(|(name, hex)| format!("{name}: {hex}\n")).collect();
        std::fs::create_dir_all(file(kind, newest).parent().unwrap()).unwrap();
        std::fs::write(file(kind, newest), lines).unwrap();
    }
    for version in 1..=newest {
        let text = std::fs::read_to_string(file(kind, version)).unwrap();
        let golden: BTreeMap<&str, &str> = text.lines().map(|line| line.split_once(": ").unwrap()).collect();
        assert!(!golden.is_empty(), "{kind} {version} has no golden bytes");
        for (name, sample) in samples {
            let Some(expected) = golden.get(name.as_str()) else {
                assert!(version < newest, "{kind} {version} has no golden bytes for {name}");
                continue;
            };
            assert_eq!(
                &decode(sample, &bytes(expected)),
                sample,
                "{kind} {version} {name} is not read as it was meant"
            );
            if version == newest {
                assert_eq!(&written[name.as_str()], expected, "{kind} {name} is not written as before");
            }
        }
    }
}

fn file(kind: Kind, version: usize) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{kind}/{version}.hex"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn events_and_control_records_stay_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Event,
        &samples::bodies(),
        |body| codec.encode_event(body).unwrap().to_vec(),
        |_, value| codec.decode_event(value).unwrap(),
    );
}

#[test]
fn flags_and_marks_stay_readable() {
    let codec = Codec::built_in();
    let flags = samples::flag_changes().into_iter().map(|(name, change)| {
        let subject = change.subject.as_str().to_owned();
        let entry =
            schemas::PublishedFlag { subject, measure: change.measure, value: change.value, version: change.version };
        (name, FlagEntry::Flag(Box::new(entry)))
    });
    let marks = samples::marks().into_iter().map(|(name, mark)| (name, FlagEntry::Mark(mark)));
    let entries: Vec<_> = flags.chain(marks).collect();
    check(
        Kind::Flag,
        &entries,
        |entry| match entry {
            FlagEntry::Flag(flag) => {
                let change = flag.as_ref().clone().into_change().unwrap();
                codec.encode_flag(&change).unwrap().unwrap().to_vec()
            }
            FlagEntry::Mark(mark) => codec.encode_mark(mark).unwrap().to_vec(),
        },
        |entry, value| {
            let key = match entry {
                FlagEntry::Flag(flag) => keys::flag_of(&flag.subject, &flag.measure),
                FlagEntry::Mark(_) => keys::MARK.to_owned(),
            };
            codec.decode_flag(key.as_bytes(), Some(value), None).unwrap()
        },
    );
}

#[test]
fn profiles_stay_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Profile,
        &samples::profiles(),
        |change| codec.encode_profile(change).unwrap().unwrap().to_vec(),
        |change, value| codec.decode_profile(change.subject.as_str().as_bytes(), Some(value), None).unwrap(),
    );
}

#[test]
fn notices_stay_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Notice,
        &samples::notices(),
        |change| codec.encode_notice(change).unwrap().to_vec(),
        |_, value| codec.decode_notice(value).unwrap(),
    );
}

#[test]
fn rejects_stay_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Reject,
        &samples::rejections(),
        |rejection| codec.encode_reject(rejection).unwrap().to_vec(),
        |_, value| codec.decode_reject(value).unwrap(),
    );
}

#[test]
fn decisions_and_corrections_stay_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Decision,
        &samples::decisions(),
        |decision| codec.encode_decision(decision).unwrap().to_vec(),
        |_, value| codec.decode_decision(value).unwrap(),
    );
    check(
        Kind::Correction,
        &samples::corrections(),
        |correction| codec.encode_correction(correction).unwrap().to_vec(),
        |_, value| codec.decode_correction(value).unwrap(),
    );
}

#[test]
fn what_decisions_rest_on_stays_readable() {
    let codec = Codec::built_in();
    check(
        Kind::Reliance,
        &samples::reliance(),
        |entry| samples::encode_reliance(&codec, entry).to_vec(),
        |_, value| codec.decode_reliance(value).unwrap(),
    );
}

/// As it was written while a correction made no new value of a flag that said the same.
#[test]
fn a_span_without_an_end_ends_with_its_fall() {
    let value = bytes(include_str!("../../golden/reliance/open-span.hex").trim());
    let RelianceEntry::Fall(fall) = Codec::built_in().decode_reliance(&value).unwrap() else { panic!("it is a fall") };
    let spans: Vec<_> = fall.measures[0].spans.iter().map(|span| (span.from, span.until)).collect();
    assert_eq!(spans, [(4_800, 4_900), (4_100, fall.version.offset)]);
}

#[test]
fn inboxes_stay_readable() {
    let codec = Codec::built_in();
    let samples: Vec<_> = samples::inbox();
    check(
        Kind::Inbox,
        &samples,
        |event| codec.encode_inbox(event).unwrap().to_vec(),
        |_, value| codec.decode_inbox(value).unwrap(),
    );
}

#[test]
fn a_tombstone_has_no_value_and_takes_its_version_from_the_header() {
    let codec = Codec::built_in();
    let (_, mut change) = samples::flag_changes().remove(0);
    change.value = FlagValue::Tombstone;
    assert_eq!(codec.encode_flag(&change).unwrap(), None);
    let key = keys::flag(&change.subject, &change.measure);
    let origin = keys::origin(change.version);
    let read = codec.decode_flag(key.as_bytes(), None, Some(origin.as_bytes())).unwrap();
    let FlagEntry::Flag(flag) = read else { panic!("a tombstone is no mark") };
    assert_eq!(flag.into_change(), Some(change));

    let (_, mut profile) = samples::profiles().remove(0);
    profile.profile = None;
    assert_eq!(codec.encode_profile(&profile).unwrap(), None);
    let read = codec.decode_profile(profile.subject.as_str().as_bytes(), None, Some(origin.as_bytes()));
    assert_eq!(read.unwrap(), profile);
}
