//! Every fault that records can show, and the code that must come of it.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use domain::event::{Body, Content, Control};
use domain::flag::FlagValue;
use domain::time::Instant;
use schemas::topics::keys;
use schemas::{Codec, FlagEntry};
use stream::log::Record;

use super::district::{District, Recorded};
use crate::audit::finding::{Code, Findings};
use crate::audit::outputs::Kind;

fn only(findings: &Findings, expected: &[(Code, u64)], what: &str) {
    let counts: Vec<(Code, u64)> = findings.counts.iter().map(|(code, count)| (*code, *count)).collect();
    assert_eq!(counts, expected, "{what}: {:#?}", findings.listed);
}

fn key(record: &Record) -> &[u8] {
    record.key.as_deref().unwrap_or_default()
}

fn origin(record: &Record) -> domain::flag::Version {
    let header = record.headers.iter().find(|(name, _)| &**name == keys::ORIGIN).expect("a header");
    keys::parse_origin(&header.1).expect("an origin")
}

/// Two places of one key, neighbours among the values of that key.
fn of_one_key(recorded: &Recorded, kind: Kind) -> (usize, usize) {
    let places = recorded.of(kind);
    let next =
        |n: usize| places[n + 1..].iter().find(|at| key(&recorded.outputs[**at]) == key(&recorded.outputs[places[n]]));
    (0..places.len()).find_map(|n| Some((places[n], *next(n)?))).expect("a key with two values")
}

/// Places of outputs of different records and keys that stand side by side.
fn neighbours(recorded: &Recorded, kind: Kind) -> (usize, usize) {
    let places = recorded.of(kind);
    let differ = |pair: &&[usize]| {
        let (a, b) = (&recorded.outputs[pair[0]], &recorded.outputs[pair[1]]);
        key(a) != key(b) && origin(a).offset < origin(b).offset
    };
    let pair = places.windows(2).rev().find(differ).expect("outputs of two records");
    (pair[0], pair[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_outputs_is_found_by_its_code() {
    let mut district = District::begin();
    district.live();
    let settled = district.audit_settled();
    assert!(settled.is_clean(), "{}", settled.text());
    district.stop();
    let mut recorded = district.recorded(0);
    only(&recorded.judge(), &[], "as it was");
    let sound = recorded.outputs.clone();

    for (kind, code) in
        [(Kind::Flag, Code::FlagLost), (Kind::Profile, Code::ProfileLost), (Kind::Notice, Code::NoticeLost)]
    {
        // A value that none replaces: the last of all.
        let last = *recorded.of(kind).last().unwrap();
        recorded.outputs.remove(last);
        only(&recorded.judge(), &[(code, 1)], "the newest value of a key is missing");
        recorded.outputs.clone_from(&sound);

        // A value that was replaced, but where nothing was cleaned.
        let places = recorded.of(kind);
        let (replaced, _) = {
            let latest = |n: &usize| places[n + 1..].iter().any(|at| key(&sound[*at]) == key(&sound[places[*n]]));
            let n = (0..places.len()).rev().find(latest).expect("a key with two values");
            (places[n], n)
        };
        recorded.outputs.remove(replaced);
        only(&recorded.judge(), &[(code, 1)], "a value is missing that cleaning cannot have removed");
        recorded.outputs.clone_from(&sound);

        let (first, second) = of_one_key(&recorded, kind);
        let doubled = sound[second].clone();
        recorded.outputs.insert(second + 1, doubled);
        only(&recorded.judge(), &[(Code::OutputDoubled, 1)], "doubled");
        recorded.outputs.clone_from(&sound);

        recorded.outputs.swap(first, second);
        let found = recorded.judge();
        assert!(found.counts.contains_key(&Code::VersionFell), "an older value behind: {:#?}", found.listed);
        recorded.outputs.clone_from(&sound);

        let (first, second) = neighbours(&recorded, kind);
        recorded.outputs.swap(first, second);
        let found = recorded.judge();
        assert!(found.counts.contains_key(&Code::OriginFell), "an earlier record behind: {:#?}", found.listed);
        recorded.outputs.clone_from(&sound);

        let (first, second) = of_one_key(&recorded, kind);
        recorded.outputs[second].value = Some(Bytes::from_static(b"\0nonsense"));
        let found = recorded.judge();
        assert!(found.counts.contains_key(&Code::OutputUnreadable), "nonsense: {:#?}", found.listed);
        recorded.outputs.clone_from(&sound);

        recorded.outputs[first].headers.clear();
        only(&recorded.judge(), &[(Code::OutputDiffers, 1)], "without its header");
        recorded.outputs.clone_from(&sound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_refusals_marks_and_values_is_found_by_its_code() {
    let mut district = District::begin();
    district.live();
    let settled = district.audit_settled();
    assert!(settled.is_clean(), "{}", settled.text());
    district.stop();
    let mut recorded = district.recorded(0);
    let (codec, sound, events) = (Codec::built_in(), recorded.outputs.clone(), recorded.events.clone());

    let refusals = recorded.of(Kind::Reject);
    assert!(refusals.len() >= 2, "poison was refused");
    recorded.outputs.remove(refusals[0]);
    only(&recorded.judge(), &[(Code::RejectMissing, 1)], "a refusal is missing");
    recorded.outputs.clone_from(&sound);
    let doubled = sound[refusals[0]].clone();
    recorded.outputs.insert(refusals[0] + 1, doubled);
    only(&recorded.judge(), &[(Code::OutputDoubled, 1)], "a refusal twice");
    recorded.outputs.clone_from(&sound);

    let last = *recorded.marks().last().expect("a mark");
    let Ok(FlagEntry::Mark(mut mark)) = codec.decode_flag(key(&sound[last]), sound[last].value.as_deref(), None) else {
        panic!("a mark that cannot be read");
    };
    mark.events_offset -= 1;
    let mut earlier = sound[last].clone();
    earlier.value = Some(codec.encode_mark(&mark).unwrap());
    recorded.outputs.insert(last + 1, earlier);
    only(&recorded.judge(), &[(Code::MarkFell, 1)], "a mark went back");
    recorded.outputs.clone_from(&sound);

    // Another content under the right version, and a version that nothing gave rise to.
    let set = recorded.of(Kind::Flag).into_iter().find_map(|at| {
        let record = &sound[at];
        let entry = codec.decode_flag(key(record), record.value.as_deref(), None).ok()?;
        let FlagEntry::Flag(flag) = entry else { return None };
        let mut change = flag.into_change()?;
        let FlagValue::Set(flag) = &mut change.value else { return None };
        flag.grounds_total += 1;
        Some((at, change))
    });
    let (at, mut change) = set.expect("a flag");
    recorded.outputs[at].value = codec.encode_flag(&change).unwrap();
    only(&recorded.judge(), &[(Code::OutputDiffers, 1)], "falsified");
    recorded.outputs.clone_from(&sound);
    change.version.index = 4_000_000;
    let last = *recorded.of(Kind::Flag).last().unwrap();
    change.version.offset = origin(&sound[last]).offset;
    let mut record = sound[at].clone();
    record.value = codec.encode_flag(&change).unwrap();
    record.headers = vec![(keys::ORIGIN.into(), keys::origin(change.version).into())];
    recorded.outputs.insert(last + 1, record);
    let found = recorded.judge();
    assert!(found.counts.contains_key(&Code::OutputUnexpected), "made up: {:#?}", found.listed);
    recorded.outputs.clone_from(&sound);

    // The log itself.
    let end = recorded.bounds.ends[recorded.topics.events()].high;
    recorded.bounds.committed = Some(end + 1);
    assert!(recorded.judge().counts.contains_key(&Code::OffsetAhead));
    recorded.bounds.committed = Some(end);
    let unknown =
        Body { written_at: Instant::from_ms(0), content: Content::Control(Control::FoldActivated { version: 99 }) };
    let last = recorded.events.len() - 1;
    recorded.events[last].value = Some(codec.encode_event(&unknown).unwrap());
    only(&recorded.judge(), &[(Code::CannotFold, 1)], "an unknown fold");
    recorded.events = events;
    recorded.bounds.lag = 3;
    assert!(recorded.judge().counts.contains_key(&Code::NotCaughtUp));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_domains_topic_is_found_by_its_code() {
    let mut district = District::begin();
    district.live();
    let settled = district.audit_settled();
    assert!(settled.is_clean(), "{}", settled.text());
    district.stop();
    let mut recorded = district.recorded(0);
    let (codec, sound) = (Codec::built_in(), recorded.outputs.clone());
    let topic = recorded.domain("procurement");
    let places: Vec<usize> =
        (0..sound.len()).filter(|at| sound[*at].topic == topic && key(&sound[*at]) != keys::MARK.as_bytes()).collect();
    let last = *places.last().expect("flags of a domain");

    recorded.outputs.remove(last);
    only(&recorded.judge(), &[(Code::DomainBehind, 1)], "the newest is missing");
    recorded.outputs.clone_from(&sound);
    recorded.bounds.routed = false;
    recorded.outputs.remove(last);
    only(&recorded.judge(), &[(Code::NotCaughtUp, 1)], "a domain may lag as long as routing does");
    recorded.bounds.routed = true;
    recorded.outputs.clone_from(&sound);
    recorded.outputs.insert(last + 1, sound[last].clone());
    only(&recorded.judge(), &[(Code::OutputDoubled, 1)], "twice");
    recorded.outputs.clone_from(&sound);

    // A flag of another domain: it holds matters that are none of this one's.
    let foreign = recorded.domain("honours");
    let at = (0..sound.len()).find(|at| {
        let of_it = sound[*at].topic == foreign && key(&sound[*at]).ends_with(b"|honours-restriction");
        let entry = codec.decode_flag(key(&sound[*at]), sound[*at].value.as_deref(), None);
        of_it && matches!(entry, Ok(FlagEntry::Flag(flag)) if matches!(flag.value, FlagValue::Set(_)))
    });
    let mut record = sound[at.expect("a flag of honours")].clone();
    record.topic = topic;
    recorded.outputs.insert(last + 1, record);
    only(&recorded.judge(), &[(Code::DomainUnexpected, 1), (Code::DomainDiffers, 1)], "a foreign flag");
}

pub(super) fn work_that_is_lost_or_doubled_is_found(mut recorded: Recorded, at: usize) {
    only(&recorded.judge(), &[], "as it was");
    let sound = recorded.events.clone();
    let end = recorded.bounds.ends[recorded.topics.events()].high;
    let mut again = sound[at].clone();
    again.offset = end - 1;
    recorded.events.push(again);
    assert!(recorded.judge().counts.contains_key(&Code::OutputDoubled), "a second half twice");
    recorded.events = sound;
    recorded.events.truncate(at);
    recorded.bounds.committed = Some(recorded.events.last().expect("a record").offset + 1);
    recorded.outputs.clear();
    assert!(recorded.judge().counts.contains_key(&Code::ContinueLost), "a first half alone");
}
