//! `docker-compose.yml`, the image and Prometheus' settings, read by the real Compose without a container: they are
//! accepted, agree with each other, and describe these services.

#![allow(clippy::unwrap_used)]

use e2e::compose::{compose, list, project, settings};
use e2e::repository::{checks, output, root, run, services};
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The paths that a container finds something at.
fn mounted(service: &Value) -> Vec<&str> {
    ["configs", "secrets", "volumes"]
        .into_iter()
        .flat_map(|kind| list(&service[kind]))
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
    let project = project().unwrap();
    for name in services() {
        let service = &project["services"][name];
        assert_eq!(list(&service["command"])[..2], ["serve", name], "{name}");
        let mounted = mounted(service);
        let settings = settings(&project, name).unwrap();
        let mut paths = vec![("pseudonyms", "file")];
        paths.extend((name != "flags").then_some(("credentials", "file")));
        paths.extend(["profile", "flags"].contains(&name).then_some((name, "state_dir")));
        paths.extend((name == "gate").then_some((name, "spool_dir")));
        for (section, key) in paths {
            let path = settings[section][key].as_str().unwrap();
            let held = mounted.iter().any(|at| std::path::Path::new(path).starts_with(at));
            assert!(held, "{name}: {section}.{key} {path} is not below any of {mounted:?}");
        }
        let kafka = settings["kafka"]["bootstrap_servers"].as_str().unwrap();
        let advertised = project["services"]["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
        assert!(advertised.contains(&format!("://{kafka}")), "{name}: Kafka is not at {kafka} but {advertised}");
    }
}

#[test]
fn topics_are_applied_with_the_same_settings_before_anything_starts() {
    let project = project().unwrap();
    let topics = &project["services"]["topics"];
    assert_eq!(list(&topics["command"])[..2], ["topics", "apply"]);
    for name in services() {
        assert_eq!(
            settings(&project, name).unwrap()["topics"],
            settings(&project, "topics").unwrap()["topics"],
            "{name}"
        );
        let before = &project["services"][name]["depends_on"]["topics"]["condition"];
        assert_eq!(before, "service_completed_successfully", "{name}");
    }
}

#[test]
fn ports_given_to_the_host_are_listened_on_and_stay_on_loopback() {
    let project = project().unwrap();
    for name in services() {
        for port in list(&project["services"][name]["ports"]) {
            let listen = settings(&project, name).unwrap()["http"]["listen"].as_str().unwrap().to_owned();
            assert!(listen.ends_with(&format!(":{}", port["target"])), "{name}: {listen}, {port}");
        }
    }
    for (name, service) in project["services"].as_object().unwrap() {
        for port in list(&service["ports"]) {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}: {port}");
        }
    }
}

#[test]
fn prometheus_scrapes_every_service_where_it_answers() {
    let project = project().unwrap();
    let scraped: Value =
        serde_json::from_str(&run(&mut checks(&["json", "prometheus/prometheus.yml"])).unwrap()).unwrap();
    let groups = list(&scraped["scrape_configs"]).iter().flat_map(|job| list(&job["static_configs"]));
    let mut targets: Vec<&str> =
        groups.flat_map(|group| list(&group["targets"])).map(|target| target.as_str().unwrap()).collect();
    let mut expected: Vec<String> = services()
        .into_iter()
        .map(|name| {
            let settings = settings(&project, name).unwrap();
            let (_, port) = settings["admin"]["listen"].as_str().unwrap().rsplit_once(':').unwrap();
            format!("{name}:{port}")
        })
        .collect();
    targets.sort_unstable();
    expected.sort_unstable();
    assert_eq!(targets, expected);
}

#[test]
fn the_broker_is_not_its_own_controller_and_both_are_of_one_cluster() {
    let project = project().unwrap();
    let [kafka, controller] = ["kafka", "controller"].map(|name| &project["services"][name]["environment"]);
    assert_eq!(
        (&kafka["KAFKA_PROCESS_ROLES"], &controller["KAFKA_PROCESS_ROLES"]),
        (&"broker".into(), &"controller".into())
    );
    for key in ["CLUSTER_ID", "KAFKA_CONTROLLER_QUORUM_VOTERS", "KAFKA_CONTROLLER_LISTENER_NAMES"] {
        assert!(kafka[key].is_string() && kafka[key] == controller[key], "{key}");
    }
    let voter = kafka["KAFKA_CONTROLLER_QUORUM_VOTERS"].as_str().unwrap();
    assert_eq!(voter, format!("{}@controller:9093", controller["KAFKA_NODE_ID"].as_str().unwrap()));
    assert_ne!(kafka["KAFKA_NODE_ID"], controller["KAFKA_NODE_ID"]);
}

#[test]
fn nothing_runs_with_rights_it_does_not_need() {
    let project = project().unwrap();
    for name in services().into_iter().chain(["topics"]) {
        let service = &project["services"][name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        // Compose copies anything else into the container, which a read-only one refuses when it is created.
        for kind in ["configs", "secrets"] {
            for mount in list(&service[kind]) {
                let source = &project[kind][mount["source"].as_str().unwrap()];
                assert!(source["file"].is_string(), "{name}: {source} is no file");
            }
        }
    }
}

#[test]
fn every_image_has_a_version_and_kafka_is_the_tested_one() {
    let project = project().unwrap();
    for (name, service) in project["services"].as_object().unwrap() {
        let (_, version) = service["image"].as_str().unwrap().rsplit_once(':').unwrap_or_default();
        assert!(!version.is_empty() && version != "latest", "{name}: {}", service["image"]);
    }
    let tested = read("tests/kafka/pom.xml");
    let tested = between(&tested, "<kafka.version>", "</kafka.version>");
    for name in ["kafka", "controller"] {
        assert_eq!(project["services"][name]["image"], format!("apache/kafka:{tested}"), "{name}");
    }
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
