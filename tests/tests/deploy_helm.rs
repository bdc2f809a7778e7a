//! The chart, rendered by the real Helm and held to Kubernetes' schemas, without a cluster: it is accepted, and what it
//! renders describes these services.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use e2e::repository::{checks, output, run, services};
use serde_json::Value;

/// Values that the chart is rendered with: as it comes, every switch on, as little as possible.
const VALUES: &[&[&str]] = &[&[], &["-f", "helm/ci/everything.yaml"], &["-f", "helm/ci/smallest.yaml"]];

/// The oldest Kubernetes that the chart says it runs on, and the newest whose schemas we have.
const KUBERNETES: &[&str] = &["1.28", "1.37"];

fn render(values: &[&str]) -> Vec<Value> {
    let text = run(&mut checks(&[&["helm", "template", "helm", "--json"], values].concat())).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn of_kind<'m>(manifests: &'m [Value], kind: &str) -> Vec<&'m Value> {
    manifests.iter().filter(|m| m["kind"] == kind).collect()
}

/// What runs pods: each with its pod template.
fn workloads(manifests: &[Value]) -> Vec<(&Value, &Value)> {
    ["Deployment", "StatefulSet", "Job"]
        .into_iter()
        .flat_map(|kind| of_kind(manifests, kind))
        .map(|workload| (workload, &workload["spec"]["template"]))
        .collect()
}

fn container(pod: &Value) -> &Value {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1, "{containers:?}");
    &containers[0]
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().map(|list| list.iter().map(|word| word.as_str().unwrap()).collect()).unwrap_or_default()
}

/// The workload of a service, by what its container is told to serve.
fn of_service<'m>(manifests: &'m [Value], name: &str) -> (&'m Value, &'m Value) {
    let mut found = workloads(manifests);
    found.retain(|(_, pod)| words(&container(pod)["args"]).starts_with(&["serve", name]));
    assert_eq!(found.len(), 1, "one workload serves {name}");
    found[0]
}

fn settings(manifests: &[Value], name: &str) -> toml::Table {
    let file = format!("{name}.toml");
    let mut texts = of_kind(manifests, "ConfigMap").into_iter().filter_map(|map| map["data"][&file].as_str());
    let text = texts.next().unwrap_or_else(|| panic!("no ConfigMap holds {file}"));
    text.parse().unwrap()
}

/// Where a pod's containers see a path from, by volume: the volume whose mount is the longest prefix.
fn volume_of<'p>(pod: &'p Value, path: &str) -> &'p str {
    let mounts = container(pod)["volumeMounts"].as_array().unwrap();
    mounts
        .iter()
        .filter(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()))
        .max_by_key(|mount| mount["mountPath"].as_str().unwrap().len())
        .unwrap_or_else(|| panic!("nothing is mounted at {path}"))["name"]
        .as_str()
        .unwrap()
}

#[test]
fn helm_finds_no_fault_with_the_chart() {
    for values in VALUES {
        run(&mut checks(&[&["helm", "lint", "helm"], *values].concat())).unwrap();
    }
}

#[test]
fn kubernetes_takes_every_manifest() {
    for values in VALUES {
        for version in KUBERNETES {
            run(&mut checks(&[&["helm", "validate", "helm", "--kube-version", version], *values].concat())).unwrap();
        }
    }
}

#[test]
fn every_service_runs_with_the_settings_that_the_chart_wrote_for_it() {
    for values in VALUES {
        let manifests = render(values);
        for name in services() {
            let (_, pod) = of_service(&manifests, name);
            let file = format!("/etc/standing/settings/{name}.toml");
            assert_eq!(words(&container(pod)["args"]), ["serve", name, "--config", file.as_str()]);
            let volume = volume_of(pod, &file);
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            let source = volumes.iter().find(|v| v["name"] == volume).unwrap()["configMap"]["name"].as_str().unwrap();
            let maps = of_kind(&manifests, "ConfigMap");
            let map = maps.iter().find(|map| map["metadata"]["name"] == source).unwrap();
            assert!(map["data"][format!("{name}.toml")].is_string(), "{source} holds {name}.toml");
            settings(&manifests, name);
        }
    }
}

#[test]
fn health_and_readiness_are_asked_of_every_service() {
    let manifests = render(&[]);
    for name in services() {
        let (_, pod) = of_service(&manifests, name);
        let container = container(pod);
        for (probe, path) in
            [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")]
        {
            let ask = &container[probe]["httpGet"];
            assert_eq!(ask["path"], path, "{name} {probe}");
            let ports = container["ports"].as_array().unwrap();
            let port = ports.iter().find(|p| p["name"] == ask["port"]).unwrap()["containerPort"].as_u64().unwrap();
            let listen = settings(&manifests, name)["admin"]["listen"].as_str().unwrap().to_owned();
            assert!(listen.ends_with(&format!(":{port}")), "{name} listens on {listen}, {probe} asks {port}");
        }
    }
}

#[test]
fn nothing_runs_with_rights_it_does_not_need() {
    for values in VALUES {
        let manifests = render(values);
        for (workload, pod) in workloads(&manifests) {
            let name = &workload["metadata"]["name"];
            let spec = &pod["spec"];
            assert_eq!(spec["automountServiceAccountToken"], false, "{name}");
            assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{name}");
            assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
            let container = container(pod);
            assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(words(&container["securityContext"]["capabilities"]["drop"]), ["ALL"], "{name}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{name} has a limit of memory");
            let image = container["image"].as_str().unwrap();
            assert!(image.contains(':') && !image.ends_with(":latest"), "{name}: {image} is a moving target");
        }
        assert!(of_kind(&manifests, "Role").is_empty() && of_kind(&manifests, "ClusterRole").is_empty());
    }
}

#[test]
fn state_is_on_a_volume_that_belongs_to_the_pod() {
    let manifests = render(&[]);
    let stateful: Vec<&str> =
        services().into_iter().filter(|name| settings(&manifests, name).contains_key("state")).collect();
    assert!(stateful.contains(&"profile"), "{stateful:?}");
    for name in stateful {
        let (workload, pod) = of_service(&manifests, name);
        assert_eq!(workload["kind"], "StatefulSet", "{name}");
        let dir = settings(&manifests, name)["state"]["dir"].as_str().unwrap().to_owned();
        let volume = volume_of(pod, &dir);
        let claims = workload["spec"]["volumeClaimTemplates"].as_array().unwrap();
        assert!(claims.iter().any(|claim| claim["metadata"]["name"] == volume), "{name}: {dir} is on {volume}");
        // A static member's name must survive a restart, and only a StatefulSet's pod keeps its own.
        let env = container(pod)["env"].as_array().unwrap();
        assert!(env.iter().any(|e| e["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"), "{name}: {env:?}");
    }
}

#[test]
fn every_selector_finds_the_pods_of_one_workload() {
    for values in VALUES {
        let manifests = render(values);
        let workloads = workloads(&manifests);
        let found = |selector: &Value| -> Vec<&str> {
            let wanted = selector.as_object().unwrap();
            let has = |pod: &Value| wanted.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value);
            let chosen = workloads.iter().filter(|(_, pod)| has(pod));
            chosen.map(|(workload, _)| workload["metadata"]["name"].as_str().unwrap()).collect()
        };
        for (kind, at) in [
            ("Service", "/spec/selector"),
            ("PodDisruptionBudget", "/spec/selector/matchLabels"),
            ("NetworkPolicy", "/spec/podSelector/matchLabels"),
            ("Deployment", "/spec/selector/matchLabels"),
            ("StatefulSet", "/spec/selector/matchLabels"),
        ] {
            for manifest in of_kind(&manifests, kind) {
                let name = manifest["metadata"]["name"].as_str().unwrap();
                assert_eq!(found(manifest.pointer(at).unwrap()), [name], "{kind} {name}");
            }
        }
        for service in of_kind(&manifests, "Service") {
            let name = &service["metadata"]["name"];
            let (_, pod) = workloads.iter().find(|(workload, _)| workload["metadata"]["name"] == *name).unwrap();
            for port in service["spec"]["ports"].as_array().unwrap() {
                let ports = container(pod)["ports"].as_array().unwrap();
                assert!(ports.iter().any(|p| p["name"] == port["targetPort"]), "{name}: {port}");
            }
        }
        let policies = of_kind(&manifests, "NetworkPolicy").len();
        assert!(policies == 0 || policies == workloads.len(), "{policies} policies for {} workloads", workloads.len());
    }
}

#[test]
fn secrets_are_named_and_never_written() {
    let manifests = render(&["-f", "helm/ci/everything.yaml"]);
    assert!(of_kind(&manifests, "Secret").is_empty());
    let (_, pod) = of_service(&manifests, "gate");
    let env = container(pod)["env"].as_array().unwrap();
    let password = env.iter().find(|e| e["name"].as_str().unwrap().ends_with("__PASSWORD")).unwrap();
    assert_eq!(password["valueFrom"]["secretKeyRef"]["name"], "kafka-user");
    for name in services() {
        let pod = of_service(&manifests, name).1;
        for section in ["credentials", "pseudonyms"] {
            let Some(file) = settings(&manifests, name).get(section).map(|s| s["file"].as_str().unwrap().to_owned())
            else {
                continue;
            };
            let volume = volume_of(pod, &file);
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            let secret = &volumes.iter().find(|v| v["name"] == volume).unwrap()["secret"];
            assert_eq!(secret["secretName"], format!("standing-{section}"), "{name}");
            let path = secret["items"][0]["path"].as_str().unwrap();
            assert!(file.ends_with(path), "{name}: {file} is the secret's {path}");
        }
    }
    // The fold sees pseudonyms only: it holds no key to make them.
    let fold = serde_json::to_string(of_service(&manifests, "profile").1).unwrap();
    assert!(!fold.contains("standing-pseudonyms"));
}

#[test]
fn a_value_that_the_chart_does_not_know_is_refused() {
    for (set, named) in [
        ("gate.replica=3", "replica"),
        ("gate.replicas=two", "/gate/replicas"),
        ("kafka.bootstrapServers=", "bootstrapServers"),
        ("kafka.options.sasl\\.password=x", "sasl.password"),
        ("profile.persistence.size=much", "size"),
        ("networkPolicy.kafka.ports={70000}", "ports"),
        ("image.digest=latest", "digest"),
        ("intake.service.type=Public", "type"),
    ] {
        let refused = output(&mut checks(&["helm", "template", "helm", "--set", set])).unwrap();
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && message.contains(named), "--set {set}: {message}");
    }
}

#[test]
fn settings_of_the_operator_win_and_numbers_stay_whole() {
    let sets = ["--set", "gate.settings.http.listen=0.0.0.0:8443,gate.settings.limits.in_flight=2000000"];
    let gate = settings(&render(&sets), "gate");
    assert_eq!(gate["http"]["listen"].as_str(), Some("0.0.0.0:8443"));
    assert_eq!(gate["limits"]["in_flight"].as_integer(), Some(2_000_000));
    assert!(gate.contains_key("kafka"), "what the chart sets stays");
}

#[test]
fn a_change_of_one_services_settings_restarts_that_service_only() {
    let digests = |values: &[&str]| -> BTreeMap<&str, String> {
        let manifests = render(values);
        let digest = |name| of_service(&manifests, name).1["metadata"]["annotations"]["standing/settings"].to_string();
        services().into_iter().map(|name| (name, digest(name))).collect()
    };
    let (before, after) = (digests(&[]), digests(&["--set", "gate.settings.limits.in_flight=9"]));
    let changed: Vec<&str> = before.keys().copied().filter(|name| before[name] != after[name]).collect();
    assert_eq!(changed, ["gate"]);
}

#[test]
fn topics_are_applied_before_anything_starts() {
    let manifests = render(&[]);
    let jobs = of_kind(&manifests, "Job");
    assert_eq!(jobs.len(), 1);
    assert_eq!(words(&container(&jobs[0]["spec"]["template"])["args"]), ["topics", "apply"]);
    assert_eq!(jobs[0]["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade");
    // A hook runs before the release's own objects exist.
    let volumes = jobs[0]["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    assert!(volumes.iter().all(|volume| volume["configMap"].is_null()), "{volumes:?}");
    assert!(jobs[0]["spec"]["template"]["spec"]["serviceAccountName"].is_null());
}

#[test]
fn the_service_monitor_is_there_when_asked_for() {
    assert!(of_kind(&render(&[]), "ServiceMonitor").is_empty());
    let manifests = render(&["-f", "helm/ci/everything.yaml"]);
    let monitors = of_kind(&manifests, "ServiceMonitor");
    assert_eq!(monitors.len(), 1);
    let labels = monitors[0]["spec"]["selector"]["matchLabels"].as_object().unwrap();
    for service in of_kind(&manifests, "Service") {
        assert!(labels.iter().all(|(key, value)| service["metadata"]["labels"][key] == *value));
        let ports = service["spec"]["ports"].as_array().unwrap();
        assert!(ports.iter().any(|p| p["name"] == monitors[0]["spec"]["endpoints"][0]["port"]));
    }
}
