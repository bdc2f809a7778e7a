//! One record and what becomes of it: notice, objection, review, repair, permission, correction, withdrawal.

use domain::catalogue::{Item, Polarity};
use domain::event::EventType;
use domain::ids::DepartmentId;
use domain::value::Fields;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::item::{Book, Form, json_fields, validity};
use super::subject::Subject;

/// A record as its publisher keeps it.
pub(super) struct Record<'a> {
    pub(super) book: &'a Book,
    pub(super) form: &'a Form,
    pub(super) item: &'a Item,
    pub(super) subject: &'a Subject,
    pub(super) publisher: &'a DepartmentId,
    pub(super) record_id: String,
    pub(super) issued_on: Date,
    /// Unique among all records, for event ids.
    pub(super) tag: String,
}

impl<'a> Record<'a> {
    /// An event about this record. Its id tells `step` apart from the record's other events.
    pub(super) fn event(
        &self,
        source: &DepartmentId,
        event_type: EventType,
        on: Date,
        step: usize,
        rest: Value,
    ) -> Value {
        let mut event = Map::new();
        event.insert("source".to_owned(), json!(source));
        event.insert("event_id".to_owned(), json!(format!("{}-{step}", self.tag)));
        event.insert("type".to_owned(), json!(event_type));
        event.insert("item".to_owned(), json!(self.item.id));
        event.insert("record_id".to_owned(), json!(self.record_id));
        if source != self.publisher {
            event.insert("publisher".to_owned(), json!(self.publisher));
        }
        event.insert("subject".to_owned(), self.subject.json());
        event.insert("occurred_at".to_owned(), json!(format!("{on}T10:00:00+08:00")));
        if let Value::Object(rest) = rest {
            event.extend(rest);
        }
        Value::Object(event)
    }

    /// The record as published, in one revision of it.
    pub(super) fn recorded(
        &self,
        event_type: EventType,
        revision: u32,
        fields: &Fields,
        on: Date,
        step: usize,
        dice: &mut Dice,
    ) -> Value {
        let mut rest = json!({
            "revision": revision,
            "document": {
                "number": self.record_id, "kind": self.item.document.kind, "issuer": self.publisher,
                "issued_on": self.issued_on, "effective_on": self.issued_on,
            },
            "fields": json_fields(fields),
        });
        if let Some(valid) = validity(self.item, fields, self.issued_on, dice) {
            rest["valid"] = valid;
        }
        self.event(self.publisher, event_type, on, step, rest)
    }

    /// Everything that is known of the record by `today`, in order.
    pub(super) fn life(&self, today: Date, dice: &mut Dice) -> Vec<Value> {
        let fields = self.book.fields(self.item, self.issued_on, dice);
        let published = self.recorded(EventType::RecordUpserted, 1, &fields, self.issued_on, 0, dice);
        let mut life = Life { record: self, today, events: vec![published], revision: 1 };
        let day = |days: i64| self.issued_on.saturating_add(days.days());
        if self.item.class == domain::catalogue::ItemClass::Commitment && self.item.polarity != Polarity::Adverse {
            life.commitment(dice);
        }
        if self.item.polarity == Polarity::Adverse {
            if dice.percent(85) {
                let served_on = day(dice.days(1, 10));
                life.step(
                    EventType::NoticeServed,
                    served_on,
                    "N",
                    |id| json!({ "notice_id": id, "served_on": served_on }),
                    dice,
                );
            }
            if dice.percent(8) {
                life.objection(day(dice.days(11, 40)), dice);
            }
            if dice.percent(3) {
                life.review(day(dice.days(20, 80)), dice);
            }
            if dice.percent(20) {
                life.repair(&fields, dice);
            }
            if dice.percent(3) {
                life.permission(day(dice.days(30, 90)), dice);
            }
        }
        if dice.percent(4) {
            life.correction(day(dice.days(15, 60)), dice);
        }
        if dice.percent(4) {
            life.withdrawal(day(dice.days(61, 200)), dice);
        }
        life.events
    }
}

struct Life<'a> {
    record: &'a Record<'a>,
    today: Date,
    events: Vec<Value>,
    revision: u32,
}

impl Life<'_> {
    /// Adds a lifecycle event unless its day is still to come or nobody may send it.
    fn step(
        &mut self,
        event_type: EventType,
        on: Date,
        prefix: &str,
        fields: impl FnOnce(&str) -> Value,
        dice: &mut Dice,
    ) -> bool {
        let Record { book, form, publisher, tag, .. } = self.record;
        let sender = book.sender(form, publisher, event_type, dice);
        let Some(sender) = sender.filter(|_| on <= self.today) else { return false };
        let id = format!("{prefix}-{tag}");
        let rest = json!({ "fields": fields(&id) });
        self.events.push(self.record.event(sender, event_type, on, self.events.len(), rest));
        true
    }

    fn commitment(&mut self, dice: &mut Dice) {
        let on = self.record.issued_on.saturating_add(dice.days(30, 400).days());
        let event_type = match dice.below(10) {
            0 => EventType::CommitmentBroken,
            1..=6 => EventType::CommitmentKept,
            _ => return,
        };
        self.step(event_type, on, "C", |_| json!({ "on": on }), dice);
    }

    fn objection(&mut self, filed_on: Date, dice: &mut Dice) {
        let filed = |id: &str| json!({ "objection_id": id, "grounds": "虚构的异议理由", "filed_on": filed_on });
        let resolved_on = filed_on.saturating_add(dice.days(2, 5).days());
        let filed = self.step(EventType::ObjectionFiled, filed_on, "O", filed, dice);
        let forwarded_on = filed_on.saturating_add(1.days());
        if filed && dice.percent(50) {
            let forwarded = |id: &str| json!({ "objection_id": id, "forwarded_on": forwarded_on });
            self.step(EventType::ObjectionForwarded, forwarded_on, "O", forwarded, dice);
        }
        if filed && dice.percent(15) {
            let extended =
                |id: &str| json!({ "objection_id": id, "extended_on": forwarded_on, "approved_by": "虚构的负责人" });
            self.step(EventType::ObjectionExtended, forwarded_on, "O", extended, dice);
        }
        if filed && dice.percent(60) {
            let outcome = if dice.percent(75) { "rejected" } else { "upheld" };
            let resolved = |id: &str| json!({ "objection_id": id, "outcome": outcome, "resolved_on": resolved_on });
            self.step(EventType::ObjectionResolved, resolved_on, "O", resolved, dice);
        }
    }

    fn review(&mut self, opened_on: Date, dice: &mut Dice) {
        let kind = if dice.percent(50) { "review" } else { "litigation" };
        let opened = |id: &str| json!({ "review_id": id, "kind": kind, "opened_on": opened_on });
        let closed_on = opened_on.saturating_add(dice.days(30, 120).days());
        if self.step(EventType::ReviewOpened, opened_on, "V", opened, dice) && dice.percent(60) {
            let outcome = if dice.percent(80) { "upheld" } else { "revoked" };
            let closed = |id: &str| json!({ "review_id": id, "outcome": outcome, "closed_on": closed_on });
            self.step(EventType::ReviewClosed, closed_on, "V", closed, dice);
        }
    }

    /// Applied for when the law allows it first, or some weeks later.
    fn repair(&mut self, fields: &Fields, dice: &mut Dice) {
        let Record { item, issued_on, .. } = self.record;
        let Some(term) = item.term_for(fields) else { return };
        let first = term.repairable_from(*issued_on).max(issued_on.saturating_add(30.days()));
        let applied_on = first.saturating_add(dice.days(0, 60).days());
        let decided_on = applied_on.saturating_add(dice.days(1, 3).days());
        let applied = |id: &str| json!({ "repair_id": id, "applied_on": applied_on });
        if self.step(EventType::RepairApplied, applied_on, "R", applied, dice) {
            if dice.percent(20) {
                let asked =
                    |id: &str| json!({ "repair_id": id, "requested_on": applied_on, "papers": "虚构的整改证明" });
                self.step(EventType::RepairIncomplete, applied_on, "R", asked, dice);
                let completed = |id: &str| json!({ "repair_id": id, "completed_on": decided_on });
                self.step(EventType::RepairCompleted, decided_on, "R", completed, dice);
            }
            if dice.percent(10) {
                let extended =
                    |id: &str| json!({ "repair_id": id, "extended_on": decided_on, "approved_by": "虚构的负责人" });
                self.step(EventType::RepairExtended, decided_on, "R", extended, dice);
            }
            let event_type = if dice.percent(75) { EventType::RepairGranted } else { EventType::RepairRefused };
            let decided = |id: &str| json!({ "repair_id": id, "decided_on": decided_on, "reason": "虚构的修复决定" });
            self.step(event_type, decided_on, "R", decided, dice);
        }
    }

    fn permission(&mut self, from: Date, dice: &mut Dice) {
        let Some(matter) = dice.pick(self.record.form.restricted()) else { return };
        let until = from.saturating_add(180.days());
        let granted = |id: &str| json!({ "permission_id": id, "matter": matter, "from": from, "until": until, "by": "虚构的批准机关" });
        self.step(EventType::PermissionGranted, from, "P", granted, dice);
    }

    fn correction(&mut self, on: Date, dice: &mut Dice) {
        if on > self.today {
            return;
        }
        let Record { book, item, issued_on, .. } = self.record;
        self.revision += 1;
        let fields = book.fields(item, *issued_on, dice);
        let step = self.events.len();
        let corrected = self.record.recorded(EventType::RecordCorrected, self.revision, &fields, on, step, dice);
        self.events.push(corrected);
    }

    fn withdrawal(&mut self, on: Date, dice: &mut Dice) {
        let Record { book, form, publisher, .. } = self.record;
        let sender = book.sender(form, publisher, EventType::RecordWithdrawn, dice);
        let Some(sender) = sender.filter(|_| on <= self.today) else { return };
        self.revision += 1;
        let rest = json!({ "revision": self.revision, "fields": { "reason": "虚构的撤销理由" } });
        self.events.push(self.record.event(sender, EventType::RecordWithdrawn, on, self.events.len(), rest));
    }
}
