//! What the tests of the fold share: a store in memory, a small catalogue, and a district to tell stories about.
#![allow(dead_code, clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

pub mod falls;
pub mod history;
pub mod rated;
pub mod store;
pub mod story;

use std::sync::{Arc, OnceLock};

use domain::catalogue::Catalogue;
use domain::fold::Catalogues;
use serde_json::json;

pub const DIGEST: &str = "reference";
pub const OTHER_DIGEST: &str = "without-subsidies";

pub struct Shelf;

impl Catalogues for Shelf {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        static BOTH: OnceLock<[Arc<Catalogue>; 2]> = OnceLock::new();
        let [whole, less] = BOTH.get_or_init(|| {
            let whole = small();
            let mut less = whole.clone();
            less.measures.retain(|id, _| id.as_str() != "subsidy-restriction");
            [Arc::new(whole), Arc::new(less)]
        });
        match digest {
            DIGEST => Some(whole.clone()),
            OTHER_DIGEST => Some(less.clone()),
            _ => None,
        }
    }
}

fn title(zh: &str) -> serde_json::Value {
    json!({"zh": zh, "en": zh})
}

fn item(
    id: &str,
    publishers: &[&str],
    polarity: &str,
    class: &str,
    kind: &str,
    fields: serde_json::Value,
    term: serde_json::Value,
) -> serde_json::Value {
    let both = json!({"publisher": true, "departments": ["district.credit-centre"]});
    json!([{
        "id": id, "version": 1, "in_force": {"from": "2010-01-01"}, "title": title(id), "publishers": publishers,
        "senders": {"objection.filed": both, "repair.applied": both, "repair.incomplete": both, "repair.completed": both,
            "objection.forwarded": {"publisher": false, "departments": ["district.credit-centre"]}},
        "class": class, "polarity": polarity, "subjects": ["person", "organisation", "building"],
        "document": {"kind": kind}, "fields": fields, "term": term, "retention": "P5Y", "disclosure": "public",
        "update_cycle": "realtime", "basis": [{"instrument": "law", "article": "1"}],
        "responsible_unit": publishers.first().filter(|p| **p != "any").unwrap_or(&"district.market"), "verified": true,
        "opt_out": class == "honour"
    }])
}

fn measure(
    id: &str,
    effect: &str,
    matters: &[&str],
    triggers: serde_json::Value,
    on_review: &str,
) -> serde_json::Value {
    json!([{
        "id": id, "version": 1, "in_force": {"from": "2010-01-01"}, "title": title(id), "effect": effect,
        "basis": [{"instrument": "law", "article": "70"}], "targets": ["person", "organisation", "building"],
        "matters": matters, "triggers": triggers, "on_objection": "annotate", "on_review": on_review, "on_repair": "lift",
        "implementing_unit": "district.finance", "remedies": {"object": "虚构异议窗口", "repair": "虚构修复窗口"},
        "human_review": {"unit": "district.finance", "route": "虚构复核窗口"}, "verified": true
    }])
}

/// The terms of the reference catalogue, and the holidays that its tests meet.
fn deadlines() -> serde_json::Value {
    let entry = |id: &str, task: &str, items: &[&str], within: serde_json::Value, extension: serde_json::Value| {
        json!([{"id": id, "version": 1, "in_force": {"from": "2010-01-01"}, "title": title(id), "task": task, "items": items,
            "within": within, "extension": extension, "basis": [{"instrument": "law", "article": "51"}], "verified": true}])
    };
    let (one, two, three) = (json!({"working_days": 1}), json!({"working_days": 2}), json!({"working_days": 3}));
    let none = serde_json::Value::Null;
    json!({
        "objection-check": entry("objection-check", "objection_check", &[], one, none.clone()),
        "objection-decision": entry("objection-decision", "objection_decision", &[], two, three.clone()),
        "defaulter-correction": entry("defaulter-correction", "objection_decision", &["court.judgment-defaulter"],
            json!({"days": 15}), none.clone()),
        "repair-decision": entry("repair-decision", "repair_decision", &[], three.clone(), three),
        "review-decision": entry("review-decision", "review_decision", &[], json!({"days": 60}), none.clone()),
        "penalty-service": entry("penalty-service", "notice_service", &["fire.penalty"], json!({"working_days": 7}), none),
    })
}

/// The items and measures of the design's table, as far as the tests of the fold need them.
pub fn small() -> Catalogue {
    let basis = json!([{"instrument": "law", "article": "65"}]);
    let on = |item: &str| json!({"item": item, "basis": basis});
    let serious =
        |item: &str| json!({"item": item, "basis": basis, "when": {"eq": {"field": "severity", "value": "serious"}}});
    let departments: serde_json::Map<String, serde_json::Value> =
        ["court", "market", "fire", "housing", "finance", "credit-centre"]
            .iter()
            .map(|name| {
                let id = format!("district.{name}");
                (id.clone(), json!({"id": id, "title": title(name), "contact": "虚构电话"}))
            })
            .collect();
    let domains: serde_json::Map<String, serde_json::Value> =
        ["subsidy", "procurement", "honours", "licence", "inspection"]
            .iter()
            .map(|name| ((*name).to_owned(), json!({"id": name, "title": title(name)})))
            .collect();
    let matters: serde_json::Map<String, serde_json::Value> = [
        "subsidy.technology-innovation", "procurement.bid", "procurement.lender-financed", "honours.quality-award",
        "licence.food-operation", "licence.reorganisation", "inspection.routine",
    ]
    .iter()
    .map(|id| {
        let entry = json!([{"id": id, "in_force": {"from": "2000-01-01"}, "title": title(id), "unit": "district.finance",
            "basis": [{"instrument": "law", "article": "1"}], "shields": *id == "licence.reorganisation", "verified": true}]);
        ((*id).to_owned(), entry)
    })
    .collect();
    let severity = json!([
        {"name": "severity", "type": {"choice": ["minor", "general", "serious"]}, "required": true},
        {"name": "fine_cny", "type": {"decimal": {"scale": 2}}}
    ]);
    let penalty_term = json!([
        {"when": {"eq": {"field": "severity", "value": "minor"}}, "end": {"unpublished": {}}},
        {"when": {"eq": {"field": "severity", "value": "general"}}, "end": {"fixed": {"minimum": "P3M", "maximum": "P1Y"}}},
        {"end": {"fixed": {"minimum": "P1Y", "maximum": "P3Y"}}}
    ]);
    let court_term = json!([
        {"when": {"eq": {"field": "ground", "value": 1}},
         "end": {"condition": {"text": "履行完毕", "law": {"instrument": "law", "article": "2"}}}},
        {"when": {"eq": {"field": "aggravated", "value": true}}, "end": {"fixed": {"maximum": "P5Y"}}},
        {"end": {"fixed": {"maximum": "P2Y"}}}
    ]);
    let court_fields = json!([
        {"name": "ground", "type": {"integer": {"min": 1, "max": 6}}, "required": true},
        {"name": "aggravated", "type": {"boolean": {}}}
    ]);
    serde_json::from_value(json!({
        "id": "small", "title": title("小目录"), "departments": departments,
        "instruments": {"law": {"id": "law", "title": title("虚构法"), "kind": "law", "in_force": {"from": "2000-01-01"},
            "source": "tests", "verified": true}},
        "domains": domains, "matters": matters,
        "items": {
            "court.judgment-defaulter": item("court.judgment-defaulter", &["district.court"], "adverse", "judicial",
                "listing-decision", court_fields, court_term),
            "fire.penalty": item("fire.penalty", &["district.fire"], "adverse", "penalty", "penalty-decision", severity,
                penalty_term),
            "foreign.debarment": item("foreign.debarment", &["district.finance"], "adverse", "warning", "debarment-notice",
                json!([]), json!([{"end": {"as_document": {}}}])),
            "honour.award": item("honour.award", &["district.market"], "positive", "honour", "award",
                json!([{"name": "title", "type": {"text": {"max": 200}}, "required": true}]),
                json!([{"end": {"fixed": {"maximum": "P3Y"}}}])),
            "inspection.result": item("inspection.result", &["district.fire", "district.market"], "neutral", "inspection",
                "inspection", json!([{"name": "result", "type": {"choice": ["pass", "fail"]}, "required": true}]),
                json!([{"end": {"fixed": {"maximum": "P1Y"}}}]))
        },
        "measures": {
            "subsidy-restriction": measure("subsidy-restriction", "restrict", &["subsidy.*"],
                json!([on("court.judgment-defaulter")]), "suspend"),
            "procurement-ban": measure("procurement-ban", "restrict", &["procurement.*"],
                json!([on("court.judgment-defaulter")]), "annotate"),
            "lender-debarment": measure("lender-debarment", "restrict", &["procurement.lender-financed"],
                json!([on("foreign.debarment")]), "annotate"),
            "honours-restriction": measure("honours-restriction", "restrict", &["honours.*"],
                json!([on("court.judgment-defaulter"), serious("fire.penalty")]), "annotate"),
            "key-supervision": measure("key-supervision", "supervise", &["inspection.*"],
                json!([serious("fire.penalty")]), "annotate"),
            "licence-fast-lane": measure("licence-fast-lane", "facilitate", &["licence.*"],
                json!([on("honour.award")]), "annotate")
        },
        "lists": {}, "ratings": {}, "consumers": {},
        "registries": {"organisation": {"departments": ["district.market"], "opt_outs": ["district.credit-centre"]},
            "person": {"departments": ["district.market"]}},
        "deadlines": deadlines(),
        "calendar": {"2026": {"year": 2026, "source": "虚构通知", "verified": false, "working_days": ["2026-05-09", "2026-10-10"],
            "days_off": [{"name": "劳动节", "from": "2026-05-01", "until": "2026-05-05"},
                {"name": "国庆节", "from": "2026-10-01", "until": "2026-10-07"}]}},
        "confirmed_codes": [],
        "recourses": [
            {"id": "old", "in_force": {"from": "2000-01-01", "until": "2023-12-31"}, "route": "review", "within": "P30D",
             "documents": ["penalty-decision"], "to": title("旧机关"), "basis": basis, "verified": true},
            {"id": "review", "in_force": {"from": "2024-01-01"}, "route": "review", "within": "P60D",
             "documents": ["penalty-decision", "listing-decision"], "not_issuers": ["district.court"],
             "to": title("虚构政府"), "basis": basis, "verified": true},
            {"id": "court", "in_force": {"from": "2017-05-01"}, "route": "objection", "documents": ["listing-decision"],
             "issuers": ["district.court"], "to": title("虚构法院"), "basis": basis, "verified": true}
        ]
    }))
    .unwrap()
}
