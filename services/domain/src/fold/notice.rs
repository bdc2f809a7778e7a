//! What must be served on a subject: told when it changes.

use super::work::Work;
use super::{Fold, Rules, Stop};
use crate::catalogue::Catalogue;
use crate::evaluate::{end_of, evaluate, is_adverse};
use crate::event::{Document, EventType, RecordRef};
use crate::flag::Served;
use crate::ids::MeasureId;
use crate::output::{Fact, Letter, Notice, NoticeChange, NoticeMeasure, NoticeRecourse, NoticeStatus, Output};
use crate::record::{Placed, Record, Standing};
use crate::rows::Store;
use crate::subject::SubjectKind;

impl<S: Store> Fold<'_, '_, S> {
    /// What must be served of a record now, by the rules that its subject stands under.
    pub(super) fn notice_state(&self, work: &Work, key: &RecordRef, record: &Record) -> Result<NoticeState, Stop> {
        Ok(NoticeState::of(work.subject.kind(), key, record, self.rules_of(work)?.as_deref()))
    }

    /// Tells what must be served, was served, or needs no serving any more, when that changed.
    pub(super) fn tell_notice(
        &mut self,
        work: &Work,
        key: &RecordRef,
        record: &Record,
        before: NoticeState,
    ) -> Result<(), Stop> {
        let Some(rules) = self.rules_of(work)? else { return Ok(()) };
        let after = NoticeState::of(work.subject.kind(), key, record, Some(&rules));
        let (status, due) = match (before, after) {
            (NoticeState::Due(due), NoticeState::Served(served)) => (NoticeStatus::Served(served), due),
            (NoticeState::Due(due), NoticeState::Due(now)) if due.says(&now) => return Ok(()),
            (_, NoticeState::Due(now)) => (NoticeStatus::ToServe, now),
            (NoticeState::Due(due), NoticeState::Nothing) => (NoticeStatus::Void, due),
            (NoticeState::Served(_) | NoticeState::Nothing, NoticeState::Served(_) | NoticeState::Nothing) => {
                return Ok(());
            }
        };
        let standing = record.standing();
        let letter = match (&status, standing) {
            (_, None) => None,
            (NoticeStatus::ToServe, Some(_)) => due.letter,
            (NoticeStatus::Served(_) | NoticeStatus::Void, Some(standing)) => letter(key, standing, &rules),
        };
        let document = standing.map_or(due.document, |standing| standing.document.clone());
        let notice = Notice { document, measures: due.measures, status, letter };
        let version = self.version();
        let change = NoticeChange { subject: work.subject.clone(), record: key.clone(), notice, version };
        self.outputs.push(Output::Notice(change));
        self.changes += 1;
        Ok(())
    }
}

/// What of a record bears on its notice.
pub(super) enum NoticeState {
    /// To be served on its subject.
    Due(Due),
    Served(Served),
    Nothing,
}

pub(super) struct Due {
    document: Document,
    measures: Vec<NoticeMeasure>,
    letter: Option<Letter>,
}

impl NoticeState {
    /// Every adverse decision is to be served, whether or not a measure waits for that: the repair notice is in the same envelope
    /// (两书同达, 国办发〔2025〕22号). So is what brings a measure that waits, whatever the item.
    pub(super) fn of(kind: SubjectKind, key: &RecordRef, record: &Record, rules: Option<&Rules>) -> Self {
        if let Some(served) = record.served() {
            return Self::Served(served);
        }
        let (Some(standing), Some(rules)) = (record.standing(), rules) else { return Self::Nothing };
        let pending = record.placed.iter().filter(|(_, placed)| matches!(placed, Placed::Pending { .. }));
        let waiting: Vec<&MeasureId> = pending.map(|(id, _)| id).collect();
        let stands = || evaluate(kind, key, record, &rules.catalogue).stands();
        if waiting.is_empty() && !(is_adverse(key, standing, &rules.catalogue) && stands()) {
            return Self::Nothing;
        }
        let document = standing.document.clone();
        let measures = waiting.into_iter().filter_map(|id| measure(key, id, &document, &rules.catalogue)).collect();
        Self::Due(Due { document, measures, letter: letter(key, standing, rules) })
    }
}

impl Due {
    /// Whether the other says the same to its subject. Which catalogue it is named by is no part of that.
    fn says(&self, other: &Self) -> bool {
        let letters = match (&self.letter, &other.letter) {
            (Some(one), Some(other)) => *one == Letter { catalogue: one.catalogue.clone(), ..other.clone() },
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        letters && self.document == other.document && self.measures == other.measures
    }
}

fn measure(key: &RecordRef, id: &MeasureId, document: &Document, catalogue: &Catalogue) -> Option<NoticeMeasure> {
    let entry = catalogue.measure(id, document.issued_on)?;
    let trigger = entry.triggers.iter().find(|trigger| trigger.item == key.item)?;
    let basis = trigger.basis.iter().chain(entry.basis.iter().filter(|article| !trigger.basis.contains(article)));
    Some(NoticeMeasure {
        measure: id.clone(),
        title: entry.title.clone(),
        basis: basis.cloned().collect(),
        remedies: entry.remedies.clone(),
        effect: Some(entry.effect),
        human_review: entry.human_review.clone(),
    })
}

fn letter(key: &RecordRef, standing: &Standing, rules: &Rules) -> Option<Letter> {
    let (document, catalogue) = (&standing.document, &rules.catalogue);
    let item = catalogue.item(&key.item, document.issued_on)?;
    let facts = standing.fields.iter().map(|(name, value)| Fact {
        name: name.clone(),
        title: item.field(name).and_then(|field| field.title.clone()),
        value: value.to_string(),
    });
    let recourses = catalogue.recourses_of(&key.publisher, &document.kind, document.issued_on);
    let receives = item.senders.get(&EventType::RepairApplied);
    Some(Letter {
        catalogue: rules.digest.clone(),
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
