//! The shape of the repository, held by a test: which crate may use which, how long a file may be, what no file may hold.
//!
//! A failure names the file and says what to do. A rule that turns out wrong is changed here, with the reason in the
//! commit; there is no list of exceptions.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::repository::{files, root, run};
use serde_json::Value;

const SERVICES: &[&str] = &["intake", "profile", "flags", "gate", "console"];
const LIBRARIES: &[&str] = &["domain", "catalogue", "stream", "kit", "schemas"];

/// What `domain` may be built from: nothing that can do I/O, ask a clock, or draw a number.
const PURE: &[&str] = &["serde", "jiff", "rust_decimal", "thiserror", "hmac", "sha2", "lru", "smallvec", "smol_str"];

const LONGEST_FILE: usize = 500;
const LONGEST_MAIN: usize = 80;

/// The crates of ours that a crate may depend on, in tests too. `None`: the crate is not part of the layout.
fn allowed(of: &str) -> Option<Vec<&'static str>> {
    Some(match of {
        "domain" | "stream" | "kit" => vec![],
        "catalogue" | "schemas" => vec!["domain"],
        // Benchmarks fold as the profile service does, and look into a gate's view: docs/adr/0015-the-benchmark-folds-as-the-service-does.md
        "e2e" => [LIBRARIES, &["profile", "gate"]].concat(),
        "standing" => [SERVICES, LIBRARIES].concat(),
        service if SERVICES.contains(&service) => LIBRARIES.to_vec(),
        _ => return None,
    })
}

/// Faults of one package as `cargo metadata` describes it.
fn edge_faults(package: &Value, ours: &[&str]) -> Vec<String> {
    let name = package["name"].as_str().unwrap();
    let manifest = package["manifest_path"].as_str().unwrap();
    let Some(allowed) = allowed(name) else {
        return vec![format!(
            "{manifest}: the crate `{name}` is not in the layout: put the code in an existing crate, or add a decision \
             record to docs/adr/ and the crate to `allowed` in tests/tests/tidy.rs"
        )];
    };
    let mut faults = vec![];
    for dependency in package["dependencies"].as_array().unwrap() {
        let on = dependency["name"].as_str().unwrap();
        if ours.contains(&on) && !allowed.contains(&on) {
            faults.push(format!(
                "{manifest}: `{name}` may not depend on `{on}` (it may on: {allowed:?}): move what both need to a crate \
                 below them, or pass it in as a parameter"
            ));
        }
        let built_in = dependency["kind"].is_null();
        if name == "domain" && built_in && !PURE.contains(&on) {
            faults.push(format!(
                "{manifest}: `domain` is pure and may not depend on `{on}`: do that work in the crate that calls it"
            ));
        }
        if ["rocksdb", "rdkafka"].contains(&on) && !["stream", "e2e"].contains(&name) {
            faults.push(format!(
                "{manifest}: only `stream` knows Kafka and RocksDB: `{name}` must go through it instead of `{on}`"
            ));
        }
    }
    faults
}

fn is(path: &Path, extensions: &[&str]) -> bool {
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e))
}

/// Faults of one file's text, by its path from the root.
fn text_faults(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut faults = vec![];
    let lines = text.lines().count();
    let code = is(path, &["rs", "sh", "py", "yaml", "yml", "tpl", "toml", "java", "avsc", "css", "js", "html"]);
    // The catalogue is data: as long as what it lists.
    if code && !path.starts_with("catalogue") && lines > LONGEST_FILE {
        faults.push(format!("{shown}: {lines} lines, {LONGEST_FILE} at most: split it by idea"));
    }
    if path.ends_with("src/main.rs") && lines > LONGEST_MAIN {
        faults.push(format!(
            "{shown}: {lines} lines, {LONGEST_MAIN} at most for a main: it reads as a list, the work is in modules"
        ));
    }
    if code || is(path, &["md"]) {
        for (line, text) in (1..).zip(text.lines()) {
            if let Some(word) = reminder(text) {
                faults.push(format!("{shown}:{line}: a bare {word}: do it now, or name the issue as {word}(#12)"));
            }
            if let Some(place) = ["/work/", "/root/"].into_iter().find(|p| text.contains(p) && !is_this_file(path)) {
                faults.push(format!(
                    "{shown}:{line}: {place} is a folder of one machine: give the path from the root of the checkout"
                ));
            }
        }
    }
    if is(path, &["md"]) {
        let titles = titles(text);
        if titles != 1 {
            faults.push(format!("{shown}: {titles} first-level headings: a page has one `# Title`, above all else"));
        }
    }
    faults
}

fn is_this_file(path: &Path) -> bool {
    path == Path::new("tests/tests/tidy.rs")
}

/// The reminder that a line holds, unless it names an issue.
fn reminder(line: &str) -> Option<&'static str> {
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")].into_iter().find(|word| {
        line.match_indices(word).any(|(at, _)| {
            let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
            let rest = &line[at + word.len()..];
            let alone = !line[..at].ends_with(part_of_a_word) && !rest.starts_with(part_of_a_word);
            alone && !rest.starts_with("(#")
        })
    })
}

/// How many first-level headings a page has, outside its fenced blocks.
fn titles(page: &str) -> usize {
    let mut fenced = false;
    page.lines()
        .filter(|line| {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            !fenced && line.starts_with("# ")
        })
        .count()
}

fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let text = run(Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(root()))
    .unwrap();
    let metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn crates_use_each_other_only_along_the_arrows_of_the_layout() {
    let packages = packages();
    let ours: Vec<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(ours.contains(&"domain") && ours.contains(&"e2e"), "{ours:?}");
    let faults: Vec<String> = packages.iter().flat_map(|p| edge_faults(p, &ours)).collect();
    report(&faults);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let faults: Vec<String> = packages()
        .iter()
        .map(|p| PathBuf::from(p["manifest_path"].as_str().unwrap()))
        .filter(|manifest| {
            let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
            manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool) != Some(true)
        })
        .map(|manifest| format!("{}: add `[lints]` with `workspace = true`", manifest.display()))
        .collect();
    report(&faults);
}

#[test]
fn files_are_short_and_hold_no_loose_ends() {
    let files = files().unwrap();
    assert!(files.contains(&PathBuf::from("Makefile")), "git listed no Makefile: {files:?}");
    let faults: Vec<String> = files
        .iter()
        .filter_map(|path| Some((path, std::fs::read_to_string(root().join(path)).ok()?)))
        .flat_map(|(path, text)| text_faults(path, &text))
        .collect();
    report(&faults);
}

#[test]
fn a_wrong_edge_is_found() {
    let package = |name: &str, on: &str, kind: Value| {
        serde_json::json!({
            "name": name, "manifest_path": "Cargo.toml", "dependencies": [{"name": on, "kind": kind}],
        })
    };
    let ours = ["domain", "stream", "gate", "intake", "catalogue", "schemas", "e2e", "rogue"];
    let faults = |name, on, kind| edge_faults(&package(name, on, kind), &ours).len();
    for (name, on, kind, expected) in [
        ("stream", "domain", Value::Null, 1),
        ("stream", "domain", "dev".into(), 1),
        ("gate", "intake", Value::Null, 1),
        ("e2e", "intake", "dev".into(), 1),
        ("e2e", "schemas", "dev".into(), 0),
        ("e2e", "stream", Value::Null, 0),
        ("gate", "domain", Value::Null, 0),
        ("domain", "tokio", Value::Null, 1),
        ("domain", "proptest", "dev".into(), 0),
        ("gate", "rdkafka", Value::Null, 1),
        ("rogue", "serde", Value::Null, 1),
    ] {
        assert_eq!(faults(name, on, kind), expected, "{name} -> {on}");
    }
}

#[test]
fn a_loose_end_is_found() {
    let faults = |path: &str, text: &str| text_faults(Path::new(path), text);
    let word = concat!("TO", "DO");
    assert_eq!(faults("a.rs", &format!("// {word}: later")).len(), 1);
    assert_eq!(faults("a.rs", &format!("// {word}(#7): later")).len(), 0);
    assert_eq!(faults("a.rs", &format!("const {word}S: u8 = 1;")).len(), 0);
    assert_eq!(faults("a.sh", "cd /work/main").len(), 1);
    assert_eq!(faults("a.rs", &"x\n".repeat(501)).len(), 1);
    assert_eq!(faults("a.rs", &"x\n".repeat(500)).len(), 0);
    assert_eq!(faults("catalogue/items.yaml", &"x\n".repeat(501)).len(), 0);
    assert_eq!(faults("services/standing/src/main.rs", &"x\n".repeat(81)).len(), 1);
    assert_eq!(faults("a.md", "# One\n```\n# a comment\n```\n").len(), 0);
    assert_eq!(faults("a.md", "# One\n# Two\n").len(), 1);
    assert_eq!(faults("a.md", "no title\n").len(), 1);
}
