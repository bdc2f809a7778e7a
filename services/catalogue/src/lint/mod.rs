//! What a catalogue must not say.
//!
//! One file per matter: ids and windows, references, law, items, measures, lists and ratings, conditions, and
//! words that have no place in a rule book at all. A check looks at entries, never at the assembled catalogue, so that every
//! finding has its place. Checks that need another entry keep quiet when that one could not be read.

mod conditions;
mod deadlines;
mod forbidden;
mod identity;
mod index;
mod items;
mod law;
mod lists;
mod measures;
mod ratings;
mod references;
mod samples;
mod texts;
mod unverified;

use crate::draft::{Draft, Entry};
use crate::finding::Finding;
use crate::source::Tree;
use crate::yaml::Step;
use index::Index;

pub use unverified::unverified_restrictions;

/// Every finding of a tree, in order of file, line and column.
pub fn lint(tree: &Tree) -> Vec<Finding> {
    examine(tree).1
}

pub(crate) fn examine(tree: &Tree) -> (Draft, Vec<Finding>) {
    let mut findings = Vec::new();
    let draft = Draft::of(tree, &mut findings);
    let mut report = Report { findings };
    {
        let index = Index::of(&draft);
        identity::check(&draft, &mut report);
        texts::check(&draft, &mut report);
        references::check(&draft, &index, &mut report);
        law::check(&draft, &index, &mut report);
        items::check(&draft, &index, &mut report);
        measures::check(&draft, &index, &mut report);
        deadlines::check(&draft, &index, &mut report);
        lists::check(&draft, &index, &mut report);
        ratings::check(&draft, &index, &mut report);
        unverified::check(&draft, &index, &mut report);
    }
    forbidden::check(&draft, &mut report);
    let mut findings = report.findings;
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup_by(|a, b| a.order() == b.order());
    (draft, findings)
}

/// Where checks put what they find.
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn error<T>(
        &mut self,
        entry: &Entry<T>,
        path: &[Step<'_>],
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let origin = &entry.origin;
        self.findings.push(Finding::error(&origin.file, origin.place(path), code, message, help));
    }

    pub(crate) fn warning<T>(
        &mut self,
        entry: &Entry<T>,
        path: &[Step<'_>],
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let origin = &entry.origin;
        self.findings.push(Finding::warning(&origin.file, origin.place(path), code, message, help));
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds findings that say better what others at the same places said as unknown keys or values.
    fn replace(&mut self, better: Vec<Finding>) {
        let vague = |finding: &Finding| matches!(finding.code, "key.unknown" | "value.unknown" | "value.type");
        self.findings.retain(|finding| {
            let named = better.iter().any(|b| b.file == finding.file && b.place().offset == finding.place().offset);
            !(vague(finding) && named)
        });
        self.findings.extend(better);
    }
}
