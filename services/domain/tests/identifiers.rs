//! Identifiers and subject keys, against facts nobody here computed with the code under test.
//!
//! Codes of division 990000 are fictitious (虚构); the others are worked examples of the standards, or stand in the shared
//! data beside the checkout, read in place when it is there.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, Scheme, SubjectKey, SubjectKind, SubjectProblem, cn_id, fictitious, uscc};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const NONE_CONFIRMED: &dyn Fn(&str) -> bool = &|_| false;

fn parse(scheme: &str, id: &str) -> Result<Identifier, SubjectProblem> {
    Identifier::parse(scheme, id, NONE_CONFIRMED)
}

fn code_of(scheme: &str, id: &str) -> &'static str {
    parse(scheme, id).map_or_else(|problem| problem.code, |_| "ok")
}

fn plain(scheme: &str, id: &str) -> SubjectKey {
    SubjectKey::plain(&parse(scheme, id).unwrap()).unwrap()
}

fn pseudonym_key() -> PseudonymKey {
    PseudonymKey::new("k1", &[7; 32]).unwrap()
}

/// Rows of a table of the shared data, or `None` with a line that says so.
fn shared_rows(name: &str) -> Option<Vec<csv::StringRecord>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uscc").join(name);
    if !path.exists() {
        eprintln!("the shared data is not beside the checkout: {name} is left out");
        return None;
    }
    Some(csv::Reader::from_path(path).unwrap().into_records().map(Result::unwrap).collect())
}

#[test]
fn every_shared_uscc_row_is_judged_as_its_computed_columns_say() {
    let Some(rows) = shared_rows("uscc_vectors.csv") else {
        return;
    };
    assert!(rows.len() > 600);
    for row in &rows {
        let (id, label) = (&row[0], &row[1]);
        let (mod31, gb11714) = (&row[2] == "True", &row[3] == "True");
        assert_eq!(uscc::check_mod31(id), mod31, "{id} {label}");
        assert_eq!(uscc::check_gb11714(id), gb11714, "{id} {label}");
        let expected = match (mod31, label) {
            (true, _) => "ok",
            (false, "invalid:LENGTH") => "subject.malformed",
            (false, _) => "subject.check-digit",
        };
        assert_eq!(code_of("uscc", id), expected, "{id} {label}");
        if label == "issued_but_bad_checksum" {
            assert!(Identifier::parse("uscc", id, &|code| code == id).is_ok(), "{id}");
        }
    }
}

#[test]
fn every_shared_identity_number_is_judged_as_its_label_says() {
    let Some(rows) = shared_rows("ric_vectors.csv") else {
        return;
    };
    assert!(!rows.is_empty());
    for row in &rows {
        let (id, label, checksum) = (&row[0], &row[1], &row[2] == "True");
        assert_eq!(cn_id::check_mod11(id), checksum, "{id}");
        let expected = match label {
            "valid" => "ok",
            "invalid:checksum" => "subject.check-digit",
            "invalid:format" => "subject.malformed",
            "invalid:date" => "subject.date",
            other => panic!("a label that this test does not know: {other}"),
        };
        assert_eq!(code_of("cn-id", id), expected, "{id} {label}");
    }
}

#[test]
fn codes_of_every_authority_pass_both_checks() {
    let codes = "919900000000000192 91990000MA0000015Q 92990000000000019Y 92990000MA0000015M 939900002026050837 \
        51990000202605083H 52990000202605083E 53990000202605083B 59990000202605083Q 12990000202605083J \
        11990000202605083M Y1990000000000422E Y1990000MA1K3C7Y9A N1990000000000422N N1990000MA1K3C7Y9J \
        A1990000202605083C 19990000202605083W 549900002026050838 91990000L000000384 91990000MAXWUTQR5J \
        91990000345678909W 91990000MACYD00P5U 91990000079201939R 91990000M0000XUF4A";
    for code in codes.split_whitespace() {
        assert!(uscc::check_mod31(code) && uscc::check_gb11714(code), "{code}");
        assert_eq!(code_of("uscc", code), "ok", "{code}");
    }
}

#[test]
fn the_two_checks_of_a_uscc_fail_independently() {
    for (code, mod31, gb11714) in [
        ("91990000L00000038B", false, true),
        ("91990000MAXWUTQR5R", false, true),
        ("91990000MACYD00P53", false, true),
        ("91990000M0000XUF4H", false, true),
        ("91990000L00000030B", true, false),
        ("919900003456789001", true, false),
        ("91990000MACYD00P0C", true, false),
        ("91990000M0000XUF0X", true, false),
        ("91990000MAXWUTQR04", false, false),
        ("91990000079201930Y", false, false),
    ] {
        assert_eq!((uscc::check_mod31(code), uscc::check_gb11714(code)), (mod31, gb11714), "{code}");
        assert_eq!(code_of("uscc", code), if mod31 { "ok" } else { "subject.check-digit" }, "{code}");
    }
}

#[test]
fn a_nonconforming_code_is_taken_only_when_confirmed_and_only_when_well_formed() {
    let confirmed = |code: &str| code == "91990000M0000XUF4H";
    assert!(Identifier::parse("uscc", "91990000m0000xuf4h", &confirmed).is_ok());
    let other = Identifier::parse("uscc", "91990000L00000038B", &confirmed).unwrap_err();
    assert_eq!(other.code, "subject.check-digit");
    let malformed = Identifier::parse("uscc", "91990000M0000XUF4", &|_| true).unwrap_err();
    assert_eq!(malformed.code, "subject.malformed");
}

#[test]
fn the_worked_examples_of_the_identity_standard_are_taken_with_their_birthdays() {
    for (id, birth) in [("11010519491231002X", date(1949, 12, 31)), ("440524188001010014", date(1880, 1, 1))] {
        let person = parse("cn-id", id).unwrap();
        assert_eq!((person.kind(), person.birth_date()), (SubjectKind::Person, Some(birth)));
    }
}

#[test]
fn identity_numbers_that_are_none_are_told_apart() {
    for (id, code) in [
        ("990000199001010018", "subject.check-digit"),
        ("99000019900101001X", "subject.check-digit"),
        ("990000900101001", "subject.malformed"),
        ("99000019900101001", "subject.malformed"),
        ("9900001990010100170", "subject.malformed"),
        ("X90000199001010017", "subject.malformed"),
        ("99000019900101001Y", "subject.malformed"),
    ] {
        assert_eq!(code_of("cn-id", id), code, "{id}");
    }
    let old = parse("cn-id", "990000900101001").unwrap_err();
    assert!(old.message.contains("15 digits") && old.message.contains("18-character"), "{old}");
}

/// A number of division 990000 with any eight digits for a date and its right check character.
fn number_born(day: &str) -> String {
    let body = format!("990000{day}001");
    let check = "0123456789X".chars().find(|c| cn_id::check_mod11(&format!("{body}{c}"))).unwrap();
    format!("{body}{check}")
}

#[test]
fn a_birthday_is_a_day_of_the_gregorian_calendar() {
    for day in ["20000229", "20240229", "19991231", "20991231"] {
        assert_eq!(code_of("cn-id", &number_born(day)), "ok", "{day}");
    }
    for day in ["19000229", "20230229", "19900431", "19901301", "19900001", "19900100", "00000101"] {
        assert_eq!(code_of("cn-id", &number_born(day)), "subject.date", "{day}");
    }
}

#[test]
fn a_person_is_of_age_from_the_18th_birthday_on() {
    let adult = |birth: Date, day: Date| parse("cn-id", &fictitious::cn_id(1, birth)).unwrap().adult_on(day);
    assert_eq!(adult(date(2008, 5, 8), date(2026, 5, 7)), Some(false));
    assert_eq!(adult(date(2008, 5, 8), date(2026, 5, 8)), Some(true));
    assert_eq!(adult(date(2008, 2, 29), date(2026, 2, 27)), Some(false));
    assert_eq!(adult(date(2008, 2, 29), date(2026, 2, 28)), Some(true));
    assert_eq!(adult(date(2030, 1, 1), date(2026, 1, 1)), Some(false));
    assert_eq!(adult(date(9999, 1, 1), date(9999, 12, 31)), Some(false));
    assert_eq!(parse("uscc", "919900000000000192").unwrap().adult_on(date(2026, 1, 1)), None);
}

#[test]
fn spaces_and_small_letters_are_one_spelling_and_nothing_else_is() {
    let firm = parse("uscc", "91990000MA0000015Q").unwrap();
    for same in [" 91990000MA0000015Q", "91990000ma0000015q", "91 990000 MA000001 5 Q "] {
        assert_eq!(parse("uscc", same).unwrap(), firm, "{same}");
    }
    for other in [
        "91990000MAOOOOO15Q",
        "９１990000MA0000015Q",
        "\t91990000MA0000015Q",
        "91990000MA0000015Q\n",
        "91990000-MA000001-5Q",
        "91990000MA0000015Q\u{3000}",
        "91990000MA0000015Q\u{0}",
        "91990000MA00000\u{2060}15Q",
        "91990000MA0000015",
        "虚构虚构虚构",
        "                  ",
    ] {
        assert_eq!(code_of("uscc", other), "subject.malformed", "{other:?}");
    }
    assert_eq!(parse("cn-id", "110105 19491231 002x").unwrap(), parse("cn-id", "11010519491231002X").unwrap());
    assert_eq!(code_of("cn-id", "１１010519491231002X"), "subject.malformed");
}

#[test]
fn opaque_codes_are_compared_as_they_stand() {
    for (id, code) in [
        ("990000-000000001", "ok"),
        ("a", "ok"),
        ("", "subject.malformed"),
        (" 990000-1", "subject.malformed"),
        ("990000_1", "subject.malformed"),
        ("楼1", "subject.malformed"),
    ] {
        assert_eq!(code_of("building", id), code, "{id}");
    }
    assert_eq!(code_of("building", &"1".repeat(64)), "ok");
    assert_eq!(code_of("building", &"1".repeat(65)), "subject.malformed");
    assert_ne!(parse("building", "a1").unwrap(), parse("building", "A1").unwrap());
}

#[test]
fn a_foreign_id_names_its_registry() {
    let longest = format!("{}:{}", "r".repeat(32), "9".repeat(64));
    for id in ["iadb:37", "hrb-de:HRB 12345", "sam:a:b/c#1", "r2:x", longest.as_str()] {
        assert_eq!(code_of("foreign", id), "ok", "{id}");
        assert_eq!(plain("foreign", id).as_str(), format!("foreign:{id}"));
    }
    for id in [
        "37",
        "iadb:",
        ":37",
        "IADB:37",
        "2r:1",
        "-r:1",
        "i adb:37",
        "iadb: 37",
        "iadb:37 ",
        "iadb:3  7",
        "iadb:3|7",
        "iadb:3\u{7}",
        "iadb:３７",
        "iadb:3\t7",
    ] {
        assert_eq!(code_of("foreign", id), "subject.malformed", "{id:?}");
    }
    assert_eq!(code_of("foreign", &format!("{}:1", "r".repeat(33))), "subject.malformed");
    assert_eq!(code_of("foreign", &format!("r:{}", "9".repeat(65))), "subject.malformed");
}

/// 190000199001011096 passes the check of a uscc and the one of an identity number; it is fictitious (虚构), for no
/// division begins with 19.
#[test]
fn an_identity_number_under_another_scheme_is_refused() {
    let number = "190000199001011096";
    assert!(uscc::check_mod31(number) && cn_id::check_mod11(number));
    for (scheme, id) in [
        ("uscc", number.to_owned()),
        ("building", "11010519491231002X".to_owned()),
        ("building", "11010519491231002x".to_owned()),
        ("foreign", "card:11010519491231002X".to_owned()),
        ("foreign", "card:110105 19491231 002x".to_owned()),
    ] {
        let problem = parse(scheme, &id).unwrap_err();
        assert_eq!(problem.code, "subject.malformed", "{scheme}");
        assert!(problem.message.contains("cn-id"), "{problem}");
    }
    assert!(Identifier::parse("uscc", number, &|code| code == number).is_ok());
    assert_eq!(code_of("building", "110105194912310021"), "ok");
}

#[test]
fn unknown_schemes_are_refused_by_name() {
    for scheme in ["", "USCC", "uscc ", "cnid", "passport", "919900000000000192"] {
        let problem = parse(scheme, "919900000000000192").unwrap_err();
        assert_eq!(problem.code, "subject.scheme-unknown");
        assert!(problem.message.contains("uscc, cn-id, building, foreign"));
    }
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::parse(scheme.as_str()), Some(scheme));
        assert_eq!(serde_json::to_string(&scheme).unwrap(), format!("\"{scheme}\""));
    }
}

#[test]
fn an_endless_id_is_refused_without_being_copied() {
    let endless = "9".repeat(10 << 20);
    for scheme in Scheme::ALL {
        let problem = parse(scheme.as_str(), &endless).unwrap_err();
        assert_eq!(problem.code, "subject.malformed");
        assert!(problem.message.len() < 400);
    }
}

#[test]
fn fictitious_identifiers_are_valid_distinct_and_of_division_990000() {
    assert_eq!(fictitious::uscc(1), "919900000000000192");
    let mut seen = BTreeSet::new();
    for n in 0..40_000 {
        let (firm, person, building) = (fictitious::uscc(n), fictitious::adult(n), fictitious::building(n));
        assert!(uscc::check_gb11714(&firm), "{firm}");
        assert!(firm.starts_with("91990000") && person.starts_with("990000") && building.starts_with("990000-"));
        assert_eq!(parse("cn-id", &person).unwrap().adult_on(date(2018, 1, 1)), Some(true), "{person}");
        for (scheme, id) in [("uscc", firm), ("cn-id", person), ("building", building)] {
            assert_eq!(code_of(scheme, &id), "ok", "{id}");
            assert!(seen.insert(id));
        }
    }
}

#[test]
fn fictitious_identifiers_exist_for_every_number_and_birthday() {
    for n in [0, 99_999_999, 100_000_000, u64::MAX] {
        assert_eq!(code_of("uscc", &fictitious::uscc(n)), "ok");
        assert_eq!(code_of("cn-id", &fictitious::adult(n)), "ok");
        assert_eq!(code_of("building", &fictitious::building(n)), "ok");
        for birth in [Date::MIN, date(1, 1, 1), date(2008, 2, 29), Date::MAX] {
            assert_eq!(code_of("cn-id", &fictitious::cn_id(n, birth)), "ok", "{birth}");
        }
    }
}

const USCC_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

proptest! {
    #[test]
    fn one_wrong_character_in_a_uscc_is_found(n in 0_u64..100_000_000, at in 0_usize..18, to in 0_usize..31) {
        let mut code = fictitious::uscc(n);
        let wrong = &USCC_ALPHABET[to..=to];
        prop_assume!(&code[at..=at] != wrong);
        code.replace_range(at..=at, wrong);
        prop_assert_eq!(code_of("uscc", &code), "subject.check-digit");
    }

    #[test]
    fn one_wrong_digit_in_an_organisation_code_is_found(n in 0_u64..100_000_000, at in 8_usize..17, to in 0_usize..10) {
        let mut code = fictitious::uscc(n);
        let wrong = &USCC_ALPHABET[to..=to];
        prop_assume!(&code[at..=at] != wrong);
        code.replace_range(at..=at, wrong);
        prop_assert!(!uscc::check_gb11714(&code));
    }

    #[test]
    fn two_neighbours_swapped_are_found(n in 0_u64..18_000_000, at in 0_usize..17) {
        for (scheme, id) in [("uscc", fictitious::uscc(n)), ("cn-id", fictitious::adult(n))] {
            let mut swapped = id.clone().into_bytes();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(code_of(scheme, &swapped) == "ok", swapped == id);
        }
    }

    #[test]
    fn one_wrong_digit_in_an_identity_number_is_found(n in 0_u64..18_000_000, at in 0_usize..18, to in 0_usize..10) {
        let mut number = fictitious::adult(n);
        let wrong = &USCC_ALPHABET[to..=to];
        prop_assume!(&number[at..=at] != wrong);
        number.replace_range(at..=at, wrong);
        prop_assert_eq!(code_of("cn-id", &number), "subject.check-digit");
    }

    #[test]
    fn no_problem_repeats_the_identifier(digits in "[0-9]{8,20}", letters in "[A-Za-z0-9-]{8,30}") {
        for scheme in ["uscc", "cn-id", "building", "foreign", digits.as_str()] {
            for id in [&digits, &letters] {
                if let Err(problem) = parse(scheme, id) {
                    prop_assert!(!problem.message.contains(id.as_str()));
                }
            }
        }
    }

    #[test]
    fn any_text_is_judged_and_what_is_taken_makes_a_key_that_reads_back(
        scheme in prop::sample::select(vec!["uscc", "cn-id", "building", "foreign", "other"]),
        id in prop_oneof![".{0,70}", "[a-z]{1,4}:[ -~]{1,20}", "[0-9A-Za-z-]{1,66}", "[0-9A-Z]{18}"],
    ) {
        if let Ok(identifier) = Identifier::parse(scheme, &id, &|_| true) {
            let subject = pseudonym_key().pseudonymise(&identifier);
            prop_assert_eq!(subject.kind(), identifier.kind());
            prop_assert_eq!(SubjectKey::parse(subject.as_str()), Ok(subject.clone()));
            prop_assert!(subject.as_str().len() <= 105 && !subject.as_str().contains('|'));
        }
        let _ = (SubjectKey::parse(&id), uscc::check_gb11714(&id), cn_id::check_mod11(&id));
    }
}
