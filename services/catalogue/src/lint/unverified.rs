//! Restrictions that rest on a text nobody could check.
//!
//! `verified: false` is honest and no error; but nobody is restricted by it: such a catalogue is activated only with
//! `--allow-unverified`.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{Article, Catalogue, Effect, Instrument, Item, Measure};
use domain::ids::{InstrumentId, MeasureId};

use super::Report;
use super::index::{Found, Index, overlap};
use crate::draft::Draft;
use crate::yaml::Step::Key;

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    let instruments = |id: &InstrumentId| match index.instrument(id) {
        Found::Entry(instrument) => Some(instrument),
        Found::Broken | Found::Nothing => None,
    };
    for entry in &draft.measures {
        let measure = &entry.value;
        if measure.effect != Effect::Restrict {
            continue;
        }
        let mut grounds = own_grounds(measure, instruments);
        for trigger in &measure.triggers {
            let items = index.items_within(&trigger.item, &measure.in_force);
            items.for_each(|item| grounds.extend(item_grounds(item, instruments)));
        }
        if !grounds.is_empty() {
            let grounds: Vec<String> = grounds.into_iter().collect();
            let message = format!("this restriction rests on unchecked text: {}", grounds.join(", "));
            let help = "compare it with the official text and set `verified: true`; until then it is activated only with \
                        --allow-unverified";
            let path = if measure.verified { Key("basis") } else { Key("verified") };
            report.warning(entry, &[path], "verified.false", message, help);
        }
    }
}

/// The restricting measures of a catalogue that rest on unchecked text (their own, an instrument's, an item's), with what is
/// unchecked. Activation refuses them unless told otherwise.
pub fn unverified_restrictions(catalogue: &Catalogue) -> BTreeMap<MeasureId, BTreeSet<String>> {
    let instruments = |id: &InstrumentId| catalogue.instruments.get(id);
    let mut found: BTreeMap<MeasureId, BTreeSet<String>> = BTreeMap::new();
    for measure in catalogue.measures.values().flatten().filter(|measure| measure.effect == Effect::Restrict) {
        let mut grounds = own_grounds(measure, instruments);
        for trigger in &measure.triggers {
            let entries = catalogue.items.get(&trigger.item).into_iter().flatten();
            let items = entries.filter(|item| overlap(&item.in_force, &measure.in_force));
            items.for_each(|item| grounds.extend(item_grounds(item, instruments)));
        }
        if !grounds.is_empty() {
            found.entry(measure.id.clone()).or_default().extend(grounds);
        }
    }
    found
}

fn own_grounds<'a>(
    measure: &'a Measure,
    instruments: impl Fn(&InstrumentId) -> Option<&'a Instrument>,
) -> BTreeSet<String> {
    let articles = measure.basis.iter().chain(measure.triggers.iter().flat_map(|trigger| &trigger.basis));
    let mut grounds: BTreeSet<String> =
        articles.filter_map(|article: &Article| instruments(&article.instrument)).filter_map(doubtful).collect();
    if !measure.verified {
        grounds.insert(format!("measure {} version {}", measure.id, measure.version));
    }
    grounds
}

fn item_grounds<'a>(item: &Item, instruments: impl Fn(&InstrumentId) -> Option<&'a Instrument>) -> BTreeSet<String> {
    let mut grounds: BTreeSet<String> = item.instruments().filter_map(instruments).filter_map(doubtful).collect();
    if !item.verified {
        grounds.insert(format!("item {} version {}", item.id, item.version));
    }
    grounds
}

fn doubtful(instrument: &Instrument) -> Option<String> {
    (!instrument.verified).then(|| format!("instrument {}", instrument.id))
}
