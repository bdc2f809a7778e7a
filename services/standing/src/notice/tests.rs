//! What a notice prints, from a record that the fold itself tells the notice of.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use domain::catalogue::Catalogue;
use domain::event::{Document, RecordRef};
use domain::flag::{End, Version};
use domain::ids::{DepartmentId, FieldName, ItemId, RecordId};
use domain::output::{Fact, Letter, Notice, NoticeChange, NoticeMeasure, NoticeRecourse, NoticeStatus};
use domain::subject::SubjectKey;
use jiff::civil::date;
use serde_json::json;

use super::{event, html, notice_id, paper, pdf};

fn catalogue() -> Catalogue {
    catalogue::load(&catalogue::reference()).expect("the reference catalogue has no errors").catalogue
}

/// A notice as the fold builds it for a serious fire penalty, with a hostile text among its facts.
fn notice(catalogue: &Catalogue, subject: &str) -> NoticeChange {
    let (publisher, item) = (DepartmentId::new("district.fire").unwrap(), ItemId::new("fire.penalty").unwrap());
    let issued_on = date(2026, 5, 8);
    let entry = catalogue.item(&item, issued_on).unwrap();
    let measures = catalogue.measures_of(&item, issued_on).map(|(measure, trigger)| NoticeMeasure {
        measure: measure.id.clone(),
        title: measure.title.clone(),
        basis: trigger.basis.clone(),
        remedies: measure.remedies.clone(),
        effect: Some(measure.effect),
        human_review: measure.human_review.clone(),
    });
    let measures = measures.collect();
    let fact = |name: &str, value: &str| Fact {
        name: FieldName::new(name).unwrap(),
        title: entry.field(&FieldName::new(name).unwrap()).and_then(|field| field.title.clone()),
        value: value.to_owned(),
    };
    let recourses = catalogue.recourses_of(&publisher, "penalty-decision", issued_on).map(|recourse| NoticeRecourse {
        route: recourse.route,
        within: recourse.within,
        to: recourse.to.clone(),
        basis: recourse.basis.clone(),
    });
    let recourses = recourses.collect();
    let letter = Letter {
        catalogue: "digest".to_owned(),
        title: entry.title.clone(),
        facts: vec![
            fact("severity", "serious"),
            fact("fine_cny", "20000.00"),
            fact("act", "</dd><script>alert('虚构')</script>\u{202e}&\n第二行"),
        ],
        basis: entry.basis.clone(),
        repairable_from: Some(date(2027, 5, 8)),
        end: Some(End::On(date(2029, 5, 7))),
        decides: publisher.clone(),
        receives: vec![DepartmentId::new("district.credit-centre").unwrap()],
        recourses,
    };
    NoticeChange {
        subject: SubjectKey::parse(subject).unwrap(),
        record: RecordRef { publisher, item, record_id: RecordId::new("虚构消罚〔2026〕1号").unwrap() },
        notice: Notice {
            document: Document {
                number: "虚构消罚〔2026〕1号".to_owned(),
                kind: "penalty-decision".to_owned(),
                issuer: "district.fire".to_owned(),
                issued_on,
                effective_on: issued_on,
            },
            measures,
            status: NoticeStatus::ToServe,
            letter: Some(letter),
        },
        version: Version { partition: 0, offset: 1, index: 1 },
    }
}

const FIRM: &str = "uscc:919900000000000192";
const PERSON: &str = "person:k1:abcdefghijklmnopqrstuvwxyz234567";

#[test]
fn a_notice_says_all_that_the_law_asks_of_it() {
    let catalogue = catalogue();
    let notice = notice(&catalogue, FIRM);
    let page = html::render(&paper::paper(&notice, "notice-1", &catalogue).unwrap());
    insta::assert_snapshot!("notice", page);
    for said in [
        "虚构消罚〔2026〕1号",
        "20000.00",
        "罚款金额（元）",
        "严重（serious）",
        "行政处罚法",
        "60日",
        "6个月",
        "行政复议",
        "2027年5月8日",
        "2029年5月7日",
        "919900000000000192",
        "任何措施均不实施",
    ] {
        assert!(page.contains(said), "{said} is missing");
    }
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "a hostile text is a text");
    assert!(!page.contains('\u{202e}'), "nothing turns the reading around");
}

#[test]
fn a_person_is_named_by_nobody_but_the_department() {
    let catalogue = catalogue();
    let notice = notice(&catalogue, PERSON);
    let page = html::render(&paper::paper(&notice, "notice-1", &catalogue).unwrap());
    assert!(!page.contains("abcdefghijklmnop"), "a pseudonym says nothing to a person");
    assert!(page.contains("由送达单位填写") && page.contains("人工复核"));
    let event = event::served(&notice, "notice-1", None, None);
    assert_eq!(event["subject"], json!({ "scheme": "cn-id", "id": "" }));
    assert_eq!(event["fields"]["served_on"], "", "intake refuses what is left blank");
}

#[test]
fn the_event_says_what_was_served_when_and_of_which_record() {
    let catalogue = catalogue();
    let notice = notice(&catalogue, FIRM);
    let event = event::served(&notice, "notice-1", Some(date(2026, 5, 20)), None);
    let expected = json!({
        "source": "district.fire", "event_id": "notice-1", "type": "notice.served", "item": "fire.penalty",
        "record_id": "虚构消罚〔2026〕1号", "publisher": "district.fire",
        "subject": { "scheme": "uscc", "id": "919900000000000192" },
        "fields": { "notice_id": "notice-1", "served_on": "2026-05-20" },
    });
    assert_eq!(event, expected);
    let raw: domain::value::Raw = serde_json::from_value(event).unwrap();
    let key = domain::pseudonym::PseudonymKey::new("k1", &[7; 32]).unwrap();
    let now = domain::time::Instant::day_start(date(2026, 5, 21));
    let context = domain::check::Context { catalogue: &catalogue, key: &key, now };
    let checked = domain::check::check(&raw, &context).unwrap();
    assert_eq!(checked.subject.as_str(), FIRM, "intake takes it as it is");
}

#[test]
fn a_notice_printed_twice_is_one_notice() {
    let catalogue = catalogue();
    let (one, mut other) = (notice(&catalogue, FIRM), notice(&catalogue, FIRM));
    other.version.offset += 1;
    assert_eq!(notice_id(&one), notice_id(&other));
    assert_ne!(notice_id(&one), notice_id(&notice(&catalogue, PERSON)));
}

#[test]
fn without_a_typeface_a_pdf_says_what_to_install() {
    let error = pdf::Face::load(std::path::Path::new("/nowhere/font.ttf")).err().unwrap();
    let text = format!("{error:#}");
    assert!(text.contains("fonts-wqy-microhei") && text.contains("notices.font"), "{text}");
}

#[test]
fn a_pdf_embeds_every_character_of_the_notice() {
    let catalogue = catalogue();
    let notice = notice(&catalogue, FIRM);
    let paper = paper::paper(&notice, "notice-1", &catalogue).unwrap();
    let face = pdf::Face::load(&crate::settings::Notices::default().font).unwrap();
    let bytes = pdf::render(&paper, &face).unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
    let known = embedded(&bytes);
    let said: BTreeSet<char> = html_free(&paper).chars().filter(|c| !c.is_whitespace()).collect();
    let missing: String = said.difference(&known).collect();
    assert!(missing.is_empty(), "the PDF lacks {missing:?}");
}

fn html_free(paper: &paper::Paper) -> String {
    let lines = paper.sections.iter().flat_map(|section| &section.lines).map(|line| match line {
        paper::Line::Text(text) => text.clone(),
        paper::Line::Pair(name, value) => format!("{name}{value}"),
    });
    lines.chain([paper.title.clone()]).collect()
}

/// The characters that the PDF's own tables give to its glyphs: what a search or a copy of its text finds.
fn embedded(pdf: &[u8]) -> BTreeSet<char> {
    let mut known = BTreeSet::new();
    for line in String::from_utf8_lossy(pdf).lines().filter(|line| line.starts_with('<')) {
        let hex = line.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
        let units = (0..hex.len() / 4).filter_map(|n| u16::from_str_radix(hex.get(4 * n..4 * n + 4)?, 16).ok());
        known.extend(char::decode_utf16(units).flatten());
    }
    known
}

#[test]
fn a_decision_that_no_measure_follows_from_says_so() {
    let catalogue = catalogue();
    let mut change = notice(&catalogue, "uscc:919900000000000192");
    change.notice.measures.clear();
    let printed = paper::paper(&change, "N-1", &catalogue).unwrap();
    assert!(printed.sections.iter().all(|section| !section.lines.is_empty()), "{printed:#?}");
}
