//! Whatever the bytes: findings, never a panic, and within bounds.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use catalogue::{Finding, Tree, lint, load, render, render_plain};
use proptest::prelude::*;

fn of(text: impl Into<Vec<u8>>) -> Vec<Finding> {
    let tree = Tree::from_files([("hostile.yaml", text)]);
    let findings = lint(&tree);
    assert!(render(&findings).contains("error") && render_plain(&findings).contains("error"));
    findings
}

fn has(findings: &[Finding], code: &str, line: usize, column: usize) -> bool {
    findings.iter().any(|f| (f.code, f.line, f.column) == (code, line, column))
}

fn good() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good");
    ["base.yaml", "rules.yaml"].map(|name| fs::read_to_string(folder.join(name)).unwrap()).concat()
}

#[test]
fn aliases_that_multiply_are_stopped() {
    let mut bomb = String::from("departments:\n  - &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("  - &a{level} [{inner}]\n"));
    }
    assert!(of(bomb).iter().any(|finding| finding.code == "yaml.large"));
}

#[test]
fn deep_nesting_is_stopped() {
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let codes: Vec<&str> = of(format!("items: \n  {deep}")).iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&"yaml.deep") || codes.contains(&"yaml.syntax"), "{codes:?}");
    }
}

#[test]
fn a_condition_of_conditions_is_read_to_its_depth() {
    let nested = format!("{}{{exists: {{field: severity}}}}{}", "{not: ".repeat(30), "}".repeat(30));
    let text = good().replace("{exists: {field: severity}}", &nested);
    let findings = lint(&Tree::from_files([("deep.yaml", text)]));
    assert!(findings.is_empty(), "{}", render_plain(&findings));
}

#[test]
fn a_file_with_too_many_values_is_stopped() {
    let text = format!("departments: [{}]\n", "a,".repeat(400_000));
    assert!(of(text).iter().any(|finding| finding.code == "yaml.large"));
}

#[test]
fn a_large_file_is_refused_unread() {
    assert!(has(&of("#".repeat(2 << 20)), "file.large", 1, 1));
}

#[test]
fn bytes_that_are_no_utf_8_are_shown_where_they_stand() {
    let findings = of(b"departments: []\n# \xe8\x99\x9a\xff\n".to_vec());
    assert!(has(&findings, "file.utf-8", 2, 4), "{}", render_plain(&findings));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = format!("\u{feff}{}", good().replace('\n', "\r\n"));
    let with = load(&Tree::from_files([("good.yaml", text)])).unwrap().catalogue;
    let without = load(&Tree::from_files([("good.yaml", good())])).unwrap().catalogue;
    assert_eq!(with, without);
}

#[test]
fn a_finding_behind_a_byte_order_mark_shows_the_right_line() {
    let findings = of("\u{feff}departments: []\nnonsense: []\n");
    assert!(has(&findings, "key.unknown", 2, 1), "{}", render_plain(&findings));
    assert!(render(&findings).contains("nonsense"));
}

#[test]
fn an_entry_of_nothing_but_faults_ends() {
    let keys: String = (0..2_000).map(|n| format!("    k{n}: [x]\n")).collect();
    let findings = of(format!("items:\n  - id: x.item\n{keys}    fields: [{}]\n", "a, ".repeat(2_000)));
    assert!(findings.len() > 2_000, "{}", findings.len());
}

#[test]
fn what_cannot_be_read_from_a_folder_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("packs")).unwrap();
    fs::create_dir(folder.path().join(".hidden")).unwrap();
    fs::write(folder.path().join("good.yaml"), good()).unwrap();
    fs::write(folder.path().join("packs/other.yml"), "departments: []\n").unwrap();
    fs::write(folder.path().join("packs/README.md"), "not a catalogue").unwrap();
    fs::write(folder.path().join(".hidden/bad.yaml"), "nonsense").unwrap();
    let findings = lint(&Tree::read(folder.path()));
    let codes: Vec<(&str, &str)> = findings.iter().map(|f| (f.file.as_str(), f.code)).collect();
    assert_eq!(codes, [("packs/other.yml", "file.name")]);

    let nowhere = lint(&Tree::read(&folder.path().join("nowhere")));
    assert!(nowhere.iter().any(|finding| finding.code == "file.unreadable"), "{}", render_plain(&nowhere));
}

#[cfg(unix)]
#[test]
fn a_folder_that_links_to_itself_is_left() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.yaml"), good()).unwrap();
    fs::create_dir(folder.path().join("packs")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("packs"), folder.path().join("packs/again")).unwrap();
    let findings = lint(&Tree::read(folder.path()));
    assert!(findings.iter().any(|finding| finding.code == "tree.deep"), "{}", render_plain(&findings));
}

#[test]
fn a_tree_of_too_many_files_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..2_001 {
        fs::write(folder.path().join(format!("{n}.yaml")), "departments: []\n").unwrap();
    }
    let findings = lint(&Tree::read(folder.path()));
    assert!(findings.iter().any(|finding| finding.code == "tree.files"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_give_findings(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        of(bytes);
    }

    #[test]
    fn any_text_that_looks_like_yaml_gives_findings(text in "[-a-z0-9 \\[\\]{}:,.&*!|>'\"#\n\t%@`?~虚]{0,300}") {
        of(text);
    }

    /// A piece of a good catalogue replaced by another piece of it: YAML often, a catalogue seldom.
    #[test]
    fn a_spliced_catalogue_gives_findings_or_loads(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        length in 0_usize..200, other in any::<prop::sample::Index>(), taken in 0_usize..200) {
        let text: Vec<char> = good().chars().collect();
        let (at, piece) = (from.index(text.len()), other.index(text.len()));
        let end = (at + length).min(text.len()).max(to.index(text.len()).min(at));
        let piece = &text[piece..(piece + taken).min(text.len())];
        let spliced: String = text[..at].iter().chain(piece).chain(&text[end.max(at)..]).collect();
        let tree = Tree::from_files([("spliced.yaml", spliced)]);
        match load(&tree) {
            Ok(loaded) => prop_assert!(loaded.warnings.iter().all(|finding| !finding.is_error())),
            Err(findings) => prop_assert!(findings.iter().any(Finding::is_error)),
        }
        let findings = lint(&tree);
        prop_assert!(findings.iter().all(|f| f.line > 0 && f.column > 0 && !f.help.is_empty()), "{}", render(&findings));
    }
}
