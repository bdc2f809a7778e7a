//! One record of each kind, and of each form a kind has: fictitious, division 990000.

mod told;

use std::collections::BTreeMap;

use domain::catalogue::{Article, Effect, HumanReview, Remedies, Route, Title};
use domain::event::{
    Body, Change, Commitment, Content, Continue, ContinueKind, Control, Document, Event, EventType, FiledBy, Handling,
    Objection, ObjectionEffect, ObjectionOutcome, RecordRef, Review, ReviewKind, ReviewOutcome, Validity,
};
use domain::flag::{End, Flag, FlagChange, FlagValue, Ground, Lift, LiftReason, Served, Version};
use domain::ids::{
    ConsumerId, DepartmentId, FieldName, InstrumentId, ItemId, MatterId, MatterPattern, MeasureId, RatingId, RecordId,
};
use domain::output::{
    Fact, Fall, FallMeasure, Happened, Left, Letter, Life, Notice, NoticeChange, NoticeMeasure, NoticeRecourse,
    NoticeStatus, Profile, ProfileChange, ProfileMeasure, ProfileRating, Span,
};
use domain::subject::SubjectKey;
use domain::time::{Instant, Interval, Intervals, Term};
use domain::value::{FieldValue, Raw};
use domain::verdict::Decision;
use jiff::civil::date;
use rust_decimal::Decimal;
use schemas::{
    Act, Codec, Correction, DecisionRecord, GoOn, Mark, Place, Rejection, RelianceEntry, Relied, Shown, Stage,
};
use serde_json::json;

pub(crate) use told::{corrections, decisions, encode_reliance, notices, rejections, reliance};

pub(crate) const FIRM: &str = "uscc:919900000000000192";
pub(crate) const PERSON: &str = "person:k1:abcdefghijklmnopqrstuvwxyz234567";
const DIGEST: &str = "5d41402abc4b2a76b9719d911017c592ae5d41402abc4b2a76b9719d911017c5";
/// 2026-05-08T02:00:00Z.
const NOW: Instant = Instant::from_ms(1_778_205_600_000);

fn id(text: &str) -> RecordId {
    RecordId::new(text).unwrap()
}

pub(crate) fn measure(text: &str) -> MeasureId {
    MeasureId::new(text).unwrap()
}

pub(crate) fn subject(text: &str) -> SubjectKey {
    SubjectKey::parse(text).unwrap()
}

pub(crate) fn version() -> Version {
    Version { partition: 3, offset: 4_711, index: 2 }
}

pub(crate) fn record() -> RecordRef {
    RecordRef {
        publisher: DepartmentId::new("district.fire").unwrap(),
        item: ItemId::new("fire.penalty").unwrap(),
        record_id: id("虚构消罚〔2026〕123号"),
    }
}

pub(crate) fn document() -> Document {
    Document {
        number: "虚构消罚〔2026〕123号".to_owned(),
        kind: "penalty-decision".to_owned(),
        issuer: "district.fire".to_owned(),
        issued_on: date(2026, 5, 8),
        effective_on: date(2026, 5, 8),
    }
}

fn changes() -> Vec<(&'static str, Change)> {
    let field = |name: &str, value| (FieldName::new(name).unwrap(), value);
    let recorded = |event_type, adult_at_issue| Change::Recorded {
        event_type,
        record: record(),
        revision: 2,
        document: document(),
        fields: BTreeMap::from([
            field("severity", FieldValue::Text("serious".to_owned())),
            field("fine_cny", FieldValue::Decimal(Decimal::new(2_000_000, 2))),
            field("storeys", FieldValue::Integer(-3)),
            field("repeated", FieldValue::Boolean(true)),
            field("inspected_on", FieldValue::Date(date(1969, 12, 31))),
        ]),
        valid: Validity { from: Some(date(2026, 5, 8)), until: Some(date(2027, 5, 7)) },
        adult_at_issue,
    };
    let objection = |objection| Change::Objection { record: record(), objection_id: id("虚构异1"), objection };
    let review = |review| Change::Review { record: record(), review_id: id("虚构复1"), review };
    let repair = |granted, reason| Change::RepairDecided {
        record: record(),
        repair_id: id("虚构修1"),
        granted,
        decided_on: date(2026, 8, 1),
        reason,
    };
    let handled = |of: &str, handling, note: Option<&str>| Change::Handled {
        record: record(),
        id: id(of),
        handling,
        on: date(2026, 5, 12),
        note: note.map(str::to_owned),
    };
    let commitment = |commitment| Change::Commitment { record: record(), commitment, on: date(2026, 6, 1) };
    vec![
        ("record.upserted", recorded(EventType::RecordUpserted, None)),
        ("record.corrected", recorded(EventType::RecordCorrected, Some(true))),
        ("record.withdrawn", Change::Withdrawn { record: record(), revision: 3, reason: Some("虚构原因".to_owned()) }),
        ("record.withdrawn without reason", Change::Withdrawn { record: record(), revision: 3, reason: None }),
        (
            "notice.served",
            Change::NoticeServed { record: record(), notice_id: id("虚构告1"), served_on: date(2026, 5, 9) },
        ),
        (
            "objection.filed",
            objection(Objection::Filed {
                grounds: "虚构理由".to_owned(),
                filed_on: date(2026, 5, 10),
                by: FiledBy::Subject,
            }),
        ),
        (
            "objection.filed ex officio",
            objection(Objection::Filed {
                grounds: "虚构理由".to_owned(),
                filed_on: date(2026, 5, 10),
                by: FiledBy::ExOfficio,
            }),
        ),
        ("objection.forwarded", handled("虚构异1", Handling::ObjectionForwarded, None)),
        ("objection.extended", handled("虚构异1", Handling::ObjectionExtended, Some("虚构负责人"))),
        ("repair.incomplete", handled("虚构修1", Handling::RepairIncomplete, Some("虚构材料"))),
        ("repair.completed", handled("虚构修1", Handling::RepairCompleted, None)),
        ("repair.extended", handled("虚构修1", Handling::RepairExtended, Some("虚构负责人"))),
        ("subject.opted-out", Change::SubjectOpted { out: true, on: date(2026, 5, 10) }),
        ("subject.opted-in", Change::SubjectOpted { out: false, on: date(2026, 6, 10) }),
        (
            "objection.resolved",
            objection(Objection::Resolved {
                outcome: ObjectionOutcome::Upheld,
                effect: Some(ObjectionEffect::Delisted),
                resolved_on: date(2026, 5, 20),
                reason: None,
            }),
        ),
        ("review.opened", review(Review::Opened { kind: ReviewKind::Litigation, opened_on: date(2026, 6, 1) })),
        (
            "review.closed",
            review(Review::Closed { outcome: ReviewOutcome::Revoked, closed_on: date(2026, 7, 1), reason: None }),
        ),
        (
            "review.closed with its reason",
            review(Review::Closed {
                outcome: ReviewOutcome::Revoked,
                closed_on: date(2026, 7, 1),
                reason: Some("虚构原因".to_owned()),
            }),
        ),
        (
            "repair.applied",
            Change::RepairApplied { record: record(), repair_id: id("虚构修1"), applied_on: date(2026, 7, 1) },
        ),
        ("repair.granted", repair(true, None)),
        ("repair.refused", repair(false, Some("虚构原因".to_owned()))),
        ("commitment.kept", commitment(Commitment::Kept)),
        ("commitment.broken", commitment(Commitment::Broken)),
        (
            "permission.granted",
            Change::PermissionGranted {
                record: record(),
                permission_id: id("虚构许1"),
                matter: MatterId::new("procurement.bid").unwrap(),
                from: date(2026, 6, 1),
                until: date(2026, 6, 30),
                by: "虚构区政府".to_owned(),
            },
        ),
        ("permission.ended", Change::PermissionEnded { record: record(), permission_id: id("虚构许1") }),
        ("subject.registered", Change::SubjectRegistered),
        ("subject.ended", Change::SubjectEnded),
        ("subject.erased", Change::SubjectErased),
    ]
}

/// Every type of event and every control record.
pub(crate) fn bodies() -> Vec<(String, Body)> {
    let event = |change: Change, of: &str| Event {
        source: DepartmentId::new("district.fire").unwrap(),
        event_id: "2026-000123-1".to_owned(),
        subject: subject(of),
        occurred_at: Some(Instant::from_ms(NOW.ms() - 1)),
        change,
    };
    let controls = [
        ("time advanced", Control::TimeAdvanced),
        ("catalogue activated", Control::CatalogueActivated { digest: DIGEST.to_owned() }),
        ("fold activated", Control::FoldActivated { version: 1 }),
        (
            "continue",
            Control::Continue(Continue { kind: ContinueKind::Sweep, cause: 99, cursor: vec![b's', 0, 255, 7] }),
        ),
    ];
    let events = changes().into_iter().map(|(name, change)| {
        let of = if name == "record.corrected" { PERSON } else { FIRM };
        (name.to_owned(), Content::Event(event(change, of)))
    });
    let controls = controls.into_iter().map(|(name, control)| (name.to_owned(), Content::Control(control)));
    events.chain(controls).map(|(name, content)| (name, Body { written_at: NOW, content })).collect()
}

fn title() -> Title {
    Title { zh: "虚构措施".to_owned(), en: "Fictitious measure".to_owned() }
}

fn remedies() -> Remedies {
    Remedies { object: "虚构异议途径".to_owned(), repair: "虚构修复途径".to_owned() }
}

fn article() -> Article {
    Article { instrument: InstrumentId::new("fictitious-rules").unwrap(), article: "24".to_owned() }
}

fn intervals() -> Intervals {
    let of = |start, end| Interval { start: Instant::from_ms(start), end };
    [of(NOW.ms(), Some(Instant::from_ms(NOW.ms() + 1_000))), of(NOW.ms() + 5_000, None)].into_iter().collect()
}

/// Two grounds: one with an end, a permission and a notice, one until a condition.
fn grounds() -> Vec<Ground> {
    let ground = |end: serde_json::Value, status: &str, exceptions: serde_json::Value| {
        json!({
            "record": record(), "measure_version": 4, "document": document(), "basis": [article()],
            "since": "2026-05-09", "end": end, "status": status, "exceptions": exceptions,
            "served": {"notice_id": "虚构告1", "served_on": "2026-05-09"},
        })
    };
    let permission = json!([{
        "permission_id": "虚构许1", "matter": "procurement.bid", "by": "虚构区政府", "from": "2026-06-01", "until": "2026-06-30",
    }]);
    let both = json!([
        ground(json!({"On": "2027-05-07"}), "objection", permission),
        ground(json!({"Condition": {"text": "虚构条件", "law": article()}}), "in_force", json!([])),
    ]);
    serde_json::from_value(both).unwrap()
}

pub(crate) fn flag() -> Flag {
    Flag {
        effect: Effect::Restrict,
        title: title(),
        matters: vec![MatterPattern::new("subsidy.*").unwrap(), MatterPattern::new("procurement.bid").unwrap()],
        intervals: intervals(),
        excepted: BTreeMap::from([(MatterId::new("procurement.bid").unwrap(), intervals())]),
        grounds: grounds(),
        grounds_total: 12,
        rating: None,
        remedies: remedies(),
        human_review: Some(HumanReview {
            unit: DepartmentId::new("district.credit-centre").unwrap(),
            route: "虚构窗口".to_owned(),
        }),
        catalogue: DIGEST.to_owned(),
    }
}

/// A flag that follows from a bad rating.
pub(crate) fn rated() -> Flag {
    let rating = json!({
        "rating": "building-stars", "title": title(), "band": "one-star", "band_title": title(), "bad": true,
        "dimensions": [{"id": "safe", "title": title(), "points": -40}], "published_at": "虚构栏目", "basis": [article()],
        "since": "2026-05-09", "until": "2027-05-07", "served": {"notice_id": "虚构告1", "served_on": "2026-05-09"},
        "status": "objection", "points_total": 3,
        "points": [{"record": record(), "document": document(), "dimension": "safe", "criterion": 1, "points": -30,
                    "since": "2026-05-09", "until": "2027-05-07", "status": "objection"}],
    });
    Flag {
        effect: Effect::Supervise,
        matters: vec![MatterPattern::new("inspection.*").unwrap()],
        excepted: BTreeMap::new(),
        grounds: Vec::new(),
        grounds_total: 1,
        rating: Some(serde_json::from_value(rating).unwrap()),
        human_review: None,
        ..flag()
    }
}

pub(crate) fn lift() -> Lift {
    Lift {
        ended_at: NOW,
        reason: LiftReason::Removed,
        effect: Effect::Restrict,
        matters: vec![MatterPattern::new("subsidy.*").unwrap()],
    }
}

pub(crate) fn flag_changes() -> Vec<(String, FlagChange)> {
    let change = |of: &str, value| FlagChange {
        subject: subject(of),
        measure: measure("subsidy-restriction"),
        value,
        version: version(),
    };
    vec![
        ("set".to_owned(), change(PERSON, FlagValue::Set(flag()))),
        ("rated".to_owned(), change(FIRM, FlagValue::Set(rated()))),
        ("lifted".to_owned(), change(FIRM, FlagValue::Lifted(lift()))),
    ]
}

pub(crate) fn marks() -> Vec<(String, Mark)> {
    let mark = Mark {
        events_offset: 4_712,
        time: NOW,
        current_as_of: NOW,
        catalogue: Some(DIGEST.to_owned()),
        swept: true,
        fold: None,
        fold_known: None,
    };
    vec![
        ("mark".to_owned(), mark.clone()),
        ("mark of an empty log".to_owned(), Mark { events_offset: 0, catalogue: None, swept: false, ..mark.clone() }),
        ("mark with the folds".to_owned(), Mark { fold: Some(1), fold_known: Some(2), ..mark }),
    ]
}

pub(crate) fn profiles() -> Vec<(String, ProfileChange)> {
    let measures = BTreeMap::from([(
        measure("subsidy-restriction"),
        ProfileMeasure { effect: Effect::Restrict, intervals: intervals(), grounds_total: 2, pending_total: 1 },
    )]);
    let profile = Profile {
        counts: BTreeMap::from([("penalty".to_owned(), 2), ("honour".to_owned(), 1)]),
        measures,
        ratings: BTreeMap::new(),
        life: Life { registered: true, ended: false, erased: false },
    };
    let ratings = BTreeMap::from([
        (
            RatingId::new("building-stars").unwrap(),
            ProfileRating {
                band: Some("four-stars".to_owned()),
                points: Some(25),
                dimensions: BTreeMap::from([("safe".to_owned(), 35), ("clean".to_owned(), -10)]),
                held_back: false,
            },
        ),
        (RatingId::new("fire-safety").unwrap(), ProfileRating { held_back: true, ..ProfileRating::default() }),
    ]);
    let change = |profile| ProfileChange { subject: subject(FIRM), profile: Some(profile), version: version() };
    vec![("profile".to_owned(), change(profile.clone())), ("rated".to_owned(), change(Profile { ratings, ..profile }))]
}

/// The events of an inbox, as the trees of values that their JSON would be.
pub(crate) fn inbox() -> Vec<(String, Raw)> {
    let whole = json!({
        "source": "district.fire", "event_id": "2026-000123-1", "type": "record.upserted", "item": "fire.penalty",
        "record_id": "虚构消罚〔2026〕123号", "revision": 1, "publisher": "district.fire",
        "subject": {"scheme": "uscc", "id": "919900000000000192", "name": "虚构消防设备有限公司"},
        "document": {"number": "虚构消罚〔2026〕123号", "kind": "penalty-decision", "issuer": "district.fire",
                     "issued_on": "2026-05-08", "effective_on": "2026-05-08"},
        "fields": {"severity": "general", "fine_cny": "20000.00", "storeys": 3, "repeated": false, "act": null},
        "valid": {"from": "2026-05-08", "until": "2027-05-07"}, "occurred_at": "2026-05-08T10:00:00+08:00",
    });
    let tree = |json: serde_json::Value| serde_json::from_value::<Raw>(json).unwrap();
    vec![("whole".to_owned(), tree(whole)), ("empty".to_owned(), tree(json!({})))]
}
