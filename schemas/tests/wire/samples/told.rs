//! What is told besides flags and profiles: notices, refusals, answers, corrections, and what corrections rest on.

use super::*;

pub(crate) fn notices() -> Vec<(String, NoticeChange)> {
    let letter = Letter {
        catalogue: DIGEST.to_owned(),
        title: title(),
        facts: vec![
            Fact { name: FieldName::new("fine_cny").unwrap(), title: Some(title()), value: "20000.00".to_owned() },
            Fact { name: FieldName::new("act").unwrap(), title: None, value: "虚构的违法事实 <b>&".to_owned() },
        ],
        basis: vec![article()],
        repairable_from: Some(date(2026, 8, 8)),
        end: Some(End::On(date(2027, 5, 7))),
        decides: DepartmentId::new("district.fire").unwrap(),
        receives: vec![DepartmentId::new("district.credit-centre").unwrap()],
        recourses: vec![
            NoticeRecourse { route: Route::Objection, within: None, to: title(), basis: vec![article()] },
            NoticeRecourse { route: Route::Review, within: Term::parse("P60D"), to: title(), basis: vec![article()] },
        ],
    };
    let condition = End::Condition { text: "履行完毕之日".to_owned(), law: article() };
    let on_condition = Letter { end: Some(condition), repairable_from: None, ..letter.clone() };
    let change = |status, letter: Option<Letter>| NoticeChange {
        subject: subject(FIRM),
        record: record(),
        notice: Notice {
            document: document(),
            measures: vec![NoticeMeasure {
                measure: measure("subsidy-restriction"),
                title: title(),
                basis: vec![article()],
                remedies: remedies(),
                effect: letter.is_some().then_some(Effect::Restrict),
                human_review: letter.is_some().then(|| HumanReview {
                    unit: DepartmentId::new("district.finance").unwrap(),
                    route: "虚构复核窗口".to_owned(),
                }),
            }],
            status,
            letter,
        },
        version: version(),
    };
    let served = Served { notice_id: id("虚构告1"), served_on: date(2026, 5, 9) };
    vec![
        ("to serve".to_owned(), change(NoticeStatus::ToServe, None)),
        ("served".to_owned(), change(NoticeStatus::Served(served.clone()), None)),
        ("void".to_owned(), change(NoticeStatus::Void, None)),
        ("to serve with a letter".to_owned(), change(NoticeStatus::ToServe, Some(letter))),
        ("served with a letter".to_owned(), change(NoticeStatus::Served(served), Some(on_condition))),
    ]
}

pub(crate) fn rejections() -> Vec<(String, Rejection)> {
    let intake = Rejection {
        stage: Stage::Intake,
        code: "subject.check-digit".to_owned(),
        field: Some("subject.id".to_owned()),
        message: "the check digit does not fit; compare it with the document".to_owned(),
        source: Some(DepartmentId::new("district.fire").unwrap()),
        event_type: Some(EventType::RecordUpserted),
        item: Some(ItemId::new("fire.penalty").unwrap()),
        at: Some(NOW),
        place: None,
        line: Some(17),
        digest: Some(DIGEST.to_owned()),
        bytes: Some(512),
        index: None,
    };
    let place = Place { topic: "standing.events".to_owned(), partition: 3, offset: 4_711 };
    let runtime = Rejection {
        stage: Stage::Runtime,
        code: "value.frame".to_owned(),
        field: None,
        message: "the value does not begin with a zero byte and a schema id".to_owned(),
        source: None,
        event_type: None,
        item: None,
        place: Some(place),
        line: None,
        index: Some(0),
        ..intake.clone()
    };
    vec![("of intake".to_owned(), intake), ("of the runtime".to_owned(), runtime)]
}

pub(crate) fn decisions() -> Vec<(String, DecisionRecord)> {
    let check = DecisionRecord {
        decision_id: "01976f3e-0000-7000-8000-000000000001".to_owned(),
        at: NOW,
        act: Act::Check,
        consumer: ConsumerId::new("district.subsidy-desk").unwrap(),
        matter: MatterId::new("subsidy.technology-innovation").unwrap(),
        subject: subject(PERSON),
        decision: Some(Decision::Restricted),
        reason: None,
        flags: vec![Shown { measure: measure("subsidy-restriction"), version: version() }],
        staleness_ms: Some(350),
        catalogue: Some(DIGEST.to_owned()),
        case: Some("虚构申请2026-7".to_owned()),
    };
    let unknown = DecisionRecord {
        decision: Some(Decision::Unknown),
        reason: Some("view.stale".to_owned()),
        flags: Vec::new(),
        staleness_ms: None,
        catalogue: None,
        case: None,
        ..check.clone()
    };
    let lookup = DecisionRecord { act: Act::Lookup, decision: None, ..unknown.clone() };
    vec![("check".to_owned(), check), ("unknown".to_owned(), unknown), ("lookup".to_owned(), lookup)]
}

pub(crate) fn corrections() -> Vec<(String, Correction)> {
    let correction = Correction {
        decision_id: "01976f3e-0000-7000-8000-000000000001".to_owned(),
        consumer: ConsumerId::new("district.subsidy-desk").unwrap(),
        matter: MatterId::new("subsidy.technology-innovation").unwrap(),
        subject: FIRM.to_owned(),
        measure: measure("subsidy-restriction"),
        shown: version(),
        fell: Version { partition: 3, offset: 4_900, index: 0 },
        at: NOW,
        happened: Happened::Withdrawn,
        case: Some("虚构申请2026-7".to_owned()),
        left: Some(Left::Nothing),
        decided_at: Some(NOW),
        record: Some(record()),
        document: Some(document()),
    };
    let person = Correction {
        subject: PERSON.to_owned(),
        case: None,
        record: None,
        happened: Happened::Repaired,
        ..correction.clone()
    };
    vec![("of_a_firm".to_owned(), correction), ("of_a_person".to_owned(), person)]
}

/// What decisions rested on, and what was corrected.
pub(crate) fn reliance() -> Vec<(String, RelianceEntry)> {
    let relied = Relied {
        decision_id: "01976f3e-0000-7000-8000-000000000001".to_owned(),
        at: NOW,
        consumer: ConsumerId::new("district.subsidy-desk").unwrap(),
        matter: MatterId::new("subsidy.technology-innovation").unwrap(),
        subject: subject(FIRM),
        flags: vec![Shown { measure: measure("subsidy-restriction"), version: version() }],
        case: Some("虚构申请2026-7".to_owned()),
    };
    let interval = Interval::new(NOW, Some(NOW.plus_days(365))).unwrap();
    let spans = vec![
        Span { interval, from: 4_800, until: 4_900 },
        Span { interval: Interval::new(NOW, None).unwrap(), from: 4_100, until: 4_150 },
    ];
    let fall = Fall {
        subject: subject(FIRM),
        record: record(),
        document: document(),
        happened: Happened::Revoked,
        at: NOW,
        measures: vec![FallMeasure { measure: measure("subsidy-restriction"), left: Left::Changed, spans }],
        version: Version { partition: 3, offset: 4_900, index: 2 },
    };
    let go_on = GoOn {
        subject: subject(FIRM),
        measure: measure("subsidy-restriction"),
        fell: fall.version,
        shown: version(),
        decision_id: relied.decision_id.clone(),
    };
    vec![
        ("relied".to_owned(), RelianceEntry::Relied(relied)),
        ("fall".to_owned(), RelianceEntry::Fall(Box::new(fall))),
        ("go_on".to_owned(), RelianceEntry::GoOn(go_on)),
    ]
}

pub(crate) fn encode_reliance(codec: &Codec, entry: &RelianceEntry) -> bytes::Bytes {
    match entry {
        RelianceEntry::Relied(relied) => codec.encode_relied(relied).unwrap(),
        RelianceEntry::Fall(fall) => codec.encode_fall(fall).unwrap(),
        RelianceEntry::GoOn(go_on) => codec.encode_go_on(go_on).unwrap(),
    }
}
