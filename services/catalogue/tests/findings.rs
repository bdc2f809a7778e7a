//! One bad catalogue per code. The first line of each says what must be found in it, and nothing else may be:
//! `# expect: code@line:column …`, with `/warning` behind it where it is one. It is read together with the good catalogue, or by itself if the first line says `# alone:`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{CODES, Finding, Tree, lint, load, render, render_plain};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn yaml_files(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// What the first line expects, and whether the file stands alone.
fn expectation(text: &str) -> (Vec<String>, bool) {
    let first = text.lines().next().unwrap();
    let (alone, codes) = match (first.strip_prefix("# expect:"), first.strip_prefix("# alone:")) {
        (Some(codes), _) => (false, codes),
        (_, Some(codes)) => (true, codes),
        (None, None) => panic!("the first line says what to expect: {first}"),
    };
    let mut codes: Vec<String> = codes.split_whitespace().map(str::to_owned).collect();
    codes.sort();
    (codes, alone)
}

fn found(findings: &[Finding]) -> Vec<String> {
    let said = |f: &Finding| {
        let warning = if f.is_error() { "" } else { "/warning" };
        format!("{}@{}:{}{warning}", f.code, f.line, f.column)
    };
    let mut found: Vec<String> = findings.iter().map(said).collect();
    found.sort();
    found
}

#[test]
fn every_bad_catalogue_has_exactly_the_findings_it_says() {
    let mut wrong = Vec::new();
    for (name, bytes) in yaml_files("bad") {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let (expected, alone) = expectation(&text);
        let good = if alone { Vec::new() } else { yaml_files("good") };
        let findings = lint(&Tree::from_files(good.into_iter().chain([(name.clone(), bytes)])));
        let elsewhere = findings.iter().any(|finding| finding.file != name);
        let silent = findings.iter().any(|finding| finding.message.is_empty() || finding.help.is_empty());
        if elsewhere || silent || found(&findings) != expected {
            wrong.push(format!("{name}: expected {expected:?}\n{}", render_plain(&findings)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_bad_catalogue_and_every_code_found_is_listed() {
    let shown: BTreeSet<String> = yaml_files("bad")
        .into_iter()
        .flat_map(|(_, bytes)| expectation(&String::from_utf8(bytes).unwrap()).0)
        .map(|expected| expected.split('@').next().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = CODES.iter().map(|code| (*code).to_owned()).collect();
    // What concerns files rather than text is shown in tests/hostile.rs.
    let of_files =
        ["file.large", "file.name", "file.unreadable", "file.utf-8", "tree.deep", "tree.files", "yaml.large"];
    let expected: BTreeSet<String> = listed.iter().filter(|code| !of_files.contains(&code.as_str())).cloned().collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_good_catalogue_has_no_findings() {
    let findings = lint(&Tree::from_files(yaml_files("good")));
    assert!(findings.is_empty(), "{}", render_plain(&findings));
}

#[test]
fn the_reference_catalogue_has_no_errors() {
    let findings = lint(&Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue")));
    let errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    assert!(errors.is_empty(), "{}", render_plain(&errors));
}

#[test]
fn a_tree_is_loaded_only_without_errors() {
    let bad = b"items: [{id: only.this}]".to_vec();
    let files = yaml_files("good").into_iter().chain([("bad.yaml".to_owned(), bad)]);
    let findings = load(&Tree::from_files(files)).unwrap_err();
    assert!(findings.iter().any(Finding::is_error));
}

#[test]
fn a_rendered_finding_shows_the_line_the_code_and_what_to_do() {
    let text = "departments:\n  - id: d.new\n    title: {zh: 虚构, en: Fictitious}\n    contact: ''\n";
    let files = yaml_files("good").into_iter().chain([("new.yaml".to_owned(), text.into())]);
    let findings = lint(&Tree::from_files(files));
    let shown = render(&findings);
    for part in ["text.blank", "contact: ''", "new.yaml:4:14", "ask the responsible unit", "1 error, 0 warnings"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    let plain = render_plain(&findings);
    assert!(plain.starts_with("new.yaml:4:14: error: text.blank: nothing is said here; "), "{plain}");
}
