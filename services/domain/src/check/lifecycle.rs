//! The `fields` of lifecycle events: fixed by type, the same for every item.

use jiff::civil::Date;

use super::Check;
use super::reader::Reader;
use crate::event::{
    Change, Commitment, EventType, FiledBy, Handling, Objection, ObjectionEffect, ObjectionOutcome, RecordRef, Review,
    ReviewKind, ReviewOutcome,
};
use crate::ids::{MatterId, RecordId};
use crate::problem::{Problem, code};

impl<'a> Check<'a> {
    pub(super) fn lifecycle(
        &mut self,
        event_type: EventType,
        record: impl FnOnce() -> Option<RecordRef>,
    ) -> Option<Change> {
        let revision = (event_type == EventType::RecordWithdrawn).then(|| self.revision());
        for ignored in ["revision", "document", "valid"] {
            self.reader.skip(ignored);
        }
        let mut members = self.reader.object("fields", &mut self.problems).unwrap_or_else(Reader::empty);
        let change = self.lifecycle_change(event_type, revision.flatten(), &mut members, record);
        members.unknown(&mut self.problems);
        change
    }

    fn lifecycle_change(
        &mut self,
        event_type: EventType,
        revision: Option<u32>,
        members: &mut Reader<'a>,
        record: impl FnOnce() -> Option<RecordRef>,
    ) -> Option<Change> {
        match event_type {
            EventType::RecordWithdrawn => {
                let reason = members.text("reason", &mut self.problems);
                Some(Change::Withdrawn { record: record()?, revision: revision?, reason })
            }
            EventType::NoticeServed => {
                let notice_id = self.id(members, "notice_id");
                let served_on = self.happened(members, "served_on");
                Some(Change::NoticeServed { record: record()?, notice_id: notice_id?, served_on: served_on? })
            }
            EventType::ObjectionFiled => {
                let objection_id = self.id(members, "objection_id");
                let grounds = members.required_text("grounds", &mut self.problems);
                let filed_on = self.happened(members, "filed_on");
                let by = self.filed_by(members)?;
                let objection = Objection::Filed { grounds: grounds?, filed_on: filed_on?, by };
                Some(Change::Objection { record: record()?, objection_id: objection_id?, objection })
            }
            EventType::ObjectionResolved => self.objection_resolved(members, record),
            EventType::ReviewOpened => {
                let review_id = self.id(members, "review_id");
                let kinds = [("review", ReviewKind::Review), ("litigation", ReviewKind::Litigation)];
                let kind = self.choice(members, "kind", &kinds);
                let opened_on = self.happened(members, "opened_on");
                let review = Review::Opened { kind: kind?, opened_on: opened_on? };
                Some(Change::Review { record: record()?, review_id: review_id?, review })
            }
            EventType::ReviewClosed => {
                let review_id = self.id(members, "review_id");
                let outcomes = [("revoked", ReviewOutcome::Revoked), ("upheld", ReviewOutcome::Upheld)];
                let outcome = self.choice(members, "outcome", &outcomes);
                let closed_on = self.happened(members, "closed_on");
                let reason = members.text("reason", &mut self.problems);
                let review = Review::Closed { outcome: outcome?, closed_on: closed_on?, reason };
                Some(Change::Review { record: record()?, review_id: review_id?, review })
            }
            EventType::RepairApplied => {
                let repair_id = self.id(members, "repair_id");
                let applied_on = self.happened(members, "applied_on");
                Some(Change::RepairApplied { record: record()?, repair_id: repair_id?, applied_on: applied_on? })
            }
            EventType::ObjectionForwarded => {
                self.handled(members, record, Handling::ObjectionForwarded, ("objection_id", "forwarded_on", None))
            }
            EventType::ObjectionExtended => {
                let names = ("objection_id", "extended_on", Some("approved_by"));
                self.handled(members, record, Handling::ObjectionExtended, names)
            }
            EventType::RepairIncomplete => {
                let names = ("repair_id", "requested_on", Some("papers"));
                self.handled(members, record, Handling::RepairIncomplete, names)
            }
            EventType::RepairCompleted => {
                self.handled(members, record, Handling::RepairCompleted, ("repair_id", "completed_on", None))
            }
            EventType::RepairExtended => {
                let names = ("repair_id", "extended_on", Some("approved_by"));
                self.handled(members, record, Handling::RepairExtended, names)
            }
            EventType::RepairGranted | EventType::RepairRefused => {
                let repair_id = self.id(members, "repair_id");
                let decided_on = self.happened(members, "decided_on");
                let reason = members.text("reason", &mut self.problems);
                let granted = event_type == EventType::RepairGranted;
                let (repair_id, decided_on) = (repair_id?, decided_on?);
                Some(Change::RepairDecided { record: record()?, repair_id, granted, decided_on, reason })
            }
            EventType::CommitmentKept | EventType::CommitmentBroken => {
                let on = self.happened(members, "on");
                let kept = event_type == EventType::CommitmentKept;
                let commitment = if kept { Commitment::Kept } else { Commitment::Broken };
                Some(Change::Commitment { record: record()?, commitment, on: on? })
            }
            EventType::PermissionGranted => self.permission_granted(members, record),
            EventType::PermissionEnded => {
                let permission_id = self.id(members, "permission_id");
                Some(Change::PermissionEnded { record: record()?, permission_id: permission_id? })
            }
            EventType::RecordUpserted
            | EventType::RecordCorrected
            | EventType::SubjectRegistered
            | EventType::SubjectEnded
            | EventType::SubjectErased
            | EventType::SubjectOptedOut
            | EventType::SubjectOptedIn => None,
        }
    }

    /// What happened to an objection or a repair between its filing and its decision. `names`: of its id, its day, its note.
    fn handled(
        &mut self,
        members: &mut Reader<'a>,
        record: impl FnOnce() -> Option<RecordRef>,
        handling: Handling,
        names: (&str, &str, Option<&str>),
    ) -> Option<Change> {
        let id = self.id(members, names.0);
        let on = self.happened(members, names.1);
        let note = match names.2 {
            Some(name) => Some(members.required_text(name, &mut self.problems)?),
            None => None,
        };
        Some(Change::Handled { record: record()?, id: id?, handling, on: on?, note })
    }

    fn filed_by(&mut self, members: &mut Reader<'a>) -> Option<FiledBy> {
        if !members.has("by") {
            return Some(FiledBy::Subject);
        }
        self.choice(members, "by", &[("subject", FiledBy::Subject), ("ex-officio", FiledBy::ExOfficio)])
    }

    fn objection_resolved(
        &mut self,
        members: &mut Reader<'a>,
        record: impl FnOnce() -> Option<RecordRef>,
    ) -> Option<Change> {
        let objection_id = self.id(members, "objection_id");
        let outcomes = [
            ("upheld", ObjectionOutcome::Upheld),
            ("partly", ObjectionOutcome::Partly),
            ("rejected", ObjectionOutcome::Rejected),
        ];
        let outcome = self.choice(members, "outcome", &outcomes);
        let effects = [
            ("corrected", ObjectionEffect::Corrected),
            ("supplemented", ObjectionEffect::Supplemented),
            ("undisclosed", ObjectionEffect::Undisclosed),
            ("delisted", ObjectionEffect::Delisted),
        ];
        let effect = if members.has("effect") { Some(self.choice(members, "effect", &effects)?) } else { None };
        let resolved_on = self.happened(members, "resolved_on");
        let reason = members.text("reason", &mut self.problems);
        let objection = Objection::Resolved { outcome: outcome?, effect, resolved_on: resolved_on?, reason };
        Some(Change::Objection { record: record()?, objection_id: objection_id?, objection })
    }

    fn permission_granted(
        &mut self,
        members: &mut Reader<'a>,
        record: impl FnOnce() -> Option<RecordRef>,
    ) -> Option<Change> {
        let permission_id = self.id(members, "permission_id");
        let matter = members.required_text("matter", &mut self.problems).and_then(|text| {
            let matter = MatterId::new(text).ok();
            if matter.is_none() {
                let message = "the catalogue has no matter of this id";
                self.problems.push(Problem::new(code::MATTER_UNKNOWN, "fields.matter", message));
            }
            matter
        });
        let from = self.day(members, "from");
        let until = self.day(members, "until");
        let by = members.required_text("by", &mut self.problems);
        if matches!((from, until), (Some(from), Some(until)) if until < from) {
            self.problem(code::DATE_ORDER, "fields.until", "ends before it begins; correct the dates");
        }
        if let (Some(matter), Some(from)) = (&matter, from)
            && self.context.catalogue.matter(matter, from).is_some_and(|matter| matter.shields)
            && from > self.context.now.plus_days(1).day()
        {
            // What follows from the record would rest from the day it is told on.
            self.problem(code::DATE_FUTURE, "fields.from", "a shield begins when it is granted; send it then");
        }
        Some(Change::PermissionGranted {
            record: record()?,
            permission_id: permission_id?,
            matter: matter?,
            from: from?,
            until: until?,
            by: by?,
        })
    }

    fn id(&mut self, members: &mut Reader<'a>, name: &str) -> Option<RecordId> {
        let text = members.required_text(name, &mut self.problems)?;
        RecordId::new(text)
            .map_err(|e| self.problem(code::FIELD_INVALID, &members.path_of(name), format!("the number {e}")))
            .ok()
    }

    /// A date of what has happened.
    pub(super) fn happened(&mut self, members: &mut Reader<'a>, name: &str) -> Option<Date> {
        let text = members.required_text(name, &mut self.problems)?;
        self.past_date(&text, &members.path_of(name))
    }

    fn day(&mut self, members: &mut Reader<'a>, name: &str) -> Option<Date> {
        let text = members.required_text(name, &mut self.problems)?;
        self.date(&text, &members.path_of(name))
    }

    fn choice<T: Copy>(&mut self, members: &mut Reader<'a>, name: &str, values: &[(&str, T)]) -> Option<T> {
        let text = members.required_text(name, &mut self.problems)?;
        let value = values.iter().find(|(known, _)| *known == text).map(|(_, value)| *value);
        if value.is_none() {
            let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
            let message = format!("one of {}", known.join(", "));
            self.problem(code::FIELD_INVALID, &members.path_of(name), message);
        }
        value
    }
}
