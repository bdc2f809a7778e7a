//! How scalars are read: the type decides, never the look.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use catalogue::{Finding, Tree, lint, load, render_plain};
use domain::catalogue::{Catalogue, FieldType, Literal, Predicate};
use domain::ids::{ItemId, MeasureId};

/// The good catalogue with one text in it replaced.
fn with(from: &str, to: &str) -> Tree {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good");
    let text = ["base.yaml", "rules.yaml"].map(|name| fs::read_to_string(folder.join(name)).unwrap()).concat();
    assert!(text.contains(from), "the good catalogue says {from}");
    Tree::from_files([("good.yaml", text.replacen(from, to, 1))])
}

fn loads(from: &str, to: &str) -> Catalogue {
    load(&with(from, to)).unwrap_or_else(|findings| panic!("{}", render_plain(&findings))).catalogue
}

fn refused(from: &str, to: &str) -> Vec<(&'static str, String)> {
    let findings = lint(&with(from, to));
    findings.into_iter().filter(Finding::is_error).map(|f| (f.code, f.message)).collect()
}

fn trigger(catalogue: &Catalogue) -> Option<&Predicate> {
    catalogue.measures[&MeasureId::new("key-supervision").unwrap()][0].triggers[0].when.as_ref()
}

const CONDITION: &str =
    "{not: {any: [{eq: {field: severity, value: minor}}, {eq: {field: severity, value: general}}]}}";

#[test]
fn a_number_where_a_text_belongs_is_the_text_as_written() {
    for article in ["007", "24", "5.10", "true"] {
        let catalogue = loads(
            "basis: [{instrument: law, article: '1'}]",
            &format!("basis: [{{instrument: law, article: {article}}}]"),
        );
        assert_eq!(catalogue.matters.values().nth(1).unwrap()[0].basis[0].article, article);
    }
}

#[test]
fn a_text_in_quotes_is_no_number_and_no_truth_value() {
    assert_eq!(refused("version: 1\n", "version: '1'\n")[0].0, "value.type");
    assert_eq!(refused("verified: true\n", "verified: 'true'\n")[0].0, "value.type");
}

#[test]
fn a_number_that_does_not_fit_is_refused() {
    for number in ["-1", "4294967296", "1.0", "1e3", "0x10", "99999999999999999999999999"] {
        assert_eq!(refused("version: 1\n", &format!("version: {number}\n"))[0].0, "value.type", "{number}");
    }
}

#[test]
fn a_number_with_a_point_in_a_condition_keeps_its_digits() {
    let condition = "{all: [{eq: {field: severity, value: serious}}, {lt: {field: fine_cny, value: 20000.10}}]}";
    let catalogue = loads(CONDITION, condition);
    let Some(Predicate::All(parts)) = trigger(&catalogue) else { panic!("the condition is `all`") };
    assert!(matches!(&parts[1], Predicate::Lt { value: Literal::Text(text), .. } if text == "20000.10"));
}

#[test]
fn nothing_where_something_is_optional_is_absence() {
    for nothing in ["", " ~", " null"] {
        let catalogue = loads(
            &format!("        when: {CONDITION}\n        basis: [{{instrument: law, article: '7'}}]"),
            &format!(
                "        when: {{eq: {{field: severity, value: serious}}}}\n        basis: [{{instrument: law, article: '7'}}]\n    human_review:{nothing}"
            ),
        );
        assert!(catalogue.measures[&MeasureId::new("key-supervision").unwrap()][0].human_review.is_none());
    }
}

#[test]
fn nothing_where_something_is_required_is_refused() {
    assert_eq!(refused("contact: 虚构路2号", "contact:")[0], ("value.type", "nothing stands here".to_owned()));
    assert_eq!(refused("subjects: [organisation]", "subjects: ~")[0].0, "value.type");
}

#[test]
fn a_variant_without_content_may_be_its_name_alone() {
    let item = ItemId::new("fire.penalty").unwrap();
    for boolean in ["boolean", "{boolean: {}}"] {
        let catalogue = loads("{name: repeated, type: boolean}", &format!("{{name: repeated, type: {boolean}}}"));
        assert_eq!(catalogue.items[&item][1].fields[5].kind, FieldType::Boolean {});
    }
}

#[test]
fn a_condition_of_two_kinds_is_refused() {
    let two = "{eq: {field: severity, value: serious}, exists: {field: act}}";
    assert_eq!(refused(CONDITION, two), [("value.type", "a mapping stands here".to_owned())]);
}

#[test]
fn a_literal_that_is_a_list_is_refused_where_it_stands() {
    let findings = lint(&with(CONDITION, "{eq: {field: severity, value: [serious]}}"));
    let [finding] = findings.as_slice() else { panic!("{}", render_plain(&findings)) };
    assert_eq!((finding.code, finding.column), ("value.type", 45), "{finding}");
}
