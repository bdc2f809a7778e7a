//! Every rule names its article, of an instrument that is known and in force.

use domain::catalogue::{Article, Instrument, TermEnd, Window};

use super::Report;
use super::index::{Found, Index};
use crate::draft::{Draft, Entry};
use crate::yaml::Step::{self, Index as At, Key};

pub(super) fn check(draft: &Draft, index: &Index<'_>, report: &mut Report) {
    let mut law = Law { index, report };
    for entry in &draft.matters {
        let matter = &entry.value;
        law.named(entry, &matter.basis, "matter.no-basis", "this matter names no article");
        law.articles(entry, &[Key("basis")], &matter.basis, Some(&matter.in_force));
        law.articles(entry, &[Key("not_on_commitment")], &matter.not_on_commitment, None);
    }
    for entry in &draft.items {
        let item = &entry.value;
        law.named(entry, &item.basis, "item.no-basis", "nothing founds that this may be recorded (R9)");
        law.articles(entry, &[Key("basis")], &item.basis, Some(&item.in_force));
        for (at, rule) in item.term.iter().enumerate() {
            if let TermEnd::Condition { law: article, .. } = &rule.end {
                let path = [Key("term"), At(at), Key("end"), Key("condition"), Key("law")];
                law.article(entry, &path, article, Some(&item.in_force));
            }
        }
    }
    for entry in &draft.measures {
        let measure = &entry.value;
        law.named(entry, &measure.basis, "measure.no-basis", "no law founds this measure (R1)");
        law.articles(entry, &[Key("basis")], &measure.basis, Some(&measure.in_force));
        for (at, trigger) in measure.triggers.iter().enumerate() {
            let path = [Key("triggers"), At(at), Key("basis")];
            if trigger.basis.is_empty() {
                let message = format!("no law ties `{}` to this measure (R1)", trigger.item);
                law.report.error(
                    entry,
                    &path,
                    "trigger.no-basis",
                    message,
                    "name the article that says so, or remove the trigger",
                );
            }
            law.articles(entry, &path, &trigger.basis, Some(&measure.in_force));
        }
    }
    for entry in &draft.deadlines {
        let deadline = &entry.value;
        law.named(entry, &deadline.basis, "deadline.no-basis", "no law sets this deadline");
        law.articles(entry, &[Key("basis")], &deadline.basis, Some(&deadline.in_force));
    }
    for entry in &draft.lists {
        law.article(entry, &[Key("standard")], &entry.value.standard, None);
    }
    for entry in &draft.recourses {
        let recourse = &entry.value;
        law.named(entry, &recourse.basis, "recourse.no-basis", "no law founds this way to contest, or its deadline");
        law.articles(entry, &[Key("basis")], &recourse.basis, Some(&recourse.in_force));
    }
    for entry in &draft.ratings {
        law.named(entry, &entry.value.basis, "rating.no-basis", "no law founds this rating");
        law.articles(entry, &[Key("basis")], &entry.value.basis, None);
        for (at, measure) in entry.value.measures.iter().enumerate() {
            let path = [Key("measures"), At(at), Key("basis")];
            if measure.basis.is_empty() {
                let message = format!("no law founds `{}`", measure.id);
                law.report.error(entry, &path, "rating.no-basis", message, "name the instrument and the article");
            }
            law.articles(entry, &path, &measure.basis, None);
        }
    }
}

struct Law<'r, 'a> {
    index: &'r Index<'a>,
    report: &'r mut Report,
}

impl<'a> Law<'_, 'a> {
    fn named<T>(&mut self, entry: &Entry<T>, basis: &[Article], code: &'static str, message: &str) {
        if basis.is_empty() {
            self.report.error(entry, &[Key("basis")], code, message, "name the instrument and the article");
        }
    }

    fn articles<T>(&mut self, entry: &Entry<T>, path: &[Step<'_>], articles: &[Article], window: Option<&Window>) {
        let mut ended = Vec::new();
        for (at, article) in articles.iter().enumerate() {
            let path: Vec<Step<'_>> = path.iter().copied().chain([At(at)]).collect();
            if let Some(instrument) = self.article(entry, &path, article, window)
                && let Some(window) = window
                && outlives(window, instrument)
            {
                ended.push((path, instrument));
            }
        }
        let none_left = !articles.is_empty() && ended.len() == articles.len();
        for (path, instrument) in ended {
            let until = instrument.in_force.until.map_or_else(String::new, |until| until.to_string());
            let message = format!("`{}` is in force until {until} only, this entry for longer", instrument.id);
            if none_left {
                let help = "end the entry with its basis and add a version that rests on the law that followed";
                self.report.error(entry, &path, "basis.ends", message, help);
            } else {
                let help =
                    "another basis remains; check that it carries the entry alone, or end the entry with this one";
                self.report.warning(entry, &path, "basis.ends", message, help);
            }
        }
    }

    fn article<T>(
        &mut self,
        entry: &Entry<T>,
        path: &[Step<'_>],
        article: &Article,
        window: Option<&Window>,
    ) -> Option<&'a Instrument> {
        let at = |key| path.iter().copied().chain([Key(key)]).collect::<Vec<Step<'_>>>();
        if article.article.trim().is_empty() {
            let help = "write the number as the text counts it, such as '24' or '51(1)'";
            self.report.error(entry, &at("article"), "article.blank", "the article is not named", help);
        }
        let instrument = match self.index.instrument(&article.instrument) {
            Found::Entry(instrument) => instrument,
            Found::Broken => return None,
            Found::Nothing => {
                let message = format!("there is no instrument `{}`", article.instrument);
                let help = "declare it under `instruments`, or mend the id";
                self.report.error(entry, &at("instrument"), "reference.instrument", message, help);
                return None;
            }
        };
        if let Some(window) = window
            && !instrument.in_force.contains(window.from)
        {
            let message = format!("`{}` is not in force on {}, when this entry begins", instrument.id, window.from);
            let help = "let the entry begin within the instrument's window, or name the law of that time";
            self.report.error(entry, &at("instrument"), "basis.not-in-force", message, help);
        }
        Some(instrument)
    }
}

/// Whether the entry begins under the instrument and goes on after it.
fn outlives(window: &Window, instrument: &Instrument) -> bool {
    let ended = instrument.in_force.until;
    instrument.in_force.contains(window.from) && ended.is_some_and(|end| window.until.is_none_or(|until| end < until))
}
