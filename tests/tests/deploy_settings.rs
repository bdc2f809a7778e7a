//! Every settings file that Compose and the chart give to a service is taken by the real `standing`, and the chart's schema
//! knows exactly the keys that it takes.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use e2e::chart::{VALUES, container, of_service, render, settings_text};
use e2e::compose::{project, settings_file};
use e2e::process::standing;
use e2e::repository::{output, root, services};
use serde_json::Value;
use toml::Table;

const SECRET: &str = "虚构-secret-of-a-test";

/// What `standing serve SERVICE --config FILE --print-config` does with these variables and no others of ours.
fn print_config(service: &str, file: &Path, variables: &[(String, String)]) -> Output {
    let mut command = Command::new(standing().unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("STANDING__")) {
            command.env_remove(name);
        }
    }
    command.args(["serve", service, "--print-config", "--config"]).arg(file);
    output(command.envs(variables.iter().cloned())).unwrap()
}

/// The settings in force.
fn in_force(service: &str, file: &Path, variables: &[(String, String)]) -> Table {
    let printed = print_config(service, file, variables);
    let faults = String::from_utf8(printed.stderr).unwrap();
    assert_eq!(printed.status.code(), Some(0), "{service} with {}:\n{faults}", file.display());
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(!text.contains(SECRET), "{service} prints a secret:\n{text}");
    text.parse().unwrap()
}

/// Every value, by its path.
fn values(of: &Table) -> Vec<(String, toml::Value)> {
    fn walk(path: &str, value: &toml::Value, found: &mut Vec<(String, toml::Value)>) {
        // Settings of librdkafka's own: their names are not ours.
        let Some(table) = value.as_table().filter(|_| path != "kafka.options") else {
            return found.push((path.to_owned(), value.clone()));
        };
        for (key, value) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            walk(&path, value, found);
        }
    }
    let mut found = vec![];
    walk("", &toml::Value::Table(of.clone()), &mut found);
    found
}

fn keys(of: &Table) -> BTreeSet<String> {
    values(of).into_iter().map(|(path, _)| path).collect()
}

/// Everything that a file says is in force as it says it.
fn assert_holds(service: &str, in_force: &Table, text: &str) {
    let in_force = values(in_force);
    for (path, value) in values(&text.parse().unwrap()) {
        let held = in_force.iter().find(|(at, _)| *at == path).map(|(_, value)| value);
        assert_eq!(held, Some(&value), "{service}: {path}");
    }
}

/// The variables of a pod, with what Kubernetes would put in.
fn variables(pod: &Value, name: &str) -> Vec<(String, String)> {
    let env = container(pod)["env"].as_array().map(Vec::as_slice).unwrap_or_default();
    let value = |of: &Value| match (&of["value"], &of["valueFrom"]) {
        (Value::String(value), _) => value.clone(),
        (_, from) if from["fieldRef"]["fieldPath"] == "metadata.name" => format!("standing-{name}-0"),
        (_, from) if from["secretKeyRef"]["key"] == "username" => "somebody".to_owned(),
        (_, from) if from["secretKeyRef"].is_object() => SECRET.to_owned(),
        (_, from) => panic!("nobody knows what {from} is"),
    };
    env.iter().map(|of| (of["name"].as_str().unwrap().to_owned(), value(of))).collect()
}

#[test]
fn standing_takes_what_compose_mounts() {
    let project = project().unwrap();
    for name in services() {
        let file = settings_file(&project, name).unwrap();
        let in_force = in_force(name, &file, &[]);
        assert_holds(name, &in_force, &std::fs::read_to_string(&file).unwrap());
    }
}

#[test]
fn standing_takes_what_the_chart_renders() {
    let folder = tempfile::tempdir().unwrap();
    for values in VALUES {
        let manifests = render(values).unwrap();
        for name in services() {
            let text = settings_text(&manifests, name).unwrap();
            let file = folder.path().join(format!("{name}.toml"));
            std::fs::write(&file, text).unwrap();
            let variables = variables(of_service(&manifests, name).1, name);
            let in_force = in_force(name, &file, &variables);
            assert_holds(name, &in_force, text);
            // Two instances of one name would fence each other for ever.
            if let Some(instance) = in_force[name].get("instance") {
                assert_eq!(instance.as_str(), Some(format!("standing-{name}-0").as_str()), "{name} with {values:?}");
            }
        }
        // The job's file has the same form: with what only services need, any of them can say whether it is taken.
        if let Ok(text) = settings_text(&manifests, "topics") {
            let file = folder.path().join("topics.toml");
            let files = "[credentials]\nfile = \"c.toml\"\n[pseudonyms]\nfile = \"p.toml\"\n";
            std::fs::write(&file, format!("{text}\n{files}")).unwrap();
            assert_holds("topics", &in_force("intake", &file, &[]), text);
        }
    }
}

#[test]
fn every_fault_of_a_file_is_named_at_once_and_the_exit_code_is_64() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = render(&[]).unwrap();
    let text = settings_text(&manifests, "gate").unwrap();
    let file = folder.path().join("gate.toml");
    let broken = text
        .replace("bootstrap_servers", "bootstrap_server")
        .replace("partitions = 48", "partitions = \"many\"")
        .replace("[gate]", "[gate]\nstaleness_max = \"20\"");
    assert_ne!(text, broken);
    std::fs::write(&file, broken).unwrap();
    let misspelt = [("STANDING__HTTP__LISTN".to_owned(), "127.0.0.1:0".to_owned())];
    let refused = print_config("gate", &file, &misspelt);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(64), "{message}");
    assert!(refused.stdout.is_empty(), "nothing is in force");
    for (key, code) in [
        ("kafka.bootstrap_server:", "settings.unknown-key"),
        ("kafka.bootstrap_servers:", "settings.missing"),
        ("topics.partitions:", "settings.invalid"),
        ("gate.staleness_max:", "settings.invalid"),
        ("STANDING__HTTP__LISTN: http.listn:", "settings.unknown-key"),
    ] {
        let line = message.lines().find(|line| line.contains(&format!(" {key}")));
        let line = line.unwrap_or_else(|| panic!("{key} is not named:\n{message}"));
        assert!(line.contains(code), "{key}: {line}");
    }
    assert!(message.contains(&format!("{}:", file.display())), "{message}");
}

/// What the schema says of a key, references followed.
fn schema_at<'s>(schema: &'s Value, of: &'s Value, key: &str) -> &'s Value {
    resolved(schema, &of["properties"][key])
}

fn resolved<'s>(schema: &'s Value, of: &'s Value) -> &'s Value {
    match of["$ref"].as_str() {
        Some(path) => schema.pointer(path.strip_prefix('#').unwrap()).unwrap(),
        None => of,
    }
}

/// The keys that the schema lets an operator set for a service. Every table is closed.
fn settable(schema: &Value, service: &str) -> BTreeSet<String> {
    fn walk(schema: &Value, path: &str, of: &Value, found: &mut BTreeSet<String>) {
        let of = resolved(schema, of);
        let Some(properties) = of["properties"].as_object() else {
            found.insert(path.to_owned());
            return;
        };
        assert_eq!(of["additionalProperties"], false, "{path} takes any key");
        for (key, value) in properties {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            walk(schema, &path, value, found);
        }
    }
    let mut found = BTreeSet::new();
    let service = schema_at(schema, schema, service);
    walk(schema, "", schema_at(schema, service, "settings"), &mut found);
    found
}

/// Sections of the settings that a service reads besides its own.
fn sections(service: &str) -> BTreeSet<&str> {
    let mut sections = BTreeSet::from(["kafka", "topics", "registry", "admin", "pseudonyms", "telemetry", service]);
    if service != "flags" {
        sections.extend(["http", "credentials"]);
    }
    sections
}

#[test]
fn the_charts_schema_knows_every_key_that_standing_takes_and_no_other() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("helm/values.schema.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let manifests = render(&[]).unwrap();
    for name in services() {
        let text = settings_text(&manifests, name).unwrap();
        let file = folder.path().join(format!("{name}.toml"));
        std::fs::write(&file, text).unwrap();
        let variables = variables(of_service(&manifests, name).1, name);
        let sections = sections(name);
        let of_service = |path: &String| sections.contains(path.split('.').next().unwrap());
        let taken: BTreeSet<String> = keys(&in_force(name, &file, &variables)).into_iter().filter(of_service).collect();

        let settable = settable(&schema, name);
        let stale: Vec<_> = settable.difference(&taken).collect();
        assert!(
            stale.is_empty(),
            "{name}: helm/values.schema.json lets one set {stale:?}, which standing does not take"
        );

        // What is not settable, the chart sets: in the file or in the pod's environment.
        let mut set = keys(&text.parse().unwrap());
        set.extend(
            variables
                .iter()
                .map(|(variable, _)| variable.strip_prefix("STANDING__").unwrap().to_lowercase().replace("__", ".")),
        );
        let known: BTreeSet<String> = settable.union(&set).cloned().collect();
        let missing: Vec<_> = taken.difference(&known).collect();
        assert!(missing.is_empty(), "{name}: add {missing:?} to helm/values.schema.json, or let the chart set it");
    }
}
