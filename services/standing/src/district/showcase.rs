//! The one firm the playground shows: restricted for a reason anybody can read, and free again after one event.

use domain::catalogue::Catalogue;
use domain::ids::ItemId;
use domain::subject::fictitious;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

const ITEM: &str = "court.judgment-defaulter";
const AWARD: &str = "honour.award";
const MATTER: &str = "subsidy.technology-innovation";
/// Below the numbers of the generated subjects.
const NUMBER: u64 = 2_026;
const NAME: &str = "虚构新桥科技有限公司";

/// A firm that is restricted once `events` are in the register, and what ends its restriction.
pub(crate) struct Showcase {
    pub(crate) name: &'static str,
    pub(crate) uscc: String,
    /// What it is restricted from, among other things.
    pub(crate) matter: &'static str,
    /// A listing by the court, its notice, and an award whose fast lane rests meanwhile.
    pub(crate) events: Vec<Value>,
    pub(crate) ending: Value,
}

impl Showcase {
    /// `None` where the catalogue did not have the items in force in time.
    pub(crate) fn of(catalogue: &Catalogue, today: Date) -> Option<Self> {
        let issued_on = today.saturating_sub(60.days());
        let served_on = today.saturating_sub(50.days());
        let year = issued_on.year();
        let (listing, award) = (format!("虚构执〔{year}〕{NUMBER}号"), format!("虚构奖〔{year}〕{NUMBER}号"));
        let document = |item: &str, number: &str, issuer: &str| {
            let kind = &catalogue.item(&ItemId::new(item).ok()?, issued_on)?.document.kind;
            Some(
                json!({ "number": number, "kind": kind, "issuer": issuer, "issued_on": issued_on, "effective_on": issued_on }),
            )
        };
        let listed = json!({
            "revision": 1, "document": document(ITEM, &listing, "district.court")?,
            "fields": { "ground": 2, "duty": "虚构的给付义务", "performance": "none" },
        });
        let awarded = json!({
            "revision": 1, "document": document(AWARD, &award, "district.market")?,
            "fields": { "title": "虚构质量奖", "level": "district" },
        });
        let served = json!({ "fields": { "notice_id": "N-1", "served_on": served_on } });
        let withdrawn = json!({ "revision": 2, "fields": { "reason": "义务已经履行（虚构）" } });
        Some(Self {
            name: NAME,
            uscc: fictitious::uscc(NUMBER),
            matter: MATTER,
            events: vec![
                event("district.court", ITEM, &listing, "record.upserted", issued_on, listed),
                event("district.court", ITEM, &listing, "notice.served", served_on, served),
                event("district.market", AWARD, &award, "record.upserted", issued_on, awarded),
            ],
            ending: event("district.court", ITEM, &listing, "record.withdrawn", today, withdrawn),
        })
    }
}

fn event(source: &str, item: &str, record_id: &str, event_type: &str, on: Date, rest: Value) -> Value {
    let mut event = json!({
        "source": source, "event_id": format!("showcase-{item}-{event_type}"), "type": event_type, "item": item,
        "record_id": record_id, "subject": { "scheme": "uscc", "id": fictitious::uscc(NUMBER), "name": NAME },
        "occurred_at": format!("{on}T10:00:00+08:00"),
    });
    if let (Value::Object(event), Value::Object(rest)) = (&mut event, rest) {
        event.extend(rest);
    }
    event
}
