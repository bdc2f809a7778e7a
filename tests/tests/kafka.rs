//! The whole path on a real Apache Kafka: every service a process of its own, with credentials, killed and started again.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::flag::{FlagValue, Version};
use domain::output::Happened;
use e2e::bad_input;
use e2e::event::{Record, Subject, today};
use e2e::installation::{Installation, PARTITIONS, Service, Tuned, caught_up};
use e2e::kafka::{self, read_committed, write, write_again};
use e2e::playground::Playground;
use e2e::register::Credentials;
use e2e::stock::{Published, Stock};
use e2e::story::{self, BID, HONOURS, INSPECTION, RESTRICTED, SUBSIDY, Telling};
use e2e::told;
use jiff::ToSpan;
use schemas::token::Token;
use schemas::{Codec, FlagEntry, Rejection};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The longest anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// One register at a time: a machine of two cores runs the broker and four services for each.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What a subscriber of a flag topic has seen: per key the versions, in their order, and whether they set or lift.
#[derive(Default)]
struct Seen {
    by_key: BTreeMap<(String, String), Vec<(Version, Published)>>,
    origins: BTreeSet<Version>,
    /// Per partition how far its marks say that it stands for.
    reached: BTreeMap<i32, i64>,
}

/// Reads a flag topic as a subscriber does, until its marks stand for everything that the token does.
fn subscribe(installation: &Installation, topic: &str, token: &str) -> Seen {
    let goal = Token::decode(token).unwrap().offsets;
    let (codec, mut seen) = (Codec::built_in(), Seen::default());
    let topic = installation.topic(topic);
    read_committed(&installation.kafka, &topic, PATIENCE, |read| {
        match read.flag(&codec)? {
            FlagEntry::Mark(mark) => {
                seen.reached.insert(read.partition, mark.events_offset);
            }
            FlagEntry::Flag(flag) => {
                let origin = read.origin.as_deref().and_then(schemas::topics::keys::parse_origin);
                assert_eq!(origin, Some(flag.version), "the header of {topic} says otherwise");
                assert!(seen.origins.insert(flag.version), "{} stands twice in {topic}", flag.version);
                assert_eq!(flag.version.partition, read.partition, "a flag left its subject's partition");
                let what = match flag.value {
                    FlagValue::Set(_) => Published::Set,
                    FlagValue::Lifted(_) => Published::SetAndLifted,
                    FlagValue::Tombstone => panic!("a tombstone within the first 400 days"),
                };
                let versions = seen.by_key.entry((flag.subject, flag.measure.to_string())).or_default();
                assert!(versions.last().is_none_or(|(last, _)| *last < flag.version), "a version fell in {topic}");
                versions.push((flag.version, what));
            }
        }
        let arrived = |(partition, offset): (i32, &i64)| seen.reached.get(&partition).is_some_and(|at| at > offset);
        Ok((0..).zip(&goal).filter(|(_, offset)| **offset >= 0).all(arrived))
    })
    .unwrap();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_the_same_with_every_service_apart() {
    let _alone = ALONE.lock().await;
    let mut installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    story::tell(&installation.register, Telling::new(today().unwrap(), 1)).await.unwrap();

    // A subscriber of a domain sees every change once, in rising versions.
    let today = today().unwrap();
    let firm = Subject::firm(8_001);
    let court = Record::defaulter("8001", &firm, today.saturating_sub(2.days()));
    installation.register.accepted(&court.upserted(1, json!({ "ground": 2 }))).await.unwrap();
    installation.register.accepted(&court.served(today.saturating_sub(1.days()))).await.unwrap();
    let token = installation.register.accepted(&court.withdrawn(2, today)).await.unwrap();
    for (matter, measure) in RESTRICTED {
        let domain = matter.split('.').next().unwrap();
        let seen = subscribe(&installation, &format!("flags.{domain}"), &token);
        let versions = &seen.by_key[&(firm.key(), measure.to_owned())];
        let what: Vec<Published> = versions.iter().map(|(_, what)| *what).collect();
        assert_eq!(what, [Published::Set, Published::SetAndLifted], "{measure}");
        let foreign = seen.by_key.keys().find(|(_, measure)| measure == "licence-fast-lane");
        assert!(foreign.is_none(), "a domain sees the flags of another: {foreign:?}");
    }

    // A lead is pushed to those who enforce, as a task, and taken back when its case is closed.
    let firm = Subject::firm(8_002);
    let lead = Record::registration_lead("8002", &firm, today.saturating_sub(1.days()));
    let found = |state: &str| json!({ "found_by": "comparison", "state": state });
    installation.register.accepted(&lead.upserted(1, found("open"))).await.unwrap();
    let token = installation.register.accepted(&lead.corrected(2, found("closed"))).await.unwrap();
    let seen = subscribe(&installation, "flags.inspection", &token);
    let task = &seen.by_key[&(firm.key(), "registration-fraud-task".to_owned())];
    let what: Vec<Published> = task.iter().map(|(_, what)| *what).collect();
    assert_eq!(what, [Published::Set, Published::SetAndLifted]);

    // Nobody is named by a topic or a log: people have pseudonyms, and those of a domain are its own.
    let person = Subject::person(1_004);
    let seen = subscribe(&installation, "flags", &token);
    let people: BTreeSet<&String> = seen.by_key.keys().map(|(s, _)| s).filter(|s| s.starts_with("person")).collect();
    assert_eq!(people.len(), 1, "the story is about one person");
    let of_domain = subscribe(&installation, "flags.subsidy", &token);
    let own: BTreeSet<&String> = of_domain.by_key.keys().map(|(s, _)| s).filter(|s| s.starts_with("person")).collect();
    assert!(own.len() == 1 && own.is_disjoint(&people), "{own:?} {people:?}");
    assert!(!installation.logs().unwrap().contains(person.id()), "a log names a person");

    for service in Service::ALL {
        let metrics =
            installation.register.get(&format!("{}/metrics", installation.admin(service)), None).await.unwrap();
        let text = metrics.body.as_str().unwrap();
        assert!(text.contains("standing_") && !text.contains(firm.id()), "{text}");
        installation.await_ready(service).await.unwrap();
    }
    // An auditor from outside finds nothing, beside the register at work; and finds what is written by whom it must not.
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["clean"], true, "{audit:#}");
    let flags = installation.topic("flags");
    let mut doubled = None;
    read_committed(&installation.kafka, &flags, PATIENCE, |read| {
        doubled = (read.key != schemas::topics::keys::MARK.as_bytes()).then(|| read.clone());
        Ok(doubled.is_some())
    })
    .unwrap();
    write_again(&installation.kafka, &flags, &doubled.unwrap()).unwrap();
    let audit = installation.audit(&[]).unwrap();
    assert_eq!((audit["clean"].as_bool(), audit["doubled"].as_u64()), (Some(false), Some(1)), "{audit:#}");
    assert_eq!(audit["codes"][0]["code"], "audit.output-doubled", "{audit:#}");
    installation.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_credential_nothing_is_answered() {
    let _alone = ALONE.lock().await;
    let installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let (register, today) = (&installation.register, today().unwrap());
    let Credentials::Tokens { departments, consumers } = &register.credentials else { panic!("this is no playground") };
    let firm = Subject::firm(8_101);
    let event = Record::defaulter("8101", &firm, today).upserted(1, json!({ "ground": 2 })).to_string();
    let question = register.question(BID, &firm, None).unwrap().to_string();
    let (events, check) =
        (format!("{}/v1/events", register.addresses.intake), format!("{}/v1/check", register.addresses.gate));
    let lookup = format!("{}/v1/subjects/lookup", register.addresses.profile);
    let consumer = |id: &str| consumers.iter().find(|c| c.id == id).unwrap().token.as_str();
    let fire = departments["district.fire"].as_str();
    let (procurement, honours) = (consumer("district.finance.procurement"), consumer("district.market.honours"));
    for (url, body, token, status, code) in [
        (&events, &event, None, 401, "credential.missing"),
        (&events, &event, Some("standing_wrong"), 401, "credential.unknown"),
        (&events, &event, Some(fire), 403, "credential.not-entitled"),
        (&events, &event, Some(procurement), 403, "credential.not-entitled"),
        (&check, &question, None, 401, "credential.missing"),
        (&check, &question, Some("standing_wrong"), 401, "credential.unknown"),
        (&check, &question, Some(honours), 403, "credential.not-entitled"),
        (&check, &question, Some(fire), 403, "credential.not-entitled"),
        (&lookup, &question, None, 401, "credential.missing"),
        (&lookup, &question, Some(honours), 403, "credential.not-entitled"),
    ] {
        let answer = register.post(url, token, "application/json", body.clone()).await.unwrap();
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{url} with {:?}: {answer:?}",
            token.map(|t| &t[..9])
        );
    }
    // A consumer that may not ask about people is told nothing of them.
    let person =
        json!({ "consumer": "district.market.honours", "matter": HONOURS, "subject": Subject::person(1).identity() });
    let answer = register.post(&check, Some(honours), "application/json", person.to_string()).await.unwrap();
    assert_eq!((answer.status, answer.code()), (403, "credential.not-entitled"), "{answer:?}");
    let logs = installation.logs().unwrap();
    let secrets = departments.values().chain(consumers.iter().map(|c| &c.token));
    assert!(secrets.into_iter().all(|token| !logs.contains(token.as_str())), "a log repeats a token");
}

fn rejections(installation: &Installation, count: usize) -> Vec<Rejection> {
    let (codec, mut found) = (Codec::built_in(), Vec::new());
    read_committed(&installation.kafka, &installation.topic("rejects"), PATIENCE, |read| {
        found.push(codec.decode_reject(read.value.as_deref().unwrap_or_default())?);
        Ok(found.len() == count)
    })
    .unwrap();
    // In the order of the inbox: refusals without a subject have no partition of their own.
    found.sort_by_key(|rejection: &Rejection| rejection.place.as_ref().map(|place| place.offset));
    found
}

/// Departments that write to Kafka themselves are heard like those that call, and what they get wrong is on record.
#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_takes_events_and_its_refusals_are_on_record() {
    let _alone = ALONE.lock().await;
    let installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let (register, today) = (&installation.register, today().unwrap());
    let (issued_on, served_on) = (today.saturating_sub(2.days()), today.saturating_sub(1.days()));
    let bytes = |event: Value| event.to_string().into_bytes();

    let firm = Subject::firm(8_201);
    let fire = Record::fire_penalty("8201", &firm, issued_on);
    let values = [bytes(fire.upserted(1, json!({ "severity": "serious" }))), bytes(fire.served(served_on))];
    write(&installation.kafka, &installation.topic("inbox.district.fire"), "8201", &values).unwrap();
    register.await_decision(INSPECTION, &firm, "supervised", PATIENCE).await.unwrap();

    // Every fault between two good events. A broker takes no record of ten megabytes in the first place.
    let bad: Vec<_> = bad_input::all(today).into_iter().filter(|bad| bad.code != "event.too-large").collect();
    let firm = Subject::firm(8_202);
    let court = Record::defaulter("8202", &firm, issued_on);
    let mut values = vec![bytes(court.upserted(1, json!({ "ground": 2 })))];
    values.extend(bad.iter().map(|bad| bad.bytes.clone()));
    values.push(bytes(court.served(served_on)));
    write(&installation.kafka, &installation.topic("inbox.district.court"), "8202", &values).unwrap();
    register.await_decision(SUBSIDY, &firm, "restricted", PATIENCE).await.unwrap();

    let found = rejections(&installation, bad.len());
    for (bad, rejection) in bad.iter().zip(&found) {
        assert_eq!(rejection.code, bad.code, "{}: {rejection:?}", bad.what);
        let place = rejection.place.as_ref().unwrap();
        assert_eq!(place.topic, installation.topic("inbox.district.court"));
        assert_eq!(rejection.bytes, Some(bad.bytes.len() as u64));
        assert_eq!(rejection.digest.as_ref().map(String::len), Some(64), "{rejection:?}");
        // Hexadecimal digits may be any.
        let told = format!("{:?}", Rejection { digest: None, ..rejection.clone() });
        assert!(!told.contains("99000020") && !told.contains("9199"), "a refusal names a subject: {told}");
    }
    // A department speaks for itself alone.
    let other = bytes(Record::defaulter("8203", &Subject::firm(8_203), issued_on).upserted(1, json!({ "ground": 2 })));
    write(&installation.kafka, &installation.topic("inbox.district.fire"), "8203", &[other]).unwrap();
    let found = rejections(&installation, bad.len() + 1);
    assert_eq!(found.iter().filter(|r| r.code == "credential.not-entitled").count(), 1);
}

/// The profile, and then the flags service, killed in the middle of the stream and started again, twice.
#[tokio::test(flavor = "multi_thread")]
async fn services_killed_in_the_middle_lose_nothing_and_double_nothing() {
    let _alone = ALONE.lock().await;
    let mut installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let stock = Stock::new(10_000, 2_400, today().unwrap());
    let chunks: Vec<&[Value]> = stock.events.chunks(stock.events.len().div_ceil(12)).collect();
    let mut token = String::new();
    for (number, events) in chunks.iter().enumerate() {
        // The kill falls into the folding of what was just sent.
        token = installation.register.accepted_all("district.court", events).await.unwrap();
        match number {
            2 | 7 => installation.kill(Service::Profile).unwrap(),
            4 | 9 => installation.restart(Service::Profile).unwrap(),
            5 => installation.kill(Service::Flags).unwrap(),
            6 => installation.restart(Service::Flags).unwrap(),
            _ => {}
        }
    }
    for service in Service::ALL {
        installation.await_ready(service).await.unwrap();
    }

    let published = stock.published();
    for topic in ["flags", "flags.subsidy", "flags.procurement", "flags.honours"] {
        let seen = subscribe(&installation, topic, &token);
        assert_eq!(seen.reached.len(), usize::try_from(PARTITIONS).unwrap());
        let own = |measure: &str| {
            topic == "flags"
                || RESTRICTED
                    .iter()
                    .any(|(matter, of)| *of == measure && topic.strip_prefix("flags.") == matter.split('.').next())
        };
        let mut missing: BTreeMap<_, _> = published.iter().filter(|((_, measure), _)| own(measure)).collect();
        for ((subject, measure), versions) in &seen.by_key {
            let Some((_, name)) = RESTRICTED.iter().find(|(_, name)| *name == measure.as_str()) else { continue };
            let expected = missing.remove(&(subject.clone(), *name));
            let what: Vec<Published> = versions.iter().map(|(_, what)| *what).collect();
            let right = match expected {
                Some(Published::Set) => what == [Published::Set],
                Some(Published::SetAndLifted) => what == [Published::Set, Published::SetAndLifted],
                None => false,
            };
            assert!(right, "{topic}: {subject} {measure} should be {expected:?}, was {what:?}");
        }
        assert!(missing.is_empty(), "{topic} lacks {} flags: {:?}", missing.len(), missing.iter().next());
    }

    for (matter, _) in RESTRICTED {
        let decisions = installation.register.decisions(matter, &stock.firms, Some(&token)).await.unwrap();
        assert_eq!(decisions, stock.decisions(), "{matter}");
    }
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["clean"], true, "{audit:#}");
    assert_eq!(audit["audited"].as_array().map(Vec::len), usize::try_from(PARTITIONS).ok());
    installation.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_tells_the_story_on_kafka_too() {
    let _alone = ALONE.lock().await;
    let playground = Playground::start(&["--now", "2026-05-10", "--kafka", &kafka::address().unwrap()]).unwrap();
    let telling = Telling::new(jiff::civil::date(2026, 5, 10), 1);
    story::tell(&playground.register, telling).await.unwrap();
    story::time_ends_it(&playground.register, telling).await.unwrap();
}

/// Two profiles share the partitions: whichever is asked, the one that owns the subject answers, with the same record. When
/// one leaves for good, the other has everything at once: a session would last longer than is waited for here.
#[tokio::test(flavor = "multi_thread")]
async fn any_profile_answers_a_lookup_of_any_subject() {
    let _alone = ALONE.lock().await;
    let tuned = Tuned { session_timeout: Some("180s".to_owned()), ..Tuned::default() };
    let mut installation = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let today = today().unwrap();
    let firms: Vec<Subject> = (0..24).map(|number| Subject::firm(7_000 + number)).collect();
    for (number, firm) in firms.iter().enumerate() {
        let record = Record::defaulter(&format!("{number}"), firm, today.saturating_sub(2.days()));
        installation.register.accepted(&record.upserted(1, json!({ "ground": 2 }))).await.unwrap();
    }
    let (mut second, address) = installation.start_second_profile().await.unwrap();
    let mut through_second = installation.register.clone();
    through_second.addresses.profile = address;
    assert!(caught_up(&second).unwrap() > 0, "the second profile owns nothing, so that nothing is passed on");
    for firm in &firms {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answers = [installation.register.lookup(BID, firm).await, through_second.lookup(BID, firm).await];
            match answers {
                [Ok(first), Ok(other)] => {
                    assert_eq!(first["records"], other["records"]);
                    assert_eq!(first["records"].as_array().unwrap().len(), 1, "{first:#}");
                    assert_ne!(first["decision_id"], other["decision_id"], "each is on record");
                    break;
                }
                // A partition that has just moved is not live for a moment, and says so.
                [first, other] => assert!(Instant::now() < deadline, "{first:?} {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(second.leave(PATIENCE).unwrap().success());
    let deadline = Instant::now() + PATIENCE;
    for firm in &firms {
        while let Err(error) = installation.register.lookup(BID, firm).await {
            assert!(Instant::now() < deadline, "{error:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Two profiles share the partitions: whichever is asked, it lists the open cases of all of them, each once and in the same order.
#[tokio::test(flavor = "multi_thread")]
async fn any_profile_lists_the_cases_of_every_partition() {
    let _alone = ALONE.lock().await;
    let tuned = Tuned { session_timeout: Some("6s".to_owned()), ..Tuned::default() };
    let mut installation = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let today = today().unwrap();
    let mut wanted: BTreeMap<String, bool> = BTreeMap::new();
    for number in 0..24 {
        // Every third was to be served weeks ago.
        let late = number % 3 == 0;
        let issued_on = today.saturating_sub(if late { 40.days() } else { 1.days() });
        let record = Record::fire_penalty(&format!("{number}"), &Subject::firm(7_100 + number), issued_on);
        installation.register.accepted(&record.upserted(1, json!({ "severity": "serious" }))).await.unwrap();
        wanted.insert(record.record_id, late);
    }
    let (mut second, address) = installation.start_second_profile().await.unwrap();
    let mut through_second = installation.register.clone();
    through_second.addresses.profile = address;
    let owned = caught_up(&second).unwrap();
    assert!(
        owned > 0 && owned < usize::try_from(PARTITIONS).unwrap(),
        "nothing is passed on: {owned} partitions moved"
    );

    // Whoever asks, and whom: the department its own, who oversees it that of all, page by page over both instances.
    let record = |case: &Value| case["record"]["record_id"].as_str().unwrap().to_owned();
    for (asker, question, overdue) in [
        ("district.fire", json!({}), false),
        ("district.fire", json!({ "task": "notice_service", "overdue": true }), true),
        ("district.credit-centre", json!({ "department": "district.fire" }), false),
        ("district.credit-centre", json!({ "overdue": true }), true),
    ] {
        let all: BTreeSet<&String> =
            wanted.iter().filter(|(_, late)| !overdue || **late).map(|(record, _)| record).collect();
        let deadline = Instant::now() + PATIENCE;
        let [one, other] = loop {
            let lists =
                [installation.register.cases(asker, &question).await, through_second.cases(asker, &question).await];
            match lists {
                [Ok(one), Ok(other)] if one.len() >= all.len() && other.len() >= all.len() => break [one, other],
                // A partition that has just moved is not live for a moment, and says so.
                lists => assert!(Instant::now() < deadline, "{asker} {question}: {lists:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(one, other, "{asker} {question}");
        let found: Vec<String> = one.iter().map(record).collect();
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), all, "{asker} {question}");
        assert_eq!(found.len(), all.len(), "a case is listed twice: {found:?}");
    }
    for register in [&installation.register, &through_second] {
        assert_eq!(register.cases("district.market", &json!({})).await.unwrap(), Vec::<Value>::new());
        for (asker, question, status, code) in [
            ("district.market", json!({ "department": "district.fire" }), 403, "credential.not-entitled"),
            ("district.credit-centre", json!({ "department": "district.nobody" }), 422, "department.unknown"),
            ("district.fire", json!({ "after": { "partition": PARTITIONS, "key": null } }), 422, "field.invalid"),
            ("district.fire", json!({ "after": { "partition": 7, "key": "00" } }), 422, "field.invalid"),
        ] {
            let Credentials::Tokens { departments, .. } = &register.credentials else { panic!("no playground") };
            let (url, token) = (format!("{}/v1/cases", register.addresses.profile), departments[asker].as_str());
            let answer = register.post(&url, Some(token), "application/json", question.to_string()).await.unwrap();
            assert_eq!((answer.status, answer.code()), (status, code), "{question}: {answer:?}");
        }
    }

    // Killed, it takes its cases to the other: what was served meanwhile is no case any more.
    second.kill().unwrap();
    let served = Record::fire_penalty("1", &Subject::firm(7_101), today.saturating_sub(1.days()));
    installation.register.accepted(&served.served(today)).await.unwrap();
    wanted.remove(&served.record_id);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = installation.register.cases("district.fire", &json!({})).await;
        match list {
            Ok(list) if list.len() == wanted.len() => {
                assert_eq!(list.iter().map(record).collect::<BTreeSet<_>>(), wanted.keys().cloned().collect());
                break;
            }
            list => assert!(Instant::now() < deadline, "{list:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The service that tells is killed after the decision, after the correction, and again: each decision is told once of each
/// correction, in the topic of all and in its domain's, and a person has the domain's pseudonym there.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_decided_is_told_once_also_when_the_service_is_killed() {
    let _alone = ALONE.lock().await;
    let mut installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let (register, telling) = (installation.register.clone(), Telling::new(today().unwrap(), 9));
    told::tell(&register, telling, PATIENCE).await.unwrap();
    told::tell_of_ratings(&register, telling, PATIENCE).await.unwrap();

    let mut all = Vec::new();
    for (number, subject) in
        (0..6).map(|n| if n % 2 == 0 { Subject::firm(9_500 + n) } else { Subject::person(9_500 + n) }).enumerate()
    {
        all.push(told::restricted(&register, telling, &subject, &format!("虚构案9-{number}")).await.unwrap());
    }
    for (round, decided) in all.iter().enumerate() {
        installation.kill(Service::Flags).unwrap();
        register.accepted(&decided.record.withdrawn(2, telling.today)).await.unwrap();
        installation.restart(Service::Flags).unwrap();
        if round % 2 == 1 {
            told::corrections(&register, decided, 1, PATIENCE).await.unwrap();
        }
    }
    let ids: BTreeSet<&str> = all.iter().map(|decided| decided.id.as_str()).collect();
    for decided in &all {
        told::corrections(&register, decided, 1, PATIENCE).await.unwrap();
    }
    installation.kill(Service::Flags).unwrap();
    installation.restart(Service::Flags).unwrap();
    installation.await_ready(Service::Flags).await.unwrap();
    for decided in &all {
        assert_eq!(told::corrections(&register, decided, 1, PATIENCE).await.unwrap().len(), 1, "told once");
    }

    let codec = Codec::built_in();
    for topic in ["corrections", "corrections.procurement"] {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        read_committed(&installation.kafka, &installation.topic(topic), PATIENCE, |read| {
            let correction = codec.decode_correction(read.value.as_deref().unwrap())?;
            assert_eq!(read.key, correction.subject.as_bytes());
            let known = all.iter().find(|decided| decided.id == correction.decision_id);
            if let Some(decided) = known {
                assert_eq!(correction.happened, Happened::Withdrawn);
                assert_eq!(correction.document.as_ref().unwrap().number, decided.record.record_id);
                assert_eq!(
                    correction.record.is_none(),
                    decided.subject.is_person(),
                    "a person's record is not numbered"
                );
                assert!(correction.case.as_deref().unwrap().starts_with("虚构案9-"));
                *seen.entry(correction.decision_id.clone()).or_default() += 1;
            }
            Ok(seen.len() == ids.len())
        })
        .unwrap();
        assert!(seen.values().all(|times| *times == 1), "{topic}: {seen:?}");
        assert_eq!(seen.keys().map(String::as_str).collect::<BTreeSet<_>>(), ids);
    }
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["clean"], true, "{audit:#}");
    installation.stop().unwrap();
}
