//! Serious lists: their standard, their item, and that both name each other (国办发〔2020〕49号).

use domain::catalogue::{InstrumentKind, Polarity, Publishers};

use super::Report;
use super::index::{Found, Index};
use crate::draft::{Draft, Section};
use crate::yaml::Step::Key;

/// Days a draft standard is open for comment, at the least.
const COMMENT_DAYS_MIN: u32 = 30;

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    for entry in &draft.lists {
        let list = &entry.value;
        if list.comment_days < COMMENT_DAYS_MIN {
            let message = format!("the standard was open for comment for {} days only", list.comment_days);
            let help = "a standard is published for comment for at least 30 days (国办发〔2020〕49号); do not use the list before";
            report.error(entry, &[Key("comment_days")], "list.comment-days", message, help);
        }
        if let Found::Entry(standard) = index.instrument(&list.standard.instrument)
            && standard.kind == InstrumentKind::Rule
        {
            let message = format!("the standard `{}` is of the lowest rank", standard.id);
            let help = "a list's standard is a law, a regulation or a central policy, or else a department's rule \
                        (国办发〔2020〕49号); name that";
            report.error(entry, &[Key("standard")], "list.rank", message, help);
        }
        let Found::Entry(items) = index.item(&list.item) else { continue };
        for item in items {
            if item.polarity != Polarity::Adverse {
                let message = format!("`{}` (version {}) is not adverse", item.id, item.version);
                let help = "a listing is an adverse record: mend the item's polarity, or name another item";
                report.error(entry, &[Key("item")], "list.item-polarity", message, help);
            }
            if item.list.as_ref() != Some(&list.id) {
                let message =
                    format!("`{}` (version {}) does not say that it records this list", item.id, item.version);
                let help = format!("write `list: {}` in the item, or name another item", list.id);
                report.error(entry, &[Key("item")], "list.item-disagrees", message, help);
            }
            let publishes = match &item.publishers {
                Publishers::Any => true,
                Publishers::Only(departments) => departments.contains(&list.authority),
            };
            if !publishes {
                let message = format!("`{}` does not publish `{}`", list.authority, item.id);
                let help = "whoever decides on a listing publishes it";
                report.warning(entry, &[Key("authority")], "list.authority", message, help);
            }
        }
    }
    for entry in &draft.items {
        let Some(id) = &entry.value.list else { continue };
        match index.list(id) {
            Found::Entry(list) if list.item != entry.value.id => {
                let message = format!("the list `{id}` is recorded by `{}`", list.item);
                report.error(
                    entry,
                    &[Key("list")],
                    "item.list-disagrees",
                    message,
                    "name the list this item records, or none",
                );
            }
            Found::Nothing => {
                let message = format!("there is no list `{id}`");
                let help = format!("declare it under `{}`, or mend the id", Section::Lists.key());
                report.error(entry, &[Key("list")], "reference.list", message, help);
            }
            Found::Entry(_) | Found::Broken => {}
        }
    }
}
