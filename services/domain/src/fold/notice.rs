//! What must be served on a subject: told when it changes.

use super::Fold;
use crate::catalogue::Catalogue;
use crate::evaluate::end_of;
use crate::event::{Document, EventType, RecordRef};
use crate::flag::Served;
use crate::ids::MeasureId;
use crate::output::{Fact, Letter, Notice, NoticeChange, NoticeMeasure, NoticeRecourse, NoticeStatus, Output};
use crate::record::{Placed, Record, Standing};
use crate::rows::Store;
use crate::subject::SubjectKey;

impl<S: Store> Fold<'_, '_, S> {
    /// Tells what must be served, was served, or needs no serving any more, when that changed.
    pub(super) fn tell_notice(&mut self, subject: &SubjectKey, key: &RecordRef, record: &Record, before: &NoticeState) {
        let after = NoticeState::of(record);
        let (status, measures) = match (&before.served, &after.served) {
            (None, Some(served)) if !before.pending.is_empty() => {
                (NoticeStatus::Served(served.clone()), &before.pending)
            }
            (_, None) if !after.pending.is_empty() && *before != after => (NoticeStatus::ToServe, &after.pending),
            (_, None) if after.pending.is_empty() && !before.pending.is_empty() => {
                (NoticeStatus::Void, &before.pending)
            }
            (_, _) => return,
        };
        let Some(rules) = &self.rules else { return };
        let Some(document) = record.standing().map(|s| s.document.clone()).or_else(|| before.document.clone()) else {
            return;
        };
        let measures = measures
            .iter()
            .filter_map(|measure| {
                let entry = rules.catalogue.measure(measure, document.issued_on)?;
                let trigger = entry.triggers.iter().find(|t| t.item == key.item)?;
                let basis = trigger.basis.iter().chain(entry.basis.iter().filter(|a| !trigger.basis.contains(a)));
                Some(NoticeMeasure {
                    measure: measure.clone(),
                    title: entry.title.clone(),
                    basis: basis.cloned().collect(),
                    remedies: entry.remedies.clone(),
                    effect: Some(entry.effect),
                    human_review: entry.human_review.clone(),
                })
            })
            .collect();
        let letter = record.standing().and_then(|standing| letter(key, standing, &rules.digest, &rules.catalogue));
        let notice = Notice { document, measures, status, letter };
        let version = self.version();
        let change = NoticeChange { subject: subject.clone(), record: key.clone(), notice, version };
        self.outputs.push(Output::Notice(change));
    }
}

/// What of a record bears on its notice.
#[derive(PartialEq, Eq)]
pub(super) struct NoticeState {
    pending: Vec<MeasureId>,
    served: Option<Served>,
    document: Option<Document>,
}

impl NoticeState {
    pub(super) fn of(record: &Record) -> Self {
        let pending = record.placed.iter().filter(|(_, placed)| matches!(placed, Placed::Pending { .. }));
        Self {
            pending: pending.map(|(measure, _)| measure.clone()).collect(),
            served: record.served(),
            document: record.standing().map(|s| s.document.clone()),
        }
    }
}

fn letter(key: &RecordRef, standing: &Standing, digest: &str, catalogue: &Catalogue) -> Option<Letter> {
    let document = &standing.document;
    let item = catalogue.item(&key.item, document.issued_on)?;
    let facts = standing.fields.iter().map(|(name, value)| Fact {
        name: name.clone(),
        title: item.field(name).and_then(|field| field.title.clone()),
        value: value.to_string(),
    });
    let recourses = catalogue.recourses_of(&key.publisher, &document.kind, document.issued_on);
    let receives = item.senders.get(&EventType::RepairApplied);
    Some(Letter {
        catalogue: digest.to_owned(),
        title: item.title.clone(),
        facts: facts.collect(),
        basis: item.basis.clone(),
        repairable_from: item.term_for(&standing.fields).map(|term| term.repairable_from(document.issued_on)),
        end: end_of(item, standing),
        decides: key.publisher.clone(),
        receives: receives.map(|rule| rule.departments.iter().cloned().collect()).unwrap_or_default(),
        recourses: recourses.map(NoticeRecourse::from).collect(),
    })
}
