//! docs/errors.md names every code there is, and none that there is not.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Codes in the first column of a table, in order.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let code = |line: &str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    text.lines().filter_map(code).collect()
}

/// Texts that a source file gives to constants, or to members named `code`.
fn codes_of(file: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let code = |line: &str| {
        let constant = line.trim().starts_with("pub const ").then(|| line.split_once(": &str = \"")).flatten();
        let (_, rest) = constant.or_else(|| line.split_once("code: \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let codes: BTreeSet<String> = text.lines().filter_map(code).collect();
    assert!(!codes.is_empty(), "{file} has no codes any more");
    codes
}

fn sources(directory: &Path, all: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_code_that_an_event_may_be_refused_with_is_explained() {
    let documented: BTreeSet<String> = documented().into_iter().collect();
    let mut codes: BTreeSet<String> = intake::code::ALL.iter().map(|code| (*code).to_owned()).collect();
    for file in ["services/domain/src/problem.rs", "services/domain/src/subject/mod.rs", "schemas/src/error.rs"] {
        codes.extend(codes_of(file));
    }
    let missing: Vec<&String> = codes.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
    let mut own = codes_of("services/intake/src/code.rs");
    for code in intake::code::ALL {
        assert!(own.remove(code), "{code}");
    }
    assert!(own.is_empty(), "code::ALL lacks {own:?}");
}

/// Literals made like a code, `words.words`.
fn literals(file: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let is_code = |literal: &str| {
        literal.split('.').count() == 2
            && literal
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    };
    let codes: BTreeSet<String> = text.split('"').filter(|literal| is_code(literal)).map(str::to_owned).collect();
    assert!(!codes.is_empty(), "{file} has no codes any more");
    codes
}

#[test]
fn every_code_that_a_question_may_be_refused_with_is_explained() {
    let documented: BTreeSet<String> = documented().into_iter().collect();
    let mut missing = Vec::new();
    for file in [
        "services/gate/src/refusal.rs",
        "services/gate/src/answer.rs",
        "services/profile/src/lookup.rs",
        "services/kit/src/problem.rs",
        "services/kit/src/body.rs",
        "services/standing/src/playground/clock.rs",
    ] {
        missing.extend(literals(file).difference(&documented).map(|code| format!("{code} of {file}")));
    }
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

#[test]
fn every_code_explained_is_one_of_the_program() {
    let mut text = String::new();
    for crate_ in ["domain", "intake", "kit", "gate", "profile", "standing"] {
        sources(&root().join("services").join(crate_).join("src"), &mut text);
    }
    sources(&root().join("schemas/src"), &mut text);
    let documented = documented();
    // On its own, or at the beginning of a text.
    let says = |code: &String| ["\"", ": "].iter().any(|end| text.contains(&format!("\"{code}{end}")));
    let stale: Vec<&String> = documented.iter().filter(|code| !says(code)).collect();
    assert!(stale.is_empty(), "docs/errors.md explains {stale:?}, which nothing says");
    let unique: BTreeSet<&String> = documented.iter().collect();
    assert_eq!(unique.len(), documented.len(), "a code is explained twice");
}
