//! The documents held to what they describe: metrics, links, names of tests and files, the form of decision records.
//!
//! A page that has fallen behind fails here, with the place and what to write.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use e2e::repository::{files, root};

/// A map that is longer is no map.
const ARCHITECTURE_LINES: usize = 300;

/// What registers a metric, and the type it has then.
const MAKERS: [(&str, &str); 8] = [
    ("counter", "counter"),
    ("counters", "counter"),
    ("gauge", "gauge"),
    ("gauges", "gauge"),
    ("real_gauge", "gauge"),
    ("real_gauges", "gauge"),
    ("histogram", "histogram"),
    ("histograms", "histogram"),
];

/// A metric's type, and its labels where they are written out where it is made.
type Metric = (String, Option<Vec<String>>);

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path.as_ref()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn with_ending(ending: &str) -> Vec<PathBuf> {
    files().unwrap().into_iter().filter(|path| path.extension().is_some_and(|e| e == ending)).collect()
}

/// The pages of the repository, its own tests' fixtures aside.
fn pages() -> Vec<PathBuf> {
    with_ending("md")
}

/// The production code of the services: what stands before a file's own tests.
fn code() -> String {
    let of_services = |path: &PathBuf| path.starts_with("services") && path.iter().any(|part| part == "src");
    let before_tests = |path: PathBuf| read(path).split("#[cfg(test)]").next().unwrap().to_owned();
    with_ending("rs").into_iter().filter(of_services).map(before_tests).collect()
}

/// The texts between backticks of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn metrics_of_code(code: &str) -> BTreeMap<String, Metric> {
    let mut found = BTreeMap::new();
    for (maker, kind) in MAKERS {
        for (at, call) in code.match_indices(&format!(".{maker}(")) {
            let arguments = code[at + call.len()..].trim_start();
            let Some((name, rest)) = arguments.strip_prefix('"').and_then(|text| text.split_once('"')) else {
                continue;
            };
            if !name.starts_with("standing_") {
                continue;
            }
            // The call ends before the next statement or field; only labels written in it count.
            let end = rest.find("),\n").or_else(|| rest.find(");")).unwrap_or(rest.len());
            let labels = rest[..end].split_once("&[\"").map(|(_, list)| {
                let list = list.split(']').next().unwrap();
                list.split(',')
                    .map(|label| label.trim().trim_matches('"').to_owned())
                    .filter(|l| !l.is_empty())
                    .collect()
            });
            let labels = if maker.ends_with('s') { labels } else { Some(Vec::new()) };
            found.insert(name.to_owned(), (kind.to_owned(), labels));
        }
    }
    found
}

/// Rows of the page: `name`, type, labels.
fn metrics_of_page(page: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split_once('`'));
    rows.filter(|(name, _)| name.starts_with("standing_") && !name.contains('{'))
        .filter_map(|(name, rest)| {
            let cells: Vec<&str> = rest.split('|').collect();
            let [_, kind, labels, _, ..] = cells.as_slice() else { return None };
            let labels = quoted(labels).map(str::to_owned).collect();
            matches!(kind.trim(), "counter" | "gauge" | "histogram")
                .then(|| (name.to_owned(), (kind.trim().to_owned(), labels)))
        })
        .collect()
}

#[test]
fn every_metric_is_documented_as_it_is_and_no_other() {
    let (code, page) = (metrics_of_code(&code()), metrics_of_page(&read("docs/metrics.md")));
    assert!(code.len() > 30, "the metrics of the code were not found: {code:?}");
    let mut faults = vec![];
    for (name, (kind, labels)) in &code {
        match page.get(name) {
            None => faults.push(format!("docs/metrics.md lacks the {kind} `{name}`: add a row with its labels")),
            Some((said, _)) if said != kind => {
                faults.push(format!("docs/metrics.md: `{name}` is a {kind}, not a {said}"))
            }
            Some((_, said)) if labels.as_ref().is_some_and(|labels| labels != said) => {
                faults.push(format!("docs/metrics.md: the labels of `{name}` are {labels:?}, not {said:?}"));
            }
            Some(_) => {}
        }
    }
    let gone = page.keys().filter(|name| !code.contains_key(*name));
    faults.extend(gone.map(|name| format!("docs/metrics.md: no code makes `{name}`: remove the row")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_the_code_makes_is_read_with_its_labels() {
    let code = r#"
        a: metrics.counters("standing_a_total", "Help, with a comma.", &["x", "y"]),
        b: metrics
            .gauge("standing_b", "Help."),
        c: metrics.counters("standing_c_total", "Help.", &by_source),
        d: metrics.histograms("standing_d_seconds", "Help.", &["z"], &ANSWER_SECONDS),
    "#;
    let labels = |labels: &[&str]| Some(labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());
    let expected = [
        ("standing_a_total", ("counter", labels(&["x", "y"]))),
        ("standing_b", ("gauge", labels(&[]))),
        ("standing_c_total", ("counter", None)),
        ("standing_d_seconds", ("histogram", labels(&["z"]))),
    ];
    let expected = expected.map(|(name, (kind, labels))| (name.to_owned(), (kind.to_owned(), labels)));
    assert_eq!(metrics_of_code(code), BTreeMap::from(expected));
}

/// Targets of a page's links, without those that leave the repository.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// The name under which a heading can be linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let mut faults = vec![];
    for path in pages() {
        let page = read(&path);
        for link in links(&page) {
            let (file, heading) = link.split_once('#').map_or((link.as_str(), None), |(file, h)| (file, Some(h)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            if !root().join(&target).exists() {
                faults.push(format!("{}: {link} leads nowhere", path.display()));
            } else if let Some(heading) = heading {
                let known =
                    read(&target).lines().any(|l| l.starts_with('#') && anchor(l.trim_start_matches('#')) == heading);
                if !known {
                    faults.push(format!("{}: {} has no heading {heading}", path.display(), target.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether a quoted text is the path of a file or folder of this repository.
fn is_path(text: &str) -> bool {
    let first = text.split('/').next().unwrap();
    let folders = ["services", "schemas", "tests", "catalogue", "docs", "helm", "scripts", "prometheus"];
    text.contains('/') && folders.contains(&first) && !text.contains(['<', '*', ' '])
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut faults = vec![];
    for path in pages() {
        let page = read(&path);
        let named = page.lines().flat_map(quoted).filter(|text| is_path(text));
        let missing = named.filter(|text| !root().join(text).exists());
        faults.extend(missing.map(|text| format!("{}: there is no {text}", path.display())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_test_and_linter_code_that_the_map_names_exists() {
    let map = read("docs/ARCHITECTURE.md");
    let sources: String = with_ending("rs").into_iter().map(read).collect();
    let invariants = map.split("## Invariants").nth(1).unwrap().split("## Deliberately absent").next().unwrap();
    let words: BTreeSet<&str> = invariants.lines().filter(|line| line.starts_with("| ")).flat_map(quoted).collect();
    let mut faults = vec![];
    let mut seen = 0;
    for word in words {
        let sentence =
            word.matches('_').count() >= 3 && word.chars().all(|c| c.is_lowercase() || c == '_' || c.is_numeric());
        let code = word.contains('.') && !word.contains(['/', ':']);
        seen += usize::from(sentence || code);
        // Laws of the contract are listed by their names, so the parenthesis is left out.
        if sentence && !sources.contains(&format!("fn {word}")) {
            faults.push(format!("docs/ARCHITECTURE.md: there is no test {word}"));
        }
        if code && !sources.contains(&format!("\"{word}\"")) {
            faults.push(format!("docs/ARCHITECTURE.md: nothing has the code {word}"));
        }
    }
    assert!(seen > 50, "the table of invariants was not read: {seen} names");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Rows of a table of the law: article, what is done, tests.
fn law_rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").collect::<Vec<_>>()).filter(|cells| cells[0] != "article")
}

#[test]
fn every_article_of_the_law_has_a_test_that_exists() {
    let page = read("docs/law.md");
    let sources: String = with_ending("rs").into_iter().map(read).collect();
    let stories: String = with_ending("story").into_iter().map(read).collect();
    let titles: BTreeSet<&str> = stories.lines().filter_map(|line| line.strip_prefix("story ")).collect();
    let (mut faults, mut seen) = (vec![], 0);
    for cells in law_rows(&page) {
        let [article, _, tests] = cells.as_slice() else {
            faults.push(format!("docs/law.md: a row has {} cells: {cells:?}", cells.len()));
            continue;
        };
        let named: Vec<&str> = quoted(tests).collect();
        if named.is_empty() {
            faults.push(format!("docs/law.md: {article} has no test"));
        }
        for name in named {
            seen += 1;
            let function = name.chars().all(|c| c.is_lowercase() || c == '_' || c.is_numeric());
            let known = if function { sources.contains(&format!("fn {name}(")) } else { titles.contains(name) };
            if !known {
                faults.push(format!("docs/law.md: {article} names {name}, which is neither a test nor a story"));
            }
        }
    }
    assert!(seen > 40, "the tables were not read: {seen} tests");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_map_is_short_and_names_every_crate_and_module() {
    let map = read("docs/ARCHITECTURE.md");
    assert!(
        map.lines().count() <= ARCHITECTURE_LINES,
        "docs/ARCHITECTURE.md is longer than {ARCHITECTURE_LINES} lines"
    );
    let named: BTreeSet<&str> = map.lines().flat_map(quoted).collect();
    let mut faults = BTreeSet::new();
    for path in with_ending("rs") {
        let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        let (member, module) = match parts.as_slice() {
            ["services", member, "src", module, ..] => (format!("services/{member}"), *module),
            ["schemas", "src", module, ..] => ("schemas".to_owned(), *module),
            _ => continue,
        };
        let module = module.trim_end_matches(".rs");
        if !named.contains(member.as_str()) {
            faults.insert(format!("docs/ARCHITECTURE.md names no crate {member}"));
        }
        if !matches!(module, "lib" | "main" | "bin") && !named.contains(module) {
            faults.insert(format!("docs/ARCHITECTURE.md names no module {module} of {member}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_decision_record_has_its_parts_and_is_listed() {
    let list = read("docs/adr/README.md");
    let records: Vec<PathBuf> = pages().into_iter().filter(|path| path.starts_with("docs/adr")).collect();
    let mut faults = vec![];
    for path in records.iter().filter(|path| !path.ends_with("README.md")) {
        let (page, name) = (read(path), path.file_name().unwrap().to_str().unwrap());
        for part in ["**Status:**", "## Context", "## Decision", "## Consequences", "## Rejected"] {
            if !page.contains(part) {
                faults.push(format!("{}: has no part {part}", path.display()));
            }
        }
        if !page.starts_with(&format!("# {} ", &name[..4])) {
            faults.push(format!("{}: its title does not begin with its number", path.display()));
        }
        if !list.contains(&format!("]({name})")) {
            faults.push(format!("docs/adr/README.md: does not list {name}"));
        }
    }
    assert!(records.len() > 5, "the decision records were not found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
