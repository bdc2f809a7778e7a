//! Settings: what is read, and that every fault of a file is reported at once.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::net::SocketAddr;

use kit::settings::{self, ByteSize, HumanDuration, Invalid, Problems, Secret, Sources, Validate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Service {
    http: Http,
    kafka: Kafka,
    department: Vec<Department>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Http {
    listen: SocketAddr,
    requests_max: u16,
    timeout: HumanDuration,
    body_max: ByteSize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kafka {
    brokers: String,
    password: Secret,
    topics: Vec<String>,
    acks: Acks,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Acks {
    #[default]
    All,
    Leader,
}

/// No defaults: what is missing here is a fault of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Department {
    name: String,
    window: HumanDuration,
    acks: Acks,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            requests_max: 64,
            timeout: HumanDuration::from_secs(30),
            body_max: ByteSize::from_mib(1),
        }
    }
}

impl Validate for Service {
    fn validate(&self, problems: &mut Problems) {
        problems.section("http", &self.http);
        problems.require("kafka.brokers", !self.kafka.brokers.is_empty());
        for (index, department) in self.department.iter().enumerate() {
            problems.section(&format!("department[{index}]"), department);
        }
    }
}

impl Validate for Http {
    fn validate(&self, problems: &mut Problems) {
        problems.check("requests_max", self.requests_max > 0, "is zero", "allow at least one request");
    }
}

impl Validate for Department {
    fn validate(&self, problems: &mut Problems) {
        let dotted = self.name.contains('.');
        problems.check("name", dotted, "is no department", "write it as in the catalogue: district.fire");
    }
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Service, Invalid> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let sources = Sources::default().file(Some(file.path())).variables(variables.iter().copied());
    settings::load_from(sources).map_err(|invalid| {
        let name = file.path().display().to_string();
        let mut faults = invalid.faults;
        for fault in &mut faults {
            fault.origin = fault.origin.replace(&name, "a.toml");
        }
        Invalid { faults }
    })
}

fn lines(invalid: &Invalid) -> Vec<String> {
    invalid.faults.iter().map(|fault| format!("{} {} {}", fault.origin, fault.key, fault.code)).collect()
}

const GOOD: &str = r#"
[http]
listen = "127.0.0.1:0"
timeout = "1m30s"
body_max = "64MiB"

[kafka]
brokers = "a:9092,b:9092"
password = "hunter2"
topics = ["虚构"]

[[department]]
name = "district.fire"
window = "8h"
acks = "leader"
"#;

#[test]
fn a_file_and_the_defaults_make_the_settings() {
    let service = load(GOOD, &[]).unwrap();
    assert_eq!(service.http.timeout, HumanDuration::from_secs(90));
    assert_eq!(service.http.body_max, ByteSize::from_mib(64));
    assert_eq!(service.http.requests_max, 64);
    assert_eq!(service.department[0].acks, Acks::Leader);
}

#[test]
fn variables_win_over_the_file_and_are_read_as_what_the_field_is() {
    let variables = [
        ("STANDING__KAFKA__PASSWORD", "12345"),
        ("STANDING__HTTP__REQUESTS_MAX", "7"),
        ("STANDING__HTTP__TIMEOUT", "100ms"),
        ("STANDING__KAFKA__TOPICS", "a, b"),
        ("STANDING__KAFKA__ACKS", "leader"),
        ("STANDING_CACHE", "not ours"),
    ];
    let service = load(GOOD, &variables).unwrap();
    assert_eq!(service.kafka.password.expose(), "12345");
    assert_eq!(service.http.requests_max, 7);
    assert_eq!(service.http.timeout, HumanDuration::from_millis(100));
    assert_eq!(service.kafka.topics, ["a", "b"]);
    assert_eq!(service.kafka.acks, Acks::Leader);
    let listed = load(GOOD, &[("STANDING__KAFKA__TOPICS", r#"["x", "y"]"#)]).unwrap();
    assert_eq!(listed.kafka.topics, ["x", "y"]);
}

#[test]
fn variables_alone_are_enough() {
    let sources = Sources::default().variables([("STANDING__KAFKA__BROKERS", "a:9092")]);
    assert_eq!(settings::load_from::<Service>(sources).unwrap().kafka.brokers, "a:9092");
}

#[test]
fn all_faults_of_all_kinds_are_reported_at_once_with_their_lines() {
    let text = r#"[http]
listen = "nowhere"
requests_max = 70000
timeout = 30
body_max = "64"
colour = "red"

[kafka]
password = 12345
acks = "most"

[[department]]
name = "fire"
windw = "8h"

[[department]]
name = 7
window = "8h"
acks = "leader"

[[department]]
name = "housing"
window = "1w"
acks = "all"

[tail]
x = 1
"#;
    let invalid = load(text, &[("STANDING__HTTP__REQESTS_MAX", "1"), ("STANDING__KAFKA__TOPICS", "{")]).unwrap_err();
    assert_eq!(
        lines(&invalid),
        [
            "a.toml:2 http.listen settings.invalid",
            "a.toml:3 http.requests_max settings.invalid",
            "a.toml:4 http.timeout settings.invalid",
            "a.toml:5 http.body_max settings.invalid",
            "a.toml:6 http.colour settings.unknown-key",
            "a.toml:8 kafka.brokers settings.missing",
            "a.toml:9 kafka.password settings.invalid",
            "a.toml:10 kafka.acks settings.invalid",
            "a.toml:12 department[0].window settings.missing",
            "a.toml:12 department[0].acks settings.missing",
            "a.toml:14 department[0].windw settings.unknown-key",
            "a.toml:17 department[1].name settings.invalid",
            "a.toml:22 department[2].name settings.invalid",
            "a.toml:23 department[2].window settings.invalid",
            "a.toml:26 tail settings.unknown-key",
            "STANDING__HTTP__REQESTS_MAX http.reqests_max settings.unknown-key",
        ]
    );
}

#[test]
fn a_report_says_what_to_do() {
    let text = "[http]\nlisten = \"127.0.0.1:0\"\nrequests_max = \"many\"\ntimeout = \"3 weeks\"\n";
    let report = load(text, &[]).unwrap_err().to_string();
    assert_eq!(
        report.lines().collect::<Vec<_>>(),
        [
            "3 problems with the settings:",
            "  a.toml: kafka.brokers: is missing; add it, or set STANDING__KAFKA__BROKERS [settings.missing]",
            "  a.toml:3: http.requests_max: invalid type: string \"many\", expected u16; give u16 [settings.invalid]",
            "  a.toml:4: http.timeout: not a duration: write a whole number with its unit, ms, s, m, h or d, as in \
             250ms or 1h30m; correct it [settings.invalid]",
        ]
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_known_ones() {
    let report = load("[kafka]\nbrokers = \"a\"\npasword = \"hunter2\"\n", &[]).unwrap_err().to_string();
    assert!(report.contains("a.toml:3: kafka.pasword: is not known here"), "{report}");
    assert!(report.contains("one of `brokers`, `password`"), "{report}");
}

#[test]
fn secrets_are_shown_neither_in_print_nor_in_faults_nor_in_debug() {
    let service = load(GOOD, &[]).unwrap();
    let printed = settings::print(&service).unwrap();
    assert!(printed.contains("password = \"***\"") && printed.contains("timeout = \"90s\""), "{printed}");
    assert!(!printed.contains("hunter2") && !format!("{service:?}").contains("hunter2"));
    for broken in ["password = 4711", "password = [\"4711\"]", "password = { a = \"4711\" }", "password = a4711"] {
        let text = format!("[kafka]\nbrokers = \"a\"\n{broken}\n");
        let report = load(&text, &[]).unwrap_err().to_string();
        assert!(!report.contains("4711"), "{report}");
        assert!(report.contains("a.toml:3"), "{report}");
    }
}

#[test]
fn every_syntax_fault_is_reported_with_its_line() {
    let invalid = load("[http\nlisten = \"a\"\nx = = 3\n", &[]).unwrap_err();
    assert!(invalid.faults.len() >= 2, "{invalid}");
    assert!(invalid.faults.iter().all(|fault| fault.code == "settings.syntax"));
    assert!(invalid.faults.iter().any(|fault| fault.origin == "a.toml:1"));
    assert!(invalid.faults.iter().any(|fault| fault.origin == "a.toml:3"));
}

#[test]
fn a_file_that_cannot_be_read_and_a_broken_variable_are_told_together() {
    let sources =
        Sources::default().file(Some("/nonexistent/虚构.toml".as_ref())).variables([("STANDING__HTTP____LISTEN", "x")]);
    let invalid = settings::load_from::<Service>(sources).unwrap_err();
    let codes: Vec<_> = invalid.faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["settings.unreadable", "settings.invalid"]);
    assert_eq!(Invalid::EXIT_CODE, 64);
}

#[test]
fn a_file_of_other_bytes_than_utf8_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"[http]\nlisten = \"\xff\"").unwrap();
    let sources = Sources::default().file(Some(file.path()));
    let invalid = settings::load_from::<Service>(sources).unwrap_err();
    assert_eq!(invalid.faults[0].code, "settings.syntax");
}

#[test]
fn a_variable_of_the_wrong_form_is_named() {
    let invalid = load(GOOD, &[("STANDING__HTTP__REQUESTS_MAX", "70000"), ("STANDING__HTTP", "x")]).unwrap_err();
    assert!(invalid.faults.iter().any(|fault| fault.origin.starts_with("STANDING__HTTP")), "{invalid}");
    let invalid = load(GOOD, &[("STANDING__HTTP__REQUESTS_MAX", "70000")]).unwrap_err();
    assert_eq!(lines(&invalid), ["STANDING__HTTP__REQUESTS_MAX http.requests_max settings.invalid"]);
    assert!(invalid.faults[0].what.contains("integer `70000`"), "{invalid}");
}

#[test]
fn a_required_section_of_an_unusual_type_ends_the_reading_not_the_process() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        acks: Acks,
        count: u8,
    }
    impl Validate for Strict {
        fn validate(&self, _: &mut Problems) {}
    }
    let invalid = settings::load_from::<Strict>(Sources::default()).unwrap_err();
    assert_eq!(invalid.faults[0].key, "acks");
}

/// The sections that the kit itself brings.
#[derive(Default, Serialize)]
struct Common {
    http: kit::serve::Settings,
    admin: kit::admin::Settings,
    telemetry: kit::telemetry::Settings,
    credentials: kit::credentials::Settings,
}

#[test]
fn every_common_key_and_its_default_stand_in_the_documentation() {
    let page = include_str!("../../../docs/settings.md");
    let printed = settings::print(&Common::default()).unwrap();
    let mut section = "";
    for line in printed.lines().filter(|line| !line.is_empty()) {
        match line.split_once(" = ") {
            None => section = line.trim_matches(['[', ']']),
            Some((key, value)) => {
                let row = format!("| `{section}.{key}` | `{}` |", value.trim_matches('"'));
                let row = row.replace("| `` |", "| - |");
                assert!(page.contains(&row), "docs/settings.md lacks the row {row}");
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_file_makes_the_reader_panic_or_run_for_ever(
        lines in proptest::collection::vec(proptest::sample::select(vec![
            "[http]", "[kafka]", "[[department]]", "[department]", "[http.listen]", "listen = \"x\"", "timeout = 3",
            "name = \"a\"", "name = 7", "window = \"1s\"", "acks = { all = 1 }", "acks = \"all\"", "topics = [1, \"a\", []]",
            "department = 3", "http = []", "requests_max = -1", "password = {}", "x.y = 1979-05-27", "brokers = 1e9", "= 3",
        ]), 0..12),
        variables in proptest::collection::vec(("[A-Z_]{1,9}", "[a-z0-9,\\[\\]]{0,5}"), 0..4),
    ) {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (format!("STANDING__{name}"), value.clone())).collect();
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Err(invalid) = load(&lines.join("\n"), &variables) {
            proptest::prop_assert!(!invalid.faults.is_empty());
        }
    }
}
