//! Texts that people read must say something.

use domain::catalogue::{Remedies, Title};

use super::Report;
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index, Key};

pub(super) fn check(draft: &Draft, report: &mut Report) {
    for entry in &draft.heads {
        filled(entry, &[Key("id")], &entry.value.id, report);
        title(entry, &entry.value.title, report);
    }
    for entry in &draft.departments {
        title(entry, &entry.value.title, report);
        filled(entry, &[Key("contact")], &entry.value.contact, report);
    }
    for entry in &draft.instruments {
        title(entry, &entry.value.title, report);
        filled(entry, &[Key("source")], &entry.value.source, report);
    }
    draft.domains.iter().for_each(|entry| title(entry, &entry.value.title, report));
    draft.matters.iter().for_each(|entry| title(entry, &entry.value.title, report));
    for entry in &draft.items {
        title(entry, &entry.value.title, report);
        filled(entry, &[Key("document"), Key("kind")], &entry.value.document.kind, report);
        for (at, field) in entry.value.fields.iter().enumerate() {
            if let Some(title) = &field.title {
                titled(entry, &[Key("fields"), Index(at), Key("title")], title, report);
            }
            for (value, words) in &field.words {
                titled(entry, &[Key("fields"), Index(at), Key("words"), Key(value)], words, report);
            }
        }
    }
    for entry in &draft.measures {
        let measure = &entry.value;
        title(entry, &measure.title, report);
        remedies(entry, &measure.remedies, report);
        if let Some(review) = &measure.human_review {
            filled(entry, &[Key("human_review"), Key("route")], &review.route, report);
        }
    }
    draft.deadlines.iter().for_each(|entry| title(entry, &entry.value.title, report));
    for entry in &draft.calendar {
        filled(entry, &[Key("source")], &entry.value.source, report);
        for (at, off) in entry.value.days_off.iter().enumerate() {
            filled(entry, &[Key("days_off"), Index(at), Key("name")], &off.name, report);
        }
    }
    for entry in &draft.lists {
        title(entry, &entry.value.title, report);
        filled(entry, &[Key("delisting")], &entry.value.delisting, report);
    }
    for entry in &draft.ratings {
        title(entry, &entry.value.title, report);
        filled(entry, &[Key("published_at")], &entry.value.published_at, report);
        remedies(entry, &entry.value.remedies, report);
        for (at, measure) in entry.value.measures.iter().enumerate() {
            titled(entry, &[Key("measures"), Index(at), Key("title")], &measure.title, report);
        }
        for (at, dimension) in entry.value.dimensions.iter().enumerate() {
            titled(entry, &[Key("dimensions"), Index(at), Key("title")], &dimension.title, report);
        }
        for (at, band) in entry.value.bands.iter().enumerate() {
            titled(entry, &[Key("bands"), Index(at), Key("title")], &band.title, report);
        }
    }
    draft.consumers.iter().for_each(|entry| title(entry, &entry.value.title, report));
}

fn remedies<T>(entry: &Entry<T>, remedies: &Remedies, report: &mut Report) {
    for (key, text) in [("object", &remedies.object), ("repair", &remedies.repair)] {
        if text.trim().is_empty() {
            let message = format!("`{key}` says nothing, and every flag tells how to contest it");
            let help = "name the office, the way there and the term, in words for the subject (深圳条例 69)";
            report.error(entry, &[Key("remedies"), Key(key)], "remedies.blank", message, help);
        }
    }
}

fn title<T>(entry: &Entry<T>, title: &Title, report: &mut Report) {
    titled(entry, &[Key("title")], title, report);
}

fn titled<T>(entry: &Entry<T>, path: &[Step<'_>], title: &Title, report: &mut Report) {
    for (language, text) in [("zh", &title.zh), ("en", &title.en)] {
        if text.trim().is_empty() {
            let path: Vec<Step<'_>> = path.iter().copied().chain([Key(language)]).collect();
            report.error(
                entry,
                &path,
                "text.blank",
                "the title says nothing",
                "write it in Chinese (binding) and in English",
            );
        }
    }
}

fn filled<T>(entry: &Entry<T>, path: &[Step<'_>], text: &str, report: &mut Report) {
    if text.trim().is_empty() {
        report.error(
            entry,
            path,
            "text.blank",
            "nothing is said here",
            "write the text, or ask the responsible unit for it",
        );
    }
}
