//! The chart as the real Helm renders it, without a cluster.

use anyhow::Context;
use serde_json::Value;

use crate::repository::{checks, run};

/// Values that the chart is rendered with: as it comes, every switch on, as little as possible.
pub const VALUES: &[&[&str]] = &[&[], &["-f", "helm/ci/everything.yaml"], &["-f", "helm/ci/smallest.yaml"]];

/// Every manifest of the chart with these values.
pub fn render(values: &[&str]) -> anyhow::Result<Vec<Value>> {
    let text = run(&mut checks(&[&["helm", "template", "helm", "--json"], values].concat()))?;
    Ok(serde_json::from_str(&text)?)
}

pub fn of_kind<'m>(manifests: &'m [Value], kind: &str) -> Vec<&'m Value> {
    manifests.iter().filter(|m| m["kind"] == kind).collect()
}

/// What runs pods: each with its pod template.
pub fn workloads(manifests: &[Value]) -> Vec<(&Value, &Value)> {
    ["Deployment", "StatefulSet", "Job"]
        .into_iter()
        .flat_map(|kind| of_kind(manifests, kind))
        .map(|workload| (workload, &workload["spec"]["template"]))
        .collect()
}

/// The one container of a pod.
pub fn container(pod: &Value) -> &Value {
    let containers = pod["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(containers.len(), 1, "{containers:?}");
    &containers[0]
}

/// A list of texts; empty where there is none.
pub fn words(value: &Value) -> Vec<&str> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// The workload of a service, by what its container is told to serve.
pub fn of_service<'m>(manifests: &'m [Value], name: &str) -> (&'m Value, &'m Value) {
    let mut found = workloads(manifests);
    found.retain(|(_, pod)| words(&container(pod)["args"]).starts_with(&["serve", name]));
    assert_eq!(found.len(), 1, "one workload serves {name}");
    found[0]
}

/// The settings file of a service (or of `topics`), as written.
pub fn settings_text<'m>(manifests: &'m [Value], name: &str) -> anyhow::Result<&'m str> {
    let file = format!("{name}.toml");
    let mut texts = of_kind(manifests, "ConfigMap").into_iter().filter_map(|map| map["data"][&file].as_str());
    texts.next().with_context(|| format!("no ConfigMap holds {file}"))
}

/// The settings of a service.
pub fn settings(manifests: &[Value], name: &str) -> anyhow::Result<toml::Table> {
    Ok(settings_text(manifests, name)?.parse()?)
}

/// Where a pod's container sees a path from, by volume: the volume whose mount is the longest prefix.
pub fn volume_of<'p>(pod: &'p Value, path: &str) -> anyhow::Result<&'p str> {
    let mounts = container(pod)["volumeMounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    mounts
        .iter()
        .filter_map(|mount| Some((mount["mountPath"].as_str()?, mount["name"].as_str()?)))
        .filter(|(at, _)| path.starts_with(at))
        .max_by_key(|(at, _)| at.len())
        .map(|(_, name)| name)
        .with_context(|| format!("nothing is mounted at {path}"))
}
