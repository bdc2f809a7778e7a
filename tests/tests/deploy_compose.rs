//! `docker-compose.yml`, the image and Prometheus' settings, read by the real Compose without a container: they are
//! accepted, agree with each other, and describe these services.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use e2e::repository::{checks, output, root, run, services};
use serde_json::Value;

fn compose(arguments: &[&str]) -> Command {
    let mut command = checks(&[&["compose", "-f", "docker-compose.yml"], arguments].concat());
    command.env("STANDING_CREDENTIALS", "./credentials.toml").env("STANDING_PSEUDONYMS", "./pseudonyms.toml");
    command
}

fn project() -> Value {
    serde_json::from_str(&run(&mut compose(&["config", "--format", "json"])).unwrap()).unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn settings(project: &Value, name: &str) -> toml::Table {
    let content = project["configs"][name]["content"].as_str();
    content.unwrap_or_else(|| panic!("no config {name}")).parse().unwrap()
}

/// The paths that a container finds something at.
fn mounted(service: &Value) -> Vec<&str> {
    ["configs", "secrets", "volumes"]
        .into_iter()
        .flat_map(|kind| service[kind].as_array().map(Vec::as_slice).unwrap_or_default())
        .map(|mount| mount["target"].as_str().unwrap())
        .collect()
}

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} after {before:?}")).0
}

#[test]
fn compose_takes_the_file() {
    run(&mut compose(&["config", "--quiet"])).unwrap();
}

#[test]
fn nothing_starts_without_credentials_of_ones_own() {
    let mut command = compose(&["config", "--quiet"]);
    let refused = output(command.env_remove("STANDING_CREDENTIALS")).unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && message.contains("STANDING_CREDENTIALS"), "{message}");
}

#[test]
fn every_service_runs_with_settings_whose_files_are_there() {
    let project = project();
    for name in services() {
        let service = &project["services"][name];
        let file = format!("/etc/standing/settings/{name}.toml");
        assert_eq!(service["command"], serde_json::json!(["serve", name, "--config", file]), "{name}");
        let mounted = mounted(service);
        assert!(mounted.contains(&file.as_str()), "{name}: {file} is not among {mounted:?}");
        let settings = settings(&project, name);
        for (section, key) in [("credentials", "file"), ("pseudonyms", "file"), ("state", "dir")] {
            if let Some(path) = settings.get(section).map(|s| s[key].as_str().unwrap()) {
                assert!(mounted.contains(&path), "{name}: {section}.{key} {path} is not among {mounted:?}");
            }
        }
        let kafka = settings["kafka"]["bootstrap_servers"].as_str().unwrap();
        let advertised = project["services"]["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
        assert!(advertised.contains(&format!("://{kafka}")), "{name}: Kafka is not at {kafka} but {advertised}");
    }
}

#[test]
fn ports_given_to_the_host_are_listened_on_and_stay_on_loopback() {
    let project = project();
    for name in services() {
        for port in project["services"][name]["ports"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let listen = settings(&project, name)["http"]["listen"].as_str().unwrap().to_owned();
            assert!(listen.ends_with(&format!(":{}", port["target"])), "{name}: {listen}, {port}");
        }
    }
    for (name, service) in project["services"].as_object().unwrap() {
        for port in service["ports"].as_array().map(Vec::as_slice).unwrap_or_default() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}: {port}");
        }
    }
}

#[test]
fn prometheus_scrapes_every_service_where_it_answers() {
    let project = project();
    let scraped: Value =
        serde_json::from_str(&run(&mut checks(&["json", "prometheus/prometheus.yml"])).unwrap()).unwrap();
    let mut targets: Vec<&str> = scraped["scrape_configs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|job| job["static_configs"].as_array().unwrap())
        .flat_map(|group| group["targets"].as_array().unwrap())
        .map(|target| target.as_str().unwrap())
        .collect();
    let mut expected: Vec<String> = services()
        .into_iter()
        .map(|name| {
            let settings = settings(&project, name);
            let (_, port) = settings["admin"]["listen"].as_str().unwrap().rsplit_once(':').unwrap();
            format!("{name}:{port}")
        })
        .collect();
    targets.sort_unstable();
    expected.sort_unstable();
    assert_eq!(targets, expected);
}

#[test]
fn nothing_runs_with_rights_it_does_not_need() {
    let project = project();
    for name in services().into_iter().chain(["topics"]) {
        let service = &project["services"][name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
    }
}

#[test]
fn every_image_has_a_version_and_kafka_is_the_tested_one() {
    let project = project();
    for (name, service) in project["services"].as_object().unwrap() {
        let (_, version) = service["image"].as_str().unwrap().rsplit_once(':').unwrap_or_default();
        assert!(!version.is_empty() && version != "latest", "{name}: {}", service["image"]);
    }
    let tested = read("tests/kafka/pom.xml");
    let tested = between(&tested, "<kafka.version>", "</kafka.version>");
    assert_eq!(project["services"]["kafka"]["image"], format!("apache/kafka:{tested}"));
}

#[test]
fn the_image_is_built_by_the_pinned_compiler_and_runs_as_the_charts_user() {
    let image = read("Dockerfile");
    let channel = read("rust-toolchain.toml");
    let channel = between(&channel, "channel = \"", "\"");
    assert!(image.contains(&format!("FROM rust:{channel}-")), "the builder is not Rust {channel}");
    let (_, last) = image.rsplit_once("\nFROM ").unwrap();
    assert!(last.starts_with("debian:") && !last.contains("rustup") && !last.contains("clang"));
    assert_eq!(between(last, "ENTRYPOINT ", "\n"), "[\"standing\"]");
    let user = between(last, "USER ", ":");
    let pod = read("helm/templates/_pod.tpl");
    assert_eq!(user, between(&pod, "runAsUser: ", "\n"));
    assert_eq!(user, between(last, "--uid ", " "));
}
