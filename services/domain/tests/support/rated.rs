//! The small catalogue with a rating: stars in four bands, the two lower ones bad.

use std::sync::{Arc, OnceLock};

use domain::catalogue::{Catalogue, Rating};
use domain::fold::Catalogues;
use serde_json::json;

pub const DIGEST: &str = "rated";
pub const OTHER_DIGEST: &str = "rated-otherwise";

pub struct Shelf;

impl Catalogues for Shelf {
    fn catalogue(&self, digest: &str) -> Option<Arc<Catalogue>> {
        static BOTH: OnceLock<[Arc<Catalogue>; 2]> = OnceLock::new();
        let [rated, otherwise] = BOTH.get_or_init(|| {
            let rated = rated();
            let mut otherwise = rated.clone();
            let rating = otherwise.ratings.values_mut().next().unwrap();
            // Five points more for what was inspected, and nothing less often inspected for it.
            rating.dimensions[1].criteria[0].points = 25;
            rating.measures.retain(|measure| measure.id.as_str() != "fewer-inspections");
            [Arc::new(rated), Arc::new(otherwise)]
        });
        match digest {
            DIGEST => Some(rated.clone()),
            OTHER_DIGEST => Some(otherwise.clone()),
            _ => None,
        }
    }
}

fn rated() -> Catalogue {
    let mut catalogue = super::small();
    let mut notice = catalogue.items.values().find(|i| i[0].id.as_str() == "inspection.result").unwrap().clone();
    notice[0].id = domain::ids::ItemId::new("rating.notice").unwrap();
    notice[0].fields.clear();
    notice[0].document.kind = "rating-notice".to_owned();
    catalogue.items.insert(notice[0].id.clone(), notice);
    let title = |zh: &str| json!({"zh": zh, "en": zh});
    let basis = json!([{"instrument": "law", "article": "56"}]);
    let severity = |value: &str| json!({"eq": {"field": "severity", "value": value}});
    let result = |value: &str| json!({"eq": {"field": "result", "value": value}});
    let rating: Rating = serde_json::from_value(json!({
        "id": "stars", "title": title("星级"), "rates": ["organisation", "building"], "basis": basis, "unit": "district.fire",
        "published_at": "虚构栏目", "notice": "rating.notice", "matters": ["inspection.*"], "verified": true,
        "remedies": {"object": "虚构异议窗口", "repair": "虚构"},
        "dimensions": [
            {"id": "law", "title": title("守法"), "criteria": [
                {"item": "fire.penalty", "when": severity("serious"), "points": -30, "term": "P1Y"},
                {"item": "fire.penalty", "when": severity("general"), "points": -10, "term": "P6M"}]},
            {"id": "care", "title": title("尽责"), "criteria": [
                {"item": "inspection.result", "when": result("pass"), "points": 20, "term": "P6M"},
                {"item": "inspection.result", "when": result("fail"), "points": -10, "term": "P3M"},
                {"item": "honour.award", "points": 10, "term": "P2Y"}]}],
        "bands": [
            {"id": "one", "title": title("一"), "from_points": -1000, "bad": true},
            {"id": "two", "title": title("二"), "from_points": -20, "bad": true},
            {"id": "three", "title": title("三"), "from_points": 0},
            {"id": "four", "title": title("四"), "from_points": 20}],
        "measures": [
            {"id": "more-inspections", "title": title("多查"), "effect": "supervise", "bands": ["one", "two"], "basis": basis},
            {"id": "fewer-inspections", "title": title("少查"), "effect": "facilitate", "bands": ["four"], "basis": basis}]
    }))
    .unwrap();
    catalogue.ratings.insert(rating.id.clone(), rating);
    catalogue
}
