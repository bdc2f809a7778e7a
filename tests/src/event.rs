//! Events as departments send them, about subjects that do not exist.

use domain::subject::fictitious;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Somebody of the division 990000.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    scheme: &'static str,
    id: String,
}

impl Subject {
    pub fn firm(number: u64) -> Self {
        Self { scheme: "uscc", id: fictitious::uscc(number) }
    }

    /// Of age on every day of this century but its first ones.
    pub fn person(number: u64) -> Self {
        Self { scheme: "cn-id", id: fictitious::adult(number) }
    }

    pub fn child(number: u64, birth: Date) -> Self {
        Self { scheme: "cn-id", id: fictitious::cn_id(number, birth) }
    }

    /// `registry:number`.
    pub fn foreign(id: &str) -> Self {
        Self { scheme: "foreign", id: id.to_owned() }
    }

    pub fn is_person(&self) -> bool {
        self.scheme == "cn-id"
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// As a check names it.
    pub fn identity(&self) -> Value {
        json!({ "scheme": self.scheme, "id": self.id })
    }

    fn named(&self) -> Value {
        json!({ "scheme": self.scheme, "id": self.id, "name": "虚构的主体" })
    }

    /// What stands for an organisation in the topics.
    pub fn key(&self) -> String {
        format!("{}:{}", self.scheme, self.id)
    }
}

/// One record of one department, and the events of its life.
#[derive(Clone, Debug)]
pub struct Record {
    pub source: &'static str,
    pub item: &'static str,
    pub document_kind: &'static str,
    pub record_id: String,
    pub subject: Subject,
    pub issued_on: Date,
}

impl Record {
    pub fn defaulter(number: &str, subject: &Subject, issued_on: Date) -> Self {
        let (source, item, document_kind) = ("district.court", "court.judgment-defaulter", "listing-decision");
        let record_id = format!("虚构执〔{}〕{number}号", issued_on.year());
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on }
    }

    pub fn award(number: &str, subject: &Subject, issued_on: Date) -> Self {
        let (source, item, document_kind) = ("district.market", "honour.award", "award");
        let record_id = format!("虚构奖〔{}〕{number}号", issued_on.year());
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on }
    }

    pub fn fire_penalty(number: &str, subject: &Subject, issued_on: Date) -> Self {
        let (source, item, document_kind) = ("district.fire", "fire.penalty", "penalty-decision");
        let record_id = format!("虚构消罚〔{}〕{number}号", issued_on.year());
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on }
    }

    pub fn inspection(number: &str, subject: &Subject, issued_on: Date) -> Self {
        let (source, item, document_kind) = ("district.fire", "inspection.result", "inspection");
        let record_id = format!("虚构检〔{}〕{number}号", issued_on.year());
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on }
    }

    /// What registration found, for those who enforce.
    pub fn registration_lead(number: &str, subject: &Subject, issued_on: Date) -> Self {
        let (source, item, document_kind) = ("district.market", "market.registration-lead", "transfer-form");
        let record_id = format!("虚构线索〔{}〕{number}号", issued_on.year());
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on }
    }

    /// What the register announces a bad band as: nobody sends it as a record, only what becomes of it.
    pub fn rating_notice(rating: &str, band: &str, subject: &Subject, began_on: Date) -> Self {
        let (source, item, document_kind) = ("district.fire", "rating.notice", "rating-notice");
        let record_id = format!("{rating}/{band}/{began_on}");
        Self { source, item, document_kind, record_id, subject: subject.clone(), issued_on: began_on }
    }

    /// An event of this record, with the members of `rest` put in.
    pub fn event(&self, event_type: &str, on: Date, rest: Value) -> Value {
        let mut event = json!({
            "source": self.source, "type": event_type, "item": self.item, "record_id": self.record_id,
            "subject": self.subject.named(), "occurred_at": format!("{on}T09:00:00+08:00"),
        });
        if let (Value::Object(event), Value::Object(rest)) = (&mut event, rest) {
            event.extend(rest);
        }
        let revision = event["revision"].as_u64().unwrap_or_default();
        event["event_id"] = format!("{}-{event_type}-{revision}", self.record_id).into();
        event
    }

    fn content(&self, event_type: &str, revision: u32, fields: Value) -> Value {
        let document = json!({ "number": self.record_id, "kind": self.document_kind, "issuer": self.source,
            "issued_on": self.issued_on, "effective_on": self.issued_on });
        self.event(event_type, self.issued_on, json!({ "revision": revision, "document": document, "fields": fields }))
    }

    pub fn upserted(&self, revision: u32, fields: Value) -> Value {
        self.content("record.upserted", revision, fields)
    }

    pub fn corrected(&self, revision: u32, fields: Value) -> Value {
        self.content("record.corrected", revision, fields)
    }

    pub fn withdrawn(&self, revision: u32, on: Date) -> Value {
        self.event("record.withdrawn", on, json!({ "revision": revision, "fields": { "reason": "虚构的撤销理由" } }))
    }

    pub fn served(&self, served_on: Date) -> Value {
        let fields = json!({ "notice_id": format!("N-{}", self.record_id), "served_on": served_on });
        self.event("notice.served", served_on, json!({ "fields": fields }))
    }
}

/// The day in Asia/Shanghai, where the register's days are.
pub fn today() -> anyhow::Result<Date> {
    Ok(jiff::Timestamp::now().in_tz("Asia/Shanghai")?.date())
}
