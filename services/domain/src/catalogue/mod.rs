//! The rule book as data: what may be recorded, what may follow from it, and for whom.
//!
//! These are the types; the loader and the linter live in the crate `catalogue`. Entries of items, measures and matters are
//! dated: several of one id, with windows that do not overlap. A record is judged by the entries in force on its
//! document's date. Every collection is ordered, so that a catalogue has one canonical form and one digest.

mod calendar;
mod deadline;
mod entry;
mod item;
mod measure;
mod predicate;
mod rating;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use calendar::{CalendarYear, DaysOff, WorkingDays};
pub use deadline::{Deadline, Period, Task};
pub use entry::{Article, Dated, Title, Window};
pub use item::{
    Disclosure, DocumentKind, Field, FieldType, HandledMatter, Item, ItemClass, Polarity, Publishers, SenderRule,
    TermEnd, TermRule, UpdateCycle,
};
pub use measure::{CommitmentState, Effect, HumanReview, Measure, OnProcedure, OnRepair, Remedies, Trigger};
pub use predicate::{Literal, Predicate};
pub use rating::{Band, Criterion, Dimension, Intensity, RatedKind, Rating, RatingMeasure};
pub use reference::{
    Consumer, Department, Domain, Instrument, InstrumentKind, ListField, Matter, Recourse, Registry, Route, SeriousList,
};

use crate::ids::{
    ConsumerId, DeadlineId, DepartmentId, DomainId, InstrumentId, ItemId, ListId, MatterId, MeasureId, RatingId,
};
use crate::subject::SubjectKind;

/// SHA-256 of a catalogue's canonical form, in lower-case hex.
pub type CatalogueDigest = String;

/// One whole catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    pub id: String,
    pub title: Title,
    pub departments: BTreeMap<DepartmentId, Department>,
    pub instruments: BTreeMap<InstrumentId, Instrument>,
    pub domains: BTreeMap<DomainId, Domain>,
    pub matters: BTreeMap<MatterId, Vec<Matter>>,
    pub items: BTreeMap<ItemId, Vec<Item>>,
    pub measures: BTreeMap<MeasureId, Vec<Measure>>,
    pub lists: BTreeMap<ListId, SeriousList>,
    pub ratings: BTreeMap<RatingId, Rating>,
    pub consumers: BTreeMap<ConsumerId, Consumer>,
    /// Who registers, ends and erases subjects of each kind.
    pub registries: BTreeMap<SubjectKind, Registry>,
    /// What offices have to do, and within what time.
    #[serde(default)]
    pub deadlines: BTreeMap<DeadlineId, Vec<Deadline>>,
    /// Holidays and working days that differ from the week's, by year.
    #[serde(default)]
    pub calendar: BTreeMap<i16, CalendarYear>,
    /// Codes that were issued although their check digit fails, confirmed by the registry one by one.
    pub confirmed_codes: BTreeSet<String>,
    /// How documents are contested, in order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recourses: Vec<Recourse>,
}

impl Catalogue {
    pub fn item(&self, id: &ItemId, on: Date) -> Option<&Item> {
        in_force(self.items.get(id)?, on)
    }

    pub fn measure(&self, id: &MeasureId, on: Date) -> Option<&Measure> {
        in_force(self.measures.get(id)?, on)
    }

    pub fn matter(&self, id: &MatterId, on: Date) -> Option<&Matter> {
        in_force(self.matters.get(id)?, on)
    }

    /// Whether a matter of this id exists at any date.
    pub fn knows_matter(&self, id: &MatterId) -> bool {
        self.matters.contains_key(id)
    }

    /// The newest entry of an item, whatever its window: who may publish and send is asked even after it retired.
    pub fn newest_item(&self, id: &ItemId) -> Option<&Item> {
        self.items.get(id)?.last()
    }

    /// The term for a task on a record of this item that falls to an office on a date: that of an entry which names the item, else of
    /// one for all items.
    pub fn deadline(&self, task: Task, item: &ItemId, on: Date) -> Option<&Deadline> {
        let of_task = self.deadlines.values().filter_map(|versions| in_force(versions, on));
        let (named, general): (Vec<_>, Vec<_>) =
            of_task.filter(|deadline| deadline.task == task).partition(|deadline| deadline.items.contains(item));
        named.into_iter().next().or_else(|| general.into_iter().find(|deadline| deadline.items.is_empty()))
    }

    pub fn working_days(&self) -> WorkingDays<'_> {
        WorkingDays::new(&self.calendar)
    }

    /// The ratings in which a record of this item may count for a subject of this kind.
    pub fn ratings_of<'a>(&'a self, item: &'a ItemId, rated: RatedKind) -> impl Iterator<Item = &'a Rating> {
        self.ratings.values().filter(move |rating| {
            let mut criteria = rating.dimensions.iter().flat_map(|dimension| &dimension.criteria);
            rating.rates.contains(&rated) && criteria.any(|criterion| &criterion.item == item)
        })
    }

    /// What follows from a rating, by the id under which it is published.
    pub fn rating_measure(&self, id: &MeasureId) -> Option<(&Rating, &RatingMeasure)> {
        self.ratings.values().find_map(|rating| {
            let measure = rating.measures.iter().find(|measure| &measure.id == id)?;
            Some((rating, measure))
        })
    }

    /// How a publisher's document of this kind and date is contested.
    pub fn recourses_of<'a>(
        &'a self,
        publisher: &'a DepartmentId,
        document_kind: &'a str,
        on: Date,
    ) -> impl Iterator<Item = &'a Recourse> {
        let open = move |recourse: &&Recourse| {
            recourse.window().contains(on) && recourse.is_open_against(document_kind, publisher)
        };
        self.recourses.iter().filter(open)
    }

    /// Every measure in force on a date whose trigger names this item.
    pub fn measures_of<'a>(&'a self, item: &'a ItemId, on: Date) -> impl Iterator<Item = (&'a Measure, &'a Trigger)> {
        self.measures
            .values()
            .filter_map(move |versions| in_force(versions, on))
            .filter_map(move |measure| Some((measure, measure.triggers.iter().find(|t| &t.item == item)?)))
    }
}

fn in_force<T: Dated>(versions: &[T], on: Date) -> Option<&T> {
    versions.iter().find(|version| version.window().contains(on))
}
