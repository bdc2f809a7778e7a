//! The chart, rendered by the real Helm and held to Kubernetes' schemas, without a cluster: it is accepted, and what it
//! renders describes these services.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use e2e::chart::{VALUES, container, of_kind, of_service, settings, volume_of, words, workloads};
use e2e::repository::{checks, output, run, services};
use serde_json::Value;

/// The oldest Kubernetes that the chart says it runs on, and the newest whose schemas we have.
const KUBERNETES: &[&str] = &["1.28", "1.37"];

fn render(values: &[&str]) -> Vec<Value> {
    e2e::chart::render(values).unwrap()
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
            let volume = volume_of(pod, &file).unwrap();
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            let source = volumes.iter().find(|v| v["name"] == volume).unwrap()["configMap"]["name"].as_str().unwrap();
            let maps = of_kind(&manifests, "ConfigMap");
            let map = maps.iter().find(|map| map["metadata"]["name"] == source).unwrap();
            assert!(map["data"][format!("{name}.toml")].is_string(), "{source} holds {name}.toml");
            settings(&manifests, name).unwrap();
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
            let listen = settings(&manifests, name).unwrap()["admin"]["listen"].as_str().unwrap().to_owned();
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
    for name in ["profile", "flags"] {
        let (workload, pod) = of_service(&manifests, name);
        assert_eq!(workload["kind"], "StatefulSet", "{name}");
        let dir = settings(&manifests, name).unwrap()[name]["state_dir"].as_str().unwrap().to_owned();
        let volume = volume_of(pod, &dir).unwrap();
        let claims = workload["spec"]["volumeClaimTemplates"].as_array().unwrap();
        assert!(claims.iter().any(|claim| claim["metadata"]["name"] == volume), "{name}: {dir} is on {volume}");
    }
    let (_, gate) = of_service(&manifests, "gate");
    let spool = settings(&manifests, "gate").unwrap()["gate"]["spool_dir"].as_str().unwrap().to_owned();
    let volume = volume_of(gate, &spool).unwrap();
    let volumes = gate["spec"]["volumes"].as_array().unwrap();
    assert!(volumes.iter().any(|v| v["name"] == volume && v["emptyDir"].is_object()), "{spool} is on {volume}");
}

#[test]
fn members_of_a_group_are_named_after_a_pod_whose_name_stays() {
    let manifests = render(&[]);
    for name in ["intake", "profile", "flags"] {
        let (workload, pod) = of_service(&manifests, name);
        assert_eq!(workload["kind"], "StatefulSet", "{name}: only its pods have the same name after a restart");
        let variable = format!("STANDING__{}__INSTANCE", name.to_uppercase());
        let env = container(pod)["env"].as_array().unwrap();
        let named = env.iter().find(|e| e["name"] == variable).unwrap_or_else(|| panic!("{name}: no {variable}"));
        assert_eq!(named["valueFrom"]["fieldRef"]["fieldPath"], "metadata.name", "{name}");
    }
}

/// The workload that a manifest is about: a Service for peers is about theirs.
fn workload_of(manifest: &Value) -> &str {
    let name = manifest["metadata"]["name"].as_str().unwrap();
    name.strip_suffix("-peers").unwrap_or(name)
}

/// A lookup that reached the wrong instance is passed on to the pods themselves, and the network lets it through.
#[test]
fn profiles_reach_each_other_one_by_one() {
    let manifests = render(&[]);
    let peers = settings(&manifests, "profile").unwrap()["profile"]["peers"][0].as_str().unwrap().to_owned();
    let name = peers.strip_prefix("http://").unwrap().split(':').next().unwrap();
    let services = of_kind(&manifests, "Service");
    let service = services.iter().find(|service| service["metadata"]["name"] == name).unwrap();
    assert_eq!(service["spec"]["clusterIP"], "None", "a name with one address for each pod");
    assert!(peers.ends_with(&format!(":{}", service["spec"]["ports"][0]["port"])), "{peers}");
    let policies = of_kind(&manifests, "NetworkPolicy");
    let policy = policies.iter().find(|policy| policy["metadata"]["name"] == workload_of(service)).unwrap();
    let own = &policy["spec"]["podSelector"];
    let reach =
        |rules: &Value, side: &str| rules.as_array().unwrap().iter().any(|rule| rule[side][0]["podSelector"] == *own);
    assert!(reach(&policy["spec"]["ingress"], "from") && reach(&policy["spec"]["egress"], "to"), "{policy:#}");
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
                let name = workload_of(manifest);
                assert_eq!(found(manifest.pointer(at).unwrap()), [name], "{kind} {name}");
            }
        }
        for service in of_kind(&manifests, "Service") {
            let name = workload_of(service);
            let (_, pod) = workloads.iter().find(|(workload, _)| workload["metadata"]["name"] == name).unwrap();
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
    for (section, secret) in [("KAFKA", "kafka-user"), ("REGISTRY", "registry-user")] {
        let variable = format!("STANDING__{section}__PASSWORD");
        let password = env.iter().find(|e| e["name"] == variable).unwrap_or_else(|| panic!("no {variable}"));
        assert_eq!(password["valueFrom"]["secretKeyRef"]["name"], secret);
    }
    for name in services() {
        let pod = of_service(&manifests, name).1;
        for section in ["credentials", "pseudonyms"] {
            let Some(file) =
                settings(&manifests, name).unwrap().get(section).map(|s| s["file"].as_str().unwrap().to_owned())
            else {
                continue;
            };
            let volume = volume_of(pod, &file).unwrap();
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            let secret = &volumes.iter().find(|v| v["name"] == volume).unwrap()["secret"];
            assert_eq!(secret["secretName"], format!("standing-{section}"), "{name}");
            let path = secret["items"][0]["path"].as_str().unwrap();
            assert!(file.ends_with(path), "{name}: {file} is the secret's {path}");
        }
    }
}

#[test]
fn a_value_that_the_chart_does_not_know_is_refused() {
    for (set, named) in [
        ("gate.replica=3", "replica"),
        ("gate.replicas=two", "/gate/replicas"),
        ("kafka.bootstrapServers=", "bootstrapServers"),
        ("kafka.options.sasl\\.password=x", "sasl.password"),
        ("kafka.options.retries=5", "retries"),
        ("registry.urls={https://user:secret@registry}", "urls"),
        ("profile.persistence.size=much", "size"),
        ("networkPolicy.kafka.ports={70000}", "ports"),
        ("image.digest=latest", "digest"),
        ("intake.service.type=Public", "type"),
        ("gate.settings.gate.stalenes_max=20s", "stalenes_max"),
        ("gate.settings.gate.staleness_max=20", "staleness_max"),
        ("gate.settings.profile.workers=2", "profile"),
        ("profile.settings.profile.workers=100", "workers"),
        ("intake.settings.intake.inbox.look_every=1w", "look_every"),
        // What the chart decides, because other manifests rest on it.
        ("gate.settings.http.listen=0.0.0.0:8443", "listen"),
        ("gate.settings.gate.spool_dir=/tmp", "spool_dir"),
        ("profile.settings.profile.instance=x", "instance"),
        ("profile.settings.profile.state_dir=/tmp", "state_dir"),
        ("intake.settings.credentials.file=/tmp/open", "credentials"),
        ("intake.settings.topics.partitions=8", "topics"),
    ] {
        let refused = output(&mut checks(&["helm", "template", "helm", "--set", set])).unwrap();
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && message.contains(named), "--set {set}: {message}");
    }
}

#[test]
fn settings_of_the_operator_win_and_numbers_stay_whole() {
    let sets = ["--set", "gate.settings.telemetry.filter=debug,gate.settings.gate.queue_max=2000000"];
    let gate = settings(&render(&sets), "gate").unwrap();
    assert_eq!(gate["telemetry"]["filter"].as_str(), Some("debug"));
    assert_eq!(gate["gate"]["queue_max"].as_integer(), Some(2_000_000));
    assert!(gate["gate"].get("spool_dir").is_some() && gate.contains_key("kafka"), "what the chart sets stays");
}

#[test]
fn a_change_of_one_services_settings_restarts_that_service_only() {
    let digests = |values: &[&str]| -> BTreeMap<&str, String> {
        let manifests = render(values);
        let digest = |name| of_service(&manifests, name).1["metadata"]["annotations"]["standing/settings"].to_string();
        services().into_iter().map(|name| (name, digest(name))).collect()
    };
    let (before, after) = (digests(&[]), digests(&["--set", "gate.settings.gate.queue_max=9"]));
    let changed: Vec<&str> = before.keys().copied().filter(|name| before[name] != after[name]).collect();
    assert_eq!(changed, ["gate"]);
}

#[test]
fn topics_are_applied_before_anything_starts() {
    let manifests = render(&[]);
    let jobs = of_kind(&manifests, "Job");
    assert_eq!(jobs.len(), 1);
    let pod = &jobs[0]["spec"]["template"];
    assert_eq!(words(&container(pod)["args"])[..3], ["topics", "apply", "--config"]);
    let annotations = |manifest: &Value| manifest["metadata"]["annotations"].clone();
    assert_eq!(annotations(jobs[0])["helm.sh/hook"], "pre-install,pre-upgrade");
    // A hook runs before the release's own objects exist: what it uses is a hook too, and an earlier one.
    let file = words(&container(pod)["args"])[3];
    let volume = volume_of(pod, file).unwrap();
    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    let source = &volumes.iter().find(|v| v["name"] == volume).unwrap()["configMap"]["name"];
    let maps = of_kind(&manifests, "ConfigMap");
    let map = maps.iter().find(|map| map["metadata"]["name"] == *source).unwrap();
    assert_eq!(annotations(map)["helm.sh/hook"], annotations(jobs[0])["helm.sh/hook"]);
    assert_eq!(annotations(map)["helm.sh/hook-weight"], "-1");
    assert!(pod["spec"]["serviceAccountName"].is_null());
    for name in services() {
        let topics = |name| settings(&manifests, name).unwrap()["topics"].clone();
        assert_eq!(topics(name), topics("topics"), "{name} expects the topics that are applied");
    }
}

#[test]
fn a_registry_is_reached_only_where_there_is_one() {
    let ports = |values: &[&str], name: &str| -> Vec<u64> {
        let manifests = render(values);
        let policies = of_kind(&manifests, "NetworkPolicy");
        let policy = policies.iter().find(|policy| policy["metadata"]["name"] == format!("standing-{name}")).unwrap();
        let rules = policy["spec"]["egress"].as_array().unwrap().iter();
        rules.flat_map(|rule| rule["ports"].as_array().unwrap()).map(|port| port["port"].as_u64().unwrap()).collect()
    };
    assert_eq!(ports(&[], "gate"), [53, 53, 9092]);
    for name in ["gate", "topics"] {
        assert_eq!(ports(&["-f", "helm/ci/everything.yaml"], name), [53, 53, 9093, 8081], "{name}");
    }
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
        // A pod is measured once: the Service for peers has no such port.
        let measured = ports.iter().any(|p| p["name"] == monitors[0]["spec"]["endpoints"][0]["port"]);
        assert_eq!(measured, service["metadata"]["name"] == workload_of(service), "{}", service["metadata"]["name"]);
    }
}
