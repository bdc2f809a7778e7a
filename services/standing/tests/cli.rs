//! The command line as it is called: what it prints, and how it ends.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn standing(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
    command.args(arguments).env_remove("STANDING_TOKEN");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STANDING__")) {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn wrong_usage_ends_with_2_and_says_how_to_call_it() {
    for arguments in [
        &[][..],
        &["fly"],
        &["serve"],
        &["serve", "console"],
        &["check", "--consumer", "c", "--matter", "m"],
        &["check", "--consumer", "c", "--matter", "m", "--subject", "no-scheme"],
        &["explain", "passport:1"],
        &["submit", "/no/such/file"],
        &["submit", "-", "--to", "ftp://127.0.0.1"],
        &["playground", "--now", "yesterday"],
        &["playground", "--listen", "0.0.0.0:0"],
    ] {
        let output = standing(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(!err(&output).is_empty(), "{arguments:?}");
        assert_eq!(out(&output), "", "{arguments:?}");
    }
}

#[test]
fn help_is_no_failure() {
    let output = standing(&["--help"]);
    assert_eq!(code(&output), 0);
    for command in ["playground", "serve", "topics", "submit", "check", "explain", "catalogue", "state", "doctor"] {
        assert!(out(&output).contains(command), "{command}");
        assert_eq!(code(&standing(&[command, "--help"])), 0, "{command}");
    }
}

#[test]
fn bad_settings_end_with_64_and_every_problem_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gate.toml");
    std::fs::write(&file, "[http]\nlisten = \"nowhere\"\nrequest_max = 1\n[gate]\nqueue_max = 0\n[telemetry]\nfilter = \"=\"\n[registry]\nurls = [\"registry\"]\n").unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["serve", "gate", "--config", file][..],
        &["topics", "plan", "--config", file],
        &["doctor", "--config", file],
        &["catalogue", "activate", "--config", file],
    ] {
        let output = standing(arguments);
        assert_eq!(code(&output), 64, "{arguments:?}: {}", err(&output));
        for key in [
            "kafka.bootstrap_servers",
            "http.listen",
            "http.request_max",
            "gate.queue_max",
            "telemetry.filter",
            "registry.urls",
        ] {
            assert!(err(&output).contains(key), "{key} in {}", err(&output));
        }
        let serves = ["serve", "doctor"].contains(&arguments[0]);
        for key in ["credentials.file", "pseudonyms.file"] {
            assert_eq!(err(&output).contains(key), serves, "{key} in {}", err(&output));
        }
    }
}

#[test]
fn faults_in_the_files_that_settings_name_are_told_together_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("credentials.toml"), "[[token]]\nname = \"court\"\n").unwrap();
    std::fs::write(path("pseudonyms.toml"), "kid = \"2026\"\nsecret = \"open-sesame\"\n").unwrap();
    let settings = format!(
        "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n[credentials]\nfile = {:?}\n[pseudonyms]\nfile = {:?}\n",
        path("credentials.toml"),
        path("pseudonyms.toml"),
    );
    std::fs::write(path("gate.toml"), settings).unwrap();
    let output = standing(&["serve", "gate", "--config", path("gate.toml").to_str().unwrap()]);
    assert_eq!(code(&output), 64, "{}", err(&output));
    for file in ["credentials.toml", "pseudonyms.toml"] {
        assert!(err(&output).contains(file), "{file} in {}", err(&output));
    }
    assert!(!err(&output).contains("open-sesame"), "{}", err(&output));
}

#[test]
fn printed_settings_show_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gate.toml");
    let settings = "[kafka]\nbootstrap_servers = \"b:9092\"\npassword = \"open-sesame\"\n\
        [credentials]\nfile = \"c.toml\"\n[pseudonyms]\nfile = \"p.toml\"\n";
    std::fs::write(&file, settings).unwrap();
    let output = standing(&["serve", "gate", "--config", file.to_str().unwrap(), "--print-config"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("bootstrap_servers = \"b:9092\""), "{}", out(&output));
    assert!(!out(&output).contains("open-sesame"));
}

/// Every value of a table, by its path.
fn leaves(path: &str, table: &toml::Table, found: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (value.as_table().filter(|inner| !inner.is_empty()), value.as_str()) {
            (Some(inner), _) => leaves(&path, inner, found),
            (None, Some(text)) => found.push((path, text.to_owned())),
            (None, None) => found.push((path, value.to_string())),
        }
    }
}

#[test]
fn every_setting_is_documented_with_its_default_and_no_other_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gate.toml");
    let given = ["kafka.bootstrap_servers", "credentials.file", "pseudonyms.file"];
    let settings = "[kafka]\nbootstrap_servers = \"x\"\n[credentials]\nfile = \"x\"\n[pseudonyms]\nfile = \"x\"\n";
    std::fs::write(&file, settings).unwrap();
    let output = standing(&["serve", "gate", "--config", file.to_str().unwrap(), "--print-config"]);
    let mut found = Vec::new();
    leaves("", &out(&output).parse().unwrap(), &mut found);
    let page = std::fs::read_to_string(repository().join("docs/settings.md")).unwrap();
    let documented: BTreeMap<&str, &str> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let key = cells.next()?.strip_suffix('`')?;
            key.contains('.').then_some((key, cells.next()?.trim_matches('`')))
        })
        .filter(|(key, _)| !key.starts_with("settings.") && !key.starts_with("credential."))
        .collect();
    for (key, value) in &found {
        let default =
            if given.contains(&key.as_str()) || matches!(value.as_str(), "[]" | "{}" | "") { "-" } else { value };
        assert_eq!(documented.get(key.as_str()), Some(&default), "{key} in docs/settings.md");
    }
    // What is not there unless it is set.
    let optional = ["kafka.username", "kafka.password", "registry.username", "registry.password"];
    for key in documented.keys().filter(|key| !optional.contains(*key)) {
        assert!(found.iter().any(|(found, _)| found == key), "docs/settings.md names {key}, which is no setting");
    }
}

#[test]
fn the_example_settings_of_every_service_are_settings() {
    for service in ["intake", "profile", "flags", "gate"] {
        let file = repository().join(format!("config/{service}.toml"));
        let output = standing(&["serve", service, "--config", file.to_str().unwrap(), "--print-config"]);
        assert_eq!(code(&output), 0, "{service}: {}", err(&output));
        assert!(out(&output).contains("127.0.0.1:9092"), "{service}: {}", out(&output));
    }
}

#[test]
fn the_reference_catalogue_has_warnings_and_no_errors() {
    for arguments in
        [&["catalogue", "lint"][..], &["catalogue", "lint", repository().join("catalogue").to_str().unwrap()]]
    {
        let output = standing(arguments);
        assert_eq!(code(&output), 0, "{}", out(&output));
        assert!(out(&output).contains("0 errors"), "{}", out(&output));
    }
}

#[test]
fn a_catalogue_with_errors_ends_with_1_and_names_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let text = "catalogue: {id: broken, title: {zh: 虚构, en: Broken}}\ndepartments:\n  - id: Upper\n    title: {zh: 虚构, en: x}\n";
    std::fs::write(folder.path().join("a.yaml"), text).unwrap();
    std::fs::write(folder.path().join("b.yaml"), "items: [\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let output = standing(&["catalogue", "lint", path]);
    assert_eq!(code(&output), 1);
    for part in ["a.yaml:", "b.yaml:"] {
        assert!(out(&output).contains(part), "{part} in {}", out(&output));
    }
    let output = standing(&["catalogue", "show", path]);
    assert_eq!((code(&output), out(&output).as_str()), (1, ""));
    assert!(err(&output).contains("a.yaml"), "{}", err(&output));
}

#[test]
fn a_catalogue_is_shown_as_a_whole_and_by_entry() {
    let all = standing(&["catalogue", "show"]);
    assert_eq!(code(&all), 0);
    assert!(out(&all).contains("court.judgment-defaulter"), "{}", out(&all));
    let path = repository().join("catalogue");
    let one = standing(&["catalogue", "show", path.to_str().unwrap(), "subsidy-restriction"]);
    assert_eq!(code(&one), 0);
    assert!(out(&one).contains("measures/restrictions.yaml:"), "{}", out(&one));
    let none = standing(&["catalogue", "show", "no.such-entry"]);
    assert_eq!((code(&none), out(&none).as_str()), (1, ""));
}

#[test]
fn doctor_finds_a_broker_that_is_not_there_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gate.toml");
    let key = folder.path().join("pseudonyms.toml");
    std::fs::write(&key, "kid = \"2026\"\nsecret = \"short\"\n").unwrap();
    let text = format!(
        "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n[pseudonyms]\nfile = {key:?}\n[credentials]\nfile = \"c.toml\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let output = standing(&["doctor", "--config", file.to_str().unwrap()]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    for part in [
        "ok     settings",
        "FAULT  pseudonyms.file",
        "openssl rand",
        "FAULT  credentials.file",
        "FAULT  kafka",
        "kafka.bootstrap_servers",
    ] {
        assert!(out(&output).contains(part), "{part} in {}", out(&output));
    }
}
