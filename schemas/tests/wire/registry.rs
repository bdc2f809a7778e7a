//! The codec against a schema registry: a small one that speaks the two calls, and misbehaves when told to.

use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use schemas::topics::Topics;
use schemas::{Codec, Credentials, ErrorKind, Kind, RegistrySettings, SetupError, code};
use serde_json::{Value, json};

use crate::registry_mock::{Mode, Registry};
use crate::samples;

fn topics() -> Topics {
    Topics::new("standing", NonZeroU16::MIN, NonZeroU16::MIN).unwrap()
}

fn codec(registry: &Registry) -> Codec {
    let settings = RegistrySettings {
        urls: vec![registry.url.clone()],
        request_timeout: Duration::from_secs(20),
        attempts: 1,
        ..RegistrySettings::default()
    };
    Codec::with_registry(settings, topics()).unwrap()
}

fn body() -> domain::event::Body {
    samples::bodies().into_iter().find(|(name, _)| name == "record.upserted").unwrap().1
}

/// The golden datum of an upsert under another schema id.
fn under(id: u32) -> Vec<u8> {
    let mut value = Codec::built_in().encode_event(&body()).unwrap().to_vec();
    value[1..5].copy_from_slice(&id.to_be_bytes());
    value
}

#[test]
fn ids_are_the_registrys_and_another_process_reads_them() {
    let registry = Registry::start();
    let value = codec(&registry).encode_event(&body()).unwrap();
    assert_eq!(value[..5], [0, 0, 0, 0, 1]);
    assert_eq!(registry.subjects(), ["standing.events-value"]);
    assert_eq!(codec(&registry).decode_event(&value).unwrap(), body());
}

#[test]
fn every_kind_is_registered_once_under_its_topic() {
    let registry = Registry::start();
    let codec = codec(&registry);
    codec.prepare().unwrap();
    codec.prepare().unwrap();
    codec.register(Kind::Flag, "standing.flags.subsidy").unwrap();
    let subjects = registry.subjects();
    assert_eq!(subjects.len(), Kind::ALL.len() + 1, "{subjects:?}");
    assert!(subjects.contains(&"standing.flags.subsidy-value".to_owned()));
}

#[test]
fn many_threads_that_need_one_schema_ask_for_it_once() {
    let registry = Registry::start();
    registry.put(Kind::Event.current());
    let codec = codec(&registry);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(codec.decode_event(&under(1)).unwrap(), body()));
        }
    });
    assert_eq!(registry.requests(), 1);
}

#[test]
fn an_id_the_registry_does_not_know_is_malformed_and_asked_once() {
    let registry = Registry::start();
    let codec = codec(&registry);
    for _ in 0..3 {
        let error = codec.decode_event(&under(42)).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Malformed, code::SCHEMA_UNKNOWN));
    }
    assert_eq!(registry.requests(), 1);
    assert_eq!(codec.decode_event(&under(u32::MAX)).unwrap_err().code, code::SCHEMA_UNKNOWN);
    assert_eq!(registry.requests(), 1, "an id no registry gives is not asked for");
}

#[test]
fn a_registry_that_does_not_answer_is_waited_for_and_nothing_is_lost() {
    let registry = Registry::start();
    registry.put(Kind::Event.current());
    for mode in [Mode::Broken, Mode::Garbage, Mode::Closed] {
        let codec = codec(&registry);
        registry.set(mode);
        let error = codec.decode_event(&under(1)).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Retry, code::SCHEMA_UNAVAILABLE), "{mode:?}");
        let error = codec.encode_event(&body()).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Retry, code::SCHEMA_UNAVAILABLE), "{mode:?}");
        registry.set(Mode::Well);
        let patience = Instant::now() + Duration::from_secs(30);
        let read = loop {
            match codec.decode_event(&under(1)) {
                Ok(read) => break read,
                Err(error) => assert!(error.kind == ErrorKind::Retry && Instant::now() < patience, "{mode:?}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(read, body());
    }
}

#[test]
fn a_flood_does_not_ask_a_silent_registry_record_by_record() {
    let registry = Registry::start();
    registry.set(Mode::Broken);
    let codec = codec(&registry);
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(codec.decode_event(&under(1)).unwrap_err().kind, ErrorKind::Retry);
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(registry.requests() <= seconds + 1, "{} requests in {seconds} s", registry.requests());
}

#[test]
fn what_was_read_once_is_read_without_the_registry() {
    let registry = Registry::start();
    let codec = codec(&registry);
    let value = codec.encode_event(&body()).unwrap();
    assert_eq!(codec.decode_event(&value).unwrap(), body());
    registry.set(Mode::Broken);
    assert_eq!(codec.decode_event(&value).unwrap(), body());
    assert_eq!(codec.encode_event(&body()).unwrap(), value);
    let built_in = Codec::built_in().encode_event(&body()).unwrap();
    assert_eq!(codec.decode_event(&built_in).unwrap(), body(), "the built-in set needs no registry");
}

/// The schema of events with something added to its record of an event.
fn evolved(change: impl Fn(&mut Vec<Value>)) -> String {
    let mut schema: Value = serde_json::from_str(Kind::Event.current()).unwrap();
    change(schema["fields"][1]["type"][0]["fields"].as_array_mut().unwrap());
    schema.to_string()
}

/// A field of an enum, before all others, where every value has its first symbol.
fn with_an_enum() -> String {
    let symbols = json!({"type": "enum", "name": "Channel", "symbols": ["http", "kafka"], "default": "http"});
    evolved(|fields| fields.insert(0, json!({"name": "channel", "type": symbols, "default": "http"})))
}

/// An upsert as a writer of [`with_an_enum`] writes it: the symbol stands before the source.
fn of_a_newer_writer(id: u32) -> Vec<u8> {
    let mut value = under(id);
    let source = value.windows(13).position(|part| part == b"district.fire").unwrap();
    value.insert(source - 1, 2);
    value
}

#[test]
fn a_newer_schema_is_read_by_avros_own_rules() {
    let registry = Registry::start();
    let id = registry.put(&with_an_enum());
    assert_eq!(codec(&registry).decode_event(&of_a_newer_writer(id)).unwrap(), body());
}

#[test]
fn a_value_of_a_newer_schema_cut_off_anywhere_is_malformed() {
    let registry = Registry::start();
    let id = registry.put(&with_an_enum());
    let codec = codec(&registry);
    let value = of_a_newer_writer(id);
    for length in 5..value.len() {
        let error = codec.decode_event(&value[..length]).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Malformed, code::VALUE_MALFORMED), "cut to {length}");
    }
    let mut longer = value;
    longer.push(0);
    assert_eq!(codec.decode_event(&longer).unwrap_err().code, code::VALUE_TRAILING);
}

#[test]
fn schemas_that_cannot_be_read_as_ours_stop_the_reader() {
    let registry = Registry::start();
    let recursive = json!({"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]});
    let bad = [
        ("a field is missing", evolved(|fields| fields.retain(|field| field["name"] != "source"))),
        (
            "a part takes no bytes",
            evolved(|fields| {
                fields.push(json!({"name": "bomb", "type": {"type": "array", "items": "null"}, "default": []}));
            }),
        ),
        (
            "a type within itself",
            evolved(|fields| {
                fields.push(json!({"name": "chain", "type": ["null", recursive], "default": null}));
            }),
        ),
        ("no schema", "{}".to_owned()),
    ];
    for (what, schema) in bad {
        let id = registry.put(&schema);
        let error = codec(&registry).decode_event(&under(id)).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Unsupported, code::SCHEMA_INCOMPATIBLE), "{what}");
    }
    let other = registry.put(Kind::Reject.current());
    let error = codec(&registry).decode_event(&under(other)).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Malformed, code::SCHEMA_OTHER_KIND));
}

#[test]
fn a_registry_that_refuses_our_schema_is_not_asked_for_ever() {
    let registry = Registry::start();
    registry.set(Mode::Refusing);
    let error = codec(&registry).encode_event(&body()).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Unsupported, code::SCHEMA_REFUSED));
    assert!(error.what.contains("incompatible with an earlier schema"), "{error}");
    assert_eq!(registry.requests(), 1);
}

#[test]
fn the_next_address_is_tried_and_credentials_are_sent_but_never_shown() {
    let registry = Registry::start();
    registry.set(Mode::Guarded);
    let with = |credentials| RegistrySettings {
        urls: vec!["http://127.0.0.1:9/closed".to_owned(), format!("{}/", registry.url)],
        credentials,
        request_timeout: Duration::from_secs(20),
        attempts: 1,
    };
    let settings = with(Credentials::Basic { user: "standing".to_owned(), password: "fictitious".to_owned() });
    assert!(!format!("{settings:?}").contains("fictitious"));
    Codec::with_registry(settings, topics()).unwrap().encode_event(&body()).unwrap();

    let wrong = Codec::with_registry(with(Credentials::Bearer("wrong-token".to_owned())), topics()).unwrap();
    let error = wrong.encode_event(&body()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Retry);
    assert!(error.what.contains("401") && !error.to_string().contains("wrong-token"), "{error}");
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let with = |urls: &[&str], attempts| {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        Codec::with_registry(RegistrySettings { urls, attempts, ..RegistrySettings::default() }, topics()).err()
    };
    assert!(matches!(with(&[], 1), Some(SetupError::NoAddress)));
    assert!(matches!(with(&["registry:8081"], 1), Some(SetupError::Address)));
    assert!(matches!(with(&["http://registry:8081"], 0), Some(SetupError::NoAttempt)));
}
